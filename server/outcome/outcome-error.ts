/** Expected failures. Thrown anywhere, turned into status and OperationOutcome in one place (server/outcome/render.ts). */
import { ISSUES, type IssueCode } from './issues.ts'

export interface OutcomeDetails {
  /** FHIRPath of the element, or `http.<header>`, or the name of the parameter */
  expression?: string[]
  /** values for the placeholders of the texts: limits, element and rule names; never a person's data */
  params?: Record<string, string | number>
  /** where the element stands in the text that was sent */
  place?: { line: number; column: number }
  severity?: 'error' | 'warning' | 'information' | 'fatal'
}

export interface OutcomeIssue extends OutcomeDetails {
  code: IssueCode
}

export class OutcomeError extends Error {
  readonly issues: OutcomeIssue[]
  readonly status: number
  readonly headers: Record<string, string>

  constructor(code: IssueCode | OutcomeIssue[], details: OutcomeDetails = {}, headers: Record<string, string> = {}) {
    const issues = typeof code === 'string' ? [{ code, ...details }] : code
    super(issues[0]?.code ?? 'internal')
    this.issues = issues
    this.status = Math.max(
      ...issues.map((i) => (i.severity === 'warning' || i.severity === 'information' ? 0 : ISSUES[i.code].status)),
      400,
    )
    this.headers = headers
  }
}
