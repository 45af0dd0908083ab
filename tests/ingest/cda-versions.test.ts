/** Documents that replace others, and later versions of one: what the former alone said is void, in whatever order they come. By hand. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { rig, type Rig, sourceOf } from './support.ts'

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
      ['D1', 'current', undefined],
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
  })

  test('one that goes on with another leaves it', async () => {
    await both(document({ id: 'D2', day: '13', signs: { [HEART]: '90' }, head: related('APND', 'D1') }))
    expect(await signs()).toEqual([`${PULSE} 81`, `${HEART} 80`, `${HEART} 90`].sort())
  })

  test('of another visit the number is another document', async () => {
    await both(document({ id: 'D2', day: '13', signs: { [HEART]: '90' }, head: related('RPLC', 'D1'), visit: 'ZY2' }))
    expect(await signs()).toEqual([`${PULSE} 81`, `${HEART} 80`, `${HEART} 90`].sort())
  })
})

/** Things that were said by the former alone, and not by their own numbers (results of a report, operations of a visit). */
test.each(readdirSync(new URL('cda/', SAMPLES)))('%s: whatever it says of its own can be void', async (file) => {
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
  expect(standing).toEqual([])
  // What is asked for, given, agreed to or measured is among them.
  if (/C00(?:04|17|26|32|52)/.test(file)) expect(members.length).toBeGreaterThan(0)
})
