/** Whom no consent moves: rules that come before all consents decide about them (rules/table.ts). */
import type { Snapshot } from './overlay-reader.ts'
import type { OverlayEntry } from './decision.ts'
import type { Standing, Stood } from './standing.ts'

/** A patient about himself, a guardian about a minor (rules/family.ts: subject-access, adolescent-sensitive, guardian-access). */
function isUnmoved(party: string, { relation }: Standing): boolean {
  if (party === 'patient') return relation.self === true
  return party === 'guardian' && (relation.ward === 'child' || relation.ward === 'adolescent')
}

/**
 * The overlay as it is for this asker. Documents of those whom no consent moves are not hidden while a consent is applied: what he
 * gave a moment ago a patient must be able to take back. Records that go from one person to another stay hidden from everybody.
 */
export function overlayFor({ asker, standings }: Pick<Stood, 'asker' | 'standings'>, snapshot: Snapshot): readonly OverlayEntry[] {
  if (snapshot.overlay.length === 0) return snapshot.overlay
  const unmoved = new Set(standings.filter((one) => isUnmoved(asker.party, one)).flatMap(({ persons }) => [...(persons ?? [])]))
  if (unmoved.size === 0) return snapshot.overlay
  return snapshot.overlay.filter(({ person, epoch }) => epoch < 0 || !unmoved.has(person) || snapshot.regrouped.has(person))
}
