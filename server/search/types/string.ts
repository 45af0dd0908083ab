/** String parameters (R4 search.html 3.1.1.4.8): folded, from the beginning; `:exact` and `:contains`; names also by pinyin. */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { unescapeValue } from '../escape.ts'
import { fold, foldSoughtName, hasHan, isHan, partsOfName } from '../fold.ts'
import { endOf, exactKey, foldedKey, piecesOf, prefixEnd, SEPARATOR } from '../keys.ts'
import { NAME_PARTS_MAX, STRING_KEY_MAX } from '../limits.ts'
import { pinyinForms, pinyinOrder } from '../pinyin.ts'
import { givenNameIn } from '../surnames.ts'
import { anyOf, type PlanNode } from '../plan.ts'
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
    // Found from its later parts on, it still has the place of its beginning.
    const hasParts = isOfNames(column) && partsOfName(value).length > 1
    addPlace(column, hasHan(value) ? fold(value) : folderOf(column)(value), surname === true, sink, hasParts)
  }
}

/** Where a value stands in an order: Chinese characters by their pinyin. */
function addPlace(column: Column, folded: string, surname: boolean, sink: IndexSink, hasParts = false): void {
  const isChinese = hasHan(folded)
  const place = foldedKey(isChinese ? pinyinOrder(folded, surname) : folded)
  if (folded !== '') sink.sort(column.code, place, isChinese || hasParts)
}

/** Folded and exact key; pinyin when `surname` says whether the text begins with a surname. */
function addString(column: Column, text: string, surname: boolean | undefined, sink: IndexSink): void {
  if (text === '') return
  sink.key(column.code + SEPARATOR.exact + exactKey(text))
  const end = endOf(text)
  if (end !== undefined) sink.key(column.code + SEPARATOR.end + end)
  const folded = folderOf(column)(text)
  addFolded(column, folded, surname, sink)
  for (const piece of piecesOf(folded)) sink.key(column.code + SEPARATOR.piece + piece)
  if (isOfNames(column)) addLaterParts(column, text, sink)
}

function addFolded(column: Column, folded: string, surname: boolean | undefined, sink: IndexSink): void {
  if (folded === '') return
  sink.folded(column.code, foldedKey(folded))
  if (surname !== undefined) for (const form of pinyinForms(folded, surname)) sink.folded(column.code, form)
}

/** 买买提·艾力 is looked for by 艾力 too: a name is found from each of its parts on. */
function addLaterParts(column: Column, text: string, sink: IndexSink): void {
  const parts = partsOfName(text).slice(0, NAME_PARTS_MAX)
  for (let at = 1; at < parts.length; at++) addFolded(column, parts.slice(at).join(''), false, sink)
}

/** Whether its values are names of people or organisations. */
const isOfNames = ({ code, datatypes }: Column): boolean => datatypes.has('HumanName') || NAME_STRINGS.has(code)

/** A name of nothing but punctuation stays as it is. */
const folderOf = (column: Column): ((text: string) => string) => (isOfNames(column) ? (text) => foldSoughtName(text) || fold(text) : fold)

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
  if (typeof name.text === 'string') addGivenName(column, foldSoughtName(name.text), sink)
  const rest = foldSoughtName(given.join(''))
  if (given.length > 1) addFolded(column, rest, false, sink)
  if (typeof name.family === 'string' && given.length > 0) {
    const family = foldSoughtName(name.family)
    addFolded(column, family + rest, true, sink)
    if (!isHan(family)) addFolded(column, rest + family, undefined, sink)
  }
}

/** Many send the name in text alone: 王建国 is found by 建国 as it is where family and given stand apart. */
function addGivenName(column: Column, folded: string, sink: IndexSink): void {
  if (isHan(folded)) addFolded(column, givenNameIn(folded), false, sink)
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
  const folded = folderOf(column)(value)
  if (folded === '' || folded.length > STRING_KEY_MAX) throw invalid(criterion)
  const start = column.code + SEPARATOR.folded
  // Punctuation of names is not in their folded form: where nothing else is looked for, it is found as it was written.
  const asWritten = isOfNames(column) && foldSoughtName(value) === '' ? [column.code + SEPARATOR.exact] : []
  if (criterion.modifier === 'contains')
    return anyOf([
      ...[start, column.code + SEPARATOR.piece].map((prefix) => containing(prefix, folded)),
      ...asWritten.map((prefix) => containing(prefix, value)),
    ])
  const orders = isOfNames(column) ? inOtherOrder(value) : []
  const beginnings = [...new Set([folded, ...orders].map((text) => start + text)), ...asWritten.map((prefix) => prefix + value)]
  return anyOf(beginnings.map((from) => ({ kind: 'keyRange', from, to: prefixEnd(from) })))
}

const containing = (prefix: string, text: string): PlanNode => ({ kind: 'keyContains', prefix, text })

/** `Jianguo Wang` is 王建国, and 艾力·买买提 may be written from its other end: the last part first, or the first one last. */
function inOtherOrder(value: string): string[] {
  const parts = partsOfName(value)
  const [first, ...others] = parts
  if (first === undefined || others.length === 0 || parts.length > NAME_PARTS_MAX) return []
  const last = others.at(-1) as string
  return [[last, first, ...others.slice(0, -1)].join(''), [...others, first].join('')]
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
