/** Sums of weights, in bits, from which on something is done. */
export interface Thresholds {
  /** from here on two records are linked */
  link: number
  /** from here on a clerk is asked */
  review: number
}
