/**
 * Patient/[id]/$everything and Encounter/[id]/$everything (R4 patient-operation-everything.html,
 * encounter-operation-everything.html): the compartment with what it refers to, as one page set, each type decided and gated
 * like a search. Patient/$everything is that of the patient for whom the token was made; without one, that of all Patients: what a search
 * of each type finds that stands in a Patient's compartment.
 */
import type { Decision } from '../access/decision.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { bodyText, notFound } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { bundleAnswer, type BundleEntry } from '../interactions/bundle-text.ts'
import { checkId, requireScope } from '../interactions/checks.ts'
import { ownerOf, planWithin, planWithinAny, typesIn } from '../interactions/compartments.ts'
import { decided } from '../interactions/decided.ts'
import { personOf } from '../interactions/linked-patients.ts'
import { openPage, pageLinks } from '../interactions/page-links.ts'
import { checkParameters, OF_EVERY_ANSWER } from '../interactions/parameters.ts'
import { masked, shown } from '../interactions/read.ts'
import { ignoredIssues, noticesOf } from '../interactions/searchset.ts'
import { pageByType } from '../interactions/several-types.ts'
import { dateOf, sinceOf } from '../interactions/since.ts'
import { FORM_PARAMETERS, type Form, formOf, ofIncluded } from '../interactions/subset.ts'
import { typesNamed } from '../interactions/type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { allOf, type PlanNode } from '../search/plan.ts'
import type { PageMark, Stored } from '../store/types.ts'
import { type CareTime, inCareTime } from './care-time.ts'
import { inParameters, simplePairs } from './in-parameters.ts'
import type { Operation } from './types.ts'

const COUNT_DEFAULT = 500
const COUNT_MAX = 2000
const OF_ENCOUNTER: ReadonlySet<string> = new Set(['_type', '_since', '_count', '_page', ...FORM_PARAMETERS])
const OF_PATIENT: ReadonlySet<string> = new Set([...OF_ENCOUNTER, 'start', 'end'])
/** Where they are not understood, they would leave resources out. */
const CARE_TIME: ReadonlySet<string> = new Set(['start', 'end'])
/** R4 has each of these once at most: of two only one would be looked at. */
const ONCE: ReadonlySet<string> = new Set(['start', 'end', '_since', '_count'])
const NONE: ReadonlySet<string> = new Set()
/** Types that hold no part of a record themselves. */
const LEFT_OUT = new Set(['AuditEvent', 'Group'])
/** What resources of the compartment point to and a reader needs beside them. */
const SUPPORTING = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication', 'Device', 'RelatedPerson']

interface Kind {
  name: 'Patient' | 'Encounter'
  understood: ReadonlySet<string>
  restricting: ReadonlySet<string>
  supporting: ReadonlySet<string>
}

const PATIENT: Kind = { name: 'Patient', understood: OF_PATIENT, restricting: NONE, supporting: new Set(SUPPORTING) }
const ENCOUNTER: Kind = {
  name: 'Encounter',
  understood: OF_ENCOUNTER,
  restricting: CARE_TIME,
  supporting: new Set([...SUPPORTING, 'Patient']),
}

function operation(kind: Kind, level: 'instance' | 'type', definition: string): Operation {
  return {
    code: 'everything',
    on: kind.name,
    level,
    methods: ['GET', 'POST'],
    writes: false,
    definition,
    run: (deps, request) => everything(deps, request, kind),
  }
}

const DEFINITION = 'http://hl7.org/fhir/OperationDefinition'
export const patientEverything = operation(PATIENT, 'instance', `${DEFINITION}/Patient-everything`)
/** The same definition: it is named once. */
export const ownEverything = operation(PATIENT, 'type', '')
export const encounterEverything = operation(ENCOUNTER, 'instance', `${DEFINITION}/Encounter-everything`)

interface Asked {
  kind: Kind
  /** absent: of all */
  id?: string
  /** below the base */
  path: string
  query: [string, string][]
  /** types of which it is asked for; absent: all */
  named?: readonly string[]
  since?: Date
  care?: CareTime
  count: number
  form: Form
  /** names of parameters that are not understood */
  ignored: string[]
  after?: PageMark
}

async function everything(deps: FhirDeps, request: FhirRequest, kind: Kind): Promise<FhirResponse> {
  const asked = askedOf(deps, request, kind)
  const { id, path, query, form } = asked
  requireScope(request.actor, kind.name, 'r')
  if (id === undefined) requireAll(request)
  const seen = await decided(deps, request, kind.name === 'Patient' && id !== undefined ? [id] : [], async (decision) => {
    if (id === undefined) return collect(deps, decision, request, asked)
    const owner = await ownerOf(deps, decision, { name: kind.name, id })
    return owner && collect(deps, decision, request, asked, owner)
  })
  const page = seen.value
  const found = page ? [...page.matches, ...page.supporting, ...(page.beyond ? [page.beyond] : [])] : []
  const named = id === undefined ? {} : { id }
  await audited(deps, request, { interaction: 'everything', action: 'E', type: kind.name, ...named, found, seen })
  if (!page) throw notFound()
  const entry = (doc: Stored, mode: 'match' | 'include'): BundleEntry => ({
    ...shown(deps, request, doc, mode === 'match' ? form : ofIncluded(form)),
    search: { mode },
  })
  const entries = [
    ...page.matches.map((doc) => entry(doc, 'match')),
    ...page.supporting.map((doc) => entry(doc, 'include')),
    ...noticesOf(ignoredIssues(asked.ignored)),
  ]
  const links = pageLinks(deps, request, { address: path, type: pageOf(asked), query }, page.next)
  const isWhole = !page.next && !asked.after
  return bundleAnswer('searchset', entries, { links, ...(isWhole ? { total: page.matches.length } : {}) })
}

/**
 * It finds the Patients as a search does. In a masked form everybody's record at once is what a release is for ($export), and pages in
 * the order of stored ids are none of it.
 * @throws OutcomeError forbidden, not-permitted
 */
function requireAll({ actor }: FhirRequest): void {
  requireScope(actor, 'Patient', 's')
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

/** What a page link belongs to: no type has such a name. */
const pageOf = ({ kind, id }: Pick<Asked, 'kind' | 'id'>): string => `$everything ${kind.name}${id === undefined ? '' : `/${id}`}`

function askedOf(deps: FhirDeps, request: FhirRequest, kind: Kind): Asked {
  const id = idOf(request)
  const sent = simplePairs(inParameters(request))
  const whose = id === undefined ? {} : { id }
  const state = openPage(deps, request, sent, pageOf({ kind, ...whose }))
  if (!state) checkParameters(request, sent, { understood: kind.understood, restricting: kind.restricting, once: ONCE })
  const query = state?.query ?? sent.filter(([name]) => kind.understood.has(name))
  const since = sinceOf(request, query)
  const care = careOf(deps, request, query)
  const named = typesNamed(query)
  return {
    kind,
    ...whose,
    path: `${deps.baseUrl}/${request.segments.join('/')}`,
    query,
    count: countOf(query),
    form: formOf(query),
    ignored: state ? [] : sent.flatMap(([name]) => (kind.understood.has(name) || OF_EVERY_ANSWER.has(name) ? [] : [name])),
    ...(named ? { named } : {}),
    ...(since ? { since } : {}),
    ...(care ? { care } : {}),
    ...(state ? { after: state.mark } : {}),
  }
}

/** Undefined: of all. @throws OutcomeError not-found */
function idOf({ segments, actor }: FhirRequest): string | undefined {
  const id = segments[1]?.startsWith('$') ? actor.patient : (segments[1] ?? '')
  if (id !== undefined) checkId(id)
  return id
}

function countOf(query: FhirRequest['query']): number {
  const count = query.find(([name]) => name === '_count')?.[1]
  if (count !== undefined && !/^[1-9]\d{0,5}$/.test(count)) throw paramError('parameter-invalid', '_count')
  return Math.min(Number(count ?? COUNT_DEFAULT), COUNT_MAX)
}

function careOf({ zone }: FhirDeps, request: FhirRequest, query: FhirRequest['query']): CareTime | undefined {
  const [start, end] = [dateOf(request, query, 'start', zone), dateOf(request, query, 'end', zone)]
  if (start && end && end.hi <= start.lo) throw paramError('parameter-invalid', 'end')
  if (!start && !end) return undefined
  return { ...(start ? { from: new Date(start.lo) } : {}), ...(end ? { until: new Date(end.hi) } : {}) }
}

interface Collected {
  matches: Stored[]
  supporting: Stored[]
  beyond?: Stored
  next?: PageMark
}

/** @param owner absent: of all of the kind, who then stand among the others */
async function collect(deps: FhirDeps, decision: Decision, request: FhirRequest, asked: Asked, owner?: Stored): Promise<Collected> {
  const isWanted = (type: string): boolean => asked.named === undefined || asked.named.includes(type)
  const { kind, since, after } = asked
  // The owner comes first, on the first page.
  const isOwnerDue = owner !== undefined && !after && isWanted(kind.name) && (!since || owner.at >= since)
  const isOfPerson = owner !== undefined && kind.name === 'Patient'
  const present = isOfPerson ? await deps.store.typesOf(decision, await personOf(deps, owner)) : await deps.store.types()
  const types = typesIn(deps, kind.name).filter(
    (type) =>
      !(owner && type === kind.name) && !LEFT_OUT.has(type) && isWanted(type) && present.includes(type) && allows(request.actor, type, 's'),
  )
  const plans = await Promise.all(types.sort().map(async (type) => ({ type, plan: await planOf(deps, owner, type, asked) })))
  const count = asked.count - (isOwnerDue ? 1 : 0)
  const page = await pageByType(deps, decision, plans, { count, ...(after ? { after } : {}) })
  const matches = [...(isOwnerDue ? [owner] : []), ...page.rows]
  // Who asks for what has changed has the rest already.
  const wanted = [...kind.supporting].filter(isWanted)
  const supporting = since ? [] : await supportingOf(deps, decision, request, new Set(wanted), matches)
  return { ...page, matches, supporting }
}

async function planOf(deps: FhirDeps, owner: Stored | undefined, type: string, { since, care }: Asked): Promise<PlanNode> {
  return allOf([
    owner ? await planWithin(deps, owner, type) : planWithinAny(deps, 'Patient', type),
    ...(since ? [{ kind: 'lastUpdated' as const, where: [{ op: '$gte' as const, value: since }] }] : []),
    ...(care ? inCareTime(type, care) : []),
  ])
}

const REFERENCE = /"reference":"([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})"/g

async function supportingOf(
  deps: FhirDeps,
  decision: Decision,
  request: FhirRequest,
  types: ReadonlySet<string>,
  rows: Stored[],
): Promise<Stored[]> {
  const known = new Set(rows.map((doc) => `${doc.type}/${doc.id}`))
  const wanted = new Map<string, Set<string>>()
  const isShown = shownReferences(deps, request, rows)
  for (const doc of rows) {
    for (const [, type = '', id = ''] of bodyText(doc).matchAll(REFERENCE)) {
      if (!types.has(type) || !isId(id) || known.has(`${type}/${id}`) || !allows(request.actor, type, 'r')) continue
      if (!isShown({ type, id })) continue
      wanted.set(type, (wanted.get(type) ?? new Set()).add(id))
    }
  }
  const found = await Promise.all([...wanted].map(([type, ids]) => deps.store.readMany(decision, type, [...ids])))
  return found.flat().filter((doc) => !doc.deleted)
}

/** The same of the text as the asker sees it: what a masked form leaves out leads nowhere. */
function shownReferences(deps: FhirDeps, request: FhirRequest, rows: readonly Stored[]): (name: { type: string; id: string }) => boolean {
  const { actor } = request
  if (actor.form === 'IDENT' || actor.unrestricted) return () => true
  const shown = new Set(
    rows.flatMap((doc) => [...String(masked(deps, request, doc)).matchAll(REFERENCE)].map(([, type, id]) => `${type}/${id}`)),
  )
  return ({ type, id }) => shown.has(`${type}/${deps.access.maskId(actor, type, id)}`)
}
