/** How one house writes down one person: as he says it, with the slips that desks make. What it ought to have been is known. */
import { Converter } from 'opencc-js/cn2t'
import type { Random } from '../faults/support/random.ts'
import { byEar, misread } from './names.ts'
import type { Person } from './people.ts'

export interface Registration {
  person: number
  name: string
  sex: 'male' | 'female'
  /** YYYY-MM-DD */
  birth: string
  /** identity number as typed */
  number?: string
  phone?: string
  address?: string
}

export type Slip =
  | 'no-number'
  | 'wrong-number'
  | 'placeholder'
  | 'masked'
  | 'by-ear'
  | 'traditional'
  | 'misread'
  | 'birth-day'
  | 'birth-swapped'
  | 'birth-lunar'
  | 'sex'

const SLIPS: readonly Slip[] = [
  'no-number',
  'no-number',
  'wrong-number',
  'wrong-number',
  'placeholder',
  'masked',
  'by-ear',
  'by-ear',
  'traditional',
  'misread',
  'birth-day',
  'birth-swapped',
  'birth-lunar',
  'sex',
]

const toTraditional = Converter({ from: 'cn', to: 'tw' })

export interface Desk {
  /** share of registrations with a slip */
  slips: number
  /** share without an identity number, whatever else: labelled pairs are wanted that only likeness joins */
  unnumbered: number
}

/** What nobody calls an error (people move, have no telephone with them, and write an address in their own way) happens besides. */
export function register(random: Random, person: Person, desk: Desk): { registration: Registration; slips: Slip[] } {
  const moved = random.next() < 0.3
  const known: Registration = { person: person.id, name: person.name, sex: person.sex, birth: person.birth, number: person.number }
  if (random.next() < 0.93) known.phone = moved ? person.later.phone : person.phone
  if (random.next() < 0.93) known.address = written(random, moved ? person.later.address : person.address)
  if (random.next() < desk.unnumbered) delete known.number
  const slips = random.next() < desk.slips ? [random.pick(SLIPS)] : []
  for (const slip of slips) spoil(random, known, person, slip)
  return { registration: known, slips }
}

/** The first registration of a newborn, under its mother's name and number. */
export function registerNewborn(person: Person): Registration {
  const { mother } = person
  if (!mother) throw new TypeError('no newborn')
  return {
    person: person.id,
    name: `${mother.name}之${person.sex === 'male' ? '子' : '女'}`,
    sex: person.sex,
    birth: person.birth,
    number: mother.number,
    phone: mother.phone,
    address: mother.address,
  }
}

function spoil(random: Random, known: Registration, person: Person, slip: Slip): void {
  if (slip === 'no-number') delete known.number
  else if (slip === 'wrong-number') known.number = mistyped(random, person.number)
  else if (slip === 'placeholder') known.number = '111111111111111111'
  else if (slip === 'masked') {
    known.name = `${[...person.name][0]}**`
    delete known.number
  } else if (slip === 'by-ear') {
    known.name = byEar(random, person.name)
    if (random.next() < 0.5) delete known.number
  } else if (slip === 'traditional') {
    known.name = toTraditional(person.name)
    if (random.next() < 0.5) delete known.number
  } else if (slip === 'misread') {
    known.name = misread(random, person.name, person.sex)
    if (random.next() < 0.5) delete known.number
  } else if (slip === 'sex') {
    known.sex = person.sex === 'male' ? 'female' : 'male'
    if (random.next() < 0.5) delete known.number
  } else {
    known.birth = otherBirth(random, person.birth, slip)
    if (random.next() < 0.5) delete known.number
  }
}

/** Another day, day and month exchanged, or the day of the lunar calendar, a month and some days earlier. */
function otherBirth(random: Random, birth: string, slip: Slip): string {
  if (slip === 'birth-lunar')
    return new Date(Date.parse(`${birth}T00:00:00Z`) - (25 + random.below(25)) * 86_400_000).toISOString().slice(0, 10)
  const [year = '', month = '', day = ''] = birth.split('-')
  const swappable = Number(day) <= 12 && day !== month
  const other = String(1 + ((Number(day) + 6) % 28)).padStart(2, '0')
  return slip === 'birth-swapped' && swappable ? `${year}-${day}-${month}` : `${year}-${month}-${other}`
}

/** One digit, or two neighbours: the check digit then shows that it is wrong. */
function mistyped(random: Random, number: string): string {
  const at = random.below(17)
  const digits = [...number]
  if (random.next() < 0.4 && at < 16 && digits[at] !== digits[at + 1]) {
    ;[digits[at], digits[at + 1]] = [digits[at + 1] as string, digits[at] as string]
  } else digits[at] = String((Number(digits[at]) + 1 + random.below(9)) % 10)
  return digits.join('')
}

function written(random: Random, address: string): string {
  const chance = random.next()
  if (chance < 0.7) return address
  if (chance < 0.8) return address.replace('示例市', '')
  if (chance < 0.9) return address.replace('单元', '-').replace('号楼', '-')
  return address.replace(/号楼.*$/, '号楼')
}
