/** String parameters (R4 search.html 3.1.1.4.8): folded, from the beginning; `:exact` and `:contains`; names also by pinyin. */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { unescapeValue } from '../escape.ts'
import { fold, hasHan, isHan } from '../fold.ts'
import { exactKey, foldedKey, prefixEnd, SEPARATOR } from '../keys.ts'
import { STRING_KEY_MAX } from '../limits.ts'
import { pinyinForms, pinyinOrder } from '../pinyin.ts'
import type { PlanNode } from '../plan.ts'
import type { Column, Criterion, IndexSink, SearchType } from './search-type.ts'

/** Plain strings that are names of people or organisations: pinyin is made of them. True: they begin with a surname. */
const NAME_STRINGS = new Map([
  ['family', true],
  ['given', false],
  ['name', false],
  ['alias', false],
])

const ADDRESS_PARTS = ['text', 'country', 'state', 'city', 'district', 'postalCode'] as const

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  if (datatype === 'HumanName') indexName(column, value as HumanName, sink)
  else if (datatype === 'Address') indexAddress(column, value as Record<string, unknown>, sink)
  else if (typeof value === 'string') {
    const surname = NAME_STRINGS.get(column.code)
    addString(column, value, surname, sink)
    addPlace(column, fold(value), surname === true, sink)
  }
}

/** Where a value stands in an order: one that has Chinese characters by their pinyin, others by their keys. */
function addPlace(column: Column, folded: string, surname: boolean, sink: IndexSink): void {
  if (hasHan(folded)) sink.sort(column.code, foldedKey(pinyinOrder(folded, surname)))
}

/** Folded and exact key; pinyin when `surname` says whether the text begins with a surname. */
function addString(column: Column, text: string, surname: boolean | undefined, sink: IndexSink): void {
  if (text === '') return
  sink.key(column.code + SEPARATOR.exact + exactKey(text))
  addFolded(column, fold(text), surname, sink)
}

function addFolded(column: Column, folded: string, surname: boolean | undefined, sink: IndexSink): void {
  if (folded === '') return
  sink.folded(column.code, foldedKey(folded))
  if (surname !== undefined) for (const form of pinyinForms(folded, surname)) sink.folded(column.code, form)
}

interface HumanName {
  text?: unknown
  family?: unknown
  given?: unknown
  prefix?: unknown
  suffix?: unknown
}

function indexName(column: Column, name: HumanName, sink: IndexSink): void {
  const given = texts(name.given)
  const whole = typeof name.text === 'string' ? name.text : [name.family, ...given].filter((part) => typeof part === 'string').join('')
  addPlace(column, fold(whole), true, sink)
  if (typeof name.family === 'string') addString(column, name.family, true, sink)
  for (const part of given) addString(column, part, false, sink)
  for (const part of [...texts(name.prefix), ...texts(name.suffix)]) addString(column, part, undefined, sink)
  if (typeof name.text === 'string') addString(column, name.text, true, sink)
  if (typeof name.family === 'string' && given.length > 0) {
    const family = fold(name.family)
    const rest = fold(given.join(''))
    addFolded(column, family + rest, true, sink)
    if (!isHan(family)) addFolded(column, rest + family, undefined, sink)
  }
}

/** Each part, and the whole as it is written in China, from the province down. */
function indexAddress(column: Column, address: Record<string, unknown>, sink: IndexSink): void {
  const lines = texts(address.line)
  for (const part of ADDRESS_PARTS) {
    const text = address[part]
    if (typeof text === 'string') addString(column, text, undefined, sink)
  }
  for (const line of lines) addString(column, line, undefined, sink)
  const whole = [address.state, address.city, address.district, ...lines].filter((p) => typeof p === 'string')
  const place = typeof address.text === 'string' ? address.text : whole.join('')
  addPlace(column, fold(place), false, sink)
  if (whole.length > 1) addFolded(column, fold(whole.join('')), undefined, sink)
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []
}

function plan(column: Column, criterion: Criterion): PlanNode {
  const value = unescapeValue(criterion.value)
  if (criterion.modifier === 'exact') {
    if (value === '') throw invalid(criterion)
    return { kind: 'keys', keys: [column.code + SEPARATOR.exact + exactKey(value)] }
  }
  const folded = fold(value)
  if (folded === '' || folded.length > STRING_KEY_MAX) throw invalid(criterion)
  const start = column.code + SEPARATOR.folded
  if (criterion.modifier === 'contains') return { kind: 'keyContains', prefix: start, text: folded }
  return { kind: 'keyRange', from: start + folded, to: prefixEnd(start + folded) }
}

function invalid(criterion: Criterion): OutcomeError {
  return new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
}

export const string: SearchType = {
  field: 'keys',
  separators: [SEPARATOR.exact],
  modifiers: new Set(['exact', 'contains']),
  index,
  plan,
}
