/** Persons that an operator joins or parts: what is asked of access (regroup.ts). */

/** A patient that belongs to another person, or to another part of it (parts.ts), from now on. */
export interface Moved {
  patient: string
  from: string
  to: string
  /** the person that it would be if nobody had joined it to others; `to` when that is its person */
  part: string
}

/** Persons that an operator joins, or parts again. */
export interface Regroup {
  kind: 'join' | 'part'
  moved: readonly Moved[]
  /** of a parting: consents as they stood when they were joined (`Access.consentsOf`) */
  stood?: { moving: string; staying: string }
}
