/**
 * A child that stands under its mother's identity number (formats.md D11) and gets its own name and number: all of it goes with it, and nothing of the
 * mother's, in whatever order it is told. By hand.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { permutations } from '../support/permutations.ts'
import { observation, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1'), sourceOf('rp', 'rhip', 'HA')])
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const MOTHER = '310100196511080248'
/** 31010020260305, the 12th child of the day, a girl: weights 2^i mod 11 give the check digit. */
const CHILD = withCheckDigit('31010020260305012')
function withCheckDigit(digits: string): string {
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (2 ** (17 - at) % 11), 0)
  return digits + ('10X98765432'[sum % 11] ?? '')
}

interface Told {
  number?: string
  name?: string
  birthDate?: string
  statedAt: string
  result?: string
}
function message(pi: string, { number, name, birthDate, statedAt, result }: Told): object {
  const gender = 'female'
  return {
    deliveryId: `${pi} ${statedAt}`,
    patient: {
      local: [{ kind: 'PI', value: pi, strong: true }],
      ...(number && { legal: { type: '01', number } }),
      ...(name && { name, gender }),
      ...(birthDate && { birthDate }),
    },
    resources: [
      {
        key: 'patient',
        resource: {
          resourceType: 'Patient',
          identifier: [{ system: 'pi', value: pi }, ...(number ? [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }] : [])],
          ...(name && { name: [{ use: 'official', text: name }], gender }),
          ...(birthDate && { birthDate }),
        },
        state: 'current',
        statedAt,
      },
      ...(result ? [observation('H1', result, { valueString: result }, { statedAt })] : []),
    ],
  }
}
const BORN = '2026-03-05'
const mother = message('M', {
  number: MOTHER,
  name: '李秀兰',
  birthDate: '1965-11-08',
  statedAt: '2026-03-04T08:00:00Z',
  result: 'of-mother',
})
const underMother = message('C', { number: MOTHER, name: '李秀兰之女', birthDate: BORN, statedAt: '2026-03-05T08:00:00Z', result: 'first' })
const named = message('C', { number: MOTHER, name: '李小宝', birthDate: BORN, statedAt: '2026-03-12T08:00:00Z', result: 'named' })
const own = message('C', { number: CHILD, name: '李小宝', birthDate: BORN, statedAt: '2026-06-01T08:00:00Z', result: 'own' })
const ALL = [mother, underMother, named, own]
const RESULTS = ['first', 'named', 'own']

type Patient = FhirResource & {
  identifier?: { system: string; value: string }[]
  name?: { text: string }[]
  link?: { other: { reference: string }; type: string }[]
}
/** Of the child's record and its mother's: identity numbers, names, those of the master; results by the person whose they are. */
async function picture(): Promise<unknown> {
  const patients = (await one.all('Patient')) as Patient[]
  const numbersOf = ({ identifier = [] }: Patient) =>
    identifier.filter(({ system }) => system.startsWith('urn:oid')).map(({ value }) => value)
  const told = (pi: string) => {
    const record = patients.find(({ identifier = [] }) =>
      identifier.some(({ system, value }) => system === 'pi' && value === pi),
    ) as Patient
    const master = patients.find(({ id }) =>
      record.link?.some(({ other, type }) => type === 'refer' && other.reference === `Patient/${id}`),
    )
    return { record, numbers: numbersOf(record), name: record.name?.map(({ text }) => text), master, person: master && numbersOf(master) }
  }
  const [child, parent] = [told('C'), told('M')]
  const results = (await one.all('Observation')) as (FhirResource & { subject?: { reference: string }; code: { text: string } })[]
  type Of = ReturnType<typeof told>
  const isOf = ({ record, master }: Of, reference: string | undefined) =>
    [record, master].some((patient) => patient !== undefined && reference === `Patient/${patient.id}`)
  const of = (whose: Of) => results.flatMap(({ subject, code }) => (isOf(whose, subject?.reference) ? code.text : [])).sort()
  const relatives = (await one.all('RelatedPerson')) as (FhirResource & { patient: { reference: string } })[]
  return {
    child: [child.numbers, child.name, child.person, of(child)],
    mother: [parent.numbers, parent.name, parent.person, of(parent)],
    relatives: relatives.map(({ patient }) => isOf(child, patient.reference)),
  }
}
const WITH_ITS_OWN = {
  child: [[CHILD], ['李小宝'], [CHILD], RESULTS],
  mother: [[MOTHER], ['李秀兰'], [MOTHER], ['of-mother']],
  relatives: [true],
}

test.each(permutations(4).map((order) => [order]))('in the order %j', async (order) => {
  for (const at of order) await one.send('his', [ALL[at]])
  for (let round = 0; round < 3; round++) await one.ingest.work()
  expect(await picture()).toEqual(WITH_ITS_OWN)
})

test('before it has a number it has none, also where it is registered long after its birth', async () => {
  for (const each of [mother, underMother, named]) await one.send('his', [each])
  expect(await picture()).toEqual({ ...WITH_ITS_OWN, child: [[], ['李小宝'], undefined, ['first', 'named']] })
})

test('what another source tells of it under its mother’s number stays under its own record there, and under nobody’s number', async () => {
  const card = { kind: 'CARD', value: 'K', strong: true }
  const there = JSON.parse(JSON.stringify(underMother)) as { patient: { local: object[] } }
  there.patient.local = [card]
  for (const [source, each] of [
    ['rp', there],
    ['his', own],
    ['his', mother],
  ] as const)
    await one.send(source, [each])
  const numbers = ((await one.all('Patient')) as Patient[]).map(({ identifier = [] }) =>
    identifier.filter(({ system }) => system.startsWith('urn:oid')).map(({ value }) => value),
  )
  // Two records in the hospital with a master each, and the one of the platform.
  expect(numbers.sort()).toEqual([[], [CHILD], [CHILD], [MOTHER], [MOTHER]].sort())
})

test('a child under its own name whose record says no time is not taken for its mother', async () => {
  const birthDate = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)
  const untimed = message('C', { number: MOTHER, name: '李小宝', birthDate, statedAt: new Date(0).toISOString(), result: 'untimed' })
  const { payload } = await one.send('his', [untimed])
  expect(payload.issues).toContain('link-newborn')
  await one.send('his', [mother])
  expect(await picture()).toEqual({ ...WITH_ITS_OWN, child: [[], ['李小宝'], undefined, ['untimed']] })
})
