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
import type { Stored } from '../../store/types.ts'

/** An operator may see all of a site's; nobody has more of his own (SUBSCRIPTION_BOUNDS.perClient). */
const ANSWERED_MAX = 1000

/** Values by name; `names` are those that the operation knows. @throws OutcomeError parameter-unknown, parameter-invalid */
export function askedOf(request: FhirRequest, names: readonly string[]): Map<string, string[]> {
  checkParameters(request, request.query, { understood: new Set(names) })
  const pairs = [...request.query, ...bodyOf(request)].filter(([name]) => names.includes(name))
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

/** The Subscriptions that the caller sees, of these ids, or all. */
export async function subscriptionsSeen(deps: FhirDeps, request: FhirRequest, ids: readonly string[] | undefined): Promise<Seen<Stored[]>> {
  const plan: PlanNode = ids ? { kind: 'ids', ids: ids.filter(isId) } : { kind: 'everything' }
  return decided(deps, request, [], async (decision) => {
    const page = await deps.store.search(decision, { type: 'Subscription', plan, sort: [], count: ANSWERED_MAX, total: 'none' })
    return page.rows.filter(({ deleted }) => !deleted)
  })
}
