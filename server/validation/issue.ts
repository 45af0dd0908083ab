/** What a validation finds. It names element, rule and profile, never a value: issues go to clients, logs and quality reports. */
import type { OutcomeIssue } from '../outcome/outcome-error.ts'
import type { IssueCode } from '../outcome/issues.ts'

export interface ValidationIssue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  code: IssueCode
  /** FHIRPath of the element, e.g. `Patient.identifier[0].value` */
  expression: string
  /** invariant key, value set, `min 1`, slice or type name */
  rule: string
  /** canonical of the profile or extension that says so; absent: base R4 */
  profile?: string
  /**
   * `data`: the sender's own facts disagree (sums, order of dates, check digits). A sender cannot be made to change them:
   * ingest stores such resources and flags them, a REST write with an error of this kind is refused.
   * `text`: a rule that stands in the text of R4 and in none of its definitions, or one that R4's own examples break (types of
   * references, places and parts of HL7's extensions). `$validate` says it; no write is refused for it.
   */
  kind: 'structure' | 'profile' | 'data' | 'text'
}

/** Whether a write is refused for it; what R4's own examples break refuses none. */
export const refusesWrite = ({ severity, kind }: ValidationIssue): boolean =>
  (severity === 'error' || severity === 'fatal') && kind !== 'text'

/** Collects issues; a bound keeps a hostile resource from making a huge outcome. */
export const ISSUES_MAX = 200

export class IssueList {
  readonly #all: ValidationIssue[] = []
  readonly #settled = new Set<string>()

  get found(): ValidationIssue[] {
    // A profile has the bindings of what it is made of as well: what base R4 says of one is said once.
    const said = new Set(this.#all.filter(({ profile }) => profile === undefined).map(bindingOf))
    return this.#all.filter((issue) => !this.#isSettled(issue) && (issue.profile === undefined || !said.has(bindingOf(issue))))
  }

  add(issue: ValidationIssue): void {
    if (this.#all.length < ISSUES_MAX) this.#all.push(issue)
  }

  /**
   * The code at the place is of the value set that a profile binds it to. Whether R4's own extensible set has a concept that fits is for
   * people to judge (R4 codesystem-binding-strength.html), and who wrote the profile has judged: the base has nothing to warn of.
   */
  settle(expression: string): void {
    this.#settled.add(expression)
  }

  #isSettled({ code, expression, profile }: ValidationIssue): boolean {
    return code === 'binding-extensible' && profile === undefined && this.#settled.has(expression)
  }

  get hasErrors(): boolean {
    return this.#all.some((issue) => issue.severity === 'error')
  }
}

/** Unlike for each issue of another kind. */
const bindingOf = ({ code, expression, rule }: ValidationIssue): unknown =>
  code.startsWith('binding') ? JSON.stringify([code, expression, rule]) : Symbol()

/** For an OutcomeError or a rendered OperationOutcome. */
export function toOutcomeIssues(found: readonly ValidationIssue[]): OutcomeIssue[] {
  return found.map(({ severity, code, expression, rule, profile }) => ({
    severity,
    code,
    expression: [expression],
    params: { rule, profile: profile ?? 'FHIR R4' },
  }))
}
