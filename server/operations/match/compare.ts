/** How likely two Patients are one person: each element is compared by itself, and the table says what it is worth. Pure. */
import { isHan } from '../../search/fold.ts'
import type { Facts } from './facts.ts'
import { type Grade, GRADES, WEIGHTS } from './weights.ts'

export interface Graded {
  /** 0 to 1, two digits */
  score: number
  grade: Grade
}

/** Undefined: not likely enough to be told. */
export function gradeOf(asked: Facts, known: Facts): Graded | undefined {
  const points = Object.values(pointsOf(asked, known)).reduce((sum, one) => sum + one, 0)
  const score = Math.round(Math.min(Math.max(points, 0), 100)) / 100
  const grade = GRADES.find(([, least]) => score >= least)?.[0]
  return grade && { score, grade }
}

/** Points by element; 0 where one of the two says nothing. */
export function pointsOf(a: Facts, b: Facts): Record<keyof typeof WEIGHTS, number> {
  return {
    identityNumber: identityNumber(a, b),
    identifier: meet(a.identifiers, b.identifiers) ? WEIGHTS.identifier.same : 0,
    name: name(a, b),
    birthDate: birthDate(a.birthDate, b.birthDate),
    gender: a.gender && b.gender ? WEIGHTS.gender[a.gender === b.gender ? 'same' : 'different'] : 0,
    telecom: meet(a.phones, b.phones) ? WEIGHTS.telecom.same : 0,
    address: address(a, b),
  }
}

function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const one of a) if (b.has(one)) return true
  return false
}

function identityNumber({ identityNumbers: a }: Facts, { identityNumbers: b }: Facts): number {
  if (a.size === 0 || b.size === 0) return 0
  return WEIGHTS.identityNumber[meet(a, b) ? 'same' : 'different']
}

function name(a: Facts, b: Facts): number {
  if (a.names.length === 0 || b.names.length === 0) return 0
  if (a.names.some((one) => b.names.includes(one))) return WEIGHTS.name.same
  if (meet(a.sounds, b.sounds)) return WEIGHTS.name.sound
  const [asked, known] = [a.names.slice(0, NAMES_MAX), b.names.slice(0, NAMES_MAX)]
  const near = asked.some((one) => known.some((other) => isHan(one) === isHan(other) && isNear(one, other)))
  return WEIGHTS.name[near ? 'near' : 'different']
}

/** Of one Patient, so many names are compared character by character with each of another one's. */
export const NAMES_MAX = 20

const NAME_SHARE_MIN = 0.6
const NAME_CHARACTERS_MAX = 40

/** More than half of the longer one's characters stand in the other in the same order. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [[...a].slice(0, NAME_CHARACTERS_MAX), [...b].slice(0, NAME_CHARACTERS_MAX)]
  let above = new Array<number>(y.length + 1).fill(0)
  for (const character of x) {
    const row = [0]
    for (const [at, other] of y.entries())
      row.push(character === other ? (above[at] as number) + 1 : Math.max(above[at + 1] as number, row[at] as number))
    above = row
  }
  return (above[y.length] as number) / Math.max(x.length, y.length) >= NAME_SHARE_MIN
}

function birthDate(a: string | undefined, b: string | undefined): number {
  if (!a || !b) return 0
  if (a === b) return WEIGHTS.birthDate.same
  if (a.startsWith(`${b}-`) || b.startsWith(`${a}-`)) return WEIGHTS.birthDate.partial
  const [x, y] = [a.split('-'), b.split('-')]
  const isSwapped = x[0] === y[0] && x.length === 3 && x[1] === y[2] && x[2] === y[1]
  const apart = x.filter((part, at) => part !== y[at]).length
  return WEIGHTS.birthDate[isSwapped || (x.length === 3 && y.length === 3 && apart === 1) ? 'near' : 'different']
}

function address(a: Facts, b: Facts): number {
  if (a.addresses.some((one) => b.addresses.includes(one))) return WEIGHTS.address.same
  const isPart = a.addresses.some((one) => b.addresses.some((other) => one.includes(other) || other.includes(one)))
  return isPart || meet(a.districts, b.districts) ? WEIGHTS.address.near : 0
}
