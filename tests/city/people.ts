/** The people of an invented city: families under one roof, twins, shared telephones, newborns. The same seed gives the same people. */
import { idCheckCharacter } from '../../server/fhir/identity-number.ts'
import type { Random } from '../faults/support/random.ts'
import { givenOf, minorityName, surnameOf } from './names.ts'

export interface Person {
  id: number
  name: string
  sex: 'male' | 'female'
  /** YYYY-MM-DD */
  birth: string
  number: string
  phone: string
  address: string
  /** where they moved, and what they are called by telephone now */
  later: { phone: string; address: string }
  /** of a newborn: the mother */
  mother?: Person
}

const REGIONS = [
  '110101',
  '110102',
  '110105',
  '110106',
  '110107',
  '110108',
  '110111',
  '110112',
  '130102',
  '140105',
  '370102',
  '410102',
  '420106',
  '510104',
]
const DISTRICTS = [
  '示例市东城区',
  '示例市西城区',
  '示例市朝阳区',
  '示例市丰台区',
  '示例市石景山区',
  '示例市海淀区',
  '示例市房山区',
  '示例市通州区',
]
const STREETS = [...'和平建国人民中山解放长安光明文化新华胜利友谊幸福朝阳青年'].flatMap((a, at, all) =>
  at % 2 === 0 ? [`${a}${all[at + 1]}`] : [],
)
const WAYS = ['路', '街', '大街', '东路', '西路', '南路', '北路', '里', '小区', '家园', '花园', '苑']

/** The newest are some days old. */
export const TODAY = '2026-03-31'

export function peopleOf(random: Random, count: number): Person[] {
  const people: Person[] = []
  const sequences = new Map<string, number>()
  while (people.length < count) people.push(...household(random, people.length, sequences))
  return people.slice(0, count)
}

function household(random: Random, first: number, sequences: Map<string, number>): Person[] {
  const home = addressOf(random)
  const moved = addressOf(random)
  const familyPhone = phoneOf(random)
  const made: Person[] = []
  const add = (sex: Person['sex'], birth: string, surname: string, more: Partial<Person> = {}): Person => {
    const name = random.next() < 0.01 ? minorityName(random) : surname + givenOf(random, sex, Number(birth.slice(0, 4)))
    const own = random.next() < 0.75 ? phoneOf(random) : familyPhone
    const later = { phone: random.next() < 0.9 ? own : phoneOf(random), address: random.next() < 0.92 ? home : moved }
    const person = {
      id: first + made.length,
      name,
      sex,
      birth,
      number: numberOf(random, birth, sex, sequences),
      phone: own,
      address: home,
      later,
      ...more,
    }
    made.push(person)
    return person
  }
  const surname = surnameOf(random)
  const year = 1938 + random.below(68)
  add('male', dayOf(random, year), surname)
  if (random.next() < 0.75) {
    const mother = add('female', dayOf(random, year + random.below(6) - 2), surnameOf(random))
    children(random, surname, Number(mother.birth.slice(0, 4)), mother, add)
  }
  return made
}

type Add = (sex: Person['sex'], birth: string, surname: string, more?: Partial<Person>) => Person

/** Twins are one birth in sixty; parents give them names that share a character, hardly ever ones that sound the same. */
function children(random: Random, surname: string, motherYear: number, mother: Person, add: Add): void {
  const count = random.next() < 0.15 ? 0 : random.next() < 0.6 ? 1 : 2
  for (let n = 0; n < count; n++) {
    const year = motherYear + 20 + random.below(18)
    if (year > 2026) continue
    const birth = year === 2026 ? dayIn(random, '2026-03-05', 20) : dayOf(random, year)
    const sex = random.pick(['male', 'female'] as const)
    const isNew = year === 2026
    const child = add(sex, birth, surname, isNew ? { mother } : {})
    child.phone = random.next() < 0.8 || isNew ? mother.phone : child.phone
    if (random.next() > 1 / 60) continue
    const twinSex = random.next() < 0.7 ? sex : sex === 'male' ? 'female' : 'male'
    const given = givenOf(random, twinSex, year)
    const twin = add(twinSex, birth, surname, isNew ? { mother } : {})
    twin.name = surname + [...child.name].slice(surname.length, surname.length + 1).join('') + [...given].at(-1)
    twin.phone = child.phone
  }
}

const pad = (value: number, length: number): string => String(value).padStart(length, '0')
const dayOf = (random: Random, year: number): string => dayIn(random, `${Math.min(year, 2025)}-01-01`, 365)

function dayIn(random: Random, from: string, days: number): string {
  return new Date(Date.parse(`${from}T00:00:00Z`) + random.below(days) * 86_400_000).toISOString().slice(0, 10)
}

function numberOf(random: Random, birth: string, sex: Person['sex'], sequences: Map<string, number>): string {
  const front = random.pick(REGIONS) + birth.replaceAll('-', '')
  // Counted from a place that a register of the time would have reached; the last digit tells the sex.
  const next = (sequences.get(`${front}${sex}`) ?? random.below(200)) + 1
  sequences.set(`${front}${sex}`, next)
  const first17 = front + pad((next * 2 + (sex === 'male' ? 1 : 0)) % 1000, 3)
  return first17 + idCheckCharacter(first17)
}

const phoneOf = (random: Random): string => `1${random.pick([3, 5, 7, 8, 9])}${pad(random.below(1_000_000_000), 9)}`

function addressOf(random: Random): string {
  const street = `${random.pick(DISTRICTS)}${random.pick(STREETS)}${random.pick(WAYS)}`
  return `${street}${1 + random.below(200)}号${1 + random.below(20)}号楼${1 + random.below(6)}单元${1 + random.below(12)}0${1 + random.below(4)}`
}
