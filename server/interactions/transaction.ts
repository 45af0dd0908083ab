/**
 * transaction (R4 http.html#transaction): all or nothing, in the order DELETE, POST, PUT, GET; urn:uuid and conditional
 * references are resolved, and what criteria find is found, before anything is stored.
 */
import { SUBSCRIPTION, subscriberOf } from '../access/subscriber.ts'
import { type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import { isId } from '../fhir/ids.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Claim, SideWrite, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { notFound, writeAnswer } from './answers.ts'
import { asUpdate, asUpdateOf, BUNDLE_ENTRIES_MAX, byCriteria, contentOf, criteriaIn, type EntryRequest } from './bundle-entries.ts'
import { refuseSameFullUrl } from './bundle-envelope.ts'
import { failAt } from './entry-failure.ts'
import { answerOf, type Dispatch, entryRequest, failedEntry, inOrder, toEntry } from './entry-requests.ts'
import type { BundleEntry } from './bundle-text.ts'
import { checkType, requireScope } from './checks.ts'
import { type Becoming, referencesOver, type ResolveReference } from './conditional-references.ts'
import { currentsForWrite } from './current.ts'
import { DELETED_MAX } from './conditional.ts'
import { requireIdFree } from './id-free.ts'
import { requireCriteriaOf } from './if-none-exist.ts'
import { claimKeyOf, dropStaleClaim, findMatches, matchAnswer, requireLookUp, requireRightToWrite, whileClaimTaken } from './matches.ts'
import { newVersions } from './new-versions.ts'
import { patchDraft, requirePatchable } from './patch.ts'
import { patchOf } from './patch-formats.ts'
import { expectedVersion, requireNoMatchAsked } from './preconditions.ts'
import { baseOfEntry, rewriteReferences, type Targets } from './references.ts'
import type { FhirDeps, FhirRequest } from './types.ts'
import { absentDeletion, updateDraft } from './update.ts'
import { hasCondition, overWhatStands } from './what-stands.ts'
import { draftOf, store, type Written } from './writing.ts'

/** One write of a transaction, or the existing match that its If-None-Exist found, or the answer where there is nothing to delete. */
interface Step {
  entry: EntryRequest
  draft?: Draft
  /** `Type/id` that the entry's fullUrl stands for */
  name?: string
  existing?: BundleEntry
  claim?: Claim
  criteria?: string
  /** version that the criteria of a deletion or a patch found */
  found?: number
}

/** What is committed together with the resources, made of their names (`Type/id`), in the order of the entries. */
export type SideOf = (names: readonly string[]) => SideWrite[]

export async function transaction(
  deps: FhirDeps,
  request: FhirRequest,
  entries: EntryRequest[],
  dispatch: Dispatch,
  side: SideOf = () => [],
): Promise<BundleEntry[]> {
  for (const entry of entries) if (entry.problem) throw entry.problem
  refuseSameFullUrl(entries)
  const [reads, writes] = [entries.filter(isRead), entries.filter((entry) => !isRead(entry)).map(byCriteria)]
  const run = async (entry: EntryRequest): Promise<BundleEntry> => answerOf(entry, await dispatch(deps, entryRequest(request, entry)))
  const check = async (entry: EntryRequest): Promise<void> => void (await run(entry).catch((error: unknown) => failAt(entry, error, 'url')))
  if (writes.length > 0) await inOrder(readsOfOthers(reads, writes), check)
  const answers = new Array<BundleEntry>(entries.length)
  let steps: Step[] = []
  const write = async (): Promise<void> => {
    steps = await prepare(deps, request, writes)
    await commit(deps, request, steps, { answers, side })
  }
  const dropStale = async (): Promise<void> => {
    for (const step of steps)
      if (step.claim && step.criteria)
        await dropStaleClaim(deps, entryRequest(request, step.entry), step.entry.segments[0] ?? '', step.criteria, step.claim.key)
  }
  const isConditional = writes.some((entry) => hasCondition(entryRequest(request, entry)))
  await overWhatStands(
    isConditional,
    writes.map(({ segments }) => segments.join('/')),
    () => whileClaimTaken(write, dropStale),
  )
  await inOrder(reads, async (entry) => {
    answers[entry.at] = await run(entry).catch((error: unknown) => (writes.length > 0 ? failedEntry(error) : failAt(entry, error, 'url')))
  })
  return answers
}

const isRead = ({ method }: EntryRequest): boolean => method === 'GET' || method === 'HEAD'

/**
 * Reads are answered when all is stored, and what is stored cannot be refused any more: so what they find wrong is found before
 * (all or nothing), but for what the transaction itself makes or deletes. What fails only then is its own entry's answer.
 */
function readsOfOthers(reads: readonly EntryRequest[], writes: readonly EntryRequest[]): EntryRequest[] {
  const nameOf = ({ segments }: EntryRequest): string => segments.slice(0, 2).join('/')
  const written = new Set(writes.filter(({ method, criteria }) => method !== 'POST' && criteria === undefined).map(nameOf))
  return reads.filter((entry) => !written.has(nameOf(entry)))
}

async function prepare(deps: FhirDeps, request: FhirRequest, writes: EntryRequest[]): Promise<Step[]> {
  const placed = writes.map((entry) => placeEntry(deps, request, entry))
  const named: Step[] = []
  for (const step of placed) {
    const { entry, criteria } = step
    // One entry may delete many.
    if (named.length > BUNDLE_ENTRIES_MAX) throw new OutcomeError('bundle-entries', { params: { max: BUNDLE_ENTRIES_MAX } })
    if (criteria === undefined) named.push(step)
    else
      named.push(
        ...(await findExisting(deps, request, step, criteria, placed).catch((error: unknown) => failAt(entry, error, criteriaIn(entry)))),
      )
  }
  refuseSameClaim(named)
  const names = namesOf(named)
  const resolve = referencesOver(
    deps,
    request,
    named.flatMap((step) => becomingOf(deps, step, names)),
  )
  const current = await currentsForWrite(deps, named.flatMap(standingName))
  const versions = newVersions(named, current)
  const known: Known = { placed: named, names: { ...names, versionOf: versions.of }, current, resolve }
  const steps: Step[] = []
  for (const step of named) {
    const absent = step.existing ? step : await ofAbsent(deps, request, step, known)
    if (absent) steps.push(absent)
    else steps.push({ ...step, draft: await draftEntry(deps, request, step, known).catch((error: unknown) => failAt(step.entry, error)) })
  }
  refuseTwice(steps)
  for (const { draft } of steps) if (draft) versions.settle(draft)
  return steps
}

type Names = Pick<Targets, 'names' | 'canonicals' | 'versionOf'>

function namesOf(steps: readonly Step[]): Names {
  const named = steps.flatMap(({ entry, name }) => (entry.fullUrl && name ? [{ entry, fullUrl: entry.fullUrl, name }] : []))
  const canonical = named.filter(({ entry, fullUrl }) => (entry.parsed?.resource as { url?: unknown } | undefined)?.url === fullUrl)
  return {
    names: new Map(named.map(({ fullUrl, name }) => [fullUrl, name])),
    canonicals: new Set(canonical.map(({ fullUrl }) => fullUrl)),
  }
}

const targetsOf = ({ baseUrl }: FhirDeps, { fullUrl, segments }: EntryRequest, names: Names): Targets => ({
  ...names,
  base: baseOfEntry(fullUrl, segments[0] ?? ''),
  own: baseUrl,
})

/** What the entries of a transaction share. */
interface Known {
  placed: readonly Step[]
  names: Names
  /** by `Type/id`: what the entries replace or delete, as it stands */
  current: ReadonlyMap<string, Stored>
  resolve: ResolveReference
}

/**
 * A deletion of what is not there: it has no effect (R4 http.html#delete), or is not found, as what is hidden is. That is told where it is told of
 * what is hidden, so that something else that is wrong with the transaction does not come between.
 * @returns undefined where it is anything else. @throws OutcomeError as it does alone
 */
async function ofAbsent(deps: FhirDeps, request: FhirRequest, step: Step, { current }: Known): Promise<Step | undefined> {
  const { entry, name = '' } = step
  const standing = current.get(name)
  if (entry.method !== 'DELETE' || (standing && !standing.deleted)) return undefined
  const [type = '', id = ''] = name.split('/')
  try {
    await absentDeletion(deps, entryRequest(request, entry), { type, id, current: standing })
    return { ...step, existing: { response: { status: '204' } } }
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.issues[0]?.code !== 'not-found') return failAt(entry, error)
    const confirmed = Promise.reject<void>(error)
    confirmed.catch(() => undefined)
    return { ...step, draft: { type, id, method: 'DELETE', expect: 'any', custodian: request.actor.organization, confirmed } }
  }
}

/** What a patch makes is not known yet: for criteria it stands as it is. */
function becomingOf(deps: FhirDeps, { entry, name, existing }: Step, names: Names): Becoming[] {
  const { method, text } = entry
  if (name === undefined || existing || method === 'PATCH') return []
  if (method === 'DELETE') return [{ name }]
  return text === undefined ? [] : [{ name, content: () => withNames(deps, entry, text, names).catch(() => text) }]
}

/** The content with the names of its transaction put in, and criteria as they are. */
const withNames = (deps: FhirDeps, entry: EntryRequest, text: string, names: Names): Promise<string> =>
  rewriteReferences(text, targetsOf(deps, entry, names), (type, criteria) => Promise.resolve(`${type}?${criteria}`))

/** What an entry may replace or delete. */
function standingName({ entry, name }: Step): { type: string; id: string }[] {
  const [type, id] = (name ?? '').split('/')
  return entry.method !== 'POST' && type !== undefined && isId(id ?? '') ? [{ type, id: id as string }] : []
}

function placeEntry(deps: FhirDeps, request: FhirRequest, entry: EntryRequest): Step {
  try {
    return nameEntry(deps, request, entry)
  } catch (error) {
    return failAt(entry, error)
  }
}

/** The id that an entry will have, before any reference is rewritten and anything is looked for. */
function nameEntry(deps: FhirDeps, request: FhirRequest, entry: EntryRequest): Step {
  const [type = '', id] = entry.segments
  if (entry.segments.some((segment) => segment.startsWith('$') || segment === '_search'))
    throw new OutcomeError('transaction-operation', { expression: [`Bundle.entry[${entry.at}].request.url`] })
  checkType(type)
  if (entry.criteria !== undefined && entry.method !== 'POST') return nameLater(request, entry, type)
  if (entry.method !== 'POST' && id === undefined) throw new OutcomeError('conditional-unsupported')
  // Anything else is no write of a resource.
  const length = entry.method === 'POST' ? 1 : 2
  if (entry.segments.length !== length || entry.query.length > 0)
    throw new OutcomeError('bundle-invalid', { expression: [`Bundle.entry[${entry.at}].request.url`] })
  if (entry.method === 'PATCH') requirePatchable(request, type)
  // Before it is known whether something stands there, so that it is told the same of everything.
  if (entry.method === 'DELETE') {
    requireScope(request.actor, type, 'd')
    expectedVersion(entryRequest(request, entry), undefined)
  }
  // A malformed id names nothing; for content that is to have it, it is told as such.
  if (entry.method === 'DELETE' && !isId(id ?? '')) throw notFound()
  if (entry.method !== 'POST') return { entry, name: `${type}/${id}` }
  requireScope(request.actor, type, entry.criteria === undefined ? 'c' : 'u')
  const criteria = entry.criteria ?? entry.headers['if-none-exist']
  const name = `${type}/${deps.newId()}`
  if (criteria === undefined) return { entry, name }
  requireLookUp(request, type)
  if (entry.criteria === undefined) requireCriteriaOf(type, criteria, deps.baseUrl)
  return { entry, name, criteria }
}

/** A deletion or a patch by criteria has the name of what they find. */
function nameLater(request: FhirRequest, entry: EntryRequest, type: string): Step {
  if (entry.method === 'PATCH') requirePatchable(request, type)
  else requireScope(request.actor, type, 'd')
  requireLookUp(request, type)
  return { entry, criteria: entry.criteria ?? '' }
}

/** What a deletion or a patch by criteria means, by the rules that it has alone (./conditional.ts): none, one, or several to delete. */
async function findNamed(deps: FhirDeps, request: FhirRequest, { entry }: Step, criteria: string): Promise<Step[]> {
  const [type = ''] = entry.segments
  const own = entryRequest(request, entry)
  if (entry.method === 'PATCH') patchOf(own)
  await requireRightToWrite(deps, request, { type, id: '', method: 'DELETE', custodian: request.actor.organization })
  const max = entry.method === 'DELETE' && deps.conditionalDelete === 'multiple' ? DELETED_MAX : 1
  const matches = await findMatches(deps, own, type, criteria, { count: max + 1 })
  if (matches.length > max) throw new OutcomeError('criteria-multiple')
  if (matches.length === 0 && entry.method === 'PATCH') throw notFound()
  if (matches.length === 0) return [{ entry, existing: { response: { status: '204' } } }]
  return matches.map(({ id, v }) => ({ entry: { ...entry, segments: [type, id] }, name: `${type}/${id}`, found: v }))
}

/** The match, as the caller sees it, stands for the entry, or is updated by it; without one the criteria are claimed. */
async function findExisting(deps: FhirDeps, request: FhirRequest, step: Step, criteria: string, placed: readonly Step[]): Promise<Step[]> {
  const { entry, name = '' } = step
  if (entry.method !== 'POST') return findNamed(deps, request, step, criteria)
  const [type = ''] = entry.segments
  await requireEntryWritable(deps, request, step, placed)
  const own = entryRequest(request, entry)
  const matches = await findMatches(deps, own, type, criteria)
  if (matches.length > 1) throw new OutcomeError('criteria-multiple')
  const match = matches[0]
  const asSent = entry.criteria === undefined ? undefined : asUpdateOf(entry, match?.id)
  if (asSent && !match) await requireIdFree(deps, request, asSent.segments)
  if (asSent) return [{ entry: asSent, name: asSent.segments.join('/') }]
  if (match && entry.replaces) return [{ entry: asUpdate(entry, type, match.id), name: `${type}/${match.id}` }]
  if (match) return [{ entry, name: `${type}/${match.id}`, existing: toEntry(matchAnswer(deps, own, match)) }]
  if (entry.criteria !== undefined) {
    requireNoMatchAsked(own)
    requireScope(request.actor, type, 'c')
  }
  return [{ ...step, claim: { key: claimKeyOf(own, type, criteria), value: { target: name } } }]
}

/** An entry is looked up for only if it may be written as it stands, with the names of its transaction put in. */
async function requireEntryWritable(deps: FhirDeps, request: FhirRequest, step: Step, placed: readonly Step[]): Promise<void> {
  const [type = '', id = ''] = (step.name ?? '').split('/')
  if (step.entry.text === undefined) throw withoutResource(step.entry)
  const text = await withNames(deps, step.entry, step.entry.text, namesOf(placed))
  const making = placed.flatMap(({ entry, name, existing }) => {
    const [made, at] = (name ?? '').split('/')
    return entry.method === 'POST' && made === 'Patient' && at !== undefined && !existing ? [at] : []
  })
  const custodian = type === SUBSCRIPTION ? subscriberOf(request.actor) : request.actor.organization
  const intent = { type, id, method: 'POST', custodian, parsed: parseResource(text) } as const
  await requireRightToWrite(deps, request, intent, new Set(making))
}

async function draftEntry(deps: FhirDeps, request: FhirRequest, step: Step, { placed, names, current, resolve }: Known): Promise<Draft> {
  const { entry } = step
  const [type = '', id = ''] = (step.name ?? '').split('/')
  if (entry.method === 'DELETE') return deletion(request, step, type, id, current.get(`${type}/${id}`))
  if (entry.text === undefined) throw withoutResource(entry)
  if (entry.method === 'PATCH') {
    const own = entryRequest(request, entry)
    const unresolved = () => Promise.reject(new OutcomeError('conditional-unsupported'))
    return patchDraft(deps, own, patchOf(own), (content) => rewriteReferences(content, { ...names, own: deps.baseUrl }, unresolved))
  }
  const text = await rewriteReferences(entry.text, targetsOf(deps, entry, names), async (criteriaType, criteria) => {
    requireLookUp(request, criteriaType)
    await requireEntryWritable(deps, request, step, placed)
    return resolve(criteriaType, criteria)
  })
  // Read with its Bundle already, unless a reference was put in.
  const parsed = (): ParsedResource => (text === entry.text ? contentOf(entry) : parseResource(text))
  if (entry.method === 'PUT') {
    return updateDraft(deps, entryRequest(request, entry), { sent: parsed, current: (_type, at) => current.get(`${type}/${at}`) })
  }
  return draftOf(deps, request.actor, { type, id, method: 'POST', expect: 'absent', parsed: parsed() })
}

const withoutResource = ({ at }: EntryRequest): OutcomeError =>
  new OutcomeError('bundle-invalid', { expression: [`Bundle.entry[${at}].resource`] })

function deletion(request: FhirRequest, { entry, found }: Step, type: string, id: string, current: Stored | undefined): Draft {
  const asked = expectedVersion(entryRequest(request, entry), current)
  // What the criteria found: another version may not be meant by them.
  const expect = asked === 'any' ? (found ?? asked) : asked
  return { type, id, method: 'DELETE', expect, custodian: current?.acc.o ?? request.actor.organization }
}

/**
 * No two entries may mean the same resource (R4 http.html#trules), whether by name or by criteria; nor may one be deleted that a
 * create by criteria is answered with, since it would be gone.
 */
function refuseTwice(steps: Step[]): void {
  const seen = new Set<string>()
  const answeredWith = new Set(steps.flatMap(({ existing, name, entry }) => (existing && name && entry.method !== 'DELETE' ? [name] : [])))
  for (const { draft, entry, name } of steps) {
    if (name === undefined || (!draft && entry.method !== 'DELETE')) continue
    if (seen.has(name) || (entry.method === 'DELETE' && answeredWith.has(name)))
      throw new OutcomeError('bundle-duplicate', { expression: [`Bundle.entry[${entry.at}]`] })
    seen.add(name)
  }
}

/** Two creates that each hold only if the other is not there: nobody else's request, and no better when it is sent again. */
function refuseSameClaim(steps: readonly Step[]): void {
  const seen = new Set<string>()
  for (const { claim, entry } of steps) {
    if (!claim) continue
    if (seen.has(claim.key))
      throw new OutcomeError('bundle-duplicate', { expression: [`Bundle.entry[${entry.at}].request.${criteriaIn(entry)}`] })
    seen.add(claim.key)
  }
}

const ORDER = { DELETE: 0, POST: 1, PUT: 2 }

interface Commit {
  /** by the place of the entry */
  answers: BundleEntry[]
  side: SideOf
}

async function commit(deps: FhirDeps, request: FhirRequest, steps: Step[], { answers, side }: Commit): Promise<void> {
  const ordered = steps
    .flatMap((step) => (step.draft ? [{ step, draft: step.draft }] : []))
    .sort((a, b) => ORDER[a.draft.method] - ORDER[b.draft.method])
  const also = side(steps.flatMap(({ name }) => name ?? []))
  const claims = steps.flatMap((step) => (step.claim ? [step.claim] : []))
  const written =
    ordered.length === 0
      ? []
      : await store(
          deps,
          request,
          ordered.map(({ draft }) => draft),
          { claims, side: also },
          (at, error) => failAt((ordered[at] as (typeof ordered)[number]).step.entry, error),
        )
  ordered.forEach(({ step, draft }, at) => {
    answers[step.entry.at] = writtenEntry(deps, request, step.entry, draft, written[at])
  })
  for (const { entry, existing } of steps) if (existing) answers[entry.at] = existing
}

function writtenEntry(deps: FhirDeps, outer: FhirRequest, entry: EntryRequest, draft: Draft, written: Written | undefined): BundleEntry {
  if (!written) throw new Error('a write has no result')
  // Of several that were deleted by their criteria no version is told.
  const isOfSeveral = entry.criteria !== undefined && deps.conditionalDelete === 'multiple'
  if (draft.method === 'DELETE') return { response: { status: '204', ...(isOfSeveral ? {} : { etag: `W/"${written.v}"` }) } }
  return toEntry(writeAnswer(entryRequest(outer, entry), deps.baseUrl, written))
}
