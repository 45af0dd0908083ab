/**
 * Entries of a section: observations coded with a data element (DE…). The same code stands for different things and is told
 * apart by its displayName (DE05.10.172.00 is the name of a disease and of a syndrome), so both are kept together.
 */
import { cleanText } from '../../engine/values/text.ts'
import { child, childrenOf, type XmlElement } from '../../parsers/xml.ts'
import type { CdaReader } from './reading.ts'

export interface Statement {
  /** DE05.01.024.00 */
  element: string
  /** 出院诊断-西医诊断编码 */
  name: string
  /** text, or the display of a code; absent when not filled */
  text?: string
  /** value of a CD */
  code?: string
  /** value of a TS as sent */
  time?: string
  unit?: string
  /** statements in entryRelationships, components and the like */
  parts: Statement[]
  /** where the value stands */
  at: string
}

export function statementsOf(entry: XmlElement, reader: CdaReader): Statement[] {
  return entry.children.flatMap((one) => {
    const code = child(one, 'code')
    const isStatement = code !== undefined && (child(one, 'value') !== undefined || child(one, 'text') !== undefined)
    return isStatement ? [statement(one, code, reader)] : statementsOf(one, reader)
  })
}

function statement(observation: XmlElement, code: XmlElement, reader: CdaReader): Statement {
  const value = child(observation, 'value')
  const element = reader.attribute(code, 'code') ?? ''
  const name = reader.attribute(code, 'displayName') ?? element
  const parts = observation.children.filter((one) => one !== code && one !== value).flatMap((one) => statementsOf(one, reader))
  const found: Statement = { element, name, parts, at: reader.at(value ?? observation) }
  if (value) Object.assign(found, statedValue(value, reader))
  else {
    const text = reader.text(child(observation, 'text'))
    if (text !== undefined) found.text = cleanText(text)
  }
  return found
}

/** By xsi:type; what the type leaves open (ST without text but with @value) is looked for where senders put it. */
function statedValue(value: XmlElement, reader: CdaReader): Partial<Statement> {
  const type = value.attributes['xsi:type']?.replace(/^.*:/, '') ?? ''
  const text = reader.text(value)
  const plain = reader.attribute(value, 'value')
  if (type === 'CD' || type === 'CE' || type === 'CV' || type === 'CO') {
    const code = reader.attribute(value, 'code')
    const display = reader.attribute(value, 'displayName') ?? text
    return { ...(code !== undefined && { code }), ...((display ?? code) !== undefined && { text: cleanText(display ?? code ?? '') }) }
  }
  if (type === 'TS') return plain === undefined ? {} : { time: plain, text: plain }
  if (type === 'BL') return plain === undefined ? {} : { text: plain === 'true' || plain === '1' ? '是' : '否' }
  const unit = reader.attribute(value, type === 'MO' ? 'currency' : 'unit')
  const shown = text ?? plain
  return { ...(shown !== undefined && { text: cleanText(shown) }), ...(unit !== undefined && { unit }) }
}

/** This statement and all within it. */
export function flat(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((one) => [one, ...flat(one.parts)])
}

/** Statements of a section, in order. */
export function sectionStatements(section: XmlElement, reader: CdaReader): Statement[] {
  return childrenOf(section, 'entry').flatMap((entry) => statementsOf(entry, reader))
}
