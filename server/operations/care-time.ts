/** When care was given: `start` and `end` of $everything, which are no times of storing (R4 patient-operation-everything.html). */
import { mainDateParams } from '../search/main-date.ts'
import { allOf, anyOf, type IntervalBound, type PlanNode } from '../search/plan.ts'

export interface CareTime {
  /** inclusive */
  from?: Date
  /** exclusive */
  until?: Date
}

/**
 * One of the dates of its type touches the time. What has none of them is taken: nothing says that it is outside, and who reads
 * a record would miss it.
 */
export function inCareTime(type: string, { from, until }: CareTime): PlanNode[] {
  const params = mainDateParams(type)
  if (params.length === 0) return []
  const where: IntervalBound[] = [
    ...(until ? [{ end: 'lo' as const, op: '$lt' as const, value: until }] : []),
    ...(from ? [{ end: 'hi' as const, op: '$gt' as const, value: from }] : []),
  ]
  const touching = params.map((param): PlanNode => ({ kind: 'interval', field: 'dates', param, where }))
  const undated = params.map((param): PlanNode => ({ kind: 'missing', field: 'dates', param, separators: [], missing: true }))
  return [anyOf([...touching, allOf(undated)])]
}
