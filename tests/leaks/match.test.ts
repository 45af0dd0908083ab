/** $match compares with whom the asker would find and with nobody else (L01), never in a masked form (L20); the use is on record. */
import { expect, test } from '@jest/globals'
import { patient } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World } from './worlds.ts'

const ID = 'urn:oid:2.16.156.10011.1.3'
const NUMBERS = { a: '110100195803120019', b: '310100196511080248' }
/** Known in world `a` alone, to the other hospital alone. */
const hidden = (w: World) => ({ identifier: [{ system: ID, value: NUMBERS[w] }], name: [{ text: '王建国' }], birthDate: '1958-03-12' })
const held = setting(
  () => [],
  (w) => [patient(`secret-${w}`, { meta: { source: 'https://fhir-cn.example/Organization/H1' }, ...hidden(w) })],
)

const asked = (w: World, more: object = hidden(w)) => ({ resourceType: 'Patient', ...more })

test.each<[string, (w: World) => object]>([
  ['his number', (w) => asked(w, { identifier: hidden(w).identifier })],
  ['his name and birth date', (w) => asked(w, { name: hidden(w).name, birthDate: hidden(w).birthDate })],
  ['all of it', (w) => asked(w)],
])('L01 by %s nobody is met in either world', async (_, body) => {
  const answer = await sameInBoth(
    held,
    () => '/fhir/Patient/$match',
    (w) => ({ method: 'POST', body: body(w) }),
  )
  expect([answer.status, answer.json.total]).toEqual([200, 0])
})

test('L20 a masked form matches nobody, whoever is asked for', async () => {
  for (const body of [asked('a'), asked('a', { identifier: [{ system: ID, value: '11010519491231002X' }] })]) {
    const answer = await held.server.call('POST', '/fhir/Patient/$match', { token: held.researcher, body })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'forbidden'])
  }
})

test('L40 the use stands in the account of who was met', async () => {
  const token = await held.server.token('h1-engine')
  const met = await held.server.call('POST', '/fhir/Patient/$match', { token, body: asked('a') })
  expect(met.json.entry?.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(['secret-a'])
  const app = await held.server.token('patient-app', { patient: 'secret-a' })
  const account = await held.server.call('GET', '/fhir/AuditEvent?_count=50', { token: app })
  const text = JSON.stringify(account.json)
  expect(text).toContain('"match"')
  expect(text).not.toContain('1958-03-12')
})
