/** Documents that replace others, and later versions of one: what the former alone said is void, in whatever order they come. By hand. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { rig, type Rig, sourceOf } from './support.ts'
import { permutations } from '../support/permutations.ts'

const terminology = createTerminology()
const SAMPLES = new URL('../fixtures/samples/hospital/', import.meta.url)
const SAMPLE = readFileSync(new URL('cda-c0049-discharge.xml', SAMPLES), 'utf8')
const NATIONAL = '2.16.156.10011.1.1'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('h1-cda', 'hospital', 'H1', 'hospital/cda')], {
    mapping: sourceMapping,
    translate: (map, code) => terminology.translate(map as never, code),
  })
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

interface Version {
  id: string
  day: string
  /** data element of a vital sign to its value */
  signs: Record<string, string>
  visit?: string
  head?: string
}
const [PULSE, HEART] = ['DE04.10.118.00', 'DE04.10.206.00']
const related = (type: string, id: string): string =>
  `<relatedDocument typeCode="${type}"><parentDocument><id root="${NATIONAL}" extension="${id}"/></parentDocument></relatedDocument>`
const document = ({ id, day, signs, visit = 'ZY1', head = '' }: Version): string => {
  const entries = Object.entries(signs).map(
    ([code, value]) =>
      `<entry><observation classCode="OBS" moodCode="EVN"><code code="${code}" displayName="${code}"/><value xsi:type="PQ" value="${value}" unit="次/min"/></observation></entry>`,
  )
  const section = `<component><section><code code="8716-3" codeSystem="2.16.840.1.113883.6.1"/>${entries.join('')}</section></component>`
  return SAMPLE.replace('DOC20260312000049', id)
    .replace('ZY20260305001', visit)
    .replace('<effectiveTime value="20260312161000"/>', `<effectiveTime value="202603${day}161000"/>`)
    .replace('<component><structuredBody>', () => `${head}<component><structuredBody>`)
    .replace(/<structuredBody>.*<\/structuredBody>/s, () => `<structuredBody>${section}</structuredBody>`)
}

async function sendAll(...documents: string[]): Promise<void> {
  for (const each of documents) {
    const { counts } = await one.send('h1-cda', each)
    expect(counts.quarantined).toBe(0)
  }
}
/** Values of the signs that stand, by their element. */
async function signs(): Promise<string[]> {
  const found = (await one.all('Observation')) as (FhirResource & {
    code: { coding: { code: string }[] }
    valueQuantity?: { value: number }
  })[]
  return found
    .filter(({ status }) => status === 'final')
    .map(({ code, valueQuantity }) => `${code.coding.at(-1)?.code} ${valueQuantity?.value}`)
    .sort()
}

/** Status of the documents by their number. */
const states = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    ((await one.all('DocumentReference')) as (FhirResource & { masterIdentifier: { value: string } })[]).map(
      ({ masterIdentifier, status }) => [masterIdentifier.value, String(status)],
    ),
  )

const first = document({ id: 'D1', day: '12', signs: { [PULSE]: '81', [HEART]: '80' } })

describe.each([[[0, 1]], [[1, 0]]])('in the order %j', (order) => {
  const both = (second: string) => sendAll(...order.map((at) => [first, second][at] as string))

  test('a document under another number that replaces one', async () => {
    await both(document({ id: 'D2', day: '13', signs: { [HEART]: '90' }, head: related('RPLC', 'D1') }))
    expect(await signs()).toEqual([`${HEART} 90`])
    const originals = (await one.all('DocumentReference')) as (FhirResource & {
      relatesTo?: unknown
      masterIdentifier: { value: string }
    })[]
    expect(originals.map(({ masterIdentifier, status, relatesTo }) => [masterIdentifier.value, status, relatesTo]).sort()).toEqual([
      ['D1', 'superseded', undefined],
      [
        'D2',
        'current',
        [
          {
            code: 'replaces',
            target: { identifier: { system: 'https://fhir-cn.example/sid/H1/document-no', value: 'D1' }, display: '病历文书' },
          },
        ],
      ],
    ])
    expect(await one.all('Binary')).toHaveLength(2)
  })

  test('a later version under the same number', async () => {
    await both(document({ id: 'D1', day: '13', signs: { [PULSE]: '82' }, head: '<versionNumber value="2"/>' }))
    expect(await signs()).toEqual([`${PULSE} 82`])
    expect(await states()).toEqual({ D1: 'current' })
  })

  test('one that goes on with another leaves it', async () => {
    await both(document({ id: 'D2', day: '13', signs: { [HEART]: '90' }, head: related('APND', 'D1') }))
    expect(await signs()).toEqual([`${PULSE} 81`, `${HEART} 80`, `${HEART} 90`].sort())
    expect(await states()).toEqual({ D1: 'current', D2: 'current' })
  })

  test('of another visit the number is another document', async () => {
    await both(document({ id: 'D2', day: '13', signs: { [HEART]: '90' }, head: related('RPLC', 'D1'), visit: 'ZY2' }))
    expect(await signs()).toEqual([`${PULSE} 81`, `${HEART} 80`, `${HEART} 90`].sort())
    expect(await states()).toEqual({ D1: 'current', D2: 'current' })
  })
})

/** Diagnoses and operations of the discharge record, each with its code. */
const [HEART_DISEASE, DIABETES, ANGIOGRAPHY, STENT] = ['I25.103', 'E11.900', '88.5500x001', '36.0700x004']
interface Told {
  id: string
  day: string
  diagnoses?: string[]
  operations?: string[]
  head?: string
}
const coded = (name: string, element: string, code: string): string =>
  `<entry><observation classCode="OBS" moodCode="EVN"><code code="${element}" codeSystem="2.16.156.10011.2.2.1" displayName="${name}"/><value xsi:type="CD" code="${code}" displayName="${code}"/></observation></entry>`
const operated = (code: string): string =>
  `<entry><procedure classCode="PROC" moodCode="EVN"><code code="${code}" displayName="${code}"/><effectiveTime value="20260306090000"/></procedure></entry>`
const section = (code: string, entries: string[]): string =>
  `<component><section><code code="${code}" codeSystem="2.16.840.1.113883.6.1"/>${entries.join('')}</section></component>`
const told = ({ id, day, diagnoses = [], operations = [], head = '' }: Told): string =>
  document({ id, day, signs: {}, head }).replace(
    /<structuredBody>.*<\/structuredBody>/s,
    () =>
      `<structuredBody>${section(
        '11535-2',
        diagnoses.map((code) => coded('出院诊断-西医诊断编码', 'DE05.01.024.00', code)),
      )}${section('47519-4', operations.map(operated))}</structuredBody>`,
  )
/** Codes of what stands of a type. */
async function standing(type: string): Promise<string[]> {
  const all = (await one.all(type)) as (FhirResource & { code: { coding: { code: string }[] } })[]
  return all
    .filter(({ status, verificationStatus }) => !JSON.stringify([status, verificationStatus]).includes('entered-in-error'))
    .map(({ code }) => code.coding[0]?.code ?? '')
    .sort()
}
/** Diagnoses that the visit names, by their codes. */
async function listed(): Promise<string[]> {
  const conditions = (await one.all('Condition')) as (FhirResource & { code: { coding: { code: string }[] } })[]
  const codes = new Map(conditions.map(({ id, code }) => [`Condition/${id}`, code.coding[0]?.code ?? '']))
  const [visit] = (await one.all('Encounter')) as (FhirResource & { diagnosis?: { condition: { reference: string } }[] })[]
  expect(visit?.status).toBe('finished')
  return (visit?.diagnosis ?? []).map(({ condition }) => codes.get(condition.reference) ?? '?').sort()
}

describe('what other documents may tell of as well', () => {
  const former = told({ id: 'D1', day: '12', diagnoses: [HEART_DISEASE, DIABETES], operations: [ANGIOGRAPHY, STENT] })
  const successor = told({ id: 'D2', day: '13', diagnoses: [HEART_DISEASE], operations: [STENT], head: related('RPLC', 'D1') })
  const outcome = async () => {
    const diagnoses = await standing('Condition')
    expect(await listed()).toEqual(diagnoses)
    return { diagnoses, operations: await standing('Procedure') }
  }

  test.each(permutations(2).map((order) => [order]))('a successor that no longer says it voids it, in the order %j', async (order) => {
    await sendAll(...order.map((at) => [former, successor][at] as string))
    expect(await outcome()).toEqual({ diagnoses: [HEART_DISEASE], operations: [STENT] })
  })

  test('the visit is one thing of the record, however much is said of it', async () => {
    const { payload } = await one.send('h1-cda', former)
    const [provenance] = (await one.all('Provenance')) as (FhirResource & { target: { reference: string }[] })[]
    const targets = provenance?.target.map(({ reference }) => reference) ?? []
    expect(new Set(targets).size).toBe(targets.length)
    expect(payload.counts.resources).toBe(targets.length)
  })

  test.each(permutations(3).map((order) => [order]))('a third document goes on to say it, in the order %j', async (order) => {
    const third = told({ id: 'D3', day: '11', diagnoses: [DIABETES], operations: [ANGIOGRAPHY] })
    await sendAll(...order.map((at) => [former, successor, third][at] as string))
    expect(await outcome()).toEqual({ diagnoses: [DIABETES, HEART_DISEASE], operations: [STENT, ANGIOGRAPHY] })
  })

  test.each(permutations(3).map((order) => [order]))(
    'a later version takes it back and a third says it again, in the order %j',
    async (order) => {
      const [second, third] = [
        told({ id: 'D1', day: '13', diagnoses: [DIABETES], head: '<versionNumber value="2"/>' }),
        told({ id: 'D1', day: '14', diagnoses: [HEART_DISEASE], operations: [STENT], head: '<versionNumber value="3"/>' }),
      ]
      await sendAll(...order.map((at) => [former, second, third][at] as string))
      expect(await outcome()).toEqual({ diagnoses: [HEART_DISEASE], operations: [STENT] })
      expect(await states()).toEqual({ D1: 'current' })
    },
  )

  test.each(permutations(2).map((order) => [order]))('one that goes on with it leaves it, in the order %j', async (order) => {
    const more = told({ id: 'D2', day: '13', diagnoses: [HEART_DISEASE], head: related('APND', 'D1') })
    await sendAll(...order.map((at) => [former, more][at] as string))
    expect(await outcome()).toEqual({ diagnoses: [DIABETES, HEART_DISEASE], operations: [STENT, ANGIOGRAPHY] })
  })
})

test.each(permutations(2).map((order) => [order]))(
  'results of a report that its successor does not state, in the order %j',
  async (order) => {
    const former = readFileSync(new URL('cda/C0007.xml', SAMPLES), 'utf8')
    const [, id = '', time = ''] =
      /<id root="2\.16\.156\.10011\.1\.1" extension="([^"]+)".*?<effectiveTime value="(\d+)"/s.exec(former) ?? []
    const empty = former
      .replace(id, 'D2')
      .replace(time, '20270101000000')
      .replace(/<component>\s*<structuredBody>.*<\/structuredBody>/s, () => `${related('RPLC', id)}<component><structuredBody/>`)
    await sendAll(...order.map((at) => [former, empty][at] as string))
    const results = await one.all('Observation')
    expect(results.length).toBeGreaterThan(0)
    expect(results.filter(({ status }) => status !== 'entered-in-error')).toEqual([])
    // The report is still said, by the successor; it no longer names them.
    expect((await one.all('DiagnosticReport')).map(({ status, result }) => [status, result])).toEqual([['final', undefined]])
  },
)

/** Whatever a document says that others may not know better. */
test.each(readdirSync(new URL('cda/', SAMPLES)))('%s: whatever it says can be void', async (file) => {
  const former = readFileSync(new URL(`cda/${file}`, SAMPLES), 'utf8')
  const [, id = '', time = ''] = /<id root="2\.16\.156\.10011\.1\.1" extension="([^"]+)".*?<effectiveTime value="(\d+)"/s.exec(former) ?? []
  const empty = former
    .replace(id, 'D2')
    .replace(time, '20270101000000')
    .replace(/<component>\s*<structuredBody>.*<\/structuredBody>/s, () => `${related('RPLC', id)}<component><structuredBody/>`)
  await sendAll(former, empty)
  const { batches, batchMembers } = one.ingest.tables
  const [taken] = await batches.find({})
  expect(taken?.reversed).toBe('2026-12-31T16:00:00.000Z')
  const members = await batchMembers.find({ batches: taken?._id })
  const standing: string[] = []
  for (const { type, id: member } of members) {
    const { status, verificationStatus } = JSON.parse(await one.text(type, member)) as Record<string, unknown>
    if (!JSON.stringify([status, verificationStatus]).includes('entered-in-error')) standing.push(`${type} ${status}`)
  }
  // Of the visit the document can take back what it named of it, and not that there is one.
  for (const visit of (await one.all('Encounter')) as (FhirResource & { diagnosis?: unknown })[]) expect(visit.diagnosis).toBeUndefined()
  // Its successor has the number of the same report in its header.
  expect(standing.filter((one) => !one.startsWith('Encounter ')).sort()).toEqual([
    ...(/C000[67]/.test(file) ? ['DiagnosticReport final'] : []),
    'DocumentReference superseded',
  ])
  // What is asked for, given, agreed to or measured is among them.
  if (/C00(?:04|17|26|32|52)/.test(file)) expect(members.length).toBeGreaterThan(0)
})

test('documents that are stored together: of some a successor came before', async () => {
  const replacing = (id: string, replaced: string) =>
    document({ id, day: '13', signs: {}, visit: `V${replaced}`, head: related('RPLC', replaced) })
  await sendAll(replacing('D2', 'D1'), replacing('D4', 'D3'))
  const values = { D1: '81', D5: '85', D3: '83', D6: '86' }
  const together = Object.entries(values).map(([id, value]) => document({ id, day: '12', signs: { [PULSE]: value }, visit: `V${id}` }))
  await Promise.all(together.map((each) => sendAll(each)))
  expect(await signs()).toEqual([`${PULSE} 85`, `${PULSE} 86`])
  expect(await states()).toEqual({ D1: 'superseded', D2: 'current', D3: 'superseded', D4: 'current', D5: 'current', D6: 'current' })
})
