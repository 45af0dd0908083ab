/** What stands in the store after all faults, against what was acknowledged. */
import { MongoClient } from 'mongodb'
import { auditLabels, type LabelAudit } from '../../../server/access/audit-labels.ts'
import { systemDecision } from '../../../server/access/decision.ts'
import { type AuditVerification, verifyAudit } from '../../../server/audit/verify.ts'
import { receiptCounts } from '../../../server/ingest/receipt.ts'
import { ingestTables } from '../../../server/ingest/tables.ts'
import { FINAL } from '../../../server/ingest/types.ts'
import { silentLog } from '../../../server/store/log.ts'
import { WRITERS } from '../../../server/store/audit-intents.ts'
import { createStore } from '../../../server/store/store.ts'
import type { Store } from '../../../server/store/types.ts'
import { sleep } from '../support/client.ts'
import { unaccounted } from './reads.ts'
import { keptCode, type Load, reportNumber, RESULTS, ROWS_PER_REPORT, type Sent, tableReport } from './load.ts'

export interface Findings {
  /** what is wrong, in words; at most PROBLEMS_MAX of them */
  problems: string[]
  checked: Record<string, number>
  labels: LabelAudit
  audit: AuditVerification
}

const SYSTEM = systemDecision('fault check')
const PROBLEMS_MAX = 100
const DRIFTS_TOLD_MAX = 20
const IDLE_MS_MAX = 150_000
/** A living writer is heard of every second. */
const WRITER_SILENT_MS = 3000

interface Resource {
  resourceType: string
  id: string
  identifier?: { value?: string }[]
  result?: { reference: string }[]
  status?: string
  code?: { coding?: { code?: string }[] }
}

type Known = Map<string, { resource: Resource; text: string }>

export interface Claims {
  uri: string
  database: string
  ownBase: string
  load: Load
  /** ids of the reads that were answered */
  reads: readonly string[]
}

/** Waits until nothing is due any more, then compares. The server may go on running. */
export async function verify({ uri, database, ownBase, load, reads }: Claims): Promise<Findings> {
  const store = await createStore({ uri, database, log: silentLog })
  try {
    const problems: string[] = []
    const say = (problem: string): void => {
      if (problems.length < PROBLEMS_MAX) problems.push(problem)
    }
    if (!(await becomesIdle(store))) say('payloads or relabelling did not finish by themselves')
    const reports = await all(store, 'DiagnosticReport')
    const observations = await all(store, 'Observation')
    const checked: Record<string, number> = {}
    checked.messages = messages(load.sent, reports, observations, say)
    checked.visits = visits(load.sent, await all(store, 'Encounter'), await all(store, 'Condition'), say)
    checked.rows = rows(load.sent, reports, observations, say)
    checked.versions = await versions(load, await all(store, 'Basic'), store, say)
    checked.payloads = await payloads(store, load.sent, say)
    const labels = await auditLabels({ store, types: await typesIn(uri, database), ownBase })
    for (const drift of labels.drifts.slice(0, DRIFTS_TOLD_MAX)) say(`drift ${JSON.stringify(drift)}`)
    if (labels.states > 0) say(`${labels.states} consent states do not follow from their consents`)
    if (labels.overlay.open > 0) say(`${labels.overlay.open} overlay entries are still open`)
    checked.reads = reads.length
    for (const id of await unaccounted(store, reads)) say(`the read of ${id} was answered and is in no account`)
    const audit = await verifyAudit(store)
    for (const problem of audit.problems) say(`audit ${JSON.stringify(problem)}`)
    return { problems, checked, labels, audit }
  } finally {
    await store.close()
  }
}

async function becomesIdle(store: Store): Promise<boolean> {
  const tables = ingestTables({ store, decision: SYSTEM })
  const relabelling = ['overlay', 'relabel_grants'].map((name) => store.table(SYSTEM, name))
  const writers = store.table(SYSTEM, WRITERS)
  const deadline = Date.now() + IDLE_MS_MAX
  while (Date.now() < deadline) {
    const due = await tables.payloads.count({ status: { $nin: [...FINAL] } })
    const jobs = await store.table(SYSTEM, 'jobs').count({})
    const open = await Promise.all(relabelling.map((table) => table.count({ done: null })))
    // What a killed process announced is settled once it was silent for a while.
    const unsettled = await writers.count({ at: { $lt: new Date(Date.now() - WRITER_SILENT_MS) } })
    if (due + jobs + unsettled + open.reduce((a, b) => a + b, 0) === 0) return true
    await sleep(500)
  }
  return false
}

async function typesIn(uri: string, database: string): Promise<string[]> {
  const client = new MongoClient(uri)
  try {
    const names = (await client.db(database).listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
    return names.filter((name) => /^[A-Z][A-Za-z]+$/.test(name)).sort()
  } finally {
    await client.close()
  }
}

async function all(store: Store, type: string): Promise<Known> {
  const known: Known = new Map()
  for await (const batch of store.stream(SYSTEM, type, { kind: 'everything' })) {
    for (const { id, body, deleted } of batch) {
      if (deleted) continue
      const text = Buffer.from(body).toString()
      known.set(id, { resource: JSON.parse(text) as Resource, text })
    }
  }
  return known
}

function byIdentifier(known: Known): Map<string, { resource: Resource; text: string }[]> {
  const found = new Map<string, { resource: Resource; text: string }[]>()
  for (const one of known.values()) {
    for (const value of new Set((one.resource.identifier ?? []).flatMap((identifier) => identifier.value ?? []))) {
      found.set(value, [...(found.get(value) ?? []), one])
    }
  }
  return found
}

type Say = (problem: string) => void

/** A message that was acknowledged is one report with all its results; one that was not is that, or nothing. */
function messages(sent: readonly Sent[], reports: Known, observations: Known, say: Say): number {
  const known = byIdentifier(reports)
  const values = [...observations.values()].map(({ text }) => /"valueQuantity":\{"value":([\d.]+)/.exec(text)?.[1] ?? '')
  const byValue = Map.groupBy(values, (value) => value)
  const items = sent.filter(({ kind }) => kind === 'hl7')
  for (const { n, acknowledged } of items) {
    const found = known.get(reportNumber(n)) ?? []
    if (found.length > 1) say(`report ${n} is there ${found.length} times`)
    if (found.length === 0) {
      if (acknowledged) say(`report ${n} was acknowledged and is lost`)
      for (const at of RESULTS.keys()) if (byValue.has(`${n}.${at}0`)) say(`report ${n}: a result without its report`)
      continue
    }
    const results = found[0]?.resource.result ?? []
    if (results.length !== RESULTS.length) say(`report ${n} has ${results.length} results`)
    for (const { reference } of results) if (!observations.has(reference.split('/')[1] ?? '')) say(`report ${n}: a result is not there`)
    for (const at of RESULTS.keys()) {
      const times = byValue.get(`${n}.${at}0`)?.length ?? 0
      if (times !== 1) say(`report ${n}: result ${at} is there ${times} times`)
    }
  }
  return items.length
}

function visits(sent: readonly Sent[], encounters: Known, conditions: Known, say: Say): number {
  const known = byIdentifier(encounters)
  const items = sent.filter(({ kind }) => kind === 'miis')
  for (const { n, acknowledged } of items) {
    const found = known.get(`110105C${String(n).padStart(6, '0')}`) ?? []
    if (found.length > 1 || (acknowledged && found.length === 0)) say(`visit ${n} is there ${found.length} times`)
    const id = found[0]?.resource.id
    if (id === undefined) continue
    const diagnoses = [...conditions.values()].filter(({ text }) => text.includes(`"Encounter/${id}"`)).length
    if (diagnoses !== 1) say(`visit ${n} has ${diagnoses} diagnoses`)
  }
  return items.length
}

/** Each row of an acknowledged file, once; a report joins its rows when both files came. */
function rows(sent: readonly Sent[], reports: Known, observations: Known, say: Say): number {
  const results = byIdentifier(observations)
  const heads = byIdentifier(reports)
  let checked = 0
  for (const { n, acknowledged, records } of sent.filter(
    ({ kind, fileName }) => kind === 'table' && fileName === 'TB_LIS_INDICATORS.csv',
  )) {
    if (!acknowledged) continue
    const others = sent.filter(({ kind, n: other, fileName }) => kind === 'table' && other === n && fileName !== 'TB_LIS_INDICATORS.csv')
    const complete = others.length === 2 && others.every((other) => other.acknowledged)
    if (!complete) continue
    for (let at = 0; at < records; at++) {
      checked++
      const report = tableReport(n, Math.floor(at / ROWS_PER_REPORT))
      const found = results.get(`${report}-${at}`) ?? []
      if (found.length !== 1) say(`row ${report}-${at} is there ${found.length} times`)
      if (at % ROWS_PER_REPORT !== 0) continue
      const head = heads.get(report) ?? []
      const wanted = Math.min(ROWS_PER_REPORT, records - at)
      if (head.length !== 1 || head[0]?.resource.result?.length !== wanted)
        say(`report ${report} is there ${head.length} times, with ${head[0]?.resource.result?.length ?? 0} of ${wanted} results`)
    }
  }
  return checked
}

async function versions(load: Load, basics: Known, store: Store, say: Say): Promise<number> {
  const known = byIdentifier(basics)
  let checked = 0
  for (const { n, id, acknowledged, tried } of load.kept) {
    const found = known.get(keptCode(n)) ?? []
    if (found.length > 1) say(`resource ${n} was stored ${found.length} times`)
    if (id === undefined) continue
    checked += acknowledged
    const stands = Number(/version-(\d+)/.exec(basics.get(id)?.text ?? '')?.[1] ?? 0)
    if (stands < acknowledged || stands > tried) say(`resource ${n}: version ${acknowledged} was acknowledged, ${stands} stands`)
    const kept = await store.read(SYSTEM, 'Basic', id)
    if (!kept) continue
    for (let v = 1; v <= kept.v; v++) if (!(await store.readVersion(SYSTEM, 'Basic', id, v))) say(`resource ${n}: version ${v} is gone`)
  }
  return checked
}

/** Receipts: every record of every acknowledged payload is accounted for. */
async function payloads(store: Store, sent: readonly Sent[], say: Say): Promise<number> {
  const tables = ingestTables({ store, decision: SYSTEM })
  let checked = 0
  for (const item of sent.filter(({ acknowledged }) => acknowledged)) {
    checked++
    const payload = await tables.payloads.get(item.payload ?? '')
    if (!payload) {
      say(`payload of ${item.kind} ${item.n} was acknowledged and is lost`)
      continue
    }
    const counts = await receiptCounts(tables, payload)
    const { records, ...parts } = counts
    const { resources: _resources, ...kinds } = parts
    const negative = Object.values(kinds).some((count) => count < 0)
    const bad = records !== item.records || negative || counts.quarantined > 0 || counts.waiting > 0
    if (bad) say(`payload of ${item.kind} ${item.n} ${item.fileName ?? ''}: ${JSON.stringify(counts)} for ${item.records} records`)
  }
  return checked
}
