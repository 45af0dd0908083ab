/**
 * Chained parameters (R4 search.html 3.1.1.4.10: `subject:Patient.name`, `subject.organization.name`) and `_has`
 * (3.1.1.4.11: `_has:Observation:patient:code`), of any length and inside each other: what is asked of a resource at the
 * other end of a reference. Each type on the way is asked as in a search of its own, with all that this needs.
 */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { RESOURCE_TYPES } from '../../fhir/resource-types.ts'
import { CONTAINED, REFERRED, SEPARATOR } from '../keys.ts'
import { HOPS_MAX, LINKS_MAX } from '../limits.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { Param } from '../registry.ts'
import type { LinkBudget, ParseOptions } from '../types.ts'
import { isTargetModifier } from '../types/reference.ts'
import type { Column, PlanContext } from '../types/search-type.ts'
import { planCriterion } from './criterion.ts'
import type { ParamsOf } from './includes.ts'
import { LIST_PARAMETER, planListed } from './listed.ts'
import { paramError, splitName } from './names.ts'

export interface ChainRequest {
  paramsOf: ParamsOf
  options: ParseOptions
  context: PlanContext
  /** whether the parameter of the type says whose data are looked for */
  isAboutPerson(type: string, code: string): boolean
  budget: LinkBudget
}

/** A name that leads to other resources, and not only to elements of this one. */
export const isLinked = (name: string): boolean => name === '_has' || name.startsWith(HAS) || name.includes('.')

const HAS = '_has:'

export interface Walk extends ChainRequest {
  /** the whole name, for messages */
  whole: string
  value: string
}

/**
 * The plan of one chained or reverse chained criterion on resources of `type`.
 * @throws OutcomeError naming the parameter; a link that leads nowhere is refused in either handling, since to leave it out
 * would answer more than was asked
 */
export function planLinked(type: string, name: string, value: string, request: ChainRequest): PlanNode {
  return planStep(type, name, newWalk(name, value, request), 0)
}

export const newWalk = (whole: string, value: string, request: ChainRequest): Walk => ({ ...request, whole, value })

function countLink(walk: Walk, hops: number): void {
  if (hops > HOPS_MAX || ++walk.budget.links > LINKS_MAX) throw paramError('chain-long', walk.whole, { max: String(HOPS_MAX) })
}

function planStep(type: string, name: string, walk: Walk, hops: number): PlanNode {
  countLink(walk, hops)
  if (name.startsWith(HAS)) return planHas(type, name, walk, hops)
  const dot = name.indexOf('.')
  if (dot >= 0) return planChain(type, name.slice(0, dot), name.slice(dot + 1), walk, hops)
  const { code, modifier } = splitName(name)
  if (code === LIST_PARAMETER) return planListed(type, modifier, walk.value, walk.options)
  const param = usable(type, code, modifier, walk)
  const localCodes = walk.options.localCodes?.(type) !== false
  return planCriterion(param, modifier, walk.value, { ...walk.context, localCodes })
}

/** @throws OutcomeError chain-unknown | parameter-forbidden */
function usable(type: string, code: string, modifier: string | undefined, walk: Walk): Param {
  const param = walk.paramsOf(type)?.get(code)
  if (!param) throw paramError('chain-unknown', walk.whole)
  if (walk.options.allowed && !walk.options.allowed(type, code, modifier)) throw paramError('parameter-forbidden', walk.whole)
  return param
}

function planChain(type: string, head: string, rest: string, walk: Walk, hops: number): PlanNode {
  const { code, modifier } = splitName(head)
  return follow(type, { param: reference(usable(type, code, modifier, walk), walk), code, modifier }, walk, (target) =>
    planStep(target, rest, walk, hops + 1),
  )
}

/** What `plan` says of the resources at the other end of a reference, for callers that have names of their own. */
export function followReference(
  type: string,
  code: string,
  walk: Walk,
  hops: number,
  plan: (target: string, hops: number) => PlanNode,
): PlanNode {
  return follow(type, { param: reference(usable(type, code, undefined, walk), walk), code, modifier: undefined }, walk, (target) => {
    countLink(walk, hops + 1)
    return plan(target, hops + 1)
  })
}

interface Link {
  param: Param
  code: string
  modifier: string | undefined
}

function follow(type: string, { param, code, modifier }: Link, walk: Walk, plan: (target: string) => PlanNode): PlanNode {
  const targets = targetsOf(param, modifier, walk).filter((target) => walk.options.mayFollow?.(target) !== false)
  if (targets.length === 0) throw paramError('parameter-forbidden', walk.whole)
  const nodes: PlanNode[] = []
  let refusal: unknown
  for (const target of targets) {
    try {
      const node = plan(target)
      const persons = target === 'Patient' && walk.isAboutPerson(type, code)
      nodes.push({ kind: 'chain', type: target, starts: startsOf(param, target), persons, node })
      if (isOfItself(node) && !param.custom && walk.options.localCodes?.(type) !== false) nodes.push(inside(param, target, node))
    } catch (error) {
      // A chain without a type is asked of those types that know its parameter.
      if (targets.length === 1 || !isUnknown(error)) throw error
      refusal ??= error
    }
  }
  if (nodes.length === 0) throw refusal
  return anyOf(nodes)
}

/**
 * The same asked of what the resource itself contains and refers to by the parameter (R4 search.html#contained). A masked form shows
 * nothing contained; the parameters of operators do not know it.
 */
function inside(param: Param, target: string, node: PlanNode): PlanNode {
  const referred = reaching(param, target).map(({ code }) => REFERRED + code)
  return allOf([
    { kind: 'keys', keys: [CONTAINED + target] },
    { kind: 'contained', type: target, node: allOf([{ kind: 'keys', keys: referred }, node]) },
  ])
}

/** What a contained resource has: its id counts within its container only, and links do not go on from it. */
const INSIDE: ReadonlySet<PlanNode['kind']> = new Set(['keys', 'keyRange', 'keyContains', 'keyLike', 'interval', 'missing', 'group'])

function isOfItself(node: PlanNode): boolean {
  if (node.kind === 'and' || node.kind === 'or') return node.nodes.every(isOfItself)
  return node.kind === 'not' ? isOfItself(node.node) : INSIDE.has(node.kind)
}

/** Types differ in their parameters, and in what kind of parameter has a name. */
const UNKNOWN: ReadonlySet<string> = new Set(['chain-unknown', 'filter-parameter', 'filter-operator'])

const isUnknown = (error: unknown): boolean => error instanceof OutcomeError && UNKNOWN.has(error.issues[0]?.code ?? '')

function reference(param: Param, walk: Walk): Param {
  if (param.definition.type !== 'reference') throw paramError('chain-unknown', walk.whole)
  // What many entries have in common has no place of its own to follow.
  if (param.columns.some(({ keeping }) => keeping !== 'entry')) throw paramError('parameter-unsupported', walk.whole)
  return param
}

function targetsOf({ definition, columns }: Param, modifier: string | undefined, walk: Walk): string[] {
  const targets = new Set(definition.target ?? ['Resource'])
  if (modifier !== undefined) {
    if (!isTargetModifier(modifier, targets) || !RESOURCE_TYPES.has(modifier)) throw paramError('chain-unknown', walk.whole)
    return [modifier]
  }
  const types = targets.has('Resource') ? [...RESOURCE_TYPES] : [...targets]
  return types.filter((type) => columns.some(({ refersTo }) => refersTo === undefined || refersTo === type))
}

const reaching = ({ columns }: Param, target: string): Column[] =>
  columns.filter(({ refersTo }) => refersTo === undefined || refersTo === target)

/** Beginnings of the keys by which the parameter refers to resources of a type. */
const startsOf = (param: Param, target: string): string[] =>
  reaching(param, target).map(({ code }) => `${code}${SEPARATOR.reference}${target}/`)

function planHas(type: string, name: string, walk: Walk, hops: number): PlanNode {
  const [, source = '', code = '', rest = ''] = /^_has:([^:.]+):([^:.]+):(.+)$/s.exec(name) ?? []
  if (!RESOURCE_TYPES.has(source)) throw paramError('chain-unknown', walk.whole)
  if (walk.options.mayFollow?.(source) === false) throw paramError('parameter-forbidden', walk.whole)
  const param = reference(usable(source, code, undefined, walk), walk)
  const { target } = param.definition
  const starts = startsOf(param, type)
  if (starts.length === 0 || (target && !target.includes(type) && !target.includes('Resource')))
    throw paramError('chain-unknown', walk.whole)
  return { kind: 'has', type: source, starts, node: planStep(source, rest, walk, hops + 1) }
}
