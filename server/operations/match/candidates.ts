/** Whom to compare with: Patients that the asker may see and that agree in something, each kind of agreement asked for by itself. */
import type { Decision } from '../../access/decision.ts'
import type { FhirDeps } from '../../interactions/types.ts'
import type { Stored } from '../../store/types.ts'
import { type Facts, ID_CARD } from './facts.ts'

/** Of one kind: more agree only where it says little, and what agrees in more is found by another. */
const OF_A_KIND_MAX = 200
const VALUES_MAX = 20
const VALUE_CHARACTERS_MAX = 250

type Query = [name: string, value: string][]

/** At most OF_A_KIND_MAX of each kind, each Patient once. */
export async function findCandidates(deps: FhirDeps, decision: Decision, facts: Facts): Promise<Stored[]> {
  const options = { strict: true, countDefault: OF_A_KIND_MAX, countMax: OF_A_KIND_MAX }
  const pages = await Promise.all(
    queriesOf(facts).map((query) => {
      const { plan } = deps.search.parse('Patient', query, options)
      return deps.store.search(decision, { type: 'Patient', plan, sort: [], count: OF_A_KIND_MAX, total: 'none' })
    }),
  )
  const found = new Map(pages.flatMap(({ rows }) => rows).map((row) => [row.id, row]))
  return [...found.values()]
}

export function queriesOf({ identityNumbers, identifiers, names, sounds, birthDate, gender, phones }: Facts): Query[] {
  const numbers = [...[...identityNumbers].map((number) => `${ID_CARD}|${number}`), ...identifiers].map(tokenOf)
  const called = [...names, ...sounds].map(escaped)
  const day = birthDate === undefined ? [] : ([['birthdate', birthDate]] as Query)
  const queries: Query[] = []
  const add = (name: string, values: readonly string[], more: Query = []) => {
    const usable = values.filter((value) => value.length <= VALUE_CHARACTERS_MAX).slice(0, VALUES_MAX)
    if (usable.length > 0) queries.push([[name, usable.join(',')], ...more])
  }
  add('identifier', numbers)
  add(
    'phone',
    [...phones].flatMap((phone) => [phone, `+86${phone}`, `86${phone}`]),
  )
  // A common name alone is shared by more than are looked at: those of the same day come first.
  if (day.length > 0) add('name', called, day)
  if (day.length > 0 && gender) queries.push([...day, ['gender', gender]])
  else if (day.length > 0) queries.push(day)
  add('name', called)
  return queries
}

const escaped = (value: string): string => value.replace(/[\\,|$]/g, '\\$&')
/** The bar between system and value stays one. */
const tokenOf = (token: string): string => {
  const bar = token.indexOf('|')
  return `${escaped(token.slice(0, bar))}|${escaped(token.slice(bar + 1))}`
}
