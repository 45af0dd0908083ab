/**
 * Composition/[id]/$document (R4 composition-operation-document.html, documents.html): the composition with all that it refers to and
 * what that refers to in turn, as a document Bundle. A reference to what the asker may not see leads nowhere, as one to what
 * is absent. Composition/$document?id= is the same.
 */
import type { Decision } from '../access/decision.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { parseReference } from '../fhir/reference.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { bodyText, notFound } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { checkId, requireScope } from '../interactions/checks.ts'
import { decided } from '../interactions/decided.ts'
import { requireRightToWrite } from '../interactions/matches.ts'
import { checkParameters } from '../interactions/parameters.ts'
import { shown } from '../interactions/read.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { draftOf, store } from '../interactions/writing.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON } from '../outcome/render.ts'
import { paramError } from '../search/parse/names.ts'
import type { Stored } from '../store/types.ts'
import { type InParameter, inParameters, oneBoolean, oneText } from './in-parameters.ts'
import type { Operation } from './types.ts'

const TYPE = 'Composition'
const DEFINITION = 'http://hl7.org/fhir/OperationDefinition/Composition-document'
/** Resources of one document. */
export const ENTRIES_MAX = 1000
const UNDERSTOOD: ReadonlySet<string> = new Set(['id', 'persist'])
/** Would choose other resources. */
const RESTRICTING: ReadonlySet<string> = new Set(['graph'])

/** What is stored is stored once. */
const writes = (request: FhirRequest): boolean => oneBoolean(inParameters(request), 'persist') ?? false
const base = { code: 'document', on: TYPE, methods: ['GET', 'POST'], writes, run } as const
export const document: Operation = { ...base, level: 'instance', definition: DEFINITION }
/** The same definition: it is named once. */
export const documentOfType: Operation = { ...base, level: 'type', definition: '' }

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireScope(request.actor, TYPE, 'r')
  // What its author signed is whole; a part of it in another form is no document.
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw new OutcomeError('not-permitted')
  const { id, persist } = askedOf(deps, request)
  if (persist) await requireStoring(deps, request)
  const seen = await decided(deps, request, [], async (decision) => {
    const composition = await deps.store.read(decision, TYPE, id)
    return composition && { composition, others: composition.deleted ? [] : await gathered(deps, decision, request, composition) }
  })
  const { composition, others } = seen.value ?? { composition: undefined, others: [] }
  const found = composition ? [composition, ...others] : []
  await audited(deps, request, { interaction: 'document', action: 'E', type: TYPE, id, found, seen })
  if (!composition) throw notFound()
  if (composition.deleted) throw new OutcomeError('gone')
  const pieces = bundleOf(deps, request, found)
  return persist ? stored(deps, request, pieces) : { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: pieces }
}

/** @throws OutcomeError not-found, parameter-missing, parameter-invalid, parameter-unsupported, method-not-allowed */
function askedOf(deps: FhirDeps, request: FhirRequest): { id: string; persist: boolean } {
  const sent = inParameters(request)
  const names: [string, string][] = sent.map(({ name }) => [name, ''])
  checkParameters(request, names, { understood: UNDERSTOOD, restricting: RESTRICTING })
  const persist = oneBoolean(sent, 'persist') ?? false
  // A GET stores nothing (RFC 9110 9.2.1).
  if (persist && request.method !== 'POST')
    throw new OutcomeError('method-not-allowed', { expression: ['persist'] }, { Allow: 'POST, OPTIONS' })
  return { id: idOf(deps, request, sent), persist }
}

function idOf(deps: FhirDeps, { segments }: FhirRequest, sent: readonly InParameter[]): string {
  const named = oneText(sent, 'id')
  if (segments.length === 3) {
    if (named !== undefined) throw paramError('parameter-invalid', 'id')
    checkId(segments[1] ?? '')
    return segments[1] ?? ''
  }
  if (named === undefined) throw paramError('parameter-missing', 'id')
  if (isId(named)) return named
  const target = parseReference(named, deps.baseUrl)
  // Compositions of other servers are not fetched.
  if (target?.kind !== 'local' || target.type !== TYPE || target.version !== undefined) throw paramError('parameter-invalid', 'id')
  return target.id
}

/** Before anything is looked for, so that the answer does not depend on it. */
async function requireStoring(deps: FhirDeps, request: FhirRequest): Promise<void> {
  requireScope(request.actor, 'Bundle', 'c')
  const intent = { type: 'Bundle', id: deps.newId(), method: 'POST' as const, custodian: request.actor.organization }
  await requireRightToWrite(deps, request, intent)
}

/** Other documents, and lists of persons, are named by a document and no part of it. */
const NOT_FOLLOWED: ReadonlySet<string> = new Set(['Composition', 'DocumentReference', 'DocumentManifest', 'Bundle', 'Group'])
/** Other records of the patient are none of it either. */
const OF_PATIENT: ReadonlySet<string> = new Set(['Organization', 'Practitioner', 'PractitionerRole'])

/** What is referred to: a resource as it stands, or one of its versions. */
interface Target {
  type: string
  id: string
  version?: string
}

/** In the order in which they are referred to, step by step. @throws OutcomeError document-entries */
async function gathered(deps: FhirDeps, decision: Decision, request: FhirRequest, composition: Stored): Promise<Stored[]> {
  const known = new Set([keyOf(composition)])
  const found = new Map([[versionKey(composition), composition]])
  for (let from = [composition]; from.length > 0; ) {
    const targets = new Map(from.flatMap((doc) => targetsOf(deps, doc)).map((target) => [keyOf(target), target]))
    const fresh = [...targets].flatMap(([key, target]) => (known.has(key) ? [] : [target]))
    for (const key of targets.keys()) known.add(key)
    const next = (await visibleOf(deps, decision, request, fresh)).filter((doc) => !found.has(versionKey(doc)))
    for (const doc of next) found.set(versionKey(doc), doc)
    if (found.size > ENTRIES_MAX) throw new OutcomeError('document-entries', { params: { max: ENTRIES_MAX } })
    from = next.filter(({ type }) => !NOT_FOLLOWED.has(type))
  }
  return [...found.values()].slice(1)
}

const nameOf = ({ type, id }: Target): string => `${type}/${id}`
const keyOf = ({ type, id, version }: Target): string => `${type}/${id}${version === undefined ? '' : `/_history/${version}`}`
const versionKey = ({ type, id, v }: Stored): string => `${type}/${id}/_history/${v}`

function targetsOf(deps: FhirDeps, doc: Stored): Target[] {
  const targets = referencesIn(JSON.parse(bodyText(doc))).flatMap((text): Target[] => {
    const target = parseReference(text, deps.baseUrl)
    return target?.kind === 'local' && isResourceType(target.type) ? [target] : []
  })
  return targets.filter(({ type }) => doc.type !== 'Patient' || OF_PATIENT.has(type))
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => (key === 'reference' && typeof inner === 'string' ? [inner] : referencesIn(inner)))
}

/** One look-up for each type, and one for each version that is named; what is hidden takes no place. */
async function visibleOf(deps: FhirDeps, decision: Decision, { actor }: FhirRequest, targets: readonly Target[]): Promise<Stored[]> {
  const byType = Map.groupBy(targets, ({ type }) => type)
  const lists = await Promise.all(
    [...byType].filter(([type]) => allows(actor, type, 'r')).map(([type, own]) => deps.store.readMany(decision, type, idsOf(own))),
  )
  const standing = new Map(lists.flat().map((doc) => [nameOf(doc), doc]))
  const found = await Promise.all(targets.map((target) => versionOf(deps, decision, target, standing.get(nameOf(target)))))
  return found.flatMap((doc) => (doc && !doc.deleted ? [doc] : []))
}

const idsOf = (targets: readonly Target[]): string[] => [...new Set(targets.map(({ id }) => id))]

/** The version that is meant, as vread shows it: of what is hidden now there is none. */
function versionOf(deps: FhirDeps, decision: Decision, { type, id, version }: Target, current: Stored | undefined) {
  if (!current || version === undefined || version === String(current.v)) return current
  return /^[1-9]\d{0,8}$/.test(version) ? deps.store.readVersion(decision, type, id, Number(version)) : undefined
}

/** A document has an identifier of its own, a time, and the composition first (R4 bundle.html, bdl-9 to bdl-11). */
function bundleOf(deps: FhirDeps, request: FhirRequest, found: readonly Stored[]): (Uint8Array | string)[] {
  const identifier = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${deps.newId()}` }
  const head = { resourceType: 'Bundle', identifier, type: 'document', timestamp: deps.now().toISOString() }
  const entries = found.flatMap((doc, at) => {
    const { fullUrl, resource } = shown(deps, request, doc)
    return [`${at === 0 ? '' : ','}{"fullUrl":${JSON.stringify(fullUrl)},"resource":`, resource, '}']
  })
  return [`${JSON.stringify(head).slice(0, -1)},"entry":[`, ...entries, ']}']
}

async function stored(deps: FhirDeps, request: FhirRequest, pieces: readonly (Uint8Array | string)[]): Promise<FhirResponse> {
  const parsed = parseResource(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))))
  const draft = await draftOf(deps, request.actor, { type: 'Bundle', id: deps.newId(), method: 'POST', expect: 'absent', parsed })
  const [written] = await store(deps, request, [draft])
  const Location = `${deps.baseUrl}/Bundle/${written.id}/_history/${written.v}`
  return { status: 200, headers: { 'Content-Type': FHIR_JSON, Location }, body: [written.body] }
}
