/**
 * A person's rules as far as they concern one resource: criteria about the resource (class, code, dataPeriod, data,
 * label) are decided here, once, when it is labelled; what is left depends on who asks, why and when.
 */
import { canonicalJson } from './canonical-json.ts'
import type { ConsentRule, Criteria, NamedCode, NamedInstance, Provision, Span } from './consent-model.ts'
import type { MetCriterion, ResolvedPreference, ResolvedProvision, ResolvedRule, ResourceFacts } from './resource-class.ts'

/** Rules of one person for one resource, normalised: persons whose rules come to the same share the result. */
export function resolveRules(rules: readonly ConsentRule[], facts: ResourceFacts): ResolvedRule[] {
  const known = whateverResource.get(rules)
  if (known) return known
  const resolved = resolveFor(rules, facts)
  if (!rules.some(asksAboutResource)) whateverResource.set(rules, resolved)
  return resolved
}

/** Rules without criteria about the resource come to the same for every resource: most consents are such. */
const whateverResource = new WeakMap<readonly ConsentRule[], ResolvedRule[]>()

const isAboutResource = ({ class: type, code, dataPeriod, data, label }: Criteria): boolean =>
  [type, code, dataPeriod, data, label].some((criterion) => criterion !== undefined)

function asksAboutResource({ root, preferences, within }: ConsentRule): boolean {
  if (within !== undefined) return true
  const asks = (provision: Provision): boolean => isAboutResource(provision.criteria) || provision.nested.some(asks)
  return (root !== undefined && asks(root)) || (preferences ?? []).some(({ criteria }) => isAboutResource(criteria))
}

function resolveFor(rules: readonly ConsentRule[], facts: ResourceFacts): ResolvedRule[] {
  const resolved = rules.map((rule) => resolveRule(rule, facts))
  const speaking = new Set(resolved.filter((rule) => rule.root !== undefined || rule.preferences !== undefined).map((rule) => rule.series))
  return normalise(resolved.filter((rule) => speaking.has(rule.series)))
}

function resolveRule(rule: ConsentRule, facts: ResourceFacts): ResolvedRule {
  const { root, preferences, within, ...frame } = rule
  const found = root && !rule.silent ? resolveProvision(root, facts) : undefined
  const chosen = preferences && !rule.silent ? preferences.flatMap((one) => resolvePreference(one, facts)) : []
  const kept: ResolvedRule = { ...frame }
  if (found) kept.root = found
  if (chosen.length > 0) kept.preferences = chosen
  // A version that says nothing of this resource still ends what an earlier version of its series said.
  if (!kept.root && !kept.preferences) kept.silent = true
  else if (within !== undefined && within !== facts.custodian) kept.noPermit = true
  return kept
}

function resolveProvision(provision: Provision, facts: ResourceFacts): ResolvedProvision | undefined {
  const met = metBy(provision.criteria, facts, provision.effect === 'permit')
  if (!met) return undefined
  const nested = provision.nested.flatMap((one) => resolveProvision(one, facts) ?? [])
  return { effect: provision.effect, ...met, ...aboutAsker(provision.criteria), nested }
}

function resolvePreference(
  preference: { model: ResolvedPreference['model']; criteria: Criteria },
  facts: ResourceFacts,
): ResolvedPreference[] {
  const restricting = preference.model === 'blanket-deny' || preference.model === 'dynamic'
  const met = metBy(preference.criteria, facts, !restricting)
  return met ? [{ model: preference.model, ...met, ...aboutAsker(preference.criteria) }] : []
}

function aboutAsker(criteria: Criteria): Partial<ResolvedProvision> {
  const { period, purpose, action, role, actor, study, form, unknown } = criteria
  return {
    ...(period ? { period } : {}),
    ...(purpose ? { purpose } : {}),
    ...(action ? { action } : {}),
    ...(role ? { role } : {}),
    ...(actor ? { actor } : {}),
    ...(study ? { study } : {}),
    ...(form ? { form } : {}),
    ...(unknown ? { unknown } : {}),
  }
}

/**
 * Which resource criteria are met; undefined when one is not. Where it cannot be told (no date, a neighbouring code), a
 * permit is not met and a deny is.
 */
function metBy(criteria: Criteria, facts: ResourceFacts, permit: boolean): { met: MetCriterion[]; labels: string[] } | undefined {
  const met: MetCriterion[] = []
  if (criteria.class) {
    if (!classMet(criteria.class, facts, permit)) return undefined
    met.push('class')
  }
  if (criteria.code) {
    if (!codeMet(criteria.code, facts, permit)) return undefined
    met.push('code')
  }
  if (criteria.dataPeriod) {
    if (!periodMet(criteria.dataPeriod, facts, permit)) return undefined
    met.push('dataPeriod')
  }
  if (criteria.data) {
    if (!dataMet(criteria.data, facts, permit)) return undefined
    met.push('data')
  }
  const labels = criteria.label ? facts.labels.filter((label) => criteria.label?.includes(label)) : []
  if (criteria.label) {
    if (labels.length === 0) return undefined
    met.push('label')
  }
  return { met, labels }
}

/** What stands for others (a Provenance, a Binary): a deny on one of them is enough, a permit must be for all. */
function classMet(named: readonly NamedCode[], facts: ResourceFacts, permit: boolean): boolean {
  const names = (type: string) => named.some((one) => one.code === type)
  const own =
    names(facts.type) ||
    (facts.docType !== '' && names(facts.docType)) ||
    facts.profiles.some(names) ||
    named.some((one) => one.system !== undefined && facts.ownCodes.includes(`${one.system}|${one.code}`))
  if (own || facts.targets.length === 0) return own
  return permit ? facts.targets.every(names) : facts.targets.some(names)
}

const ICD = /icd|2\.16\.156\.10011\.2\.3\.3\.1[12]/i

function codeMet(named: readonly NamedCode[], facts: ResourceFacts, permit: boolean): boolean {
  const codes = permit ? facts.ownCodes : facts.codes
  return named.some((one) => codes.some((coding) => isSameCode(one, coding)))
}

/** Equal, or below it in a hierarchy of ICD codes (I10 covers I10.x00). */
function isSameCode(named: NamedCode, coding: string): boolean {
  const bar = coding.lastIndexOf('|')
  const system = coding.slice(0, bar)
  const code = coding.slice(bar + 1)
  if (named.system !== undefined && named.system !== system) return false
  return code === named.code || (ICD.test(system) && code.startsWith(named.code))
}

/** Who somebody is has no date of its own: hiding a year of a record does not hide that there is a patient. */
const TIMELESS = new Set(['Patient', 'Person', 'RelatedPerson'])

function periodMet(span: Span, { dates, type }: ResourceFacts, permit: boolean): boolean {
  if (dates.length === 0) return !permit && !TIMELESS.has(type)
  const from = span.from ?? Number.NEGATIVE_INFINITY
  const until = span.until ?? Number.POSITIVE_INFINITY
  const start = (date: Span) => date.from ?? Number.NEGATIVE_INFINITY
  const end = (date: Span) => date.until ?? Number.POSITIVE_INFINITY
  return permit
    ? dates.every((date) => start(date) >= from && end(date) <= until)
    : dates.some((date) => start(date) < until && end(date) > from)
}

function dataMet(named: readonly NamedInstance[], facts: ResourceFacts, permit: boolean): boolean {
  const own = `${facts.type}/${facts.id}`
  return named.some((one) => {
    if (one.reference === own || one.reference === facts.id) return true
    return one.related && !permit && facts.references.includes(one.reference)
  })
}

/** Ranks and series become small numbers in a fixed order, so that equal rule sets have equal texts. */
function normalise(rules: ResolvedRule[]): ResolvedRule[] {
  const ranks = [...new Set(rules.flatMap(({ rank, permitRank }) => [rank, permitRank ?? rank]))].sort((a, b) => a - b)
  const ranked = rules.map((rule) => ({
    ...rule,
    rank: ranks.indexOf(rule.rank),
    ...(rule.permitRank === undefined ? {} : { permitRank: ranks.indexOf(rule.permitRank) }),
  }))
  const content = (rule: ResolvedRule) => canonicalJson({ ...rule, series: 0 })
  const sorted = ranked.map((rule) => ({ rule, text: content(rule) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
  const numbers = new Map<number, number>()
  const seen = new Set<string>()
  const alone = (rule: ResolvedRule) => rules.filter((other) => other.series === rule.series).length === 1
  const out: ResolvedRule[] = []
  for (const { rule, text } of sorted) {
    // Two series that say the same at the same time are one.
    if (alone(rule) && seen.has(text)) continue
    if (alone(rule)) seen.add(text)
    const series = numbers.get(rule.series) ?? numbers.size
    numbers.set(rule.series, series)
    out.push({ ...rule, series })
  }
  return out
}
