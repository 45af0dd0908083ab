/** What stands around an observation, a procedure or a drug: its times, its people, what was given. Each becomes a statement of its own. */
import { cleanText } from '../../engine/values/text.ts'
import { child, childrenOf, type XmlElement } from '../../parsers/xml.ts'
import type { Statement } from './statement.ts'
import { type CdaReader, descendants } from './reading.ts'
import { table } from '../../engine/values/table.ts'

const made = (element: string, name: string, at: string, rest: Partial<Statement> = {}): Statement => ({
  element,
  name,
  words: name,
  parts: [],
  at,
  ...rest,
})

/** A statement of an element's code, display, value and unit, or of its own text; none when nothing is filled. */
export function pseudo(node: XmlElement | undefined, reader: CdaReader, element: string, name: string): Statement[] {
  if (!node) return []
  const code = reader.attribute(node, 'code')
  const value = reader.attribute(node, 'value') ?? reader.attribute(node, 'extension')
  const text = reader.attribute(node, 'displayName') ?? reader.text(node) ?? reader.text(child(node, 'originalText')) ?? value ?? code
  const unit = reader.attribute(node, 'unit')
  const system = node.attributes.codeSystem ?? node.attributes.root
  if (text === undefined) return []
  const rest = {
    text: cleanText(text),
    ...(code !== undefined && { code }),
    ...(unit !== undefined && { unit }),
    ...(system && { system }),
  }
  return [made(element, name, reader.at(node), rest)]
}

function time(node: XmlElement | undefined, reader: CdaReader, element: string, name: string): Statement[] {
  const sent = reader.attribute(node, 'value')
  return node && sent !== undefined ? [made(element, name, `${reader.at(node)}/@value`, { type: 'TS', time: sent, text: sent })] : []
}

/** effectiveTime: a point, or low and high. */
export function timesOf(node: XmlElement, reader: CdaReader): Statement[] {
  return [
    ...time(node, reader, '@time', '时间'),
    ...time(child(node, 'low'), reader, '@begin', '开始时间'),
    ...time(child(node, 'high'), reader, '@end', '结束时间'),
  ]
}

const ROLES: Readonly<Record<string, string>> = table({ performer: '执行者', author: '记录者', participant: '参与者', informant: '陈述者' })
const ORGANIZATION = /rganiz/

/** People by number and name with what they are to the act; substances that a participant names are statements of their own. */
export function peopleOf(node: XmlElement, reader: CdaReader): Statement[] {
  const entity = node.children.find((one) => one.name !== 'time' && one.name !== 'functionCode')
  const substance = descendants(entity, 'playingEntity').find((one) => child(one, 'desc') !== undefined)
  if (substance) return substanceOf(substance, reader)
  const unit = entity?.children.find((one) => ORGANIZATION.test(one.name))
  const person = entity?.children.find((one) => one !== unit && child(one, 'name') !== undefined)
  const number = reader.attribute(child(entity, 'id'), 'extension')
  const role = reader.attribute(child(entity, 'code'), 'displayName')
  const name = reader.text(child(person, 'name'))
  const parts = [...time(child(node, 'time'), reader, '@at', '时间'), ...units(unit, reader)]
  if (number === undefined && name === undefined && parts.length === 0) return []
  const rest = { ...(name !== undefined && { text: cleanText(name) }), ...(number !== undefined && { code: number }), parts }
  return [made(`@${node.name}`, role ?? ROLES[node.name] ?? node.name, reader.at(node), rest)]
}

function units(unit: XmlElement | undefined, reader: CdaReader): Statement[] {
  const organizations = unit ? [unit, ...descendants(unit, 'wholeOrganization')] : []
  return organizations.flatMap((one) => {
    const name = reader.text(child(one, 'name'))
    const code = reader.attribute(child(one, 'id'), 'extension')
    if (name === undefined && code === undefined) return []
    return [made('@unit', '科室', reader.at(one), { text: cleanText(name ?? code ?? ''), ...(code !== undefined && { code }) })]
  })
}

function substanceOf(entity: XmlElement, reader: CdaReader): Statement[] {
  const code = child(entity, 'code')
  const element = reader.attribute(code, 'code')
  const text = reader.text(child(entity, 'desc'))
  const name = reader.attribute(code, 'displayName') ?? '物质'
  return text === undefined ? [] : [made(element ?? '@substance', name, reader.at(entity), { type: 'ST', text: cleanText(text) })]
}

/** The drug or material: its name and code, its number, who made and who supplied it. */
export function consumableParts(node: XmlElement, reader: CdaReader): Statement[] {
  const product = child(node, 'manufacturedProduct')
  const thing = product?.children.find((one) => child(one, 'name') !== undefined || child(one, 'code') !== undefined)
  const makers = [node, product].flatMap((one) => childrenOf(one, 'manufacturerOrganization'))
  const code = reader.attribute(child(thing, 'code'), 'code')
  const name =
    reader.text(child(thing, 'name')) ?? reader.attribute(child(thing, 'code'), 'displayName') ?? reader.text(child(thing, 'value')) ?? code
  const system = child(thing, 'code')?.attributes.codeSystem
  const at = reader.at(thing ?? node)
  return [
    ...(name === undefined
      ? []
      : [made('@name', '名称', at, { text: cleanText(name), ...(code !== undefined && { code, ...(system && { system }) }) })]),
    ...pseudo(child(product, 'id'), reader, '@product', '产品编码'),
    ...pseudo(child(thing, 'lotNumberText'), reader, '@lot', '批号'),
    ...makers.flatMap((maker) => [
      ...pseudo(child(maker, 'name'), reader, '@maker', '生产厂家'),
      ...descendants(maker, 'wholeOrganization').flatMap((one) => pseudo(child(one, 'name'), reader, '@supplier', '供应商')),
    ]),
  ]
}
