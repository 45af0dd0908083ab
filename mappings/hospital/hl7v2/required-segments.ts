/** Segments that the declared message structure requires (HL7 v2.4, ADT_A01 and ORU_R01): a message without one was cut, or is none. */
import type { Hl7Record } from '../../parsers/hl7v2.ts'
import { segmentOf } from './fields.ts'

interface Required {
  /** without it the message's own fact is lost: the whole message goes to quarantine */
  whole: readonly string[]
  /** without it the rest stands: stored, with a warning */
  flagged: readonly string[]
}

/** A08 often corrects the patient alone, and is stored as far as it goes. */
const PATIENT_UPDATE: Required = { whole: ['PID'], flagged: ['EVN', 'PV1'] }
/** The patient alone is meant (ADT_A05): a PV1 would say that there is no visit. */
const PATIENT_ONLY: Required = { whole: ['PID'], flagged: ['EVN'] }
const VISIT: Required = { whole: ['PID', 'PV1'], flagged: ['EVN'] }
/** The patient that goes on and the number that ends (ADT_A39). */
const MERGE: Required = { whole: ['PID', 'MRG'], flagged: ['EVN'] }
/** A document (MDM_T01, MDM_T02); where its content is promised, it must be there. */
const DOCUMENT: Required = { whole: ['PID', 'TXA'], flagged: ['EVN', 'PV1'] }
const DOCUMENT_WITH_CONTENT: Required = { whole: ['PID', 'TXA', 'OBX'], flagged: ['EVN', 'PV1'] }
/** An order of a service (ORM_O01, OMG_O19, OML_O21, OML_O33, OML_O35). */
const ORDER: Required = { whole: ['PID', 'OBR'], flagged: ['ORC', 'PV1'] }
/** An ORM may ask for drugs alone. */
const DRUG_REQUEST: Required = { whole: ['PID'], flagged: ['ORC', 'PV1'] }
/** Drugs (RDE_O11), lines of a bill (DFT_P03), an appointment (SIU_S12). */
const DRUGS: Required = { whole: ['PID', 'RXE'], flagged: ['ORC', 'PV1'] }
const CHARGES: Required = { whole: ['PID', 'FT1'], flagged: ['EVN', 'PV1'] }
const APPOINTMENT: Required = { whole: ['SCH', 'PID'], flagged: ['RGS'] }
const RESULT: Required = { whole: ['PID', 'OBR'], flagged: [] }

function requiredOf(recordType: string, hl7: Hl7Record): Required {
  if (/^O(?:RU|UL)\^/.test(recordType)) return RESULT
  if (recordType === 'ORM^O01' && segmentOf(hl7, 'RXO')) return DRUG_REQUEST
  if (recordType === 'ORM^O01' || recordType === 'OMG^O19' || recordType.startsWith('OML^')) return ORDER
  if (recordType.startsWith('RDE^')) return DRUGS
  if (recordType.startsWith('DFT^')) return CHARGES
  if (recordType.startsWith('SIU^')) return APPOINTMENT
  if (/^MDM\^T(?:02|04|06|08|10)$/.test(recordType)) return DOCUMENT_WITH_CONTENT
  if (recordType.startsWith('MDM^')) return DOCUMENT
  if (recordType === 'ADT^A40') return MERGE
  if (recordType === 'ADT^A28' || recordType === 'ADT^A31') return PATIENT_ONLY
  return recordType === 'ADT^A08' ? PATIENT_UPDATE : VISIT
}

/** Names of the required segments that a message of this type lacks. */
export function missingSegments(hl7: Hl7Record, recordType: string): Required {
  const { whole, flagged } = requiredOf(recordType, hl7)
  const missing = (name: string): boolean => segmentOf(hl7, name) === undefined
  return { whole: whole.filter(missing), flagged: flagged.filter(missing) }
}
