/** JSON messages whose members, values and text are broken. */
import type { Random } from '../../support/random.ts'
import type { Mutant, Mutation } from '../mutate.ts'
import { insertedAt, oddValue, shuffled, textOf } from './values.ts'

type Holder = Record<string, unknown>
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null

/** What is nested deeper was made so by a mutation before, and is left as it is. */
const PLACE_DEPTH_MAX = 64

function places(value: unknown, path: string[] = []): string[][] {
  const below =
    isHolder(value) && path.length < PLACE_DEPTH_MAX ? Object.entries(value).flatMap(([key, child]) => places(child, [...path, key])) : []
  return path.length > 0 ? [path, ...below] : below
}

const holderOf = (body: unknown, path: readonly string[]): unknown =>
  path.slice(0, -1).reduce<unknown>((node, key) => (isHolder(node) ? node[key] : undefined), body)

const onPlace =
  (kind: string, change: (holder: Holder, key: string, random: Random) => void): Mutation =>
  ({ bytes }, random): Mutant => {
    const body: unknown = JSON.parse(textOf(bytes).text)
    for (let count = 1 + random.below(3); count > 0; count--) {
      const all = places(body)
      if (all.length === 0) break
      const path = random.pick(all)
      const holder = holderOf(body, path)
      if (isHolder(holder)) change(holder, path.at(-1) as string, random)
    }
    return { kind, bytes: Buffer.from(JSON.stringify(body)) }
  }

const onText =
  (kind: string, change: (text: string, random: Random) => string): Mutation =>
  ({ bytes }, random): Mutant => {
    const { text, bytesOf } = textOf(bytes)
    return { kind, bytes: bytesOf(change(text, random)) }
  }

const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner, _, at) => (at % 2 === 0 ? [inner] : { a: inner }), 'x')

const ODD_TYPES: readonly (() => unknown)[] = [
  ...[() => null, () => true, () => 0, () => -1.5, () => [], () => ({}), () => [[]], () => [null], () => ['x'], () => ({ toString: 'x' })],
  ...[
    () => Number.MAX_SAFE_INTEGER + 2,
    () => 1e-300,
    () => Array.from({ length: 3000 }, () => ({})),
    () => '\ud800',
    () => 'x'.repeat(200_000),
  ],
]

const TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '\\u0000',
    'NaN',
    'Infinity',
    '0x10',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e999999',
    "'",
  ],
  ...[
    'undefined',
    '//',
    '/* */',
    '\t',
    '\n',
    '\u0000',
    '"__proto__":{"x":1},',
    '"constructor":{},',
    ',,',
    '"a":1,"a":2,',
    '\ufeff',
    '1'.repeat(5000),
  ],
]

export const JSON_MUTATIONS: readonly Mutation[] = [
  onPlace('member dropped', (holder, key) => {
    delete holder[key]
  }),
  onPlace('member doubled', (holder, key) => {
    if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]))
    else holder[`${key}2`] = structuredClone(holder[key])
  }),
  onPlace('odd value', (holder, key, random) => {
    holder[key] = oddValue(random)
  }),
  onPlace('odd value', (holder, key, random) => {
    holder[key] = oddValue(random)
  }),
  onPlace('another type', (holder, key, random) => {
    holder[key] = random.pick(ODD_TYPES)()
  }),
  onPlace('another type', (holder, key, random) => {
    holder[key] = random.pick(ODD_TYPES)()
  }),
  onPlace('list or none', (holder, key) => {
    holder[key] = Array.isArray(holder[key]) ? (holder[key] as unknown[])[0] : [holder[key]]
  }),
  onPlace('list repeated', (holder, key, random) => {
    const list = holder[key]
    if (Array.isArray(list)) holder[key] = Array.from({ length: 1 + random.below(random.below(20) === 0 ? 3000 : 60) }, () => list).flat()
  }),
  onPlace('nested deep', (holder, key, random) => {
    holder[key] = nested(random.below(random.below(4) === 0 ? 2000 : 40))
  }),
  onPlace('members in another order', (holder, key, random) => {
    const inner = holder[key]
    if (isHolder(inner) && !Array.isArray(inner)) holder[key] = Object.fromEntries(shuffled(Object.entries(inner), random))
  }),
  onText('odd token', (text, random) => insertedAt(text, random.below(text.length), random.pick(TOKENS))),
  onText('odd token', (text, random) => insertedAt(text, random.below(text.length), random.pick(TOKENS))),
  onText('key doubled', (text, random) =>
    text.replaceAll(/"([a-z_]+)"\s*:/g, (found, key: string) => (random.below(8) === 0 ? `"${key}":"",${found}` : found)),
  ),
  onText('quotes gone', (text, random) => text.replaceAll('"', (found) => (random.below(30) === 0 ? '' : found))),
  onText('numbers as numbers', (text, random) =>
    text.replaceAll(/"(-?\d+(?:\.\d+)?)"/g, (found, digits: string) => (random.below(2) === 0 ? digits : found)),
  ),
  onText('behind the end', (text, random) => text + random.pick(['}', 'x', '{"a":1}', ',', '\n\n{}', '\u0000', ' '.repeat(100_000)])),
  onText('very many items', (text, random) => text.replace(/\[/, `[${'{},'.repeat(random.below(random.below(10) === 0 ? 60_000 : 500))}`)),
]

/** Other messages of their own, so that each is a delivery; with line ends gone, as files of one on each line have them. */
const another = (line: string, n: number): string => line.replaceAll(/"(msgid|inf_refmsgid)"\s*:\s*"([^"]+)"/g, `"$1":"$2n${n}"`)

/** A file of one message on each line, some of them broken by the other mutations. */
export const linesOf: Mutation = (sample, random) => {
  const line = JSON.stringify(JSON.parse(textOf(sample.bytes).text))
  const lines: Buffer[] = []
  const kinds = new Set<string>()
  for (let n = 0, count = 1 + random.below(6); n < count; n++) {
    const own = { ...sample, bytes: Buffer.from(another(line, n)) }
    const broken = random.below(3) === 0 ? random.pick(JSON_MUTATIONS)(own, random) : undefined
    if (broken) kinds.add(broken.kind)
    lines.push(Buffer.from((broken?.bytes ?? own.bytes).toString('latin1').replaceAll('\n', ' '), 'latin1'))
  }
  const end = random.pick(['\n', '\r\n', '\n\n'])
  // A list of several persons (4102) is a record for each: a broken one may be of a person and of nobody.
  const isOneEach = kinds.size === 0 || !/"infno"\s*:\s*"4102"/.test(line)
  // What begins like a list is read as one.
  const counted = isOneEach && lines[0]?.toString('latin1').trimStart().startsWith('{') ? { records: lines.length } : {}
  return { kind: `lines: ${[...kinds][0] ?? 'sound'}`, bytes: Buffer.concat(lines.flatMap((one) => [one, Buffer.from(end)])), ...counted }
}

/** The same as a list. */
export const listOf: Mutation = (sample, random) => {
  const message = textOf(sample.bytes).text
  const parts = Array.from({ length: random.below(6) }, (_, n) => another(message, n))
  const odd = random.pick(['', '1', 'null', '"x"', '[]', '{}', '{', 'x'])
  const list = odd === '' ? parts : [...parts, odd]
  return {
    kind: 'list',
    bytes: Buffer.from(`[${list.join(random.pick([',', ' ,\n', ',']))}]`),
    ...(odd === '' && parts.length > 0 ? { records: parts.length } : {}),
  }
}
