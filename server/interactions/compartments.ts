/**
 * Compartments (R4 compartmentdefinition.html): what belongs to one Patient, Encounter, Practitioner, RelatedPerson or Device,
 * by the parameters of its CompartmentDefinition. The owner stands in its own.
 */
import type { Decision } from '../access/decision.ts'
import { RESOURCE_TYPES } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { prefixEnd } from '../search/keys.ts'
import { anyOf, type PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Stored } from '../store/types.ts'
import { notFound } from './answers.ts'
import { checkId, requireScope } from './checks.ts'
import { personOf } from './linked-patients.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

export const COMPARTMENTS = ['Patient', 'Encounter', 'Practitioner', 'RelatedPerson', 'Device'] as const
export type CompartmentName = (typeof COMPARTMENTS)[number]

export interface Compartment {
  name: CompartmentName
  id: string
}

/**
 * That the owner is there is told by the answer: it needs the scope to read it. An id is nothing by which a masked form may be
 * searched, as `patient=` is not.
 * @throws OutcomeError not-found, forbidden, not-permitted
 */
export function compartmentOf({ actor, segments }: FhirRequest): Compartment {
  const [first, id = ''] = segments
  const name = COMPARTMENTS.find((one) => one === first)
  if (!name) throw notFound()
  checkId(id)
  requireScope(actor, name, 'r')
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
  return { name, id }
}

/** Types of which something can stand in it. */
export const typesIn = (deps: FhirDeps, name: CompartmentName): string[] =>
  [...RESOURCE_TYPES].filter((type) => type === name || deps.search.compartmentParams(type, name).length > 0)

/** @throws OutcomeError compartment-type */
export function checkTypeIn(deps: FhirDeps, { name }: Compartment, type: string): void {
  if (type !== name && deps.search.compartmentParams(type, name).length === 0)
    throw new OutcomeError('compartment-type', { params: { type, name } })
}

/** As the asker sees it: undefined for a hidden one as for one that is absent. */
export async function ownerOf(deps: FhirDeps, decision: Decision, { name, id }: Compartment): Promise<Stored | undefined> {
  const owner = await deps.store.read(decision, name, id)
  return owner?.deleted ? undefined : owner
}

/** What of a type stands in the owner's compartment; in a Patient's also what stands under the master of a linked record. */
export async function planWithin(deps: FhirDeps, owner: Stored, type: string): Promise<PlanNode> {
  const name = owner.type as CompartmentName
  const ids = name === 'Patient' ? [...new Set([owner.id, await personOf(deps, owner)])] : [owner.id]
  const params = deps.search.compartmentParams(type, name)
  const keys = ids.flatMap((id) => params.flatMap((param) => deps.search.referenceKeys(param, `${name}/${id}`, type)))
  return anyOf([
    ...(keys.length > 0 ? [{ kind: 'keys' as const, keys: [...new Set(keys)] }] : []),
    ...(type === name ? [{ kind: 'ids' as const, ids: [owner.id] }] : []),
  ])
}

/** What of a type stands in the compartment of any owner of the kind; the owners themselves do. */
export function planWithinAny(deps: FhirDeps, name: CompartmentName, type: string): PlanNode {
  if (type === name) return { kind: 'everything' }
  const starts = deps.search.compartmentParams(type, name).flatMap((param) => deps.search.referenceKeys(param, `${name}/`, type))
  return anyOf([...new Set(starts)].map((start): PlanNode => ({ kind: 'keyRange', from: start, to: prefixEnd(start) })))
}

/** Who searches a Patient's compartment asks for that patient's data. */
export const boundTo = (parsed: ParsedSearch, compartment: Compartment | undefined): ParsedSearch =>
  compartment?.name === 'Patient' ? { ...parsed, patients: [compartment.id] } : parsed

/** The search within the compartment of its owner. */
export async function searchWithin(deps: FhirDeps, owner: Stored | undefined, parsed: ParsedSearch): Promise<ParsedSearch> {
  if (!owner) return parsed
  return { ...parsed, plan: { kind: 'and', nodes: [parsed.plan, await planWithin(deps, owner, parsed.type)] } }
}
