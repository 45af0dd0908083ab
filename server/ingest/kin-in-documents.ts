/**
 * A document that names a relative who refuses to be collected: what it says of its patient without its original and without whatever names her, or
 * tells of a relative or of how and where somebody is found, since nobody can tell of whom. That she signed stays as a reference to a relative of whom
 * nothing more is told. Where she cannot be left out for certain, nothing is made of it.
 */
import { eachObject } from './each-object.ts'
import { isOfHl7, plainRelations } from './kin-relations.ts'
import { isRelation, type KinWords, namesRelative, namingOf, tellsOfPeople } from './kin-words.ts'
import type { Statement } from './fold/types.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

type Naming = (value: unknown) => boolean

/** What the rest refers to, and what would be no document without it. */
const NEEDED: ReadonlySet<string> = new Set([
  ...['Patient', 'RelatedPerson', 'Encounter', 'Composition', 'DocumentReference'],
  ...['Organization', 'Practitioner', 'Location'],
])
/** In these what is left out of lists leaves the rest as it is. */
const LISTING: ReadonlySet<string> = new Set(['Composition', 'DocumentReference', 'Encounter'])
/** Who and what the hospital has to do it with: their telephones and addresses are their own. */
const OF_HOSPITAL: ReadonlySet<string> = new Set(['Organization', 'Practitioner', 'Location'])

export const nameOf = ({ type, id = '' }: Pick<PreparedStatement, 'type' | 'id'>): string => `${type}/${id}`

/**
 * @param told names of the RelatedPersons that are told of her, who stand in the record as nobody known by now
 * @returns undefined: she cannot be left out
 */
export function documentWithout(record: PreparedRecord, told: ReadonlySet<string>, words: KinWords): PreparedRecord | undefined {
  if (!record.statements.some(({ type }) => type === 'Composition')) return undefined
  const isNaming = namingOf(words)
  const gone = new Set(record.statements.filter(({ type }) => type === 'Binary').map(nameOf))
  const change = (value: unknown): unknown => withoutTexts(withoutOriginal(plainRelations(withoutDisplays(value, told)), gone), isNaming)
  const all = record.statements.filter(({ type }) => type !== 'Binary').map((one) => withoutLabels(rewritten(withoutContact(one), change)))
  const facts = all.filter(({ type }) => !NEEDED.has(type))
  for (const one of facts) if (isNaming(one.statement) || tells(one)) gone.add(nameOf(one))
  for (let before = -1; before !== gone.size; ) {
    before = gone.size
    for (const one of facts) if (refersTo(one, gone)) gone.add(nameOf(one))
  }
  const statements = all.filter((one) => !gone.has(nameOf(one))).map((one) => withoutMembers(one, gone))
  const unmapped = record.unmapped.filter((one) => !isNaming(one) && !stringsIn(one).some(tellsOfPeople))
  const issues = record.issues.filter((one) => !isNaming(one))
  const left = { ...record, statements, unmapped, issues }
  const isLeft = (one: PreparedStatement): boolean => refersTo(one, gone) || hasBytes(one) || isAboutRelative(one)
  return isNaming(left) || statements.some(isLeft) ? undefined : left
}

/** Words that are no address of anything. */
const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return OID.test(value) ? [] : [value]
  if (typeof value === 'number') return [String(value)]
  if (value === null || typeof value !== 'object' || isOfHl7(value)) return []
  return Object.entries(value).flatMap(([name, member]) => (ADDRESSES.has(name) ? [] : stringsIn(member)))
}
const OID = /^(?:urn:oid:)?\d+(?:\.\d+){3,}$/
const ADDRESSES: ReadonlySet<string> = new Set(['reference', 'system', 'url', 'profile', 'div'])

const wordsIn = (one: PreparedStatement): string[] =>
  textsIn(one)
    .flatMap((text) => stringsIn(JSON.parse(text)))
    .filter((text) => !isRelation(text))

const tells = (one: PreparedStatement): boolean => wordsIn(one).some(tellsOfPeople)

/** Whether what a document needs is called after somebody of the patient's. */
function isAboutRelative(one: PreparedStatement): boolean {
  if (OF_HOSPITAL.has(one.type)) return wordsIn(one).some(namesRelative)
  return LISTING.has(one.type) && tells(one)
}

const LABELS = ['title', 'display', 'text'] as const

/** Without the headings and displays that tell of people: the codes beside them stay. */
function withoutLabels(one: PreparedStatement): PreparedStatement {
  if (!LISTING.has(one.type)) return one
  const telling = (text: unknown): boolean => typeof text === 'string' && !isRelation(text) && tellsOfPeople(text)
  return rewritten(one, (value) =>
    eachObject(value, (inner) => {
      const left = { ...inner }
      for (const label of LABELS) if (telling(left[label])) delete left[label]
      return Object.keys(left).length === Object.keys(inner).length ? inner : left
    }),
  )
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
export const hasBytes = (one: PreparedStatement): boolean => textsIn(one).some((text) => text.includes('"data":"'))

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
  eachObject(value, (one) => ('div' in one && (isNaming(one) || tellsOfPeople(JSON.stringify(one))) ? NOT_KEPT : one))

/** Without what refers to these: of a visit's diagnoses the whole member, elsewhere the reference. */
function withoutMembers(one: PreparedStatement, gone: ReadonlySet<string>): PreparedStatement {
  if (!LISTING.has(one.type)) return one
  return rewritten(one, (value) => {
    if (one.type === 'Encounter') return [...gone].some((name) => JSON.stringify(value).includes(`"${name}"`)) ? undefined : value
    return eachObject(value, (inner) => (gone.has(String(inner.reference)) ? undefined : inner))
  })
}
