/** Lines of a site's own tables (server/ingest/site-files.ts), as far as what is wrong with them is said by their number. */
export interface TableLine {
  /** in its file, from 1; the header is the first. Absent: it stands right behind the one before it */
  line?: number
}

/** @param at place in the list, from 0 */
export const lineOf = ({ line }: TableLine, at: number): number => line ?? at + 2

/** For each line the first one of the same name before it; undefined: there is none. */
export function repeatedLines(lines: readonly TableLine[], names: readonly string[]): (number | undefined)[] {
  const seen = new Map<string, number>()
  return lines.map((one, at) => {
    const name = names[at] as string
    const first = seen.get(name)
    if (first === undefined) seen.set(name, lineOf(one, at))
    return first
  })
}
