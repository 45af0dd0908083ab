/** Which patient record of a source a message is about. Pure: what is known comes in, what is to be registered goes out. */
import type { PatientNumberDoc, PatientRecordDoc } from '../tables.ts'
import type { PreparedIdentity } from '../types.ts'
import { compareNames, isSameName } from './name.ts'
import { isOfMany } from './of-many.ts'

export interface Known {
  /** hash of a number to its record, of the numbers that the message names */
  numbers: ReadonlyMap<PatientNumberDoc['_id'], string>
  records: ReadonlyMap<string, PatientRecordDoc>
  /** of these hashes those that its sender merged into another record (A40) */
  ended?: ReadonlySet<PatientNumberDoc['_id']>
  /** records that an operator joined to others: they go into none, and none into them */
  merged?: ReadonlySet<string>
}

/** Numbers of one event in one hospital; the other weak ones are cards, and cards are lent. */
const EVENT_NUMBERS = new Set(['VISIT', 'REPORT', 'EXAM', 'IPNO', 'OPNO'])

export interface Names {
  /** hash of the legal document within the source's domain; absent when it may not be used for finding */
  legal?: string
  /** key of the identity-card number; absent when it does not link */
  person?: string
  /** when the message says it */
  statedAt?: string
  /** id for a new record, made of its first strong number; a record without one gets a random id */
  newId(strongHash: string | undefined): string
}

export type Choice =
  | {
      found: true
      patient: string
      isNew: boolean
      register: string[]
      strongKinds: string[]
      absorb: string[]
      /** would be absorbed, but that they are joined to others, or are of many persons */
      kept: string[]
      /** hashes that stand for a record of many persons, or of another one by its valid number, and are of this one from now on */
      taken: string[]
      /** hashes of numbers that their sender ends (A40) */
      ended: readonly string[]
      disagree: boolean
    }
  | { found: false; awaits: string[] }

/**
 * Strong numbers decide. Weak ones (visit, report) and the legal identity find a record; the legal identity alone also
 * makes one, which a strong number that comes later adopts (one record per source and person, whatever came first).
 */
export function choosePatient(identity: PreparedIdentity, known: Known, names: Names): Choice {
  const strong = identity.numbers.filter((n) => n.strong)
  const isMany = (patient: string): boolean => isOfMany(known.records.get(patient))
  const outdated = strong.flatMap(({ hash }) => (isOfOther(known, names, hash) ? [hash] : []))
  // Whoever has a number of his own is found by that.
  const named = strong.flatMap((n) => (outdated.includes(n.hash) ? [] : (known.numbers.get(n.hash) ?? [])))
  const owners = [...named.filter((owner) => !isMany(owner)), ...named.filter(isMany)]
  const weak = identity.numbers.filter((n) => !n.strong).flatMap((n) => weakOwner(identity, known, names, n))
  const legalOwner = names.legal === undefined ? undefined : known.numbers.get(names.legal)
  const byLegal = legalOwner !== undefined && isMany(legalOwner) ? undefined : legalOwner
  const fits = (patient: string): boolean => mayBe(identity, known, names, patient) && takes(known.records.get(patient), strong)
  // A Patient that a client writes is this one, also when another organisation answers for it than when it was first written.
  const written = identity.patient !== undefined && known.records.has(identity.patient) ? identity.patient : undefined
  const patient = written ?? owners[0] ?? weak.find(fits) ?? [byLegal].find((p) => p !== undefined && fits(p))
  if (patient === undefined && strong.length === 0 && names.legal === undefined) {
    return { found: false, awaits: identity.numbers.map((n) => n.hash) }
  }
  const others = [...new Set([...owners, ...weak, ...(byLegal === undefined ? [] : [byLegal])])].filter((other) => other !== patient)
  const fitting = others.filter((other) => mayBe(identity, known, names, other) && patient !== undefined && disjoint(known, patient, other))
  const replaces = identity.replaces ?? []
  // The sender itself says so of these. Two valid identity numbers are two persons whoever says otherwise.
  const replaced = replaces.flatMap((hash) => known.numbers.get(hash) ?? []).filter((other) => other !== patient)
  const wanted = [...new Set([...fitting, ...replaced])]
  const absorb = ofOneNumber(known, names, patient, wanted)
  const isBound = (other: string): boolean => known.merged?.has(other) === true || isMany(other)
  const kept = absorb.filter((other) => isBound(other) || (patient !== undefined && isBound(patient)))
  // An identity document does not lead to a record that is of nobody.
  const legal = names.legal === undefined || (patient !== undefined && isMany(patient)) ? [] : [names.legal]
  const all = [...identity.numbers.map((n) => n.hash), ...replaces, ...legal]
  return {
    found: true,
    patient: patient ?? names.newId(strong[0]?.hash),
    isNew: patient === undefined,
    register: [...new Set(all)].filter((hash) => !known.numbers.has(hash)),
    strongKinds: strong.map((n) => n.kind),
    absorb: absorb.filter((other) => !kept.includes(other)),
    kept,
    taken: [...legal.filter(() => legalOwner !== undefined && legalOwner !== byLegal), ...outdated],
    ended: replaces,
    disagree:
      wanted.length > absorb.length ||
      kept.length > 0 ||
      outdated.length > 0 ||
      owners.some((owner) => owner !== patient && !absorb.includes(owner)),
  }
}

/** A number that was merged into another record (A40) and comes again with a valid identity number that is not that one's: the merge was of two persons. */
function isOfOther(known: Known, names: Names, hash: string): boolean {
  const owner = known.ended?.has(hash) === true ? known.numbers.get(hash) : undefined
  const number = owner === undefined ? undefined : known.records.get(owner)?.number
  return number != null && names.person !== undefined && number.value !== names.person
}

/** Without those of another identity number than the record will have; where it has none, and they have several, without all of them. */
function ofOneNumber(known: Known, names: Names, patient: string | undefined, others: readonly string[]): string[] {
  const mine = patient === undefined ? undefined : known.records.get(patient)?.number
  const isNewer = names.person !== undefined && (mine == null || names.statedAt === undefined || mine.at <= names.statedAt)
  const number = isNewer ? names.person : mine?.value
  const numberOf = (other: string): string | undefined => known.records.get(other)?.number?.value
  const all = new Set(others.flatMap((other) => numberOf(other) ?? []).concat(number ?? []))
  return others.filter((other) => all.size < 2 || [undefined, number].includes(numberOf(other)))
}

/** A record is one strong number of a kind: a second hospital number is a second record of the same person (formats.md D13). */
function takes(record: PatientRecordDoc | undefined, strong: readonly { kind: string }[]): boolean {
  return record === undefined || strong.every((n) => !record.strongKinds.includes(n.kind))
}

/** Two records that were made apart, by numbers of different kinds, before a message named both. */
function disjoint(known: Known, patient: string, other: string): boolean {
  const mine = known.records.get(patient)?.strongKinds ?? []
  return known.records.get(other)?.strongKinds.every((kind) => !mine.includes(kind)) === true
}

/** A visit number that was used twice, or a card used by two, must not put one person's data into another's record. */
function mayBe(identity: PreparedIdentity, known: Known, names: Names, patient: string): boolean {
  const record = known.records.get(patient)
  if (names.person !== undefined && record?.number && record.number.value !== names.person) return false
  return compareNames(record?.name?.value, identity.name) !== 'different'
}

/** A card finds its record only together with the name or the identity number. */
function weakOwner(identity: PreparedIdentity, known: Known, names: Names, number: PreparedIdentity['numbers'][number]): string[] {
  const owner = known.numbers.get(number.hash)
  if (owner === undefined) return []
  const record = known.records.get(owner)
  const same = isSameName(record?.name?.value, identity.name) || (names.person !== undefined && record?.number?.value === names.person)
  return EVENT_NUMBERS.has(number.kind) || same ? [owner] : []
}
