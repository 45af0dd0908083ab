/** What the criteria of a conditional write find (R4 http.html#ccreate, #cond-update, #trules): who may ask, and what it is told. */
import { createHash } from 'node:crypto'
import { systemDecision } from '../access/decision.ts'
import type { WriteIntent } from '../access/types.ts'
import { allows } from '../auth/scopes.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON } from '../outcome/render.ts'
import { allOf, type PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Stored } from '../store/types.ts'
import { asPreferred, versionHeaders } from './answers.ts'
import { withAskedCodes } from './asked-codes.ts'
import { audited } from './audited.ts'
import { requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { parseCriteria } from './query-text.ts'
import { masked } from './read.ts'
import { parseSearch } from './search-request.ts'
import { told } from './through.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

/** How often a write whose claim is taken looks again for the resource that took it. */
const CLAIM_ATTEMPTS_MAX = 5

/** Runs a conditional write again, after `dropStale`, while another request has the claim. */
export async function whileClaimTaken<T>(write: () => Promise<T>, dropStale: () => Promise<void>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof OutcomeError) || error.issues[0]?.code !== 'claim-taken' || attempt >= CLAIM_ATTEMPTS_MAX) throw error
      await dropStale()
    }
  }
}

/**
 * Before anything is looked for: what may not be written does not open a look-up either. `intent` is the write as far as it
 * is known; whatever stands already is left out of the question, so that the answer is the same whether something matches.
 * @throws OutcomeError not-permitted
 */
export async function requireRightToWrite(
  deps: FhirDeps,
  request: FhirRequest,
  intent: WriteIntent,
  making?: ReadonlySet<string>,
): Promise<void> {
  const verdict = await deps.access.mayWrite(request.actor, intent, undefined, making)
  // That nothing stands there is what the question leaves out.
  if (!verdict.permitted && verdict.reason !== 'absent') throw new OutcomeError('not-permitted')
}

/**
 * That there is a match is what a search tells: it needs the scope of one, and a form of the data in which ids, times and
 * all parameters are shown; the masked forms are for reading.
 * @throws OutcomeError not-permitted or forbidden, whether or not there is a match
 */
export function requireLookUp({ actor }: FhirRequest, type: string): void {
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
  requireScope(actor, type, 's')
}

/** What the criteria ask for. @throws OutcomeError criteria-empty, query-encoding, and what a search throws */
async function parsedCriteria(deps: FhirDeps, request: FhirRequest, type: string, criteria: string): Promise<ParsedSearch> {
  // A transaction says of each error at which entry it came, and begins nothing again.
  const parsed = await withAskedCodes(deps, request, async (own) => parseSearch(own, request.actor, type, parseCriteria(criteria), true))
  // `_count` and `_sort` are understood, and ask for everything.
  if (isOfAll(parsed.plan)) {
    const where = request.header('if-none-exist') === undefined ? 'http.query' : 'http.If-None-Exist'
    throw new OutcomeError('criteria-empty', { expression: [where] })
  }
  return parsed
}

/** Its links are not followed. @throws OutcomeError as `findMatches` does */
export async function planOfCriteria(deps: FhirDeps, request: FhirRequest, type: string, criteria: string): Promise<PlanNode> {
  requireLookUp(request, type)
  return (await parsedCriteria(deps, request, type, criteria)).plan
}

export interface MatchOptions {
  /** so many are looked for */
  count?: number
  /** ids of what is no match, whatever it has */
  except?: readonly string[]
}

/**
 * Up to `count` (2) resources that match, as the caller sees them: a hidden match is no match (access.md L31). The criteria are taken
 * literally: a match under another record of the same person is not the resource that the caller would have made.
 * @throws OutcomeError not-permitted, forbidden, criteria-empty, query-encoding
 */
export async function findMatches(
  deps: FhirDeps,
  request: FhirRequest,
  type: string,
  criteria: string,
  { count = 2, except = [] }: MatchOptions = {},
): Promise<Stored[]> {
  requireLookUp(request, type)
  const parsed = await parsedCriteria(deps, request, type, criteria)
  const asked = except.length === 0 ? parsed.plan : allOf([parsed.plan, { kind: 'not', node: { kind: 'ids', ids: [...except] } }])
  const seen = await decided(deps, request, parsed.patients, async (decision) => {
    const { plan, through } = await deps.store.follow(decision, type, asked)
    const { rows } = await deps.store.search(decision, { type, plan, sort: [], count, total: 'none' })
    return { rows, through }
  })
  const { rows, through } = seen.value
  // A match may be answered with, and that there is none is an answer too.
  const found = [...rows, ...told(through)]
  await audited(deps, request, { interaction: 'search-type', action: 'E', type, found, seen, query: parsed.applied })
  return rows
}

const isOfAll = (plan: PlanNode): boolean => plan.kind === 'everything' || (plan.kind === 'and' && plan.nodes.every(isOfAll))

/** A create that found its resource: its content is for who may read it, and what `Prefer` asks for is kept to. */
export function matchAnswer(deps: FhirDeps, request: FhirRequest, match: Stored): FhirResponse {
  const location = `${deps.baseUrl}/${match.type}/${match.id}/_history/${match.v}`
  const headers = { 'Content-Type': FHIR_JSON, ...versionHeaders(match), Location: location }
  const mayRead = allows(request.actor, match.type, 'r')
  return asPreferred(request, { status: 200, headers, modified: match.at }, mayRead ? () => [masked(deps, request, match)] : undefined)
}

/** Claims are the caller's own view: two organisations that cannot see each other's records do not collide. */
export function claimKeyOf(request: FhirRequest, type: string, criteria: string): string {
  const sorted = parseCriteria(criteria)
    .map((pair) => pair.join('='))
    .sort()
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
