/**
 * `_sort`: parameters of the type, `-` for descending (R4 search.html 3.1.1.5.3). Strings by their folded form, Chinese ones by
 * pinyin, tokens by their code, references by type and id, quantities by their number, whatever its unit.
 */
import { isMainDate } from '../main-date.ts'
import { prefixEnd, SEPARATOR } from '../keys.ts'
import type { SortPlace, SortTerm } from '../plan.ts'
import type { Param } from '../registry.ts'
import { SORT_TERMS_MAX } from '../limits.ts'
import type { Column } from '../types/search-type.ts'
import { paramError } from './names.ts'

/** @throws OutcomeError parameter-invalid for an unknown parameter; sort-composite, parameter-unsupported for one without an order */
export function parseSort(type: string, value: string, params: ReadonlyMap<string, Param>): SortTerm[] {
  return value.split(',').map((name) => {
    const descending = name.startsWith('-')
    const code = descending ? name.slice(1) : name
    const param = params.get(code)
    if (!param) throw paramError('parameter-invalid', '_sort')
    return { ...orderOf(type, code, param), descending }
  })
}

/** Of all `_sort` of a request together. @throws OutcomeError parameter-values */
export function checkSortCount(terms: readonly SortTerm[]): void {
  if (terms.length > SORT_TERMS_MAX) throw paramError('parameter-values', '_sort', { max: String(SORT_TERMS_MAX) })
}

/** Codes that `_sort` names, for the check whether they may be used. */
export function sortCodes(value: string): string[] {
  return value.split(',').map((name) => (name.startsWith('-') ? name.slice(1) : name))
}

function orderOf(type: string, code: string, param: Param): Omit<SortTerm, 'descending'> {
  if (code === '_id') return { by: 'id', param: code }
  if (code === '_lastUpdated') return { by: 'lastUpdated', param: code }
  const { searchType, columns, composite, definition } = param
  const [column, ...others] = columns
  if (composite) throw paramError('sort-composite', code)
  if (!searchType || !column || column.keeping === 'shape' || definition.type === 'special') throw paramError('parameter-unsupported', code)
  if (column.keeping === 'written') return { by: 'lastUpdated', param: column.code }
  const { field } = searchType
  if (field === 'keys') return { by: 'keys', param: column.code, places: columns.map((one) => placeOf(definition.type, one)) }
  if (field === 'dates' && others.length === 0 && isMainDate(type, column.code)) return { by: 'mainDate', param: column.code }
  return { by: field, param: column.code, ...(others.length > 0 ? { more: others.map((one) => one.code) } : {}) }
}

function placeOf(type: string, { code, refersTo }: Column): SortPlace {
  const within = (prefix: string, from = '', to = prefixEnd(prefix)): SortPlace => ({ prefix, range: [prefix + from, to] })
  if (type === 'token') return within(code + SEPARATOR.code)
  if (type === 'uri') return within(code + SEPARATOR.system)
  if (type === 'string') return { ...within(code + SEPARATOR.folded), sorts: code }
  const prefix = code + SEPARATOR.reference
  if (refersTo !== undefined) return { ...within(prefix, `${refersTo}/`, prefixEnd(`${prefix}${refersTo}/`)), skipsTypes: true }
  // A type or an address; identifiers, and that there is a display alone, stand outside.
  return { ...within(prefix, 'A', `${prefix}{`), skipsTypes: true }
}
