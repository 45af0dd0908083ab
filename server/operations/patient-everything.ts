/**
 * Patient/[id]/$everything (R4 patient-operation-everything.html): the patient's compartment with what it refers to, as
 * one page set, each type decided and gated like a search. `_type`, `_since`, `_count` and page links are understood.
 */
import type { Decision } from '../access/decision.ts'
import { bodyText, notFound } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { bundleAnswer, type BundleEntry, link } from '../interactions/bundle-text.ts'
import { checkId, requireScope } from '../interactions/checks.ts'
import { decided } from '../interactions/decided.ts'
import { personOf } from '../interactions/linked-patients.ts'
import { checkParameters, formOfAnswer, pageTokenOf } from '../interactions/parameters.ts'
import { shown } from '../interactions/read.ts'
import { sinceOf } from '../interactions/since.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { isResourceType, RESOURCE_TYPES } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { PlanNode } from '../search/plan.ts'
import type { Stored } from '../store/types.ts'
import type { Operation } from './types.ts'

const COUNT_DEFAULT = 500
const COUNT_MAX = 2000
const UNDERSTOOD: ReadonlySet<string> = new Set(['_type', '_since', '_count', '_page'])
/** Parameters of the operation that would leave resources out. */
const NOT_BUILT: ReadonlySet<string> = new Set(['start', 'end'])
/** Types that hold no part of a record themselves. */
const LEFT_OUT = new Set(['AuditEvent', 'Group'])
/** What resources of the compartment point to and a reader needs beside them. */
const SUPPORTING = new Set(['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication', 'Device', 'RelatedPerson'])

export const patientEverything: Operation = {
  code: 'everything',
  on: 'Patient',
  level: 'instance',
  methods: ['GET', 'POST'],
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  run: everything,
}

interface Asked {
  id: string
  types: string[]
  since?: Date
  count: number
  query: [string, string][]
  /** resume: index of the type and id behind which to go on */
  from: { type: number; id: string }
}

async function everything(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const asked = askedOf(deps, request)
  requireScope(request.actor, 'Patient', 'r')
  const seen = await decided(deps, request, [asked.id], async (decision) => {
    const patient = await deps.store.read(decision, 'Patient', asked.id)
    if (!patient || patient.deleted) return undefined
    return collect(deps, decision, request, asked, patient)
  })
  const found = seen.value
  await audited(deps, request, { interaction: 'everything', action: 'E', type: 'Patient', id: asked.id, found: found?.rows ?? [], seen })
  if (!found) throw notFound()
  const entries = found.rows.map(
    (doc): BundleEntry => ({
      ...shown(deps, request, doc),
      search: { mode: found.matches.has(doc) ? 'match' : 'include' },
    }),
  )
  const path = `${deps.baseUrl}/Patient/${asked.id}/$everything`
  const links = [link('self', path)]
  if (found.next) links.push(link('next', `${path}?_page=${deps.pages.seal(request.actor, found.next)}${formOfAnswer(request.query)}`))
  return bundleAnswer('searchset', entries, found.next || asked.from.type > 0 ? { links } : { total: found.matches.size, links })
}

function askedOf(deps: FhirDeps, request: FhirRequest): Asked {
  const id = request.segments[1] ?? ''
  checkId(id)
  const sent = [...request.query, ...parametersOf(request)]
  const token = pageTokenOf(sent)
  const state = token === undefined ? undefined : deps.pages.open(request.actor, token)
  if (state && state.type !== `everything/${id}`) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  const query = state?.query ?? sent
  checkParameters(request, query, { understood: UNDERSTOOD, restricting: NOT_BUILT })
  const value = (name: string) => query.find(([key]) => key === name)?.[1]
  const since = sinceOf(request, query)
  const count = value('_count')
  // May be repeated (0..*), and hold a list each.
  const asked = query.flatMap(([name, text]) => (name === '_type' ? [text] : []))
  if (count !== undefined && !/^[1-9]\d{0,5}$/.test(count)) throw paramError('parameter-invalid', '_count')
  return {
    id,
    query,
    types: typesOf(deps, request, asked.length === 0 ? undefined : asked.join(',')),
    count: Math.min(Number(count ?? COUNT_DEFAULT), COUNT_MAX),
    from: { type: Number(state?.mark[0] ?? 0), id: String(state?.mark[1] ?? '') },
    ...(since === undefined ? {} : { since }),
  }
}

/** The in-parameters of a POST (R4 operations.html#request): each a name and one value. */
function parametersOf(request: FhirRequest): [string, string][] {
  if (!request.body || request.body.length === 0) return []
  const { resource } = parseResource(request.body)
  if (resource.resourceType !== 'Parameters') throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  const list = Array.isArray(resource.parameter) ? resource.parameter : []
  return list.map((item: unknown, at): [string, string] => {
    const entries = Object.entries((item ?? {}) as Record<string, unknown>)
    const name = entries.find(([key]) => key === 'name')?.[1]
    const value = entries.find(([key]) => key.startsWith('value'))?.[1]
    if (typeof name !== 'string')
      throw new OutcomeError('required', { expression: [`Parameters.parameter[${at}].name`], params: { profile: 'FHIR R4' } })
    return [name, typeof value === 'object' || value === undefined ? '' : String(value)]
  })
}

function typesOf(deps: FhirDeps, request: FhirRequest, asked: string | undefined): string[] {
  const wanted = asked?.split(',').filter((type) => type !== '')
  for (const type of wanted ?? []) if (!isResourceType(type)) throw paramError('parameter-invalid', '_type')
  return [...RESOURCE_TYPES].filter(
    (type) =>
      type !== 'Patient' &&
      !LEFT_OUT.has(type) &&
      (!wanted || wanted.includes(type)) &&
      deps.search.compartmentParams(type).length > 0 &&
      allows(request.actor, type, 's'),
  )
}

interface Collected {
  rows: Stored[]
  matches: Set<Stored>
  next?: { type: string; query: [string, string][]; mark: (string | number)[] }
}

async function collect(deps: FhirDeps, decision: Decision, request: FhirRequest, asked: Asked, patient: Stored): Promise<Collected> {
  const first = asked.from.type === 0 && asked.from.id === ''
  const rows: Stored[] = first ? [patient] : []
  const person = await personOf(deps, patient)
  const present = new Set(await deps.store.typesOf(decision, person))
  let next: Collected['next']
  for (let at = asked.from.type; at < asked.types.length && !next; at++) {
    const type = asked.types[at] as string
    if (!present.has(type)) continue
    const room = asked.count - rows.length
    const after = at === asked.from.type && asked.from.id !== '' ? { after: [asked.from.id] } : {}
    const sort = [{ by: 'id' as const, param: '_id', descending: false }]
    const page = await deps.store.search(decision, {
      type,
      plan: planOf(deps, type, asked, person),
      sort,
      count: Math.max(room, 1),
      total: 'none',
      ...after,
    })
    rows.push(...page.rows)
    const last = page.rows.at(-1)
    if (page.next && last) next = { type: `everything/${asked.id}`, query: asked.query, mark: [at, last.id] }
  }
  const matches = new Set(rows)
  if (!asked.since) rows.push(...(await supporting(deps, decision, request, rows)))
  return { rows, matches, ...(next ? { next } : {}) }
}

/** Any of a linked person's Patient resources opens the whole record: references are indexed under the master too. */
function planOf(deps: FhirDeps, type: string, asked: Asked, person: string): PlanNode {
  const patients = [...new Set([asked.id, person])]
  const params = deps.search.compartmentParams(type)
  const keys = patients.flatMap((id) => params.flatMap((param) => deps.search.referenceKeys(param, `Patient/${id}`, type)))
  const inCompartment: PlanNode = { kind: 'keys', keys }
  if (!asked.since) return inCompartment
  return { kind: 'and', nodes: [inCompartment, { kind: 'lastUpdated', where: [{ op: '$gte', value: asked.since }] }] }
}

async function supporting(deps: FhirDeps, decision: Decision, request: FhirRequest, rows: Stored[]): Promise<Stored[]> {
  const known = new Set(rows.map((doc) => `${doc.type}/${doc.id}`))
  const wanted = new Map<string, Set<string>>()
  for (const doc of rows) {
    for (const [, type = '', id = ''] of bodyText(doc).matchAll(/"reference":"([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})"/g)) {
      if (!SUPPORTING.has(type) || !isId(id) || known.has(`${type}/${id}`) || !allows(request.actor, type, 'r')) continue
      wanted.set(type, (wanted.get(type) ?? new Set()).add(id))
    }
  }
  const found = await Promise.all([...wanted].map(([type, ids]) => deps.store.readMany(decision, type, [...ids])))
  return found.flat().filter((doc) => !doc.deleted)
}
