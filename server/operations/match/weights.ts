/**
 * What each agreement and contradiction is worth in Patient/$match, in hundredths of the score. A name with a birth date and a
 * sex is shared by strangers in a country of this size: alone it is never more than possible.
 */
export const WEIGHTS = {
  /** resident identity numbers that are valid; two that differ are two persons */
  identityNumber: { same: 60, different: Number.NEGATIVE_INFINITY },
  /** any other identifier, with its system */
  identifier: { same: 30 },
  /** as written (traditional and simplified, width, spaces aside), by its sound, most characters in common */
  name: { same: 20, sound: 14, near: 6, different: -20 },
  /** `near`: day and month exchanged, or one of the three differs; `partial`: one says less and nothing else */
  birthDate: { same: 20, partial: 10, near: 6, different: -20 },
  gender: { same: 4, different: -10 },
  telecom: { same: 12 },
  /** `near`: the same town and district, or one is a part of the other */
  address: { same: 8, near: 4 },
} as const

export type Grade = 'certain' | 'probable' | 'possible'

/** The lowest score of each grade; below the last nothing is told. */
export const GRADES: readonly [Grade, number][] = [
  ['certain', 0.8],
  ['probable', 0.5],
  ['possible', 0.3],
]
