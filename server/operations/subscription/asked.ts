/** In-parameters of the operations on Subscriptions: in the query, or as Parameters in the body. */
import { isId } from '../../fhir/ids.ts'
import { parseResource } from '../../fhir/resource-text.ts'
import { decided, type Seen } from '../../interactions/decided.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import { checkParametersForm } from '../../interactions/parameters-form.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { PlanNode } from '../../search/plan.ts'
import type { PageMark, SearchQuery, Stored } from '../../store/types.ts'
import { SUBSCRIPTION_BOUNDS } from '../../subscriptions/bounds.ts'

/**
 * Values by name; `names` are those that the operation knows.
 * @param once those of which one value is looked at
 * @throws OutcomeError parameter-unknown, parameter-repeated, parameter-invalid
 */
export function askedOf(request: FhirRequest, names: readonly string[], once: readonly string[] = []): Map<string, string[]> {
  const sent = [...request.query, ...bodyOf(request)]
  checkParameters(request, sent, { understood: new Set(names), once: new Set(once) })
  const pairs = sent.filter(([name]) => names.includes(name))
  return new Map([...Map.groupBy(pairs, ([name]) => name)].map(([name, list]) => [name, list.flatMap(([, value]) => value.split(','))]))
}

function bodyOf({ method, body }: FhirRequest): [string, string][] {
  if (method !== 'POST' || !body || body.length === 0) return []
  const { resource } = parseResource(body)
  if (resource.resourceType !== 'Parameters') throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  checkParametersForm(resource)
  const list: unknown[] = Array.isArray(resource.parameter) ? resource.parameter : []
  return list.map((item): [string, string] => {
    const { name, ...values } = (item ?? {}) as Record<string, unknown>
    const [value] = Object.entries(values).flatMap(([key, one]) => (key.startsWith('value') ? [one] : []))
    if (typeof name !== 'string' || (typeof value !== 'string' && typeof value !== 'number'))
      throw new OutcomeError('parameter-invalid', { expression: ['Parameters.parameter'], params: { name: 'parameter' } })
    return [name, String(value)]
  })
}

/** A whole number, not negative. @throws OutcomeError parameter-invalid */
export function numberIn(asked: ReadonlyMap<string, string[]>, name: string): number | undefined {
  const [value, ...others] = asked.get(name) ?? []
  if (value === undefined) return undefined
  if (others.length > 0 || !/^\d{1,15}$/.test(value)) throw paramError('parameter-invalid', name)
  return Number(value)
}

const PAGE = 500

/**
 * The Subscriptions that the caller sees, of these ids, or all, in the order of their ids.
 * @param max at most so many; an operator may see all of a site's, nobody has as many of his own (SUBSCRIPTION_BOUNDS.perClient)
 * @param isWanted others are left out
 */
export async function subscriptionsSeen(
  deps: FhirDeps,
  request: FhirRequest,
  ids: readonly string[] | undefined,
  { max = SUBSCRIPTION_BOUNDS.statusesAnswered, isWanted = () => true }: { max?: number; isWanted?: (doc: Stored) => boolean } = {},
): Promise<Seen<Stored[]>> {
  const plan: PlanNode = ids ? { kind: 'ids', ids: ids.filter(isId) } : { kind: 'everything' }
  return decided(deps, request, [], async (decision) => {
    const found: Stored[] = []
    const sort: SearchQuery['sort'] = [{ by: 'id', param: '_id', descending: false }]
    for (let after: PageMark | undefined; found.length < max; ) {
      const query = { type: 'Subscription', plan, sort, count: Math.min(PAGE, max), ...(after ? { after } : {}) }
      const page = await deps.store.search(decision, { ...query, total: 'none' })
      found.push(...page.rows.filter((doc) => !doc.deleted && isWanted(doc)))
      after = page.next
      if (!after) break
    }
    return found.slice(0, max)
  })
}
