/** Entries for persons whose rules change: hidden until they are relabelled, unless the change can only permit. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import type { ConsentRule, Provision } from './consent-model.ts'
import { type AccessTables, OF_PERSONS, type OverlayDoc, parseRules, type StateDoc, TABLES } from './tables.ts'

/** A person's new rules, to be committed with the entry. */
export interface RuleChange {
  state: StateDoc
  /** nothing that can be seen now is taken away: see `onlyPermits` */
  opens: boolean
}

/**
 * Can these rules, as the first that a person has, only make more visible? Then documents under their old labels (no rule
 * at all) show too little and never too much, and need not be hidden while they are relabelled.
 *
 * Why it holds: `decide` takes the first of RULES that applies. What asks for consents finds no deny (none of the rules
 * can speak one) and no meta choice, as without rules; so the only rules of the table that can come to apply are permits,
 * and a denial for want of a label, in place of another denial. `tests/access/decide-laws.test.ts` tries it on random rules.
 */
export const onlyPermits = (rules: readonly ConsentRule[]): boolean =>
  rules.every((rule) => rule.silent === true || (!rule.refusal && !rule.preferences && rule.root !== undefined && isPermit(rule.root)))

const isPermit = (provision: Provision): boolean => provision.effect === 'permit' && provision.nested.every(isPermit)

export const ruleChange = (before: StateDoc | undefined, state: StateDoc): RuleChange => ({
  state,
  opens: before === undefined && onlyPermits(parseRules(state)),
})

/** Room for entries in the overlay, as far as this process knows: what it is about to commit counts already. */
export interface OverlayRoom {
  /** @throws OutcomeError busy; bundle-entries when there would never be room */
  take(entries: number): Promise<void>
  /** they are committed, or never will be */
  give(entries: number): void
}

/** What was taken and never given back (its commit failed) is free again when a transaction cannot live any more. */
export function createOverlayRoom({ overlay }: Pick<AccessTables, 'overlay'>, now: () => Date): OverlayRoom {
  let taken: { entries: number; until: number }[] = []
  return {
    async take(entries) {
      if (entries === 0) return
      if (entries > ACCESS_BOUNDS.overlayMax) throw new OutcomeError('bundle-entries', { params: { max: ACCESS_BOUNDS.overlayMax } })
      const mine = { entries, until: now().getTime() + ACCESS_BOUNDS.overlayRoomMs }
      taken = taken.filter(({ until }) => until > now().getTime())
      const coming = taken.reduce((sum, one) => sum + one.entries, 0)
      taken.push(mine)
      if ((await overlay.count(OF_PERSONS)) + coming + entries <= ACCESS_BOUNDS.overlayMax) return
      taken = taken.filter((one) => one !== mine)
      throw new OutcomeError('busy', {}, { 'Retry-After': String(ACCESS_BOUNDS.overlayGraceMs / 1000) })
    },
    give(entries) {
      if (entries === 0) return
      const at = taken.findIndex((one) => one.entries === entries)
      if (at >= 0) taken.splice(at, 1)
    },
  }
}

export interface EntryDeps {
  tables: AccessTables
  room: OverlayRoom
  now(): Date
}

/**
 * Hides the documents of these persons that are not stamped with the new epoch, and all that still stand under a record of
 * theirs. What only opens is noted for relabelling alone.
 * @returns the writes, and how many of them take room in the overlay
 */
export async function entryWrites(deps: EntryDeps, changes: readonly RuleChange[]): Promise<{ side: SideWrite[]; room: number }> {
  const since = deps.now()
  const put = (table: string, _id: string, person: string, epoch: number): SideWrite => {
    const doc: OverlayDoc = { _id, epoch, person, since, done: null }
    return { table, op: 'put', doc }
  }
  const hidden = changes.filter(({ opens }) => !opens).map(({ state }) => state)
  const opened = changes.filter(({ opens }) => opens).map(({ state }) => state)
  const records = hidden.length === 0 ? [] : await deps.tables.persons.find({ person: { $in: hidden.map(({ _id }) => _id) } })
  const entries = [
    ...hidden.map(({ _id, epoch }) => put(TABLES.overlay, _id, _id, epoch)),
    ...records.filter(({ _id, person }) => _id !== person).map(({ _id, person }) => put(TABLES.overlay, _id, person, -1)),
  ]
  await deps.room.take(entries.length)
  return { side: [...entries, ...opened.map(({ _id, epoch }) => put(TABLES.grants, _id, _id, epoch))], room: entries.length }
}
