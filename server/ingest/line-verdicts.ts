/**
 * Whether what stands in a set and in wider ones (a charge line: its batch, the visit) is taken back, and whether it is paid for. A word about a wider set
 * leaves alone what was paid for by then, so that a word which comes late (a settlement behind the reversal that it withstands) may turn what was said to
 * be void. What is said of the thing for that reason is therefore a verdict: of two, the one counts that knows more (Statement.verdict).
 */
import type { BatchDoc, BatchMemberDoc, KeptWord } from './batch-docs.ts'
import { isAbout, sayersOf, standingWords, wordsOf } from './batch-words.ts'
import { requestsOf } from './exchanges.ts'
import { knownOf } from './fold/rows.ts'
import { instantOf, saidAt, type Statement } from './fold/types.ts'
import type { IngestTables } from './tables.ts'

export interface Verdict {
  member: BatchMemberDoc
  /** when it was taken back last; empty: it stands */
  reversed: string
  /** a settlement pays for it (R4 ChargeItem.status) */
  billed: boolean
  /** elements that it has for that reason: with references as they are kept */
  tells?: Readonly<Record<string, unknown>>
  /** of what was known: text that sorts */
  version: string
}

/** What is to be said of some things, and what it follows from: revisions by the ids of rows. */
export interface Judgement {
  verdicts: Verdict[]
  from: ReadonlyMap<string, number>
}

/**
 * Verdicts of those of whose sets somebody ever said that they are taken back, and of charges in a set that was ever paid for; of the others none is needed,
 * nor of what is said already. Read in this order, and by everybody behind his own commit: the last one to commit has seen all, and nobody's version goes
 * before his. Since he says nothing where it is said already, whoever said something looks once more whether others had their word meanwhile (haveMoved).
 */
export async function verdictsOf(tables: IngestTables, members: readonly BatchMemberDoc[]): Promise<Judgement> {
  const from = new Map<string, number>()
  const rowsOf = async (ids: readonly string[]): Promise<Map<string, BatchDoc>> => {
    const rows = await rowsById(tables, ids)
    for (const id of ids) from.set(id, rows.get(id)?.rev ?? 0)
    return rows
  }
  const sets = await rowsOf(members.flatMap(({ batches }) => batches))
  const isSpokenOf = ({ type, batches }: BatchMemberDoc): boolean =>
    batches.some((id) => sets.get(id)?.reversed || (type === 'ChargeItem' && sets.get(id)?.settled))
  const touched = members.filter(isSpokenOf)
  if (touched.length === 0) return { verdicts: [], from }
  const exchanges = await rowsOf([...sets.values()].flatMap(exchangesOf))
  const settlements = await rowsOf([...sets.values(), ...exchanges.values()].flatMap(settlementsOf))
  const sayers = await rowsOf(sayersOf([...sets.values(), ...settlements.values(), ...exchanges.values()]))
  const requests = new Map([...exchanges].map(([id, row]) => [id, requestsOf(wordsOf(row))]))
  const known = await knownOf(
    tables,
    touched.map(({ type, id }) => `${type}/${id}`),
  )
  const undone = new Map([...settlements].map(([id, row]) => [id, standingWords(row, sayers).filter(({ word }) => word === 'reversed')]))
  for (const found of requests.values())
    for (const [settlement, request] of found) undone.set(settlement, [...(undone.get(settlement) ?? []), ...askedBack(request, sayers)])
  const verdicts = touched.flatMap((member): Verdict[] => {
    const statements = known.get(`${member.type}/${member.id}`)?.statements ?? []
    const charged = saidAt(statements)
    if (charged === '') return []
    const rows = member.batches.map((id) => sets.get(id))
    const words = rows.map((row) => standingWords(row, sayers).map((word) => withSettlement(word, requests)))
    const reversed = takenBackAt(charged, words, undone)
    const billed = member.type === 'ChargeItem' && isPaidFor(charged, words, undone)
    if (statements.some((said) => isSaid(said, charged, reversed, billed))) return []
    const named = rows.flatMap((row) => row ?? [])
    const asking = [...new Set(named.flatMap(exchangesOf))].flatMap((id) => exchanges.get(id) ?? [])
    const paying = [...new Set([...named, ...asking].flatMap(settlementsOf))].flatMap((id) => settlements.get(id) ?? [])
    const saying = sayersOf([...named, ...asking, ...paying]).flatMap((id) => sayers.get(id) ?? [])
    const version = [...rows.map((row) => row?.rev ?? 0), ...[asking, paying, saying].map(revisions)]
    return [{ member, reversed, billed, version: [charged, ...version.map((rev) => String(rev).padStart(REV_DIGITS, '0'))].join('|') }]
  })
  return { verdicts, from }
}

/** Whether the rows from which something followed say something else by now. */
export async function haveMoved(tables: IngestTables, from: ReadonlyMap<string, number>): Promise<boolean> {
  const now = await rowsById(tables, [...from.keys()])
  return [...from].some(([id, rev]) => (now.get(id)?.rev ?? 0) !== rev)
}

/** A verdict of a thing as it was stated last is no other one because more is known. */
const isSaid = ({ verdict, state, units }: Statement, charged: string, reversed: string, billed: boolean): boolean =>
  verdict?.startsWith(`${charged}|`) === true &&
  (state.withdrawn ? instantOf(state.at) : '') === reversed &&
  (units.status?.members.status === BILLED) === billed

const BILLED = '"billed"'

const REV_DIGITS = 9
const revisions = (rows: readonly BatchDoc[]): number => rows.reduce((sum, { rev }) => sum + rev, 0)

async function rowsById({ batches }: IngestTables, ids: readonly string[]): Promise<Map<string, BatchDoc>> {
  const rows = ids.length === 0 ? [] : await batches.getMany([...new Set(ids)])
  return new Map(rows.map((row) => [row._id, row]))
}

/** Requests and answers among which it is found which settlement paid. */
const exchangesOf = (row: BatchDoc): string[] => wordsOf(row).flatMap(({ among }) => among ?? [])

/** That a settlement is void because the message is that asked for it. */
function askedBack({ saidBy = '', at, ofPerson }: KeptWord, sayers: ReadonlyMap<string, BatchDoc>): KeptWord[] {
  const reversed = sayers.get(saidBy)?.reversed ?? ''
  return reversed < at || reversed === '' ? [] : [{ word: 'reversed', at: reversed, ...(ofPerson !== undefined && { ofPerson }) }]
}

/** What a request says of a payment by itself, with the settlement that was made of it where that is known. */
function withSettlement(word: KeptWord, requests: ReadonlyMap<string, ReadonlyMap<string, KeptWord>>): KeptWord {
  if (word.among === undefined || word.settlement !== undefined) return word
  const [settlement] = [...(requests.get(word.among) ?? [])].find(([, { saidBy, at }]) => saidBy === word.saidBy && at === word.at) ?? []
  return settlement === undefined ? word : { ...word, settlement }
}

const settlementsOf = (row: BatchDoc): string[] => wordsOf(row).flatMap(({ settlement }) => settlement ?? [])
const timesOf = (words: readonly KeptWord[], kind: KeptWord['word']): string[] =>
  words.flatMap(({ word, at }) => (word === kind ? [at] : []))

type Undone = ReadonlyMap<string, readonly KeptWord[]>

/**
 * When a thing was taken back last; empty: never. The first set is its own, the next ones are wider: a word about those leaves alone what was paid for
 * by then.
 * @param charged when the thing was stated
 * @param sets standing words of each set
 * @param undone by what words each settlement was taken back
 */
export function takenBackAt(charged: string, sets: readonly (readonly KeptWord[])[], undone: Undone): string {
  const [own = [], ...wider] = sets
  const left = timesOf(wider.flat(), 'reversed').filter((time) => !isPaidAt(time, charged, sets, undone))
  return [...timesOf(own, 'reversed'), ...left].sort().at(-1) ?? ''
}

/** Whether a settlement of those that stand pays for it. @param charged and the others as in takenBackAt */
export const isPaidFor = (charged: string, sets: readonly (readonly KeptWord[])[], undone: Undone): boolean =>
  isPaidAt(BEHIND_ALL, charged, sets, undone)

/** No word is younger. */
const BEHIND_ALL = '~'

/** A settlement whose number is known pays until it is taken back; else any of the visit that is taken back ends it. */
function isPaidAt(time: string, charged: string, sets: readonly (readonly KeptWord[])[], undone: Undone): boolean {
  const released = timesOf(sets.slice(1).flat(), 'released')
  const settled = sets.flat().filter(({ word, at, chargedBefore }) => word === 'settled' && (!chargedBefore || charged <= at))
  return settled.some((word) => {
    const { at, settlement } = word
    const own = (settlement === undefined ? [] : (undone.get(settlement) ?? [])).filter((one) => isAbout(one, word))
    const ends = settlement === undefined ? released : own.map((one) => one.at)
    return at <= time && !ends.some((end) => end > at && end <= time)
  })
}
