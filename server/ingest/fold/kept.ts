/**
 * Statements as they are kept. Every element carries the stamp of what said it, mostly the same one, which is longer than many elements:
 * here each stamp stands once and elements name its place.
 */
import type { Statement } from './types.ts'

/** Place of a stamp in the list of stamps. */
type Place = number

interface KeptStatement {
  source: string
  kind: Statement['kind']
  organization: string
  state: [Place, withdrawn: 0 | 1]
  patient?: [Place, id: string]
  units: Record<string, [Place, members: Record<string, string>]>
  lists: Record<string, Record<string, [at: Place, first: Place, items: string[]]>>
}

interface Kept {
  stamps: string[]
  statements: KeptStatement[]
}

export function keptText(statements: readonly Statement[]): string {
  const places = new Map<string, Place>()
  const placeOf = (stamp: string): Place => {
    const known = places.get(stamp)
    if (known !== undefined) return known
    places.set(stamp, places.size)
    return places.size - 1
  }
  const kept = statements.map(
    ({ source, kind, organization, state, patient, units, lists }): KeptStatement => ({
      source,
      kind,
      organization,
      state: [placeOf(state.at), state.withdrawn ? 1 : 0],
      ...(patient && { patient: [placeOf(patient.at), patient.id] }),
      units: mapped(units, ({ at, members }) => [placeOf(at), members]),
      lists: mapped(lists, (entries) => mapped(entries, ({ at, first, items }) => [placeOf(at), placeOf(first), items])),
    }),
  )
  return JSON.stringify({ stamps: [...places.keys()], statements: kept } satisfies Kept)
}

/** Reads also what was kept before stamps stood apart: a list of statements in full. */
export function statementsIn(text: string): Statement[] {
  const read = JSON.parse(text) as Kept | Statement[]
  if (Array.isArray(read)) return read
  const stamp = (at: Place): string => {
    const found = read.stamps[at]
    if (found === undefined) throw new TypeError('kept statements without their stamp')
    return found
  }
  return read.statements.map(({ source, kind, organization, state, patient, units, lists }) => ({
    source,
    kind,
    organization,
    state: { at: stamp(state[0]), withdrawn: state[1] === 1 },
    ...(patient && { patient: { at: stamp(patient[0]), id: patient[1] } }),
    units: mapped(units, ([at, members]) => ({ at: stamp(at), members })),
    lists: mapped(lists, (entries) => mapped(entries, ([at, first, items]) => ({ at: stamp(at), first: stamp(first), items }))),
  }))
}

const mapped = <A, B>(of: Record<string, A>, each: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, each(value)]))
