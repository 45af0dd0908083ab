/** Reversals of settlements whose numbers are given twice. */
import type { Stamp, Statement } from './types.ts'
import { keptWhenWithdrawn } from './withdrawn.ts'

const SETTLEMENT = 'ExplanationOfBenefit'

/**
 * Whether it takes back what the same source said of another person under the number, and not its own: two provinces may give one number
 * to two settlements, and a reversal names whose it is (2208, 2305). Only what stood after all that was said of its own person is kept from
 * it, so that what was corrected does not come back. A report is another matter: it may be withdrawn under another number of its patient.
 */
export function isOfAnother(type: string, said: Statement, all: readonly Statement[], same: (patient: string) => string): boolean {
  const { patient, source, state, verdict } = said
  if (type !== SETTLEMENT || !state.withdrawn || !patient) return false
  // A verdict is said of what its person's own statements say.
  const isOwn = (other: Statement): boolean => other === said || (other.verdict === undefined && other.patient?.id === patient.id)
  const stood = (verdict === undefined ? [said] : all.filter(isOwn)).map(lastStanding).sort().at(-1) ?? ''
  return all.some(
    (other) =>
      other.patient !== undefined &&
      other.source === source &&
      !other.state.withdrawn &&
      same(other.patient.id) !== same(patient.id) &&
      other.state.at > stood,
  )
}

/** When something was last said that a withdrawal does not say; the empty text: never. */
const lastStanding = ({ units }: Statement): Stamp =>
  Object.entries(units).reduce((last, [name, { at }]) => (isOfWithdrawal(name) || at < last ? last : at), '')

const isOfWithdrawal = (name: string): boolean => name === 'meta.source' || keptWhenWithdrawn(SETTLEMENT, name)
