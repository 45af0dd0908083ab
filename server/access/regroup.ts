/**
 * Persons that an operator joins, or parts again (docs/decisions/0015): what is committed with it, and what follows. Until all is
 * labelled anew nobody sees more of either than before, or than after.
 */
import type { FhirResource } from '../fhir/types.ts'
import type { Restamp, SideWrite, Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { birthDateOf, type ConsentEffect, consentEffect, type NextState, stateWrites } from './consent-change.ts'
import { relabelPersons, relabelRelations } from './overlay-worker.ts'
import type { MayGoOn } from './may-go-on.ts'
import { newestOfEach, refusing } from './parting.ts'
import { partsOf } from './parts.ts'
import { type RelabelDeps, relabelDocuments } from './relabel.ts'
import { scanResource } from './scan.ts'
import { personsOf, statesOf } from './stamp.ts'
import { type KeptConsent, LABELLING, type OverlayDoc, parseConsents, type PersonDoc, TABLES } from './tables.ts'
import type { Moved, Regroup } from './regrouping.ts'
import type { StampInput } from './types.ts'

const personsOfAll = ({ moved }: Regroup): string[] => [...new Set(moved.flatMap(({ from, to }) => [from, to]))]

/** Where each patient stands from now on, as rows of the table of linked patients. */
export const linksIn = ({ moved }: Regroup): Map<string, { person: string; part?: string }> =>
  new Map(moved.map(({ patient, to, part }) => [patient, { person: to, ...(part === to ? {} : { part }) }]))

/** What is committed with it. Where nobody moves (one number links them already) it is as any write. @throws OutcomeError busy */
export async function regroupEffect(deps: RelabelDeps, regroup: Regroup, inputs: readonly StampInput[]): Promise<ConsentEffect> {
  if (regroup.moved.length === 0) return consentEffect(deps, inputs, undefined)
  const persons = personsOfAll(regroup)
  const before = await deps.tables.persons.find({ person: { $in: persons } })
  const after = rowsAfter(before, regroup)
  const next = await nextStates(deps, regroup, after, inputs)
  const { side, changed } = await stateWrites(deps, next)
  const since = deps.now()
  const entry = (_id: string, epoch: number, person: string): OverlayDoc => ({ _id, epoch, person, since, done: null, regrouped: true })
  const heir = (person: string): string =>
    regroup.kind === 'join' ? (regroup.moved.find(({ from }) => from === person)?.to ?? person) : person
  const entries = [
    ...changed.map(({ state: { _id, epoch } }) => entry(_id, epoch, heir(_id))),
    ...after.filter(({ _id }) => !persons.includes(_id)).map(({ _id, person }) => entry(_id, -1, person)),
  ]
  const isOpen = await needNotBeHidden(deps, regroup, next, entries)
  const room = isOpen ? 0 : entries.length
  await deps.room.take(room)
  const rows = [...linksIn(regroup)].map(([_id, link]): SideWrite => {
    if (link.person === _id) return { table: TABLES.persons, op: 'delete', where: { _id } }
    return { table: TABLES.persons, op: 'put', doc: { _id, ...link } }
  })
  const relations = regroup.kind === 'part' ? await relationWrites(deps, regroup, before) : []
  const table = isOpen ? TABLES.grants : TABLES.overlay
  const noted = entries.map((doc): SideWrite => ({ table, op: 'put', doc }))
  return { side: [...rows, ...side, ...relations, ...noted], changed, room }
}

/**
 * Where nobody of those that are joined ever said anything, a document is decided about in the same way before and after, whichever of them it
 * stands under: until it is relabelled it shows to whom it showed. Most links are such ones, and when a hospital's records come in for the first
 * time there are more of them than the overlay holds. A consent that comes meanwhile hides what still stands under a record (entryWrites); one
 * that came before has an entry that goes by epochs, which it must not be left with.
 */
async function needNotBeHidden(
  deps: RelabelDeps,
  { kind }: Regroup,
  next: readonly NextState[],
  entries: readonly OverlayDoc[],
): Promise<boolean> {
  const isSilent = next.every(({ before, consents }) => consents.length === 0 && (before?.rules ?? '[]') === '[]')
  if (kind !== 'join' || !isSilent) return false
  const ids = [...new Set([...entries.map(({ _id }) => _id), ...next.map(({ person }) => person)])]
  return (await deps.tables.overlay.count({ _id: { $in: ids } })) === 0
}

function rowsAfter(before: readonly PersonDoc[], regroup: Regroup): PersonDoc[] {
  const rows = new Map(before.map((row) => [row._id, row]))
  for (const [_id, link] of linksIn(regroup)) {
    if (link.person === _id) rows.delete(_id)
    else rows.set(_id, { _id, ...link })
  }
  return [...rows.values()]
}

async function nextStates(
  deps: RelabelDeps,
  regroup: Regroup,
  after: readonly PersonDoc[],
  inputs: readonly StampInput[],
): Promise<NextState[]> {
  const persons = personsOfAll(regroup)
  const states = await statesOf(deps, persons)
  const kept = new Map(persons.map((person) => [person, parseConsents(states.get(person))]))
  const divided = regroup.kind === 'join' ? joined(kept, regroup) : parted(kept, regroup, deps.now().getTime())
  return Promise.all(
    persons.map(async (person): Promise<NextState> => {
      const written = inputs.find(({ type, id }) => type === 'Patient' && id === person)?.resource?.birthDate
      const known = states.get(person)?.birthDate ?? (await birthDateOf(deps, person)) ?? null
      const birthDate = typeof written === 'string' ? written : known
      const parts =
        partsOf(
          person,
          after.filter((row) => row.person === person),
        ) ?? 'one'
      return { person, before: states.get(person), consents: divided.get(person) ?? [], birthDate, parts, anew: true }
    }),
  )
}

type Kept = ReadonlyMap<string, readonly KeptConsent[]>

function joined(kept: Kept, { moved }: Regroup): Kept {
  const next = new Map(kept)
  for (const { from, to } of moved) {
    if (from === to) continue
    next.set(to, newestOfEach([...(next.get(to) ?? []), ...(next.get(from) ?? [])]))
    next.set(from, [])
  }
  return next
}

/**
 * Each part goes with what it had, as that stands now. What was refused since they were joined was said of both, and holds for
 * both; and what either held as a copy (docs/decisions/0007) it has again.
 */
function parted(kept: Kept, { moved, stood }: Regroup, now: number): Kept {
  const next = new Map(kept)
  const [move] = moved
  if (!move || move.from === move.to) return next
  const all = kept.get(move.from) ?? []
  const [going, staying] = [parseKept(stood?.moving), parseKept(stood?.staying)]
  const leaves = new Set(moved.map(({ patient }) => patient))
  const known = new Set([...going, ...staying].map(({ id, v }) => `${id}/${v}`))
  const goes = all.filter(({ patient }) => leaves.has(patient))
  const stays = all.filter(({ patient }) => !leaves.has(patient))
  const isNew = ({ id, v }: KeptConsent) => !known.has(`${id}/${v}`)
  const copies = (own: readonly KeptConsent[], had: readonly KeptConsent[]): KeptConsent[] =>
    had.filter(({ id }) => !own.some((one) => one.id === id))
  const newest = (of: readonly KeptConsent[]) => [...refusing(of, now)].filter(isNew)
  const foreign = (had: readonly KeptConsent[], isOwn: (consent: KeptConsent) => boolean) => had.filter((consent) => !isOwn(consent))
  next.set(
    move.to,
    newestOfEach([
      ...goes,
      ...copies(
        goes,
        foreign(going, ({ patient }) => leaves.has(patient)),
      ),
      ...newest(stays),
    ]),
  )
  // A copy that only the other one had goes with it alone.
  const onlyGoing = ({ id }: KeptConsent) => going.some((one) => one.id === id) && !staying.some((one) => one.id === id)
  next.set(move.from, newestOfEach([...stays.filter((consent) => !onlyGoing(consent)), ...newest(goes)]))
  return next
}

const parseKept = (text: string | undefined): KeptConsent[] => (text === undefined ? [] : (JSON.parse(text) as KeptConsent[]))

/** Who treated one of them only treats that one alone from the very moment on. */
async function relationWrites(deps: RelabelDeps, regroup: Regroup, before: readonly PersonDoc[]): Promise<SideWrite[]> {
  const links = linksIn(regroup)
  const standing = new Map(before.map(({ _id, person }) => [_id, person]))
  const rows = await deps.tables.relations.find({ patients: { $in: [...links.keys()] } })
  return rows.map(({ _id, patients }): SideWrite => {
    const persons = [...new Set(patients.map((id) => links.get(id)?.person ?? standing.get(id) ?? id))].sort()
    return { table: TABLES.relations, op: 'update', where: { _id }, set: { persons } }
  })
}

/**
 * After the commit: documents, treating relations, the account of uses. Idempotent. Relations of persons that were joined come
 * last, so that who treats one of them meets the other's documents under the labels of both.
 */
export async function regrouped(deps: RelabelDeps, regroup: Pick<Regroup, 'moved'>, mayGoOn?: MayGoOn): Promise<boolean> {
  const moves = regroup.moved.filter(({ from, to }) => from !== to)
  if (moves.length === 0) return true
  const persons = [...new Set(moves.flatMap(({ from, to }) => [from, to]))]
  const until = deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  const isWhole = await relabelPersons(deps, persons, mayGoOn ?? (() => deps.now().getTime() <= until))
  // Who gave a bound goes on another time; without one, relations and the account follow whatever was left to the overlay's worker.
  if (!isWhole && mayGoOn) return false
  await relabelRelations(deps, [...new Set([...persons, ...moves.map(({ patient }) => patient)])])
  // They may have moved on since: the account goes to whom each is now, whichever of two jobs comes first.
  const standing = await personsOf(
    deps,
    moves.map(({ patient }) => patient),
  )
  for (const { patient, from } of moves) {
    const to = standing.get(patient) ?? patient
    if (to !== from) await deps.store.audit.adopt(LABELLING, { patient, from, to })
  }
  return isWhole
}

/**
 * Before two are parted: what does not say itself whose it is (deleted, withdrawn) goes to him of whom an earlier version was,
 * and so does the account; nobody stands for that key yet, so it is seen by none until all is done. A failed parting is
 * mended by `regrouped`.
 */
export async function beforeParting(deps: RelabelDeps, regroup: Regroup): Promise<void> {
  const moves = regroup.moved.filter(({ from, to }) => from !== to)
  const [move] = moves
  if (!move) return
  for (const { patient, from, to } of moves) await deps.store.audit.adopt(LABELLING, { patient, from, to })
  const scope = { persons: [move.from] }
  const { current, superseded } = await deps.store.typesOfPersons(LABELLING, scope)
  const leaves = new Set(moves.map(({ patient }) => patient))
  for (const type of current)
    for await (const rows of deps.store.ofPersons(LABELLING, type, scope)) await give(deps, type, rows, leaves, move, false)
  for (const type of superseded)
    for await (const rows of deps.store.historyOfPersons(LABELLING, type, scope)) await give(deps, type, rows, leaves, move, true)
}

const VERSIONS_MAX = 20

async function give(
  deps: RelabelDeps,
  type: string,
  rows: readonly Stored[],
  leaves: ReadonlySet<string>,
  { from, to }: Moved,
  superseded: boolean,
): Promise<void> {
  const changes: Restamp[] = []
  for (const row of rows) {
    if (namesOf(deps, row).length > 0) continue
    const versions = await deps.store.history(LABELLING, type, row.id, { count: VERSIONS_MAX })
    const named = versions.map((version) => namesOf(deps, version)).find((names) => names.length > 0) ?? []
    if (!named.some((id) => leaves.has(id))) continue
    const stays = named.some((id) => !leaves.has(id))
    const p = [...new Set(row.acc.p.flatMap((person) => (person === from ? (stays ? [from, to] : [to]) : [person])))].sort()
    changes.push({ id: row.id, v: row.v, acc: { ...row.acc, p, e: [] }, stood: row.acc.e, ...(superseded ? { superseded } : {}) })
  }
  if (changes.length > 0) await deps.store.restamp(LABELLING, type, changes)
}

function namesOf(deps: RelabelDeps, { type, id, body, deleted }: Stored): string[] {
  if (deleted || body.length === 0) return []
  if (type === 'Patient') return [id]
  return scanResource(JSON.parse(Buffer.from(body).toString()) as FhirResource, deps).patients
}

/** Used where a parting that was begun did not come about. */
export const afterFailedParting = (deps: RelabelDeps, { moved }: Regroup): Promise<void> =>
  undone(
    deps,
    moved.map((one) => ({ ...one, from: one.to, to: one.from })),
  )

async function undone(deps: RelabelDeps, moved: readonly Moved[]): Promise<void> {
  for (const { patient, from, to } of moved) await deps.store.audit.adopt(LABELLING, { patient, from, to })
  const until = deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  await relabelDocuments(deps, { persons: [...new Set(moved.map(({ from }) => from))] }, () => deps.now().getTime() <= until)
}
