/**
 * Records that an operator joined to one person (docs/decisions/0015). Each stays a part of its own: what is refused by any of
 * them holds for all, what is permitted holds for the part that the Consent names. Pure.
 */
import type { Zone } from '../fhir/zone.ts'
import type { ConsentRule } from './consent-model.ts'
import { refusing } from './parting.ts'
import { effectiveRules } from './person-rules.ts'
import type { KeptConsent, PersonDoc } from './tables.ts'

/** Patients of one person to their parts; what a number links is all of the part that bears the person's own key. */
export type Parts = ReadonlyMap<string, string>

export const partOf = (row: Pick<PersonDoc, 'person' | 'part'> | undefined, patient: string): string => row?.part ?? row?.person ?? patient

/** `rows`: the linked patients of the person. Undefined: all is one part. */
export function partsOf(person: string, rows: readonly PersonDoc[]): Parts | undefined {
  if (!rows.some(({ part }) => part !== undefined)) return undefined
  return new Map([[person, person], ...rows.map((row): [string, string] => [row._id, partOf(row, row._id)])])
}

/** Rules of each part beside each other, each marked with its part; series of different parts have different numbers. */
export function rulesInParts(
  consents: readonly KeptConsent[],
  parts: Parts,
  { birthDate, now, zone }: { birthDate: string | null; now: number; zone: Zone },
): ConsentRule[] {
  const all: ConsentRule[] = []
  for (const part of [...new Set(parts.values())].sort()) {
    const first = all.reduce((most, { series }) => Math.max(most, series + 1), 0)
    const rules = effectiveRules(consentsOf(part, consents, parts, now), birthDate, now, zone)
    all.push(...rules.map((rule) => ({ ...rule, series: first + rule.series, part })))
  }
  return all
}

/** Own consents, and what others refuse. Of a record that is no longer of this person only what it refuses is left. */
function consentsOf(part: string, all: readonly KeptConsent[], parts: Parts, now: number): KeptConsent[] {
  const partsOfAll = Map.groupBy(all, ({ patient }) => parts.get(patient) ?? '')
  const own = partsOfAll.get(part) ?? []
  const others = [...partsOfAll].filter(([other]) => other !== part)
  const foreign = others.flatMap(([, consents]) => consents)
  return [
    ...own.map((consent) => (isTakenBack(consent, foreign) ? withoutPermit(consent) : consent)),
    ...others.flatMap(([other, consents]) => [...refusing(consents, now)].map((consent) => inSeriesOf(other, withoutPermit(consent)))),
  ]
}

/** Another part's newer word in the same series takes a permit away as well, but never a refusal. */
function isTakenBack({ version }: KeptConsent, foreign: readonly KeptConsent[]): boolean {
  return foreign.some(({ version: other }) => other.series === version.series && other.at >= version.at && !isPlainPermit(other))
}

const SAYS_NOTHING = new Set(['draft', 'entered-in-error'])

const isPlainPermit = ({ status, rule }: KeptConsent['version']): boolean =>
  SAYS_NOTHING.has(status) || (status === 'active' && rule.silent !== true && rule.root?.effect === 'permit')

const withoutPermit = (consent: KeptConsent): KeptConsent => ({
  ...consent,
  version: { ...consent.version, rule: { ...consent.version.rule, noPermit: true } },
})

/** A series that two records happen to share is one in each: the newer word of one does not end the other's refusal. */
const inSeriesOf = (part: string, consent: KeptConsent): KeptConsent => ({
  ...consent,
  version: { ...consent.version, series: `${part}|${consent.version.series}` },
})

/**
 * The rules that hold for a document, one list for each of the parts that it is about: all of them must permit. `parts` absent:
 * it is not known which, and then it is every one.
 */
export function rulesFor(rules: readonly ConsentRule[], person: string, parts: ReadonlySet<string> | undefined): readonly ConsentRule[][] {
  const marked = new Set(rules.flatMap(({ part }) => part ?? []))
  const wanted = parts ?? new Set([person, ...marked])
  if (marked.size === 0 && [...wanted].every((part) => part === person)) return [rules as ConsentRule[]]
  return [...wanted].map((part) => {
    const own = rules.filter((rule) => rule.part === part)
    if (own.length > 0) return own.map(unmarked)
    // Not made for this part (it has just come): nothing that is said for others permits anything here.
    if (marked.size === 0 && part === person) return [...rules]
    return rules.map((rule) => ({ ...unmarked(rule), noPermit: true as const }))
  })
}

const unmarked = ({ part: _, ...rule }: ConsentRule): ConsentRule => rule
