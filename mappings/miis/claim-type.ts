/** med_type to the kind of business that a claim or settlement is. */
import { codeSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import { type Field, Rule } from '../engine/rule.ts'

/** The transaction itself says outpatient or inpatient where med_type is missing or a province's own. */
export function claimType<Row>(field: Field<Row>, otherwise: 'outpatient' | 'inpatient'): Rule<{ coding: FhirCoding[] }> {
  return new Rule([field], (run) => {
    const sent = run.text(field)
    const target = sent === undefined ? undefined : run.context.translate('miis-claim-type', sent)
    if (sent !== undefined && !target) run.unmapped({ map: 'miis-claim-type', system: codeSystem('nhsa-med-type'), code: sent })
    return { coding: [target ?? { system: codeSystem('cn-claim-type'), code: otherwise }] }
  })
}

export const NORMAL_PRIORITY = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/processpriority', code: 'normal' }] }
