/** OBR-25 and OBX-11 (HL7 tables 0123 and 0085): how far a report or a result has come. */

export const REPORT_STATUS = {
  F: 'final',
  C: 'corrected',
  A: 'partial',
  R: 'preliminary',
  P: 'preliminary',
  I: 'registered',
  O: 'registered',
  S: 'registered',
  X: 'cancelled',
  D: 'entered-in-error',
  W: 'entered-in-error',
} as const

/** Withdrawn as D, W or X (formats.md B). */
export const isWithdrawn = (status: string | undefined): boolean => status === 'D' || status === 'W' || status === 'X'
