/** Who is registered where, and how each house wrote them down. */
import type { Random } from '../faults/support/random.ts'
import type { Person } from './people.ts'
import { register } from './registrations.ts'
import type { House, Known } from './types.ts'

export interface Citizen {
  person: Person
  houses: ReadonlyMap<House, Known>
  insurance?: Known
  card: Known
  /** it is a card of the region's, and not one hospital's own number */
  regional: boolean
}

export const HOUSES: readonly House[] = ['H1', 'H2', 'H3']

/** Three in a hundred registrations have something wrong with them. */
const DESK = { slips: 0.03, unnumbered: 0 }
const INSURANCE_DIGITS = 24

export function citizenOf(random: Random, person: Person): Citizen {
  const known = (number: string): Known => ({ number, ...register(random, person, DESK) })
  const many = random.next() < 0.55 ? 1 : random.next() < 0.7 ? 2 : 3
  const first = random.below(HOUSES.length)
  const houses = new Map<House, Known>()
  for (let n = 0; n < many; n++) {
    const house = HOUSES[(first + n) % HOUSES.length] as House
    houses.set(house, known(`${house}P${person.id}`))
  }
  const regional = random.next() < 0.8
  const card = known(`C${person.id}`)
  const insured = random.next() < 0.92
  return {
    person,
    houses,
    card,
    regional,
    ...(insured && { insurance: known(`31${String(person.id).padStart(INSURANCE_DIGITS, '0')}`) }),
  }
}

const NUMBER = new RegExp(`^(?:H[123]P|C|31(?=\\d{${INSURANCE_DIGITS}}$))(\\d+)$`)

/** Whose number of a house it is. undefined: none of these, as an identity number. */
export function personOf(number: string): number | undefined {
  const digits = NUMBER.exec(number)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function slipsOf({ houses, card, insurance }: Citizen, number: string): readonly string[] {
  return [...houses.values(), card, ...(insurance ? [insurance] : [])].find((known) => known.number === number)?.slips ?? []
}
