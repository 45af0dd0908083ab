/** URI parameters: compared as they are, case and all (R4 search.html 3.1.1.4.13). */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { unescapeValue } from '../escape.ts'
import { exactKey, SEPARATOR } from '../keys.ts'
import type { SearchType } from './search-type.ts'

export const uri: SearchType = {
  field: 'keys',
  separators: [SEPARATOR.system],
  modifiers: new Set(),
  index(column, value, datatype, sink) {
    if (typeof value !== 'string') return
    sink.key(column.code + SEPARATOR.system + exactKey(value))
    // A canonical with version is also found by its address alone.
    const bar = datatype === 'canonical' ? value.indexOf('|') : -1
    if (bar > 0) sink.key(column.code + SEPARATOR.system + exactKey(value.slice(0, bar)))
  },
  plan(column, criterion) {
    const value = unescapeValue(criterion.value)
    if (value === '') throw new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
    return { kind: 'keys', keys: [column.code + SEPARATOR.system + exactKey(value)] }
  },
}
