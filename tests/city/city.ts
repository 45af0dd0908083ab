/**
 * An invented city: who is registered where, how each house wrote them down, and every visit and report as its hospitals, the insurance and the
 * platform send it, with what is known to be true of it. The same seed gives the same city.
 */
import { type Random, randomOf } from '../faults/support/random.ts'
import * as feeds from './feeds.ts'
import { peopleOf, type Person } from './people.ts'
import { register, registerNewborn } from './registrations.ts'
import type { House, Known, Payload } from './types.ts'

export interface City {
  people: Person[]
  /** numbers of houses to persons */
  truth: Map<string, number>
  /** numbers of what happened, each once, whoever tells of it */
  events: { visits: Set<string>; reports: Set<string>; insured: Set<string> }
  payloads: Payload[]
}

export interface CitySize {
  seed: number
  people: number
  visits: number
}

const HOUSES: readonly House[] = ['H1', 'H2', 'H3']

/** Three in a hundred registrations and three in a hundred messages have something wrong with them. */
const DESK = { slips: 0.03, unnumbered: 0 }
const REPEATED = 0.015
const CORRECTED = 0.01
const BROKEN = 0.005
const ROWS_OF_A_FILE = 1_000

interface Citizen {
  person: Person
  houses: Map<House, Known>
  insurance?: Known
  card: Known
  /** it is a card of the region's, and not one hospital's own number */
  regional: boolean
}

export function cityOf({ seed, people: count, visits }: CitySize): City {
  const random = randomOf(seed)
  const people = peopleOf(random.fork('people'), count)
  const truth = new Map<string, number>()
  const chance = random.fork('registrations')
  const citizens = people.map((person) => citizenOf(chance, person, truth))
  const events: City['events'] = { visits: new Set(), reports: new Set(), insured: new Set() }
  const payloads = registrationsOf(random.fork('newborns'), citizens)
  payloads.push(...visitsOf(random.fork('visits'), citizens, visits, events))
  return { people, truth, events, payloads: shuffled(random.fork('order'), payloads) }
}

function citizenOf(random: Random, person: Person, truth: Map<string, number>): Citizen {
  const known = (number: string): Known => {
    truth.set(number, person.id)
    return { number, registration: register(random, person, DESK).registration }
  }
  const many = random.next() < 0.55 ? 1 : random.next() < 0.7 ? 2 : 3
  const first = random.below(HOUSES.length)
  const houses = new Map<House, Known>()
  for (let n = 0; n < many; n++) {
    const house = HOUSES[(first + n) % HOUSES.length] as House
    houses.set(house, known(`${house}P${person.id}`))
  }
  const regional = random.next() < 0.8
  const card = known(`C${person.id}`)
  return {
    person,
    houses,
    card,
    regional,
    ...(random.next() < 0.92 ? { insurance: known(`31${String(person.id).padStart(24, '0')}`) } : {}),
  }
}

/** Newborns are registered before they have a name. */
function registrationsOf(random: Random, citizens: readonly Citizen[]): Payload[] {
  const born = citizens.filter(({ person, houses }) => person.mother && houses.size > 0)
  const first = born.flatMap(({ person, houses }) =>
    [...houses]
      .slice(0, 1)
      .map(([house, { number }]) => feeds.admission(house, { number, registration: registerNewborn(person) }, `${number}B`, random)),
  )
  const rows = citizens.flatMap((citizen) =>
    [...citizen.houses.keys()].map((house) => feeds.patientRow(house, citizen.card, citizen.regional)),
  )
  return [...first, ...filesOf('TB_YL_PATIENT_INFORMATION', rows)]
}

function visitsOf(random: Random, citizens: readonly Citizen[], count: number, events: City['events']): Payload[] {
  const payloads: Payload[] = []
  const [visitRows, reportRows]: [string[], string[]] = [[], []]
  for (let n = 0; n < count; n++) {
    // Each of them comes once, the others as often as it happens.
    const citizen = n < citizens.length ? (citizens[n] as Citizen) : random.pick(citizens)
    const [house, known] = random.pick([...citizen.houses]) as [House, Known]
    const visit = `V${house}${n}`
    events.visits.add(visit)
    payloads.push(...sent(random, feeds.admission(house, known, visit, random), () => feeds.admission(house, known, visit, random, true)))
    if (random.next() < 0.8) visitRows.push(feeds.visitRow(house, citizen.card, citizen.regional, visit, random))
    const report = random.next() < 0.5 ? `R${house}${n}` : undefined
    if (report !== undefined) {
      events.reports.add(report)
      payloads.push(
        ...sent(random, feeds.report(house, known, visit, report, random), () => feeds.report(house, known, visit, report, random, true)),
      )
      if (random.next() < CORRECTED) payloads.push(feeds.report(house, known, visit, report, random, false, 'C'))
      if (random.next() < 0.6) reportRows.push(feeds.reportRow(house, citizen.card, citizen.regional, visit, report))
    }
    const { insurance } = citizen
    if (!insurance || random.next() > 0.6) continue
    const care = `M${house}${n}`
    events.insured.add(care)
    payloads.push(...sent(random, feeds.insuredVisit(house, insurance, care), () => feeds.insuredVisit(house, insurance, care, true)))
    if (report !== undefined && random.next() < 0.4) payloads.push(feeds.insuredReport(house, insurance, care, visit, report))
  }
  return [...payloads, ...filesOf('TB_YL_MZ_MEDICAL_RECORD', visitRows), ...filesOf('TB_LIS_REPORT', reportRows)]
}

/** Some come twice; some come broken first. */
function sent(random: Random, payload: Payload, broken: () => Payload): Payload[] {
  if (random.next() < BROKEN) return [{ ...broken(), broken: true }, payload]
  return random.next() < REPEATED ? [payload, payload] : [payload]
}

function filesOf(table: feeds.TableName, rows: readonly string[]): Payload[] {
  const files: Payload[] = []
  for (let at = 0; at < rows.length; at += ROWS_OF_A_FILE) files.push(feeds.file(table, rows.slice(at, at + ROWS_OF_A_FILE)))
  return files
}

/** Whatever comes first comes first: results before admissions, files before messages. */
function shuffled<T>(random: Random, all: T[]): T[] {
  for (let at = all.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[all[at], all[other]] = [all[other] as T, all[at] as T]
  }
  return all
}
