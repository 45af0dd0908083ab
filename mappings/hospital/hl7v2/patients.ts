/**
 * Messages that are about several patients (HL7 v2.5.1: ORU_R01 repeats PATIENT_RESULT, ADT_A39 its PATIENT group). A record is about one: what
 * stands behind the second PID must never become the first one's.
 */
import type { Hl7Record } from '../../parsers/hl7v2.ts'

const REPEATING = new Set(['ORU^R01', 'ADT^A40'])

/** The message as one record for each of its patients, each with the segments ahead of them all. */
export function byPatient(hl7: Hl7Record): Hl7Record[] {
  const starts = hl7.segments.flatMap(({ name }, at) => (name === 'PID' ? [at] : []))
  if (!REPEATING.has(hl7.type) || starts.length < 2) return [hl7]
  const head = hl7.segments.slice(0, starts[0])
  return starts.map((start, at) => ({
    ...hl7,
    segments: [...head, ...hl7.segments.slice(start, starts[at + 1])],
    ...(at > 0 && { patient: at + 1 }),
  }))
}
