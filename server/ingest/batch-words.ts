/** What was said of sets of things (batches.ts): every word is kept, since it is their times that count and not what came first. */
import type { BatchDoc, BatchMemberDoc, KeptWord } from './batch-docs.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { retryingConflicts } from './retry.ts'
import type { IngestTables } from './tables.ts'
import type { PreparedBatchWord } from './types.ts'

type Batches = Pick<IngestTables, 'batches'>

/** Once and the same again is one word. */
export async function keepWord(
  { batches }: Batches,
  { batch, statedAt, unknown: _unknown, onArrival: _arrival, ...said }: PreparedBatchWord,
): Promise<void> {
  const kept: KeptWord = { ...said, at: statedAt }
  await retryingConflicts(async () => {
    const known = await batches.get(batch)
    const before = known ? wordsOf(known) : []
    const words = newestOf([...before, kept])
    if (known?.words && words.length === before.length && words.every((word, at) => isSame(word, before[at] as KeptWord)))
      return { done: true }
    if (!known) return (await batches.insert({ _id: batch, rev: 1, ...latestOf(words), words })) ? { done: true } : undefined
    const changed = await batches.setOne({ _id: batch, rev: known.rev }, { ...latestOf(words), words, rev: known.rev + 1 })
    return changed ? { done: true } : undefined
  })
}

/** Rows of before have the latest word of each kind alone. */
export function wordsOf(row: BatchDoc): readonly KeptWord[] {
  if (row.words) return row.words
  const { reversed, settled, released, reversedBy, settledBy, releasedBy, settlement } = row
  const said = (word: KeptWord['word'], at: string, saidBy = ''): KeptWord[] => (at === '' ? [] : [{ word, at, ...(saidBy && { saidBy }) }])
  return [
    ...said('reversed', reversed, reversedBy),
    ...said('settled', settled, settledBy).map((one) => (settlement ? { ...one, settlement } : one)),
    ...said('released', released, releasedBy),
  ]
}

const textOf = ({ at, word, saidBy = '', settlement = '', chargedBefore, ofPerson, tells, unlists, ...asked }: KeptWord): string => {
  const { sum, refunds, before, among } = asked
  const kind = word === 'asked' || word === 'answered' || among !== undefined ? [{ sum, refunds, before, among }] : []
  const more = [ofPerson, tells, unlists].filter((one) => one !== undefined)
  return JSON.stringify([at, word, saidBy, settlement, chargedBefore === true, ...more, ...kind])
}
const isSame = (a: KeptWord, b: KeptWord): boolean => textOf(a) === textOf(b)

/** Whatever came first, the same ones are left where there are too many. */
function newestOf(words: readonly KeptWord[]): KeptWord[] {
  const byText = new Map(words.map((word) => [textOf(word), word]))
  return [...byText]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(-INGEST_BOUNDS.wordsOfBatchMax)
    .map(([, word]) => word)
}

type Latest = Pick<BatchDoc, 'reversed' | 'settled' | 'released' | 'reversedBy' | 'settledBy' | 'releasedBy' | 'settlement'>

const KINDS = ['reversed', 'settled', 'released'] as const

/** The latest of each kind. */
function latestOf(words: readonly KeptWord[]): Latest {
  const of = (kind: KeptWord['word']): KeptWord | undefined => words.findLast(({ word }) => word === kind)
  const [reversed, settled, released] = KINDS.map(of)
  return {
    reversed: reversed?.at ?? '',
    settled: settled?.at ?? '',
    released: released?.at ?? '',
    reversedBy: reversed?.saidBy ?? '',
    settledBy: settled?.saidBy ?? '',
    releasedBy: released?.saidBy ?? '',
    settlement: settled?.settlement ?? '',
  }
}

/** Messages that said the words of these rows. */
export const sayersOf = (rows: readonly BatchDoc[]): string[] => [
  ...new Set(rows.flatMap((row) => wordsOf(row).flatMap(({ saidBy }) => saidBy ?? []))),
]

/** The words of a row without those whose message was taken back. */
export function standingWords(row: BatchDoc | undefined, sayers: ReadonlyMap<string, BatchDoc>): readonly KeptWord[] {
  if (!row) return []
  const isVoid = ({ saidBy = '', at }: KeptWord): boolean => (sayers.get(saidBy)?.reversed ?? '') >= at
  return wordsOf(row).filter((word) => !word.saidBy || !isVoid(word))
}

/** Whether it is about whoever has the number of a set that is given to several; who names nobody means them all. */
export const isAbout = ({ ofPerson }: KeptWord, other: Pick<BatchMemberDoc | KeptWord, 'ofPerson'>): boolean =>
  ofPerson === undefined || other.ofPerson === undefined || ofPerson === other.ofPerson

/** By how much the clock of who asks may be before that of who answers. */
export const CLOCKS_APART_MS = 5 * 60_000

/**
 * What was told of a thing in the set: of elements the newest word that is no younger than the thing itself, so that it is of what led to it; of
 * members of lists all, since each is compared with what was said of that member.
 */
export function toldBy(row: BatchDoc, { statedAt = '' }: BatchMemberDoc): KeptWord[] {
  const told = wordsOf(row).filter(({ word }) => word === 'told')
  const isOfIt = ({ at, tells }: KeptWord): boolean => tells !== undefined && Date.parse(at) <= Date.parse(statedAt) + CLOCKS_APART_MS
  return [...told.filter(({ unlists }) => unlists !== undefined), ...told.filter(isOfIt).slice(-1)]
}

/** When a set was taken back last; empty: never. */
export const reversedLast = (words: readonly KeptWord[]): string => words.findLast(({ word }) => word === 'reversed')?.at ?? ''
