/** The tree of `_filter` to the plan nodes that ordinary parameters make, under the same permissions (R4 search_filter.html). */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { Composite } from '../composite.ts'
import { splitEscaped } from '../escape.ts'
import { SINGLE_VALUE_LENGTH_MAX } from '../limits.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { Param } from '../registry.ts'
import { type ChainRequest, followReference, newWalk, type Walk } from '../parse/chain.ts'
import { keysOf, withoutExcess } from '../parse/composite.ts'
import { planCriterion } from '../parse/criterion.ts'
import { paramError } from '../parse/names.ts'
import { patientKeys, patientsNamed } from '../parse/patients.ts'
import { or, presence } from '../parse/values.ts'
import type { PlanContext } from '../types/search-type.ts'
import { escaped, type Leaf, planOperator } from './operators.ts'
import { FILTER_PARAMETER, type Filter, type FilterStep, type FilterTest, filterError, type Operator, parseFilter } from './text.ts'

export interface PlannedFilter {
  node: PlanNode
  /** keys that say whose data are looked for, with the id of each: see `withPersonKeys` */
  patientKeys: [key: string, id: string][]
  /** patients to which all that is found belongs: lists that hold together */
  bound: string[][]
}

interface Planning extends Walk {
  patientKeys: [string, string][]
}

/** @throws OutcomeError filter-…, parameter-forbidden, and what is said of value sets, hierarchies and long chains */
export function planFilter(type: string, text: string, request: ChainRequest): PlannedFilter {
  const filter = parseFilter(text)
  const walk: Planning = { ...newWalk(FILTER_PARAMETER, '', request), patientKeys: [] }
  const node = planTree(filter, (test) => planTest(type, test, walk, 0))
  return { node, patientKeys: walk.patientKeys, bound: boundOf(type, filter, request.context.ownBase) }
}

/** `pr false` and `ni` are asked of the whole set: that it has none of what their opposites look for. */
function planTree(filter: Filter, plan: (test: FilterTest) => PlanNode): PlanNode {
  if (filter.kind === 'not') return { kind: 'not', node: planTree(filter.part, plan) }
  if (filter.kind === 'test') {
    const positive = oppositeOf(filter)
    return positive ? { kind: 'not', node: plan(positive) } : plan(filter)
  }
  const nodes = filter.parts.map((part) => planTree(part, plan))
  return filter.kind === 'and' ? allOf(nodes) : anyOf(nodes)
}

function oppositeOf(test: FilterTest): FilterTest | undefined {
  if (test.operator === 'ni') return { ...test, operator: 'in' }
  if (test.operator !== 'pr') return undefined
  const value = test.value.toLowerCase()
  if (value !== 'true' && value !== 'false') throw filterError('filter-value', test.valueAt)
  return value === 'false' ? { ...test, value: 'true' } : undefined
}

/** @param hops references that were followed: the path is read from its first step at each of them */
function planTest(type: string, test: FilterTest, walk: Planning, hops: number): PlanNode {
  const [step, ...rest] = test.path
  const [next, ...more] = rest
  if (!next) return planLeaf(type, step, test, walk, hops)
  const composite = compositeAt(type, step, walk)
  if (composite) return planParts(type, step, { ...test, path: [next, ...more] }, composite, walk)
  if (usable(type, step, undefined, walk).definition.type !== 'reference') throw filterError('filter-parameter', next.at)
  return followReference(type, step.name, walk, hops, (target, followed) =>
    allOf([
      ...(step.filter ? [planTree(step.filter, (inner) => planTest(target, inner, walk, followed))] : []),
      planTest(target, { ...test, path: [next, ...more] }, walk, followed),
    ]),
  )
}

const MODIFIERS: Partial<Record<Operator, string>> = { ss: 'below', sb: 'above', in: 'in' }

/** @throws OutcomeError filter-parameter | parameter-forbidden */
function usable(type: string, { name, at }: FilterStep, modifier: string | undefined, { paramsOf, options }: Planning): Param {
  const param = paramsOf(type)?.get(name)
  if (!param) throw filterError('filter-parameter', at)
  if (options.allowed && !options.allowed(type, name, modifier)) throw paramError('parameter-forbidden', name)
  return param
}

function planLeaf(type: string, step: FilterStep, test: FilterTest, walk: Planning, hops: number): PlanNode {
  const param = usable(type, step, MODIFIERS[test.operator], walk)
  const context = contextOf(type, walk)
  const node = isOwn(param) ? ofOwn(param, test, context) : ofColumns(param, test, context)
  if (!node) throw filterError('filter-operator', test.operatorAt, { operator: test.operator })
  if (hops === 0 && walk.isAboutPerson(type, step.name)) walk.patientKeys.push(...patientKeys(node))
  return node
}

const contextOf = (type: string, { context, options }: Walk): PlanContext => ({
  ...context,
  localCodes: options.localCodes?.(type) !== false,
})

const isWritten = ({ definition, columns }: Param): boolean => definition.code === '_lastUpdated' || columns[0]?.keeping === 'written'
const isOwn = (param: Param): boolean => param.composite !== undefined || param.definition.code === '_id' || isWritten(param)

/** Composites and what is the store's own: with the operators that an ordinary criterion has, as its prefix. */
function ofOwn(param: Param, test: FilterTest, context: PlanContext): PlanNode | undefined {
  const { code, type } = param.definition
  const { operator } = test
  const ordinary = (value: string, modifier?: string) => valued(test, () => planCriterion(param, modifier, value, context))
  if (operator === 'pr') return ordinary('false', 'missing')
  if (isWritten(param)) return type === 'date' && PREFIXES.has(operator) ? ordinary(operator + test.value) : undefined
  if (operator === 'ne' && code === '_id') return { kind: 'not', node: ordinary(escaped(test.value)) }
  // One value, whatever commas it has.
  if (operator === 'eq') return ordinary(code === '_id' ? escaped(test.value) : splitEscaped(test.value, ',').join('\\,'))
  return undefined
}

const PREFIXES: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb'])

function ofColumns({ definition, searchType, columns }: Param, test: FilterTest, context: PlanContext): PlanNode | undefined {
  if (!searchType) throw paramError('parameter-unsupported', definition.code)
  const node = ofLeaf({ name: definition.code, type: definition.type, searchType, columns }, test, context)
  return node && columns[0]?.keeping === 'shape' ? { kind: 'shape', node } : node
}

function ofLeaf(leaf: Leaf, test: FilterTest, context: PlanContext): PlanNode | undefined {
  const { columns, searchType } = leaf
  if (test.operator === 'pr') return anyOf(columns.map((column) => presence(column, searchType, false)))
  return valued(test, () => planOperator(leaf, test.operator, test.value, context))
}

/** What is wrong with a value is told by its place. */
function valued<T>(test: FilterTest, plan: () => T): T {
  if (test.value.length > SINGLE_VALUE_LENGTH_MAX) throw filterError('filter-value', test.valueAt)
  try {
    return plan()
  } catch (error) {
    if (error instanceof OutcomeError && error.issues[0]?.code === 'parameter-invalid') throw filterError('filter-value', test.valueAt)
    throw error
  }
}

interface Parts {
  code: string
  composite: Composite
  /** place of a part by its name */
  places: ReadonlyMap<string, number>
}

/** Names that R4 gives to composites and their parts in filters (search_filter.html 3.1.3.3), where R4 still has them. */
const ADDITIONAL: ReadonlyMap<string, { code: string; parts: readonly string[] }> = new Map([
  ['Group.characteristic', { code: 'characteristic-value', parts: ['code', 'value'] }],
  ['DocumentReference.relatesTo', { code: 'relationship', parts: ['code', 'target'] }],
])

/** What has parts under its name: `component-code-value-quantity[component-code eq x].component-value-quantity gt 5`. */
function compositeAt(type: string, step: FilterStep, walk: Planning): Parts | undefined {
  const additional = ADDITIONAL.get(`${type}.${step.name}`)
  const param = walk.paramsOf(type)?.get(additional?.code ?? step.name)
  if (!param?.composite) return undefined
  usable(type, { ...step, name: param.definition.code }, undefined, walk)
  const names = param.composite.simple.map(({ definition }, at) => [additional?.parts[at] ?? definition.code, at] as const)
  return { code: param.definition.code, composite: param.composite, places: new Map(names) }
}

/** All of it holds within one repetition of the composite's element. */
function planParts(type: string, step: FilterStep, test: FilterTest, parts: Parts, walk: Planning): PlanNode {
  const { composite } = parts
  const context = contextOf(type, walk)
  const whole: Filter = step.filter ? { kind: 'and', parts: [step.filter, test] } : test
  const exact = composite.foci.map((focus) => {
    const node = planTree(whole, (inner) => {
      const at = placeOf(inner, parts)
      const { definition } = composite.simple[at] as (typeof composite.simple)[number]
      usable(type, { ...inner.path[0], name: definition.code }, MODIFIERS[inner.operator], walk)
      const { searchType, column } = focus.parts[at] as (typeof focus.parts)[number]
      const planned = ofLeaf({ name: parts.code, type: definition.type, searchType, columns: [column] }, inner, context)
      if (!planned) throw filterError('filter-operator', inner.operatorAt, { operator: inner.operator })
      return planned
    })
    return focus.repetitions ? ({ kind: 'group', param: focus.name, node } as const) : withoutExcess(focus, node)
  })
  return allOf([narrowing(whole, parts, context), or(exact)].filter(({ kind }) => kind !== 'everything'))
}

function placeOf({ path: [step, ...rest] }: FilterTest, { places }: Parts): number {
  const at = places.get(step.name)
  if (at === undefined || rest.length > 0) throw filterError('filter-parameter', rest[0]?.at ?? step.at)
  return at
}

/** What the index of keys knows of it: that the resource has such values somewhere. Of what must not hold it says nothing. */
function narrowing(filter: Filter, parts: Parts, context: PlanContext): PlanNode {
  if (filter.kind === 'not') return { kind: 'everything' }
  if (filter.kind === 'test') {
    const { definition, searchType, columns } = parts.composite.simple[placeOf(filter, parts)] as Composite['simple'][number]
    if (searchType?.field !== 'keys' || filter.operator === 'pr' || filter.operator === 'ni') return { kind: 'everything' }
    const leaf: Leaf = { name: parts.code, type: definition.type, searchType, columns }
    return keysOf(planOperator(leaf, filter.operator, filter.value, context) ?? { kind: 'everything' })
  }
  const nodes = filter.parts.map((part) => narrowing(part, parts, context))
  if (filter.kind === 'and') return allOf(nodes.filter(({ kind }) => kind !== 'everything'))
  return nodes.some(({ kind }) => kind === 'everything') ? { kind: 'everything' } : or(nodes)
}

/** Patients by which the filter is narrowed as a whole; of alternatives, all that they name, where each names some. */
function boundOf(type: string, filter: Filter, ownBase: string): string[][] {
  if (filter.kind === 'not') return []
  if (filter.kind === 'test') {
    const [step, ...rest] = filter.path
    const named = rest.length === 0 && (filter.operator === 're' || (step.name === '_id' && filter.operator === 'eq'))
    const patients = named ? patientsNamed(type, step.name, undefined, escaped(filter.value), ownBase) : undefined
    return patients ? [patients] : []
  }
  const lists = filter.parts.map((part) => boundOf(type, part, ownBase))
  if (filter.kind === 'and') return lists.flat()
  const firsts = lists.map(([first]) => first)
  return firsts.every((first) => first !== undefined) ? [[...new Set(firsts.flat())]] : []
}
