/**
 * [type]/[id]/$meta, $meta-add and $meta-delete (R4 resource-operation-meta.html, -meta-add.html, -meta-delete.html): profiles,
 * tags and security labels of one resource. A change is written like an update, as a new version and with the same checks.
 */
import { parseResource, withMeta } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { bodyText, jsonAnswer, notFound, versionHeaders } from '../interactions/answers.ts'
import { auditedRead } from '../interactions/audited.ts'
import { checkId, checkType, requireScope } from '../interactions/checks.ts'
import { decided } from '../interactions/decided.ts'
import { checkParameters } from '../interactions/parameters.ts'
import { checkParametersForm } from '../interactions/parameters-form.ts'
import { conditionsIn, expectedVersion } from '../interactions/preconditions.ts'
import { masked, stampOf } from '../interactions/read.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { updateDraft } from '../interactions/update.ts'
import { hasCondition, overWhatStands } from '../interactions/what-stands.ts'
import { parseBody, store, type Written } from '../interactions/writing.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { shownName } from '../search/parse/names.ts'
import type { Stored } from '../store/types.ts'
import { inParameters } from './in-parameters.ts'
import type { Operation } from './types.ts'

type Change = 'add' | 'delete'

export const META_DEFINITION = 'http://hl7.org/fhir/OperationDefinition/Resource-meta'
const base = { on: '*', level: 'instance' } as const
export const meta: Operation = { ...base, code: 'meta', methods: ['GET', 'POST'], writes: false, definition: META_DEFINITION, run: read }
export const metaAdd: Operation = {
  ...base,
  code: 'meta-add',
  methods: ['POST'],
  writes: true,
  definition: `${META_DEFINITION}-add`,
  run: (deps, request) => change(deps, request, 'add'),
}
export const metaDelete: Operation = {
  ...base,
  code: 'meta-delete',
  methods: ['POST'],
  writes: true,
  definition: `${META_DEFINITION}-delete`,
  run: (deps, request) => change(deps, request, 'delete'),
}

/** $meta has no parameters; what is sent by POST are Parameters all the same. @throws OutcomeError resource-type-mismatch, parameter-unknown */
export function checkWithout(request: FhirRequest): void {
  const sent = inParameters(request).map(({ name }): [string, string] => [name, ''])
  checkParameters(request, sent)
}

/** As the caller would read the resource: a masked form has a meta of its own. */
async function read(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type] = targetOf(request)
  requireScope(request.actor, type, 'r')
  checkWithout(request)
  const doc = await visible(deps, request, 'meta')
  const text = masked(deps, request, doc)
  return answer(JSON.parse(typeof text === 'string' ? text : bodyText(doc)) as FhirResource, stampOf(request, doc))
}

async function change(deps: FhirDeps, request: FhirRequest, kind: Change): Promise<FhirResponse> {
  const [type, id] = targetOf(request)
  requireScope(request.actor, type, 'u')
  requireScope(request.actor, type, 'r')
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw new OutcomeError('not-permitted')
  checkParameters(request, request.query)
  const asked = metaOf(request)
  const written = await overWhatStands(hasCondition(request), [`${type}/${id}`], () => write(deps, request, kind, asked))
  return answer(JSON.parse(Buffer.from(written.body).toString('utf8')) as FhirResource, written)
}

async function write(deps: FhirDeps, request: FhirRequest, kind: Change, asked: Labels): Promise<Written> {
  const current = await visible(deps, request, `meta-${kind}`)
  const expected = expectedVersion(request, current)
  if (expected !== 'any' && expected !== current.v) throw new OutcomeError('version-conflict', conditionsIn(request))
  const before = (JSON.parse(bodyText(current)) as FhirResource).meta ?? {}
  if (kind === 'delete' && request.actor.party !== 'operator' && !request.actor.unrestricted) requireLabelsKept(before, asked)
  const text = withMeta(bodyText(current), JSON.stringify(changed(before, kind, asked)))
  const plain = { ...request, method: 'PUT' as const, header: (name: string) => (/^if-/.test(name) ? undefined : request.header(name)) }
  const draft = await updateDraft(deps, plain, { sent: () => parseResource(text), current: () => current })
  const [written] = await store(deps, plain, [{ ...draft, expect: current.v }])
  return written
}

/** @throws OutcomeError not-found */
function targetOf({ segments }: FhirRequest): [type: string, id: string] {
  const [type = '', id = ''] = segments
  checkType(type)
  checkId(id)
  return [type, id]
}

async function visible(deps: FhirDeps, request: FhirRequest, interaction: string): Promise<Stored> {
  const [type, id] = targetOf(request)
  const { value } = await auditedRead(deps, request, { interaction, action: 'R', type, id }, () =>
    decided(deps, request, [], (decision) => deps.store.read(decision, type, id)),
  )
  if (!value) throw notFound()
  if (value.deleted) throw new OutcomeError('gone')
  return value
}

const LISTS = ['profile', 'tag', 'security'] as const
type Meta = Record<string, unknown>
type Labels = Record<(typeof LISTS)[number], unknown[]>

/** The in-parameter `meta`; of it only the three lists count. @throws OutcomeError */
function metaOf(request: FhirRequest): Labels {
  const { resource } = parseBody(request)
  if (resource.resourceType !== 'Parameters') throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  checkParametersForm(resource)
  const list: unknown[] = Array.isArray(resource.parameter) ? resource.parameter : []
  const [only, ...others] = list as { name?: unknown; valueMeta?: unknown }[]
  const value = only?.valueMeta
  if (only?.name !== 'meta' || others.length > 0 || value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid('Parameters.parameter')
  requireKnown(value, OF_META, VALUE_META)
  const lists = LISTS.map((name) => {
    const items = (value as Meta)[name] ?? []
    if (!Array.isArray(items) || items.some((item) => keyOf(item) === undefined)) throw invalid(`${VALUE_META}.${name}`)
    items.forEach((item: unknown, at) => {
      if (typeof item === 'object') requireKnown(item as object, OF_CODING, `${VALUE_META}.${name}[${at}]`)
    })
    return [name, items]
  })
  return Object.fromEntries(lists) as Labels
}

const VALUE_META = 'Parameters.parameter[0].valueMeta'
const named = (names: string): ReadonlySet<string> => new Set(names.split(' ').flatMap((name) => [name, `_${name}`]))
const OF_META = named('id extension versionId lastUpdated source profile security tag')
const OF_CODING = named('id extension system version code display userSelected')

/** A misspelt list would be none, and what it names would not be changed. @throws OutcomeError unknown-element */
function requireKnown(value: object, known: ReadonlySet<string>, at: string): void {
  const strange = Object.keys(value).find((key) => !known.has(key))
  if (strange !== undefined) throw new OutcomeError('unknown-element', { expression: [`${at}.${shownName(strange)}`] })
}

const invalid = (expression: string): OutcomeError =>
  new OutcomeError('parameter-invalid', { expression: [expression], params: { name: 'meta' } })

/** By what two are the same: an address, or system and code (R4 resource.html#Meta). Undefined: it is neither. */
function keyOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item
  const { system = '', code } = (item ?? {}) as { system?: unknown; code?: unknown }
  return typeof code === 'string' && typeof system === 'string' ? `${system}|${code}` : undefined
}

const listOf = (of: Meta, name: (typeof LISTS)[number]): unknown[] => (Array.isArray(of[name]) ? (of[name] as unknown[]) : [])

function changed(before: Meta, kind: Change, asked: Labels): Meta {
  const after: Meta = { ...before }
  for (const name of LISTS) {
    const [standing, named] = [listOf(before, name), asked[name]]
    const names = new Set(named.map(keyOf))
    const known = new Set(standing.map(keyOf))
    const added = [...new Map(named.map((item) => [keyOf(item), item])).values()].filter((item) => !known.has(keyOf(item)))
    const items = kind === 'add' ? [...standing, ...added] : standing.filter((item) => !names.has(keyOf(item)))
    if (items.length > 0) after[name] = items
    else delete after[name]
  }
  return after
}

/** Only an operator takes a stated label away; an update that leaves it out keeps it, but here it is what was asked for. */
function requireLabelsKept(before: Meta, { security }: Labels): void {
  const standing = new Set(listOf(before, 'security').map(keyOf))
  if (security.some((label) => standing.has(keyOf(label)))) throw new OutcomeError('not-permitted')
}

/** An out-parameter that is no resource stands in Parameters (R4 operations.html#response). */
function answer(resource: FhirResource, version: { v: number; at?: Date }): FhirResponse {
  const parameter = [{ name: 'return', valueMeta: resource.meta ?? {} }]
  return {
    ...jsonAnswer(200, { resourceType: 'Parameters', parameter }, versionHeaders(version)),
    ...(version.at ? { modified: version.at } : {}),
  }
}
