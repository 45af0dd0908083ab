/**
 * Units of UCUM (ucum.org, "The Unified Code for Units of Measure", version 2.1) in base units, exactly: the definitions are
 * those of `@lhncbc/ucum-lhc`, whose own arithmetic is that of doubles. Two codes that measure the same have the same
 * `base`, and what is equal in them is one double.
 */
import { createRequire } from 'node:module'
import { ONE, plus, power, type Rational, rational, reduced, times, toDouble } from './rational.ts'

export const UCUM_SYSTEM = 'http://unitsofmeasure.org'

export interface UcumUnit {
  /** base units with their powers, sorted: `g.m-3`; `1` without any */
  base: string
  factor: Rational
  /** added behind the factor (temperatures); in base units */
  offset?: Rational
}

/** Codes that are kept; all of them are forgotten when a further one comes. */
const CACHE_MAX = 5_000
const CODE_LENGTH_MAX = 100
const POWER_MAX = 100
const DEPTH_MAX = 10
/** Beyond it no value would be a double. */
const FACTOR_MAX = 10n ** 300n

const cache = new Map<string, UcumUnit | undefined>()

/** The unit of a code, case-sensitive; undefined for what is not UCUM or mixes a scale (`Cel`, `[pH]`) with other units. */
export function ucumUnit(code: string): UcumUnit | undefined {
  if (cache.has(code)) return cache.get(code)
  const made = code.length > CODE_LENGTH_MAX ? undefined : unitOf(code)
  if (cache.size >= CACHE_MAX) cache.clear()
  cache.set(code, made)
  return made
}

/** The value in base units: the nearest double; undefined where there is none. */
export function inBase(value: number, { factor, offset }: UcumUnit): number | undefined {
  if (!Number.isFinite(value)) return value
  const exact = rational(String(value))
  if (!exact) return undefined
  const scaled = times(exact, factor)
  const made = toDouble(offset ? plus(scaled, offset) : scaled)
  return Number.isFinite(made) ? made : undefined
}

/** Powers of base units. */
type Dimensions = ReadonlyMap<string, number>

interface Measure {
  factor: Rational
  dimensions: Dimensions
  offset?: Rational
  /** a scale: it can be prefixed and nothing else */
  scale?: true
}

const NUMBER_ONE: Measure = { factor: ONE, dimensions: new Map() }

function unitOf(code: string): UcumUnit | undefined {
  const measure = new Reader(code, 0).whole()
  if (!measure) return undefined
  const { dimensions, offset } = measure
  const factor = reduced(measure.factor)
  const base = [...dimensions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([unit, to]) => (to === 1 ? unit : unit + to))
  return { base: base.join('.') || '1', factor, ...(offset ? { offset } : {}) }
}

/** Reads a term (UCUM section 2): `.` and `/` from left to right, parentheses, integers, annotations. */
class Reader {
  #text: string
  #depth: number
  #at = 0

  constructor(text: string, depth: number) {
    this.#text = text
    this.#depth = depth
  }

  whole(): Measure | undefined {
    const read = this.#term()
    return this.#at === this.#text.length ? read : undefined
  }

  #term(): Measure | undefined {
    if (++this.#depth > DEPTH_MAX) return undefined
    let product: Measure | undefined
    let over = this.#take('/')
    for (;;) {
      const part = this.#component()
      if (!part) return undefined
      const next = product || over ? multiplied(product ?? NUMBER_ONE, part, over ? -1 : 1) : part
      if (!next) return undefined
      product = next
      over = this.#take('/')
      if (!over && !this.#take('.')) break
    }
    this.#depth--
    return product
  }

  #component(): Measure | undefined {
    if (this.#take('(')) {
      const inner = this.#term()
      return inner && this.#take(')') ? inner : undefined
    }
    // `/100{WBCs}`: an annotation behind a number is not in UCUM's grammar, and in the units of LOINC.
    const [number] = this.#match(/\d+(?![\d*^])(?:\{[!-z|~]*\})?/y)
    return number === undefined ? this.#annotated() : { ...NUMBER_ONE, factor: rational(Number.parseInt(number, 10).toString()) ?? ONE }
  }

  #annotated(): Measure | undefined {
    const [, symbol = '', exponent] = this.#match(/((?:10[*^]|\[[^\]]*\]|[^[\]{}()./\d+-])*?)([+-]?\d+)?(?=[{}()./]|$)/y)
    const [annotation] = this.#match(/\{[!-z|~]*\}/y)
    if (symbol === '') return annotation === undefined || exponent !== undefined ? undefined : NUMBER_ONE
    const measure = symbolOf(symbol, this.#depth)
    return measure && exponent !== undefined ? multiplied(NUMBER_ONE, measure, Number(exponent)) : measure
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match(form: RegExp): (string | undefined)[] {
    form.lastIndex = this.#at
    const found = form.exec(this.#text) ?? []
    this.#at += found[0]?.length ?? 0
    return found
  }
}

function multiplied(a: Measure, b: Measure, exponent: number): Measure | undefined {
  // A scale takes no part in products (UCUM section 21).
  if (a.scale || b.scale || Math.abs(exponent) > POWER_MAX) return undefined
  const raised = power(b.factor, exponent)
  const factor = raised && reduced(times(a.factor, raised))
  if (!factor || factor.num > FACTOR_MAX || factor.den > FACTOR_MAX) return undefined
  const dimensions = new Map(a.dimensions)
  for (const [unit, to] of b.dimensions) {
    const sum = (dimensions.get(unit) ?? 0) + to * exponent
    if (sum === 0) dimensions.delete(unit)
    else dimensions.set(unit, sum)
  }
  return { factor, dimensions }
}

/** A unit by its symbol, as it is or with a prefix; the symbol itself goes first (`cd`, `Pa`, `min`). */
function symbolOf(symbol: string, depth: number): Measure | undefined {
  const whole = atomOf(symbol)
  if (whole) return measureOf(whole, depth)
  for (const length of [1, 2]) {
    const factor = prefixOf(symbol.slice(0, length))
    const atom = factor && atomOf(symbol.slice(length))
    // Of base units the package does not say that they are metric, which they all are.
    if (!factor || !(atom?.isMetric_ || atom?.isBase_)) continue
    const measure = measureOf(atom, depth)
    return measure && { ...measure, factor: times(measure.factor, factor) }
  }
  return undefined
}

const THERMOMETERS: ReadonlyMap<string, { factor: Rational; offset: Rational }> = new Map([
  ['Cel', { factor: ONE, offset: { num: 27315n, den: 100n } }],
  ['[degF]', { factor: { num: 5n, den: 9n }, offset: { num: 45967n * 5n, den: 900n } }],
  ['[degRe]', { factor: { num: 5n, den: 4n }, offset: { num: 27315n, den: 100n } }],
])

/**
 * Arbitrary units (`[iU]`, UCUM section 24) are base units of their own, and so are scales that are no straight line of what
 * they measure (pH, bel): those are compared with themselves alone.
 */
function measureOf(atom: Atom, depth: number): Measure | undefined {
  const own = new Map([[atom.csCode_, 1]])
  if (atom.isBase_) return { factor: ONE, dimensions: own }
  if (atom.isSpecial_) {
    const thermometer = THERMOMETERS.get(atom.csCode_)
    return { ...(thermometer ?? { factor: ONE }), dimensions: thermometer ? KELVIN : own, scale: true }
  }
  if (atom.isArbitrary_ && atom.csUnitString_ === '1') return { factor: ONE, dimensions: own }
  const factor = rational(atom.baseFactorStr_ ?? '')
  const defined = new Reader(CORRECTED.get(atom.csCode_) ?? atom.csUnitString_ ?? '', depth).whole()
  return factor && defined && multiplied({ ...NUMBER_ONE, factor }, defined, 1)
}

/** Definitions of which the package's table has lost the numbers (UCUM tables 5, 8, 18). */
const CORRECTED: ReadonlyMap<string, string> = new Map([
  ['[mu_0]', '4.[pi].10*-7.N/A2'],
  ['Oe', '/[pi].A/m'],
  ['[S]', '10*-13.s'],
])

const KELVIN: Dimensions = new Map([['K', 1]])

/** What is used of a unit of the package: one of UCUM's own is `baseFactorStr_` times `csUnitString_`. */
interface Atom {
  csCode_: string
  isBase_: boolean
  isMetric_: boolean
  isSpecial_: boolean
  isArbitrary_: boolean
  baseFactorStr_: string | null
  csUnitString_: string | null
  source_: string
}

interface Tables {
  units: { getUnitByCode(code: string): Atom | null | undefined }
  prefixes: { getPrefixByCode(code: string): { exp_: string | null; value_: number } | null | undefined }
}

const require = createRequire(import.meta.url)
let loaded: Tables | undefined

/** Read at the first unit that is asked for: it takes a twentieth of a second. */
function tables(): Tables {
  if (loaded) return loaded
  const { UcumLhcUtils, UnitTables } = require('@lhncbc/ucum-lhc') as Record<string, { getInstance(): unknown }>
  const { PrefixTables } = require('@lhncbc/ucum-lhc/source-cjs/prefixTables.js') as Record<string, { getInstance(): unknown }>
  UcumLhcUtils?.getInstance()
  loaded = { units: UnitTables?.getInstance() as Tables['units'], prefixes: PrefixTables?.getInstance() as Tables['prefixes'] }
  return loaded
}

/** The package has many a code that is made of others too: those are read by their parts. */
function atomOf(symbol: string): Atom | undefined {
  const atom = Object.hasOwn(Object.prototype, symbol) ? undefined : tables().units.getUnitByCode(symbol)
  return atom?.source_ === 'UCUM' && atom.csCode_ === symbol ? atom : undefined
}

function prefixOf(code: string): Rational | undefined {
  const prefix = tables().prefixes.getPrefixByCode(code)
  return prefix ? rational(prefix.exp_ === null ? String(prefix.value_) : `1e${prefix.exp_}`) : undefined
}
