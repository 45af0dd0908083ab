/** The mapping of codes as the rest of the server sees it: the work list, decisions, and the jobs that follow them. */
import { randomUUID } from 'node:crypto'
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../auth/actor.ts'
import type { CodingChange } from '../ingest/codings.ts'
import { type IngestTables, TABLES as INGEST, type UnmappedDoc } from '../ingest/tables.ts'
import type { IngestSource, PayloadDoc } from '../ingest/types.ts'
import { createLoop } from '../jobs/loop.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Store } from '../store/types.ts'
import type { Search } from '../search/types.ts'
import { createLibrary, type KeptSystems, NOTHING_STORED } from '../terminology-service/library.ts'
import type { Shipped } from '../terminology-service/shipped.ts'
import type { TerminologyTables } from '../terminology-service/tables.ts'
import type { Writer } from '../writer/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { type Asked, confirm, type DecisionDeps, propose, reject, visibleRow } from './decisions.ts'
import { commentIn, meaningIn, type Sent, textIn } from './meaning.ts'
import { isOwnSource, isVisible, sourcesFor, visibleRows } from './people.ts'
import { runRetranslation } from './retranslate.ts'
import { jobOf } from './retranslation-job.ts'
import { type Suggestion, suggest } from './suggestions.ts'
import {
  type Act,
  appliedTarget,
  type CodeMappingDoc,
  ensureMappingTables,
  type EventDoc,
  mappingTables,
  type RetranslationJob,
  TABLES,
} from './tables.ts'
import { type ListAsked, type ListPage, workList } from './work-list.ts'

export interface CodeMappingDeps {
  store: Store
  search: Pick<Search, 'codingKeys' | 'indexedAs'>
  writer: Writer
  audit: Audit
  access: Pick<Access, 'auditAcc'>
  ingest: IngestTables
  /** maps a payload anew from its bytes */
  replay(payload: string): Promise<PayloadDoc>
  /** of keyed ids */
  secret: Uint8Array
  sources: readonly IngestSource[]
  shared: boolean
  sharedMin: number
  definitions: Shipped
  /** large code systems that were loaded */
  kept: KeptSystems
  tables(): TerminologyTables
  now(): Date
  log(event: string, facts: object): void
}

/** A job, and whether it is of a source of the asker's own. */
export interface JobSeen {
  job: RetranslationJob
  isOwn: boolean
}

/** A code on the list, and what is decided of it. */
export interface Listed {
  row: UnmappedDoc
  mapping?: CodeMappingDoc
}

export interface CodeMapping {
  list(actor: Actor, asked: ListAsked): Promise<Omit<ListPage, 'rows'> & { rows: Listed[] }>
  /** @throws OutcomeError mapping-code-unknown: there is none, or it is of a source that is not the asker's */
  one(actor: Actor, id: string): Promise<Listed & { suggestions: Suggestion[]; events: EventDoc[]; jobs: JobSeen[] }>
  propose(actor: Actor, sent: Sent): Promise<CodeMappingDoc>
  withdraw(actor: Actor, sent: Sent): Promise<CodeMappingDoc>
  confirm(actor: Actor, sent: Sent): Promise<CodeMappingDoc>
  reject(actor: Actor, sent: Sent): Promise<CodeMappingDoc>
  /** newest first; of one code, or of all that the asker sees */
  jobs(actor: Actor, id?: string): Promise<JobSeen[]>
  start(): void
  stop(): Promise<void>
}

export async function createCodeMapping(deps: CodeMappingDeps): Promise<CodeMapping> {
  const { store, search, writer, audit, access, ingest, now, sources, shared, sharedMin } = deps
  const tables = mappingTables(store)
  await ensureMappingTables(tables)
  // What is loaded changes: each question looks anew.
  const library = () => createLibrary(deps.definitions, NOTHING_STORED, deps.kept)
  const suggesting = { unmapped: ingest.unmapped, mappings: tables.mappings, library, tables: deps.tables }
  const entryOf = (actor: Actor, reason: string) => ({
    outcome: '0' as const,
    actor,
    reason,
    type: 'ConceptMap',
    acc: access.auditAcc([], actor.organization),
  })
  const deciding: DecisionDeps = {
    store,
    writer,
    tables,
    unmapped: ingest.unmapped,
    sources,
    shared,
    sharedMin,
    now,
    record: (actor: Actor, act: Act, conceptMap: string) =>
      audit.record({ ...entryOf(actor, act), interaction: 'code-mapping', action: 'U', resources: [conceptMap] }),
  }
  const looked = async (actor: Actor, count: number, source?: string): Promise<void> => {
    if (actor.unrestricted) return
    const query = source === undefined ? [] : [['source', source] as const]
    await audit.append([audit.record({ ...entryOf(actor, 'work-list'), interaction: 'code-mapping', action: 'R', count, query })])
  }
  const retranslating = { store, search, writer, tables, ingest, replay: deps.replay, secret: deps.secret, now }
  const worker = createLoop<RetranslationJob>({
    leaseMs: MAPPING_BOUNDS.leaseMs,
    heartbeatMs: MAPPING_BOUNDS.heartbeatMs,
    pollMs: MAPPING_BOUNDS.pollMs,
    pageMax: MAPPING_BOUNDS.jobsAtOnce,
    now,
    log: deps.log,
    kindAt: () => ({
      name: 'retranslation',
      table: tables.jobs,
      due: { status: 'accepted' },
      sort: { started: 1 },
      work: (job, alive) => runRetranslation(retranslating, job, alive),
    }),
  })
  const jobsOf = (mapping: string) => tables.jobs.find({ mapping }, { sort: { started: -1 }, limit: MAPPING_BOUNDS.jobsShown })
  /** Of others' codes it is told how a job stands, and no number. */
  const jobsSeenBy = (actor: Actor, jobs: readonly RetranslationJob[]): JobSeen[] =>
    jobs.map((job) => ({ job, isOwn: sources.some((source) => source.id === job.source && isOwnSource(actor, source)) }))
  const asked = (sent: Sent): Asked => {
    const [proposal, comment] = [textIn(sent, 'proposal'), commentIn(sent)]
    return { id: idIn(sent), ...(proposal ? { proposal } : {}), ...(comment ? { comment } : {}) }
  }
  let timer: NodeJS.Timeout | undefined
  return {
    async list(actor, wanted) {
      const { rows, ...page } = await workList(ingest.unmapped, visibleRows(deciding, actor), wanted)
      const mappings = new Map((await tables.mappings.getMany(rows.map(({ _id }) => _id))).map((doc) => [doc._id, doc]))
      await looked(actor, rows.length, wanted.source)
      return { ...page, rows: rows.map((row) => listed(row, mappings.get(row._id))) }
    },
    async one(actor, id) {
      const row = await visibleRow(deciding, actor, 'r', id)
      const [mapping, suggestions, events, jobs] = await Promise.all([
        tables.mappings.get(id),
        suggest(suggesting, row),
        tables.events.find({ mapping: id }, { sort: { at: -1 }, limit: MAPPING_BOUNDS.eventsMax }),
        jobsOf(id),
      ])
      await looked(actor, 1, row.source)
      return { ...listed(row, mapping), suggestions, events, jobs: jobsSeenBy(actor, jobs) }
    },
    async propose(actor, sent) {
      const meaning = await meaningIn(suggesting, sent, await visibleRow(deciding, actor, 'u', idIn(sent)))
      return propose(deciding, actor, { ...asked(sent), meaning })
    },
    withdraw: async (actor, sent) => propose(deciding, actor, asked(sent)),
    async confirm(actor, sent) {
      const decided = await confirm(deciding, actor, asked(sent))
      worker.wake()
      return decided
    },
    reject: async (actor, sent) => reject(deciding, actor, asked(sent)),
    async jobs(actor, id) {
      if (id !== undefined) {
        await visibleRow(deciding, actor, 'r', id)
        return jobsSeenBy(actor, await jobsOf(id))
      }
      const own = sourcesFor(deciding, actor, 's').map(({ id }) => id)
      const jobs = await tables.jobs.find({ source: { $in: own } }, { sort: { started: -1 }, limit: MAPPING_BOUNDS.jobsShown })
      const rows = new Map((await ingest.unmapped.getMany(jobs.map(({ mapping }) => mapping))).map((row) => [row._id, row]))
      return jobsSeenBy(actor, jobs).filter(({ job, isOwn }) => {
        const row = rows.get(job.mapping)
        return isOwn || (row !== undefined && isVisible(deciding, actor, 's', row))
      })
    },
    start() {
      worker.start()
      timer = setInterval(() => void followUp(deciding, deps).catch(() => undefined), MAPPING_BOUNDS.followUpMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await worker.stop()
    },
  }
}

const listed = (row: UnmappedDoc, mapping: CodeMappingDoc | undefined): Listed => ({ row, ...(mapping ? { mapping } : {}) })

/** @throws OutcomeError mapping-code-unknown: no id is as an unknown one */
function idIn(sent: Sent): string {
  const { id } = sent
  if (typeof id !== 'string' || id === '') throw new OutcomeError('mapping-code-unknown')
  return id
}

/** Codes that came untranslated although they are mapped: whoever stored them began before it was decided. */
async function followUp(deciding: DecisionDeps, { ingest, store, writer, now }: CodeMappingDeps): Promise<void> {
  const { tables } = deciding
  const rows = await ingest.unmapped.find({ state: 'mapped', stale: true }, { limit: MAPPING_BOUNDS.jobsAtOnce })
  for (const { _id } of rows) {
    const [mapping, [last, open]] = await Promise.all([
      tables.mappings.get(_id),
      tables.jobs.find({ mapping: _id }, { sort: { started: -1 }, limit: 2 }),
    ])
    const target = appliedTarget(mapping?.current?.meaning)
    // A job that is under way looks for these itself.
    if (!mapping?.current || !last || last.status === 'accepted' || open?.status === 'accepted') continue
    const { system, code, former, current } = mapping
    const change: CodingChange = { source: { system, code }, former, ...(target ? { target } : {}) }
    const people = [current.proposed.user, current.confirmed.user]
    const job = { ...(await jobOf({ store, now }, mapping, { change, people, conceptMap: last.conceptMap })), _id: randomUUID() }
    await writer.write([], {
      side: [
        { table: INGEST.unmapped, op: 'update', where: { _id, state: 'mapped', stale: true }, set: { stale: false }, mustMatch: true },
        { table: TABLES.jobs, op: 'insert', doc: job },
      ],
    })
  }
}
