/** What the plans of all criteria have in common: alternatives, presence, and what may be said of a modifier. */
import { splitEscaped } from '../escape.ts'
import { OR_VALUES_MAX, SINGLE_VALUE_LENGTH_MAX } from '../limits.ts'
import { anyOf, type PlanNode } from '../plan.ts'
import type { Column, SearchType } from '../types/search-type.ts'
import { paramError } from './names.ts'

/** @throws OutcomeError parameter-values | parameter-invalid | parameter-value-length */
export function orValues(name: string, value: string): string[] {
  const values = splitEscaped(value, ',')
  if (values.length > OR_VALUES_MAX) throw paramError('parameter-values', name, { max: String(OR_VALUES_MAX) })
  if (values.includes('')) throw paramError('parameter-invalid', name)
  if (values.some((v) => v.length > SINGLE_VALUE_LENGTH_MAX))
    throw paramError('parameter-value-length', name, { max: String(SINGLE_VALUE_LENGTH_MAX) })
  return values
}

/** Flat alternatives; keys of several values become one node, so that the database sees one `$in`. */
export function or(nodes: PlanNode[]): PlanNode {
  const keys = nodes.flatMap((n) => (n.kind === 'keys' ? n.keys : []))
  const others = nodes.flatMap((n) => (n.kind === 'keys' || n.kind === 'nothing' ? [] : n.kind === 'or' ? n.nodes : [n]))
  const all: PlanNode[] = keys.length > 0 ? [{ kind: 'keys', keys: [...new Set(keys)] }, ...others] : others
  return anyOf(all)
}

/** Whether a column has a value. */
export function presence(column: Column, searchType: SearchType, missing: boolean): PlanNode {
  return {
    kind: 'missing',
    field: searchType.field,
    param: column.code,
    separators: separatorsOf(column, searchType.separators),
    missing,
  }
}

/** The keys of a covered parameter (`patient` on `subject`) begin with the type that it points to. */
function separatorsOf(column: Column, separators: readonly string[]): string[] {
  return column.refersTo === undefined ? [...separators] : separators.map((s) => `${s}${column.refersTo}/`)
}

export function isTrue(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw paramError('parameter-invalid', name)
  return value === 'true'
}

export const shownModifier = (modifier: string): string => (/^[A-Za-z-]{1,40}$/.test(modifier) ? modifier : '?')
