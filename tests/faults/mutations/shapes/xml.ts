/** XML documents whose elements, attributes and declarations are broken. */
import type { Random } from '../../support/random.ts'
import type { Mutant, Mutation } from '../mutate.ts'
import { doubledAt, insertedAt, oddValue, textOf, without } from './values.ts'

const onText =
  (kind: string, change: (text: string, random: Random) => string): Mutation =>
  ({ bytes }, random): Mutant => {
    const { text, bytesOf } = textOf(bytes)
    return { kind, bytes: bytesOf(change(text, random)) }
  }

const tokensOf = (text: string): string[] => text.match(/<[^>]*>|[^<]+/g) ?? [text]

const onTokens = (kind: string, change: (tokens: string[], random: Random) => string[]): Mutation =>
  onText(kind, (text, random) => change(tokensOf(text), random).join(''))

const isStart = (token: string): boolean => /^<[A-Za-z_]/.test(token)

/** Positions of one whole element: from its start tag to behind its end tag. */
function elementAt(tokens: readonly string[], random: Random): [number, number] {
  const starts = tokens.flatMap((token, at) => (isStart(token) && at > 3 ? [at] : []))
  if (starts.length === 0) return [0, tokens.length]
  const from = random.pick(starts)
  let depth = 0
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] as string
    if (isStart(token) && !token.endsWith('/>')) depth++
    if (token.startsWith('</')) depth--
    if (depth <= 0) return [from, at + 1]
  }
  return [from, tokens.length]
}

const onElement = (kind: string, change: (element: string[], random: Random) => string[]): Mutation =>
  onTokens(kind, (tokens, random) => {
    const [from, to] = elementAt(tokens, random)
    return [...tokens.slice(0, from), ...change(tokens.slice(from, to), random), ...tokens.slice(to)]
  })

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** One attribute or text, as it stands or made well-formed. */
const valueChanged = (text: string, random: Random): string => {
  const places = [...text.matchAll(/="([^"]*)"|>([^<]+)</g)]
  if (places.length === 0) return text
  const found = random.pick(places)
  const start = (found.index ?? 0) + (found[1] === undefined ? 1 : 2)
  const length = (found[1] ?? found[2] ?? '').length
  const value = random.below(4) === 0 ? oddValue(random) : escaped(oddValue(random))
  return text.slice(0, start) + value + text.slice(start + length)
}

const PIECES = [
  ...[
    '&',
    '&nbsp;',
    '&bogus;',
    '&#0;',
    '&#x110000;',
    '&#xD800;',
    '&#38;#60;',
    '&lt',
    '<![CDATA[',
    '<![CDATA[x]]>',
    ']]>',
    '<!-- -- -->',
    '<!--x-->',
  ],
  ...[
    '<?xml version="1.0"?>',
    '<?php x?>',
    '<',
    '>',
    '<a',
    '</a>',
    '<a/>',
    '<a b=c>',
    '<a b="1" b="2"/>',
    '<x:y/>',
    '<a xmlns:x=""/>',
    '<王/>',
  ],
  ...[
    '<!ENTITY x "y">',
    '<!DOCTYPE a>',
    '<entry/>',
    '<value xsi:type="CD"/>',
    '<value xsi:type="PQ" value="x" unit="%%"/>',
    '<nullFlavor/>',
  ],
]

const FLAVOURS = ['CD', 'PQ', 'BL', 'ST', 'TS', 'IVL_TS', 'REAL', 'ED', '', 'x:y', '__proto__']
const ENTITIES = `<!DOCTYPE ClinicalDocument [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'b'.repeat(n + 1)} "${'&a;'.repeat(9)}">`).join('')}]>`

const behindDeclaration = (text: string, part: string): string => insertedAt(text, /^\s*<\?xml[^>]*\?>/.exec(text)?.[0].length ?? 0, part)

export const XML_MUTATIONS: readonly Mutation[] = [
  onElement('element dropped', () => []),
  onElement('element dropped', () => []),
  onElement('element doubled', (element) => [...element, ...element]),
  onElement('element repeated', (element, random) =>
    Array.from({ length: 1 + random.below(random.below(20) === 0 ? 20_000 : 60) }, () => element)
      .flat()
      .slice(0, 300_000),
  ),
  onElement('element emptied', ([start = '', ...rest]) => [start, ...rest.slice(-1)]),
  onElement('element within itself', (element) => [element[0] ?? '', ...element, ...element.slice(1)]),
  onTokens('elements swapped', (tokens, random) => {
    const [a, b] = [random.below(tokens.length), random.below(tokens.length)]
    return tokens.map((token, at) => (at === a ? (tokens[b] as string) : at === b ? (tokens[a] as string) : token))
  }),
  onTokens('tag dropped', (tokens, random) => without(tokens, random.below(tokens.length))),
  onTokens('tag doubled', (tokens, random) => doubledAt(tokens, random.below(tokens.length))),
  onElement('nested deep', (element, random) => {
    const depth = random.below(random.below(10) === 0 ? 20_000 : 100)
    return [`${'<component>'.repeat(depth)}`, ...element, `${'</component>'.repeat(depth)}`]
  }),
  onText('odd value', valueChanged),
  onText('odd value', valueChanged),
  onText('odd values', (text, random) => Array.from({ length: 5 }).reduce<string>((changed) => valueChanged(changed, random), text)),
  onText('odd piece', (text, random) => insertedAt(text, random.below(text.length), random.pick(PIECES))),
  onText('odd piece', (text, random) => insertedAt(text, random.below(text.length), random.pick(PIECES))),
  onText('another data type', (text, random) =>
    text.replaceAll(/xsi:type="[^"]*"/g, (found) => (random.below(4) === 0 ? `xsi:type="${random.pick(FLAVOURS)}"` : found)),
  ),
  onText('other codes', (text, random) =>
    text.replaceAll(/code="[^"]*"/g, (found) => (random.below(10) === 0 ? `code="${escaped(oddValue(random).slice(0, 200))}"` : found)),
  ),
  onText('attributes gone', (text, random) => text.replaceAll(/ [A-Za-z:]+="[^"]*"/g, (found) => (random.below(20) === 0 ? '' : found))),
  onText('namespaces changed', (text, random) =>
    text.replace(/xmlns="[^"]*"/, random.pick(['', 'xmlns="urn:x"', 'xmlns="urn:hl7-org:v3" xmlns:v3="urn:hl7-org:v3"', 'xmlns=""'])),
  ),
  onText('entities', (text, random) =>
    behindDeclaration(
      text,
      random.pick([ENTITIES, '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">', `<!--${' '.repeat(8000)}-->${ENTITIES}`]),
    ),
  ),
  onText('declaration changed', (text, random) =>
    text.replace(
      /^\s*<\?xml[^>]*\?>/,
      random.pick([
        '',
        '<?xml version="1.1"?>',
        '<?xml?>',
        '<?xml version="1.0" standalone="no"?>',
        ' ',
        '<?xml version="1.0" encoding="UTF-16"?>',
      ]),
    ),
  ),
  onText('very many attributes', (text, random) =>
    text.replace(/<([A-Za-z]+)(?=[ >/])/, (found) => found + Array.from({ length: random.below(3000) }, (_, n) => ` a${n}="1"`).join('')),
  ),
  onText('very long text', (text, random) =>
    text.replace(
      /(<(?:title|name|text|content|DE02[^>]*)>)/,
      (found) => found + random.pick(['王', 'a ', '9', '&amp;']).repeat(random.below(300_000)),
    ),
  ),
]
