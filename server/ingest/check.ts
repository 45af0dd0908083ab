/** The validate step: what is wrong with the folded resources of a record, and whether they can be stored at all. */
import { parseResource } from '../fhir/resource-text.ts'
import type { Folded } from './fold/types.ts'
import type { IngestDeps, ReceiptIssue } from './types.ts'

export interface Checked {
  /** the R4 structure of a resource is broken: nothing of the record is stored */
  storable: boolean
  issues: ReceiptIssue[]
}

/**
 * Sources are taken leniently: what breaks a Chinese profile is stored, counted and reported; only what is no R4 resource
 * at all goes to quarantine. Texts name element, rule and profile, never a value.
 */
export function checkFolded(deps: Pick<IngestDeps, 'validate'>, folded: readonly Folded[]): Checked {
  const checked: Checked = { storable: true, issues: [] }
  for (const one of folded) {
    const { resource, decimals } = parseResource(one.text)
    for (const found of deps.validate(resource, decimals)) {
      const bad = found.severity === 'error' || found.severity === 'fatal'
      if (!bad) continue
      if (found.base) checked.storable = false
      checked.issues.push({
        severity: found.base ? 'error' : 'warning',
        code: 'rule',
        at: found.expression,
        rule: found.rule,
        ...(found.profile !== undefined && { profile: found.profile }),
      })
    }
  }
  return checked
}
