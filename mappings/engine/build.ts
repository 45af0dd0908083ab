/** A structure of rules and constants, prepared once per mapping and evaluated per row. */
import { AbsentElement, Rule, type Run } from './rule.ts'
import { Decimal } from './values/decimal.ts'

export type Plan =
  | { kind: 'constant'; value: unknown }
  | { kind: 'rule'; rule: Rule<unknown>; isInput: boolean }
  | { kind: 'list'; items: readonly Plan[] }
  | { kind: 'object'; members: readonly { name: string; plan: Plan }[] }

/** Parts without a rule become one constant, shared by all rows: what is mapped is never changed in place. */
export function planOf(node: unknown): Plan {
  if (node instanceof Rule) return { kind: 'rule', rule: node, isInput: node.fields.length > 0 }
  if (Array.isArray(node)) {
    const items = node.filter((item) => item !== undefined).map(planOf)
    return items.every((item) => item.kind === 'constant') ? { kind: 'constant', value: valuesOf(items) } : { kind: 'list', items }
  }
  if (typeof node !== 'object' || node === null || node instanceof Decimal) return { kind: 'constant', value: node ?? undefined }
  const members = Object.entries(node).map(([name, child]) => ({ name, plan: planOf(child) }))
  if (members.some(({ plan }) => plan.kind !== 'constant')) return { kind: 'object', members }
  return {
    kind: 'constant',
    value: Object.fromEntries(members.map(({ name, plan }) => [name, plan.kind === 'constant' ? plan.value : undefined])),
  }
}

const valuesOf = (items: readonly Plan[]): unknown[] | undefined =>
  items.length === 0 ? undefined : items.map((item) => (item.kind === 'constant' ? item.value : undefined))

/** Rules of input under a structure, and how many of them had a value. */
interface Count {
  rules: number
  present: number
}

/** The value of a structure for one row. One whose rules were all absent is absent, constants and all. */
export function build(plan: Plan, run: Run): unknown {
  return evaluate(plan, run, { rules: 0, present: 0 })
}

function evaluate(plan: Plan, run: Run, count: Count): unknown {
  switch (plan.kind) {
    case 'constant':
      return plan.value
    case 'rule':
      return evaluateRule(plan, run, count)
    case 'list':
      return evaluateList(plan.items, run, count)
    case 'object':
      return evaluateObject(plan.members, run, count)
  }
}

function evaluateRule({ rule, isInput }: Plan & { kind: 'rule' }, run: Run, count: Count): unknown {
  const value = rule.evaluate(run)
  if (isInput) {
    count.rules++
    if (value !== undefined) count.present++
  }
  return value
}

function evaluateList(items: readonly Plan[], run: Run, count: Count): unknown[] | undefined {
  const values: unknown[] = []
  for (const item of items) {
    const value = evaluate(item, run, count)
    if (value !== undefined) values.push(value)
  }
  return values.length > 0 ? values : undefined
}

function evaluateObject(members: readonly { name: string; plan: Plan }[], run: Run, count: Count): Record<string, unknown> | undefined {
  const own: Count = { rules: 0, present: 0 }
  const out: Record<string, unknown> = {}
  let filled = false
  for (const { name, plan } of members) {
    const value = evaluate(plan, run, own)
    if (value === undefined) continue
    filled = true
    if (value instanceof AbsentElement) out[plan.kind === 'rule' && plan.rule.primitive ? `_${name}` : name] = absentExtension(value.reason)
    else out[name] = value
  }
  count.rules += own.rules
  count.present += own.present
  return filled && (own.rules === 0 || own.present > 0) ? out : undefined
}

const ABSENT_REASON_URL = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
const absentExtension = (reason: string) => ({ extension: [{ url: ABSENT_REASON_URL, valueCode: reason }] })
