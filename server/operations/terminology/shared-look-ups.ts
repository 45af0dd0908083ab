/**
 * Definitions by their addresses. Look-ups that come at the same moment, by askers to whom the same is visible, go into one query: it
 * starts after all of them, under the filter that each of them has (docs/decisions/0006).
 */
import type { Decision } from '../../access/decision.ts'
import type { PlanNode } from '../../search/plan.ts'
import { sharedReads } from '../../store/shared-reads.ts'
import type { Store, Stored } from '../../store/types.ts'
import { canonicalOf, type CodeSystemResource } from '../../terminology-service/resources.ts'
import type { DefinitionType } from '../../terminology-service/shipped.ts'
import { resourceOf } from './parsed.ts'

/** Versions of one definition, or supplements of one system. */
export const FOUND_MAX = 100
const FILTERS_MAX = 100
/** Look-ups that are known by their names: the same one twice is one of the query. */
const NAMED_MAX = 1000
const SHARED = { lanes: 1, keysMax: 50 }

export interface LookUp {
  type: DefinitionType
  name: 'url' | 'supplements'
  value: string
  /** @throws what the reading of a search throws */
  plan(): PlanNode
}

type Planned = Omit<LookUp, 'plan'> & { plan: PlanNode }

interface Found {
  rows: Stored[]
}

interface Group {
  /** of who came last: all of them have the same filter */
  decision: Decision
  named: Map<string, Planned>
  read: (asked: readonly Planned[]) => Promise<Found[]>
}

const groups = new WeakMap<Store, Map<string, Group>>()

export async function lookUp(store: Store, decision: Decision, asked: LookUp): Promise<Stored[]> {
  const group = groupFor(store, decision, asked.type)
  const key = `${asked.name}=${asked.value}`
  const one = group.named.get(key) ?? { ...asked, plan: asked.plan() }
  if (group.named.size >= NAMED_MAX) group.named.clear()
  group.named.set(key, one)
  const [found] = await group.read([one])
  return (found?.rows ?? []).filter(({ acc }) => decision.permits(asked.type, acc))
}

function groupFor(store: Store, decision: Decision, type: DefinitionType): Group {
  const known = groups.get(store) ?? new Map<string, Group>()
  groups.set(store, known)
  const key = `${type} ${JSON.stringify(decision.filter(type))}`
  const found = known.get(key) ?? newGroup(store, type, decision)
  found.decision = decision
  known.delete(key)
  known.set(key, found)
  if (known.size > FILTERS_MAX) known.delete(known.keys().next().value ?? '')
  return found
}

function newGroup(store: Store, type: DefinitionType, decision: Decision): Group {
  const group: Group = { decision, named: new Map(), read: () => Promise.resolve([]) }
  group.read = sharedReads<Planned, Found>(async (asked) => {
    const found = await foundFor(store, group.decision, type, asked)
    return new Map(asked.map((one, at) => [one, { rows: found[at] ?? [] }]))
  }, SHARED)
  return group
}

async function foundFor(store: Store, decision: Decision, type: DefinitionType, asked: readonly Planned[]): Promise<Stored[][]> {
  const search = (plan: PlanNode, count: number) => store.search(decision, { type, plan, sort: [], count, total: 'none' })
  const alone = async (one: Planned) => (await search(one.plan, FOUND_MAX)).rows
  if (asked.length === 1) return [await alone(asked[0] as Planned)]
  const { rows, next } = await search({ kind: 'or', nodes: asked.map(({ plan }) => plan) }, asked.length * FOUND_MAX)
  const found = asked.map((one) => rows.filter((row) => isFor(row, one)))
  // Whose a row is must be plain, and nobody's may be cut off.
  const isPlain = next === undefined && rows.every((row) => found.some((list) => list.includes(row)))
  return isPlain ? found.map((list) => list.slice(0, FOUND_MAX)) : Promise.all(asked.map(alone))
}

function isFor(row: Stored, { name, value }: Planned): boolean {
  const { url, supplements = '' } = resourceOf(row) as CodeSystemResource
  return name === 'url' ? url === value : supplements === value || canonicalOf(supplements).url === value
}
