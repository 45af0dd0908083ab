/** A patient record that is another person's from now on (linked to a master, or parted from one). */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { birthDateOf, effectOf, type NextState } from './consent-change.ts'
import type { MayGoOn } from './may-go-on.ts'
import { dividedConsents, newestOfEach } from './parting.ts'
import { type Parts, partsOf } from './parts.ts'
import { relabelPersons, relabelRelations } from './overlay-worker.ts'
import { type RelabelDeps, relabelDocuments } from './relabel.ts'
import { statesOf } from './stamp.ts'
import { LABELLING, type OverlayDoc, parseConsents, parseRules, type StateDoc, TABLES } from './tables.ts'

const RELINK_ATTEMPTS_MAX = 10

/**
 * Idempotent. Consents of the record move with it; when it parts from a master, what either refused holds for both. Where either person has rules, its documents are hidden until they are
 * relabelled: that stands before any document is looked at.
 * @returns false: it had to stop, or others relabelled the same documents; running it again goes on with what is left
 * @throws OutcomeError busy when other writers keep changing the same consents
 */
export async function relink(
  deps: RelabelDeps,
  patient: string,
  from: string,
  to: string,
  mayGoOn: MayGoOn = forAWhile(deps),
): Promise<boolean> {
  const standing = await deps.tables.persons.get(patient)
  // What stands already may say more: of which part it is.
  if (to === patient) await deps.tables.persons.delete({ _id: patient })
  else if (standing?.person !== to) await deps.tables.persons.put({ _id: patient, person: to })
  await moveConsents(deps, patient, from, to)
  await relabelRelations(deps, [from, patient])
  if (!(await relabelDocuments(deps, { persons: [...new Set([from, patient])].filter((key) => key !== to) }, mayGoOn))) return false
  await deps.store.audit.adopt(LABELLING, { patient, from, to })
  // Most links are of persons without consents: then nothing else is to be done. What is left of the others is the overlay worker's.
  if ((await deps.tables.overlay.count({ person: { $in: [from, to] } })) > 0) await relabelPersons(deps, [from, to], mayGoOn)
  return true
}

function forAWhile({ now }: Pick<RelabelDeps, 'now'>): MayGoOn {
  const until = now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  return () => now().getTime() <= until
}

async function moveConsents(deps: RelabelDeps, patient: string, from: string, to: string): Promise<void> {
  for (let attempt = 0; attempt < RELINK_ATTEMPTS_MAX; attempt++) {
    const { side, room } = await moveWrites(deps, patient, from, to)
    if (side.length === 0) return
    const result = await deps.store.commit({ writes: [], side })
    deps.room.give(room)
    if (result.ok) return
  }
  throw new OutcomeError('busy')
}

async function moveWrites(deps: RelabelDeps, patient: string, from: string, to: string): Promise<{ side: SideWrite[]; room: number }> {
  const states = await statesOf(deps, [from, to])
  const [source, target] = [states.get(from), states.get(to)]
  const { staying, moving } = dividedConsents(parseConsents(source), { patient, from, now: deps.now().getTime() })
  const next: NextState[] = []
  const parts = await partsNow(deps, [from, to])
  const isDivided = (person: string, state: StateDoc | undefined) =>
    state !== undefined && (parts.get(person) !== 'one' || state.parted === true)
  if (from !== to && (moving.length > 0 || isDivided(from, source) || isDivided(to, target))) {
    const birthDate = target?.birthDate ?? (await birthDateOf(deps, to)) ?? source?.birthDate ?? null
    const both = newestOfEach([...parseConsents(target), ...moving])
    if (moving.length > 0 || source)
      next.push({ person: from, before: source, consents: staying, birthDate: source?.birthDate ?? null, parts: parts.get(from) ?? 'one' })
    if (moving.length > 0 || target) next.push({ person: to, before: target, consents: both, birthDate, parts: parts.get(to) ?? 'one' })
  }
  const { side, changed, room } = await effectOf(deps, next)
  // Documents that still stand under the record itself are not covered by the stamp of the person to whom they belong now.
  const ruled = parseRules(target).length > 0 || moving.length > 0
  const isHidden = (await deps.tables.overlay.count({ _id: patient, person: to })) > 0
  const isEntered = changed.some(({ state, opens }) => state._id === to && !opens)
  if (ruled && to !== patient && !isHidden && !isEntered) {
    const doc: OverlayDoc = { _id: patient, epoch: -1, person: to, since: deps.now(), done: null }
    side.push({ table: TABLES.overlay, op: 'put', doc })
  }
  return { side, room }
}

/** Of which parts the persons are, as the links are now. */
async function partsNow(deps: RelabelDeps, persons: readonly string[]): Promise<Map<string, Parts | 'one'>> {
  const rows = await deps.tables.persons.find({ person: { $in: [...persons] }, part: { $exists: true } })
  const parted = [...new Set(rows.map(({ person }) => person))]
  const all = parted.length === 0 ? [] : await deps.tables.persons.find({ person: { $in: parted } })
  return new Map(
    persons.map((person) => [
      person,
      partsOf(
        person,
        all.filter((row) => row.person === person),
      ) ?? 'one',
    ]),
  )
}
