/**
 * Links that lead to more resources than a list can name: decided for each candidate instead, by a look-up inside the same
 * query. The candidates come in the order of the page, narrowed by all other criteria, so that a page costs what it takes to
 * fill it. The filter of the decision stands in each look-up.
 */
import type { Document } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import type { PlanNode } from '../search/plan.ts'
import { accFilter } from './acc-filter.ts'
import { checkTypeName } from './collections.ts'
import { planFilter, prefixRange, type StoredFilter } from './plan-filter.ts'

type Chain = Extract<PlanNode, { kind: 'chain' }>
type Has = Extract<PlanNode, { kind: 'has' }>

export interface Lookups {
  /** what must hold of a candidate before any look-up */
  before: StoredFilter
  /** the look-ups, and what must hold after them; empty where the plan has no links */
  stages: Document[]
  /** fields of a candidate that the stages look at */
  fields: readonly string[]
}

/** Whether there is a link to follow. */
export function hasLink(plan: PlanNode): boolean {
  if (plan.kind === 'and' || plan.kind === 'or') return plan.nodes.some(hasLink)
  return plan.kind === 'not' ? hasLink(plan.node) : plan.kind === 'chain' || plan.kind === 'has'
}

/** Filter of current documents of `type` that the decision permits, as far as it can be said without links. */
export function linkedFilter(d: Decision, type: string, plan: PlanNode, tombstones = false): Lookups {
  checkTypeName(type)
  const own = tombstones ? [] : [NOT_DELETED]
  const before = { $and: [planFilter(withoutLinks(plan)), ...own, ...accFilter(d.filter(type))] } as StoredFilter
  if (!hasLink(plan)) return { before, stages: [], fields: [] }
  const slots = new Map<PlanNode, StoredFilter>()
  const lookups: Document[] = []
  const left = onlyLinks(plan)
  collect(d, left, slots, lookups)
  return { before, stages: [...lookups, { $match: planFilter(left, slots) }], fields: [...new Set(fieldsOf(left))] }
}

const NOT_DELETED: StoredFilter = { deleted: { $ne: true } }

/** What the plan says of every match without its links: of alternatives and negations that hold one, nothing. */
function withoutLinks(plan: PlanNode): PlanNode {
  if (!hasLink(plan)) return plan
  return plan.kind === 'and' ? { kind: 'and', nodes: plan.nodes.map(withoutLinks) } : { kind: 'everything' }
}

/** What is not said before the look-ups: they come behind an order, where a candidate is no longer whole. */
function onlyLinks(plan: PlanNode): PlanNode {
  return plan.kind === 'and' ? { kind: 'and', nodes: plan.nodes.filter(hasLink).map(onlyLinks) } : plan
}

/** Stored fields by which a plan is decided. */
function fieldsOf(plan: PlanNode): string[] {
  switch (plan.kind) {
    case 'and':
    case 'or':
      return plan.nodes.flatMap(fieldsOf)
    case 'not':
      return fieldsOf(plan.node)
    case 'interval':
    case 'missing':
      return [plan.field]
    case 'near':
      return ['nums']
    case 'words':
      return ['words']
    case 'lastUpdated':
      return ['at']
    case 'group':
      return ['groups']
    case 'contained':
      return ['contained']
    case 'shapes':
      return ['shape']
    case 'ids':
    case 'has':
    case 'nothing':
    case 'everything':
      return []
    default:
      return ['keys']
  }
}

function collect(d: Decision, plan: PlanNode, slots: Map<PlanNode, StoredFilter>, stages: Document[]): void {
  if (plan.kind === 'and' || plan.kind === 'or') for (const node of plan.nodes) collect(d, node, slots, stages)
  else if (plan.kind === 'not') collect(d, plan.node, slots, stages)
  else if (plan.kind === 'chain' || plan.kind === 'has') {
    const name = `l${slots.size}`
    const fields = plan.kind === 'chain' ? chainStages(d, plan, name, stages) : hasStages(d, plan, name, stages)
    slots.set(plan, { $or: fields.map((field) => ({ [`${field}.0`]: { $exists: true } })) } as StoredFilter)
  }
}

/** @returns the fields in which something was found */
function chainStages(d: Decision, chain: Chain, name: string, stages: Document[]): string[] {
  const ids = `${name}k`
  // `code>Type/id`, and the same with `/_history/n` behind it for a version.
  const id = { $arrayElemAt: [{ $split: ['$$this', '/'] }, 1] }
  stages.push({ $set: { [ids]: { $map: { input: { $filter: { input: '$keys', cond: inRanges(chain.starts) } }, in: id } } } })
  stages.push(lookup(d, chain, { from: ids, to: '_id', as: name }, []))
  if (!chain.persons) return [name]
  const byPerson = `${name}p`
  stages.push(lookup(d, chain, { from: ids, to: 'acc.p', as: byPerson }, [{ $match: { 'acc.p': { $size: 1 } } }]))
  return [name, byPerson]
}

function hasStages(d: Decision, has: Has, name: string, stages: Document[]): string[] {
  const keys = `${name}k`
  stages.push({ $set: { [keys]: has.starts.map((start) => ({ $concat: [{ $literal: start }, '$_id'] })) } })
  stages.push(lookup(d, has, { from: keys, to: 'keys', as: name }, []))
  return [name]
}

/** One match is enough to know that there is one. */
function lookup(d: Decision, { type, node }: Chain | Has, by: { from: string; to: string; as: string }, more: Document[]): Document {
  const { before, stages } = linkedFilter(d, type, node)
  const pipeline = [{ $match: before }, ...more, ...stages, { $limit: 1 }, { $project: { _id: 1 } }]
  return { $lookup: { from: type, localField: by.from, foreignField: by.to, pipeline, as: by.as } }
}

/** Whether `$$this` begins with one of them. */
export function inRanges(starts: readonly string[]): Document {
  const within = starts.map((start) => {
    const { $gte, $lt } = prefixRange(start)
    return { $and: [{ $gte: ['$$this', { $literal: $gte }] }, { $lt: ['$$this', { $literal: $lt }] }] }
  })
  return { $or: within }
}
