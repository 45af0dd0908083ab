/**
 * Profiles of which there are two: the full one, and one for sources that cannot comply (`-minimal`), where what is missing is a warning.
 * Whatever breaks the minimal one breaks the full one; the full one asks for more.
 */
import { breaks, lacks } from './broken.ts'
import { fuller, meta, type ProfileCases } from './case.ts'
import { encounter, medicationRequest, observation, report } from './clinical.ts'
import { imagingStudy } from './examinations.ts'
import { checkedPrescription, chargeWithLimit, patientWithCards, printedImages } from './extended.ts'
import { fullEncounter, fullObservation, fullPatient, fullPrescription, fullReport } from './fuller.ts'
import { patient } from './people.ts'
import { charge } from './treatment.ts'

/** The same resource and the same changes under the minimal profile. */
function minimal({ id, valid, broken }: ProfileCases): ProfileCases {
  const name = `${id}-minimal`
  return { id: name, valid: { ...valid, meta: meta(name) }, broken }
}

export const MINIMAL: ProfileCases[] = [
  ...[patient, fullPatient, patientWithCards].map(minimal),
  ...[encounter, fullEncounter].map(minimal),
  ...[observation, fullObservation].map(minimal),
  ...[report, fullReport].map(minimal),
  ...[medicationRequest, fullPrescription, checkedPrescription].map(minimal),
  ...[charge, chargeWithLimit].map(minimal),
  ...[imagingStudy, printedImages].map(minimal),
]

/** Somebody unknown who was brought in: what is not there says why, the sex by its own code. */
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
const absent = { extension: [{ url: ABSENT, valueCode: 'unknown' }] }

export const unknownPerson = fuller(patient, { name: [absent], gender: 'unknown', birthDate: undefined, _birthDate: absent }, [
  lacks('Patient', 'name'),
  lacks('Patient', 'gender'),
  lacks('Patient', '_birthDate', { expression: 'Patient.birthDate' }),
])

export const fullVisit = fuller(encounter, {}, [
  lacks('Encounter', 'serviceProvider'),
  breaks('Encounter', 'cn-enc-6', 'finished without an end', (r) => delete r.period.end),
  breaks('Encounter', 'cn-enc-7', 'no start', (r) => delete r.period.start),
])

export const plannedVisit = fuller(encounter, { status: 'planned', period: undefined }, [lacks('Encounter', 'serviceProvider')])

export const fullResult = fuller(observation, {}, [
  lacks('Observation', 'effectiveDateTime', { expression: 'Observation.effective' }),
  lacks('Observation', 'performer'),
])

export const wholeReport = fuller(report, {}, [
  lacks('DiagnosticReport', 'effectiveDateTime', { expression: 'DiagnosticReport.effective' }),
  lacks('DiagnosticReport', 'issued'),
  lacks('DiagnosticReport', 'performer'),
  breaks('DiagnosticReport', 'cn-rpt-8', 'final without a result', (r) => delete r.result),
])

export const fullOrder = fuller(medicationRequest, {}, [
  lacks('MedicationRequest', 'encounter'),
  lacks('MedicationRequest', 'authoredOn'),
  lacks('MedicationRequest', 'requester'),
  lacks('MedicationRequest', 'dosageInstruction'),
])

export const fullCharge = fuller(charge, {}, [lacks('ChargeItem', 'priceOverride')])

export const fullImages = fuller(imagingStudy, {}, [
  lacks('ImagingStudy', 'started'),
  ['no DICOM number', (r) => r.identifier.shift(), { code: 'slice', rule: 'uid min 1', expression: 'ImagingStudy.identifier' }],
])
