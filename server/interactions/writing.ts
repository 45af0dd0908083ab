/** From a request's body to a stored resource: what create, update and transactions share. */
import { SUBSCRIPTION, subscriberOf } from '../access/subscriber.ts'
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { refusesWrite, toOutcomeIssues, type ValidationIssue } from '../validation/issue.ts'
import type { Stamped } from '../access/stamped.ts'
import { indexEntryOf } from '../search/index-entry.ts'
import { onceAsked } from '../store/soon.ts'
import type { SideWrite, Stored } from '../store/types.ts'
import type { Draft, WriteExtra, WriterResult } from '../writer/types.ts'
import { inputOf, requireCollected, whileNobodyRefuses } from './collecting.ts'
import { currentsForWrite, nameOf } from './current.ts'
import { decided } from './decided.ts'
import { conditionsIn } from './preconditions.ts'
import { refuseConditional } from './references.ts'
import type { FhirDeps, FhirRequest, PreparedWrites } from './types.ts'
import { auditOf } from './write-audit.ts'

export type Written = { type: string; id: string; v: number; at: Date; created: boolean; body: Uint8Array }

/** @throws OutcomeError body-empty, whatever it would have been written in; and what `parseResource` throws */
export function parseBody({ body }: Pick<FhirRequest, 'body'>): ParsedResource {
  if (body === undefined || body.length === 0) throw new OutcomeError('body-empty')
  return parseResource(body)
}

export interface DraftInput {
  type: string
  id: string
  method: 'POST' | 'PUT'
  expect: Draft['expect']
  parsed: ParsedResource
  /** what is stored of codes was not looked at yet (`Validator.refresh`): it is meanwhile */
  looksAtCodes?: boolean
}

/** Checks type, id and content of one resource, and names its custodian. */
export async function draftOf(deps: FhirDeps, actor: Actor, input: DraftInput): Promise<Draft> {
  const { parsed, type, id } = input
  if (parsed.resource.resourceType !== type) throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  if (parsed.resource.id !== undefined && !isId(String(parsed.resource.id)))
    throw new OutcomeError('id-invalid', { expression: [`${type}.id`] })
  // A part, written back as the whole, would take the rest away (R4 search.html#summary).
  // It is not judged yet: what is sent as `tag` need not be a list.
  const tags: unknown = parsed.resource.meta?.tag
  if (Array.isArray(tags) && tags.some((tag: { code?: unknown } | null) => tag?.code === 'SUBSETTED'))
    throw new OutcomeError('subsetted', { expression: [`${type}.meta.tag`] })
  refuseConditional(parsed)
  const options = { mode: input.method === 'POST' ? 'create' : 'update', decimals: parsed.decimals } as const
  const fresh = input.looksAtCodes ? deps.validator.refresh() : undefined
  const { found, confirmed } = deps.validator.judgement(parsed.resource, options, fresh)
  const judged = confirmed.then(requireSound)
  // What seems sound is asked about further while codes are looked at: whoever stores it waits for both.
  if (!fresh || found.some(refusesWrite)) await judged
  else judged.catch(() => undefined)
  return {
    type,
    id,
    method: input.method,
    expect: input.expect,
    parsed,
    custodian: custodianOf(deps, actor, type, parsed),
    unchangedIsFine: input.method === 'PUT',
    confirmed: judged,
  }
}

function requireSound(issues: ValidationIssue[]): void {
  if (issues.some(refusesWrite)) throw new OutcomeError(toOutcomeIssues(issues))
}

/** Only an operator may name another custodian than its own organisation, by `meta.source`. */
export function custodianOf(deps: FhirDeps, actor: Actor, type: string, parsed: ParsedResource): string {
  if (type === SUBSCRIPTION) return subscriberOf(actor)
  const named = parsed.resource.meta?.source
  if (actor.party === 'operator' && typeof named === 'string') return deps.organizationOf(named) ?? actor.organization
  return actor.organization
}

/**
 * Stores drafts atomically, with their AuditEvents in the same transaction.
 * `failed` says more about the draft that may not be written.
 * @throws OutcomeError not-found, not-permitted, write-not-collected, version-conflict, claim-taken
 */
export async function store(
  deps: FhirDeps,
  request: FhirRequest,
  drafts: Draft[],
  extra: WriteExtra = {},
  failed: (at: number, error: unknown) => never = (_at, error) => rethrow(request, error),
): Promise<[Written, ...Written[]]> {
  const standing = await currentsForWrite(
    deps,
    drafts.filter(({ method, standing: read }) => method !== 'POST' && !read),
  )
  const current = drafts.map((draft) => draft.standing ?? standing.get(nameOf(draft)))
  const makes = (draft: Draft, at: number) => draft.method === 'POST' || mayName(request.actor, draft, current[at])
  const barred = await barredAmong(deps, drafts, current)
  const [only, ...others] = drafts
  if (only && others.length === 0) onceAsked(() => indexAhead(deps, only))
  const making = new Set(drafts.flatMap((draft, at) => (draft.type === 'Patient' && makes(draft, at) ? [draft.id] : [])))
  await eachAtOnce(
    drafts,
    async (draft, at) => {
      const [sound, writable] = await Promise.allSettled([
        draft.confirmed,
        requireWritable(deps, request, {
          draft,
          current: current[at],
          making,
          barred,
          isAlone: drafts.length === 1 && !current[at] && draft.type !== SUBSCRIPTION && draft.alsoPatients === undefined,
        }),
      ])
      for (const one of [sound, writable]) if (one.status === 'rejected') throw one.reason
    },
    failed,
  )
  const notified = await withSubscriptions(deps, request, drafts, current)
  const audit = await auditOf(deps, request, notified.drafts, current)
  const side = [...(extra.side ?? []), ...notified.side]
  const collecting = async (isFirst: boolean) =>
    (isFirst ? whileNobodyRefuses(deps, request, drafts) : undefined) ?? requireCollected(deps, request, drafts, current, failed)
  const result = await writeCollected(deps, notified.drafts, { ...extra, side, audit, actor: request.actor }, collecting)
  if (!result.ok) {
    const at = conflictAt(drafts, result)
    if (at === undefined) throw conflictOf(result)
    failed(at, conflictOf(result))
  }
  for (const [at, draft] of drafts.entries()) await linkPatient(deps, draft, result.written[at])
  return result.written as [Written, ...Written[]]
}

/** While the database is asked whether it may be written: one after the other, both would be waited for. */
function indexAhead({ search }: FhirDeps, draft: Draft): void {
  const { parsed } = draft
  if (!parsed || draft.index) return
  try {
    draft.index = indexEntryOf(search, parsed)
  } catch {
    // It is told where it is written, if it may be.
  }
}

/** How often a write is asked about anew because a refusal of collection moved under it. */
const COLLECTING_ATTEMPTS = 8

/** @param collecting what is to be written beside it so that no refusal comes between; throws where one came before */
async function writeCollected(
  deps: FhirDeps,
  drafts: readonly Draft[],
  extra: WriteExtra,
  collecting: (isFirst: boolean) => Promise<SideWrite[]>,
): Promise<WriterResult> {
  const own = extra.side ?? []
  for (let attempt = 1; ; attempt++) {
    const guards = await collecting(attempt === 1)
    const result = await writeWithParameters(deps, drafts, { ...extra, side: [...own, ...guards] })
    const isGuard = !result.ok && result.conflict === 'side' && result.at >= own.length && result.at < own.length + guards.length
    if (!isGuard || attempt >= COLLECTING_ATTEMPTS) return result
  }
}

/** How often search parameters are looked at again that others change at the same time. */
const PARAMETER_ATTEMPTS = 10

/** SearchParameters take effect with what is written, and are known everywhere before the answer. @throws OutcomeError search-parameter-… */
async function writeWithParameters(deps: FhirDeps, drafts: readonly Draft[], extra: WriteExtra): Promise<WriterResult> {
  for (let attempt = 1; ; attempt++) {
    const side = await deps.indexing.parameterWrites(drafts)
    const result = await deps.writer.write(drafts, side.length === 0 ? extra : { ...extra, side: [...(extra.side ?? []), ...side] })
    if (side.length === 0) return result
    if (result.ok) await deps.indexing.announce()
    if (result.ok || result.conflict !== 'side' || attempt >= PARAMETER_ATTEMPTS) return result
  }
}

function withSubscriptions(
  deps: FhirDeps,
  request: FhirRequest,
  drafts: Draft[],
  current: readonly (Stored | undefined)[],
): Promise<PreparedWrites> | PreparedWrites {
  if (!deps.subscriptions || drafts.every(({ type }) => type !== SUBSCRIPTION)) return { drafts, side: [] }
  return deps.subscriptions.prepare(request, drafts, current)
}

/** A client that gets `busy` from here writes again: what stands is not written twice, the link is tried anew. */
async function linkPatient(deps: FhirDeps, draft: Draft, written: Written | undefined): Promise<void> {
  if (draft.type !== 'Patient' || !draft.parsed || !written) return
  await deps.patientWritten({ id: draft.id, resource: draft.parsed.resource, custodian: draft.custodian, at: written.at })
}

/** Drafts that are checked at the same time: their look-ups share queries. */
const CHECKED_AT_ONCE = 64

/** What fails first in the order of the drafts is told. */
async function eachAtOnce(
  drafts: readonly Draft[],
  check: (draft: Draft, at: number) => Promise<void>,
  failed: (at: number, error: unknown) => never,
): Promise<void> {
  for (let from = 0; from < drafts.length; from += CHECKED_AT_ONCE) {
    const outcomes = await Promise.allSettled(drafts.slice(from, from + CHECKED_AT_ONCE).map((draft, n) => check(draft, from + n)))
    for (const [n, outcome] of outcomes.entries()) if (outcome.status === 'rejected') failed(from + n, outcome.reason)
  }
}

/** Of a write by itself its conditions are those of the request. */
function rethrow(request: FhirRequest, error: unknown): never {
  const isConflict = error instanceof OutcomeError && error.issues[0]?.code === 'version-conflict'
  throw isConflict ? new OutcomeError('version-conflict', conditionsIn(request)) : error
}

/** Which of the drafts met another version than it expects; what stood already was not written again, and is not counted. */
function conflictAt(drafts: readonly Draft[], result: Extract<WriterResult, { ok: false }>): number | undefined {
  if (result.conflict !== 'version' && result.conflict !== 'exists') return undefined
  const unchanged = new Set(result.unchanged)
  return [...drafts.keys()].filter((at) => !unchanged.has(nameOf(drafts[at] as Draft)))[result.at]
}

function conflictOf(result: { conflict: 'version' | 'exists' | 'claim-taken' | 'side' }): OutcomeError {
  if (result.conflict === 'claim-taken') return new OutcomeError('claim-taken')
  if (result.conflict === 'side') return new OutcomeError('busy')
  return new OutcomeError('version-conflict')
}

/**
 * An id that is free and begins as those of the client do, which nobody else gives (configuration, `createIds`): that it is free
 * tells the client of its own writes only. Creating needs the scope for it.
 */
function mayName(actor: Actor, { id, type, method }: Draft, current: Stored | undefined): boolean {
  const { createIds } = actor
  return method === 'PUT' && !current && createIds !== undefined && id.startsWith(createIds) && allows(actor, type, 'c')
}

interface Intended {
  draft: Draft
  current: Stored | undefined
  making: ReadonlySet<string>
  /** `Type/id` of what was expunged */
  barred: ReadonlySet<string>
  /** it is new, and nothing is written beside it */
  isAlone: boolean
}

/** What was expunged does not come back: its ids are given to nothing any more. */
async function barredAmong(
  deps: FhirDeps,
  drafts: readonly Draft[],
  current: readonly (Stored | undefined)[],
): Promise<ReadonlySet<string>> {
  const named = drafts.filter(({ method }, at) => method === 'PUT' && !current[at]).map(nameOf)
  return named.length === 0 ? new Set() : deps.expunging.barred(named)
}

/**
 * What the writer may not see answers as if it were absent, whether he might change it or not (access.md L55). Operators
 * write without seeing, and name what is new, as clients do with ids of their own: for others a hidden id and a free one answer alike (access.md L34).
 */
async function requireWritable(deps: FhirDeps, request: FhirRequest, { draft, current, making, barred, isAlone }: Intended): Promise<void> {
  const { actor } = request
  const isBlind = actor.party === 'operator' || actor.unrestricted === true
  // A client that names its resources meets an id of which nothing is told, as that of a hidden one.
  if (!current && barred.has(nameOf(draft))) throw new OutcomeError(isBlind ? 'expunged' : 'not-found')
  const isNew = draft.method === 'POST' || mayName(actor, draft, current)
  if (!isBlind && !isNew) await requireVisible(deps, request, draft, current)
  const verdict = await deps.access.mayWrite(actor, draft, current, making)
  if (!verdict.permitted) throw new OutcomeError('not-permitted')
  const stamp = verdict.stamp ?? (isAlone ? await labelsAhead(deps, draft) : undefined)
  if (stamp) draft.stamp = stamp
}

/** What stands by itself gets its labels while codes are looked at: beside others they might come from these. */
async function labelsAhead({ access }: FhirDeps, draft: Draft): Promise<Stamped | undefined> {
  return draft.parsed && (await access.stamp([inputOf(draft)]))[0]
}

/**
 * The same work for what is hidden as for what is absent, so that neither the answer nor its time tells which.
 * @throws OutcomeError not-found
 */
export async function requireVisible(
  deps: FhirDeps,
  request: FhirRequest,
  { type, id }: { type: string; id: string },
  current: Stored | undefined,
): Promise<void> {
  // Whoever stands in for the persons of what is absent is looked up as well.
  const seen = await decided(deps, request, current?.acc.p ?? [id], (decision) => deps.store.read(decision, type, id))
  if (!current || !seen.value) throw new OutcomeError('not-found')
}
