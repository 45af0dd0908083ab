/** med_type to the kind of business that a claim or settlement is. */
import { codeSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import { type Field, Rule } from '../engine/rule.ts'

/** What the transaction itself says, where med_type is missing or a province's own: 2304 is about a stay, 2102 about a pharmacy. */
export interface ClaimKind {
  claim_kind?: 'outpatient' | 'inpatient' | 'pharmacy'
}

export function claimType<Row extends ClaimKind>(field: Field<Row>): Rule<{ coding: FhirCoding[] }> {
  return new Rule([field], (run) => {
    const sent = run.text(field)
    const target = sent === undefined ? undefined : run.context.translate('miis-claim-type', sent)
    if (sent !== undefined && !target) run.unmapped({ map: 'miis-claim-type', system: codeSystem('nhsa-med-type'), code: sent })
    return { coding: [target ?? { system: codeSystem('cn-claim-type'), code: run.text('claim_kind') ?? 'outpatient' }] }
  })
}

export const NORMAL_PRIORITY = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/processpriority', code: 'normal' }] }
