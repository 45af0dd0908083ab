/** Links by likeness as people meet them: the questions, the decisions, the graph and its history. */
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../auth/actor.ts'
import { linkLikely, type Obstacle, type Pair } from '../ingest/likely/join.ts'
import { partLikely } from '../ingest/likely/part.ts'
import { eventWrite, taskId, taskWrite } from '../ingest/likely/table-writes.ts'
import { personsOf } from '../ingest/likely/weigh.ts'
import { INGEST_BOUNDS } from '../ingest/bounds.ts'
import type { IngestTables, LinkTaskDoc, MergeDoc, PatientRecordDoc } from '../ingest/tables.ts'
import type { IngestDeps } from '../ingest/types.ts'
import { compareParted, organizationOf } from '../ingest/likely/compare-record.ts'
import { mergedGroup } from '../ingest/link/merged.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { AuditRecord, Store } from '../store/types.ts'
import { LINKING_BOUNDS } from './bounds.ts'
import { type Graph, graphOf, historyOf } from './graph.ts'
import { deciderOf, isOperator, requireRole, visible } from './people.ts'
import { type ListAsked, type Page, queuePage, seenOf, type TaskSeen } from './queue.ts'

export interface LinkingDeps {
  store: Store
  access: Pick<Access, 'withDecision' | 'auditAcc'>
  audit: Audit
  ingest: IngestDeps
  tables: IngestTables
}

export type Sent = Readonly<Record<string, unknown>>

export interface Linking {
  list(actor: Actor, asked: ListAsked): Promise<Page>
  link(actor: Actor, sent: Sent): Promise<void>
  keepApart(actor: Actor, sent: Sent): Promise<void>
  part(actor: Actor, sent: Sent): Promise<void>
  graph(actor: Actor, patient: string): Promise<Graph>
  history(actor: Actor, patient: string): Promise<NonNullable<Awaited<ReturnType<typeof historyOf>>>['events']>
}

type Act = 'work-list' | 'link' | 'keep-apart' | 'part' | 'graph' | 'history'

export function createLinking(deps: LinkingDeps): Linking {
  const { tables } = deps
  const seeing = (actor: Actor) => (records: readonly PatientRecordDoc[]) => visible(deps, actor, records)
  return {
    async list(actor, asked) {
      requireRole(actor, ['s', 'r'])
      const within = isOperator(actor) ? undefined : actor.organization
      const page = await queuePage({ tables, see: seeing(actor) }, within, asked)
      await looked(
        deps,
        actor,
        'work-list',
        page.rows.flatMap(({ patients }) => [...patients.keys()]),
      )
      return page
    },
    link: (actor, sent) =>
      decide(deps, actor, sent, async (by, comment) => {
        const { task } = await visibleTask(deps, actor, sent)
        if (task.state !== 'open' && task.state !== 'apart') throw new OutcomeError('linking-settled')
        const side = [taskWrite(task, { ...task, state: 'linked' })]
        const { score, levels } = task
        const audit = await accounts(deps, actor, 'link', task.patients)
        const linking = await linkLikely(deps.ingest, tables, task.patients as unknown as Pair, {
          by,
          comment,
          score,
          levels,
          side,
          actor,
          audit,
        })
        if (linking === 'linked' || linking === 'met') return linking === 'linked'
        throw refusedFor(linking)
      }),
    keepApart: (actor, sent) =>
      decide(deps, actor, sent, async (by, comment) => {
        const { task } = await visibleTask(deps, actor, sent)
        if (task.state !== 'open') throw new OutcomeError('linking-settled')
        const { score, levels, patients } = task
        const event = { at: deps.ingest.now(), patients, act: 'keep-apart' as const, by, comment, score, levels }
        const side = [taskWrite(task, { ...task, state: 'apart' }), eventWrite(event)]
        const audit = await accounts(deps, actor, 'keep-apart', patients)
        return (await deps.ingest.writer.write([], { side, audit, actor })).ok
      }),
    part: (actor, sent) =>
      decide(deps, actor, sent, async (by, comment) => {
        const row = await visibleLink(deps, actor, sent)
        const audit = await accounts(deps, actor, 'part', row.patients)
        const side = [await keptApart(deps, row)]
        const { members } = await mergedGroup(tables, row.source)
        const parting = await partLikely(deps.ingest, tables, row._id, { by, comment, side, actor, audit })
        if (parting === 'none') throw new OutcomeError('linking-link-unknown')
        if (parting === 'held') throw new OutcomeError('linking-merged')
        if (parting !== 'parted') return false
        await compareParted(deps.ingest, tables, [...members])
        return true
      }),
    async graph(actor, patient) {
      requireRole(actor, ['s', 'r'])
      const found = await graphOf({ tables, see: seeing(actor) }, patient, isOperator(actor))
      if (!found) throw new OutcomeError('linking-patient-unknown')
      const { seen, ...graph } = found
      await looked(
        deps,
        actor,
        'graph',
        graph.records.map((record) => record.patient).filter((one) => seen.has(one)),
      )
      return graph
    },
    async history(actor, patient) {
      requireRole(actor, ['s', 'r'])
      const found = await historyOf({ tables, see: seeing(actor) }, patient)
      if (!found) throw new OutcomeError('linking-patient-unknown')
      await looked(deps, actor, 'history', [...new Set([patient, ...found.events.flatMap(({ patients }) => patients)])])
      return found.events
    },
  }
}

/** Text of a member. @throws OutcomeError parameter-missing, parameter-invalid */
function textIn(sent: Sent, name: string, max: number): string {
  const value = sent[name]
  if (value === undefined || value === null) throw paramError('parameter-missing', name)
  if (typeof value !== 'string' || value.length > max) throw paramError('parameter-invalid', name)
  if (value.trim() === '') throw paramError('parameter-missing', name)
  return value.trim()
}

const NAME_CHARACTERS_MAX = 200

/** One step of one person on what stands; made again where somebody else was faster. `step` answers whether it was done. */
async function decide(
  deps: LinkingDeps,
  actor: Actor,
  sent: Sent,
  step: (by: Awaited<ReturnType<typeof deciderOf>>, comment: string) => Promise<boolean>,
): Promise<void> {
  requireRole(actor, ['r', 'u'])
  const by = await deciderOf(deps.store, actor)
  const comment = textIn(sent, 'comment', LINKING_BOUNDS.commentCharactersMax)
  for (let attempt = 0; attempt < LINKING_BOUNDS.decisionAttemptsMax; attempt++) if (await step(by, comment)) return
  throw new OutcomeError('busy')
}

/** @throws OutcomeError linking-task-unknown, whether it is not there or not for the asker */
async function visibleTask(deps: LinkingDeps, actor: Actor, sent: Sent): Promise<TaskSeen> {
  const task = await deps.tables.tasks.get(textIn(sent, 'id', NAME_CHARACTERS_MAX))
  const mayBe = task && (isOperator(actor) || task.within === actor.organization) && task.state !== 'settled'
  const see = (records: readonly PatientRecordDoc[]) => visible(deps, actor, records)
  const [seen] = mayBe ? await seenOf({ tables: deps.tables, see }, [task]) : []
  if (!seen) throw new OutcomeError('linking-task-unknown')
  return seen
}

/** @throws OutcomeError linking-link-unknown, as above */
async function visibleLink(deps: LinkingDeps, actor: Actor, sent: Sent): Promise<MergeDoc> {
  const row = await deps.tables.merges.get(textIn(sent, 'link', NAME_CHARACTERS_MAX))
  const seen = row?.likeness ? await visible(deps, actor, await deps.tables.records.getMany(row.patients)) : new Map()
  if (!row?.patients.every((patient) => seen.has(patient))) throw new OutcomeError('linking-link-unknown')
  return row
}

/** Who undoes a link says that these are two: it is not made again. */
async function keptApart({ tables, ingest }: LinkingDeps, { patients }: MergeDoc): Promise<ReturnType<typeof taskWrite>> {
  const [a = '', b = ''] = [...patients].sort()
  const known = await tables.tasks.get(taskId(a, b))
  if (known) return taskWrite(known, { ...known, state: 'apart' })
  const events = await tables.linkEvents.find({ patients: a, act: 'link' }, { sort: { at: -1 }, limit: LINKING_BOUNDS.eventsMax })
  const { score = 0, levels = {} } = events.find((event) => event.patients.includes(b)) ?? {}
  const records = new Map((await tables.records.getMany([a, b])).map(({ _id, domain }) => [_id, organizationOf(domain)]))
  const organizations = [records.get(a) ?? '', records.get(b) ?? '']
  const task: Omit<LinkTaskDoc, 'rev'> = {
    _id: taskId(a, b),
    patients: [a, b],
    organizations,
    within: organizations[0] === organizations[1] ? (organizations[0] ?? '') : '',
    at: ingest.now(),
    score,
    levels,
    doubt: 'between',
    state: 'apart',
  }
  return taskWrite(undefined, task)
}

function refusedFor(obstacle: Obstacle): OutcomeError {
  if (obstacle === 'numbers') return new OutcomeError('merge-numbers')
  if (obstacle === 'conflict') return new OutcomeError('merge-conflict')
  if (obstacle === 'too-many') return new OutcomeError('merge-too-many', { params: { max: INGEST_BOUNDS.mergedMax } })
  return new OutcomeError('linking-settled')
}

/** Each look stands in the account of each person of whom it told something. @throws OutcomeError unavailable */
async function looked(deps: LinkingDeps, actor: Actor, act: Act, patients: readonly string[]): Promise<void> {
  if (actor.unrestricted) return
  const records = await entriesOf(deps, actor, act, 'R', patients)
  await deps.audit.append(records)
}

const accounts = async (deps: LinkingDeps, actor: Actor, act: Act, patients: readonly string[]): Promise<() => AuditRecord[]> => {
  const records = actor.unrestricted ? [] : await entriesOf(deps, actor, act, 'U', patients)
  return () => records
}

/** One for each person, which names its own records alone; of nobody one that says that it was asked. */
async function entriesOf(
  deps: LinkingDeps,
  actor: Actor,
  reason: Act,
  action: 'R' | 'U',
  patients: readonly string[],
): Promise<AuditRecord[]> {
  const persons = await personsOf(deps.tables, patients)
  const byPerson = Map.groupBy(new Set(patients), (patient) => persons.get(patient) ?? patient)
  const entry = (told: string[], resources: string[]) =>
    deps.audit.record({
      interaction: 'linking',
      action,
      outcome: '0',
      actor,
      reason,
      type: 'Patient',
      ...(told.length > 0 ? { patients: told, resources } : { count: 0 }),
      acc: deps.access.auditAcc(told, actor.organization),
    })
  const each = [...byPerson].map(([person, own]) =>
    entry(
      [person],
      own.map((id) => `Patient/${id}`),
    ),
  )
  return each.length > 0 ? each : [entry([], [])]
}
