/** Documents of WS/T 500 as the samples have them, each about a person, a visit and under numbers of its own. */
import { readdirSync, readFileSync } from 'node:fs'
import { birthOf, identityNumberOf, nameOf } from './people.ts'

const FOLDER = new URL('../tests/fixtures/samples/hospital/cda/', import.meta.url)
const TEMPLATES = readdirSync(FOLDER)
  .sort()
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))

/** Kinds of documents, in turn. */
export const KINDS = TEMPLATES.length
/** Persons whose documents come side by side, as from the wards of a hospital. */
const SIDE_BY_SIDE = 64
/** Documents of all of them until others lie there: six or seven of each. */
const OF_THESE = 8 * KINDS

/** Persons of the samples: the patient, a relative, a mother. */
const PERSONS = [
  { name: '王建国', birth: '19580312' },
  { name: '李秀兰', birth: '19600823' },
  { name: '陈小梅', birth: '19900305' },
] as const
const IDENTITY_NUMBER = /110100(\d{8})(\d{3})[\dX]/g
const BIRTH = /birthTime value="(\d{8})"/g
/** Numbers of patients, visits, requests and documents. */
const PATIENT_NUMBER = /\b(BA|ZY|MZ)(?=\d{6,})/g
const OWN_NUMBER = /\b(?:JC|JY|BL|RX|ZQ|DOC-)(?=[A-Z]?\d{4})/g

/** The document of that number. */
export function documentOf(n: number): string {
  const patient = Math.floor(n / OF_THESE) * SIDE_BY_SIDE + (n % SIDE_BY_SIDE)
  const numbers = new Map<string, number>(PERSONS.map(({ birth }, at) => [birth, patient * PERSONS.length + at]))
  const who = (birth: string): number => numbers.get(birth) ?? patient * PERSONS.length
  const text = (TEMPLATES[n % KINDS] as string)
    .replace(IDENTITY_NUMBER, (_, birth: string, order: string) =>
      identityNumberOf(who(birth), Number(order) % 2 === 1 ? 'male' : 'female'),
    )
    .replace(BIRTH, (_, birth: string) => `birthTime value="${birthOf(who(birth))}"`)
    .replace(PATIENT_NUMBER, (prefix) => `${prefix}${patient}P`)
    .replace(OWN_NUMBER, (prefix) => `${prefix}${n}N`)
  return PERSONS.reduce((made, { name }, at) => made.replaceAll(name, nameOf(patient * PERSONS.length + at)), text)
}
