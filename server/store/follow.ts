/**
 * Follows the links of a plan (chains and `_has`) before the search itself: the resources at their other end are looked for as
 * in a search of their own, with the decision's filter in the query and the decision on each document found, and what is left
 * of a link is a list of keys or ids. One command for each link, whatever is stored.
 */
import type { Db, Document } from 'mongodb'
import type { Acc, Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PlanNode } from '../search/plan.ts'
import { findAtOnce } from './find-command.ts'
import { prefixRange } from './plan-filter.ts'
import { visibleFilter } from './search.ts'
import type { Followed, Met } from './types.ts'

type Chain = Extract<PlanNode, { kind: 'chain' }>
type Has = Extract<PlanNode, { kind: 'has' }>

export interface FollowOptions {
  db: Db
  decision: Decision
  /** what else must be done with a plan of the type before it is asked */
  prepare: (type: string, plan: PlanNode) => Promise<PlanNode>
}

/** Whether there is a link to follow. */
export function hasLink(plan: PlanNode): boolean {
  if (plan.kind === 'and' || plan.kind === 'or') return plan.nodes.some(hasLink)
  return plan.kind === 'not' ? hasLink(plan.node) : plan.kind === 'chain' || plan.kind === 'has'
}

/** @throws OutcomeError too-costly when a link leads to more than `BOUNDS.linkedDocs` */
export async function follow(options: FollowOptions, plan: PlanNode): Promise<Followed> {
  const through: Met[] = []
  return { plan: await followed(options, plan, through), through }
}

async function followed(o: FollowOptions, plan: PlanNode, through: Met[]): Promise<PlanNode> {
  switch (plan.kind) {
    case 'and':
    case 'or':
      return { ...plan, nodes: await Promise.all(plan.nodes.map((node) => followed(o, node, through))) }
    case 'not':
      return { ...plan, node: await followed(o, plan.node, through) }
    case 'chain':
      return keysOf(plan, await otherEnds(o, plan, through))
    case 'has':
      return idsOf(plan, await otherEnds(o, plan, through))
    default:
      return plan
  }
}

interface OtherEnd {
  _id: string
  acc: Acc
  /** of `has`: keys of the link */
  keys?: string[]
}

async function otherEnds(o: FollowOptions, link: Chain | Has, through: Met[]): Promise<OtherEnd[]> {
  const inner = await followed(o, await o.prepare(link.type, link.node), through)
  const plan: PlanNode = link.kind === 'has' ? { kind: 'and', nodes: [refersBy(link), inner] } : inner
  const projection = { acc: 1, ...(link.kind === 'has' ? { keys: { $filter: { input: '$keys', cond: anyRange(link.starts) } } } : {}) }
  const docs = await findAtOnce<OtherEnd & Document>(o.db, link.type, {
    filter: visibleFilter(o.decision, link.type, plan),
    projection,
    limit: BOUNDS.linkedDocs + 1,
    maxTimeMS: BOUNDS.searchMs,
  })
  if (docs.length > BOUNDS.linkedDocs) throw new OutcomeError('too-costly')
  const seen = docs.filter(({ acc }) => o.decision.permits(link.type, acc))
  for (const { _id, acc } of seen) through.push({ type: link.type, id: _id, acc })
  return seen
}

const refersBy = ({ starts }: Has): PlanNode => ({
  kind: 'or',
  nodes: starts.map((start) => {
    const { $gte: from, $lt: to } = prefixRange(start)
    return { kind: 'keyRange', from, to }
  }),
})

/** Keys within one of the ranges, as an expression. */
const anyRange = (starts: readonly string[]): Document => ({
  $or: starts.map((start) => {
    const { $gte, $lt } = prefixRange(start)
    return { $and: [{ $gte: ['$$this', { $literal: $gte }] }, { $lt: ['$$this', { $literal: $lt }] }] }
  }),
})

function keysOf({ type, starts, persons }: Chain, ends: readonly OtherEnd[]): PlanNode {
  const ids = new Set<string>()
  for (const { _id, acc } of ends) {
    ids.add(_id)
    // What is the person's stands under the master once the Patient is linked; one that names others is about several.
    const [person, ...others] = type === 'Patient' && persons ? acc.p : []
    if (person !== undefined && others.length === 0) ids.add(person)
  }
  return { kind: 'keys', keys: starts.flatMap((start) => [...ids].map((id) => start + id)) }
}

function idsOf({ starts }: Has, ends: readonly OtherEnd[]): PlanNode {
  const ids = new Set<string>()
  for (const { keys = [] } of ends)
    for (const key of keys) {
      const start = starts.find((one) => key.startsWith(one))
      // A reference to a version has a key for it beside that of the resource.
      if (start !== undefined && !key.includes('/_history/')) ids.add(key.slice(start.length))
    }
  return { kind: 'ids', ids: [...ids] }
}
