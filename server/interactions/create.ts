/** create and conditional create (R4 http.html#create, #ccreate). */
import { createHash } from 'node:crypto'
import { systemDecision } from '../access/decision.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import { resourceAnswer, writeAnswer } from './answers.ts'
import { audited } from './audited.ts'
import { checkType, requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { masked } from './read.ts'
import { parseSearch } from './search-request.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { draftOf, parseBody, store } from './writing.ts'

/** How often a create whose claim is taken looks again for the resource that took it. */
const CLAIM_ATTEMPTS_MAX = 5

export async function create(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  checkType(type)
  requireScope(request.actor, type, 'c')
  const parsed = parseBody(request)
  const draft = draftOf(deps, request.actor, { type, id: deps.newId(), method: 'POST', expect: 'absent', parsed })
  const criteria = request.header('if-none-exist')
  if (criteria === undefined) {
    const [written] = await store(deps, request, [draft])
    return writeAnswer(request, deps.baseUrl, written)
  }
  return conditionalCreate(deps, request, type, criteria, async (key) => {
    const claim = { key, value: { target: `${type}/${draft.id}` } }
    return store(deps, request, [draft], { claims: [claim] }).then(([written]) => writeAnswer(request, deps.baseUrl, written))
  })
}

/** What matches is looked up as the caller sees it: a hidden match is no match (access.md L31). */
async function conditionalCreate(
  deps: FhirDeps,
  request: FhirRequest,
  type: string,
  criteria: string,
  createNew: (claimKey: string) => Promise<FhirResponse>,
): Promise<FhirResponse> {
  const claimKey = claimKeyOf(request, type, criteria)
  for (let attempt = 0; ; attempt++) {
    const matches = await findMatches(deps, request, type, criteria)
    if (matches.length > 1) throw new OutcomeError('criteria-multiple', { expression: ['http.If-None-Exist'] })
    const match = matches[0]
    if (match) {
      const answer = resourceAnswer(200, match, masked(deps, request, match))
      return { ...answer, headers: { ...answer.headers, Location: `${deps.baseUrl}/${type}/${match.id}/_history/${match.v}` } }
    }
    try {
      return await createNew(claimKey)
    } catch (error) {
      if (!(error instanceof OutcomeError) || error.issues[0]?.code !== 'claim-taken' || attempt >= CLAIM_ATTEMPTS_MAX) throw error
      await dropStaleClaim(deps, request, type, criteria, claimKey)
    }
  }
}

/**
 * Up to two resources that match, as the caller sees them. The criteria are taken literally: a match under another record of
 * the same person is not the resource that the caller would have made.
 */
export async function findMatches(deps: FhirDeps, request: FhirRequest, type: string, criteria: string): Promise<Stored[]> {
  const pairs = [...new URLSearchParams(criteria.replace(/^[^?]*\?/, ''))] as [string, string][]
  const parsed = parseSearch(deps, request.actor, type, pairs, true)
  if (parsed.applied.length === 0) throw new OutcomeError('criteria-empty')
  const seen = await decided(deps, request, parsed.patients, (decision) =>
    deps.store.search(decision, { type, plan: parsed.plan, sort: [], count: 2, total: 'none' }),
  )
  // A match may be answered with, and that there is none is an answer too.
  await audited(deps, request, { interaction: 'search-type', action: 'E', type, found: seen.value.rows, seen, query: parsed.applied })
  return seen.value.rows
}

/** Claims are the caller's own view: two organisations that cannot see each other's records do not collide. */
export function claimKeyOf(request: FhirRequest, type: string, criteria: string): string {
  const sorted = [...new URLSearchParams(criteria.replace(/^[^?]*\?/, ''))].map((pair) => pair.join('=')).sort()
  const scope = [request.actor.party, request.actor.organization, request.actor.patient ?? '']
  return createHash('sha256')
    .update(JSON.stringify(['conditional', type, sorted, scope]))
    .digest('base64url')
}

/** The resource that the claim stands for was deleted or changed since: the criteria are free again. */
export async function dropStaleClaim(deps: FhirDeps, request: FhirRequest, type: string, criteria: string, key: string): Promise<void> {
  const claim = await deps.store.claim(systemDecision('conditional create'), key)
  const id = String(claim?.target ?? '').split('/')[1]
  if (!id) return
  const holder = await deps.store.read(systemDecision('conditional create'), type, id)
  const visible = await findMatches(deps, request, type, criteria)
  if (visible.length === 0 && holder) await deps.store.releaseClaim(systemDecision('conditional create'), key)
}
