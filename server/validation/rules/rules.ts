/**
 * Layer 4: rules about what the facts of a resource say, which FHIRPath cannot express or not exactly: check digits,
 * sums of money, order of dates. They are of kind `data`.
 */
import type { DecimalTexts } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { IssueList } from '../issue.ts'
import { dateOrder } from './date-order.ts'
import type { Rule } from './finding.ts'
import { organizationNumbers, personNumbers } from './identity.ts'
import { claimTotal, settlementTotals } from './money.ts'

const RULES: Record<string, Rule[]> = {
  Patient: [personNumbers, dateOrder],
  Practitioner: [personNumbers],
  RelatedPerson: [personNumbers],
  Organization: [organizationNumbers],
  Claim: [claimTotal],
  ExplanationOfBenefit: [settlementTotals],
  Observation: [dateOrder],
  DiagnosticReport: [dateOrder],
  Specimen: [dateOrder],
}

/** `at` is the resource's own FHIRPath: its type, or its place in a Bundle. */
export function applyRules(resource: FhirResource, at: string, decimals: DecimalTexts | undefined, issues: IssueList): void {
  for (const rule of RULES[resource.resourceType] ?? []) {
    for (const finding of rule(resource, decimals)) {
      issues.add({ ...finding, expression: at + finding.expression.slice(resource.resourceType.length), kind: 'data' })
    }
  }
}
