/** The validate step: what is wrong with a folded resource, and whether it can be stored at all. */
import { type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import type { Folded } from './fold/types.ts'
import type { IngestDeps, ReceiptIssue } from './types.ts'

export interface Checked {
  /** the R4 structure of the resource is broken: nothing of its record is stored */
  storable: boolean
  issues: ReceiptIssue[]
  /** what was checked, so that the writer need not read it again */
  parsed: ParsedResource
}

/**
 * Sources are taken leniently: what breaks a Chinese profile is stored, counted and reported; only what is no R4 resource
 * at all goes to quarantine. Texts name element, rule and profile, never a value.
 */
export function checkFolded(deps: Pick<IngestDeps, 'validate'>, folded: Folded): Checked {
  const parsed = parseResource(folded.text)
  const checked: Checked = { storable: true, issues: [], parsed }
  for (const found of deps.validate(parsed.resource, parsed.decimals)) {
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
  return checked
}

/** One number, two persons: whoever goes first is seen, the other is kept until somebody has looked at it. */
export const otherPerson = (types: readonly string[]): ReceiptIssue[] =>
  types.map((type) => ({ severity: 'warning', code: 'other-person', at: type }))
