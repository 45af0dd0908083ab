/** The same rows in several groups of a file, and in several files at once: each counts once, and those that went with them go on together. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createIngest, type Ingest } from '../../server/ingest/ingest.ts'
import { receiptCounts } from '../../server/ingest/receipt.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { actorOf, observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const NOW = new Date('2026-04-01T00:00:00Z')
/** of one group */
const ROWS = 200

let one: Rig
/** another server on the same database */
let other: Ingest
let writes = 0
beforeAll(async () => {
  one = await rig([sourceOf('rp', 'rhip', 'HA', 'test/table'), sourceOf('other', 'rhip', 'HA2', 'test/table')], {
    mapping: (id) => ({ ...recordsMapping, id, kind: 'rhip', mode: 'table' }),
    now: () => NOW,
  })
  const { writer } = one.ingest.deps
  const write = writer.write.bind(writer)
  writer.write = (...asked) => {
    writes++
    return write(...asked)
  }
  other = createIngest({ ...one.ingest.deps })
})
afterAll(() => one.close())
beforeEach(async () => {
  await one.wipe()
  writes = 0
})

const stated = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 0, minute)).toISOString()
const row = (no: number, value: string, minute: number, patient: object = { kind: 'CARD', value: `C${no}`, strong: true }) => ({
  deliveryId: `row-${no}`,
  patient: { local: [patient] },
  resources: [observation('X', String(no), { valueString: value }, { statedAt: stated(minute) })],
})
const rows = (value: string, minute: number) => Array.from({ length: ROWS }, (_, no) => row(no, value, minute))

async function keep(source: string, list: readonly object[]): Promise<string> {
  const stream = async function* () {
    yield Buffer.from(JSON.stringify(list))
  }
  return (await one.ingest.receive(source, actorOf(`${source}-client`), stream(), { contentType: '', fileName: '' })).payload._id
}
async function counts(id: string) {
  const { records, stored, unchanged, waiting, quarantined } = await receiptCounts(
    one.ingest.tables,
    (await one.ingest.tables.payloads.get(id)) as PayloadDoc,
  )
  return { records, done: stored + unchanged, waiting, quarantined }
}
const values = async () => (await one.all('Observation')).map(({ valueString }) => valueString as string)

/** Their patients are known before. */
async function known(): Promise<void> {
  const bare = Array.from({ length: ROWS + 2 }, (_, no) => ({
    deliveryId: `card-${no}`,
    patient: { local: [{ kind: 'CARD', value: `C${no}`, strong: true }] },
    resources: [{ key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: stated(0) }],
  }))
  await keep('rp', bare)
  await one.ingest.work()
  writes = 0
}

test('corrections behind what they correct, in the next group of the file: the newest counts, and none goes alone', async () => {
  await known()
  const file = await keep('rp', [...rows('corrected', 2), ...rows('first', 1)])
  await one.ingest.work()
  expect(await values()).toEqual(Array.from({ length: ROWS }, () => 'corrected'))
  expect(await counts(file)).toEqual({ records: 2 * ROWS, done: 2 * ROWS, waiting: 0, quarantined: 0 })
  expect(writes).toBeLessThan(ROWS / 4)
})

test('the same rows in two files at once: each is one resource in its first version, and is told of once', async () => {
  await known()
  const files = await Promise.all([keep('rp', [...rows('x', 1), row(ROWS, 'x', 1)]), keep('rp', [...rows('x', 1), row(ROWS + 1, 'x', 1)])])
  await one.ingest.work()
  const found = await one.all('Observation')
  expect(found).toHaveLength(ROWS + 2)
  expect(new Set(found.map(({ meta }) => meta?.versionId))).toEqual(new Set(['1']))
  const told = (await one.all('Provenance'))
    .flatMap(({ target }) => (target as { reference: string }[]).map(({ reference }) => reference))
    .filter((reference) => reference.startsWith('Observation/'))
  expect(told.sort()).toEqual(found.map(({ id }) => `Observation/${id}`).sort())
  for (const file of files) expect(await counts(file)).toEqual({ records: ROWS + 1, done: ROWS + 1, waiting: 0, quarantined: 0 })
  expect(await one.ingest.tables.deliveries.count({})).toBe(2 * (ROWS + 2))
  expect(writes).toBeLessThan(ROWS / 4)
})

test('of rows that all name one doctor those of who refuses are left out, and the others go together', async () => {
  await known()
  const [refuser] = (await one.all('Patient')).map(({ id }) => String(id))
  const consent = {
    ...{ resourceType: 'Consent', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'privacy' }] },
    ...{ patient: { reference: `Patient/${refuser}` }, performer: [{ reference: `Patient/${refuser}` }], dateTime: NOW.toISOString() },
    ...{ policyRule: { coding: [{ code: 'OPTOUT' }] }, provision: { action: [{ coding: [{ code: 'collect' }] }] } },
  }
  const draft = { type: 'Consent', id: 'c', method: 'PUT' as const, expect: 'any' as const, text: JSON.stringify(consent), custodian: '' }
  expect((await one.ingest.deps.writer.write([draft])).ok).toBe(true)
  const doctor = {
    key: { type: 'Practitioner', scope: 'X', parts: ['D1'] },
    resource: { resourceType: 'Practitioner', identifier: [{ value: 'D1' }] },
    ...{ state: 'current', statedAt: '1970-01-01T00:00:00.000Z', placeholder: true },
  }
  writes = 0
  const file = await keep(
    'rp',
    rows('x', 1).map((made) => ({ ...made, resources: [...made.resources, doctor] })),
  )
  await one.ingest.work()
  const found = await one.all('Observation')
  expect(found).toHaveLength(ROWS - 1)
  expect(JSON.stringify(found)).not.toContain(`Patient/${refuser}`)
  const payload = (await one.ingest.tables.payloads.get(file)) as PayloadDoc
  expect(await receiptCounts(one.ingest.tables, payload)).toMatchObject({ records: ROWS, stored: ROWS - 1, refused: 1 })
  expect(writes).toBeLessThan(ROWS / 4)
})

test('results before reports before patients, corrected, taken back and repeated, by two servers at once: as one file after the other', async () => {
  const report = (no: number) => ({ kind: 'REPORT', value: `R${no}`, strong: false })
  const results = (from: number, minute: number, more: object = {}) =>
    Array.from({ length: 60 }, (_, at) => {
      const made = row(from + at, `said ${minute}`, minute, report(at % 12))
      return { ...made, resources: made.resources.map((one) => ({ ...one, ...(at % 5 === 0 && more) })) }
    })
  const reports = Array.from({ length: 12 }, (_, no) => ({
    deliveryId: `report-${no}`,
    patient: { local: [{ kind: 'CARD', value: `C${no % 4}`, strong: true }, report(no)] },
    resources: [
      {
        key: { type: 'DiagnosticReport', scope: 'X', parts: [String(no)] },
        resource: { resourceType: 'DiagnosticReport', status: 'final', code: { text: 'blood' }, subject: { $patient: true } },
        state: 'current',
        statedAt: stated(no),
      },
    ],
  }))
  const files: [string, object[]][] = ['rp', 'other'].flatMap((source): [string, object[]][] => [
    [source, [...results(0, 3), ...results(60, 5), ...results(0, 9, { state: 'withdrawn' })]],
    [source, [...results(0, 4), ...results(60, 5), ...results(0, 3), ...reports.slice(0, 3)]],
    [source, reports],
  ])
  const everything = async () => {
    const all = await Promise.all(['Patient', 'Observation', 'DiagnosticReport'].map((type) => one.all(type)))
    const bare = all.flat().map(({ meta, ...resource }) => ({ ...resource, meta: { ...meta, versionId: '', lastUpdated: '' } }))
    return bare.map((resource) => JSON.stringify(resource)).sort()
  }
  for (const [source, list] of files) {
    await keep(source, list)
    await one.ingest.work()
  }
  const expected = await everything()
  expect(expected.length).toBeGreaterThan(120)
  await one.wipe()
  const kept = await Promise.all(files.toReversed().map(([source, list]) => keep(source, list)))
  while ((await one.ingest.tables.payloads.count({ finishedAt: null })) > 0) await Promise.all([one.ingest.work(), other.work()])
  expect(await everything()).toEqual(expected)
  for (const id of kept) expect(await counts(id)).toMatchObject({ waiting: 0, quarantined: 0 })
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
}, 120_000)
