/** Why a transaction of several units had to be given up; never leaves the store. */
export class Conflict extends Error {
  /** `stale`, `duplicate`: another writer was faster; `side`: a side write failed; `refused`: the database refused a write */
  readonly kind: 'stale' | 'duplicate' | 'side' | 'refused'
  readonly code: number | undefined
  /** for `side`: unit in the group and position in its list, where it is known */
  readonly where: { unit: number; at: number } | undefined

  constructor(kind: Conflict['kind'], code?: number, where?: { unit: number; at: number }) {
    super(kind)
    this.kind = kind
    this.code = code
    this.where = where
  }
}
