/**
 * What must come of the samples, whatever the order in which they arrive (tests/fixtures/samples/README.md). Everything
 * expected here was worked out by hand from the files.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sourceMapping } from '../../mappings/index.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { rig, type Rig, sourceOf } from './support.ts'

const WANG = '110100195803120019'
const LI = '310100196511080248'
const ID_CARD = 'urn:oid:2.16.156.10011.1.3'
const PERMUTATIONS = 6
/** One order takes a second or two; on a machine that is busy with something else, many times that. */
const ORDER_MS_MAX = 60_000

const FILES: readonly [source: string, file: string][] = [
  ['h1-his', 'hospital/adt-a01-admission.hl7'],
  ['h1-lis', 'hospital/oru-r01-blood-count.hl7'],
  ['h1-lis', 'hospital/oru-r01-corrected.hl7'],
  ['h1-cda', 'hospital/cda-c0049-discharge.xml'],
  ['miis', 'miis/2203-outpatient-visit.json'],
  ['miis', 'miis/2204-outpatient-charges.json'],
  ['miis', 'miis/2206-outpatient-presettlement.json'],
  ['miis', 'miis/2207-outpatient-settlement.json'],
  ['miis', 'miis/2207-response.json'],
  ['miis', 'miis/4101-settlement-list.json'],
  ['miis', 'miis/4502-lab-report.json'],
  ['rhip', 'rhip/20260310/TB_LIS_INDICATORS.csv'],
  ['rhip', 'rhip/20260310/TB_LIS_REPORT.csv'],
  ['rhip', 'rhip/20260310/TB_YL_PATIENT_INFORMATION.csv'],
  ['rhip2', 'rhip/de-coded-lab.xml'],
]
const CODES = { '0001': 'H1' }
const SOURCES = [
  sourceOf('h1-his', 'hospital', 'H1', 'hospital/hl7v2', CODES),
  sourceOf('h1-lis', 'hospital', 'H1', 'hospital/hl7v2', CODES),
  sourceOf('h1-cda', 'hospital', 'H1', 'hospital/cda', CODES),
  sourceOf('miis', 'miis', 'MIA', 'miis/interface'),
  sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', CODES),
  sourceOf('rhip2', 'rhip', 'HA2', 'rhip/de-xml'),
]
const terminology = createTerminology()
const contents = new Map<string, Uint8Array>()

async function sendAll(one: Rig, order: readonly (readonly [string, string])[]): Promise<void> {
  for (const sample of order) await sendOne(one, sample)
}

async function sendOne(one: Rig, [source, file]: readonly [string, string]): Promise<void> {
  const bytes = contents.get(file) ?? (await readFile(new URL(`../fixtures/samples/${file}`, import.meta.url)))
  contents.set(file, bytes)
  const { payload, counts } = await one.send(source, bytes, file.split('/').at(-1))
  expect({ file, quarantined: counts.quarantined, issues: counts.quarantined > 0 ? payload.issues : '' }).toEqual({
    file,
    quarantined: 0,
    issues: '',
  })
  const { records, stored, storedWithIssues, unchanged, waiting, refused, nothing } = counts
  expect(stored + storedWithIssues + unchanged + waiting + refused + nothing).toBe(records)
  expect(stored).toBeGreaterThanOrEqual(0)
}

type Linked = FhirResource & { link?: { other: { reference: string }; type: string }[]; identifier?: { system: string; value: string }[] }

const linksOf = (patient: Linked, type: string): string[] =>
  (patient.link ?? []).filter((l) => l.type === type).map((l) => l.other.reference)

/** Masters by identity number, with the domains of the records linked to each. */
async function checkPatients(one: Rig): Promise<Record<string, string>> {
  const patients = (await one.all('Patient')) as Linked[]
  const masters = patients.filter((p) => linksOf(p, 'seealso').length > 0)
  const numbers = masters.map((m) => m.identifier?.find((i) => i.system === ID_CARD)?.value)
  expect(numbers.sort()).toEqual([WANG, LI])
  const ids: Record<string, string> = {}
  for (const master of masters) {
    const number = master.identifier?.find((i) => i.system === ID_CARD)?.value as string
    ids[number] = master.id as string
    const domains: string[] = []
    for (const reference of linksOf(master, 'seealso')) {
      const record = patients.find((p) => `Patient/${p.id}` === reference) as Linked
      expect(linksOf(record, 'refer')).toEqual([`Patient/${master.id}`])
      domains.push((await one.ingest.tables.records.get(record.id as string))?.domain ?? '')
    }
    const expected = number === WANG ? ['hospital:H1', 'miis:MIA', 'rhip:HA', 'rhip:HA2'] : ['miis:MIA', 'rhip:HA']
    expect(domains.sort()).toEqual(expected)
  }
  // Nobody else: every other Patient is a linked record.
  expect(patients.length).toBe(2 + 4 + 2)
  return ids
}

const reportNo = (resource: FhirResource): string[] => ((resource.identifier ?? []) as { value: string }[]).map((i) => i.value)

async function checkBloodCount(one: Rig, master: string): Promise<string> {
  const reports = (await one.all('DiagnosticReport')).filter((r) => reportNo(r).includes('BG2026030600077'))
  expect(reports).toHaveLength(1)
  const [report] = reports as [FhirResource & { result: { reference: string }[] }]
  expect(report.subject).toEqual({ reference: `Patient/${master}` })
  expect(report.status).toBe('corrected')
  // WBC, RBC, HGB, PLT, CRP, HBSAG: each once, although three senders name some of them.
  expect(report.result).toHaveLength(6)
  const white = await whiteCells(one, report.result)
  expect(white).toContain('"value":10.90')
  const provenance = (await one.all('Provenance')) as (FhirResource & {
    target: { reference: string }[]
    agent: { who: { reference: string } }[]
  })[]
  const of = provenance.filter((p) => p.target.some((t) => t.reference === `DiagnosticReport/${report.id}`))
  const hospital = of.filter((p) => p.agent[0]?.who.reference === 'Organization/H1')
  expect(hospital).toHaveLength(2)
  expect(new Set(of.map((p) => p.agent[0]?.who.reference))).toEqual(new Set(['Organization/H1', 'Organization/HA', 'Organization/HA2']))
  return JSON.stringify({ report: await anonymous(one, report, master), white: white.includes('10.90') })
}

async function whiteCells(one: Rig, results: { reference: string }[]): Promise<string> {
  for (const { reference } of results) {
    const text = await one.text('Observation', reference.slice('Observation/'.length))
    if (text.includes('"WBC"')) return text
  }
  return ''
}

async function checkGlucose(one: Rig, master: string): Promise<void> {
  const reports = (await one.all('DiagnosticReport')).filter((r) => reportNo(r).includes('BG2026030900311'))
  expect(reports).toHaveLength(1)
  expect(reports[0]?.subject).toEqual({ reference: `Patient/${master}` })
  expect(reports[0]?.result).toHaveLength(1)
}

async function checkWithdrawn(one: Rig): Promise<void> {
  const reports = (await one.all('DiagnosticReport')).filter((r) => reportNo(r).includes('BG2026030900312'))
  expect(reports.map((r) => r.status)).toEqual(['entered-in-error'])
  const masters = await one.all('Patient')
  const withdrawn = [...reports, ...(await one.all('Observation')).filter((o) => o.status === 'entered-in-error')]
  expect(withdrawn).toHaveLength(2)
  for (const resource of withdrawn) {
    const text = JSON.stringify(resource)
    for (const { id } of masters) expect(text).not.toContain(`Patient/${id}`)
    for (const element of ['subject', 'encounter', 'valueQuantity', 'result', 'conclusion', 'effectiveDateTime', 'performer'])
      expect(resource).not.toHaveProperty(element)
    expect(text).not.toMatch(/:"?8\.1\b/)
  }
}

async function checkWorkList(one: Rig): Promise<void> {
  const codes = (await one.ingest.tables.unmapped.find({ source: 'miis' })).map((entry) => entry.code)
  expect(codes.filter((code) => code.startsWith('ZJ') || code.startsWith('YP'))).toContain('ZJ000007')
}

/** Text of a resource without what may differ between runs: versions, times, and the random ids of masters. */
async function anonymous(_: Rig, resource: FhirResource, master: string): Promise<unknown> {
  const { meta, ...rest } = JSON.parse(JSON.stringify(resource).replaceAll(master, 'MASTER')) as FhirResource
  const { versionId: _v, lastUpdated: _l, ...kept } = meta ?? {}
  return { ...rest, meta: kept }
}

/**
 * The Encounter under the insurance's own number of a visit that turned out to be the hospital's: it stands only where somebody could have read it
 * before that was known, so by the order of arrival. It says which one the visit is now, and nothing more.
 */
async function withoutFormer(one: Rig, encounters: FhirResource[]): Promise<FhirResource[]> {
  const [former, standing] = [true, false].map((is) => encounters.filter((e) => (e.status === 'entered-in-error' && 'partOf' in e) === is))
  for (const { id, meta, status: _s, class: _c, partOf, ...rest } of former ?? []) {
    expect(rest).toEqual({ resourceType: 'Encounter' })
    expect([id, standing?.some((e) => `Encounter/${e.id}` === (partOf as { reference: string }).reference)]).toEqual([id, true])
    expect(await one.ingest.tables.visits.count({ _id: id as string, visit: { $gt: '' } })).toBe(1)
    expect(meta).not.toHaveProperty('profile')
  }
  return standing ?? []
}

/** Everything that a reader could see, for comparing two orders. */
async function everything(one: Rig, masters: Record<string, string>): Promise<string[]> {
  const seen: string[] = []
  for (const type of [
    'DiagnosticReport',
    'Observation',
    'Encounter',
    'Condition',
    'ChargeItem',
    'Claim',
    'ExplanationOfBenefit',
    'Coverage',
    'Procedure',
    'MedicationRequest',
    'Specimen',
    'Composition',
  ]) {
    const all = await one.all(type)
    for (const resource of type === 'Encounter' ? await withoutFormer(one, all) : all) {
      let text = JSON.stringify(resource)
      for (const [number, id] of Object.entries(masters)) text = text.replaceAll(id, number)
      const parsed = JSON.parse(text) as FhirResource
      if (parsed.meta) {
        delete parsed.meta.versionId
        delete parsed.meta.lastUpdated
      }
      seen.push(JSON.stringify(parsed))
    }
  }
  return seen.sort()
}

async function checkAll(one: Rig): Promise<string[]> {
  const masters = await checkPatients(one)
  await checkBloodCount(one, masters[WANG] as string)
  await checkGlucose(one, masters[LI] as string)
  await checkWithdrawn(one)
  await checkWorkList(one)
  return everything(one, masters)
}

describe('the samples', () => {
  let one: Rig
  beforeAll(async () => {
    one = await rig(SOURCES, { mapping: sourceMapping, translate: terminology.translate, secret: Buffer.alloc(32, 7) })
    await one.ingest.start()
  })
  afterAll(() => one.close())

  /** what the first order made */
  let first: string[] | undefined
  const sameAsFirst = async (): Promise<void> => {
    const seen = await checkAll(one)
    first ??= seen
    expect(seen).toEqual(first)
  }

  test(
    'in any order: two persons, one blood count, one glucose, nothing of what was withdrawn; the same resources',
    async () => {
      const orders = fc.shuffledSubarray([...FILES], { minLength: FILES.length, maxLength: FILES.length })
      await fc.assert(
        fc.asyncProperty(orders, async (order) => {
          await one.wipe()
          await sendAll(one, order)
          await sameAsFirst()
        }),
        { numRuns: PERMUTATIONS, endOnFailure: true, examples: [[[...FILES]], [[...FILES].reverse()]] },
      )
    },
    PERMUTATIONS * ORDER_MS_MAX,
  )

  test(
    'all at the same time: the same resources',
    async () => {
      await one.wipe()
      await Promise.all(FILES.map((sample) => sendOne(one, sample)))
      await sameAsFirst()
    },
    ORDER_MS_MAX,
  )

  test(
    'all of them again: no new version of anything',
    async () => {
      const versions = await one.versions()
      await sendAll(one, FILES)
      expect(await one.versions()).toBe(versions)
    },
    ORDER_MS_MAX,
  )
})
