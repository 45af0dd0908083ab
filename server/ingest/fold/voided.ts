/**
 * Contents of a document that its source took back. Who cancels a document sends none of them and does not say which there were (HL7 v2.4, chapter 9,
 * T11; MIIS 4506 with `vali_flag` 0): the bytes that it named are void with it, whichever of the two came first. So are the results of a report that was
 * taken back without naming any of them (HL7 v2.4, OBR-25 D, W or X without an OBX): who names some means these.
 */
import { bySpeaker, WITH_RESULTS } from './statement.ts'
import type { Statement } from './types.ts'

export interface Voided {
  type: 'Binary' | 'Observation'
  id: string
  /** of the source that took the document back */
  statement: Statement
}

/** @param statements of one resource of this type */
export const voidedBy = (type: string, statements: readonly Statement[]): Voided[] =>
  type === 'DocumentReference' ? contentsOf(statements) : type === 'DiagnosticReport' ? resultsOf(statements) : []

const voidWith = ({ source, kind, organization, patient }: Statement, state: Statement['state']): Statement => ({
  ...{ source, kind, organization, state },
  ...(patient && { patient }),
  ...{ units: {}, lists: {} },
})

/** All that was said before then, whatever was said of the report since. Each patient's own, where a number was used again. */
const resultsOf = (statements: readonly Statement[]): Voided[] =>
  statements.flatMap((said) => {
    const at = said.units[WITH_RESULTS]?.at
    if (at === undefined) return []
    const named = Object.values(said.lists.result ?? {}).flatMap(({ items }) => items.flatMap((text) => RESULT.exec(text)?.[1] ?? []))
    return [...new Set(named)].map((id) => ({ type: 'Observation' as const, id, statement: voidWith(said, { at, withdrawn: true }) }))
  })

const contentsOf = (statements: readonly Statement[]): Voided[] =>
  bySpeaker(statements).flatMap((said) => {
    const named = said.units.content?.members.content
    if (!said.state.withdrawn || named === undefined) return []
    return [...new Set(binariesIn(named))].map((id) => ({ type: 'Binary' as const, id, statement: voidWith(said, said.state) }))
  })

/** Whether the source's own word of them stands, and was said before it took the document or report back. */
export const standsYet = ({ statement: { source, state } }: Voided, known: readonly Statement[]): boolean =>
  bySpeaker(known).some((one) => one.source === source && one.state.at < state.at)

const RESULT = /"Observation\/([A-Za-z0-9.-]{1,64})"/
const BINARY = /^Binary\/([A-Za-z0-9.-]{1,64})$/

function binariesIn(text: string): string[] {
  const contents = JSON.parse(text) as { attachment?: { url?: unknown } }[]
  return contents.flatMap(({ attachment }) => (typeof attachment?.url === 'string' ? (BINARY.exec(attachment.url)?.[1] ?? []) : []))
}
