/** `_sort`: parameters of the type, `-` for descending (R4 search.html 3.1.1.5.3). */
import { isMainDate } from '../main-date.ts'
import type { SortTerm } from '../plan.ts'
import type { Param } from '../registry.ts'
import { SORT_TERMS_MAX } from '../limits.ts'
import { paramError } from './names.ts'

/** @throws OutcomeError parameter-invalid for an unknown parameter, parameter-unsupported for one without an order of its own */
export function parseSort(type: string, value: string, params: ReadonlyMap<string, Param>): SortTerm[] {
  const names = value.split(',')
  if (names.length > SORT_TERMS_MAX) throw paramError('parameter-values', '_sort', { max: String(SORT_TERMS_MAX) })
  return names.map((name) => {
    const descending = name.startsWith('-')
    const code = descending ? name.slice(1) : name
    const param = params.get(code)
    if (!param) throw paramError('parameter-invalid', '_sort')
    return { ...orderOf(type, code, param), descending }
  })
}

/** Codes that `_sort` names, for the check whether they may be used. */
export function sortCodes(value: string): string[] {
  return value.split(',').map((name) => (name.startsWith('-') ? name.slice(1) : name))
}

function orderOf(type: string, code: string, param: Param): Omit<SortTerm, 'descending'> {
  if (code === '_id') return { by: 'id', param: code }
  if (code === '_lastUpdated') return { by: 'lastUpdated', param: code }
  const [column] = param.columns
  if (!param.searchType || !column || param.columns.length > 1) throw paramError('parameter-unsupported', code)
  if (column.keeping === 'shape') throw paramError('parameter-unsupported', code)
  if (column.keeping === 'written') return { by: 'lastUpdated', param: column.code }
  if (param.searchType.field === 'dates' && isMainDate(type, column.code)) return { by: 'mainDate', param: column.code }
  return { by: param.searchType.field, param: column.code }
}
