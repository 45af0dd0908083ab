/**
 * Mapping with four eyes: one proposes what a source's code means, another one confirms or rejects it. A confirmation commits the
 * decision, the source's ConceptMap, the step of the history, the job that translates what is stored, and the account, as one.
 */
import { randomUUID } from 'node:crypto'
import type { Actor } from '../auth/actor.ts'
import type { CodeName } from '../ingest/codings.ts'
import { DECISIONS } from '../ingest/confirmed-codes.ts'
import { TABLES as INGEST, type UnmappedDoc } from '../ingest/tables.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { AuditRecord, SideWrite, Store, Table } from '../store/types.ts'
import type { Draft, Writer } from '../writer/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { conceptMapDraft, conceptMapId } from './concept-map.ts'
import { isSamePerson, isVisible, type PeopleDeps, personOf } from './people.ts'
import { jobOf } from './retranslation-job.ts'
import {
  type Act,
  appliedTarget,
  type CodeMappingDoc,
  type EventDoc,
  MAPPING,
  type MappingTables,
  type Meaning,
  type Person,
  type Proposal,
  TABLES,
} from './tables.ts'

export interface DecisionDeps extends PeopleDeps {
  store: Store
  writer: Writer
  tables: MappingTables
  unmapped: Table<UnmappedDoc>
  /** the account of one decision, committed with it */
  record(actor: Actor, act: Act, conceptMap: string): AuditRecord
}

export interface Asked {
  id: string
  /** of the proposal that was looked at */
  proposal?: string
  meaning?: Meaning
  comment?: string
}

/** What follows of a step, beside its entry in the history. */
interface Step {
  mapping: Pick<CodeMappingDoc, 'current' | 'pending' | 'applies' | 'former'>
  event: Pick<EventDoc, 'act' | 'proposal' | 'meaning' | 'comment'>
  drafts?: Draft[]
  side?: SideWrite[]
  /** the row no longer says that something came untranslated */
  settled?: true
}

/** @throws OutcomeError forbidden, mapping-code-unknown, mapping-user-missing, mapping-proposal-open, mapping-nothing */
export function propose(deps: DecisionDeps, actor: Actor, asked: Asked): Promise<CodeMappingDoc> {
  return decide(deps, actor, asked, async (known, by) => {
    if (known.pending) throw new OutcomeError('mapping-proposal-open')
    if (!asked.meaning && !known.current) throw new OutcomeError('mapping-nothing')
    const said = { ...(asked.meaning ? { meaning: asked.meaning } : {}), ...(asked.comment ? { comment: asked.comment } : {}) }
    const pending: Proposal = { id: randomUUID(), by, ...said }
    const act = asked.meaning ? 'propose' : 'propose-withdrawal'
    return { mapping: { ...known, pending }, event: { act, proposal: pending.id, ...said } }
  })
}

/** By whoever proposed it too: to take back is not to decide. @throws OutcomeError as `confirm` does */
export function reject(deps: DecisionDeps, actor: Actor, asked: Asked): Promise<CodeMappingDoc> {
  return decide(deps, actor, asked, async (known) => {
    const pending = pendingOf(known, asked)
    const comment = asked.comment ? { comment: asked.comment } : {}
    return { mapping: { ...known, pending: null }, event: { act: 'reject', proposal: pending.id, ...comment } }
  })
}

/** @throws OutcomeError forbidden, mapping-code-unknown, mapping-user-missing, mapping-proposal-none, mapping-same-person */
export function confirm(deps: DecisionDeps, actor: Actor, asked: Asked): Promise<CodeMappingDoc> {
  return decide(deps, actor, asked, async (known, by) => {
    const pending = pendingOf(known, asked)
    if (await isSamePerson(deps, pending.by, by)) throw new OutcomeError('mapping-same-person')
    const { meaning } = pending
    const [before, after] = [appliedTarget(known.current?.meaning), appliedTarget(meaning)]
    const former = withFormer(known.former, before)
    const mapping = {
      current: meaning ? { meaning, proposed: pending.by, confirmed: by } : null,
      pending: null,
      applies: after ? JSON.stringify(after) : null,
      former,
    }
    const comment = asked.comment ? { comment: asked.comment } : {}
    const event = { act: 'confirm', proposal: pending.id, ...(meaning ? { meaning } : {}), ...comment } as const
    const { draft, version } = await sourceMap(deps, known, meaning)
    const side: SideWrite[] = [{ table: TABLES.decisions, op: 'update', where: { _id: DECISIONS }, inc: { n: 1 }, upsert: true }]
    if (before || after) {
      const people = [pending.by.user, by.user]
      const change = { source: { system: known.system, code: known.code }, former, ...(after ? { target: after } : {}) }
      side.push(...(await jobWrites(deps, known, { change, people, conceptMap: `ConceptMap/${draft.id}/_history/${version}` })))
    }
    return { mapping, event, drafts: [draft], side, settled: true }
  })
}

function pendingOf({ pending }: CodeMappingDoc, { proposal }: Asked): Proposal {
  if (!pending || pending.id !== proposal) throw new OutcomeError('mapping-proposal-none')
  return pending
}

const withFormer = (former: readonly CodeName[], target: CodeName | undefined): CodeName[] => {
  const known = target && former.some(({ system, code }) => system === target.system && code === target.code)
  return target && !known ? [...former, { system: target.system, code: target.code }] : [...former]
}

async function sourceMap(
  deps: DecisionDeps,
  known: CodeMappingDoc,
  meaning: Meaning | undefined,
): Promise<{ draft: Draft; version: number }> {
  const { tables, store, now } = deps
  const id = conceptMapId(known.source)
  // The version first: what is decided behind it makes the write fail, and is then read.
  const [current] = await store.readMany(MAPPING, 'ConceptMap', [id])
  const rows = await tables.mappings.find({ source: known.source, current: { $ne: null } })
  const others = rows.filter(({ _id }) => _id !== known._id)
  const decided = others.flatMap(({ system, code, current: one }) => (one ? [{ system, code, meaning: one.meaning }] : []))
  if (meaning) decided.push({ system: known.system, code: known.code, meaning })
  const source = { id: known.source, organization: known.organization }
  return { draft: conceptMapDraft(source, decided, current, now()), version: (current?.v ?? 0) + 1 }
}

/** The new job, and the end of those that it takes the place of: none of them writes behind it. */
async function jobWrites(deps: DecisionDeps, known: CodeMappingDoc, facts: Parameters<typeof jobOf>[2]): Promise<SideWrite[]> {
  const open = await deps.tables.jobs.find({ mapping: known._id, status: 'accepted' })
  const ended = deps.now()
  const expires = new Date(ended.getTime() + MAPPING_BOUNDS.jobKeptMs)
  const endings = open.map(({ _id }): SideWrite => {
    return { table: TABLES.jobs, op: 'update', where: { _id, status: 'accepted' }, set: { status: 'superseded', ended, expires } }
  })
  return [...endings, { table: TABLES.jobs, op: 'insert', doc: await jobOf(deps, known, facts) }]
}

/** @throws OutcomeError forbidden, whatever there is; mapping-code-unknown, whether it is not there or not for the asker */
export async function visibleRow(
  deps: Pick<DecisionDeps, 'unmapped' | keyof PeopleDeps>,
  actor: Actor,
  permission: 'r' | 'u',
  id: string,
): Promise<UnmappedDoc> {
  const row = await deps.unmapped.get(id)
  const isThere = isVisible(deps, actor, permission, row ?? { source: '', count: 0 })
  if (!row || !isThere) throw new OutcomeError('mapping-code-unknown')
  return row
}

/** One step of one person on what stands; made again where somebody else was faster. */
async function decide(
  deps: DecisionDeps,
  actor: Actor,
  { id }: Asked,
  step: (known: CodeMappingDoc, by: Person) => Promise<Step>,
): Promise<CodeMappingDoc> {
  const row = await visibleRow(deps, actor, 'u', id)
  const source = deps.sources.find((one) => one.id === row.source)
  if (!source) throw new OutcomeError('mapping-code-unknown')
  const by = await personOf(deps, actor)
  for (let attempt = 0; attempt < MAPPING_BOUNDS.decisionAttemptsMax; attempt++) {
    const stored = await deps.tables.mappings.get(id)
    const known = stored ?? freshOf(row, source.organization)
    const done = await step(known, by)
    const next: CodeMappingDoc = { ...known, ...done.mapping, rev: known.rev + 1 }
    const audit = () => (actor.unrestricted ? [] : [deps.record(actor, done.event.act, `ConceptMap/${conceptMapId(known.source)}`)])
    const result = await deps.writer.write(done.drafts ?? [], { side: sideOf(stored, next, done, by), audit })
    if (result.ok) return next
  }
  throw new OutcomeError('busy')
}

function freshOf({ _id, source, map, system, code }: UnmappedDoc, organization: string): CodeMappingDoc {
  return { _id, source, organization, map, system, code, rev: 0, current: null, pending: null, applies: null, former: [] }
}

function sideOf(stored: CodeMappingDoc | undefined, next: CodeMappingDoc, { event, side = [], settled }: Step, by: Person): SideWrite[] {
  const { _id, rev, current, pending, applies, former } = next
  const set = { rev, current, pending, applies, former }
  const entry: EventDoc = { _id: randomUUID(), mapping: _id, at: by.at, by, ...event }
  const state = pending ? 'proposed' : current ? 'mapped' : 'open'
  return [
    stored
      ? { table: TABLES.mappings, op: 'update', where: { _id, rev: stored.rev }, set, mustMatch: true }
      : { table: TABLES.mappings, op: 'insert', doc: next },
    { table: INGEST.unmapped, op: 'update', where: { _id }, set: { state, ...(settled ? { stale: false } : {}) } },
    { table: TABLES.events, op: 'insert', doc: entry },
    ...side,
  ]
}
