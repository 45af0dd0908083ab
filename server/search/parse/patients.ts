/** The patients that a search is bound to: whose data it can only find. */
import { isId } from '../../fhir/ids.ts'
import { parseReference } from '../../fhir/reference.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'

/** Parameters that name the patient whom a resource is about; `performer=Patient/1` does not. */
const ABOUT: ReadonlySet<string> = new Set(['patient', 'subject'])

/** Ids of the patients that the criterion is restricted to; undefined when it is not (only) patients that it names. */
export function patientsNamed(
  type: string,
  code: string,
  modifier: string | undefined,
  value: string,
  ownBase: string,
): string[] | undefined {
  const byId = type === 'Patient' && code === '_id'
  if (!byId && !ABOUT.has(code)) return undefined
  if (modifier !== undefined && (byId || modifier !== 'Patient')) return undefined
  const ids = splitEscaped(value, ',')
    .map(unescapeValue)
    .map((v) => (byId ? v : patientId(v, code === 'patient' || modifier === 'Patient', ownBase)))
  return ids.every((id) => id !== undefined && isId(id)) ? [...new Set(ids as string[])] : undefined
}

function patientId(value: string, bareIsPatient: boolean, ownBase: string): string | undefined {
  if (isId(value)) return bareIsPatient ? value : undefined
  const target = parseReference(value, ownBase)
  return target?.kind === 'local' && target.type === 'Patient' ? target.id : undefined
}
