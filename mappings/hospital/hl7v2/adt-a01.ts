/** ADT messages about one visit or one patient: A01 admission and its relatives, which have the same segments. */
import { settled } from '../../engine/outcome.ts'
import type { RunOptions } from '../../engine/mapping.ts'
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { EXPLICIT_NULL, filled } from '../../engine/values/blank.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { runAllergies } from './allergy.ts'
import { DG1, diagnosis, diagnosisOfVisit } from './diagnosis.ts'
import { fieldsOf, locate, segmentOf, segmentsOf } from './fields.ts'
import { type Message, openMessage, runPatient, warning } from './message.ts'
import { runRelative } from './relative.ts'
import { bed, PV1, visit, type VisitRow } from './visit.ts'
import { table } from '../../engine/values/table.ts'

/**
 * Status that the event itself says; absent: the times say it (A08), `none`: the event is about no visit, `deleted`: there was none (HL7 v2.5.1, 3.3.23:
 * nothing is left of it, unlike a visit that was cancelled).
 */
const EVENTS: Record<string, VisitRow['status'] | 'none' | 'deleted'> = table({
  A01: 'in-progress',
  A02: 'in-progress',
  A03: 'finished',
  A04: 'in-progress',
  A05: 'planned',
  /** an outpatient is admitted, an inpatient goes on as an outpatient: the class of PV1-2 says which */
  A06: 'in-progress',
  A07: 'in-progress',
  A08: undefined,
  A11: 'cancelled',
  A12: 'in-progress',
  A13: 'in-progress',
  /** somebody is expected to come, and is no longer (A27) */
  A14: 'planned',
  A23: 'deleted',
  A27: 'cancelled',
  A28: 'none',
  A31: 'none',
  /** what A05 registered ahead is taken back */
  A38: 'cancelled',
})

/** Events that this mapping takes; A40 (merge) is in adt-a40.ts. */
export const ADT_EVENTS = Object.keys(EVENTS)

export function mapAdt(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  const status = EVENTS[recordType.slice(4)]
  const pv1 = segmentOf(hl7, 'PV1')
  if (status === 'deleted' && pv1) deleteVisit(message, pv1)
  else if (status !== 'none' && status !== 'deleted' && pv1)
    runVisit(message, pv1, { status, isDischargeCancelled: recordType === 'ADT^A13' })
  for (const nk1 of segmentsOf(hl7, 'NK1')) runRelative(message, nk1, context)
  runAllergies(message)
  // Of a deletion without its visit the patient alone would be left, as if it had been done.
  return settled(message.record.finish(), context, status !== 'deleted')
}

/** The visit alone is named: what else the message repeats of it is not said anew. */
function deleteVisit({ record, hl7, sentAt, visitNo }: Message, pv1: Segment): void {
  if (visitNo === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: 'PV1-19' })
  else
    record.run(visit, { ...fieldsOf(pv1, PV1), diagnoses: [] }, { statedAt: sentAt, offer: false, at: locate(hl7, pv1), withdrawn: true })
}

interface VisitEvent {
  status: VisitRow['status']
  isDischargeCancelled: boolean
}

function runVisit(message: Message, pv1: Segment, event: VisitEvent): void {
  const { record, hl7, sentAt, visitNo } = message
  const scope = record.context.source.organization
  const visitField = visitNo === undefined ? {} : { 'PV1-19.1': visitNo }
  const dg1s = segmentsOf(hl7, 'DG1')
  const diagnoses = dg1s
    .map((dg1) => diagnosisOfVisit(filledFields({ ...fieldsOf(dg1, DG1), ...visitField }), scope))
    .filter((one) => one !== undefined)
  const { status, isDischargeCancelled } = event
  const row: VisitRow = { ...fieldsOf(pv1, PV1), ...(status && { status }), diagnoses }
  if (isDischargeCancelled) for (const field of DISCHARGE) delete row[field]
  const options = { statedAt: sentAt, offer: false as const, at: locate(hl7, pv1) }
  if (visitNo === undefined) {
    // PV1 without a number is common in A28 and from registration desks; a visit cannot be told apart without one.
    if (filled(row['PV1-2.1']) !== 'N') record.issue(warning('mapping-required', 'PV1-19'))
    return
  }
  record.run(visit, row, { ...options, ...standingOf(row, event) })
  record.run(bed, row, options)
  // Of one disease that was suspected at first and then found, the finding is what the Condition says.
  const isFinal = (dg1: Segment): number => (filled(dg1.text(6, 1)) === 'F' ? 0 : 1)
  for (const dg1 of dg1s.toSorted((a, b) => isFinal(a) - isFinal(b))) {
    const at = locate(hl7, dg1)
    record.run(diagnosis, { ...fieldsOf(dg1, DG1), ...visitField }, { statedAt: sentAt, offer: false, at })
    record.noteRead(at('DG1-6'), at('DG1-15'))
  }
}

/** What a discharge says of a visit. */
const DISCHARGE = ['PV1-36.1', 'PV1-45'] as const

/**
 * Whoever corrects something else of a visit (A08) sends no time of discharge, often of one that has ended or was cancelled: that does not
 * open it again. With an explicit null the time is void.
 */
function standingOf(row: VisitRow, { status, isDischargeCancelled }: VisitEvent): Pick<RunOptions, 'yielding' | 'leaves' | 'without'> {
  if (isDischargeCancelled) return { without: ['period.end', 'hospitalization.dischargeDisposition'] }
  const end = row['PV1-45'] ?? ''
  return status === undefined && end !== EXPLICIT_NULL && filled(end) === undefined ? { yielding: ['status'], leaves: ['period.end'] } : {}
}

function filledFields<T extends object>(row: T): T {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => (filled(value) === undefined ? [] : [[name, filled(value)]])),
  ) as T
}
