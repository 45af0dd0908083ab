/** What a person's consents say to one question (consent.md 3.4 steps 2 to 6). Pure. */
import type { MetaModel, Span } from './consent-model.ts'
import { covers } from './purposes.ts'
import type { Question } from './question.ts'
import type { ResolvedPreference, ResolvedProvision, ResolvedRule } from './resource-class.ts'
import { HARD_LABELS } from './sensitivity.ts'

export interface ConsentsOutcome {
  effect: 'permit' | 'deny' | 'none'
  /** a permit was no candidate because it does not name a hard label of the resource */
  labelNotNamed: boolean
  /** only plain refusals (status rejected) stand against it */
  onlyRefusals: boolean
}

/** What the provisions from the root down to one of them have named. */
interface Steps {
  met: ReadonlySet<Weighed>
  labels: ReadonlySet<string>
  study: boolean
  actor: boolean
  purposes: readonly (readonly string[])[]
  unknown: boolean
}

interface Path {
  effect: 'permit' | 'deny'
  score: number
}

interface Voice extends Path {
  rank: number
  refusal: boolean
}

const WEIGHT = { purpose: 1, class: 2, code: 2, dataPeriod: 2, actor: 4, study: 4, label: 8, data: 8 } as const
type Weighed = keyof typeof WEIGHT

/** Narrowing of which permits count: a study's own (dynamic consent), or an authorisation of its own (marketing). */
export type PermitFilter = 'any' | 'study' | 'separate'

export function outcomeOfConsents(rules: readonly ResolvedRule[], question: Question, filter: PermitFilter = 'any'): ConsentsOutcome {
  const hard = question.resource.labels.filter((label) => HARD_LABELS.has(label))
  let labelNotNamed = false
  const voices = liveRules(rules, question).flatMap((rule) => {
    const isCandidate = (permit: Steps): boolean => {
      if (!mayPermit(rule, question) || !passes(permit, filter)) return false
      const namesAll = hard.every((label) => permit.labels.has(label))
      if (!namesAll) labelNotNamed = true
      return namesAll
    }
    return voiceOf(rule, question, isCandidate) ?? []
  })
  const denies = voices.filter((voice) => voice.effect === 'deny')
  const permits = voices.filter((voice) => voice.effect === 'permit')
  const permitted = permits.some((permit) => denies.every((deny) => beats(permit, deny)))
  return {
    effect: permitted ? 'permit' : denies.length > 0 ? 'deny' : 'none',
    labelNotNamed,
    onlyRefusals: denies.length > 0 && denies.every((deny) => deny.refusal),
  }
}

/** A permit survives a deny only if it is strictly more specific and not older. */
const beats = (permit: Voice, deny: Voice): boolean => permit.score > deny.score && permit.rank >= deny.rank

function passes(permit: Steps, filter: PermitFilter): boolean {
  if (filter === 'study') return permit.study
  if (filter === 'separate') return permit.actor && permit.purposes.some((list) => list.every((purpose) => purpose === 'HMARKT'))
  return true
}

/** The newest version of each series that has begun. */
function liveRules(rules: readonly ResolvedRule[], question: Question): ResolvedRule[] {
  const newest = new Map<number, ResolvedRule>()
  for (const rule of rules) {
    if (rule.notBefore !== undefined && rule.notBefore > question.now) continue
    const known = newest.get(rule.series)
    if (!known || rule.rank >= known.rank) newest.set(rule.series, rule)
  }
  return [...newest.values()].filter((rule) => !rule.silent && isWithin(rule.period, question.now))
}

const isWithin = (span: Span | undefined, now: number): boolean =>
  span === undefined || ((span.from === undefined || now >= span.from) && (span.until === undefined || now < span.until))

const ROOT: Steps = { met: new Set(), labels: new Set(), study: false, actor: false, purposes: [], unknown: false }

function voiceOf(rule: ResolvedRule, question: Question, isCandidate: (permit: Steps) => boolean): Voice | undefined {
  if (!rule.root) return undefined
  if (rule.refusal) {
    if (!meets(rule.root, question)) return undefined
    return { effect: 'deny', score: scoreOf(below(rule.root, ROOT)), rank: rule.rank, refusal: true }
  }
  const path = pathOf(rule.root, question, ROOT, isCandidate)
  if (!path) return undefined
  return { ...path, rank: path.effect === 'permit' ? (rule.permitRank ?? rule.rank) : rule.rank, refusal: false }
}

function mayPermit(rule: ResolvedRule, question: Question): boolean {
  if (rule.noPermit) return false
  if (rule.permitsFrom !== undefined && question.now < rule.permitsFrom) return false
  return rule.recorder === undefined || rule.recorder !== question.asker.organization
}

/**
 * The path that decides inside one tree: nested provisions that match override their parent; highest score, tie = deny.
 * A permit that is no candidate overrides nothing, so that a deny around it holds.
 */
function pathOf(node: ResolvedProvision, question: Question, above: Steps, isCandidate: (permit: Steps) => boolean): Path | undefined {
  if (!meets(node, question)) return undefined
  const steps = below(node, above)
  const inner = node.nested.flatMap((one) => pathOf(one, question, steps, isCandidate) ?? [])
  if (inner.length > 0) return inner.reduce(stronger)
  const effect = effectOf(node, question)
  if (effect === 'permit' && (steps.unknown || !isCandidate(steps))) return undefined
  return { effect, score: scoreOf(steps) }
}

const stronger = (a: Path, b: Path): Path => {
  if (a.score !== b.score) return a.score > b.score ? a : b
  return a.effect === 'deny' ? a : b
}

function effectOf(node: ResolvedProvision, question: Question): 'permit' | 'deny' {
  if (node.effect === 'emergency') return covers('ETREAT', question.asker.purpose) ? 'permit' : 'deny'
  return node.effect
}

function below(node: AboutAsker, above: Steps): Steps {
  const met = new Set<Weighed>([...above.met, ...node.met])
  if (node.purpose) met.add('purpose')
  if (node.actor) met.add('actor')
  if (node.study) met.add('study')
  return {
    met,
    labels: new Set([...above.labels, ...node.labels]),
    study: above.study || node.study !== undefined,
    actor: above.actor || node.actor !== undefined,
    purposes: node.purpose ? [...above.purposes, node.purpose] : above.purposes,
    unknown: above.unknown || node.unknown === true,
  }
}

const scoreOf = (steps: Steps): number => [...steps.met].reduce((sum, kind) => sum + WEIGHT[kind], 0)

type AboutAsker = Omit<ResolvedProvision, 'effect' | 'nested'>

/** Does the node's part about asker, purpose and moment hold? */
function meets(node: AboutAsker, question: Question): boolean {
  const { asker } = question
  if (!isWithin(node.period, question.now)) return false
  if (node.purpose && !node.purpose.some((named) => covers(named, asker.purpose))) return false
  if (node.action && !node.action.includes(asker.action)) return false
  if (node.role && !node.role.includes(asker.party)) return false
  if (node.actor && !node.actor.some((name) => asker.names.includes(name))) return false
  if (node.study && !(asker.study !== undefined && node.study.includes(asker.study))) return false
  return !node.form || node.form.includes(asker.form)
}

const STRICTNESS: readonly MetaModel[] = ['blanket-permit', 'broad', 'opt-out', 'dynamic', 'blanket-deny']

export interface MetaChoice {
  model: MetaModel
  /** names every hard label of the resource */
  namesHardLabels: boolean
}

/** The model that the person's meta consents choose here: the most specific preference, the strictest of equals. */
export function metaChoice(rules: readonly ResolvedRule[], question: Question): MetaChoice | undefined {
  let best: { preference: ResolvedPreference; score: number } | undefined
  for (const rule of liveRules(rules, question)) {
    for (const preference of rule.preferences ?? []) {
      const restricting = preference.model === 'blanket-deny' || preference.model === 'dynamic'
      if (!restricting && !mayPermit(rule, question)) continue
      if (!meets(preference, question) || (preference.unknown && !restricting)) continue
      const score = scoreOf(below(preference, ROOT))
      if (!best || score > best.score || (score === best.score && isStricter(preference, best.preference))) best = { preference, score }
    }
  }
  if (!best) return undefined
  const { preference } = best
  const hard = question.resource.labels.filter((label) => HARD_LABELS.has(label))
  return { model: preference.model, namesHardLabels: hard.every((label) => preference.labels.includes(label)) }
}

const isStricter = (a: ResolvedPreference, b: ResolvedPreference): boolean => STRICTNESS.indexOf(a.model) > STRICTNESS.indexOf(b.model)
