/** create and conditional create (R4 http.html#create, #ccreate). */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError, splitName } from '../search/parse/names.ts'
import type { Draft } from '../writer/types.ts'
import { writeAnswer } from './answers.ts'
import { checkType, requireScope } from './checks.ts'
import { requireCriteriaOf } from './if-none-exist.ts'
import { claimKeyOf, dropStaleClaim, findMatches, matchAnswer, requireLookUp, requireRightToWrite, whileClaimTaken } from './matches.ts'
import { checkParameters } from './parameters.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { draftOf, parseBody, store } from './writing.ts'

export async function create(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  checkType(type)
  requireScope(request.actor, type, 'c')
  if (request.query.length > 0) requireNoCriteria(deps, request, type)
  const criteria = request.header('if-none-exist')
  if (criteria !== undefined) {
    requireLookUp(request, type)
    requireCriteriaOf(type, criteria, deps.baseUrl)
  }
  const parsed = parseBody(request)
  const input = { type, id: deps.newId(), method: 'POST', expect: 'absent', parsed, looksAtCodes: true } as const
  const draft = await draftOf(deps, request.actor, input)
  if (criteria === undefined) {
    const [written] = await store(deps, request, [draft])
    return writeAnswer(request, deps.baseUrl, written)
  }
  await draft.confirmed
  return conditionalCreate(deps, request, draft, criteria)
}

/**
 * Criteria of a conditional create stand in `If-None-Exist` (R4 http.html#ccreate). Some clients put them into the address
 * (fhirpy's get_or_create): passed over, each of their calls would make another resource.
 * @throws OutcomeError create-criteria, parameter-unknown
 */
function requireNoCriteria(deps: FhirDeps, request: FhirRequest, type: string): void {
  const known = new Set(deps.search.parameters(type).map(({ code }) => code))
  for (const [name] of request.query) {
    const { code } = splitName(name)
    if (known.has(code) || code === '_has') throw paramError('create-criteria', name)
  }
  checkParameters(request, request.query)
}

async function conditionalCreate(deps: FhirDeps, request: FhirRequest, draft: Draft, criteria: string): Promise<FhirResponse> {
  const { type } = draft
  await requireRightToWrite(deps, request, draft, new Set(type === 'Patient' ? [draft.id] : []))
  const claim = { key: claimKeyOf(request, type, criteria), value: { target: `${type}/${draft.id}` } }
  const write = async (): Promise<FhirResponse> => {
    const matches = await findMatches(deps, request, type, criteria)
    if (matches.length > 1) throw new OutcomeError('criteria-multiple', { expression: ['http.If-None-Exist'] })
    if (matches[0]) return matchAnswer(deps, request, matches[0])
    const [written] = await store(deps, request, [draft], { claims: [claim] })
    return writeAnswer(request, deps.baseUrl, written)
  }
  return whileClaimTaken(write, () => dropStaleClaim(deps, request, type, criteria, claim.key))
}
