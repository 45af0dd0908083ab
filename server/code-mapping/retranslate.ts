/**
 * Translates anew what is stored with a source's coding, in the background: what carries it (finding.ts), type by type, from where
 * the last process left off. Each batch is one transaction of the new versions, what the sources said of them, their Provenance and
 * the job's place, so that a process that dies leaves a whole batch or nothing of it. A version is written over the one that was
 * read and no other: whoever wrote meanwhile is not overwritten, his version is read and translated. The job ends at once when
 * another decision takes its place, because its own row is written with each batch.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { localSystem } from '../fhir/canonical.ts'
import { changeCodings, type CodingChange } from '../ingest/codings.ts'
import { reviseCodings, statesCoding } from '../ingest/fold/revise-codings.ts'
import { knownOf, statementWrites } from '../ingest/fold/rows.ts'
import { foldStatements, type FoldedChange, saidIn } from '../ingest/fold/stored.ts'
import type { Statement } from '../ingest/fold/types.ts'
import { type IngestTables, TABLES as INGEST } from '../ingest/tables.ts'
import type { PayloadDoc } from '../ingest/types.ts'
import type { Search } from '../search/types.ts'
import type { SideWrite, Store, Stored } from '../store/types.ts'
import type { Draft, Writer } from '../writer/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { countCarrying, type Page, pageAt, translatedTypes } from './finding.ts'
import { provenancesOf } from './job-provenance.ts'
import { mapPayloadsAnew } from './payloads-anew.ts'
import { endJob } from './retranslation-job.ts'
import { MAPPING, type MappingTables, type RetranslationJob, TABLES } from './tables.ts'

export interface RetranslateDeps {
  store: Store
  search: Pick<Search, 'codingKeys' | 'indexedAs'>
  writer: Writer
  tables: MappingTables
  ingest: IngestTables
  /** maps a payload anew from its bytes */
  replay(payload: string): Promise<PayloadDoc>
  /** of keyed ids */
  secret: Uint8Array
  now(): Date
}

type Job = RetranslationJob

const ACCEPTED = { status: 'accepted' }

/** Works on a job until it has ended, or `alive` says that it is somebody else's. */
export async function runRetranslation(deps: RetranslateDeps, taken: Job, alive: () => boolean): Promise<void> {
  let job: Job | undefined = taken.expected === undefined ? await noteExpected(deps, taken) : taken
  while (job && job.status === 'accepted' && alive()) {
    const type: string | undefined = job.types[job.cursor.type]
    if (job.payloads) job = await mapPayloadsAnew(deps, job, alive)
    else job = type === undefined ? await endPass(deps, job) : await runType(deps, job, type, alive)
  }
}

async function noteExpected(deps: RetranslateDeps, job: Job): Promise<Job | undefined> {
  const expected = (await countCarrying(deps, job.types, (JSON.parse(job.change) as CodingChange).source)) ?? null
  return deps.tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { expected } })
}

/** undefined: the job is somebody else's, or not in force any more. */
async function runType(deps: RetranslateDeps, job: Job, type: string, alive: () => boolean): Promise<Job | undefined> {
  const { source } = JSON.parse(job.change) as CodingChange
  let current: Job | undefined = job
  for (let unnoted = 0; current && alive(); ) {
    const { step = 0, mark = null }: Job['cursor'] = current.cursor
    const page = await pageAt(deps, type, source, { step, mark })
    const place = placeBehind(current, page)
    const candidates = page.rows.filter(isCandidate(current))
    if (candidates.length > 0) {
      const began = performance.now()
      current = await runBatch(deps, current, type, candidates, place, alive)
      unnoted = 0
      if (page.next) await delay(Math.min(MAPPING_BOUNDS.restMaxMs, MAPPING_BOUNDS.restShare * (performance.now() - began)))
    } else if (!page.next || ++unnoted > MAPPING_BOUNDS.pagesUnnoted) {
      current = await deps.tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { ...place } })
      unnoted = 0
    } else current = { ...current, ...place }
    if (!page.next) return current
  }
  return undefined
}

/** What the row says of how far the job has come. */
type Progress = Pick<Job, 'cursor' | 'seen'>

function placeBehind({ cursor, seen }: Job, { rows, next }: Page): Progress {
  const place = next ?? { type: cursor.type + 1, step: 0, mark: null }
  // What a later pass looks at once more is not counted again.
  return { cursor: { ...cursor, ...place }, seen: cursor.pass === 0 ? seen + rows.length : seen }
}

function isCandidate(job: Job): (row: Stored) => boolean {
  const change = JSON.parse(job.change) as CodingChange
  return (row) => changeCodings(textOf(row), change) !== undefined
}

async function runBatch(
  deps: RetranslateDeps,
  job: Job,
  type: string,
  rows: readonly Stored[],
  place: Progress,
  alive: () => boolean,
): Promise<Job | undefined> {
  const ids = rows.map((row) => row.id)
  const isOn = async (): Promise<boolean> => alive() && (await deps.tables.jobs.get(job._id))?.status === 'accepted'
  const together = await inTurns(MAPPING_BOUNDS.batchAttemptsMax, isOn, async (count) =>
    writeAnew(deps, job, count === 0 ? rows : await standingOf(deps, type, ids), place),
  )
  if (typeof together === 'number') return { ...job, ...place, written: job.written + together }
  return together === 'ended' ? undefined : oneByOne(deps, job, type, ids, place, isOn)
}

/** Where one is written all the time, the others need not wait for it. */
async function oneByOne(
  deps: RetranslateDeps,
  job: Job,
  type: string,
  ids: readonly string[],
  place: Progress,
  isOn: () => Promise<boolean>,
): Promise<Job | undefined> {
  const failed: string[] = []
  for (const id of ids) {
    const done = await inTurns(MAPPING_BOUNDS.aloneAttemptsMax, isOn, async () =>
      writeAnew(deps, job, await standingOf(deps, type, [id]), undefined),
    )
    if (done === 'ended') return undefined
    if (done === 'overtaken') failed.push(`${type}/${id}`)
  }
  const named = [...new Set([...job.named, ...failed])].slice(0, MAPPING_BOUNDS.namedMax)
  return deps.tables.jobs.update({ _id: job._id, ...ACCEPTED }, { set: { ...place, named }, inc: { failed: failed.length } })
}

/** Until it answers a number; `overtaken` after so many attempts, `ended` where the job itself did not hold any more. */
async function inTurns(
  attemptsMax: number,
  isOn: () => Promise<boolean>,
  attempt: (count: number) => Promise<number | undefined>,
): Promise<number | 'overtaken' | 'ended'> {
  for (let count = 0; count < attemptsMax; count++) {
    const done = await attempt(count)
    if (done !== undefined) return done
    if (!(await isOn())) return 'ended'
    await delay(Math.random() * Math.min(MAPPING_BOUNDS.aloneDelayMaxMs, 4 * 2 ** count))
  }
  return 'overtaken'
}

const standingOf = async ({ store }: RetranslateDeps, type: string, ids: readonly string[]): Promise<Stored[]> =>
  (await store.readMany(MAPPING, type, ids)).filter((row) => !row.deleted)

/** One transaction over what was read; how many were written. undefined: somebody else was faster, or the job is not in force any more. */
async function writeAnew(
  deps: RetranslateDeps,
  job: Job,
  standing: readonly Stored[],
  place: Progress | undefined,
): Promise<number | undefined> {
  const change = JSON.parse(job.change) as CodingChange
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
  const statements = statementWrites(saidIn(changed.flatMap(({ row }) => folded.get(nameOf(row)) ?? [])))
  const own: SideWrite = {
    table: TABLES.jobs,
    op: 'update',
    where: { _id: job._id, ...ACCEPTED },
    set: place ? { ...place } : { touched: deps.now() },
    inc: { written: changed.length },
    mustMatch: true,
  }
  const { ok } = await deps.writer.write([...drafts, ...provenances], { side: [own, ...statements] })
  return ok ? changed.length : undefined
}

const textOf = (row: Stored): string => Buffer.from(row.body).toString('utf8')
const nameOf = ({ type, id }: Pick<Stored, 'type' | 'id'>): string => `${type}/${id}`

/** What the sources said of these resources, by name: undefined where no source said anything; and the same, said otherwise. */
async function statementsOf(
  { ingest }: RetranslateDeps,
  job: Job,
  change: CodingChange,
  standing: readonly Stored[],
): Promise<{ said: Map<string, readonly Statement[]>; folded: Map<string, FoldedChange> }> {
  const known = await knownOf(ingest, standing.map(nameOf))
  const said = new Map([...known].map(([name, { statements }]) => [name, statements]))
  const wanted = standing.flatMap(({ type, id }) => {
    if (!said.has(`${type}/${id}`)) return []
    return [{ type, id, revise: (one: Statement) => (one.source === job.source ? reviseCodings(type, one, change) : one) }]
  })
  if (wanted.length === 0) return { said, folded: new Map() }
  const { changes } = await foldStatements(ingest, wanted)
  return { said, folded: new Map(changes.map((one) => [nameOf(one.folded), one])) }
}

/** A system of the organisation's own means the same wherever it stands; a shared one what the source meant by it. */
function isOfSource({ source, organization }: Job, change: CodingChange, said: readonly Statement[] | undefined): boolean {
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

/**
 * Once more through all as long as a pass found something to write: a resource whose date somebody changed meanwhile has another place
 * in the order. And where something came untranslated. A job that could not write all says so.
 */
async function endPass(deps: RetranslateDeps, job: Job): Promise<Job | undefined> {
  const { tables, ingest, store, writer } = deps
  const { pass, before = 0 } = job.cursor
  const own = { _id: job._id, ...ACCEPTED }
  if (pass + 1 < MAPPING_BOUNDS.passesMax) {
    const cursor: Job['cursor'] = { type: 0, pass: pass + 1, step: 0, mark: null, before: job.written }
    const set = { cursor, types: await translatedTypes(store), failed: 0, named: [] }
    const stale = { _id: job.mapping, state: 'mapped', stale: true }
    const side: SideWrite[] = [
      { table: INGEST.unmapped, op: 'update', where: stale, set: { stale: false }, mustMatch: true },
      { table: TABLES.jobs, op: 'update', where: own, set, mustMatch: true },
    ]
    if ((await writer.write([], { side })).ok) return tables.jobs.get(job._id)
    if (job.written > before || job.failed > 0) return tables.jobs.update(own, { set })
  }
  const isAlone = (await ingest.unmapped.get(job.mapping))?.alone === true
  return isAlone && job.payloads === undefined
    ? tables.jobs.update(own, { set: { payloads: { after: '', since: null } } })
    : endJob(deps, job)
}
