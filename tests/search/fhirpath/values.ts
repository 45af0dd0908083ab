/** What a search value says of an element, by the words of R4 search.html and by docs/api.md where R4 leaves it open. */
import type { Element } from './parameters.ts'

/** Whether one element is what one value of a criterion asks for. Values are escaped texts. */
export type Test = (element: Element, value: string, context: Context) => boolean

export interface Context {
  modifier: string | undefined
  code: string
  /** FHIR base of the server */
  base: string
  /** milliseconds since 1970 */
  now: number
}

/** At the unescaped separators. */
export function parts(value: string, separator: string): string[] {
  const found = ['']
  for (const token of value.match(/\\.|[^\\]/gsu) ?? []) {
    if (token === separator) found.push('')
    else found[found.length - 1] += token
  }
  return found
}

export const plain = (value: string): string => value.replace(/\\([\\,|$])/g, '$1')

interface Coding {
  system?: string
  code?: string
}

interface Identifier {
  system?: string
  value?: string
  type?: { coding?: Coding[] }
}

export const token: Test = ({ datatype, value }, asked, { modifier }) => {
  const codings = codingsOf(datatype, value)
  if (modifier === 'of-type') return isOfType(value as Identifier, asked)
  const [first = '', code] = parts(asked, '|').map(plain)
  if (modifier === 'in') return codings.some((c) => (VALUE_SETS[first] ?? []).includes(c.code ?? ''))
  if (modifier === 'below') return codings.some((c) => c.system === first && (c.code ?? '').startsWith(code as string))
  if (modifier === 'above')
    return codings.some((c) => c.system === first && (c.code ?? '').length >= 3 && (code as string).startsWith(c.code as string))
  if (code === undefined) return codings.some((c) => c.code === first)
  const systemIs = (c: Coding) => (c.system ?? '') === first
  return code === '' ? codings.some(systemIs) : codings.some((c) => systemIs(c) && c.code === code)
}

/** http://hl7.org/fhir/R4/valueset-administrative-gender.html */
export const VALUE_SETS: Record<string, readonly string[]> = {
  'http://hl7.org/fhir/ValueSet/administrative-gender': ['male', 'female', 'other', 'unknown'],
}

function codingsOf(datatype: string, value: unknown): Coding[] {
  if (datatype === 'CodeableConcept') return (value as { coding?: Coding[] }).coding ?? []
  if (datatype === 'Coding') return [value as Coding]
  if (datatype === 'Identifier') return [{ ...(value as Coding), ...codeOf(value) }]
  if (datatype === 'ContactPoint') return [codeOf(value)]
  return [{ code: String(value) }]
}

const codeOf = (value: unknown): Coding => {
  const text = (value as Identifier).value
  return text === undefined ? {} : { code: text }
}

function isOfType(identifier: Identifier, asked: string): boolean {
  const [system, code, value] = parts(asked, '|').map(plain)
  return identifier.value === value && (identifier.type?.coding ?? []).some((c) => c.system === system && c.code === code)
}

/** R4: case and accents do not count; of ours: width, spaces, traditional characters, pinyin of names (docs/api.md). */
export const fold = (text: string): string =>
  [
    ...text
      .normalize('NFKC')
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}|\s|·/gu, ''),
  ]
    .map((c) => SIMPLIFIED[c] ?? c)
    .join('')

const SIMPLIFIED: Record<string, string> = { 張: '张', 國: '国' }
/** Characters with one reading. */
const PINYIN: Record<string, string> = { 王: 'wang', 张: 'zhang', 李: 'li', 建: 'jian', 国: 'guo', 三: 'san', 医: 'yi', 院: 'yuan' }
const NAMES: ReadonlySet<string> = new Set(['family', 'given', 'name', 'alias'])

export const string: Test = ({ datatype, value }, asked, { modifier, code }) => {
  const sought = plain(asked)
  if (modifier === 'exact') return stringsOf(datatype, value).includes(sought)
  const forms = foldedOf(datatype, value, NAMES.has(code))
  return forms.some((form) => (modifier === 'contains' ? form.includes(fold(sought)) : form.startsWith(fold(sought))))
}

interface Strings {
  family?: string
  given?: string[]
  prefix?: string[]
  suffix?: string[]
  text?: string
  line?: string[]
  city?: string
  district?: string
  state?: string
  country?: string
  postalCode?: string
}

function stringsOf(datatype: string, value: unknown): string[] {
  if (datatype !== 'HumanName' && datatype !== 'Address') return [String(value)]
  const { family, given, prefix, suffix, text, line, city, district, state, country, postalCode } = value as Strings
  return [family, given, prefix, suffix, text, line, city, district, state, country, postalCode].flat().filter((one) => one !== undefined)
}

function foldedOf(datatype: string, value: unknown, isName: boolean): string[] {
  const own = stringsOf(datatype, value).map(fold)
  if (datatype === 'Address') {
    const { state, city, district, line = [] } = value as Strings
    return [...own, fold([state, city, district, ...line].filter((one) => one !== undefined).join(''))]
  }
  if (datatype !== 'HumanName') return isName ? withPinyin(own) : own
  const { family, given = [] } = value as Strings
  if (family === undefined || given.length === 0) return withPinyin(own)
  const whole = [fold(family) + fold(given.join(''))]
  return withPinyin([...own, ...whole, ...(/\p{Script=Han}/u.test(family) ? [] : [fold(given.join('')) + fold(family)])])
}

/** 张Mary: Latin letters and digits stand as they are, among syllables and among initials. */
const withPinyin = (texts: string[]): string[] =>
  texts.flatMap((text) => {
    if (!/^[\p{Script=Han}a-z0-9]+$/u.test(text) || !/\p{Script=Han}/u.test(text)) return [text]
    const syllables = (text.match(/\p{Script=Han}|[a-z0-9]+/gu) ?? []).map((part) =>
      /[a-z0-9]/.test(part) ? [part, part] : readingOf(part),
    )
    if (syllables.some(([s]) => s === undefined)) return [text]
    return [text, syllables.map(([s]) => s).join(''), syllables.map(([, initial]) => initial).join('')]
  })

const readingOf = (character: string): (string | undefined)[] => [PINYIN[character], PINYIN[character]?.[0]]

interface Interval {
  lo: number
  hi: number
}

const EVER: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY }

/** [lo, hi) of a date at its precision; without a zone it is China's. */
export function interval(text: string): Interval {
  const [date = '', time] = text.split('T')
  const [year = 0, month, day] = date.split('-').map(Number)
  if (time === undefined) {
    const lo = Date.UTC(year, (month ?? 1) - 1, day ?? 1)
    const hi = day !== undefined ? lo + 86_400_000 : month !== undefined ? Date.UTC(year, month, 1) : Date.UTC(year + 1, 0, 1)
    return { lo: lo - 8 * 3_600_000, hi: hi - 8 * 3_600_000 }
  }
  const lo = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}+08:00`)
  const clock = time.replace(/(?:Z|[+-]\d\d:\d\d)$/, '')
  return { lo, hi: lo + (clock.includes('.') ? 1 : clock.length > 5 ? 1000 : 60_000) }
}

function dateOf({ datatype, value }: Element): Interval | undefined {
  if (typeof value === 'string') return interval(value)
  if (datatype !== 'Period') return undefined
  const { start, end } = value as { start?: string; end?: string }
  if (start === undefined && end === undefined) return undefined
  return { lo: start === undefined ? EVER.lo : interval(start).lo, hi: end === undefined ? EVER.hi : interval(end).hi }
}

const prefixed = (value: string): { prefix: string; rest: string } => {
  const [, prefix = 'eq', rest = value] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(.+)$/s.exec(value) ?? []
  return { prefix, rest }
}

/** R4 search.html, prefixes: of a resource value and a search value that are both ranges. */
export const date: Test = (element, asked, { now }) => {
  const has = dateOf(element)
  if (!has) return false
  const { prefix, rest } = prefixed(asked)
  const sought = interval(rest)
  const contained = sought.lo <= has.lo && has.hi <= sought.hi
  const reachesAbove = has.hi > sought.hi
  const reachesBelow = has.lo < sought.lo
  switch (prefix) {
    case 'eq':
      return contained
    case 'ne':
      return !contained
    case 'gt':
      return reachesAbove
    case 'lt':
      return reachesBelow
    case 'ge':
      return reachesAbove || contained
    case 'le':
      return reachesBelow || contained
    case 'sa':
      return has.lo >= sought.hi
    case 'eb':
      return has.hi <= sought.lo
    default: {
      const slack = Math.abs(now - (sought.lo + sought.hi) / 2) / 10
      return has.lo < sought.hi + slack && has.hi > sought.lo - slack
    }
  }
}

/** Both ends belong to it, unless they are open. */
interface Numbers extends Interval {
  openLo?: boolean
  openHi?: boolean
}

interface Quantity {
  value?: number
  comparator?: string
  system?: string
  code?: string
  unit?: string
  low?: Quantity
  high?: Quantity
}

function numbersOf({ datatype, value }: Element): Numbers | undefined {
  if (typeof value === 'number') return { lo: value, hi: value }
  const q = value as Quantity
  if (datatype === 'Range') {
    if (q.low?.value === undefined && q.high?.value === undefined) return undefined
    return { lo: q.low?.value ?? EVER.lo, hi: q.high?.value ?? EVER.hi }
  }
  if (q.value === undefined) return undefined
  if (q.comparator === '<' || q.comparator === '<=') return { lo: EVER.lo, hi: q.value, openHi: q.comparator === '<' }
  if (q.comparator === '>' || q.comparator === '>=') return { lo: q.value, hi: EVER.hi, openLo: q.comparator === '>' }
  return { lo: q.value, hi: q.value }
}

/** `5.4` is all that is written so when rounded; `gt` and the like compare with the number itself. */
export const number: Test = (element, asked) => {
  const has = numbersOf(element)
  return has !== undefined && compares(has, plain(asked))
}

function compares(has: Numbers, asked: string): boolean {
  const { prefix, rest } = prefixed(asked)
  const x = Number(rest)
  // Half of the last digit, as an exact decimal: the generated ones have at most three places.
  const half = 0.5 * 10 ** -(rest.split('.')[1]?.length ?? 0)
  const lo = Number((x - half).toFixed(6))
  const hi = Number((x + half).toFixed(6))
  const contained = has.lo >= lo && (has.hi < hi || (has.hi === hi && has.openHi === true))
  switch (prefix) {
    case 'eq':
      return contained
    case 'ne':
      return !contained
    case 'gt':
      return has.hi > x
    case 'lt':
      return has.lo < x
    case 'ge':
      return has.hi > x || (has.hi === x && !has.openHi)
    case 'le':
      return has.lo < x || (has.lo === x && !has.openLo)
    case 'sa':
      return has.lo > x || (has.lo === x && has.openLo === true)
    case 'eb':
      return has.hi < x || (has.hi === x && has.openHi === true)
    default:
      throw new TypeError('ap of numbers is not generated: how near is near is ours')
  }
}

export const quantity: Test = (element, asked) => {
  const [text = '', system, code] = parts(asked, '|').map(plain)
  const has = numbersOf(element)
  if (has === undefined || !compares(has, text)) return false
  if (code === undefined) return true
  const unit =
    element.datatype === 'Range' ? ((element.value as Quantity).low ?? (element.value as Quantity).high) : (element.value as Quantity)
  return system === '' ? unit?.code === code || unit?.unit === code : unit?.system === system && unit?.code === code
}

/** `Type/id` of a reference to this server; a version does not count. */
export function localOf(text: string, base: string): string | undefined {
  const relative = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text
  return /^([A-Z]\w+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/\w+)?$/.exec(relative)?.[1]
}

export const reference: Test = ({ value }, asked, { modifier, base }) => {
  const { reference: text, identifier } = value as { reference?: string; identifier?: Identifier }
  if (modifier === 'identifier') {
    const [first, second] = parts(asked, '|').map(plain)
    if (identifier?.value === undefined) return false
    if (second === undefined) return identifier.value === first
    return (identifier.system ?? '') === first && (second === '' || identifier.value === second)
  }
  if (text === undefined) return false
  const sought = plain(asked)
  const has = localOf(text, base)
  if (!sought.includes('/') && !sought.includes(':')) {
    const [type, id] = has?.split('/') ?? []
    return id === sought && (modifier === undefined || type === modifier)
  }
  const local = localOf(sought, base)
  if (local === undefined) return text === sought
  return has === local && (modifier === undefined || local.startsWith(`${modifier}/`))
}

export const uri: Test = ({ value }, asked, { modifier }) => {
  const has = String(value)
  const sought = plain(asked)
  if (modifier === 'below') return has.startsWith(sought)
  if (modifier === 'contains') return has.includes(sought)
  if (modifier === 'above') return has === sought || (sought.startsWith(has) && (has.endsWith('/') || sought[has.length] === '/'))
  return has === sought
}

export const TESTS: Record<string, Test> = { token, string, date, number, quantity, reference, uri }

/**
 * What an element is ordered by; undefined: not compared here (quantities, which are ordered in base units: sort.test.ts). `byBeginning`: the date by which resources of the type are
 * listed, which goes by the beginning of a period in both directions, by its end where that is all there is.
 */
export function orderOf(type: string, element: Element, descending: boolean, byBeginning: boolean): number | undefined {
  const range = type === 'date' ? dateOf(element) : type === 'number' ? numbersOf(element) : undefined
  if (range && byBeginning) return range.lo === EVER.lo ? range.hi : range.lo
  return range && (descending ? range.hi : range.lo)
}
