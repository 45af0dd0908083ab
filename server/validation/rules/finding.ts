/** What a rule about facts is, and what it answers. */
import type { DecimalTexts } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'

/** A rule broken: which, where, how bad. */
export interface Finding {
  rule: string
  code: 'check-digit' | 'facts-disagree'
  severity: 'error' | 'warning'
  expression: string
}

/** A rule is a pure function of the resource. */
export type Rule = (resource: FhirResource, decimals: DecimalTexts | undefined) => Finding[]
