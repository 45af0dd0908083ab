/** med_type to the class of a visit, shared by every transaction that names it. */
import { codeSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import { encounterClass as classOf, UNKNOWN_CLASS } from '../engine/encounter-class.ts'
import { type Field, Rule } from '../engine/rule.ts'

/** Provinces add med_type codes of their own: an unknown one is class UNK and stands on the work list. */
export function encounterClass<Row>(field: Field<Row>): Rule<FhirCoding> {
  return new Rule<FhirCoding>([field], (run) => {
    const sent = run.text(field)
    return classOf(run, 'miis-med-type', sent, codeSystem('nhsa-med-type')) ?? UNKNOWN_CLASS
  })
}
