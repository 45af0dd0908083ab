/**
 * Statements as they are kept, those of one thing or of several. Every element carries the stamp of what said it, mostly the same one, which
 * is longer than many elements: here each stamp stands once and elements name its place.
 */
import { quoted } from '../texts.ts'
import type { ListEntry, Statement, Unit } from './types.ts'

/** Place of a stamp in the list of stamps. */
type Place = number

interface KeptStatement {
  source: string
  via?: string
  verdict?: string
  kind: Statement['kind']
  organization: string
  /** place of the thing that it is about; absent: the first */
  of?: number
  state: [Place, withdrawn: 0 | 1]
  patient?: [Place, id: string]
  units: Record<string, [Place, members: Record<string, string>]>
  lists: Record<string, Record<string, [at: Place, first: Place, items: string[]]>>
}

interface Kept {
  stamps: string[]
  statements: KeptStatement[]
}

/** Of one thing. */
export const keptText = (statements: readonly Statement[]): string => keptTextOf([statements])

/** Of several things, each by its place. */
export function keptTextOf(things: readonly (readonly Statement[])[]): string {
  const places = new Map<string, Place>()
  const placeOf = (stamp: string): Place => {
    const known = places.get(stamp)
    if (known !== undefined) return known
    places.set(stamp, places.size)
    return places.size - 1
  }
  const said = things.flatMap((statements, of) => statements.map((statement) => statementText(statement, of, placeOf)))
  return `{"stamps":${JSON.stringify([...places.keys()])},"statements":[${said.join(',')}]}`
}

/** JSON text of a KeptStatement, made at once: objects to be printed would cost as much again. */
function statementText(
  { source, via, verdict, kind, organization, state, patient, units, lists }: Statement,
  of: number,
  placeOf: (stamp: string) => Place,
): string {
  let text = `{"source":${quoted(source)}`
  if (via !== undefined) text += `,"via":${JSON.stringify(via)}`
  if (verdict !== undefined) text += `,"verdict":${JSON.stringify(verdict)}`
  text += `,"kind":${quoted(kind)},"organization":${quoted(organization)}`
  if (of > 0) text += `,"of":${of}`
  text += `,"state":[${placeOf(state.at)},${state.withdrawn ? 1 : 0}]`
  if (patient) text += `,"patient":[${placeOf(patient.at)},${JSON.stringify(patient.id)}]`
  const unitText = ({ at, members }: Unit): string => `[${placeOf(at)},${objectText(members, quoted, (member) => JSON.stringify(member))}]`
  const entryText = ({ at, first, items }: ListEntry): string => `[${placeOf(at)},${placeOf(first)},${JSON.stringify(items)}]`
  // What makes a member the same one is made of what sources say, and comes but once.
  const listText = (entries: Record<string, ListEntry>): string => objectText(entries, (key) => JSON.stringify(key), entryText)
  return `${text},"units":${objectText(units, quoted, unitText)},"lists":${objectText(lists, quoted, listText)}}`
}

function objectText<T>(of: Record<string, T>, nameText: (name: string) => string, textOf: (value: T) => string): string {
  let text = ''
  for (const name of Object.keys(of)) text += `${text === '' ? '' : ','}${nameText(name)}:${textOf(of[name] as T)}`
  return `{${text}}`
}

export const statementsIn = (text: string): Statement[] => statementsOfEach(text, 1)[0] as Statement[]

/**
 * Of so many things, each by its place. Reads also what was kept before stamps stood apart: a list of statements in full, of one thing.
 */
export function statementsOfEach(text: string, count: number): Statement[][] {
  const things = Array.from({ length: count }, (): Statement[] => [])
  const read = JSON.parse(text) as Kept | Statement[]
  const said = Array.isArray(read) ? read.map((statement) => [0, statement] as const) : inFull(read)
  for (const [of, statement] of said) {
    const thing = things[of]
    if (!thing) throw new TypeError('kept statements of a thing that is not named')
    thing.push(statement)
  }
  return things
}

function inFull({ stamps, statements }: Kept): [of: number, Statement][] {
  const stamp = (at: Place): string => {
    const found = stamps[at]
    if (found === undefined) throw new TypeError('kept statements without their stamp')
    return found
  }
  return statements.map(({ source, via, verdict, kind, organization, of = 0, state, patient, units, lists }) => [
    of,
    {
      source,
      ...(via !== undefined && { via }),
      ...(verdict !== undefined && { verdict }),
      kind,
      organization,
      state: { at: stamp(state[0]), withdrawn: state[1] === 1 },
      ...(patient && { patient: { at: stamp(patient[0]), id: patient[1] } }),
      units: mapped(units, ([at, members]) => ({ at: stamp(at), members })),
      lists: mapped(lists, (entries) => mapped(entries, ([at, first, items]) => ({ at: stamp(at), first: stamp(first), items }))),
    },
  ])
}

const mapped = <A, B>(of: Record<string, A>, each: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, each(value)]))
