/** The access module's entry: one decision point for every way to patients' data (design.md section 4). */
export type { Access, AccessRequest, AuditBasis, DecisionOptions, Prepared, StampInput, Stamped, WriteIntent, WriteVerdict } from './types.ts'
