/** What stands of the events of a city: visits and reports that are there once, too often, or not at all. */
import { EVENT, isToldOne } from './city.ts'

export interface Resource {
  identifier?: { system?: string; value?: string }[]
  name?: { text?: string }[]
  birthDate?: unknown
  status?: string
  subject?: { reference?: string }
  partOf?: unknown
}

export interface Events {
  /** visits, whoever told of them, and reports */
  events: number
  /** the same event more than once under one person */
  duplicates: number
  /** visits of which hospital and insurance tell under two persons, for their records are not linked: recall counts those */
  apart: number
  lost: number
  /** things that should not be there at all */
  strange: number
  /** the first few that are doubled, apart and lost, to be looked into: V, R or M and the place of the visit in its city */
  named: Record<string, string[]>
}

const NAMED_MAX = 40
const NUMBER = /^([VRM])H[123](\d+)$/
const COUNT_MAX = 255

type Kind = keyof typeof EVENT
const KINDS = Object.keys(EVENT) as Kind[]

/** An Encounter of a visit. */
interface Standing {
  person: string
  /** letters of the numbers that it has of the visit */
  numbers: string
}

/** Counted in a byte for each number of each kind. */
export class FoundEvents {
  readonly #visits: number
  readonly #numbers: Record<Kind, Uint8Array>
  readonly #encounters = new Map<number, Standing[]>()
  #strange = 0

  constructor(visits: number) {
    this.#visits = visits
    this.#numbers = { V: new Uint8Array(visits), R: new Uint8Array(visits), M: new Uint8Array(visits) }
  }

  /** @returns the visits that are named; none: it is nobody's */
  #count(kinds: string, { identifier = [] }: Resource): Set<number> {
    const known = new Set<number>()
    for (const number of new Set(identifier.filter(isOwn).map(({ value = '' }) => value))) {
      const [, kind = '', n = ''] = NUMBER.exec(number) ?? []
      if (kind === '' || !kinds.includes(kind) || Number(n) >= this.#visits) continue
      const counts = this.#numbers[kind as Kind]
      counts[Number(n)] = Math.min((counts[Number(n)] as number) + 1, COUNT_MAX)
      known.add(Number(n))
    }
    return known
  }

  encounter(resource: Resource, personOf: (patient: string) => string): void {
    const { identifier = [], status, partOf, subject } = resource
    // What went into another one says so, and nothing else.
    if (status === 'entered-in-error' && partOf !== undefined && identifier.length === 0) return
    const known = this.#count('VM', resource)
    const person = personOf((subject?.reference ?? '').replace('Patient/', ''))
    const numbers = identifier
      .filter(isOwn)
      .map(({ value = '' }) => NUMBER.exec(value)?.[1] ?? '')
      .join('')
    for (const n of known) this.#encounters.set(n, [...(this.#encounters.get(n) ?? []), { person, numbers }])
    // Stays in which newborns were registered end in B and are nobody's here; an Encounter of two visits is nobody's either.
    const isNewborns = identifier.some(({ value }) => value?.endsWith('B'))
    if (known.size > 1 || (known.size === 0 && !isNewborns)) this.#strange++
  }

  report(resource: Resource): void {
    if (this.#count('R', resource).size === 0) this.#strange++
  }

  /** @param told of each visit what its city told (City.told) */
  events(told: Uint8Array): Events {
    const { doubled, apart } = this.#several(told)
    const names = { doubled: doubled.map((n) => `V${n}`), apart: apart.map((n) => `V${n}`), lost: [] as string[] }
    let events = 0
    for (const [n, bits] of told.entries()) {
      names.doubled.push(...Array<string>(Math.max((this.#numbers.R[n] as number) - 1, 0)).fill(`R${n}`))
      const isTold = (kind: Kind): boolean => (bits & EVENT[kind]) !== 0
      if (isTold('V') || isTold('M')) events++
      if (isTold('R')) events++
      // Whoever told of it: his number stands there.
      for (const kind of KINDS) if (isTold(kind) && this.#numbers[kind][n] === 0) names.lost.push(`${kind}${n}`)
    }
    return {
      events,
      duplicates: names.doubled.length,
      apart: names.apart.length,
      lost: names.lost.length,
      strange: this.#strange,
      named: Object.fromEntries(Object.entries(names).map(([what, all]) => [what, all.slice(0, NAMED_MAX)])),
    }
  }

  /** Visits of which several Encounters stand that ought to be one: under one number, or under both once it was told that they are one. */
  #several(told: Uint8Array): Several {
    const found: Several = { doubled: [], apart: [] }
    for (const [n, all] of this.#encounters) {
      const isOne = isToldOne(told[n] as number)
      const groups = ['V', 'M'].map((kind) => all.filter(({ numbers }) => isOne || numbers.includes(kind)))
      const persons = groups.map((group) => group.map(({ person }) => person))
      const tooMany = Math.max(...persons.map((own) => own.length - new Set(own).size))
      found.doubled.push(...Array<number>(tooMany).fill(n))
      if (persons.some((own) => new Set(own).size > 1)) found.apart.push(n)
    }
    return found
  }
}

interface Several {
  /** a visit as often as there are too many Encounters of it under one person */
  doubled: number[]
  /** visits that stand under several persons */
  apart: number[]
}

/** The insurance repeats the hospital's number (`ipt_otp_no`) as that of an outpatient record: not yet told by the hospital. */
const isOwn = ({ system = '' }: { system?: string }): boolean => !system.endsWith('/outpatient-no')
