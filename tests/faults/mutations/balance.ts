/**
 * The account of what was sent: each payload that was taken stands in the inbox with the bytes that came, has its end, and its records are
 * stored, stored with issues, unchanged, waiting, quarantined or nothing to store, and none is anything else. Counted anew from the rows of
 * deliveries, waiting records and quarantine, not from the receipts.
 */
import type { Provenance } from '@medplum/fhirtypes'
import { type Binary, type Db, MongoClient } from 'mongodb'
import { systemDecision } from '../../../server/access/decision.ts'
import { receiptCounts } from '../../../server/ingest/receipt.ts'
import { type DeliveryDoc, type IngestTables, ingestTables } from '../../../server/ingest/tables.ts'
import { FINAL, type PayloadDoc } from '../../../server/ingest/types.ts'
import type { StoredDoc } from '../../../server/store/documents.ts'
import { silentLog } from '../../../server/store/log.ts'
import { createStore } from '../../../server/store/store.ts'
import { sleep } from '../support/client.ts'
import { COUNT_NAMES, issueFaults, tellsOfPersons } from './judge.ts'

/** What is claimed of one payload. */
export interface Claim {
  /** for what is told of it */
  label: string
  /** absent: the message itself says whose it is */
  source?: string
  hash: string
  bytes: number
  /** it is in the inbox; undefined: it may be */
  kept: boolean | undefined
  payload?: string
  /** as many records, each a delivery of its own */
  records?: number
}

export type Counts = Record<(typeof COUNT_NAMES)[number] | 'records' | 'payloads', number>

export interface Balance {
  /** waits until nothing is due, then looks at each; @returns what the payloads that were not looked at before come to */
  check(claims: readonly Claim[], say: (problem: string) => void): Promise<Counts>
  close(): Promise<void>
}

const SETTLE_MS_MAX = 300_000
const POLL_MS = 100

export async function openBalance(uri: string, database: string): Promise<Balance> {
  const store = await createStore({ uri, database, log: silentLog })
  const client = await new MongoClient(uri).connect()
  const db = client.db(database)
  await Promise.all([
    db.collection('payloads').createIndex({ hash: 1 }),
    db.collection('deliveries').createIndex({ payload: 1 }),
    db.collection('Provenance').createIndex({ sd: 1 }),
  ])
  const tables = ingestTables({ store, decision: systemDecision('fault check') })
  const seen = new Set<string>()
  return {
    async check(claims, say) {
      if (!(await settled(tables))) say('payloads were not worked off in time')
      const counts: Counts = { ...NONE }
      for (const claim of claims) {
        for (const payload of await payloadsOf(tables, claim, say)) {
          if (seen.has(payload._id)) continue
          seen.add(payload._id)
          await account(tables, db, payload, claim, counts, say)
        }
      }
      return counts
    },
    async close() {
      await client.close()
      await store.close()
    },
  }
}

export const NONE: Readonly<Counts> = {
  payloads: 0,
  records: 0,
  stored: 0,
  storedWithIssues: 0,
  unchanged: 0,
  waiting: 0,
  quarantined: 0,
  refused: 0,
  nothing: 0,
}

async function settled(tables: IngestTables): Promise<boolean> {
  const deadline = Date.now() + SETTLE_MS_MAX
  while ((await tables.payloads.count({ status: { $nin: [...FINAL] } })) > 0) {
    if (Date.now() > deadline) return false
    await sleep(POLL_MS)
  }
  return true
}

type Say = (problem: string) => void

async function payloadsOf(tables: IngestTables, claim: Claim, say: Say): Promise<PayloadDoc[]> {
  const { label, hash, source, kept, payload } = claim
  const found = await tables.payloads.find({ hash, ...(source !== undefined && { source }) })
  // Where the message itself says whose it is, others may have sent the same bytes.
  const senders = new Set(found.map((one) => one.source))
  if (found.length > senders.size) say(`${label}: the same bytes of ${senders.size} senders are in the inbox ${found.length} times`)
  if (kept === true && found.length === 0) say(`${label}: the sender was told that it is taken, and it is not in the inbox`)
  if (payload !== undefined && found[0] && found[0]._id !== payload) say(`${label}: the answer names another payload`)
  return found
}

async function account(tables: IngestTables, db: Db, payload: PayloadDoc, claim: Claim, counts: Counts, say: Say): Promise<void> {
  const problem = (text: string): void => say(`${claim.label}: ${text} (payload ${payload._id})`)
  if (!FINAL.includes(payload.status) || payload.finishedAt === null)
    return problem(`it stays ${payload.status} after ${payload.attempts} attempts`)
  if (payload.bytes !== claim.bytes) problem(`${payload.bytes} bytes of ${claim.bytes} are kept`)
  if (payload.inline === null && payload.chunks === 0) problem('its bytes are gone')
  const said = await receiptCounts(tables, payload)
  const sum = COUNT_NAMES.reduce((total, name) => total + said[name], 0)
  if (sum !== said.records || said.records === 0 || COUNT_NAMES.some((name) => said[name] < 0)) problem(JSON.stringify(said))
  if (claim.records !== undefined && said.records !== claim.records) problem(`${said.records} records of ${claim.records}`)
  for (const fault of issueFaults(payload.issues)) problem(fault)
  counts.payloads++
  for (const name of [...COUNT_NAMES, 'records'] as const) counts[name] += said[name]
  await fromRows(db, payload, said, claim, problem)
}

/**
 * A delivery's row is that of the payload that brought it last; the same one twice in a payload has one row. What a later payload took over
 * was stored for all that, and its Provenance, written with the record in one transaction, says so for ever.
 */
async function fromRows(
  db: Db,
  payload: PayloadDoc,
  { stored, storedWithIssues, waiting, nothing, quarantined, records }: Awaited<ReturnType<typeof receiptCounts>>,
  claim: Claim,
  problem: (text: string) => void,
): Promise<void> {
  const claimed = stored + storedWithIssues + waiting + nothing
  const rows = await db
    .collection<DeliveryDoc>('deliveries')
    .find({ payload: payload._id })
    .project<{ resources: number }>({ resources: 1 })
    .toArray()
  const withResources = rows.filter(({ resources }) => resources > 0).length
  const found = await provenancesOf(db, payload)
  const { followers } = found
  const own = withResources - followers
  // Rows that say the same result twice (under another number of the test) share one, and nothing says how many they were.
  const told = found.isOfSeveral ? Math.max(found.told, own) : found.told
  if (told < own) problem(`${own} records have resources, ${told} a Provenance`)
  const kept = rows.length - followers + Math.max(0, told - own)
  const isExact = records === 1 || claim.records !== undefined
  if (kept > claimed || (claimed > 0 && kept === 0) || (isExact && kept !== claimed))
    problem(`${claimed} records are said to be kept, ${kept} are`)
  if (quarantined === 0) return
  const open = { payload: payload._id, state: 'open' }
  const parts = await db.collection('quarantine').find(open).project<{ reasons: string }>({ reasons: 1 }).toArray()
  if (parts.some(({ reasons }) => (JSON.parse(reasons) as unknown[]).length === 0)) problem('a part is in quarantine without a reason')
  if (parts.some(({ reasons }) => tellsOfPersons(reasons))) problem('the reason of a part in quarantine tells a personal value')
}

/**
 * Records of which something was stored: each has a Provenance of this very payload, dated when it came; rows that each add a result to the same
 * report may have one together. What follows from a record (a word of before about a set in which its things are) has a row and a Provenance of its own.
 */
async function provenancesOf(db: Db, { source, hash, receivedAt }: PayloadDoc): Promise<Told> {
  const same = db.collection<StoredDoc>('Provenance').find({ sd: receivedAt, deleted: { $exists: false } })
  const found: Told = { told: 0, followers: 0, isOfSeveral: false }
  for await (const { body } of same.project<{ body: Binary }>({ body: 1 })) {
    const provenance = JSON.parse(Buffer.from(body.value()).toString()) as Provenance
    const [what] = (provenance.entity ?? []).map((entity) => entity.what)
    if (what?.identifier?.value !== hash || !what.display?.startsWith(`${source} `)) continue
    if (what.display === `${source} ${FOLLOWER}`) found.followers++
    else {
      found.told += recordsOf(provenance, what.display)
      found.isOfSeveral ||= isOfParts(provenance, what.display)
    }
  }
  return found
}

interface Told {
  /** records, at least */
  told: number
  followers: number
  /** one of them may be of more rows than it names results */
  isOfSeveral: boolean
}

/** The kind of such a record (server/ingest/batch-records.ts), which no sender's has. */
const FOLLOWER = 'reversal'

const recordsOf = (provenance: Provenance, display: string): number =>
  isOfParts(provenance, display) ? countOf(provenance, 'Observation') : 1

/** Of results that are each a row, and their report. */
const isOfParts = (provenance: Provenance, display: string): boolean =>
  display.includes(' TB_') && countOf(provenance, 'DiagnosticReport') === 1 && countOf(provenance, 'Observation') > 0

const countOf = ({ target }: Provenance, type: string): number => target.filter(({ reference }) => reference?.startsWith(`${type}/`)).length
