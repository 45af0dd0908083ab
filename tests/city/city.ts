/**
 * An invented city: who is registered where, how each house wrote them down, and every visit and report as its hospitals, the insurance and the
 * platform send it, with what is known to be true of it. The same seed gives the same city. What is kept of it grows with its people and is a
 * few bytes for each payload: a payload is made when it is asked for, so that a city may be larger than memory and a run may go on where
 * another one ended.
 */
import { randomOf } from '../faults/support/random.ts'
import { type Citizen, citizenOf, personOf } from './citizens.ts'
import * as feeds from './feeds.ts'
import { peopleOf } from './people.ts'
import type { House, Payload } from './types.ts'
import { type Telling, type Visit, visitOf } from './visits.ts'

export interface CitySize {
  seed: number
  people: number
  visits: number
}

export interface City {
  size: CitySize
  citizens: readonly Citizen[]
  /** payloads */
  length: number
  /** the payload that comes at this place, from 0 */
  at(place: number): Payload
  /** of each visit what the first payloads tell of by a message that can be stored: bits of EVENT and WORD */
  told(until: number): Uint8Array
  /** number of a house to a person. undefined: no number of a house */
  personOf(number: string): number | undefined
}

/** What is told: a visit by its hospital (V) and by the insurance (M), which are one event, and a report. A number's first letter says of which it is. */
export const EVENT = { V: 1, R: 2, M: 4 } as const
/**
 * Beside these: the insurance told which number of the hospital's is the same visit, by the serial number of the visit, or by a number that may be of
 * several; and the hospital told of it at that time, without which such a number is not believed (docs/decisions/0017).
 */
export const WORD = { serial: 8, record: 16, inTime: 32 } as const

/** It was told that V and M are one visit, and nothing told so far speaks against it. */
export const isToldOne = (bits: number): boolean => (bits & WORD.serial) !== 0 || ((bits & WORD.record) !== 0 && (bits & WORD.inTime) !== 0)

/** Visits within which what is told of one comes out of order. */
const WINDOW_VISITS = 2_000
const CITIZENS_OF_A_FILE = 500
const VISITS_OF_A_FILE_MAX = 1_000
/** of a small city */
const FILES_MIN = 8
/** files of visits: one of so many goes by the source that is registered wrongly */
const MISREGISTERED_EVERY = 40
/** more than are told of any visit */
const TELLINGS_MAX = 16

export function cityOf(size: CitySize): City {
  const { seed, people: count, visits } = size
  const random = randomOf(seed)
  const registrations = random.fork('registrations')
  const citizens = peopleOf(random.fork('people'), count).map((person) => citizenOf(registrations, person))
  const plan = new Plan(size, citizens)
  const order = orderOf(plan)
  return {
    size,
    citizens,
    length: order.length,
    at: (place) => plan.payload(order[place] as number),
    told(until) {
      const told = new Uint8Array(visits)
      for (const code of order.subarray(0, until)) plan.note(told, code)
      return told
    },
    personOf,
  }
}

type FileKind = 'people' | 'visits' | 'reports'
type Kind = FileKind | 'newborn'

/** A code of each payload: below `visits × TELLINGS_MAX` a message, then files and newborns. */
class Plan {
  readonly size: CitySize
  readonly citizens: readonly Citizen[]
  readonly newborns: readonly Citizen[]
  readonly #visitsOfFile: number
  readonly #random

  constructor(size: CitySize, citizens: readonly Citizen[]) {
    this.size = size
    this.citizens = citizens
    this.newborns = citizens.filter(({ person }) => person.mother)
    this.#visitsOfFile = Math.min(VISITS_OF_A_FILE_MAX, Math.ceil(size.visits / FILES_MIN))
    this.#random = randomOf(size.seed)
  }

  /** New people come all the time, as many among a thousand visits at the end as at the beginning; the others have been here. */
  visit(n: number): Visit {
    const { people, visits } = this.size
    const random = this.#random.fork(`visit ${n}`)
    const [known, then] = [Math.floor((n * people) / visits), Math.floor(((n + 1) * people) / visits)]
    const at = then > known || known === 0 ? Math.min(known, people - 1) : random.below(known)
    return visitOf(random, n, this.citizens[at] as Citizen)
  }

  /** the visit with which this citizen comes first */
  firstVisit(citizen: number): number {
    return Math.min(Math.floor((citizen * this.size.visits) / this.size.people), this.size.visits - 1)
  }

  get kinds(): { name: Kind; count: number; last(n: number): number }[] {
    const { people, visits } = this.size
    const lastVisit = (n: number): number => Math.min((n + 1) * this.#visitsOfFile, visits) - 1
    const files = Math.ceil(visits / this.#visitsOfFile)
    const lastCitizen = (n: number): number => this.firstVisit(Math.min((n + 1) * CITIZENS_OF_A_FILE, people) - 1)
    return [
      { name: 'people', count: Math.ceil(people / CITIZENS_OF_A_FILE), last: lastCitizen },
      { name: 'visits', count: files, last: lastVisit },
      { name: 'reports', count: files, last: lastVisit },
      { name: 'newborn', count: this.newborns.length, last: (n) => this.firstVisit((this.newborns[n] as Citizen).person.id) },
    ]
  }

  payload(code: number): Payload {
    const messages = this.size.visits * TELLINGS_MAX
    if (code < messages) {
      const visit = this.visit(Math.floor(code / TELLINGS_MAX))
      return feeds.message(visit, visit.tellings[code % TELLINGS_MAX] as Visit['tellings'][number])
    }
    let n = code - messages
    for (const { name, count } of this.kinds) {
      if (n < count) return name === 'newborn' ? feeds.newborn(this.newborns[n] as Citizen, '20260326120000') : this.#file(name, n)
      n -= count
    }
    throw new RangeError('no such payload')
  }

  /** Of so few visits nothing may have been reported: no file is sent. */
  isEmpty(name: Kind, n: number): boolean {
    if (name === 'visits') return this.#visitsOf(n).every(({ inTable }) => !inTable)
    return name === 'reports' && this.#visitsOf(n).every(({ report }) => !report?.inTable)
  }

  #visitsOf(n: number): Visit[] {
    const first = n * this.#visitsOfFile
    return Array.from({ length: Math.min(this.#visitsOfFile, this.size.visits - first) }, (_, at) => this.visit(first + at))
  }

  #file(name: FileKind, n: number): Payload {
    if (name === 'people') {
      const some = this.citizens.slice(n * CITIZENS_OF_A_FILE, (n + 1) * CITIZENS_OF_A_FILE)
      const rows = some.flatMap((citizen) => [...citizen.houses.keys()].map((house: House) => feeds.patientRow(house, citizen)))
      return feeds.file('TB_YL_PATIENT_INFORMATION', rows)
    }
    const some = this.#visitsOf(n)
    if (name === 'reports') return feeds.file('TB_LIS_REPORT', some.filter(({ report }) => report?.inTable).map(feeds.reportRow))
    const isMisregistered = n % MISREGISTERED_EVERY === 0
    return feeds.file('TB_YL_MZ_MEDICAL_RECORD', some.filter(({ inTable }) => inTable).map(feeds.visitRow), isMisregistered)
  }

  /** What a message tells of; what files tell of is told by messages too. */
  note(told: Uint8Array, code: number): void {
    const n = Math.floor(code / TELLINGS_MAX)
    if (n >= this.size.visits) return
    const visit = this.visit(n)
    const telling = visit.tellings[code % TELLINGS_MAX]
    if (!telling || feeds.fateOf(telling.fault) !== 'stored') return
    told[n] = (told[n] as number) | bitsOf(telling)
  }
}

function bitsOf({ matter, fault }: Telling): number {
  // What is contradicted is said of another time.
  if (matter === 'admission') return fault === 'contradicted' ? EVENT.V : EVENT.V | WORD.inTime
  if (matter === 'report') return EVENT.R
  if (matter === 'care') return EVENT.M
  return matter === 'registration' ? WORD.record : WORD.serial
}

/** Roughly as it happens: a result may come before its admission, a file behind what it tells of, and what is late at any time. */
function orderOf(plan: Plan): Uint32Array {
  const { visits, seed } = plan.size
  const random = randomOf(seed).fork('order')
  const [codes, times]: [number[], number[]] = [[], []]
  const put = (code: number, time: number): void => {
    codes.push(code)
    times.push(time)
  }
  for (let n = 0; n < visits; n++)
    for (const [at, { fault }] of plan.visit(n).tellings.entries())
      put(n * TELLINGS_MAX + at, n + random.next() * (fault === 'late' ? visits - n : WINDOW_VISITS))
  let code = visits * TELLINGS_MAX
  for (const { name, count, last } of plan.kinds)
    for (let n = 0; n < count; n++, code++) if (!plan.isEmpty(name, n)) put(code, last(n) + random.next() * WINDOW_VISITS)
  const order = Uint32Array.from(codes.keys()).sort((a, b) => (times[a] as number) - (times[b] as number))
  return order.map((at) => codes[at] as number)
}
