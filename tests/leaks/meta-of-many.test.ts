/** $meta of a type and of the system: labels of what the asker may see, and no trace of those of what is hidden. */
import { expect, test } from '@jest/globals'
import { custody, give, NOTHING, observation, relabelled, withdraw } from '../consent/resources.ts'
import { codeOf, setting } from './worlds.ts'

const tagged = (id: string, person: string, ...codes: string[]) =>
  observation(id, person, 'x', { meta: { ...custody('H1'), tag: codes.map((code) => ({ system: 'urn:t', code })) } })
const sealed = (id: string, person: string, code: string) =>
  observation(id, person, 'x', {
    meta: { ...custody('H1', 'HIV'), profile: ['http://x.example/sealed'], tag: [{ system: 'urn:t', code }] },
  })

const held = setting(
  (w) => [tagged(`open-${w}`, `p1-${w}`, 'open', 'both'), tagged(`two-${w}`, `p1-${w}`, 'open')],
  (w) => [
    tagged(`hidden-${w}`, `p2-${w}`, 'both', 'only-hidden'),
    tagged(`same-${w}`, `p2-${w}`, 'open', 'both'),
    sealed(`hiv-${w}`, `p1-${w}`, 'only-sealed'),
    tagged(`cut-${w}`, `p2-${w}`, `long-${'x'.repeat(500)}`),
  ],
)
const get = (path: string, token = held.doctor) => held.server.call('GET', `/fhir/${path}`, { token })
const tagsIn = async (path: string, token?: string): Promise<string[]> =>
  ((await get(path, token)).json.parameter?.[0].valueMeta.tag ?? []).flatMap(({ system, code }: { system: string; code: string }) =>
    system === 'urn:t' ? [code] : [],
  )
const appOf = (patient: string) => held.server.token('patient-app', { patient })
const HIDDEN = /only-hidden|only-sealed|sealed|long-|HIV/

test.each(['Observation/$meta', '$meta'])('%s: nothing of what is hidden', async (path) => {
  const answer = await get(path)
  expect([answer.status, await tagsIn(path)]).toEqual([200, ['both', 'open']])
  expect(answer.text).not.toMatch(HIDDEN)
  // Who may see it finds it there.
  expect(await tagsIn(path, await appOf('p2-a'))).toEqual(['both', `long-${'x'.repeat(500)}`, 'only-hidden', 'open'])
  expect((await get(path, await appOf('p1-a'))).text).toMatch(/only-sealed/)
  expect(await tagsIn(path, await appOf('p2-b'))).toEqual([])
})

test('a label goes when the last resource with it is hidden, and comes back', async () => {
  const consents = [await give(held.server, 'p1-a', NOTHING), await give(held.server, 'p1-b', NOTHING)]
  for (const path of ['Observation/$meta', '$meta']) expect(await tagsIn(path)).toEqual([])
  await withdraw(held.server, 'p1-b', consents[1] as never)
  await relabelled(held.server)
  expect(await tagsIn('Observation/$meta')).toEqual(['both', 'open'])
  await withdraw(held.server, 'p1-a', consents[0] as never)
  await relabelled(held.server)
})

test('not in a masked form, not without the scope to search, not without a token', async () => {
  for (const path of ['Observation/$meta', '$meta']) {
    const masked = await get(path, held.researcher)
    expect([masked.status, codeOf(masked)]).toEqual([403, 'not-permitted'])
    const scope = 'system/Observation.r system/Patient.r'
    const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
    expect((await get(path, token)).status).toBe(403)
    expect((await held.server.call('GET', `/fhir/${path}`)).status).toBe(401)
  }
  const scope = 'system/Patient.rs'
  const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
  expect(await tagsIn('$meta', token)).toEqual([])
})

test('it stands in the account of uses', async () => {
  const own = await appOf('p1-b')
  const account = async () => (await get('AuditEvent?subtype=meta&_summary=count', own)).json.total
  const before = await account()
  await get('Observation/$meta')
  const [ofOthers, ofOwn] = [await account(), (await get('Observation/$meta', own)).status]
  expect([ofOwn, ofOthers >= before, await account()]).toEqual([200, true, ofOthers + 1])
})
