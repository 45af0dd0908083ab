/** One search criterion (`name=value`) to a plan node. */
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { Param } from '../registry.ts'
import { unescapeValue } from '../escape.ts'
import { isId } from '../../fhir/ids.ts'
import { dateBounds, parseDateCriterion } from '../types/date.ts'
import { isTargetModifier } from '../types/reference.ts'
import type { PlanContext, SearchType } from '../types/search-type.ts'
import { planComposite } from './composite.ts'
import { paramError } from './names.ts'
import { planText } from './text.ts'
import { isTrue, or, orValues, presence, shownModifier } from './values.ts'

/** @throws OutcomeError parameter-invalid | parameter-unsupported | modifier-unsupported */
export function planCriterion(param: Param, modifier: string | undefined, value: string, context: PlanContext): PlanNode {
  if (param.composite) return planComposite(param.definition.code, param.composite, modifier, value, context)
  if (param.places) return planText(param.definition.code, param.places, modifier, value)
  const keeping = param.columns[0]?.keeping
  if (keeping === 'written') return planWritten(param, modifier, value, context)
  const node = planStored(param, modifier, value, context)
  return keeping === 'shape' && param.searchType ? { kind: 'shape', node } : node
}

function planStored(param: Param, modifier: string | undefined, value: string, context: PlanContext): PlanNode {
  const name = param.definition.code
  if (modifier === 'missing') return planMissing(param, value)
  const negated = modifier === 'not' || modifier === 'not-in'
  const values = orValues(name, value)
  if (name === '_id' || name === '_lastUpdated') return planOwn(name, modifier, values, context)
  const { searchType } = param
  if (!searchType) throw paramError('parameter-unsupported', name)
  checkModifier(param, searchType, modifier)
  const kept = modifier === 'not-in' ? 'in' : negated ? undefined : modifier
  const node = or(
    param.columns.flatMap((column) => values.map((v) => searchType.plan(column, { name, modifier: kept, value: v }, context))),
  )
  return negated ? { kind: 'not', node } : node
}

function checkModifier(param: Param, searchType: SearchType, modifier: string | undefined): void {
  if (modifier === undefined) return
  // A canonical has no identifier beside its address.
  const lacksIt = modifier === 'identifier' && param.columns.every(({ datatypes }) => datatypes.size > 0 && !datatypes.has('Reference'))
  if (searchType.modifiers.has(modifier) && !lacksIt) return
  if ((modifier === 'not' || modifier === 'not-in') && param.definition.type === 'token') return
  if (param.definition.type === 'reference' && param.columns.some(({ targets }) => isTargetModifier(modifier, targets))) return
  throw paramError('modifier-unsupported', param.definition.code, { modifier: shownModifier(modifier) })
}

/** `_id` and `_lastUpdated` are the store's own fields, not keys. */
function planOwn(name: '_id' | '_lastUpdated', modifier: string | undefined, values: string[], context: PlanContext): PlanNode {
  if (modifier !== undefined && !(name === '_id' && modifier === 'not')) {
    throw paramError('modifier-unsupported', name, { modifier: shownModifier(modifier) })
  }
  if (name === '_lastUpdated') return or(values.map((value) => planLastUpdated(name, value, context)))
  // What cannot be an id is the id of nothing.
  const ids = values.map(unescapeValue).filter(isId)
  const node: PlanNode = ids.length === 0 ? { kind: 'nothing' } : { kind: 'ids', ids }
  return modifier === 'not' ? { kind: 'not', node } : node
}

/** A stored instant is the interval of its one millisecond: bounds on its end become bounds on its beginning. */
function planLastUpdated(name: string, value: string, context: PlanContext): PlanNode {
  const { prefix, interval } = parseDateCriterion({ name, modifier: undefined, value }, context)
  return or(
    dateBounds(prefix, interval).map((bounds): PlanNode => {
      const where = bounds.map(({ end, op, value: at }) => {
        if (end === 'lo') return { op, value: new Date(at) }
        // hi = at + 1: hi <= x is at < x, and hi > x is at >= x.
        return { op: op === '$lte' ? ('$lt' as const) : ('$gte' as const), value: new Date(at) }
      })
      return { kind: 'lastUpdated', where }
    }),
  )
}

/** A date that is the time of writing: every resource has it, and the store knows it. */
function planWritten(param: Param, modifier: string | undefined, value: string, context: PlanContext): PlanNode {
  const name = param.definition.code
  if (modifier === 'missing') return isTrue(name, value) ? { kind: 'nothing' } : { kind: 'everything' }
  if (modifier !== undefined) throw paramError('modifier-unsupported', name, { modifier: shownModifier(modifier) })
  return or(orValues(name, value).map((one) => planLastUpdated(name, one, context)))
}

function planMissing(param: Param, value: string): PlanNode {
  const name = param.definition.code
  const missing = isTrue(name, value)
  if (name === '_id' || name === '_lastUpdated') return missing ? { kind: 'nothing' } : { kind: 'everything' }
  const { searchType } = param
  if (!searchType) throw paramError('parameter-unsupported', name)
  const nodes = param.columns.map((column) => presence(column, searchType, missing))
  return missing ? allOf(nodes) : anyOf(nodes)
}
