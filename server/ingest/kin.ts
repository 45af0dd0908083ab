/**
 * Others than the patient whom a record names with a number: the mother under whose number a newborn stands, a relative who signed. They may have
 * refused to be collected as well (formats.md D49): then the record keeps that there is such a relative, and nothing by which she is known.
 */
import type { MappedRecord, MappedResource } from '../../mappings/engine/types.ts'
import { NATIONAL } from '../fhir/canonical.ts'
import { normalizeIdNumber, readIdentityNumber } from '../fhir/identity-number.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { SideWrite } from '../store/types.ts'
import { bareOf } from './collecting.ts'
import { identityDomain } from './context.ts'
import { keyedId, numberHash } from './ids.ts'
import { plainRelation } from './kin-relations.ts'
import { type KinWords, namingOf } from './kin-words.ts'
import { identityNumbersIn } from './number-search.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, IngestSource, PreparedIdentity, PreparedKin, PreparedRecord, PreparedStatement, ReceiptIssue } from './types.ts'

const MOTHER = 'MTH'
const WITHHELD = 'relative-not-collected'

/** One of them as a record names her, with what stands in the place of that where she refuses. */
export interface Kin {
  numbers: string[]
  /** identity number, normalised */
  legal?: string
  names: string[]
  phones: string[]
  instead: MappedResource[]
}

interface Identifier {
  system?: string
  value?: string
}

/** @param resources of the record, with their references resolved */
export function kinOf(
  deps: Pick<IngestDeps, 'secret' | 'placeholders'>,
  source: IngestSource,
  { kin = [] }: Pick<MappedRecord, 'kin'>,
  resources: readonly MappedResource[],
  identity: PreparedIdentity | undefined,
): Kin[] {
  const domain = identityDomain(source)
  const mother = identity?.legal?.doubt === 'newborn' ? identity.legal.number : undefined
  const known = (legal: string | undefined): boolean => legal !== undefined && !(deps.placeholders ?? []).includes(legal)
  const said = kin.map(({ key, legal, names = [], phones = [], ...one }) => ({
    ...one,
    ...{ key: JSON.stringify(key), legal: validOf(legal), names, phones },
  }))
  const told = resources.filter(({ resource }) => resource.resourceType === 'RelatedPerson')
  const found = told.map((mapped): Kin => {
    const isHers = isMother(mapped.resource)
    const own = said.filter(({ key, ofMother }) => key === JSON.stringify(mapped.key) || (ofMother && isHers))
    const numbers = own.flatMap(({ local }) => local.map(({ kind, value }) => numberHash(deps.secret, domain, kind, value)))
    const legal = numberOf(mapped.resource) ?? own.find((one) => one.legal)?.legal ?? (isHers ? mother : undefined)
    const words = { names: own.flatMap(({ names }) => names), phones: own.flatMap(({ phones }) => phones) }
    return {
      numbers,
      ...words,
      ...(known(legal) && { legal: legal as string }),
      instead: [bare(mapped), ...withoutNumber(resources, legal)],
    }
  })
  // Of these the bytes alone speak.
  const unsaid = said.filter(({ key }) => !told.some((mapped) => JSON.stringify(mapped.key) === key))
  const others = unsaid.map(
    ({ local, legal, names, phones }): Kin => ({
      numbers: local.map(({ kind, value }) => numberHash(deps.secret, domain, kind, value)),
      ...{ names: [...names], phones: [...phones] },
      ...(known(legal) && { legal: legal as string }),
      instead: [],
    }),
  )
  return [...found, ...others].filter(({ numbers, legal }) => numbers.length > 0 || legal !== undefined)
}

function validOf(number: string | undefined): string | undefined {
  const read = number === undefined ? undefined : readIdentityNumber(number)
  return read?.valid ? read.value : undefined
}

const numberOf = ({ identifier }: FhirResource): string | undefined =>
  validOf(((identifier ?? []) as Identifier[]).find(({ system }) => system === NATIONAL.idCard)?.value)

const isMother = ({ relationship }: FhirResource): boolean =>
  ((relationship ?? []) as { coding?: { code?: string }[] }[]).some(({ coding }) => coding?.some(({ code }) => code === MOTHER))

/** That there is such a relative of the patient. */
function bare(mapped: MappedResource): MappedResource {
  const { resourceType, active, patient, relationship } = mapped.resource
  return { ...mapped, resource: { resourceType, active, patient, relationship: plainRelation(relationship) } as FhirResource }
}

/** The patient's own record where the number stands in it, as a newborn's does. */
function withoutNumber(resources: readonly MappedResource[], number: string | undefined): MappedResource[] {
  const isHers = ({ value = '' }: Identifier): boolean => normalizeIdNumber(value) === number
  const own = resources.filter(({ key }) => key === 'patient')
  if (!own.some(({ resource }) => ((resource.identifier ?? []) as Identifier[]).some(isHers))) return []
  return own.map((mapped) => {
    const identifier = ((mapped.resource.identifier ?? []) as Identifier[]).filter((one) => !isHers(one))
    return { ...mapped, resource: { ...mapped.resource, identifier: identifier.length > 0 ? identifier : undefined } as FhirResource }
  })
}

export interface AskedKin {
  refusing: readonly PreparedKin[]
  refusers: readonly string[]
  /** what the server knows of them by which they are named in texts */
  known: Pick<KinWords, 'names' | 'phones'>
  /** to be written beside what is stored of the others: whoever of them refuses meanwhile is met there */
  side: readonly SideWrite[]
}

const NOTHING: AskedKin['known'] = { names: [], phones: [] }
const NOBODY: AskedKin = { refusing: [], refusers: [], known: NOTHING, side: [] }

/** Who of those whom the record names beside its patient refuses. */
export async function askKin(
  deps: IngestDeps,
  tables: Pick<IngestTables, 'identities' | 'numbers' | 'records'>,
  source: IngestSource,
  { kin = [] }: Pick<PreparedRecord, 'kin'>,
): Promise<AskedKin> {
  if (kin.length === 0 || !deps.mayCollect || source.statutory === true) return NOBODY
  const asked = await Promise.all(
    kin.map(async (one) => {
      const { numbers, legal } = one
      return { one, ...(await askNumbers(deps, tables, source, { numbers, legals: legal === undefined ? [] : [legal] }, 'RelatedPerson')) }
    }),
  )
  const refused = asked.filter(({ refusers }) => refusers.length > 0)
  return {
    refusing: refused.map(({ one }) => one),
    known: refused.length === 0 ? NOTHING : await knownOf(tables, [...new Set(refused.flatMap(({ patients }) => patients))]),
    refusers: [...new Set(asked.flatMap(({ refusers }) => refusers))].sort(),
    side: asked.flatMap(({ side }) => side),
  }
}

/** What records of these patients have been said to be called, and under which telephones. */
async function knownOf({ records }: Pick<IngestTables, 'records'>, patients: readonly string[]): Promise<AskedKin['known']> {
  const found = await records.getMany(patients)
  const names = found.flatMap(({ name, saidToBe, traits }) => [
    ...[name, ...(traits?.names ?? [])].flatMap((said) => said?.value ?? []),
    ...(saidToBe?.names ?? []),
  ])
  const phones = found.flatMap(({ traits }) => traits?.phones.map(({ value }) => value) ?? [])
  return { names: [...new Set(names)], phones: [...new Set(phones)] }
}

/** Of whoever a RelatedPerson is, as far as its identity number says it. */
export function patientsOfRelative(
  deps: Pick<IngestDeps, 'secret'>,
  tables: Pick<IngestTables, 'identities'>,
  relative: FhirResource,
): Promise<string[]> {
  const legal = numberOf(relative)
  return patientsUnder(deps, tables, legal === undefined ? [] : [legal])
}

/** Masters and records of these identity numbers. */
export async function patientsUnder(
  { secret }: Pick<IngestDeps, 'secret'>,
  { identities }: Pick<IngestTables, 'identities'>,
  legals: readonly string[],
): Promise<string[]> {
  const found = await identities.getMany(legals.map((legal) => keyedId(secret, 'person', legal)))
  return found.flatMap(({ master, linked }) => [master, ...linked])
}

/** Whether those who are known by these numbers refuse that something of this type be collected of them. */
export async function askNumbers(
  deps: IngestDeps,
  tables: Pick<IngestTables, 'identities' | 'numbers'>,
  source: IngestSource,
  { numbers, legals }: { numbers: readonly string[]; legals: readonly string[] },
  type: string,
): Promise<{ refusers: readonly string[]; side: readonly SideWrite[]; patients: readonly string[] }> {
  const [known, under] = await Promise.all([tables.numbers.getMany(numbers), patientsUnder(deps, tables, legals)])
  const patients = [...under, ...known.map(({ patient }) => patient)]
  const theirs = new Set(known.map(({ _id }) => _id))
  const ask = {
    patients: [...new Set(patients)],
    numbers: numbers.filter((hash) => !theirs.has(hash)),
    organization: source.organization,
    resources: () => [bareOf(type, source)],
  }
  return { ...((await deps.mayCollect?.(ask)) ?? NOBODY), patients: ask.patients }
}

/** The record without what these are known by; undefined where more of it than can be left out names them. */
export function withoutKin(record: PreparedRecord, { refusing, known }: Pick<AskedKin, 'refusing' | 'known'>): PreparedRecord | undefined {
  const instead = new Map(refusing.flatMap((one) => one.instead).map((statement) => [nameOf(statement), statement]))
  const told = new Set(refusing.flatMap((one) => one.instead.map(nameOf)).filter((name) => name.startsWith('RelatedPerson/')))
  const legals = new Set(refusing.flatMap(({ legal }) => legal ?? []))
  const issue: ReceiptIssue = { severity: 'warning', code: WITHHELD, at: record.at }
  const left = {
    ...record,
    statements: record.statements.map((statement) => instead.get(nameOf(statement)) ?? statement),
    kin: (record.kin ?? []).filter((one) => !refusing.includes(one)),
    issues: [issue, ...record.issues],
  }
  const words: KinWords = {
    names: [...refusing.flatMap(({ names = [] }) => names), ...known.names],
    phones: [...refusing.flatMap(({ phones = [] }) => phones), ...known.phones],
    legals: [...legals],
  }
  return left.statements.some((statement) => isNaming(statement, told, legals)) || tellsOf(left, words) ? undefined : left
}

/**
 * Whether she is named, or may be in bytes or in what people wrote for people, in what a record says beside who its patient is: a newborn is called after
 * his mother.
 */
function tellsOf({ statements, unmapped }: PreparedRecord, words: KinWords): boolean {
  const isNamed = namingOf(words)
  const others = statements.filter(({ type }) => type !== 'Patient')
  return unmapped.some(isNamed) || others.some((one) => isForPeople(one) || isNamed([one.statement.units, one.statement.lists]))
}

/** A document, or something with bytes, in which nobody can look for a name with certainty. */
function isForPeople({ type, statement: { units, lists } }: PreparedStatement): boolean {
  if (type === 'Composition' || type === 'Binary') return true
  const items = Object.values(lists).flatMap((entries) => Object.values(entries).flatMap((entry) => entry.items))
  return [...Object.values(units).flatMap(({ members }) => Object.values(members)), ...items].some((text) => text.includes('"data":"'))
}

const nameOf = ({ type, id = '' }: PreparedStatement): string => `${type}/${id}`

/** By its number anywhere, or as somebody who signed, whose name stands beside the reference. */
function isNaming(statement: PreparedStatement, told: ReadonlySet<string>, legals: ReadonlySet<string>): boolean {
  const text = JSON.stringify(statement.statement)
  if ([...told].some((name) => name !== nameOf(statement) && text.includes(name))) return true
  return identityNumbersIn(Buffer.from(text)).some((number) => legals.has(number))
}
