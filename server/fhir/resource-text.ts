/**
 * Lossless JSON. A resource is kept as text; its parsed form is for reading only. Numbers whose text is not what
 * JavaScript would print (`1.00`, 20 digits, `1E-3`) are remembered per object and key.
 */
import type { IssueCode } from '../outcome/issues.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { withoutCdata } from './cdata.ts'
import { faultAt, faultIn } from './json-fault.ts'
import { writtenOtherwise } from './number-texts.ts'
import type { FhirResource } from './types.ts'

/** Source text of numbers that JavaScript would print differently. */
export class DecimalTexts {
  #texts = new Map<object, Map<string, string>>()

  set(holder: object, key: string, text: string): void {
    const known = this.#texts.get(holder)
    if (known) known.set(key, text)
    else this.#texts.set(holder, new Map([[key, text]]))
  }

  /** The number as it was written, e.g. `1.00`. */
  text(holder: object, key: string | number): string {
    return this.#texts.get(holder)?.get(String(key)) ?? String((holder as Record<string | number, unknown>)[key])
  }
}

export interface ParsedResource {
  resource: FhirResource
  /** compact JSON text, exactly as sent but for white space between tokens, and CDATA of narratives (cdata.ts) */
  text: string
  decimals: DecimalTexts
}

export const DEPTH_MAX = 64
/** objects and lists of one text; the largest bundles have some hundred thousand */
export const NODES_MAX = 500_000
/** items of one list: each that is wrong costs the validator an error of its own */
export const ITEMS_MAX = 50_000

/**
 * Parses one JSON object. Refuses: bad UTF-8, bad JSON, depth over DEPTH_MAX, more than NODES_MAX or ITEMS_MAX, duplicate
 * keys, `__proto__` keys.
 * @throws OutcomeError json-invalid | json-depth | json-nodes | json-items | json-duplicate-key | charset-invalid
 */
export function parseResource(bytes: Uint8Array | string): ParsedResource {
  const source = typeof bytes === 'string' ? bytes : decodeUtf8(bytes)
  const text = scan(source)
  const decimals = new DecimalTexts()
  // Parsed as it came: without its white space, `[1 2]` would be the valid `[12]`.
  const parsed = parseJson(source, SUSPECT_NUMBER.test(text), decimals, text === source)
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) throw new OutcomeError('json-not-object')
  const resource = parsed as FhirResource
  if (typeof resource.resourceType !== 'string') throw new OutcomeError('resource-type-missing', { expression: ['resourceType'] })
  const plain = withoutCdata(text)
  return plain === text ? { resource, text, decimals } : parseResource(plain)
}

/** Compact JSON of the server's own, stored or just made: it was looked through when it came, and an answer may hold more than a body. */
export function parseStored(text: string): Omit<ParsedResource, 'text'> {
  const decimals = new DecimalTexts()
  return { resource: parseJson(text, SUSPECT_NUMBER.test(text), decimals, true) as FhirResource, decimals }
}

/**
 * Compact JSON that the server has just made of values of its own, so that no key stands twice. What is short can pass none of the bounds
 * but that of depth, and is not looked through.
 * @throws OutcomeError json-depth | json-nodes | json-items
 */
export function parseMade(text: string): ParsedResource {
  if (text.length > MADE_LENGTH_MAX) return parseResource(text)
  const made = parseStored(text)
  return opens(text, DEPTH_MAX) && isDeeper(made.resource, DEPTH_MAX) ? parseResource(text) : { ...made, text }
}

/** Has fewer items than ITEMS_MAX, since each has a comma. */
const MADE_LENGTH_MAX = ITEMS_MAX

/** Whether it is nested in more than so many levels. */
function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false
  if (levels === 0) return true
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true
  return false
}

/** Whether more than `most` braces and brackets stand in it, those in strings counted. */
function opens(text: string, most: number): boolean {
  let left = most
  for (const mark of '{[') {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) if (left-- <= 0) return true
  }
  return false
}

/**
 * The compact text of any JSON, with the same refusals.
 * @throws OutcomeError as `parseResource` does
 */
export function compactJson(bytes: Uint8Array | string): string {
  const source = typeof bytes === 'string' ? bytes : decodeUtf8(bytes)
  const text = scan(source)
  parseJson(source, false, new DecimalTexts())
  return text
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** @throws OutcomeError charset-invalid */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new OutcomeError('charset-invalid')
  }
}

/**
 * Numbers in compact JSON whose text may differ from what JavaScript prints: a zero at the end of the fraction, an exponent,
 * more than 15 digits, less than 0.00001, minus zero. What looks like one inside a string only costs time.
 */
const SUSPECT_NUMBER = /[:[,]-?(?:\d+(?:\.\d+)?[eE]|\d+\.\d*0[,\]}]|[\d.]{16}|0\.00000|(?<=-)0[,\]}])/

/** Node's reviver is four times slower than plain parsing: it runs where texts of numbers are to be kept that cannot be told otherwise. */
function parseJson(source: string, keepTexts: boolean, decimals: DecimalTexts, isCompact = false): unknown {
  try {
    if (!keepTexts) return JSON.parse(source)
    if (isCompact) {
      const parsed: unknown = JSON.parse(source)
      const written = writtenOtherwise(source, parsed)
      for (const { holder, key, text } of written ?? []) decimals.set(holder, key, text)
      if (written) return parsed
    }
    return JSON.parse(source, function keepNumberText(this: object, key: string, value: unknown, context?: { source?: string }) {
      if (typeof value === 'number' && context?.source !== undefined && context.source !== String(value)) {
        decimals.set(this, key, context.source)
      }
      return value
    } as (this: unknown, key: string, value: unknown) => unknown)
  } catch {
    throw notJson(source)
  }
}

function notJson(source: string): OutcomeError {
  const place = faultIn(source)
  return new OutcomeError('json-invalid', { params: { ...place }, place })
}

const QUOTE = 34
const BACKSLASH = 92

/** One pass over the text: depth, duplicate and forbidden keys; answers the text without white space between tokens. */
function scan(source: string): string {
  const keys: (Set<string> | null)[] = []
  /** by depth: where the key stands whose value is read */
  const keyAt: number[] = []
  const refuse = (code: IssueCode, max?: number): never => {
    const place = placeOf(source, keys, keyAt, items)
    throw new OutcomeError(code, { ...(place === '' ? {} : { expression: [place] }), ...(max === undefined ? {} : { params: { max } }) })
  }
  let compact = ''
  let copied = 0
  let expectKey = false
  let nodes = 0
  const items: number[] = []
  let at = 0
  while (at < source.length) {
    const c = source.charCodeAt(at)
    if (c === QUOTE) {
      const end = stringEnd(source, at)
      if (expectKey) {
        keyAt[keys.length] = at
        const flaw = flawOfKey(keys[keys.length - 1], source, at, end)
        // What stopped being JSON before has no keys.
        if (flaw) throw faultAt(source) < at ? notJson(source) : refuse(flaw)
        expectKey = false
      }
      at = end
    } else if (c === 123 || c === 91) {
      if (keys.length >= DEPTH_MAX) refuse('json-depth', DEPTH_MAX)
      if (++nodes > NODES_MAX) refuse('json-nodes', NODES_MAX)
      keys.push(c === 123 ? new Set() : null)
      items[keys.length] = 0
      keyAt[keys.length] = -1
      expectKey = c === 123
      at++
    } else if (c === 125 || c === 93) {
      keys.pop()
      expectKey = false
      at++
    } else if (c === 44) {
      expectKey = keys[keys.length - 1] instanceof Set
      items[keys.length] = (items[keys.length] ?? 0) + 1
      if ((items[keys.length] as number) >= ITEMS_MAX) refuse('json-items', ITEMS_MAX)
      at++
    } else if (c === 32 || c === 10 || c === 13 || c === 9) {
      compact += source.slice(copied, at)
      while (at < source.length && isSpace(source.charCodeAt(at))) at++
      copied = at
    } else at++
  }
  return copied === 0 ? source : compact + source.slice(copied)
}

function isSpace(c: number): boolean {
  return c === 32 || c === 10 || c === 13 || c === 9
}

/** Where the string ends that begins with the quote at `start`: behind its closing quote. */
export function stringEnd(source: string, start: number): number {
  let at = start + 1
  for (;;) {
    const quote = source.indexOf('"', at)
    if (quote < 0) throw notJson(source)
    let slashes = 0
    while (source.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

function flawOfKey(known: Set<string> | null | undefined, source: string, at: number, end: number): IssueCode | undefined {
  const key = unescapeKey(source, at, end)
  if (key === '__proto__') return 'json-forbidden-key'
  if (known?.has(key)) return 'json-duplicate-key'
  known?.add(key)
  return undefined
}

function unescapeKey(source: string, at: number, end: number): string {
  const quoted = source.slice(at, end)
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw notJson(source)
  }
}

/** The place that is read, as a path from the resource: `name[0].given`. A key that is no element's name is not repeated. */
function placeOf(source: string, keys: readonly (Set<string> | null)[], keyAt: readonly number[], items: readonly number[]): string {
  let place = ''
  keys.forEach((known, index) => {
    const at = keyAt[index + 1] ?? -1
    if (!known) place += `[${items[index + 1] ?? 0}]`
    else if (at >= 0) {
      const key = source.slice(at + 1, stringEnd(source, at) - 1)
      place += `${place === '' ? '' : '.'}${/^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(key) ? key : '?'}`
    }
  })
  return place
}

/**
 * The resource's text with the server's id, meta.versionId and meta.lastUpdated set and all else as it was. An id or meta
 * that is there keeps its place; a missing one goes behind resourceType.
 */
export function stampText(text: string, stamp: { id: string; versionId: string; lastUpdated: string }): string {
  const meta = plainMeta(text, stamp.id)
  if (meta === undefined) return stampedText(text, stamp)
  const { versionId, lastUpdated } = stamp
  const comma = text.startsWith('}', meta) ? '' : ','
  const members = `"versionId":${JSON.stringify(versionId)},"lastUpdated":${JSON.stringify(lastUpdated)}${comma}`
  return text.slice(0, meta) + members + text.slice(meta)
}

const TYPE_FRONT = '{"resourceType":"'

/** Where the members of the meta begin in what the server has folded: type, this id and meta in front, and no stamp yet. */
function plainMeta(text: string, id: string): number | undefined {
  if (!text.startsWith(TYPE_FRONT)) return undefined
  const behindType = text.indexOf('"', TYPE_FRONT.length) + 1
  const between = `,"id":${JSON.stringify(id)},"meta":{`
  if (!text.startsWith(between, behindType)) return undefined
  const at = behindType + between.length
  // Wherever the names stand, and what could be them in escapes: then each member is looked at.
  const mayBeStamped = text.includes('"versionId"', at) || text.includes('"lastUpdated"', at) || text.includes('\\u', at)
  return mayBeStamped ? undefined : at
}

function stampedText(text: string, stamp: { id: string; versionId: string; lastUpdated: string }): string {
  const { id, meta, resourceType } = headOf(text)
  const behind = id ?? resourceType
  if (!behind) return stampedText(`{"id":""${text.length > 2 ? ',' : ''}${text.slice(1)}`, stamp)
  const idText = JSON.stringify(stamp.id)
  const metaText = stampedMeta(meta ? text.slice(meta.valueStart, meta.valueEnd) : '{}', stamp)
  const missing = (key: string, value: string): Edit => ({ start: behind.valueEnd, end: behind.valueEnd, put: `,"${key}":${value}` })
  const idEdit = id ? { start: id.valueStart, end: id.valueEnd, put: idText } : missing('id', idText)
  const metaEdit = meta ? { start: meta.valueStart, end: meta.valueEnd, put: metaText } : missing('meta', metaText)
  const [first, second] = idEdit.start <= metaEdit.start ? [idEdit, metaEdit] : [metaEdit, idEdit]
  return text.slice(0, first.start) + first.put + text.slice(first.end, second.start) + second.put + text.slice(second.end)
}

interface Edit {
  start: number
  end: number
  put: string
}

/** Members that are missing go to the front, versionId before lastUpdated; a meta that is no object gives way. */
function stampedMeta(text: string, { versionId, lastUpdated }: { versionId: string; lastUpdated: string }): string {
  const all = text.startsWith('{') ? members(text) : []
  const wanted = { versionId: JSON.stringify(versionId), lastUpdated: JSON.stringify(lastUpdated) }
  const missing = Object.entries(wanted).flatMap(([key, value]) => (all.some((one) => one.key === key) ? [] : [`"${key}":${value}`]))
  let out = ''
  let copied = 1
  for (const { key, valueStart, valueEnd } of all) {
    if (key !== 'versionId' && key !== 'lastUpdated') continue
    out += text.slice(copied, valueStart) + wanted[key]
    copied = valueEnd
  }
  const rest = all.length === 0 ? '}' : text.slice(copied)
  return `{${missing.join(',')}${missing.length > 0 && all.length > 0 ? ',' : ''}${out}${rest}`
}

interface Member {
  key: string
  valueStart: number
  valueEnd: number
}

/** Members of a compact JSON object text, by position. */
export function members(text: string): Member[] {
  const found: Member[] = []
  for (let member = memberAt(text, 1); member; member = memberAt(text, member.valueEnd + 1)) found.push(member)
  return found
}

function memberAt(text: string, at: number): Member | undefined {
  if (at >= text.length || text.charCodeAt(at) !== QUOTE) return undefined
  const keyEnd = stringEnd(text, at)
  const valueStart = keyEnd + 1
  return { key: unescapeKey(text, at, keyEnd), valueStart, valueEnd: skipValue(text, valueStart) }
}

type Head = Partial<Record<'id' | 'meta' | 'resourceType', Member>>

/** The members that a stamp is about. Most resources begin with them: what is behind is not looked at. */
function headOf(text: string): Head {
  const head: Head = {}
  for (let member = memberAt(text, 1); member; member = memberAt(text, member.valueEnd + 1)) {
    if (member.key === 'id' || member.key === 'meta' || member.key === 'resourceType') head[member.key] ??= member
    if (head.id && head.meta && head.resourceType) break
  }
  return head
}

/** Texts of the items of a compact JSON array: an array is read as an object whose keys are left out. */
export function arrayItems(text: string): string[] {
  const items: string[] = []
  let depth = 0
  let start = 1
  let inString = false
  for (let at = 1; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (inString) {
      if (c === 92) at++
      else if (c === 34) inString = false
    } else if (c === 34) inString = true
    else if (c === 123 || c === 91) depth++
    else if ((c === 125 || c === 93) && depth > 0) depth--
    else if (c === 44 && depth === 0) {
      items.push(text.slice(start, at))
      start = at + 1
    } else if (c === 93 && depth === 0) {
      if (at > start) items.push(text.slice(start, at))
      break
    }
  }
  return items
}

/** Where the value of compact JSON that begins at `start` ends. */
export function skipValue(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c === QUOTE) {
      at = stringEnd(text, at)
      continue
    }
    if (c === 123 || c === 91) depth++
    else if (c === 125 || c === 93) {
      if (depth === 0) return at
      depth--
    } else if (c === 44 && depth === 0) return at
    at++
  }
  return at
}

/** The text with another meta: every other member keeps its bytes. */
export function withMeta(text: string, meta: string): string {
  const known = members(text).find(({ key }) => key === 'meta')
  if (known) return text.slice(0, known.valueStart) + meta + text.slice(known.valueEnd)
  return `${text.slice(0, -1)},"meta":${meta}}`
}
