/** med_type to the class of a visit, shared by every transaction that names it. */
import { codeSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import { type Field, Rule } from '../engine/rule.ts'

const UNKNOWN: FhirCoding = { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK', display: 'unknown' }

/** Provinces add med_type codes of their own: an unknown one is class UNK and stands on the work list. */
export function encounterClass<Row>(field: Field<Row>): Rule<FhirCoding> {
  return new Rule<FhirCoding>([field], (run) => {
    const sent = run.text(field)
    const target = sent === undefined ? undefined : run.context.translate('miis-med-type', sent)
    if (sent !== undefined && !target) run.unmapped({ map: 'miis-med-type', system: codeSystem('nhsa-med-type'), code: sent })
    return target ?? UNKNOWN
  })
}
