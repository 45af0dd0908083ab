/**
 * Follows the links of a plan (chains and `_has`) before the search itself: the resources at their other end are looked for as
 * in a search of their own, with the decision's filter in the query and the decision on each document found, and what is left
 * of a link is a list of keys or ids. One command for each link, whatever is stored. A link that leads to more than a list
 * should name stays in the plan: lookups.ts has the database decide it for each candidate.
 */
import type { Db, Document } from 'mongodb'
import type { Acc, Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type PlanNode, withoutContainedKey } from '../search/plan.ts'
import { findAtOnce } from './find-command.ts'
import { hasLink, inRanges, linkedFilter } from './lookups.ts'
import { narrowedByKey, prefixRange } from './plan-filter.ts'
import type { Followed, Met } from './types.ts'

type Link = Extract<PlanNode, { kind: 'chain' | 'has' }>
type Chain = Extract<PlanNode, { kind: 'chain' }>
type Has = Extract<PlanNode, { kind: 'has' }>

export interface FollowOptions {
  db: Db
  decision: Decision
  /** what else must be done with a plan of the type before it is asked */
  prepare: (type: string, plan: PlanNode) => Promise<PlanNode>
  /** a list of what a link leads to is made as long as its power of ten, by names of nothing: how it is looked for would tell whether there is any */
  explaining?: boolean
}

/** What the links of one search share. */
interface Work extends FollowOptions {
  through: Met[][]
  /** links that stay in the plan */
  wide: number
  /** of all commands together: in milliseconds since 1970 */
  deadline: number
}

/** @throws OutcomeError too-costly */
export async function follow(options: FollowOptions, plan: PlanNode): Promise<Followed> {
  const work: Work = { ...options, through: [], wide: 0, deadline: Date.now() + BOUNDS.searchMs }
  const left = await followed(work, plan)
  return { plan: left, through: work.through, wide: hasLink(left) }
}

async function followed(o: Work, plan: PlanNode): Promise<PlanNode> {
  if (!hasLink(plan)) return plan
  switch (plan.kind) {
    case 'and':
      return { ...plan, nodes: await Promise.all(plan.nodes.map((node) => followed(o, node))) }
    case 'or':
      return alternatives(await Promise.all(plan.nodes.map((node) => followed(o, node))))
    case 'not':
      return { ...plan, node: await followed(o, plan.node) }
    case 'chain':
    case 'has': {
      const inner = await followed(o, await o.prepare(plan.type, plan.node))
      const { ends, more } = await otherEnds(o, plan, inner)
      o.through.push(ends.map(({ _id, acc }) => ({ type: plan.type, id: _id, acc })))
      if (more && ++o.wide > BOUNDS.wideLinks) throw new OutcomeError('too-costly')
      if (more) return { ...plan, node: inner }
      const named = o.explaining ? padded(plan, ends) : ends
      return plan.kind === 'chain' ? keysOf(plan, named) : idsOf(plan, named)
    }
    default:
      return plan
  }
}

/**
 * Where keys narrow each of them, all of these keys stand in front: from one list of keys the index gives the order of a page. What
 * is contained loses its own, so that the database does not take an index for each alternative, and put all that it finds in order.
 */
function alternatives(nodes: PlanNode[]): PlanNode {
  const lists = nodes.map(keysIn)
  if (!lists.every((keys) => keys !== undefined)) return { kind: 'or', nodes }
  const front: PlanNode = { kind: 'keys', keys: [...new Set(lists.flat())] }
  return { kind: 'and', nodes: [front, { kind: 'or', nodes: nodes.map(withoutContainedKey) }] }
}

/** Keys of which every match has one. */
function keysIn(plan: PlanNode): readonly string[] | undefined {
  if (plan.kind === 'keys') return plan.keys
  return plan.kind === 'and' ? plan.nodes.map(keysIn).find((keys) => keys !== undefined) : undefined
}

interface OtherEnd {
  _id: string
  acc: Acc
  /** of `has`: keys of the link */
  keys?: string[]
}

/** `more`: there may be more of them than a list should name. */
async function otherEnds(o: Work, link: Link, inner: PlanNode): Promise<{ ends: OtherEnd[]; more: boolean }> {
  const { type } = link
  // Where keys narrow it, a range of keys beside them would only tempt the database to take it for its index.
  const plan: PlanNode =
    link.kind === 'has' && !narrowedByKey(inner) && !namesIds(inner) ? { kind: 'and', nodes: [refersBy(link), inner] } : inner
  const projection = { acc: 1, ...(link.kind === 'has' ? { keys: { $filter: { input: '$keys', cond: inRanges(link.starts) } } } : {}) }
  const { before, stages } = linkedFilter(o.decision, type, plan)
  const limit = BOUNDS.linkedDocs + 1
  const maxTimeMS = Math.max(1, o.deadline - Date.now())
  const docs =
    stages.length === 0
      ? await findAtOnce<OtherEnd & Document>(o.db, type, { filter: before, projection, limit, maxTimeMS })
      : await o.db
          .collection(type)
          .aggregate<OtherEnd>([{ $match: before }, ...stages, { $limit: limit }, { $project: projection }], { maxTimeMS })
          .toArray()
  const ends = docs.filter(({ acc, keys }) => keys?.length !== 0 && o.decision.permits(type, acc))
  return { ends, more: docs.length === limit }
}

/** Whether resources are named by their ids, which is the best index. */
const namesIds = (plan: PlanNode): boolean => plan.kind === 'ids' || (plan.kind === 'and' && plan.nodes.some(namesIds))

const refersBy = ({ starts }: Has): PlanNode => ({
  kind: 'or',
  nodes: starts.map((start) => {
    const { $gte: from, $lt: to } = prefixRange(start)
    return { kind: 'keyRange', from, to }
  }),
})

function padded({ starts: [start = ''] }: Link, ends: readonly OtherEnd[]): OtherEnd[] {
  const length = Math.min(BOUNDS.linkedDocs, 10 ** Math.max(1, Math.ceil(Math.log10(Math.max(1, ends.length)))))
  const nothing = Array.from({ length: length - ends.length }, (_, n): OtherEnd => {
    const id = `~${n}`
    return { _id: id, acc: { p: [], s: 0, e: [], o: '' }, keys: [start + id] }
  })
  return [...ends, ...nothing]
}

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
