/** URI parameters: compared as they are, case and all; `:below`, `:above` of addresses, `:contains` (R4 search.html 3.1.1.4.13). */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import { exactKey, prefixEnd, SEPARATOR } from '../keys.ts'
import { PREFIX_LENGTH_MAX } from '../limits.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { Column, Criterion, IndexSink, SearchType } from './search-type.ts'

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  if (typeof value !== 'string') return
  sink.key(column.code + SEPARATOR.system + exactKey(value))
  // A canonical with version is also found by its address alone.
  const bar = datatype === 'canonical' ? value.indexOf('|') : -1
  if (bar > 0) sink.key(column.code + SEPARATOR.system + exactKey(value.slice(0, bar)))
}

function plan(column: Column, criterion: Criterion): PlanNode {
  const value = unescapeValue(criterion.value)
  const start = column.code + SEPARATOR.system
  if (value === '') throw invalid(criterion)
  if (criterion.modifier === undefined) return anyOf([{ kind: 'keys', keys: [start + exactKey(value)] }, ...byVersion(column, criterion)])
  // Of a longer one no more than the beginning stands in the key.
  if (value.length > PREFIX_LENGTH_MAX) throw invalid(criterion)
  if (criterion.modifier === 'contains') return { kind: 'keyContains', prefix: start, text: value }
  // `urn:oid:1.2` is no part of an address: R4 has these modifiers for URLs.
  const [whole, authority] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]+)/.exec(value) ?? []
  if (whole === undefined || authority === undefined) throw invalid(criterion)
  if (criterion.modifier === 'below') return { kind: 'keyRange', from: start + value, to: prefixEnd(start + value) }
  return { kind: 'keys', keys: above(value, whole.length).map((address) => start + exactKey(address)) }
}

/** `url=[address]|[version]` of what has a canonical address: the version stands in an element of its own (R4 search.html#uri). */
function byVersion({ code }: Column, criterion: Criterion): PlanNode[] {
  const [address = '', version = '', ...more] = splitEscaped(criterion.value, '|').map(unescapeValue)
  if (code !== 'url' || address === '' || version === '' || more.length > 0) return []
  return [
    allOf([
      { kind: 'keys', keys: [code + SEPARATOR.system + exactKey(address)] },
      { kind: 'keys', keys: [`version${SEPARATOR.code}${exactKey(version.toLowerCase())}`] },
    ]),
  ]
}

/** The address and all that it is cut at a slash from, with and without that slash, down to the server. */
function above(value: string, server: number): string[] {
  const found = new Set([value, value.slice(0, server)])
  for (let at = value.indexOf('/', server); at >= 0; at = value.indexOf('/', at + 1))
    found.add(value.slice(0, at)).add(value.slice(0, at + 1))
  return [...found]
}

function invalid({ name }: Criterion): OutcomeError {
  return new OutcomeError('parameter-invalid', { expression: [name], params: { name } })
}

export const uri: SearchType = {
  field: 'keys',
  separators: [SEPARATOR.system],
  modifiers: new Set(['below', 'above', 'contains']),
  index,
  plan,
}
