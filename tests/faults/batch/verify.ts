/** Every row of the batch stands exactly once: one resource in its first version, named by one Provenance, one delivery. */
import type { Db, Document } from 'mongodb'
import { systemDecision } from '../../../server/access/decision.ts'
import { type ReceiptCounts, receiptCounts } from '../../../server/ingest/receipt.ts'
import { ingestTables } from '../../../server/ingest/tables.ts'
import { silentLog } from '../../../server/store/log.ts'
import { createStore } from '../../../server/store/store.ts'
import type { Store } from '../../../server/store/types.ts'
import { clock, sleep } from '../support/client.ts'
import { RESULTS_PER_REPORT, rowOf, type Sizes } from './tables.ts'

export interface Found {
  observations: number
  reports: number
  patients: number
  provenances: number
  receipt: ReceiptCounts
  /** bytes of the largest document that ingest keeps, and where it stands */
  largest: { collection: string; bytes: number }[]
  problems: string[]
}

export interface Claims {
  uri: string
  database: string
  db: Db
  sizes: Sizes
  payload: string
  resultsFirst: boolean
}

const SYSTEM = systemDecision('fault check')
const PROBLEMS_MAX = 30
const IDLE_MS_MAX = 300_000
const KEPT = [
  'payloads',
  'contributions',
  'deliveries',
  'unmapped_codes',
  'patient_records',
  'identity_numbers',
  'waiting_records',
  'quarantine',
  'source_quality',
  'persons',
]

interface Resource {
  id: string
  identifier?: { value?: string }[]
  result?: unknown[]
  target?: { reference?: string }[]
}

export async function verify({ uri, database, db, sizes, payload, resultsFirst }: Claims): Promise<Found> {
  const store = await createStore({ uri, database, log: silentLog })
  const problems: string[] = []
  const say = (problem: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  const tables = ingestTables({ store, decision: SYSTEM })
  const idle = clock() + IDLE_MS_MAX
  while ((await tables.waiting.count({})) + (await store.table(SYSTEM, 'jobs').count({})) > 0 && clock() < idle) await sleep(250)
  try {
    const observations = await results(store, sizes, say)
    const reports = await reportsOf(store, sizes, say)
    const patients = await db.collection('patient_records').countDocuments()
    const provenances = await provenancesOf(store, sizes, say)
    const deliveries = sizes.rows + sizes.reports + sizes.persons
    const counted = await db.collection('deliveries').countDocuments()
    if (counted !== deliveries) say(`${counted} deliveries of ${deliveries}`)
    for (const type of ['Observation', 'Provenance']) {
      const again = await db.collection(`${type}_history`).countDocuments()
      if (again > 0) say(`${again} of ${type} were written more than once`)
    }
    const doc = await tables.payloads.get(payload)
    if (!doc) throw new Error('the payload is gone')
    const receipt = await receiptCounts(tables, doc)
    const { records, stored, storedWithIssues, waiting, quarantined, unchanged, nothing, refused } = receipt
    if (records !== sizes.rows || stored + storedWithIssues !== sizes.rows || waiting + quarantined + unchanged + nothing + refused !== 0)
      say(`receipt of the ${resultsFirst ? 'first' : 'last'} file: ${JSON.stringify(receipt)}`)
    return { observations, reports, patients, provenances, receipt, largest: await largestOf(db), problems }
  } finally {
    await store.close()
  }
}

async function* all(store: Store, type: string): AsyncGenerator<{ resource: Resource; v: number }> {
  for await (const batch of store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body, deleted, v } of batch) if (!deleted) yield { resource: JSON.parse(Buffer.from(body).toString()) as Resource, v }
}

/** A place for each row, so that a million of them need a megabyte. */
async function results(store: Store, { rows }: Sizes, say: (problem: string) => void): Promise<number> {
  const times = new Uint8Array(rows)
  let found = 0
  for await (const { resource, v } of all(store, 'Observation')) {
    found++
    if (v !== 1) say(`result ${resource.id} is in version ${v}`)
    const row = rowOf(resource.identifier?.[0]?.value ?? '')
    if (row < 0 || row >= rows) say(`a result of no row: ${resource.identifier?.[0]?.value}`)
    else if ((times[row] as number)++ > 0) say(`row ${row} stands more than once`)
  }
  const missing = times.reduce((count, one) => count + Number(one === 0), 0)
  if (missing > 0) say(`${missing} rows are missing, the first is ${times.indexOf(0)}`)
  return found
}

/** Each result is named by one, and by no other; results of a report that were stored together have one together. */
async function provenancesOf(store: Store, { rows, reports, persons }: Sizes, say: (problem: string) => void): Promise<number> {
  const named = new Set<string>()
  let found = 0
  let others = 0
  for await (const { resource } of all(store, 'Provenance')) {
    found++
    const results = (resource.target ?? []).flatMap(({ reference = '' }) => (reference.startsWith('Observation/') ? [reference] : []))
    if (results.length === 0) others++
    for (const result of results) {
      if (named.has(result)) say(`${result} is named by two Provenances`)
      named.add(result)
    }
  }
  if (named.size !== rows) say(`Provenances name ${named.size} results of ${rows}`)
  if (others !== reports + persons) say(`${others} Provenances of ${reports + persons} reports and patients`)
  return found
}

async function reportsOf(store: Store, { rows, reports }: Sizes, say: (problem: string) => void): Promise<number> {
  let found = 0
  let listed = 0
  for await (const { resource } of all(store, 'DiagnosticReport')) {
    found++
    listed += resource.result?.length ?? 0
    if ((resource.result?.length ?? 0) > RESULTS_PER_REPORT) say(`report ${resource.id} lists ${resource.result?.length} results`)
  }
  if (found !== reports) say(`${found} reports of ${reports}`)
  if (listed !== rows) say(`reports list ${listed} results of ${rows}`)
  return found
}

/** Whether something grows with the batch. */
async function largestOf(db: Db): Promise<Found['largest']> {
  const sizes = await Promise.all(
    KEPT.map(async (collection) => {
      const [largest] = await db
        .collection(collection)
        .aggregate<Document>([{ $group: { _id: null, bytes: { $max: { $bsonSize: '$$ROOT' } } } }])
        .toArray()
      return { collection, bytes: Number(largest?.bytes ?? 0) }
    }),
  )
  return sizes.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes)
}
