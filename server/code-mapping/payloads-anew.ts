/**
 * The end of a job of a code that some records say in no coding: as a name alone, or where there is place for the translation only
 * (`Encounter.class`, `Patient.gender`). What was made of those is not changed in place, which could not tell one code from another
 * with the same translation: their payloads are mapped anew, one after the other, and what that changed gets the job's Provenance.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BASE } from '../fhir/canonical.ts'
import type { CodingChange } from '../ingest/codings.ts'
import { withoutFormer } from '../ingest/fold/revise-codings.ts'
import { knownOf, statementWrites } from '../ingest/fold/rows.ts'
import { foldStatements, saidIn } from '../ingest/fold/stored.ts'
import type { Statement } from '../ingest/fold/types.ts'
import { hasBytes } from '../ingest/forget.ts'
import type { IngestTables } from '../ingest/tables.ts'
import { FINAL, type PayloadDoc } from '../ingest/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { exactKey, SEPARATOR } from '../search/keys.ts'
import type { PageMark, SideWrite, Store, Stored } from '../store/types.ts'
import type { Draft, Writer } from '../writer/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { provenancesOf } from './job-provenance.ts'
import { endJob } from './retranslation-job.ts'
import { MAPPING, type MappingTables, type RetranslationJob, TABLES } from './tables.ts'

export interface PayloadDeps {
  store: Store
  writer: Writer
  tables: MappingTables
  ingest: IngestTables
  replay(payload: string): Promise<PayloadDoc>
  secret: Uint8Array
  now(): Date
}

const ACCEPTED = { status: 'accepted' }

/** The next payload, or the end of the job. undefined: it is somebody else's, or not in force any more. */
export async function mapPayloadsAnew(
  deps: PayloadDeps,
  job: RetranslationJob,
  alive: () => boolean,
): Promise<RetranslationJob | undefined> {
  const { ingest, tables, now } = deps
  const { after, since } = job.payloads ?? { after: '', since: null }
  const named = { $or: [{ unmapped: job.mapping }, { decided: job.mapping }], payload: { $gt: after } }
  const [delivery] = await ingest.deliveries.find(named, { sort: { payload: 1 }, limit: 1 })
  if (!delivery) return endJob(deps, job)
  const own = { _id: job._id, ...ACCEPTED }
  // Noted before: of a process that ends in the midst of it the next one knows since when something was changed.
  const begun = since ?? now()
  if (!since && !(await tables.jobs.update(own, { set: { payloads: { after, since: begun } } }))) return undefined
  const payload = await mappedAnew(deps, delivery.payload, alive)
  if (payload === 'left') return undefined
  const rows = payload ? await resourcesOf(deps, payload) : []
  const { drafts, side } = await withoutFormerNames(deps, job, rows)
  const isDrafted = (row: Stored) => drafts.some(({ type, id }) => type === row.type && id === row.id)
  const changed = rows.filter((row) => row.at >= begun || isDrafted(row))
  const set = { payloads: { after: delivery.payload, since: null } }
  const noted: SideWrite = { table: TABLES.jobs, op: 'update', where: own, set, inc: { written: changed.length }, mustMatch: true }
  const result = await deps.writer.write([...drafts, ...provenancesOf(deps, job, changed, true)], { side: [noted, ...side] })
  // Who met another writer leaves it to the next turn, which maps the payload once more.
  return result.ok ? tables.jobs.get(job._id) : undefined
}

/** What is not said of a name any more goes from what the source said of it, and from the resource. */
async function withoutFormerNames(
  { ingest }: PayloadDeps,
  job: RetranslationJob,
  rows: readonly Stored[],
): Promise<{ drafts: Draft[]; side: SideWrite[] }> {
  const change = JSON.parse(job.change) as CodingChange
  if (change.former.length === 0) return { drafts: [], side: [] }
  const revise = (one: Statement) => (one.source === job.source ? withoutFormer(one, change) : one)
  const byName = new Map(rows.map((row) => [`${row.type}/${row.id}`, row]))
  const known = await knownOf(ingest, [...byName.keys()])
  const wanted = [...known].flatMap(([name, { statements }]) => {
    const row = byName.get(name)
    const isSaid = statements.some((one) => revise(one) !== one)
    return row && isSaid ? [{ type: row.type, id: row.id, revise }] : []
  })
  if (wanted.length === 0) return { drafts: [], side: [] }
  const { changes } = await foldStatements(ingest, wanted)
  const drafts = changes.map(({ folded: { type, id, text, custodian, persons } }): Draft => {
    const standing = byName.get(`${type}/${id}`) as Stored
    return { type, id, method: 'PUT', expect: standing.v, text, custodian, standing, alsoPatients: persons }
  })
  return { drafts, side: statementWrites(saidIn(changes)) }
}

/** undefined: it is not kept any more. `left`: somebody else has the job. */
async function mappedAnew({ ingest, replay }: PayloadDeps, id: string, alive: () => boolean): Promise<PayloadDoc | 'left' | undefined> {
  for (let isAsked = false; alive(); await delay(MAPPING_BOUNDS.payloadPollMs)) {
    const payload = await ingest.payloads.get(id)
    if (!payload || !hasBytes(payload)) return undefined
    // Another one may be at it: a large one is left to whoever is free.
    if (!FINAL.includes(payload.status)) continue
    if (isAsked) return payload
    try {
      const begun = await replay(id)
      if (FINAL.includes(begun.status)) return begun
      isAsked = true
    } catch (error) {
      if (!(error instanceof OutcomeError) || !error.issues.some(({ code }) => code === 'busy')) throw error
    }
  }
  return 'left'
}

/** What the Provenance of the payload's records names, as it stands. */
async function resourcesOf({ store }: PayloadDeps, payload: PayloadDoc): Promise<Stored[]> {
  const identifier = `|${BASE}/sid/payload-sha256|${payload.hash}`
  const plan = { kind: 'keys' as const, keys: [`entity${SEPARATOR.reference}${exactKey(identifier)}`] }
  const names = new Map<string, Set<string>>()
  let after: PageMark | undefined
  do {
    const page = await store.search(MAPPING, {
      type: 'Provenance',
      plan,
      sort: [],
      count: MAPPING_BOUNDS.batch,
      ...(after ? { after } : {}),
      total: 'none',
    })
    for (const row of page.rows) for (const [type, id] of targetsOf(row)) names.set(type, (names.get(type) ?? new Set()).add(id))
    after = page.next
  } while (after)
  const found: Stored[] = []
  for (const [type, ids] of names) {
    const all = [...ids]
    for (let at = 0; at < all.length; at += MAPPING_BOUNDS.batch) {
      const rows = await store.readMany(MAPPING, type, all.slice(at, at + MAPPING_BOUNDS.batch))
      found.push(...rows.filter((row) => !row.deleted))
    }
  }
  return found
}

function targetsOf({ body }: Stored): [type: string, id: string][] {
  const { target = [] } = JSON.parse(Buffer.from(body).toString('utf8')) as { target?: { reference?: string }[] }
  return target.flatMap(({ reference = '' }) => {
    const [type, id] = reference.split('/')
    return type && id ? [[type, id] as [string, string]] : []
  })
}
