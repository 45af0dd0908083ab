/** OutcomeIssue to OperationOutcome, Chinese text first with English behind it. */
import { ISSUES } from './issues.ts'
import { type OutcomeIssue, OutcomeError } from './outcome-error.ts'
import { codeSystem } from '../fhir/canonical.ts'

/** Media type of every FHIR answer (R4 json.html). */
export const FHIR_JSON = 'application/fhir+json; charset=utf-8'

const HL7 = 'http://hl7.org/fhir/StructureDefinition/'

export interface OperationOutcome {
  resourceType: 'OperationOutcome'
  issue: Record<string, unknown>[]
  [element: string]: unknown
}

export function renderOutcome(issues: readonly OutcomeIssue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: issues.map(renderIssue) }
}

function renderIssue(found: OutcomeIssue): Record<string, unknown> {
  const definition = ISSUES[found.code]
  const zh = fill(definition.zh, found.params)
  const en = fill(definition.en, found.params)
  return {
    ...(found.place ? { extension: extensionsOf(found.place) } : {}),
    severity: found.severity ?? 'error',
    code: definition.type,
    details: { coding: [{ system: codeSystem('yilian-issue'), code: found.code }], text: zh },
    diagnostics: en,
    ...(found.expression ? { expression: found.expression } : {}),
  }
}

/** The extensions that HL7 defines for OperationOutcome.issue; R4's own `location` names only XPaths. */
const extensionsOf = ({ line, column }: { line: number; column: number }): object[] => [
  { url: `${HL7}operationoutcome-issue-line`, valueInteger: line },
  { url: `${HL7}operationoutcome-issue-col`, valueInteger: column },
]

/** A text of the registry with its placeholders replaced; one without a value stays visible. */
export function fill(text: string, params: Readonly<Record<string, string | number>> | undefined): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (params && name in params ? String(params[name]) : whole))
}

/** Anything thrown to status and outcome; what is not an OutcomeError says nothing of its cause. */
export function outcomeOf(error: unknown): { status: number; outcome: OperationOutcome; headers: Record<string, string> } {
  if (error instanceof OutcomeError) return { status: error.status, outcome: renderOutcome(error.issues), headers: error.headers }
  return { status: 500, outcome: renderOutcome([{ code: 'internal' }]), headers: {} }
}
