/** Resources on which an answer rests without showing them: what the links of a search (chains, `_has`) led to. */
import type { Met } from '../store/types.ts'

/**
 * A link that leads to more persons tells of none of them. More than one criterion can name (`OR_VALUES_MAX`), so that
 * nobody is hidden from his account of uses among others that were named beside him.
 */
const TOLD_PERSONS_MAX = 300

/** Of those, what an answer tells of: that something is found, or is not, says something about them. */
export function told(through: readonly Met[]): readonly Met[] {
  const about = through.filter(({ acc }) => acc.p.length > 0)
  return new Set(about.flatMap(({ acc }) => acc.p)).size > TOLD_PERSONS_MAX ? [] : about
}
