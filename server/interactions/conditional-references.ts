/**
 * Conditional references of a transaction (R4 http.html#trules): resolved last, so of what its deletions, creates and updates leave. What
 * they make is compared with the criteria before anything is stored, and what they replace or delete is no match as it stands.
 */
import { parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type Indexed, needsLooking, planMatches } from '../search/matches.ts'
import type { PlanNode } from '../search/plan.ts'
import { checkType } from './checks.ts'
import { findMatches, planOfCriteria } from './matches.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

/** What an entry makes of the resource that it names. */
export interface Becoming {
  /** `Type/id` */
  name: string
  /** its new content, as compact JSON; absent: it is deleted */
  content?: () => Promise<string>
}

/** `Patient?identifier=…` as a reference: the name of the one match, or the whole transaction fails. */
export type ResolveReference = (type: string, criteria: string) => Promise<string>

/** @throws OutcomeError criteria-multiple, reference-unresolved, and what a search by the criteria throws */
export function referencesOver(deps: FhirDeps, request: FhirRequest, becoming: readonly Becoming[]): ResolveReference {
  const byType = Map.groupBy(becoming, ({ name }) => typeOf(name))
  const indexed = new Map<string, Promise<Candidates>>()
  const candidatesOf = (type: string): Promise<Candidates> => {
    const known = indexed.get(type) ?? candidates(deps, byType.get(type) ?? [])
    indexed.set(type, known)
    return known
  }
  return async (type, criteria) => {
    checkType(type)
    const own = byType.get(type) ?? []
    const plan = own.length === 0 ? undefined : await planOfCriteria(deps, request, type, criteria)
    // What rests on other resources can only be asked of what stands.
    const isOfItself = plan !== undefined && !needsLooking(plan)
    const replaced = own.filter(({ content }) => isOfItself || content === undefined).map(({ name }) => idOf(name))
    const standing = await findMatches(deps, request, type, criteria, { except: replaced })
    const made = isOfItself ? matchesAmong(await candidatesOf(type), plan) : []
    const [only, ...others] = [...standing.map(({ id }) => id), ...made]
    if (others.length > 0) throw new OutcomeError('criteria-multiple')
    if (only === undefined) throw new OutcomeError('reference-unresolved')
    return `${type}/${only}`
  }
}

const typeOf = (name: string): string => name.split('/')[0] ?? ''
const idOf = (name: string): string => name.split('/')[1] ?? ''

interface Candidates {
  all: Indexed[]
  byKey: Map<string, Indexed[]>
}

async function candidates(deps: FhirDeps, own: readonly Becoming[]): Promise<Candidates> {
  const all: Indexed[] = []
  for (const { name, content } of own) {
    const one = content && indexedAs(deps, idOf(name), await content())
    if (one) all.push(one)
  }
  const byKey = new Map<string, Indexed[]>()
  for (const one of all) for (const key of new Set(one.index.keys)) byKey.set(key, [...(byKey.get(key) ?? []), one])
  return { all, byKey }
}

/** What cannot be read is told at its own entry. */
function indexedAs({ search, now }: FhirDeps, id: string, text: string): Indexed | undefined {
  try {
    const { resource, decimals } = parseResource(text)
    return { id, at: now(), index: search.index({ ...resource, id }, decimals) }
  } catch (error) {
    if (error instanceof OutcomeError || error instanceof TypeError) return undefined
    throw error
  }
}

function matchesAmong({ all, byKey }: Candidates, plan: PlanNode): string[] {
  const keys = keysIn(plan)
  const possible = keys ? new Set(keys.flatMap((key) => byKey.get(key) ?? [])) : all
  return [...possible].filter((one) => planMatches(plan, one)).map(({ id }) => id)
}

/** Keys of which every match has one: most criteria are an identifier, and there may be thousands of both. */
function keysIn(plan: PlanNode): readonly string[] | undefined {
  if (plan.kind === 'keys') return plan.keys
  return plan.kind === 'and' ? plan.nodes.map(keysIn).find((keys) => keys !== undefined) : undefined
}
