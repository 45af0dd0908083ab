/** What is kept in memory of stored definitions tells nobody of one that is hidden from him: not when it becomes so, nor by what is asked of the database (L01, L38). */
import { afterAll, expect, test } from '@jest/globals'
import { custody, putAll } from '../consent/resources.ts'
import { startTestServer } from '../support/server.ts'
import { watchCommands } from '../support/commands.ts'
import { codeOf, sameInBoth, setting, type World, WORLDS } from './worlds.ts'

const watch = watchCommands()
afterAll(() => watch.stop())

/** About a patient who does not share, by an extension: hidden as any record of him is. */
const about = (w: World) => ({
  meta: custody('H1'),
  extension: [{ url: 'urn:test:about', valueReference: { reference: `Patient/p2-${w}` } }],
})
const system = (w: World, id: string, more: object = {}) => ({
  resourceType: 'CodeSystem',
  id: `${id}-${w}`,
  url: `urn:test:${id}-${w}`,
  name: 'x',
  status: 'active',
  content: 'complete',
  concept: [{ code: 'a', display: 'A' }],
  ...more,
})
const held = setting((w) => [
  system(w, 'open'),
  {
    resourceType: 'ValueSet',
    id: `set-${w}`,
    url: `urn:test:set-${w}`,
    status: 'active',
    compose: { include: [{ system: `urn:test:open-${w}` }] },
  },
])

const lookup = (id: string) => (w: World) => `/fhir/CodeSystem/$lookup?system=urn:test:${id}-${w}&code=a`
const put = (...resources: object[]) => putAll(held.server, held.loader, resources)
const remove = (id: string) => held.server.call('DELETE', `/fhir/CodeSystem/${id}`, { token: held.loader })
const auditor = () => held.server.token('auditor')

const ASKED = new Set(['CodeSystem', 'ValueSet', 'codes_revision', 'terminology_current'])
const asked = async (path: string, token: string): Promise<string[]> => {
  const sent = await watch.during(() => held.server.call('GET', path, { token }))
  // Finds that begin in one turn of the event loop are one command: what the server does by itself may be among them.
  const all = sent.flatMap(({ name, collection, others }) =>
    others ? [collection, ...others].map((one) => ({ name: 'find', collection: one })) : [{ name, collection }],
  )
  return all.flatMap(({ name, collection }) => (ASKED.has(collection) ? [`${name} ${collection}`] : [])).sort()
}

test('an address that was asked for before: what is stored then for somebody else only is as nothing', async () => {
  const first = await sameInBoth(held, lookup('later'))
  expect([codeOf(first), codeOf(await sameInBoth(held, lookup('later')))]).toEqual(['definition-unknown', 'definition-unknown'])
  await put(system('a', 'later', about('a')))
  expect(codeOf(await sameInBoth(held, lookup('later')))).toBe('definition-unknown')
  const seen = await held.server.call('GET', lookup('later')('a'), { token: await auditor() })
  expect(seen.status).toBe(200)
  expect(codeOf(await sameInBoth(held, lookup('later')))).toBe('definition-unknown')
  await put(...WORLDS.map((w) => system(w, 'later')))
  expect((await sameInBoth(held, lookup('later'))).status).toBe(200)
})

test('a definition that was everybody’s becomes one about a patient, or goes: the next answer knows it no more, in every process', async () => {
  const second = await startTestServer({ beside: held.server })
  try {
    const doctor = await second.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    const ask = async () => [
      (await sameInBoth(held, lookup('open'))).status,
      (await second.call('GET', lookup('open')('a'), { token: doctor })).status,
    ]
    expect([await ask(), await ask()]).toEqual([
      [200, 200],
      [200, 200],
    ])
    await put(system('a', 'open', about('a')))
    await remove('open-b')
    expect(await ask()).toEqual([404, 404])
    for (const path of [
      'ValueSet/$expand?url=urn:test:set-{w}',
      'ValueSet/$expand?url=urn:test:open-{w}',
      'Condition?code:below=urn:test:open-{w}|a',
    ])
      expect((await sameInBoth(held, (w) => `/fhir/${path.replace('{w}', w)}`)).status).toBeGreaterThanOrEqual(400)
    await put(...WORLDS.map((w) => system(w, 'open')))
    expect(await ask()).toEqual([200, 200])
  } finally {
    await second.stop()
  }
})

test('L38 the database is asked the same for a hidden definition and for none, and nothing but the row of changes where none is hidden', async () => {
  const path = (name: string) => `/fhir/CodeSystem/$lookup?system=urn:test:${name}&code=a`
  const settled = async (name: string) => {
    await asked(path(name), held.doctor)
    return asked(path(name), held.doctor)
  }
  expect(await settled('absent')).toEqual(['find codes_revision'])
  expect(await settled('open-a')).toEqual(['find codes_revision'])
  await put(system('a', 'hidden', about('a')))
  const [hidden, absent, open] = [await settled('hidden-a'), await settled('absent'), await settled('open-a')]
  expect(hidden).toEqual(absent)
  expect(open).toEqual(absent)
  expect(hidden).toContain('find CodeSystem')
  await remove('hidden-a')
  expect(await settled('absent')).toEqual(['find codes_revision'])
})
