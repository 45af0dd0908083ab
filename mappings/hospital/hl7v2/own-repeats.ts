/**
 * Segments that a message has several of, written by a hospital as Z segments of its own (a ZDG for each diagnosis): each is one more segment of the
 * standard's, at its place, which its fields are moved into (own-fields.ts).
 */
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'

/** Those of which each says something by itself, whatever stands around it. */
export const LISTED: readonly string[] = ['DG1', 'AL1']

export const isListedMove = (from: string, to: string): boolean => from.startsWith('Z') && LISTED.includes(to)

/** A segment of the hospital's, and the one of the standard's that it is read as. */
export type Made = readonly [source: Segment, target: Segment]

/** @param moves names of segments, of the hospital's and of the standard's */
export function madeFor({ segments }: Hl7Record, moves: readonly { from: string; to: string }[]): Made[] {
  const targets = Map.groupBy(
    moves.filter(({ from, to }) => isListedMove(from, to)),
    ({ from }) => from,
  )
  return segments.flatMap((source) => {
    const names = new Set(targets.get(source.name)?.map(({ to }) => to))
    return [...names].map((name): Made => [source, emptySegment(name)])
  })
}

const nothing = (): string => ''
const none = (): number => 0

const emptySegment = (name: string): Segment => ({
  name,
  occurrence: 1,
  fields: 0,
  repetitions: none,
  raw: nothing,
  whole: nothing,
  text: nothing,
  components: none,
  subcomponents: none,
})

/** The segments with those that were made, each behind its own, and counted anew. @param contentOf the segment with what was moved into it */
export function withMade(segments: readonly Segment[], made: readonly Made[], contentOf: (segment: Segment) => Segment): Segment[] {
  const bySource = Map.groupBy(made, ([source]) => source)
  const counts = new Map<string, number>()
  const counted = (segment: Segment): Segment => {
    if (!LISTED.includes(segment.name)) return segment
    const occurrence = (counts.get(segment.name) ?? 0) + 1
    counts.set(segment.name, occurrence)
    return { ...segment, occurrence }
  }
  return segments.flatMap((segment) => {
    // One into which nothing was moved says nothing.
    const more = (bySource.get(segment) ?? []).map(([, target]) => contentOf(target)).filter(({ fields }) => fields > 0)
    return [contentOf(segment), ...more].map(counted)
  })
}
