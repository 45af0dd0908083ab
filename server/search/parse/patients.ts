/** The patients that a search names: whose data it can only find, and of whom other records may stand for the same person. */
import { isId } from '../../fhir/ids.ts'
import { parseReference } from '../../fhir/reference.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import type { PlanNode } from '../plan.ts'

/** Parameters that name the patient whom a resource is about; `performer=Patient/1` does not. */
const ABOUT: ReadonlySet<string> = new Set(['patient', 'subject'])

/**
 * Whether a criterion says whose data are looked for: `patient`, `subject` and what puts a resource into the Patient
 * compartment (`performer`, `subscriber`). `Provenance?target=` and `Patient?link=` name a record as such.
 */
export const isAboutPerson = (type: string, code: string, compartmentParams: readonly string[]): boolean =>
  type !== 'Patient' && (ABOUT.has(code) || compartmentParams.includes(code))

/** `param>Patient/id`, as `types/reference.ts` makes them. */
const PATIENT_KEY = /^[\w-]+>Patient\/([A-Za-z0-9\-.]{1,64})$/

/** Keys of a reference criterion that name what can be a Patient, with its id. */
export function patientKeys(node: PlanNode): [key: string, id: string][] {
  if (node.kind === 'or') return node.nodes.flatMap(patientKeys)
  if (node.kind !== 'keys') return []
  return node.keys.flatMap((key): [string, string][] => {
    const id = PATIENT_KEY.exec(key)?.[1]
    return id === undefined ? [] : [[key, id]]
  })
}

/** The plan that finds what stands under the person too. `keys`: what `patientKeys` gave; `persons`: patient id to person id. */
export function withPersonKeys(node: PlanNode, keys: ReadonlyMap<string, string>, persons: ReadonlyMap<string, string>): PlanNode {
  if (node.kind === 'and' || node.kind === 'or') return { ...node, nodes: node.nodes.map((one) => withPersonKeys(one, keys, persons)) }
  if (node.kind === 'not') return { ...node, node: withPersonKeys(node.node, keys, persons) }
  if (node.kind !== 'keys') return node
  const more = node.keys.flatMap((key) => {
    const id = keys.get(key)
    const person = id === undefined ? undefined : persons.get(id)
    return id === undefined || person === undefined ? [] : [key.slice(0, -id.length) + person]
  })
  return more.length === 0 ? node : { ...node, keys: [...new Set([...node.keys, ...more])] }
}

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
