/**
 * A document that names a relative who refuses to be collected: what it says of its patient without its original and without whatever names her. That
 * she signed stays as a reference to a relative of whom nothing more is told. Where she cannot be left out for certain, nothing is made of it.
 */
import { type KinWords, namingOf, tellsNumbers } from './kin-words.ts'
import type { Statement } from './fold/types.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

type Json = Record<string, unknown>
type Naming = (value: unknown) => boolean

/** What the rest refers to, and what would be no document without it. */
const NEEDED: ReadonlySet<string> = new Set([
  ...['Patient', 'RelatedPerson', 'Encounter', 'Composition', 'DocumentReference'],
  ...['Organization', 'Practitioner', 'Location'],
])
/** In these what is left out of lists leaves the rest as it is. */
const LISTING: ReadonlySet<string> = new Set(['Composition', 'DocumentReference', 'Encounter'])

export const nameOf = ({ type, id = '' }: Pick<PreparedStatement, 'type' | 'id'>): string => `${type}/${id}`

/**
 * @param told names of the RelatedPersons that are told of her, who stand in the record as nobody known by now
 * @returns undefined: she cannot be left out
 */
export function documentWithout(record: PreparedRecord, told: ReadonlySet<string>, words: KinWords): PreparedRecord | undefined {
  if (!record.statements.some(({ type }) => type === 'Composition')) return undefined
  const isNaming = namingOf(words)
  const gone = new Set(record.statements.filter(({ type }) => type === 'Binary').map(nameOf))
  const change = (value: unknown): unknown => withoutTexts(withoutOriginal(withoutDisplays(value, told), gone), isNaming)
  const all = record.statements.filter(({ type }) => type !== 'Binary').map((one) => rewritten(withoutContact(one), change))
  const facts = all.filter(({ type }) => !NEEDED.has(type))
  for (const one of facts) if (isNaming(one.statement) || textsIn(one).some(tellsNumbers)) gone.add(nameOf(one))
  for (let before = -1; before !== gone.size; ) {
    before = gone.size
    for (const one of facts) if (refersTo(one, gone)) gone.add(nameOf(one))
  }
  const statements = all.filter((one) => !gone.has(nameOf(one))).map((one) => withoutMembers(one, gone))
  const [unmapped, issues] = [record.unmapped, record.issues].map((list) => list.filter((one) => !isNaming(one))) as [
    typeof record.unmapped,
    typeof record.issues,
  ]
  const left = { ...record, statements, unmapped, issues }
  return isNaming(left) || statements.some((one) => refersTo(one, gone) || hasBytes(one)) ? undefined : left
}

/** Whoever is to be called for the patient may be her, under whatever name. */
function withoutContact(one: PreparedStatement): PreparedStatement {
  if (one.type !== 'Patient') return one
  const { contact: _, ...units } = one.statement.units
  return { ...one, statement: { ...one.statement, units } }
}

const refersTo = ({ statement }: PreparedStatement, names: ReadonlySet<string>): boolean => {
  const text = JSON.stringify(statement)
  return [...names].some((name) => text.includes(name))
}

const textsIn = ({ statement: { units, lists } }: PreparedStatement): string[] => [
  ...Object.values(units).flatMap(({ members }) => Object.values(members)),
  ...Object.values(lists).flatMap((entries) => Object.values(entries).flatMap(({ items }) => items)),
]

/** Bytes in which nobody can look for a name. */
const hasBytes = (one: PreparedStatement): boolean => textsIn(one).some((text) => text.includes('"data":"'))

/** Only what is changed is printed anew: the numbers of the rest keep their digits. */
function rewritten(one: PreparedStatement, change: (value: unknown) => unknown): PreparedStatement {
  const again = (text: string): string | undefined => {
    const value = JSON.parse(text) as unknown
    const made = change(value)
    return made === value ? text : made === undefined ? undefined : JSON.stringify(made)
  }
  const units = Object.entries(one.statement.units).map(([name, unit]) => {
    const members = Object.entries(unit.members).flatMap(([element, text]) => {
      const made = again(text)
      return made === undefined ? [] : [[element, made] as const]
    })
    return [name, { ...unit, members: Object.fromEntries(members) }] as const
  })
  const lists = Object.entries(one.statement.lists).map(([path, entries]) => {
    const left = Object.entries(entries).flatMap(([key, entry]) => {
      const items = entry.items.flatMap((text) => again(text) ?? [])
      return items.length === 0 && entry.items.length > 0 ? [] : [[key, { ...entry, items }] as const]
    })
    return [path, Object.fromEntries(left)] as const
  })
  const statement: Statement = { ...one.statement, units: Object.fromEntries(units), lists: Object.fromEntries(lists) }
  return { ...one, statement }
}

/** A value with its objects changed from within; itself where none is. `undefined` leaves a member out. */
function eachObject(value: unknown, change: (one: Json) => Json | undefined): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const items = value.map((one) => eachObject(one, change))
    if (items.every((one, at) => one === value[at])) return value
    const left = items.filter((one) => one !== undefined)
    return left.length === 0 ? undefined : left
  }
  let made = value as Json
  for (const [name, member] of Object.entries(value)) {
    const inner = eachObject(member, change)
    if (inner === member) continue
    const { [name]: _, ...rest } = made
    made = inner === undefined ? rest : { ...made, [name]: inner }
  }
  return change(made)
}

const withoutDisplays = (value: unknown, told: ReadonlySet<string>): unknown =>
  eachObject(value, (one) => {
    if (!told.has(String(one.reference)) || one.display === undefined) return one
    const { display: _, ...rest } = one
    return rest
  })

/** That there was an original, and not which one. */
const withoutOriginal = (value: unknown, binaries: ReadonlySet<string>): unknown =>
  eachObject(value, (one) => {
    if (!binaries.has(String(one.url))) return one
    const { url: _url, size: _size, hash: _hash, ...rest } = one
    return rest
  })

const NOT_KEPT = { status: 'empty', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>内容未入库</p></div>' }

/** Whose a number is that stands in free words is not told by them. */
const withoutTexts = (value: unknown, isNaming: Naming): unknown =>
  eachObject(value, (one) => ('div' in one && (isNaming(one) || tellsNumbers(JSON.stringify(one))) ? NOT_KEPT : one))

/** Without what refers to these: of a visit's diagnoses the whole member, elsewhere the reference. */
function withoutMembers(one: PreparedStatement, gone: ReadonlySet<string>): PreparedStatement {
  if (!LISTING.has(one.type)) return one
  return rewritten(one, (value) => {
    if (one.type === 'Encounter') return [...gone].some((name) => JSON.stringify(value).includes(`"${name}"`)) ? undefined : value
    return eachObject(value, (inner) => (gone.has(String(inner.reference)) ? undefined : inner))
  })
}
