/**
 * Contents of a document that its source took back. Who cancels a document sends none of them and does not say which there were (HL7 v2.4, chapter 9,
 * T11; MIIS 4506 with `vali_flag` 0): the bytes that it named are void with it, whichever of the two came first.
 */
import { bySpeaker } from './statement.ts'
import type { Statement } from './types.ts'

export interface VoidedContent {
  /** of the Binary */
  id: string
  /** of the source that took the document back */
  statement: Statement
}

/** @param statements of a DocumentReference */
export const voidedBy = (statements: readonly Statement[]): VoidedContent[] =>
  bySpeaker(statements).flatMap(({ source, kind, organization, state, patient, units: { content } }) => {
    const named = content?.members.content
    if (!state.withdrawn || named === undefined) return []
    const statement: Statement = { source, kind, organization, state, ...(patient && { patient }), units: {}, lists: {} }
    return [...new Set(binariesIn(named))].map((id) => ({ id, statement }))
  })

/** Whether the source's own word of the bytes stands, and was said before it took the document back. */
export const standsYet = ({ statement: { source, state } }: VoidedContent, known: readonly Statement[]): boolean =>
  bySpeaker(known).some((one) => one.source === source && one.state.at < state.at)

const BINARY = /^Binary\/([A-Za-z0-9.-]{1,64})$/

function binariesIn(text: string): string[] {
  const contents = JSON.parse(text) as { attachment?: { url?: unknown } }[]
  return contents.flatMap(({ attachment }) => (typeof attachment?.url === 'string' ? (BINARY.exec(attachment.url)?.[1] ?? []) : []))
}
