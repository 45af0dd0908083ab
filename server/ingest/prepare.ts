/** A mapped record to statements: keys become ids, the patient stays a placeholder until the link step. */
import { hash } from 'node:crypto'
import type { KeyReference, KeyUrl, MappedRecord, MappedResource, PatientIdentity, ResourceKey } from '../../mappings/engine/types.ts'
import { readName } from '../../mappings/engine/values/name.ts'
import { NATIONAL } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { allInTurns, Turns } from '../store/turns.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { codingName, codingsIn } from './codings.ts'
import { identityDomain } from './context.ts'
import { doubtsOfClock, doubtsOfCodes } from './doubts.ts'
import { PATIENT_PLACEHOLDER } from './fold/fold.ts'
import { besides, listParts, listsVia } from './fold/lists-apart.ts'
import { arrivalOf, countsByPlace, joinStatements, type StatementOrigin, statementOf } from './fold/statement.ts'
import { askedVia, type Statement } from './fold/types.ts'
import { batchId, numberHash, resourceId } from './ids.ts'
import { kinOf } from './kin.ts'
import { legalOf } from './link/legal.ts'
import { asLine } from './numbered.ts'
import { asNumber } from './recounted.ts'
import { asTaken } from './timed.ts'
import { fieldOf } from './receipt.ts'
import { type Texts, textsOf } from './texts.ts'
import type {
  IngestDeps,
  IngestSource,
  PreparedBatchWord,
  PreparedIdentity,
  PreparedKin,
  PreparedRecord,
  PreparedStatement,
} from './types.ts'

type Deps = Pick<IngestDeps, 'secret' | 'organizations' | 'placeholders' | 'lookup'>

export interface PayloadOrigin {
  /** ISO instant at which the payload came */
  receivedAt: string
  /** how often it was processed before */
  generation: number
  /** of the record in the payload, from 1 */
  position?: number
  /** ids of what people decided and the mapping asked for */
  decided?: readonly string[]
}

/**
 * With turns for others between its resources.
 * @throws RangeError when the record has more resources than recordResourcesMax
 * @throws OutcomeError sender-foreign-scope, list-too-long
 */
export async function prepare(deps: Deps, source: IngestSource, record: MappedRecord, payload: PayloadOrigin): Promise<PreparedRecord> {
  if (record.resources.length > INGEST_BOUNDS.recordResourcesMax) throw new RangeError('record too large')
  refuseForeign(deps, source, record)
  const urlOf = urlsOf(deps)
  const plain = resolverOf(urlOf)
  const texts = textsOf()
  const { id, kind, organization, timezone } = source
  const origin = { source: id, kind, organization, timezone, ...payload }
  const identity = record.patient && identityOf(deps, source, record, record.patient, payload.receivedAt)
  const resources = await allInTurns(
    record.resources,
    ({ unlisted, ...mapped }): MappedResource => ({
      ...saidOnArrival(mapped, payload.receivedAt),
      resource: plain(mapped.resource) as FhirResource,
      ...(unlisted && { unlisted: plain(unlisted) as typeof unlisted }),
    }),
  )
  const turns = new Turns()
  const told = [...resources, ...motherOf(source, record.patient, identity)]
  const saying: Saying = { deps, urlOf, origin, texts, turns }
  const all = await statementsOf(saying, told)
  const kin: PreparedKin[] = []
  for (const { instead, ...known } of kinOf(deps, source, record, told, identity)) {
    kin.push({ ...known, instead: await statementsOf(saying, instead) })
  }
  // Before a part of it is stored.
  if (all.some(({ statement }) => hasLongList(statement))) throw new OutcomeError('list-too-long')
  // Looked for once: a bill of ten thousand lines has as many codes that nobody has mapped.
  const saidCodes = record.unmapped.length > 0 ? codingsIn(resources.map(({ resource }) => resource)) : new Set<string>()
  const words = record.batchWords?.map(({ batch, saidBy, ofPerson, settlement, among, tells, unlists, ...said }) => ({
    ...said,
    batch: batchId(deps.secret, batch),
    ...(saidBy && { saidBy: batchId(deps.secret, saidBy) }),
    ...(ofPerson && { ofPerson: batchId(deps.secret, ofPerson) }),
    ...(settlement && { settlement: batchId(deps.secret, settlement) }),
    ...(among && { among: batchId(deps.secret, among) }),
    ...(tells && { tells: texts(plain(tells)) }),
    ...(unlists && { unlists: texts(plain(unlists)) }),
  }))
  await turns.take()
  const visits = record.visits?.map(({ insured, own, by, statedAt }) => {
    const [id, ownId] = [resourceId(deps.secret, insured), resourceId(deps.secret, own)]
    return { id, own: ownId, by, statedAt: new Date(statedAt).toISOString() }
  })
  const doubts = [...doubtsOfClock(record.resources, record.at, payload.receivedAt), ...doubtsOfCodes(deps, resources, record.at)]
  return {
    recordType: record.recordType,
    deliveryId: record.deliveryId,
    at: record.at,
    ...(identity && { identity }),
    statements: all,
    needsPatient: all.some((s) => s.ofPatient),
    unmapped: record.unmapped.map((code) => (saidCodes.has(codingName(code)) ? code : { ...code, alone: true })),
    ...(payload.decided?.length && { decided: [...payload.decided] }),
    issues: [...record.issues, ...doubts].slice(0, INGEST_BOUNDS.recordIssuesMax),
    unread: distinctFields(record.unread)
      .slice(0, INGEST_BOUNDS.recordIssuesMax)
      .map((name) => name.slice(0, INGEST_BOUNDS.labelCharactersMax)),
    nothingToStore: record.nothingToStore === true || (all.length === 0 && record.patient === undefined),
    ...(words && { batchWords: words.map((word) => ofBefore(word, payload.receivedAt)) }),
    ...(visits && { visits }),
    ...(kin.length > 0 && { kin }),
    digest: digestOf(record, resources.map(({ resource }) => texts(resource)).join('\n'), words),
    ...(all.some(({ statement }) => countsByPlace(statement)) && { arrival: arrivalOf(origin) }),
  }
}

/** What says no time was said when it came, as far as that tells more than that it is before all else. */
function saidOnArrival(mapped: MappedResource, receivedAt: string): MappedResource {
  const { listsApart } = mapped
  return {
    ...mapped,
    ...(mapped.onArrival && { statedAt: receivedAt }),
    ...(listsApart?.onArrival && { listsApart: { ...listsApart, statedAt: receivedAt } }),
  }
}

const ofBefore = (word: PreparedBatchWord, receivedAt: string): PreparedBatchWord =>
  word.onArrival ? { ...word, statedAt: new Date(Date.parse(receivedAt) - 1).toISOString() } : word

interface Saying {
  deps: Deps
  urlOf: (key: ResourceKey) => string
  origin: StatementOrigin
  texts: Texts
  turns: Turns
}

/** One statement of each thing, also where the record tells of it twice; its lists that are kept apart have their own. */
async function statementsOf(saying: Saying, told: readonly MappedResource[]): Promise<PreparedStatement[]> {
  const { deps, urlOf, texts, turns } = saying
  const statements = new Map<string, PreparedStatement>()
  for (const mapped of told) {
    await turns.take()
    const id = idOf(deps, mapped, urlOf)
    if (id === undefined) continue
    const { whole, lists } = listParts(mapped)
    const name = `${mapped.resource.resourceType}/${id}`
    const ofPatient = id === OWN_PATIENT || isOfBytes(mapped) || texts(mapped.resource).includes(`"${PATIENT_PLACEHOLDER}"`)
    const said = preparedOf(saying, whole, id, ofPatient)
    statements.set(name, joinPrepared(statements.get(name), said))
    if (lists) {
      const aside = listsOf(preparedOf(saying, lists, id, ofPatient), lists.statedAt)
      statements.set(`${name} ${aside.statement.via}`, aside)
    }
  }
  await turns.take()
  return [...statements.values()]
}

/** Contents of a document name nobody, and are of whoever the document is: under a number of two persons they go with the one, as it does. */
const isOfBytes = ({ resource }: MappedResource): boolean => resource.resourceType === 'Binary' && resource.securityContext !== undefined

function preparedOf({ deps, origin, texts }: Saying, mapped: MappedResource, id: string, ofPatient: boolean): PreparedStatement {
  const { secret } = deps
  const type = mapped.resource.resourceType
  const others = otherIdsIn(deps, mapped)
  const alone = apartIn(statementOf(mapped, origin, texts), viaOf(secret, mapped))
  const told = others.numbered === undefined ? alone : asLine(alone, others.numbered)
  const taken = others.timed === undefined ? told : asTaken(told, others.timed)
  const statement = others.line?.counts ? asNumber(taken, others.line.number) : taken
  return {
    ...{ type, ...(id !== OWN_PATIENT && { id }), ofPatient, statement },
    ...(mapped.batches && { batches: mapped.batches.map((key) => batchId(secret, key)) }),
    ...(mapped.hears && { hears: batchId(secret, mapped.hears) }),
    ...(mapped.ofPerson && { ofPerson: batchId(secret, mapped.ofPerson) }),
    ...(mapped.onceReversed && { onceReversed: mapped.onceReversed }),
    ...(mapped.saidBy && { saidBy: batchId(secret, mapped.saidBy) }),
    ...(mapped.exchanged && { exchanged: exchangedIn(secret, mapped.exchanged) }),
    ...others,
  }
}

function joinPrepared(known: PreparedStatement | undefined, said: PreparedStatement): PreparedStatement {
  if (!known) return said
  const ofPatient = known.ofPatient || said.ofPatient
  return { ...known, ...said, ofPatient, statement: joinStatements(known.statement, said.statement) }
}

function listsOf(said: PreparedStatement, statedAt: string): PreparedStatement {
  const [set = ''] = said.batches ?? []
  return { ...said, statement: { ...besides(said.statement), via: listsVia(set, statedAt) } }
}

const otherIdsIn = (
  { secret }: Deps,
  { numbered, plain, first, line, timed }: MappedResource,
): Pick<PreparedStatement, 'numbered' | 'plain' | 'first' | 'line' | 'timed'> => ({
  ...(numbered && { numbered: resourceId(secret, numbered) }),
  ...(plain && { plain: resourceId(secret, plain) }),
  ...(first && { first: resourceId(secret, first) }),
  ...(line && { line }),
  ...(timed && {
    timed: { at: timed.at, id: resourceId(secret, timed.key), plain: resourceId(secret, timed.plain), corrects: timed.corrects },
  }),
})

const exchangedIn = (
  secret: Uint8Array,
  { of, settlement }: NonNullable<MappedResource['exchanged']>,
): NonNullable<PreparedStatement['exchanged']> => ({
  of: batchId(secret, of),
  ...(settlement && { settlement: batchId(secret, settlement) }),
})

const viaOf = (secret: Uint8Array, { apart, asked }: MappedResource): string | undefined =>
  apart ? batchId(secret, apart) : asked && askedVia(batchId(secret, asked))

const apartIn = (statement: Statement, via: string | undefined): Statement => (via === undefined ? statement : { ...statement, via })

function digestOf({ patient, resources, unmapped }: MappedRecord, text: string, words: PreparedRecord['batchWords']): string {
  const head = JSON.stringify([
    patient,
    resources.map(({ key, state, statedAt, numbered }) => [key, state, statedAt, ...(numbered ? [numbered] : [])]),
    unmapped,
  ])
  return hash('sha256', head + text + (words ? JSON.stringify(words) : ''), 'base64url')
}

/**
 * A hospital speaks of its own things only (formats.md D48): under another configured organisation's numbers it could
 * overwrite that one's records. It may refer to them, and platforms and insurance speak of many hospitals by their nature.
 */
function refuseForeign(deps: Deps, source: IngestSource, record: MappedRecord): void {
  if (source.kind !== 'hospital') return
  const own = new Set([source.organization, ...source.organizationCodes.values()])
  const isForeign = ({ key, placeholder }: MappedResource): boolean =>
    key !== 'patient' && !placeholder && !own.has(key.scope) && deps.organizations.some(({ id }) => id === key.scope)
  if (record.resources.some(isForeign)) throw new OutcomeError('sender-foreign-scope')
}

/** A newborn under its mother's number is a patient of its own that has this mother (formats.md D11). */
function motherOf(source: IngestSource, patient: PatientIdentity | undefined, identity: PreparedIdentity | undefined): MappedResource[] {
  const [number] = identity?.numbers ?? []
  if (identity?.legal?.doubt !== 'newborn' || number === undefined) return []
  const name = patient?.name === undefined ? undefined : readName(patient.name).newbornOf
  const resource = {
    resourceType: 'RelatedPerson',
    identifier: [{ system: NATIONAL.idCard, value: identity.legal.number }],
    active: true,
    patient: { reference: PATIENT_PLACEHOLDER },
    relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'MTH', display: 'mother' }] }],
    ...(name !== undefined && { name: [{ text: name }] }),
  }
  const key = { type: 'RelatedPerson', scope: identityDomain(source), parts: ['mother', number.hash] }
  return [{ key, resource, state: 'current', statedAt: identity.statedAt }]
}

const hasLongList = ({ lists }: Statement): boolean =>
  Object.values(lists).some((entries) => Object.keys(entries).length > INGEST_BOUNDS.listMembersMax)

const OWN_PATIENT = '~'

/** undefined: an organisation of the configuration, which no source describes. */
function idOf(deps: Deps, mapped: MappedResource, urlOf: (key: ResourceKey) => string): string | undefined {
  if (mapped.key === 'patient') return OWN_PATIENT
  return configured(deps, mapped.key) === undefined ? urlOf(mapped.key).slice(mapped.key.type.length + 1) : undefined
}

const configured = (deps: Deps, key: ResourceKey): string | undefined =>
  key.type === 'Organization' && key.parts.length === 0 ? deps.organizations.find(({ id }) => id === key.scope)?.id : undefined

/** `Type/id` of a key. */
const urlsOf =
  (deps: Deps) =>
  (key: ResourceKey): string =>
    `${key.type}/${configured(deps, key) ?? resourceId(deps.secret, key)}`

const DOLLAR = '$'.charCodeAt(0)

/** A mapped value with `Type/id` in the place of keys; the value itself where there are none in it. What prints itself (a decimal) is left as it is. */
function resolverOf(urlOf: (key: ResourceKey) => string): (value: unknown) => unknown {
  const resolved = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) {
      const items = value.map(resolved)
      return items.every((item, at) => item === value[at]) ? value : items
    }
    return resolvedObject(value as Record<string, unknown>)
  }
  const resolvedObject = (value: Record<string, unknown>): unknown => {
    let copy: Record<string, unknown> | undefined
    for (const key in value) {
      if (key.charCodeAt(0) === DOLLAR) return named(value)
      const member = value[key]
      if (member === null || typeof member !== 'object') continue
      const made = resolved(member)
      if (made === member) continue
      if ('toJSON' in value) return value
      copy ??= { ...value }
      copy[key] = made
    }
    return copy ?? value
  }
  /** No element of FHIR begins so. */
  const named = (value: Record<string, unknown>): unknown => {
    const shown = value.display === undefined ? {} : { display: value.display }
    if ('$patient' in value) return { reference: PATIENT_PLACEHOLDER, ...shown }
    if ('$url' in value) return urlOf((value as unknown as KeyUrl).$url)
    return { reference: urlOf((value as unknown as KeyReference).$key), ...shown }
  }
  return resolved
}

function identityOf(
  deps: Deps,
  source: IngestSource,
  record: MappedRecord,
  patient: PatientIdentity,
  receivedAt: string,
): PreparedIdentity {
  const statedAt = newest(record.resources.filter((r) => !r.placeholder).map((r) => r.statedAt)) ?? NO_TIME
  // How old a child is whose record says no time is known by when it came, at the most.
  const legal = legalOf(patient, statedAt === NO_TIME ? receivedAt : statedAt, new Set(deps.placeholders))
  const domain = identityDomain(source)
  const numbers = patient.local.map(({ kind, value, strong }) => ({ hash: numberHash(deps.secret, domain, kind, value), kind, strong }))
  const replaces = patient.replaces?.map(({ kind, value }) => numberHash(deps.secret, domain, kind, value))
  return {
    ...(replaces && { replaces }),
    numbers: numbers.filter(({ hash }, at) => numbers.findIndex((n) => n.hash === hash) === at),
    ...(legal && { legal }),
    ...(patient.name !== undefined && { name: patient.name }),
    ...(patient.gender !== undefined && { gender: patient.gender }),
    ...(patient.birthDate !== undefined && { birthDate: patient.birthDate }),
    ...contactsOf(record),
    statedAt,
  }
}

/** Telephones and addresses of the patient's own, as the record's Patient has them. */
function contactsOf({ resources }: MappedRecord): Pick<PreparedIdentity, 'phones' | 'addresses'> {
  const own = resources.find(({ key }) => key === 'patient')?.resource
  const items = (name: string) => (Array.isArray(own?.[name]) ? (own[name] as Record<string, unknown>[]) : [])
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const phones = items('telecom').flatMap(({ system, value }) => (system === 'phone' || system === 'sms' ? [text(value)] : []))
  const addresses = items('address').map(
    ({ text: whole, state, city, district, line }) => text(whole) || [state, city, district, ...[line].flat()].map(text).join(''),
  )
  const [known, lived] = [phones, addresses].map((all) => [...new Set(all)].filter((one) => one !== '').sort())
  return { ...(known?.length && { phones: known }), ...(lived?.length && { addresses: lived }) }
}

/** The first place of each field: a hundred lines of a bill leave the same one unread. */
const distinctFields = (names: readonly string[]): string[] =>
  [...new Map(names.toReversed().map((name) => [fieldOf(name), name])).values()].toReversed()

const NO_TIME = new Date(0).toISOString()

const newest = (instants: readonly string[]): string | undefined =>
  instants
    .map((text) => new Date(text).toISOString())
    .sort()
    .at(-1)
