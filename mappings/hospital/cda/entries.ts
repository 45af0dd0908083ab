/**
 * Entries of a section as statements: observations coded with a data element (DE…), and what stands around them (procedures, drugs, times,
 * people) under names of ours that begin with @. The same data element stands for different things and is told apart by its
 * displayName or qualifier (DE05.10.172.00 is the name of a disease and of a syndrome), so these are kept beside it.
 */
import { cleanText } from '../../engine/values/text.ts'
import { child, childrenOf, type XmlElement } from '../../parsers/xml.ts'
import { consumableParts, peopleOf, pseudo, timesOf } from './entry-parts.ts'
import type { CdaReader } from './reading.ts'
import type { Statement } from './statement.ts'
import { table } from '../../engine/values/table.ts'

/** What an element holds whose displayName senders leave empty. */
const NAMES: Readonly<Record<string, string>> = table({
  'DE02.10.023.00': '过敏史标志',
  'DE04.50.001.00': 'ABO血型',
  'DE04.50.010.00': 'Rh(D)血型',
  'DE05.01.024.00': '诊断编码',
  'DE06.00.106.00': '输血史标识',
})

/** Elements beside an act that say one thing of it. */
const SINGLE: Readonly<Record<string, readonly [element: string, name: string]>> = table({
  routeCode: ['@route', '用药途径'],
  doseQuantity: ['@dose', '次剂量'],
  rateQuantity: ['@rate', '用药频率'],
  administrationUnitCode: ['@form', '剂型'],
  targetSiteCode: ['@site', '操作部位'],
  methodCode: ['@method', '操作方法'],
  interpretationCode: ['@interpretation', '结果判断'],
  priorityCode: ['@priority', '优先级'],
})
const PEOPLE = new Set(['performer', 'author', 'participant', 'informant'])
/** Read with the act that they belong to, or only frame it. */
const OF_THE_ACT = new Set(['code', 'value', 'text', 'statusCode', 'templateId', 'qualifier'])

/** Statements of a section, one per entry, in order: what belongs together in an entry stays together. */
export function sectionStatements(section: XmlElement, reader: CdaReader): Statement[] {
  return childrenOf(section, 'entry').flatMap((entry) => together(statementsIn(entry, reader), reader.at(entry)))
}

function together(statements: Statement[], at: string): Statement[] {
  if (statements.length < 2) return statements
  return [{ element: '@group', name: '', words: '', parts: statements, at }]
}

function statementsIn(node: XmlElement, reader: CdaReader): Statement[] {
  return node.children.flatMap((one) => statementsOf(one, reader))
}

function statementsOf(node: XmlElement, reader: CdaReader): Statement[] {
  const found = readStatements(node, reader)
  return NEGATED.test(node.attributes.negationInd ?? '') ? found.map(negated) : found
}

const NEGATED = /^(?:true|1)$/i

/** What is said not to be so is no fact of any kind: it stands in the section, as what it is. */
const negated = (one: Statement): Statement => ({
  ...one,
  element: '@negated',
  name: `${one.name}（否定）`,
  words: '',
  parts: one.parts.map(negated),
})

function readStatements(node: XmlElement, reader: CdaReader): Statement[] {
  if (OF_THE_ACT.has(node.name)) return []
  if (PEOPLE.has(node.name)) return peopleOf(node, reader)
  if (node.name === 'effectiveTime') return timesOf(node, reader)
  if (node.name === 'consumable') return consumableParts(node, reader)
  if (node.name === 'id') return pseudo(node, reader, '@number', '编号')
  const single = SINGLE[node.name]
  if (single) return pseudo(node, reader, ...single)
  if (node.name === 'procedure') return [procedure(node, reader)]
  if (node.name === 'substanceAdministration') return [act(node, reader, '@drug', '用药')]
  const code = child(node, 'code')
  // Senders misspell `observation`; a code and a value are what it is known by.
  const isStatement = child(node, 'value') !== undefined || child(node, 'text') !== undefined || /^ob/.test(node.name)
  if (isStatement && hasCode(code, reader)) return [observation(node, code as XmlElement, reader)]
  const inner = statementsIn(node, reader)
  return node.name === 'organizer' || node.name === 'act' ? together(inner, reader.at(node)) : inner
}

const hasCode = (code: XmlElement | undefined, reader: CdaReader): boolean =>
  reader.attribute(code, 'code') !== undefined || reader.attribute(code, 'displayName') !== undefined

/** What an act says in words of its own is a statement as well. */
function act(node: XmlElement, reader: CdaReader, element: string, name: string): Statement {
  const text = pseudo(child(node, 'text'), reader, '@text', '说明')
  return { element, name, words: name, parts: [...text, ...statementsIn(node, reader)], at: reader.at(node) }
}

/** `code` may be a table's code, a data element by mistake, or empty: then the name stands in a part. */
function procedure(node: XmlElement, reader: CdaReader): Statement {
  const found = act(node, reader, '@procedure', '手术操作')
  const code = child(node, 'code')
  const sent = reader.attribute(code, 'code')
  const display = reader.attribute(code, 'displayName')
  if (sent !== undefined && !/^(?:DE|HDSD)\d/.test(sent)) {
    found.code = sent
    const system = code?.attributes.codeSystem
    if (system !== undefined) found.system = system
  }
  const text = display ?? found.code
  if (text !== undefined) found.text = cleanText(text)
  const mood = node.attributes.moodCode
  if (mood !== undefined && PLANNED.has(mood)) found.type = 'planned'
  if (code) found.at = reader.at(code)
  return found
}

const PLANNED = new Set(['RQO', 'INT', 'PRMS', 'PRP', 'APT', 'ARQ', 'DEF'])

function observation(node: XmlElement, code: XmlElement, reader: CdaReader): Statement {
  const value = child(node, 'value')
  const element = reader.attribute(code, 'code') ?? ''
  const qualifier = reader.attribute(child(child(code, 'qualifier'), 'name'), 'displayName')
  const name = reader.attribute(code, 'displayName') ?? qualifier ?? NAMES[element] ?? element
  const words = qualifier === undefined ? name : `${name} ${qualifier}`
  const found: Statement = { element, name, words, parts: statementsIn(node, reader), at: reader.at(value ?? node) }
  if (value) Object.assign(found, statedValue(value, reader))
  // Words that stand beside a number or a code are kept beside it.
  const beside = value && found.text !== undefined && found.type !== 'BL' ? cleanText(reader.text(value) ?? '') : ''
  if (value && beside !== '' && beside !== found.text && beside !== found.code && beside !== found.time)
    found.parts.push({ element: '@text', name: '说明', words: '说明', text: beside, parts: [], at: reader.at(value) })
  const text = found.text === undefined ? reader.text(child(node, 'text')) : undefined
  if (text !== undefined) found.text = cleanText(text)
  return found
}

const CODED = new Set(['CD', 'CE', 'CV', 'CO', 'CS'])
const NUMBERS = new Set(['PQ', 'REAL', 'INT', 'MO'])

/** By xsi:type; what the type leaves open (ST without text but with @value) is looked for where senders put it. */
function statedValue(value: XmlElement, reader: CdaReader): Partial<Statement> {
  const type = value.attributes['xsi:type']?.replace(/^.*:/, '') ?? ''
  const text = (): string | undefined => reader.text(value)
  const plain = (): string | undefined => reader.attribute(value, 'value')
  const display = (): string | undefined => reader.attribute(value, 'displayName')
  if (CODED.has(type) || (type === '' && value.attributes.code !== undefined)) {
    const code = reader.attribute(value, 'code')
    const shown = display() ?? text() ?? reader.text(child(value, 'originalText')) ?? code ?? plain()
    const system = value.attributes.codeSystem
    return {
      type: 'CD',
      ...(code !== undefined && { code, ...(system && { system }) }),
      ...(shown !== undefined && { text: cleanText(shown) }),
    }
  }
  const kind = type === '' ? {} : { type }
  if (type === 'TS') {
    const time = plain() ?? text()
    return time === undefined ? kind : { type, time, text: time }
  }
  if (type === 'BL') return { ...kind, ...truth(plain() ?? text()) }
  const unit = reader.attribute(value, type === 'MO' ? 'currency' : 'unit')
  const shown = NUMBERS.has(type) ? (plain() ?? text() ?? display()) : (text() ?? plain() ?? display())
  return { ...kind, ...(shown !== undefined && { text: cleanText(shown) }), ...(unit !== undefined && { unit }) }
}

const TRUE = /^(?:true|t|yes|y|1|是|有)$/i
const FALSE = /^(?:false|f|no|n|0|否|没有)$/i

/** A word that says neither is no truth value: it stays the word that it is. */
function truth(word: string | undefined): Partial<Statement> {
  if (word === undefined) return {}
  if (TRUE.test(word)) return { text: '是' }
  return FALSE.test(word) ? { text: '否' } : { type: 'ST', text: cleanText(word) }
}
