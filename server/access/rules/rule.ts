/** The shape of a rule of the decision: one entry of a table, read in order; the first that applies decides. */
import type { Obligation } from '../decision-result.ts'
import { type ConsentsOutcome, type MetaChoice, metaChoice, outcomeOfConsents, type PermitFilter } from '../outcome-of-consents.ts'
import type { Question } from '../question.ts'
import type { ResolvedRule } from '../resource-class.ts'

export const LAYERS = ['admissibility', 'foreign', 'statutory', 'marketing', 'research', 'meta', 'consents', 'default'] as const
export type Layer = (typeof LAYERS)[number]

/** The question with what the person's consents say to it, worked out once and only when a rule asks. */
export interface Case extends Question {
  consents(filter?: PermitFilter): ConsentsOutcome
  meta(): MetaChoice | undefined
}

export interface AccessRule {
  layer: Layer
  reason: string
  effect: 'permit' | 'deny'
  obligations?: readonly Obligation[] | ((at: Case) => readonly Obligation[])
  applies(at: Case): boolean
}

export function caseOf(question: Question, rules: readonly ResolvedRule[]): Case {
  const outcomes = new Map<PermitFilter, ConsentsOutcome>()
  let choice: { value: MetaChoice | undefined } | undefined
  return {
    ...question,
    consents(filter = 'any') {
      const known = outcomes.get(filter)
      if (known) return known
      const outcome = outcomeOfConsents(rules, question, filter)
      outcomes.set(filter, outcome)
      return outcome
    },
    meta() {
      choice ??= { value: metaChoice(rules, question) }
      return choice.value
    },
  }
}
