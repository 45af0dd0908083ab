/** Resources made at random along their definitions: not valid in what they say, but of every shape that JSON and XML have. */
import fc from 'fast-check'
import { RESOURCE_TYPES } from '../../server/fhir/resource-types.ts'
import { types } from '../../server/fhir-xml/members.ts'
import type { KeyInfo, TypeNode } from '../../server/validation/type-tree.ts'

type Draw = <T, A extends unknown[]>(make: (...args: A) => fc.Arbitrary<T>, ...args: A) => T

const AWKWARD = [
  '&',
  '<',
  '>',
  '"',
  "'",
  '\t',
  '\n',
  '\r',
  ' ',
  'a',
  '王',
  '😀',
  '\u00a0',
  '\u0085',
  '\u2028',
  ']]>',
  '--',
  '&amp;',
  '\\',
  '\u007f',
]
const awkwardText = () => fc.string({ unit: fc.constantFrom(...AWKWARD), minLength: 1, maxLength: 12 })
const digits = () =>
  fc.oneof(
    fc.constantFrom('0', '-0', '0.0', '1.00', '100', '1e2', '1E-3', '-7.50', '12345678901234567890.10', '0.000001'),
    fc.stringMatching(/^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/),
  )
const integers = () => fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String)
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const narrative = () =>
  awkwardText().map((text) => JSON.stringify(`<div xmlns="http://www.w3.org/1999/xhtml"><p>${escaped(text)}</p><br/></div>`))
const anyType = () => fc.constantFrom(...RESOURCE_TYPES)
const amount = (max: number) => fc.integer({ min: 0, max })
const flag = () => fc.boolean()

export function resourceText(draw: Draw, depth: number, type = draw(anyType)): string {
  const node = types().node(type) as TypeNode
  return `{"resourceType":"${type}"${members(draw, node, depth)
    .map((text) => `,${text}`)
    .join('')}}`
}

function objectText(draw: Draw, node: TypeNode, depth: number): string | undefined {
  const all = members(draw, node, depth)
  return all.length === 0 ? undefined : `{${all.join(',')}}`
}

/** Some members in any order, of a choice at most one type. */
function members(draw: Draw, node: TypeNode, depth: number): string[] {
  const keys = [...node.keys].filter(([key, info]) => !info.sibling && (depth > 0 || info.primitive) && key !== 'resourceType')
  const chosen = new Map<string, string>()
  for (let n = draw(amount, 4); n >= 0 && keys.length > 0; n--) {
    const [key, info] = keys[draw(amount, keys.length - 1)] as [string, KeyInfo]
    if (chosen.has(info.element.name)) continue
    const text = memberText(draw, key, info, depth, isAttribute(node, key, info))
    if (text !== undefined) chosen.set(info.element.name, text)
  }
  return [...chosen.values()]
}

const isAttribute = (node: TypeNode, key: string, info: KeyInfo): boolean =>
  (key === 'id' && info.type === 'string') || (node.path === 'Extension' && key === 'url')

function memberText(draw: Draw, key: string, info: KeyInfo, depth: number, bare: boolean): string | undefined {
  const items = Array.from({ length: info.element.list ? 1 + draw(amount, 2) : 1 }, () => itemOf(draw, info, depth, bare))
  const texts = [
    [key, items.map(([value]) => value)],
    [`_${key}`, items.map(([, sibling]) => sibling)],
  ] as const
  if (!info.primitive && items.some(([value]) => value === undefined)) return undefined
  return texts
    .filter(([, list]) => list.some((one) => one !== undefined))
    .map(([name, list]) => `"${name}":${info.element.list ? `[${list.map((one) => one ?? 'null').join(',')}]` : list[0]}`)
    .join(',')
}

/** A value and, of a primitive, what stands beside it: at least one of the two. */
function itemOf(draw: Draw, info: KeyInfo, depth: number, bare: boolean): [value: string | undefined, sibling?: string] {
  if (info.type === 'xhtml') return [draw(narrative)]
  if (info.type === 'Resource') return [resourceText(draw, depth - 2)]
  if (!info.primitive) {
    const node = info.content()
    return [node && objectText(draw, node, depth - 1)]
  }
  const value = primitive(draw, info.type)
  if (bare || depth < 1 || draw(flag)) return [value]
  const sibling = `{"id":${JSON.stringify(draw(awkwardText))},"extension":[{"url":"urn:x","valueDecimal":${draw(digits)}}]}`
  return draw(flag) ? [value, sibling] : [undefined, sibling]
}

function primitive(draw: Draw, type: string): string {
  if (type === 'boolean') return String(draw(flag))
  if (type === 'decimal') return draw(digits)
  if (['integer', 'unsignedInt', 'positiveInt'].includes(type)) return draw(integers)
  return JSON.stringify(draw(awkwardText))
}
