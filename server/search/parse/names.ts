/** Names of search parameters as they come in a request: `code`, `code:modifier`, chains, `_has`. */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { IssueCode } from '../../outcome/issues.ts'

export interface ParamName {
  code: string
  modifier: string | undefined
  /** `subject.name`, `subject:Patient.name` */
  chained: boolean
}

/** Splits at the first colon; a dot anywhere makes it a chain. */
export function splitName(name: string): ParamName {
  const colon = name.indexOf(':')
  const dot = name.indexOf('.')
  const end = Math.min(colon < 0 ? name.length : colon, dot < 0 ? name.length : dot)
  return { code: name.slice(0, end), modifier: colon < 0 ? undefined : name.slice(colon + 1), chained: dot >= 0 }
}

/** The name as it may stand in a message: what does not look like one could be somebody's data. */
export function shownName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/.test(name) ? name : '?'
}

/** An issue that names the parameter. */
export function paramError(code: IssueCode, name: string, params: Record<string, string> = {}): OutcomeError {
  const shown = shownName(name)
  return new OutcomeError(code, { expression: [shown], params: { name: shown, ...params } })
}
