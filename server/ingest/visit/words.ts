/** What insurance messages said of which numbers are of one visit, and which word counts. Pure. */
import type { PreparedVisit } from '../types.ts'
import type { VisitDoc, VisitWordDoc } from '../tables.ts'

/** Words of one visit; more are an error without end, and the newest count. */
const WORDS_MAX = 20

/** A word, and the record of whom it was said. */
export interface Word extends PreparedVisit {
  patient?: string
}

export const wordsOf = (visits: readonly PreparedVisit[] | undefined, patient: string | undefined): Word[] =>
  (visits ?? []).map((word) => (patient === undefined ? word : { ...word, patient }))

/** The row with further words, each with its newest instant; the same row where none is new. */
export function withWords(row: VisitDoc | undefined, id: string, words: readonly Word[]): VisitDoc | undefined {
  const own = words.filter((word) => word.id === id)
  const known = row?.words ?? []
  const said = new Map(known.map((word) => [nameOf(word), word]))
  for (const { own: visit, by, statedAt: at } of own) {
    const word: VisitWordDoc = { own: visit, by, at }
    const before = said.get(nameOf(word))
    if (!before || before.at < at) said.set(nameOf(word), word)
  }
  const all = [...said.values()].sort(before).slice(0, WORDS_MAX)
  const of = row?.patients ?? []
  const patients = [...new Set([...of, ...own.flatMap(({ patient }) => patient ?? [])])].sort()
  if (JSON.stringify(all) === JSON.stringify(known) && patients.length === of.length) return row
  return { ...(row ?? { _id: id, rev: 0, visit: '', left: [] }), words: all, patients }
}

const nameOf = ({ own, by }: VisitWordDoc): string => `${by}|${own}`

/** The one that counts first: a number of the visit alone before any other, then the newest, then by its text, so that the order of arrival does not matter. */
function before(a: VisitWordDoc, b: VisitWordDoc): number {
  if (a.by !== b.by) return a.by === 'serial' ? -1 : 1
  if (a.at !== b.at) return a.at > b.at ? -1 : 1
  return a.own < b.own ? -1 : 1
}

/** The word that counts. */
export const wordOf = ({ words }: Pick<VisitDoc, 'words'>): VisitWordDoc | undefined => words[0]

/** It stands elsewhere than the word says: it has not been looked at yet, or there is a doubt. */
export const isPending = (row: Pick<VisitDoc, 'words' | 'visit'>): boolean => wordOf(row)?.own !== row.visit

/** One visit of the insurance has two of the hospital's numbers of one kind: it is the error of who sent it. */
export function isContradicted({ words }: Pick<VisitDoc, 'words'>): boolean {
  const [first] = words
  return words.some(({ by, own }) => by === first?.by && own !== first.own)
}
