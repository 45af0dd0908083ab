/** From an asker to the numbers of the policy classes that permit him: decided once per class, kept until time changes it. */
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ClassRegistry } from './classes.ts'
import { decideClass } from './decide.ts'
import type { Verdict } from './decision-result.ts'
import type { Asker, Policy, Question, Relation } from './question.ts'
import type { ResolvedProvision, ResourceClass } from './resource-class.ts'
import { typeGate } from './type-gate.ts'

/** A way in which the asker can stand to a document. */
export interface Variant {
  custodian: 'own' | 'other'
  relation: Relation
}

/** The whole decision about a class: type first, then the persons' rules. */
export function verdictOf(resource: ResourceClass, question: Omit<Question, 'resource'>): Verdict {
  const full: Question = { ...question, resource }
  return typeGate(resource, full) ?? decideClass(resource.subjects, full)
}

export interface Evaluator {
  /** numbers of the classes of `type` that permit under the variant now; not to be changed by the caller */
  permitted(type: string, variant: Variant, now: number): readonly number[]
  verdict(number: number, variant: Variant, now: number): Verdict
}

export interface Evaluators {
  of(asker: Asker): Evaluator
}

interface Evaluated {
  numbers: number[]
  /** how many of the type's classes were looked at */
  seen: number
  /** first moment at which one of them may be decided otherwise */
  until: number
}

/** One evaluator per asker's signature, the least used dropped first. */
export function createEvaluators(classes: ClassRegistry, policy: Policy): Evaluators {
  const known = new Map<string, Evaluator>()
  const sameObject = new WeakMap<Asker, Evaluator>()
  return {
    of(asker) {
      const quick = sameObject.get(asker)
      if (quick) return quick
      const key = canonicalJson(asker)
      const found = known.get(key) ?? makeEvaluator(classes, policy, asker)
      sameObject.set(asker, found)
      known.delete(key)
      known.set(key, found)
      if (known.size > ACCESS_BOUNDS.askersCachedMax) known.delete(known.keys().next().value as string)
      return found
    },
  }
}

function makeEvaluator(classes: ClassRegistry, policy: Policy, asker: Asker): Evaluator {
  const evaluated = new Map<string, Evaluated>()
  const verdict = (number: number, variant: Variant, now: number): Verdict => {
    const resource = classes.get(number)
    if (!resource) return { decision: 'deny', reason: 'class-unknown', obligations: [] }
    return verdictOf(resource, { asker, policy, now, ...variant })
  }
  return {
    verdict,
    permitted(type, variant, now) {
      const key = `${type} ${variant.custodian} ${canonicalJson(variant.relation)}`
      const all = classes.ofType(type)
      let state = evaluated.get(key)
      if (!state || now >= state.until) state = { numbers: [], seen: 0, until: Number.POSITIVE_INFINITY }
      if (state.seen === all.length) return state.numbers
      // Filters in use hold the former list, so a longer one is a new list.
      const numbers = [...state.numbers]
      let until = state.until
      for (const number of all.slice(state.seen)) {
        if (verdict(number, variant, now).decision === 'permit') numbers.push(number)
        until = Math.min(until, nextChange(classes.get(number) as ResourceClass, now))
      }
      evaluated.set(key, { numbers, seen: all.length, until })
      return numbers
    },
  }
}

/** The first moment after now at which a date in the class's rules passes. */
export function nextChange(resource: ResourceClass, now: number): number {
  let next = Number.POSITIVE_INFINITY
  const note = (instant: number | undefined) => {
    if (instant !== undefined && instant > now && instant < next) next = instant
  }
  const walk = (node: Omit<ResolvedProvision, 'effect' | 'nested'> & { nested?: ResolvedProvision[] }): void => {
    note(node.period?.from)
    note(node.period?.until)
    for (const one of node.nested ?? []) walk(one)
  }
  for (const subject of resource.subjects) {
    if (subject.kind === 'unknown') continue
    for (const rule of subject.rules) {
      note(rule.notBefore)
      note(rule.permitsFrom)
      note(rule.period?.from)
      note(rule.period?.until)
      if (rule.root) walk(rule.root)
      for (const preference of rule.preferences ?? []) walk(preference)
    }
  }
  return next
}
