/**
 * Tokens by what the terminology knows of their codes: `:in` a value set, `:below` and `:above` a code (R4 search.html
 * 3.1.1.4.10). What it does not know is refused: any answer would be another set.
 */
import type { IssueCode } from '../../outcome/issues.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import { PREFIX_LENGTH_MAX, VALUE_SET_CODES_MAX } from '../limits.ts'
import { anyOf, type PlanNode } from '../plan.ts'
import type { Criterion, PlanContext } from './search-type.ts'

/** A node for a code with its system; no code: any code of the system. */
export type PlanCode = (system: string, code: string) => PlanNode
/** A node for all codes of a system from `from` to those that begin with `to`. */
export type PlanCodes = (system: string, from: string, to: string) => PlanNode

/** The value is the address of the set, canonical or where it stands. @throws OutcomeError value-set-unknown, too-costly */
export function planInSet(criterion: Criterion, context: PlanContext, planCode: PlanCode): PlanNode {
  const parts = context.codeSets?.valueSet(unescapeValue(criterion.value))
  if (!parts) throw refused('value-set-unknown', criterion)
  const codings = parts.flatMap(({ system, codes }) => (codes ?? ['']).map((code) => ({ system, code })))
  if (codings.length > VALUE_SET_CODES_MAX) throw refused('too-costly', criterion)
  return flat(codings.map(({ system, code }) => planCode(system, code)))
}

/** The code and all that stand under it. A chapter (`A00-B99`) is all from its first to its last category. */
export function planUnder(criterion: Criterion, context: PlanContext, planCodes: PlanCodes, planCode: PlanCode): PlanNode {
  const listed = planRelated('under', criterion, context, planCode)
  if (listed) return listed
  const { system, code, root } = placeOf(criterion, context)
  const [first = code, last = code] = isRange(code, root) ? code.split('-') : []
  return planCodes(system, first, last)
}

/** The code and all over it: its beginnings, and the ranges that are listed. */
export function planOver(criterion: Criterion, context: PlanContext, planCode: PlanCode): PlanNode {
  const listed = planRelated('over', criterion, context, planCode)
  if (listed) return listed
  const { system, code, root, ranges } = placeOf(criterion, context)
  const [first, last] = isRange(code, root) ? [code.slice(0, root), code.slice(root + 1)] : [code.slice(0, root), code.slice(0, root)]
  const around = ranges.filter((range) => range.slice(0, root) <= first && last <= range.slice(root + 1))
  const beginnings = isRange(code, root) ? [code] : Array.from({ length: code.length - root + 1 }, (_, more) => code.slice(0, root + more))
  return flat([...new Set([...beginnings, ...around])].map((over) => planCode(system, over)))
}

/** In a system that lists what stands under what. Undefined: its codes say so themselves, or it is not known. */
function planRelated(side: 'under' | 'over', criterion: Criterion, context: PlanContext, planCode: PlanCode): PlanNode | undefined {
  const [system = '', code = '', ...more] = splitEscaped(criterion.value, '|').map(unescapeValue)
  if (system === '' || code === '' || more.length > 0 || context.codeSets?.hierarchy(system)) return undefined
  const codes = context.codeSets?.related?.(side, system, code)
  if (codes && codes.length > VALUE_SET_CODES_MAX) throw refused('too-costly', criterion)
  return codes && flat(codes.map((one) => planCode(system, one)))
}

/** Two categories with a hyphen, as ICD writes chapters and blocks. */
const isRange = (code: string, root: number): boolean => code.length === 2 * root + 1 && code.charAt(root) === '-'

interface Place {
  system: string
  code: string
  root: number
  ranges: readonly string[]
}

/** A code alone would stand in a hierarchy of any system: it is named. @throws OutcomeError parameter-invalid, code-system-flat */
function placeOf(criterion: Criterion, context: PlanContext): Place {
  const [system = '', code = '', ...more] = splitEscaped(criterion.value, '|').map(unescapeValue)
  if (system === '' || code === '' || more.length > 0 || system.length + code.length >= PREFIX_LENGTH_MAX)
    throw refused('parameter-invalid', criterion)
  const hierarchy = context.codeSets?.hierarchy(system)
  if (!hierarchy) throw refused('code-system-flat', criterion)
  if (code.length < hierarchy.root) throw refused('parameter-invalid', criterion)
  return { system, code, ...hierarchy }
}

/** Keys of several codes become one node, so that the database sees one `$in`. */
function flat(nodes: PlanNode[]): PlanNode {
  const keys = nodes.flatMap((node) => (node.kind === 'keys' ? node.keys : []))
  const others = nodes.filter(({ kind }) => kind !== 'keys' && kind !== 'nothing')
  return anyOf(keys.length > 0 ? [{ kind: 'keys', keys: [...new Set(keys)] }, ...others] : others)
}

const refused = (code: IssueCode, { name }: Criterion): OutcomeError => new OutcomeError(code, { expression: [name], params: { name } })
