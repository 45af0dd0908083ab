/**
 * The decision (consent.md 3.4): a pure function of the site's policy, the person's rules, who asks, why, for what, and the
 * moment. The same function runs when a query is compiled and at the second gate.
 */
import type { Verdict } from './decision-result.ts'
import type { Question } from './question.ts'
import type { ResolvedRule, ResourceClass } from './resource-class.ts'
import { type AccessRule, type Case, caseOf } from './rules/rule.ts'
import { RULES } from './rules/table.ts'

/** One person's rules and one question; a resource about several persons is asked once for each (`decideClass`). */
export function decide(rules: readonly ResolvedRule[], question: Question): Verdict {
  const at = caseOf(question, rules)
  const found = RULES.find((rule) => rule.applies(at))
  // The last rule of the table applies to everything; the fallback is for a table that lost it.
  if (!found) return { decision: 'deny', reason: 'default', obligations: [] }
  return { decision: found.effect, reason: reasonOf(found, at), obligations: obligationsOf(found, at) }
}

function obligationsOf(rule: AccessRule, at: Case): Verdict['obligations'] {
  return typeof rule.obligations === 'function' ? rule.obligations(at) : (rule.obligations ?? [])
}

/** A denial for want of consent says so when there was a permit that did not name the resource's label. */
function reasonOf(rule: AccessRule, at: Case): string {
  if (rule.effect === 'permit') return rule.reason
  const outcome = at.consents()
  if (rule.layer === 'default' && outcome.labelNotNamed) return 'label-not-named'
  // A refused request is no dissent of its own: what denies is that nobody consented.
  if (rule.layer === 'consents' && outcome.onlyRefusals) {
    const behind = RULES.find((one) => one.layer === 'default' && one.applies(at))
    if (behind?.effect === 'deny') return behind.reason
  }
  return rule.reason
}

/** The class of a resource: permitted only if every person whom it is about permits. */
export function decideClass(subjects: ResourceClass['subjects'], question: Question): Verdict {
  const verdicts = subjects.map((subject): Verdict => {
    if (subject.kind === 'unknown') return { decision: 'deny', reason: 'patient-unknown', obligations: [] }
    return decide(subject.rules, question)
  })
  const denied = verdicts.find((verdict) => verdict.decision === 'deny')
  if (denied) return denied
  const [first] = verdicts
  if (!first) return { decision: 'deny', reason: 'default', obligations: [] }
  return { ...first, obligations: [...new Set(verdicts.flatMap((verdict) => verdict.obligations))] }
}
