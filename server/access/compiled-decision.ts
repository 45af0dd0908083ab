/** A Decision of one request: its filters by type, and the second gate over the same sets. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { isPublicType } from './content.ts'
import { type Acc, type AccClause, type AccFilter, type Decision, makeDecision, type OverlayEntry } from './decision.ts'
import type { Verdict } from './decision-result.ts'
import type { Evaluator, Evaluators } from './evaluator.ts'
import type { Snapshot } from './overlay-reader.ts'
import type { Standing, Stood } from './standing.ts'
import { SUBSCRIPTION } from './subscriber.ts'
import { overlayFor } from './unmoved.ts'

interface Gate {
  clause: AccClause
  classes: ReadonlySet<number>
  persons: ReadonlySet<string> | undefined
  standing: Standing
}

interface Compiled {
  filter: AccFilter
  gates: readonly Gate[]
}

/** For the audit: the verdict behind a permitted document. */
export type Explain = (type: string, acc: Acc) => Verdict | undefined

const explanations = new WeakMap<Decision, Explain>()

export const explain = (decision: Decision, type: string, acc: Acc): Verdict | undefined => explanations.get(decision)?.(type, acc)

/** Consents do not change who may read the account of uses, or a client's own Subscriptions: they are not hidden while they are applied. */
const NOT_OVERLAID = new Set(['AuditEvent', SUBSCRIPTION])

/** Persons met at the second gate, whom the asker may treat: to be looked up where he treats too many to list. */
export type Met = Set<string>

export function compileDecision(evaluators: Evaluators, stood: Stood, snapshot: Snapshot, now: number, met?: Met): Decision {
  const evaluator = evaluators.of(stood.asker)
  const compiled = new Map<string, Compiled>()
  const overlay = overlayFor(stood, snapshot)
  const epochs = new Map(overlay.map(({ person, epoch }) => [person, `${person}#${epoch}`]))
  const ofType = (type: string): Compiled => {
    const known = compiled.get(type)
    if (known) return known
    const isOwn = type === SUBSCRIPTION && stood.asker.party !== 'operator'
    const made = isOwn ? ownSubscriptions(evaluator, stood, now) : compileType(evaluator, stood, type, overlay, now)
    compiled.set(type, made)
    return made
  }
  const gateOf = (type: string, acc: Acc): Gate | undefined => {
    if (!NOT_OVERLAID.has(type) && isOverlaid(acc, epochs)) return undefined
    const gate = ofType(type).gates.find((one) => passes(one, acc))
    if (!gate && met) for (const person of acc.p) met.add(person)
    return gate
  }
  const decision = makeDecision({
    filter(type) {
      // Without the list of whom he treats, a search would silently find too little.
      if (met && !isPublicType(type) && type !== SUBSCRIPTION) throw new OutcomeError('too-costly')
      return ofType(type).filter
    },
    permits: (type, acc) => gateOf(type, acc) !== undefined,
    settling: (acc) => isOverlaid(acc, epochs),
    reason: `${stood.asker.party}:${stood.asker.purpose}`,
  })
  const verdicts = new Map<Gate, Map<number, Verdict>>()
  explanations.set(decision, (type, acc) => {
    const gate = gateOf(type, acc)
    if (!gate) return undefined
    const known = verdicts.get(gate) ?? new Map<number, Verdict>()
    verdicts.set(gate, known)
    const verdict = known.get(acc.s) ?? evaluator.verdict(acc.s, gate.standing, now)
    known.set(acc.s, verdict)
    return verdict
  })
  return decision
}

function isOverlaid(acc: Acc, epochs: ReadonlyMap<string, string>): boolean {
  if (epochs.size === 0) return false
  return acc.p.some((person) => {
    const stamp = epochs.get(person)
    return stamp !== undefined && !acc.e.includes(stamp)
  })
}

function passes({ clause, classes, persons }: Gate, acc: Acc): boolean {
  if (!classes.has(acc.s)) return false
  const { custodian } = clause
  if (custodian !== undefined && ('is' in custodian ? acc.o !== custodian.is : acc.o === custodian.isNot)) return false
  return persons === undefined || (acc.p.length > 0 && acc.p.every((person) => persons.has(person)))
}

/** The client is the custodian of its Subscriptions; nothing else of it counts. */
function ownSubscriptions(evaluator: Evaluator, { subscriber }: Stood, now: number): Compiled {
  const standing: Standing = { custodian: 'own', relation: {} }
  const numbers = evaluator.permitted(SUBSCRIPTION, standing, now)
  const clause: AccClause = { classes: numbers, custodian: { is: subscriber } }
  const gates = numbers.length === 0 ? [] : [{ clause, classes: new Set(numbers), persons: undefined, standing }]
  return { filter: { all: false, anyOf: gates.map((gate) => gate.clause), overlay: [] }, gates }
}

/** One clause per standing, with the classes that no weaker standing on the same side has opened already. */
function compileType(
  evaluator: Evaluator,
  { asker, standings }: Stood,
  type: string,
  overlay: readonly OverlayEntry[],
  now: number,
): Compiled {
  const gates: Gate[] = []
  const sides = new Set(standings.map(({ custodian }) => custodian))
  for (const standing of standings) {
    if (standing.persons?.size === 0) continue
    const { custodian: side, relation, persons } = standing
    const weaker = gates.filter((gate) => gate.standing.custodian === side && isWider(gate.persons, persons))
    const opened = (number: number) => weaker.some((gate) => gate.classes.has(number))
    const numbers = evaluator.permitted(type, { custodian: side, relation }, now).filter((number) => !opened(number))
    if (numbers.length === 0) continue
    const clause: AccClause = {
      classes: numbers,
      ...(sides.size < 2 ? {} : { custodian: side === 'own' ? { is: asker.organization } : { isNot: asker.organization } }),
      ...(persons ? { persons: [...persons] } : {}),
    }
    gates.push({ clause, classes: new Set(numbers), persons, standing })
  }
  const filter: AccFilter = { all: false, anyOf: gates.map(({ clause }) => clause), overlay: NOT_OVERLAID.has(type) ? [] : overlay }
  return { filter, gates }
}

const isWider = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean =>
  a === undefined || b?.isSubsetOf(a) === true
