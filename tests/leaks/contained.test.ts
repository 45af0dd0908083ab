/**
 * L13: what is contained has no rights of its own. A container that the asker may not see answers to no search for what it contains, in
 * whatever form, and of what is contained in it there is no residue: see `worlds.ts`.
 */
import { expect, test } from '@jest/globals'
import { custody, give, NOTHING, observation, withdraw, relabelled, idsIn } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { asAbsent, codeOf, sameInBoth, setting } from './worlds.ts'

const device = (id: string, w: string): object => ({
  resourceType: 'Device',
  id,
  deviceName: [{ name: `dev-${w}`, type: 'other' }],
  lotNumber: id,
})
const containing = (id: string, subject: string, w: string, extra: object = {}): object =>
  observation(`${id}-${w}`, `${subject}-${w}`, `lab-${w}`, {
    contained: [device(`dev-${id}`, w)],
    device: { reference: `#dev-${id}` },
    ...extra,
  })

const held = setting(
  (w) => [containing('o1', 'p1', w), containing('o2', 'p1', w), { ...device(`plain-${w}`, w), meta: custody('H1') }],
  (w) => [
    containing('h1', 'p2', w),
    containing('h2', 'p2', w),
    // Of a patient whom he sees, but labelled; and one that names a hidden person only inside.
    containing('h3', 'p1', w, { meta: custody('H1', 'HIV') }),
    observation(`h4-${w}`, `p1-${w}`, `lab-${w}`, {
      contained: [{ ...device('dev-h4', w), patient: { reference: `Patient/p2-${w}` } }],
      device: { reference: '#dev-h4' },
    }),
  ],
)
const get = (path: string, token = held.doctor): Promise<Answer> => held.server.call('GET', `/fhir/${path}`, { token })

test.each([
  '_contained=true',
  '_contained=both',
  '_contained=true&_containedType=contained',
  '_contained=both&_containedType=contained',
  '_contained=true&_count=1',
  '_contained=true&_count=2',
  '_contained=true&_containedType=contained&_count=1',
  '_contained=true&patient=p2-{w}',
  '_contained=true&_id=dev-h1,dev-h4',
  '_contained=true&_elements=status',
])('tells the same in both worlds: %s', async (query) => {
  const answer = await sameInBoth(held, (w) => `/fhir/Device?device-name=dev-${w}&${query.replaceAll('{w}', w)}`)
  expect(answer.status).toBe(200)
  expect(answer.text.replaceAll(/"url":"[^"]*"/g, '')).not.toMatch(/\bh\d-a|dev-h\d/)
  if (query.startsWith('_contained=true') && !/count|patient|_id/.test(query)) expect(answer.json.total).toBe(2)
})

test.each([
  'Observation?device:Device.device-name=dev-{w}',
  'Observation?device:Device.device-name:contains=ev-{w}',
  'Observation?device:Device.model:missing=true&code=lab-{w}',
  'Observation?_filter=device.device-name co "dev-{w}"',
  'Patient?_has:Observation:patient:device:Device.device-name=dev-{w}',
  'Observation?device:Device.device-name=dev-{w}&_summary=count',
  'Observation?device:Device.device-name=dev-{w}&_sort=status&_count=1',
])('a chain into what is contained tells the same in both worlds: %s', async (query) => {
  const answer = await sameInBoth(held, (w) => `/fhir/${query.replaceAll('{w}', w)}`)
  expect(answer.text.replaceAll(/"url":"[^"]*"/g, '')).not.toMatch(/\bh\d-a|dev-h\d|p2-a/)
})

test('a hidden container is found by nothing that it contains', async () => {
  for (const kind of ['', '&_containedType=contained'])
    await asAbsent(held, (id) => `/fhir/Device?_contained=true${kind}&_id=${id}`, { hidden: 'dev-h1', absent: 'dev-h9' })
  const engine = await held.server.token('h1-engine')
  expect(idsIn(await get('Device?_contained=true&_id=dev-h1', engine))).toEqual(['Observation/h1-a'])
})

test('closes and opens with the consent', async () => {
  const ask = async () => idsIn(await get('Device?device-name=dev-b&_contained=true'))
  expect(await ask()).toEqual(['Observation/o1-b', 'Observation/o2-b'])
  const consent = await give(held.server, 'p1-b', NOTHING)
  expect(await ask()).toEqual([])
  await withdraw(held.server, 'p1-b', consent)
  await relabelled(held.server)
  expect(await ask()).toEqual(['Observation/o1-b', 'Observation/o2-b'])
})

test('scopes: of the type that is looked for, and of the types that contain it', async () => {
  const ask = async (scope: string) =>
    get(
      'Device?device-name=dev-a&_contained=both',
      await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope }),
    )
  expect((await ask('system/Observation.rs')).status).toBe(403)
  expect(idsIn(await ask('system/Device.s'))).toEqual(['Device/plain-a'])
  expect(idsIn(await ask('system/Device.s system/Observation.s'))).toEqual(['Device/plain-a', 'Observation/o1-a', 'Observation/o2-a'])
})

test('a masked form has nothing contained, and is not searched for it', async () => {
  for (const query of ['_contained=true', '_contained=both', '_contained=true&_containedType=contained', '_contained=true&_id=dev-h1']) {
    const answer = await get(`Device?${query}`, held.researcher)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  }
})

test('stands in the account of those whose containers were found, and of nobody else', async () => {
  const account = async (patient: string): Promise<number> => {
    const token = await held.server.token('patient-app', { patient })
    return (await get('AuditEvent?subtype=search-type&agent=Practitioner/doc-2&_summary=count', token)).json.total
  }
  for (const kind of ['container', 'contained']) {
    const before = [await account('p1-a'), await account('p2-a')]
    await get(`Device?device-name=dev-a&_contained=true&_containedType=${kind}`)
    expect([await account('p1-a'), await account('p2-a')]).toEqual([(before[0] as number) + 1, before[1]])
  }
})

test('an operator is told how it is searched, and no more', async () => {
  const operator = await held.server.token('loader')
  const answer = await get('Device?device-name=dev-a&_contained=true&explain=true', operator)
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(/dev-|p2-a/)
  const parts = (answer.json.parameter as { part: { name: string; valueBoolean?: boolean; valueString?: string }[] }[]).flatMap(
    ({ part }) => part,
  )
  expect(parts.filter(({ name }) => name === 'collectionScan').every(({ valueBoolean }) => valueBoolean === false)).toBe(true)
  expect(parts).toContainEqual({ name: 'index', valueString: 'keys' })
})
