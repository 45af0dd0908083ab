/**
 * Which records under one identity number are one person. A pure function of all that was stated, so that the order in
 * which it was stated does not matter, and a link that turns out wrong is undone by the statement that shows it, unless it
 * carries consents (docs/decisions/0007).
 */
import type { SourceKind } from '../../../mappings/engine/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { compareNames, distinctNames } from './name.ts'

/** A value with the time at which it was said, so that the newest counts. */
export interface Said {
  at: string
  value: string
}

export type IdentityField = 'name' | 'gender' | 'birthDate'

/** What one patient record says of the person under the number. */
export interface IdentityStatement {
  patient: string
  kind: SourceKind
  /** identity domain, `kind:organization`: two statements of one organisation count once */
  domain: string
  said: Partial<Record<IdentityField, Said>>
}

export type Refusal = 'placeholder' | 'contradicts-number' | 'contradicts-others' | 'joined-otherwise'

export interface LinkDecision {
  linked: string[]
  refused: { patient: string; reason: Refusal }[]
  /** linked although what is said now speaks against it: a clerk decides */
  doubted: { patient: string; reason: Refusal }[]
}

/** What the number itself says (GB 11643). */
export interface NumberFacts {
  birthDate?: string
  gender?: string
}

const NONE: ReadonlySet<string> = new Set()

/**
 * @param held records whose link is not dissolved by others' word, since it carries consents or an operator joined them: nobody is
 * linked against them
 * @param elsewhere records that an operator joined to somebody of another number
 */
export function decideLinks(
  statements: readonly IdentityStatement[],
  facts: NumberFacts,
  held: ReadonlySet<string> = NONE,
  elsewhere: ReadonlySet<string> = NONE,
): LinkDecision {
  const against = refusals(statements, facts)
  for (const { patient } of statements) if (elsewhere.has(patient)) against.set(patient, 'joined-otherwise')
  const isHeld = statements.filter((s) => held.has(s.patient))
  for (const s of statements) {
    if (!against.has(s.patient) && !held.has(s.patient) && isHeld.some((one) => contradict(one, s)))
      against.set(s.patient, 'contradicts-others')
  }
  const listed = [...against].map(([patient, reason]) => ({ patient, reason })).sort((a, b) => (a.patient < b.patient ? -1 : 1))
  return {
    linked: statements.flatMap((s) => (against.has(s.patient) && !held.has(s.patient) ? [] : [s.patient])).sort(),
    refused: listed.filter(({ patient }) => !held.has(patient)),
    doubted: listed.filter(({ patient }) => held.has(patient)),
  }
}

function refusals(statements: readonly IdentityStatement[], facts: NumberFacts): Map<string, Refusal> {
  const refused = new Map<string, Refusal>()
  const voices = Map.groupBy(statements, organizationOf)
  for (const own of voices.values()) if (isPlaceholder(own)) for (const { patient } of own) refused.set(patient, 'placeholder')
  if (areTooMany(namesOf(voices), statements)) for (const { patient } of statements) refused.set(patient, 'placeholder')
  for (const s of statements) if (!refused.has(s.patient) && disagreements(s, facts) === 2) refused.set(s.patient, 'contradicts-number')
  const left = statements.filter((s) => !refused.has(s.patient))
  for (const patient of outvoted(left, facts)) refused.set(patient, 'contradicts-others')
  return refused
}

/** The same organisation speaks as a source and over REST. */
export const organizationOf = ({ domain }: IdentityStatement): string => domain.slice(domain.indexOf(':') + 1)

/** A number under which an organisation finds ever new names is nobody's: its own, or one typed to get on (formats.md D10). */
function isPlaceholder(own: readonly IdentityStatement[]): boolean {
  return own.length > INGEST_BOUNDS.recordsUnderNumberMax || areTooMany(distinctNames(own.map(nameOf)), own)
}

function areTooMany(names: readonly string[], statements: readonly IdentityStatement[]): boolean {
  const births = new Set(statements.flatMap((s) => s.said.birthDate?.value ?? []))
  return Math.min(names.length, Math.max(births.size, unlike(names))) > INGEST_BOUNDS.namesUnderNumberMax
}

const nameOf = (s: IdentityStatement): string | undefined => s.said.name?.value

/** Names under the number; those that one organisation alone says count once, however many. */
function namesOf(voices: ReadonlyMap<string, readonly IdentityStatement[]>): string[] {
  const names = new Map([...voices].map(([organization, own]) => [organization, distinctNames(own.map(nameOf))]))
  return distinctNames(
    [...names].flatMap(([organization, own]) => {
      const shared = own.filter((name) => [...names].some(([other, theirs]) => other !== organization && theirs.includes(name)))
      const alone = own.filter((name) => !shared.includes(name)).sort()
      return [...shared, ...alone.slice(0, 1)]
    }),
  )
}

/** How many of the names are unlike all those before. */
function unlike(names: readonly string[]): number {
  const kept: string[] = []
  for (const name of [...names].sort()) if (kept.every((known) => compareNames(known, name) === 'different')) kept.push(name)
  return kept.length
}

/** 0 to 2: sex and birth date that differ from those in the number. */
function disagreements(s: IdentityStatement, facts: NumberFacts): number {
  return Number(differs(s.said.gender?.value, facts.gender, ['male', 'female'])) + Number(differs(s.said.birthDate?.value, facts.birthDate))
}

function differs(a: string | undefined, b: string | undefined, among?: string[]): boolean {
  if (a === undefined || b === undefined || (among && (!among.includes(a) || !among.includes(b)))) return false
  const length = Math.min(a.length, b.length)
  return a.slice(0, length) !== b.slice(0, length)
}

/** Two persons: names of which nothing agrees, or slightly different names and another sex or birth date. */
function contradict(a: IdentityStatement, b: IdentityStatement): boolean {
  const names = compareNames(a.said.name?.value, b.said.name?.value)
  if (names === 'different') return true
  return (
    names === 'slight' &&
    (differs(a.said.gender?.value, b.said.gender?.value, ['male', 'female']) || differs(a.said.birthDate?.value, b.said.birthDate?.value))
  )
}

/**
 * Of records that contradict each other those with less support: fewer organisations that agree, however often each says
 * it; then an organisation that contradicts itself; then what the number says.
 */
function outvoted(statements: readonly IdentityStatement[], facts: NumberFacts): string[] {
  const weigh = (s: IdentityStatement): [number, number, number] => {
    const agreeing = statements.filter((other) => !contradict(s, other))
    const wavers = statements.some((other) => organizationOf(other) === organizationOf(s) && contradict(s, other))
    return [new Set(agreeing.map(organizationOf)).size, wavers ? 0 : 1, -disagreements(s, facts)]
  }
  const weights = new Map(statements.map((s) => [s, weigh(s)]))
  const heavier = (a: IdentityStatement, b: IdentityStatement): boolean => {
    const [x, y] = [weights.get(a) ?? [], weights.get(b) ?? []]
    const at = x.findIndex((weight, index) => weight !== y[index])
    return at >= 0 && (x[at] ?? 0) > (y[at] ?? 0)
  }
  // Where nobody can say who is right neither is linked: a clerk decides.
  return statements.filter((s) => statements.some((other) => contradict(s, other) && !heavier(s, other))).map((s) => s.patient)
}

/** Both statements of one record in one; each field's newest word counts. */
export function joinIdentity(a: IdentityStatement, b: IdentityStatement): IdentityStatement {
  const said: IdentityStatement['said'] = { ...a.said }
  for (const [field, value] of Object.entries(b.said) as [IdentityField, Said][]) {
    const known = said[field]
    if (!known || value.at > known.at || (value.at === known.at && value.value > known.value)) said[field] = value
  }
  return { ...a, said }
}
