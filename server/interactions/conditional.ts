/** Conditional update and delete (R4 http.html#cond-update, #3.1.0.7.1): the resource is named by what it is found by. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { ParsedResource } from '../fhir/resource-text.ts'
import type { Draft } from '../writer/types.ts'
import { notFound, writeAnswer } from './answers.ts'
import { checkType, requireScope } from './checks.ts'
import { currentForWrite } from './current.ts'
import { requireIdFree } from './id-free.ts'
import { claimKeyOf, dropStaleClaim, findMatches, requireLookUp, requireRightToWrite, whileClaimTaken } from './matches.ts'
import { patch, requirePatchable } from './patch.ts'
import { patchOf } from './patch-formats.ts'
import { expectedVersion, requireNoMatchAsked } from './preconditions.ts'
import { queryText } from './search-request.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { remove, update, updateDraft } from './update.ts'
import { hasCondition, overWhatStands } from './what-stands.ts'
import { draftOf, parseBody, store } from './writing.ts'

/**
 * PUT [type]?criteria. One match, as the caller sees it, is updated; none: created, under the id that the content has if it
 * has one; several: refused.
 * @throws OutcomeError forbidden, criteria-empty, criteria-multiple, id-mismatch, id-taken
 */
export async function conditionalUpdate(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  checkType(type)
  requireScope(request.actor, type, 'u')
  requireLookUp(request, type)
  const sent = parseBody(request)
  const intended = { type, id: deps.newId(), method: 'POST', custodian: request.actor.organization, parsed: sent } as const
  await requireRightToWrite(deps, request, intended)
  const criteria = queryText(request.query)
  const write = async (): Promise<FhirResponse> => {
    const id = await onlyMatch(deps, request, type)
    if (id !== undefined) return overWhatStands(hasCondition(request), [`${type}/${id}`], () => updateMatch(deps, request, sent, type, id))
    if (sent.resource.id !== undefined) return updateAsCreate(deps, instanceOf(request, type, String(sent.resource.id)))
    requireNoMatchAsked(request)
    return createClaimed(deps, request, sent, type)
  }
  return whileClaimTaken(write, () => dropStaleClaim(deps, request, type, criteria, claimKeyOf(request, type, criteria)))
}

/** So many are deleted at once, where several may be. */
export const DELETED_MAX = 1000

/**
 * DELETE [type]?criteria: one match is deleted; several are refused, or deleted together, as the site has chosen. Nothing to delete is no failure, for everybody alike: what is hidden from the
 * caller is no match of his.
 * @throws OutcomeError forbidden, criteria-empty, criteria-multiple
 */
export async function conditionalDelete(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  checkType(type)
  requireScope(request.actor, type, 'd')
  requireLookUp(request, type)
  await requireRightToWrite(deps, request, { type, id: '', method: 'DELETE', custodian: request.actor.organization })
  if (deps.conditionalDelete === 'multiple') return deleteMatches(deps, request, type)
  const id = await onlyMatch(deps, request, type)
  return id === undefined ? { status: 204, headers: {} } : remove(deps, instanceOf(request, type, id))
}

/** All or none: one that the caller sees and may not delete keeps the others from being deleted. */
async function deleteMatches(deps: FhirDeps, request: FhirRequest, type: string): Promise<FhirResponse> {
  return overWhatStands(hasCondition(request), [], async () => {
    const matches = await findMatches(deps, request, type, queryText(request.query), { count: DELETED_MAX + 1 })
    if (matches.length > DELETED_MAX) throw new OutcomeError('criteria-multiple', { expression: ['http.query'] })
    const drafts = matches.map((match): Draft => {
      const expect = expectedVersion(request, match)
      // What the criteria found: another version may not be meant by them.
      return { type, id: match.id, method: 'DELETE', expect: expect === 'any' ? match.v : expect, custodian: match.acc.o }
    })
    if (drafts.length > 0) await store(deps, request, drafts)
    return { status: 204, headers: {} }
  })
}

/**
 * PATCH [type]?criteria: the one match is patched; none is not found.
 * @throws OutcomeError forbidden, criteria-empty, criteria-multiple, not-found
 */
export async function conditionalPatch(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  requirePatchable(request, type)
  requireLookUp(request, type)
  patchOf(request)
  await requireRightToWrite(deps, request, { type, id: '', method: 'DELETE', custodian: request.actor.organization })
  const id = await onlyMatch(deps, request, type)
  if (id === undefined) throw notFound()
  return patch(deps, instanceOf(request, type, id))
}

async function onlyMatch(deps: FhirDeps, request: FhirRequest, type: string): Promise<string | undefined> {
  const matches = await findMatches(deps, request, type, queryText(request.query))
  if (matches.length > 1) throw new OutcomeError('criteria-multiple', { expression: ['http.query'] })
  return matches[0]?.id
}

const instanceOf = (request: FhirRequest, type: string, id: string): FhirRequest => ({ ...request, segments: [type, id], query: [] })

async function updateAsCreate(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  await requireIdFree(deps, request, request.segments)
  return update(deps, request)
}

/** Content without an id takes that of the match; another id is an error of the client (R4). */
async function updateMatch(deps: FhirDeps, request: FhirRequest, sent: ParsedResource, type: string, id: string): Promise<FhirResponse> {
  const named: ParsedResource = { ...sent, resource: { ...sent.resource, id: sent.resource.id ?? id } }
  const draft = await updateDraft(deps, instanceOf(request, type, id), {
    sent: () => named,
    current: (_type, at) => currentForWrite(deps, type, at),
  })
  const [written] = await store(deps, request, [draft])
  return writeAnswer(request, deps.baseUrl, written)
}

/** Two requests that find nothing at the same time make one resource: the claim is taken by the first. */
async function createClaimed(deps: FhirDeps, request: FhirRequest, sent: ParsedResource, type: string): Promise<FhirResponse> {
  requireScope(request.actor, type, 'c')
  const draft = await draftOf(deps, request.actor, { type, id: deps.newId(), method: 'POST', expect: 'absent', parsed: sent })
  const claim = { key: claimKeyOf(request, type, queryText(request.query)), value: { target: `${type}/${draft.id}` } }
  const [written] = await store(deps, request, [draft], { claims: [claim] })
  return writeAnswer(request, deps.baseUrl, written)
}
