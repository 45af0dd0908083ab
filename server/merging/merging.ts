/**
 * Joins two Patients to one person by an operator's word, and parts them again ($merge, $unmerge; docs/decisions/0015). What stood
 * before is kept in the table `merges`.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { systemDecision } from '../access/decision.ts'
import type { Regroup } from '../access/regrouping.ts'
import type { Access } from '../access/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import { INGEST_BOUNDS } from '../ingest/bounds.ts'
import {
  apart,
  type MergedGroup,
  mastersOf,
  mergedGroup,
  movedOf,
  type Place,
  placesOf,
  recordWrites,
  together,
} from '../ingest/link/merged.ts'
import { regroupJob } from '../ingest/link/move-job.ts'
import { ensureRecord } from '../ingest/link/written-patient.ts'
import { type IngestTables, type MergeDoc, type MergedLinks, TABLES } from '../ingest/tables.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Search } from '../search/types.ts'
import type { SideWrite, Store, Stored } from '../store/types.ts'
import { isReplaced, isSameText, numbersOf, replacedText, replacingText } from './texts.ts'
import type { MergePlan, Merging } from './types.ts'

export interface MergingDeps {
  store: Store
  access: Access
  search: Search
  tables: IngestTables
  /** of the ids that the link step makes */
  secret: Uint8Array
  now(): Date
  log(event: string, facts: object): void
}

const MERGING = systemDecision('merging')
/** how long an answer waits for what follows, so that who asks next mostly finds it done */
const FOLLOW_MS = 5_000
/** Patients with the same identifiers that are looked at: one is who is meant, the others are masters and what was replaced */
const NAMED_MAX = 100

export function createMerging(deps: MergingDeps): Merging {
  const running = new Set<Promise<void>>()
  return {
    join: (source, target, dry) => planJoin(deps, source, target, dry),
    part: (source, target) => planPart(deps, source, target),
    named: (identifiers) => named(deps, identifiers),
    current: (id) => deps.store.read(MERGING, 'Patient', id),
    async follow({ regroup, job }) {
      const work = follow(deps, regroup, job)
      running.add(work)
      void work.finally(() => running.delete(work))
      await Promise.race([work, setTimeout(FOLLOW_MS, undefined, { ref: false })])
    },
    async stop() {
      await Promise.all(running)
    },
  }
}

/** What is not done here is done by whoever finds the job. */
async function follow(deps: MergingDeps, regroup: Regroup, job: string): Promise<void> {
  try {
    await deps.access.regrouped(regroup)
    await deps.store.table(MERGING, TABLES.jobs).delete({ _id: job })
  } catch (error) {
    deps.log('merge not followed yet', { name: error instanceof Error ? error.name : 'unknown' })
  }
}

/** Masters and what was replaced are not who is meant. */
async function named(
  { search, store, tables }: MergingDeps,
  identifiers: readonly { system?: string; value: string }[],
): Promise<string[]> {
  const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
  const query = identifiers.map(({ system, value }): [string, string] => [
    'identifier',
    `${system === undefined ? '' : `${escaped(system)}|`}${escaped(value)}`,
  ])
  const { plan } = search.parse('Patient', query, { strict: true, countDefault: NAMED_MAX, countMax: NAMED_MAX })
  const { rows } = await store.search(MERGING, { type: 'Patient', plan, sort: [], count: NAMED_MAX, total: 'none' })
  const masters = new Set((await tables.identities.find({ master: { $in: rows.map(({ id }) => id) } })).map(({ master }) => master))
  return rows.filter((row) => !masters.has(row.id) && !isReplaced(resourceOf(row))).map(({ id }) => id)
}

const resourceOf = ({ body }: Stored): FhirResource => JSON.parse(Buffer.from(body).toString()) as FhirResource
const textOf = ({ body }: Stored): string => Buffer.from(body).toString()

/** @throws OutcomeError merge-unknown */
async function standing({ store }: MergingDeps, id: string, expression: string): Promise<Stored> {
  const doc = await store.read(MERGING, 'Patient', id)
  if (!doc || doc.deleted) throw new OutcomeError('merge-unknown', { expression: [expression] })
  return doc
}

async function planJoin(deps: MergingDeps, sourceId: string, targetId: string, dry: boolean): Promise<MergePlan> {
  if (sourceId === targetId) throw new OutcomeError('merge-same', { expression: ['target-patient'] })
  const source = await standing(deps, sourceId, 'source-patient')
  const target = await standing(deps, targetId, 'target-patient')
  await requireRecords(deps, source, target)
  if (!dry) for (const { id, acc } of [source, target]) await ensureRecord(deps, deps.tables, id, acc.o)
  const [ofSource, ofTarget] = [await mergedGroup(deps.tables, sourceId), await mergedGroup(deps.tables, targetId)]
  if (ofSource.members.has(targetId)) throw new OutcomeError('merge-replaced', { expression: ['source-patient'] })
  await requireOnePerson(deps, source, target, ofSource, ofTarget)
  const now = deps.now()
  const [before, places] = [new Map([...placesOf(ofSource), ...placesOf(ofTarget)]), new Map<string, Place>()]
  const consents = { source: await consentsOf(deps, before, sourceId), target: await consentsOf(deps, before, targetId) }
  const row: MergeDoc = {
    _id: randomUUID(),
    at: now,
    source: sourceId,
    target: targetId,
    patients: [sourceId, targetId],
    before: { source: source.v, target: target.v },
    after: { source: source.v + 1, target: target.v + 1 },
    consents,
  }
  const group = together(ofSource, ofTarget, row)
  for (const [patient, place] of placesOf(group)) places.set(patient, place)
  const regroup: Regroup = { kind: 'join', moved: movedOf(before, places) }
  const texts = { source: replacedText(textOf(source), targetId), target: replacingText(textOf(target), sourceId) }
  const links = new Map<string, MergedLinks>([
    [sourceId, { ...linksIn(ofSource, sourceId), replacedBy: targetId }],
    [targetId, { ...linksIn(ofTarget, targetId), replaces: [...linksIn(ofTarget, targetId).replaces, sourceId] }],
  ])
  const side: SideWrite[] = [{ table: TABLES.merges, op: 'insert', doc: row }, ...recordWrites(group, links)]
  return withJob({ source, target, regroup, texts, side }, row._id, now)
}

const linksIn = ({ records }: MergedGroup, patient: string): MergedLinks =>
  records.get(patient)?.merged ?? { replacedBy: null, replaces: [] }

const consentsOf = (deps: MergingDeps, places: ReadonlyMap<string, Place>, patient: string): Promise<string> =>
  deps.access.consentsOf(places.get(patient)?.person ?? patient)

function withJob(plan: Omit<MergePlan, 'job'>, id: string, now: Date): MergePlan {
  const job = regroupJob(`${id}|${plan.regroup.kind}`, plan.regroup.moved, now)
  return { ...plan, side: [...plan.side, job.write], job: job.doc._id }
}

/** @throws OutcomeError merge-master, merge-replaced, merge-inactive */
async function requireRecords({ tables }: MergingDeps, source: Stored, target: Stored): Promise<void> {
  const [from, to] = [resourceOf(source), resourceOf(target)]
  for (const master of await tables.identities.find({ master: { $in: [source.id, target.id] } }))
    throw new OutcomeError('merge-master', { expression: [master.master === source.id ? 'source-patient' : 'target-patient'] })
  if (isReplaced(from)) throw new OutcomeError('merge-replaced', { expression: ['source-patient'] })
  if (isReplaced(to)) throw new OutcomeError('merge-replaced', { expression: ['target-patient'] })
  if (to.active === false) throw new OutcomeError('merge-inactive', { expression: ['target-patient'] })
}

/** @throws OutcomeError merge-numbers, merge-conflict, merge-too-many */
async function requireOnePerson(deps: MergingDeps, source: Stored, target: Stored, a: MergedGroup, b: MergedGroup): Promise<void> {
  const max = INGEST_BOUNDS.mergedMax
  if (a.members.size + b.members.size > max) throw new OutcomeError('merge-too-many', { params: { max } })
  const records = [...a.records.values(), ...b.records.values()]
  const keys = [...new Set(records.flatMap(({ number }) => number?.value ?? []))]
  const said = [source, target].map((doc) => numbersOf(resourceOf(doc), (a.records.get(doc.id) ?? b.records.get(doc.id))?.newborn))
  const [mine = [], theirs = []] = said
  const differ = mine.length > 0 && theirs.length > 0 && !mine.some((number) => theirs.includes(number))
  if (keys.length > 1 || differ || new Set([...mastersOf(a), ...mastersOf(b)]).size > 1) throw new OutcomeError('merge-numbers')
  const patients = records.map(({ _id }) => _id)
  const open = { state: 'open', $or: [{ _id: { $in: keys } }, { 'refused.patient': { $in: patients } }] }
  if ((await deps.tables.conflicts.count(open)) > 0) throw new OutcomeError('merge-conflict')
}

async function planPart(deps: MergingDeps, sourceId: string, targetId: string | undefined): Promise<MergePlan> {
  const row = (await deps.tables.merges.find({ source: sourceId })).find(({ likeness }) => !likeness)
  if (!row || (targetId !== undefined && row.target !== targetId)) throw new OutcomeError('merge-none')
  const source = await standing(deps, row.source, 'source-patient')
  const target = await standing(deps, row.target, 'target-patient')
  const group = await mergedGroup(deps.tables, sourceId)
  const isLater = (other: MergeDoc) => other.at > row.at && other.patients.some((patient) => row.patients.includes(patient))
  if (group.merges.some(isLater)) throw new OutcomeError('merge-order')
  const texts = { source: await textBefore(deps, row, source, 'source'), target: await textBefore(deps, row, target, 'target') }
  const sides = apart(group, row)
  const after = new Map([...placesOf(sides.target), ...placesOf(sides.source)])
  // What went into a member stands with it, on whichever side that is.
  const moved = movedOf(placesOf(group), after)
  const goes = moved.some(({ patient }) => sides.source.members.has(patient))
  const { consents } = row
  const stood = goes ? { moving: consents.source, staying: consents.target } : { moving: consents.target, staying: consents.source }
  const links = new Map<string, MergedLinks | null>([
    [row.source, kept({ ...linksIn(group, row.source), replacedBy: null })],
    [row.target, kept({ ...linksIn(group, row.target), replaces: linksIn(group, row.target).replaces.filter((id) => id !== row.source) })],
  ])
  const side: SideWrite[] = [
    { table: TABLES.merges, op: 'update', where: { _id: row._id }, set: { at: row.at }, mustMatch: true },
    { table: TABLES.merges, op: 'delete', where: { _id: row._id } },
    ...recordWrites(group, links),
  ]
  return withJob({ source, target, regroup: { kind: 'part', moved, stood }, texts, side }, row._id, deps.now())
}

const kept = (links: MergedLinks): MergedLinks | null => (links.replacedBy === null && links.replaces.length === 0 ? null : links)

/** @throws OutcomeError merge-changed where it is not as the merge left it */
async function textBefore({ store }: MergingDeps, row: MergeDoc, doc: Stored, role: 'source' | 'target'): Promise<string> {
  const [before, after] = await Promise.all([
    store.readVersion(MERGING, 'Patient', doc.id, row.before[role]),
    store.readVersion(MERGING, 'Patient', doc.id, row.after[role]),
  ])
  if (!before || !after || !isSameText(doc.id, textOf(doc), textOf(after)))
    throw new OutcomeError('merge-changed', { expression: [`${role}-patient`] })
  return textOf(before)
}
