/**
 * Which records under one identity number are one person. A pure function of all that was stated, so that the order in
 * which it was stated does not matter, and a link that turns out wrong is undone by the statement that shows it.
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
  /** identity domain: two statements of one domain count once */
  domain: string
  said: Partial<Record<IdentityField, Said>>
}

export type Refusal = 'placeholder' | 'contradicts-number' | 'contradicts-others'

export interface LinkDecision {
  linked: string[]
  refused: { patient: string; reason: Refusal }[]
}

/** What the number itself says (GB 11643). */
export interface NumberFacts {
  birthDate?: string
  gender?: string
}

export function decideLinks(statements: readonly IdentityStatement[], facts: NumberFacts): LinkDecision {
  if (isPlaceholder(statements)) return { linked: [], refused: statements.map(({ patient }) => ({ patient, reason: 'placeholder' })) }
  const refused = new Map<string, Refusal>()
  for (const s of statements) if (disagreements(s, facts) === 2) refused.set(s.patient, 'contradicts-number')
  const left = statements.filter((s) => !refused.has(s.patient))
  for (const patient of outvoted(left, facts)) refused.set(patient, 'contradicts-others')
  return {
    linked: statements.flatMap((s) => (refused.has(s.patient) ? [] : [s.patient])).sort(),
    refused: [...refused].map(([patient, reason]) => ({ patient, reason })).sort((a, b) => (a.patient < b.patient ? -1 : 1)),
  }
}

/** A number under which ever new names appear is nobody's: the hospital's own, or one typed to get on (formats.md D10). */
function isPlaceholder(statements: readonly IdentityStatement[]): boolean {
  if (statements.length > INGEST_BOUNDS.recordsUnderNumberMax) return true
  const births = new Set(statements.flatMap((s) => s.said.birthDate?.value ?? []))
  const names = distinctNames(statements.map((s) => s.said.name?.value))
  return Math.min(names.length, Math.max(births.size, unlike(names))) > INGEST_BOUNDS.namesUnderNumberMax
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

/** Of records that contradict each other those with less support: fewer domains that agree, then what the number says. */
function outvoted(statements: readonly IdentityStatement[], facts: NumberFacts): string[] {
  const support = (s: IdentityStatement): number => new Set(statements.filter((o) => !contradict(s, o)).map((o) => o.domain)).size
  return statements
    .filter((s) =>
      statements.some((other) => {
        if (!contradict(s, other)) return false
        const more = support(other) - support(s) || disagreements(s, facts) - disagreements(other, facts)
        // Nobody can say who is right: neither is linked, a clerk decides.
        return more >= 0
      }),
    )
    .map((s) => s.patient)
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
