/** Searches about a world: parameters that have values there, and values that stand there, cut, turned and compared. */
import type { Dice } from './dice.ts'
import { type Ask, type IncludeAsk, keyOf, type World } from './evaluator.ts'
import { ICD, TYPES } from './generated.ts'
import { type Element, type Parameter, parameterOf, parametersOf } from './parameters.ts'
import { escaped } from './written.ts'

export interface Question {
  type: string
  asks: Ask[]
  count?: number
  /** code of one parameter, `-` before it for descending */
  sort?: string
  includes: IncludeAsk[]
}

const DEPTH_MAX = 3
/** Answered by what stands with the stored resource, not by FHIRPath; `phonetic` is `name`. */
const OTHERS: ReadonlySet<string> = new Set(['_lastUpdated', '_id'])

export class Questions {
  readonly #dice: Dice
  readonly #world: World
  readonly #types: readonly string[]
  readonly #used = new Map<string, Parameter[]>()

  /** `values`: the world from which values are taken; it may be larger than what an asker sees */
  constructor(dice: Dice, values: World) {
    this.#dice = dice
    this.#world = values
    this.#types = TYPES.filter((type) => values.of(type).length > 0)
  }

  next(): Question {
    const dice = this.#dice
    const type = dice.pick(this.#types)
    const asks = dice.chance(0.05) ? [] : [this.#ask(type, 0), ...(dice.chance(0.3) ? [this.#ask(type, 0)] : [])]
    return {
      type,
      asks,
      ...(dice.chance(0.4) ? { count: dice.int(3, 15) } : {}),
      ...(dice.chance(0.25) ? { sort: this.#sort(type) } : {}),
      includes: dice.chance(0.15)
        ? Array.from({ length: dice.int(1, 2) }, () => this.#include(type)).filter((term) => term !== undefined)
        : [],
    }
  }

  /** Parameters of the type for which some resource has a value. */
  #parameters(type: string): Parameter[] {
    const known = this.#used.get(type)
    if (known) return known
    const made = parametersOf(type).filter(
      (parameter) =>
        !OTHERS.has(parameter.code) &&
        this.#world
          .of(type)
          .some(
            (r) => (parameter.type === 'composite' ? this.#world.repetitions(r, parameter) : this.#world.values(r, parameter)).length > 0,
          ),
    )
    this.#used.set(type, made)
    return made
  }

  #ask(type: string, depth: number): Ask {
    const dice = this.#dice
    const linked = depth < DEPTH_MAX ? dice.next() : 1
    return (linked < 0.2 ? this.#chain(type, depth) : linked < 0.35 ? this.#has(type, depth) : undefined) ?? this.#criterion(type)
  }

  #references(type: string): Parameter[] {
    return this.#parameters(type).filter(
      (p) => p.type === 'reference' && this.#world.of(type).some((r) => this.#world.targets(r, p.code).length > 0),
    )
  }

  #chain(type: string, depth: number): Ask | undefined {
    const dice = this.#dice
    const references = this.#references(type)
    if (references.length === 0) return undefined
    const parameter = dice.pick(references)
    const targets = this.#world
      .of(type)
      .flatMap((r) => this.#world.targets(r, parameter.code))
      .map((key) => key.split('/')[0] as string)
    const target = dice.pick(targets)
    if (!this.#types.includes(target)) return undefined
    const ask = this.#ask(target, depth + 1)
    // `patient` leads to Patients alone; elsewhere what is meant is said, unless one type alone can be meant.
    const isOnly = parameter.code === 'patient' || (parameter.target.length === 1 && parameter.target[0] === target)
    return { kind: 'chain', code: parameter.code, ...(isOnly && dice.chance(0.7) ? {} : { target }), ask }
  }

  #has(type: string, depth: number): Ask | undefined {
    const own = new Set(this.#world.of(type).map(keyOf))
    const ways = this.#types.flatMap((source) =>
      this.#references(source)
        .filter((p) => this.#world.of(source).some((r) => this.#world.targets(r, p.code).some((key) => own.has(key))))
        .map((p) => ({ source, code: p.code })),
    )
    if (ways.length === 0) return undefined
    const way = this.#dice.pick(ways)
    return { kind: 'has', ...way, ask: this.#ask(way.source, depth + 1) }
  }

  #criterion(type: string): Ask {
    const dice = this.#dice
    if (dice.chance(0.04))
      return { kind: 'criterion', code: '_id', values: dice.chance(0.5) ? this.#ids(type) : [...this.#ids(type), 'nobody'] }
    const parameter = dice.pick(this.#parameters(type))
    const { code } = parameter
    if (dice.chance(0.08)) return { kind: 'criterion', code, modifier: 'missing', values: [dice.pick(['true', 'false'])] }
    const values = Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }, () => this.#value(type, parameter)).filter((v) => v !== undefined)
    const modifiers = new Set(values.map(({ modifier }) => modifier))
    const [first] = values
    if (!first) return { kind: 'criterion', code, modifier: 'missing', values: ['false'] }
    // One criterion has one modifier.
    const same = modifiers.size === 1 ? values : [first]
    return { kind: 'criterion', code, ...(first.modifier ? { modifier: first.modifier } : {}), values: same.map(({ value }) => value) }
  }

  #ids = (type: string): string[] => [
    this.#dice.pick(this.#world.of(type)).id as string,
    this.#dice.pick(this.#world.of(type)).id as string,
  ]

  #value(type: string, parameter: Parameter): { value: string; modifier?: string } | undefined {
    const dice = this.#dice
    if (parameter.type === 'composite') {
      const all = this.#world.of(type).flatMap((r) => this.#world.repetitions(r, parameter))
      // Parts of different repetitions too: they must not be found together.
      const made = parameter.parts.map((part, at) => this.#written(part, dice.pick(dice.pick(all)[at] ?? []), parameter.code, true))
      return made.every((one) => one !== undefined) ? { value: made.map(({ value }) => value).join('$') } : undefined
    }
    const elements = this.#world.of(type).flatMap((r) => this.#world.values(r, parameter))
    return this.#written(parameter.type, dice.pick(elements), parameter.code, false)
  }

  #written(type: string, { datatype, value }: Element, code: string, isPart: boolean): { value: string; modifier?: string } | undefined {
    switch (type) {
      case 'token':
        return this.#token(datatype, value, code, isPart)
      case 'string':
        return this.#string(value, isPart)
      case 'date':
        return this.#date(value)
      case 'number':
      case 'quantity':
        return this.#number(type, value)
      case 'reference':
        return this.#reference(value)
      case 'uri':
        return this.#uri(String(value))
      default:
        return undefined
    }
  }

  #token(datatype: string, value: unknown, code: string, isPart: boolean): { value: string; modifier?: string } | undefined {
    const dice = this.#dice
    const not = !isPart && dice.chance(0.15) ? { modifier: 'not' } : {}
    if (datatype === 'CodeableConcept' || datatype === 'Coding' || datatype === 'Identifier') {
      const coding = datatype === 'CodeableConcept' ? ((value as { coding?: Coding[] }).coding ?? []) : [value as Coding]
      if (coding.length === 0) return undefined
      const { system = '', ...one } = dice.pick(coding)
      const text = escaped((datatype === 'Identifier' ? one.value : one.code) ?? 'a')
      const [type] = one.type?.coding ?? []
      if (!isPart && type && dice.chance(0.3)) return { modifier: 'of-type', value: `${type.system}|${type.code}|${text}` }
      if (!isPart && system === ICD && dice.chance(0.5))
        return { modifier: dice.pick(['below', 'above']), value: `${ICD}|${dice.pick([text, text.slice(0, 3)])}` }
      return { ...not, value: dice.pick([text, `${system}|${text}`, `|${text}`, system === '' ? text : `${system}|`]) }
    }
    if (!isPart && code === 'gender' && dice.chance(0.3))
      return { modifier: dice.pick(['in', 'not-in']), value: 'http://hl7.org/fhir/ValueSet/administrative-gender' }
    return { ...not, value: escaped(datatype === 'ContactPoint' ? String((value as Coding).value) : String(value)) }
  }

  #string(value: unknown, isPart: boolean): { value: string; modifier?: string } | undefined {
    const dice = this.#dice
    const texts =
      typeof value === 'string'
        ? [value]
        : Object.values(value as object)
            .flat()
            .filter((one) => typeof one === 'string')
    if (texts.length === 0) return undefined
    const text = dice.pick(texts as string[])
    if (!isPart && dice.chance(0.2)) return { modifier: 'exact', value: escaped(dice.pick([text, text.toLowerCase()])) }
    if (!isPart && dice.chance(0.2))
      return { modifier: 'contains', value: escaped([...text].slice(dice.int(0, 1)).join('').trim() || text) }
    const typed = dice.pick([
      text,
      text.toUpperCase(),
      [...text].slice(0, 2).join('').trim() || text,
      dice.pick(['wang', 'z', 'jg', 'lij', 'muller']),
    ])
    return { value: escaped(typed) }
  }

  #date(value: unknown): { value: string } | undefined {
    const dice = this.#dice
    const { start, end } = value as { start?: string; end?: string }
    const texts = typeof value === 'string' ? [value] : [start, end].filter((one) => one !== undefined)
    if (texts.length === 0) return undefined
    const text = dice.pick(texts)
    const cut = dice.pick([text, text.slice(0, 10), text.slice(0, 7), text.slice(0, 4)])
    return { value: dice.pick(['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']) + cut }
  }

  #number(type: string, value: unknown): { value: string } | undefined {
    const dice = this.#dice
    const q = value as { value?: number; code?: string; unit?: string; system?: string; low?: { value?: number } }
    const x = typeof value === 'number' ? value : (q.value ?? q.low?.value)
    if (x === undefined) return undefined
    const digits = dice.pick([String(x), x.toFixed(1), x.toFixed(2), x.toFixed(0)]).replace(/^-(0(?:\.0*)?)$/, '$1')
    const text = dice.pick(['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']) + digits
    if (type === 'number' || q.code === undefined) return { value: text }
    return { value: dice.pick([text, `${text}||${q.code}`, `${text}|${q.system}|${q.code}`, `${text}||mg`]) }
  }

  #reference(value: unknown): { value: string; modifier?: string } | undefined {
    const dice = this.#dice
    const { reference, identifier } = value as { reference?: string; identifier?: Coding }
    if (identifier) {
      const text = escaped(identifier.value ?? '')
      return { modifier: 'identifier', value: dice.pick([text, `${identifier.system}|${text}`, `|${text}`, `${identifier.system}|`]) }
    }
    if (reference === undefined) return undefined
    const [, type, id] = /([A-Z]\w+)\/([A-Za-z0-9.-]+)(?:\/_history\/1)?$/.exec(reference) ?? []
    if (id !== undefined && dice.chance(0.2)) return { modifier: type as string, value: id }
    return { value: dice.pick([`${type}/${id}`, id as string, `${this.#world.base}/${type}/${id}`]) }
  }

  #uri(text: string): { value: string; modifier?: string } {
    const dice = this.#dice
    if (text.startsWith('urn:') || dice.chance(0.5)) return { value: escaped(text) }
    const modifier = dice.pick(['below', 'above', 'contains'])
    return {
      modifier,
      value: escaped(
        modifier === 'contains' ? dice.pick(['ValueSet/a', '/A', 'example']) : dice.pick([text, text.slice(0, -1), `${text}/c`]),
      ),
    }
  }

  /** One whose order the evaluator knows, or the id. */
  #sort(type: string): string {
    const dice = this.#dice
    const ordered = this.#parameters(type).filter((p) => SORTED.has(`${type} ${p.code}`))
    return `${dice.pick(['', '-'])}${dice.pick(['_id', ...ordered.map(({ code }) => code)])}`
  }

  #include(type: string): IncludeAsk | undefined {
    const dice = this.#dice
    const iterate = dice.chance(0.4)
    const back = dice.chance(0.5)
    const own = this.#references(type)
    if (!back) return own.length === 0 ? undefined : { back, source: type, code: dice.pick(own).code, iterate }
    const ways = this.#types.flatMap((source) =>
      this.#references(source)
        .filter((p) => p.target.includes(type))
        .map((p) => ({ source, code: p.code })),
    )
    return ways.length === 0 ? undefined : { back, ...dice.pick(ways), iterate }
  }
}

interface Coding {
  system?: string
  code?: string
  value?: string
  type?: { coding?: Coding[] }
}

/** One parameter of each kind that has an order of its own: see docs/api.md. */
const SORTED: ReadonlySet<string> = new Set([
  ...['Patient birthdate', 'Patient family', 'Patient gender', 'Patient organization', 'Patient name'],
  ...[
    'Observation date',
    'Observation value-quantity',
    'Observation component-value-quantity',
    'Observation status',
    'Observation value-date',
  ],
  ...['Encounter date', 'Encounter length', 'Condition onset-date', 'Condition recorded-date', 'Condition onset-age'],
  ...['RiskAssessment probability', 'ValueSet url', 'ValueSet date', 'ValueSet name', 'Organization name'],
])

export const sortParameter = (type: string, sort: string): Parameter => parameterOf(type, sort.replace(/^-/, ''))
