/** `:in` with where a value set stands, and not its canonical (R4 search.html#token): who may not read it there learns nothing (L24). */
import { expect, test } from '@jest/globals'
import { custody, idsIn, observation } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World } from './worlds.ts'

const set = (id: string, w: World, more: object = {}): object => ({
  resourceType: 'ValueSet',
  id: `${id}-${w}`,
  status: 'active',
  compose: { include: [{ system: 'urn:test:codes', concept: [{ code: 'b' }] }] },
  ...more,
})
const coded = (id: string, patient: string, code: string): object => ({
  ...observation(id, patient, code),
  code: { coding: [{ system: 'urn:test:codes', code }] },
})
const held = setting(
  (w) => [coded(`is-${w}`, `p1-${w}`, 'b'), coded(`not-${w}`, `p1-${w}`, 'c'), set('open', w)],
  // About a patient who does not share, by an extension: hidden as any record of him is.
  (w) => [
    set('hidden', w, { meta: custody('H1'), extension: [{ url: 'urn:test:about', valueReference: { reference: `Patient/p2-${w}` } }] }),
  ],
)

const found = async (value: string): Promise<string[]> => {
  const path = `/fhir/Observation?subject=Patient/p1-a&${value}`
  return idsIn(await held.server.call('GET', path, { token: held.doctor }), 'match').sort()
}

test('a set without a canonical is found where it stands, relative or with the address of this server', async () => {
  expect(await found('code:in=ValueSet/open-a')).toEqual(['Observation/is-a'])
  expect(await found('code:not-in=ValueSet/open-a')).toEqual(['Observation/not-a'])
  expect(await found(`code:in=${encodeURIComponent(`${held.server.url}/fhir/ValueSet/open-a`)}`)).toEqual(['Observation/is-a'])
})

test('one that is hidden is as one that is not there', async () => {
  const hidden = await sameInBoth(held, (w) => `/fhir/Observation?code:in=ValueSet/hidden-${w}`)
  expect([hidden.status, codeOf(hidden)]).toEqual([400, 'value-set-unknown'])
  // It is there, and who may read it is answered.
  const token = await held.server.token('auditor')
  expect((await held.server.call('GET', '/fhir/ValueSet/hidden-a', { token })).status).toBe(200)
  expect((await held.server.call('GET', '/fhir/Observation?code:in=ValueSet/hidden-a', { token })).status).toBe(200)
})

test('another server’s set, or a resource that is no set, is none', async () => {
  for (const value of ['http://elsewhere.example/fhir/ValueSet/open-a', 'Observation/is-a', 'ValueSet/open-a/x', 'ValueSet/']) {
    const answer = await held.server.call('GET', `/fhir/Observation?code:in=${encodeURIComponent(value)}`, { token: held.doctor })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'value-set-unknown'])
  }
})
