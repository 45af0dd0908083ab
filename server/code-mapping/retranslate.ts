/**
 * Translates anew what is stored with a source's coding, in the background: type by type in the order of ids, from where the last
 * process left off. Each batch is one transaction of the new versions, what the sources said of them, their Provenance and the
 * job's place, so that a process that dies leaves a whole batch or nothing of it. A version is written over the one that was read
 * and no other: whoever wrote meanwhile is not overwritten, his version is read and translated. The job ends at once when another
 * decision takes its place, because its own row is written with each batch.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BASE, codeSystem, localSystem, structureDefinition } from '../fhir/canonical.ts'
import { changeCodings, type CodingChange } from '../ingest/codings.ts'
import { reviseCodings, statesCoding } from '../ingest/fold/revise-codings.ts'
import { foldStatements, type FoldedChange } from '../ingest/fold/stored.ts'
import type { Statement } from '../ingest/fold/types.ts'
import { keyedId } from '../ingest/ids.ts'
import { type IngestTables, TABLES as INGEST } from '../ingest/tables.ts'
import type { PlanNode } from '../search/plan.ts'
import type { SideWrite, Store, Stored } from '../store/types.ts'
import type { Draft, Writer } from '../writer/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { MAPPING, type MappingTables, type RetranslationJob, TABLES } from './tables.ts'

export interface RetranslateDeps {
  store: Store
  writer: Writer
  tables: MappingTables
  ingest: IngestTables
  /** of keyed ids */
  secret: Uint8Array
  now(): Date
}

const EVERYTHING: PlanNode = { kind: 'everything' }
const ACCEPTED = { status: 'accepted' }

/** Works on a job until it has ended, or `alive` says that it is somebody else's. */
export async function runRetranslation(deps: RetranslateDeps, taken: RetranslationJob, alive: () => boolean): Promise<void> {
  let job: RetranslationJob | undefined = taken
  while (job && job.status === 'accepted' && alive()) {
    const type: string | undefined = job.types[job.cursor.type]
    job = type === undefined ? await endPass(deps, job) : await runType(deps, job, type, alive)
  }
}

async function runType(
  deps: RetranslateDeps,
  job: RetranslationJob,
  type: string,
  alive: () => boolean,
): Promise<RetranslationJob | undefined> {
  let current = job
  const rows = deps.store.stream(MAPPING, type, EVERYTHING, job.cursor.id === '' ? {} : { afterId: job.cursor.id })
  for await (const page of rows) {
    for (let at = 0; at < page.length; at += MAPPING_BOUNDS.batch) {
      if (!alive()) return undefined
      const next = await runBatch(deps, current, type, page.slice(at, at + MAPPING_BOUNDS.batch), alive)
      if (next?.status !== 'accepted') return undefined
      current = next
    }
  }
  if (!alive()) return undefined
  const cursor = { ...current.cursor, type: current.cursor.type + 1, id: '' }
  return deps.tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { cursor } })
}

/** undefined: the job is somebody else's, or not in force any more. */
async function runBatch(
  deps: RetranslateDeps,
  job: RetranslationJob,
  type: string,
  rows: readonly Stored[],
  alive: () => boolean,
): Promise<RetranslationJob | undefined> {
  const change = JSON.parse(job.change) as CodingChange
  const candidates = rows.filter((row) => changeCodings(textOf(row), change) !== undefined)
  const cursor = { ...job.cursor, id: rows.at(-1)?.id ?? job.cursor.id }
  const seen = job.cursor.pass === 0 ? rows.length : 0
  if (candidates.length === 0) return deps.tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { cursor }, inc: { seen } })
  const ids = candidates.map((row) => row.id)
  const isOn = async (): Promise<boolean> => alive() && (await deps.tables.jobs.get(job._id))?.status === 'accepted'
  const together = await inTurns(MAPPING_BOUNDS.batchAttemptsMax, isOn, () => writeAnew(deps, job, type, ids, { cursor, seen }))
  if (together === 'done') return deps.tables.jobs.get(job._id)
  if (together === 'ended') return undefined
  return oneByOne(deps, job, type, ids, { cursor, seen }, isOn)
}

/** Where one is written all the time, the others need not wait for it. */
async function oneByOne(
  deps: RetranslateDeps,
  job: RetranslationJob,
  type: string,
  ids: readonly string[],
  place: Place,
  isOn: () => Promise<boolean>,
): Promise<RetranslationJob | undefined> {
  const failed: string[] = []
  for (const id of ids) {
    const done = await inTurns(MAPPING_BOUNDS.aloneAttemptsMax, isOn, () => writeAnew(deps, job, type, [id], undefined))
    if (done === 'ended') return undefined
    if (done === 'overtaken') failed.push(`${type}/${id}`)
  }
  const named = [...new Set([...job.named, ...failed])].slice(0, MAPPING_BOUNDS.namedMax)
  return deps.tables.jobs.update(
    { _id: job._id, ...ACCEPTED },
    { set: { cursor: place.cursor, named }, inc: { seen: place.seen, failed: failed.length } },
  )
}

interface Place {
  cursor: RetranslationJob['cursor']
  seen: number
}

/** Until it answers true; `overtaken` after so many attempts, `ended` where the job itself did not hold any more. */
async function inTurns(
  attemptsMax: number,
  isOn: () => Promise<boolean>,
  attempt: () => Promise<boolean>,
): Promise<'done' | 'overtaken' | 'ended'> {
  for (let count = 0; count < attemptsMax; count++) {
    if (await attempt()) return 'done'
    if (!(await isOn())) return 'ended'
    await delay(Math.random() * Math.min(MAPPING_BOUNDS.aloneDelayMaxMs, 4 * 2 ** count))
  }
  return 'overtaken'
}

/** One transaction over what stands now; false: somebody else was faster, or the job is not in force any more. */
async function writeAnew(
  deps: RetranslateDeps,
  job: RetranslationJob,
  type: string,
  ids: readonly string[],
  place: Place | undefined,
): Promise<boolean> {
  const change = JSON.parse(job.change) as CodingChange
  const standing = (await deps.store.readMany(MAPPING, type, ids)).filter((row) => !row.deleted)
  const { said, folded } = await statementsOf(deps, job, change, standing)
  const changed = standing.flatMap((row) => {
    const text = changeCodings(textOf(row), change)
    return text !== undefined && isOfSource(job, change, said.get(nameOf(row))) ? [{ row, text }] : []
  })
  const drafts = changed.map(({ row, text }) => draftOf(row, text, folded.get(nameOf(row))))
  const provenances = provenancesOf(
    deps,
    job,
    changed.map(({ row }) => row),
  )
  const statements = changed.flatMap(({ row }) => folded.get(nameOf(row))?.side ?? [])
  const own: SideWrite = {
    table: TABLES.jobs,
    op: 'update',
    where: { _id: job._id, ...ACCEPTED },
    set: place ? { cursor: place.cursor } : { touched: deps.now() },
    inc: { written: changed.length, seen: place?.seen ?? 0 },
    mustMatch: true,
  }
  return (await deps.writer.write([...drafts, ...provenances], { side: [own, ...statements] })).ok
}

const textOf = (row: Stored): string => Buffer.from(row.body).toString('utf8')
const nameOf = ({ type, id }: Pick<Stored, 'type' | 'id'>): string => `${type}/${id}`

/** What the sources said of these resources, by name: undefined where no source said anything; and the same, said otherwise. */
async function statementsOf(
  { ingest }: RetranslateDeps,
  job: RetranslationJob,
  change: CodingChange,
  standing: readonly Stored[],
): Promise<{ said: Map<string, Statement[]>; folded: Map<string, FoldedChange> }> {
  const docs = await ingest.contributions.getMany(standing.map(nameOf))
  const said = new Map(docs.map((doc) => [doc._id, JSON.parse(doc.statements) as Statement[]]))
  const wanted = standing.flatMap(({ type, id }) => {
    if (!said.has(`${type}/${id}`)) return []
    return [{ type, id, revise: (one: Statement) => (one.source === job.source ? reviseCodings(type, one, change) : one) }]
  })
  const { changes } = await foldStatements(ingest, wanted)
  return { said, folded: new Map(changes.map((one) => [nameOf(one.folded), one])) }
}

/** A system of the organisation's own means the same wherever it stands; a shared one what the source meant by it. */
function isOfSource({ source, organization }: RetranslationJob, change: CodingChange, said: readonly Statement[] | undefined): boolean {
  if (said) return said.some((one) => one.source === source && statesCoding(one, change))
  return change.source.system.startsWith(localSystem(organization, ''))
}

function draftOf(row: Stored, text: string, folded: FoldedChange | undefined): Draft {
  return {
    type: row.type,
    id: row.id,
    method: 'PUT',
    expect: row.v,
    text,
    custodian: row.acc.o,
    standing: row,
    ...(folded ? { alsoPatients: folded.folded.persons } : {}),
  }
}

const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

/** One for all that is about the same persons: what is of several persons must not stand in one that some of them may read. */
function provenancesOf({ secret, now }: RetranslateDeps, job: RetranslationJob, rows: readonly Stored[]): Draft[] {
  const groups = Map.groupBy(rows, ({ acc }) => JSON.stringify([acc.o, [...acc.p].sort()]))
  return [...groups.values()].map((group) => {
    const [first] = group as [Stored, ...Stored[]]
    const id = keyedId(secret, 'retranslation', job._id, nameOf(first), String(first.v))
    const [proposer = '', confirmer = ''] = job.people
    const agent = (code: string, who: string) => ({
      type: { coding: [{ system: PARTICIPANT, code }] },
      who: { reference: who },
      ...(job.organization === '' ? {} : { onBehalfOf: { reference: `Organization/${job.organization}` } }),
    })
    const resource = {
      resourceType: 'Provenance',
      id,
      meta: { profile: [structureDefinition('cn-provenance')], source: `${BASE}/code-mapping/${job.source}` },
      target: group.map(({ type, id: target }) => ({ reference: `${type}/${target}` })),
      recorded: now().toISOString(),
      activity: { coding: [{ system: codeSystem('cn-provenance-activity'), code: 'map' }] },
      agent: [agent('author', proposer), agent('verifier', confirmer)],
      entity: [{ role: 'source', what: { reference: job.conceptMap } }],
    }
    return {
      type: 'Provenance',
      id,
      method: 'PUT',
      expect: 'any',
      text: JSON.stringify(resource),
      custodian: first.acc.o,
      alsoPatients: first.acc.p,
      unchangedIsFine: true,
    }
  })
}

/** Once more through all where something came untranslated meanwhile; a job that could not write all says so. */
async function endPass({ tables, writer, now }: RetranslateDeps, job: RetranslationJob): Promise<RetranslationJob | undefined> {
  const { pass } = job.cursor
  if (pass + 1 < MAPPING_BOUNDS.passesMax) {
    const cursor = { type: 0, pass: pass + 1, id: '' }
    const row = { _id: job.mapping, state: 'mapped', stale: true }
    const side: SideWrite[] = [
      { table: INGEST.unmapped, op: 'update', where: row, set: { stale: false }, mustMatch: true },
      { table: TABLES.jobs, op: 'update', where: { _id: job._id, ...ACCEPTED }, set: { cursor }, mustMatch: true },
    ]
    if ((await writer.write([], { side })).ok) return tables.jobs.get(job._id)
  }
  const ended = now()
  const expires = new Date(ended.getTime() + MAPPING_BOUNDS.jobKeptMs)
  const status = job.failed > 0 ? 'failed' : 'completed'
  return tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { status, ended, expires } })
}
