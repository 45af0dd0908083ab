/**
 * What follows from which request an answer is of (exchanges.ts). It is a verdict, as of charge lines (line-verdicts.ts): one that comes late, between a
 * request and what was taken for its answer, turns it.
 */
import type { BatchDoc, BatchMemberDoc, KeptWord } from './batch-docs.ts'
import { isAbout, sayersOf, standingWords, wordsOf } from './batch-words.ts'
import { requestsOf } from './exchanges.ts'
import type { Verdict } from './line-verdicts.ts'
import type { IngestTables } from './tables.ts'
import type { PreparedBatchWord, ReceiptIssue } from './types.ts'

export const isExchanged = ({ settlement, message }: BatchMemberDoc): boolean => settlement !== undefined || message !== undefined

/**
 * Of an answer and the claim that it keeps: whether the message that it answers is taken back, and what that says of it. Of a claim that its request alone
 * says: whether the settlement that was made of it is taken back.
 */
export async function exchangeVerdictsOf(tables: IngestTables, members: readonly BatchMemberDoc[]): Promise<Verdict[]> {
  const rowsOf = async (ids: readonly string[]): Promise<Map<string, BatchDoc>> =>
    new Map((ids.length === 0 ? [] : await tables.batches.getMany([...new Set(ids)])).map((row) => [row._id, row]))
  const rows = await rowsOf(members.flatMap(({ batches }) => batches))
  const settled = await rowsOf([...rows.values()].flatMap((row) => wordsOf(row).flatMap(({ settlement }) => settlement ?? [])))
  const sayers = await rowsOf(sayersOf([...rows.values(), ...settled.values()]))
  return members.flatMap((member): Verdict[] => {
    const row = rows.get(member.batches[0] ?? '')
    if (!row || !isWorthSaying(row, settled, sayers)) return []
    const requests = requestsOf(wordsOf(row))
    const said = member.message === undefined ? ofAnswer(member, requests, sayers) : ofRequest(member, requests, settled, sayers)
    const known = [
      revisionsOf(row, settled, 'settlement'),
      revisionsOf(row, sayers, 'saidBy'),
      revisionsOf(row, settled, 'settlement', sayers),
    ]
    const version = [member.statedAt ?? '', ...[row.rev, ...known].map((rev) => String(rev).padStart(REV_DIGITS, '0'))].join('|')
    return [{ member, billed: false, ...said, version }]
  })
}

type Rows = ReadonlyMap<string, BatchDoc>

const REV_DIGITS = 9

/** Where nothing was ever taken back, and no request says anything of its answer, there is nothing to say: now, and by whoever knew less. */
function isWorthSaying(row: BatchDoc, settled: Rows, sayers: Rows): boolean {
  const isReversed = (known: Rows, id: string | undefined): boolean =>
    id !== undefined && known.get(id)?.reversed !== undefined && known.get(id)?.reversed !== ''
  return wordsOf(row).some(
    ({ word, tells, settlement, saidBy }) =>
      (word === 'asked' && tells !== undefined) || isReversed(settled, settlement) || isReversed(sayers, saidBy),
  )
}

/** @param others of the words of those rows the ones that count, instead of those rows themselves */
function revisionsOf(row: BatchDoc, known: Rows, of: 'settlement' | 'saidBy', others?: Rows): number {
  const named = [...new Set(wordsOf(row).flatMap((word) => word[of] ?? []))].flatMap((id) => known.get(id) ?? [])
  const counted = others ? sayersOf(named).flatMap((id) => others.get(id) ?? []) : named
  return counted.reduce((sum, { rev }) => sum + rev, 0)
}

type Said = Pick<Verdict, 'reversed' | 'tells'>

function ofAnswer(member: BatchMemberDoc, requests: ReadonlyMap<string, KeptWord>, sayers: Rows): Said {
  const request = requests.get(member.settlement ?? '')
  const undone = sayers.get(request?.saidBy ?? '')?.reversed ?? ''
  const reversed = request && undone >= request.at ? undone : ''
  const { claim } = JSON.parse(request?.tells ?? '{}') as { claim?: { reference: string } }
  if (member.type !== 'Claim') return { reversed, ...(claim && { tells: { claim } }) }
  // It is a settlement of another claim.
  return { reversed: claim && claim.reference !== `Claim/${member.id}` ? (member.statedAt ?? '') : reversed }
}

function ofRequest(member: BatchMemberDoc, requests: ReadonlyMap<string, KeptWord>, settled: Rows, sayers: Rows): Said {
  const found = [...requests].findLast(([, { saidBy }]) => saidBy === member.message)
  const words = found ? standingWords(settled.get(found[0]), sayers) : []
  return { reversed: words.findLast((one) => one.word === 'reversed' && isAbout(one, member))?.at ?? '' }
}

/** Of messages that are taken back those of which nothing is known, and requests whose answer is not known. */
export async function issuesOfUnknown(tables: IngestTables, words: readonly PreparedBatchWord[]): Promise<ReceiptIssue[]> {
  const issues: ReceiptIssue[] = []
  for (const { batch: message, unknown } of words) {
    if (!unknown) continue
    const rows = await tables.batches.find({ 'words.saidBy': message })
    const [member] = rows.length > 0 ? [] : await tables.batchMembers.find({ batches: message }, { limit: 1 })
    if (rows.length === 0 && !member) issues.push({ severity: 'warning', code: unknown.message, at: unknown.at })
    else if (rows.some((row) => isUnanswered(row, message))) issues.push({ severity: 'information', code: unknown.answer, at: unknown.at })
  }
  return issues
}

function isUnanswered(row: BatchDoc, message: string): boolean {
  const words = wordsOf(row)
  const isOfIt = ({ saidBy }: KeptWord): boolean => saidBy === message
  return words.some((one) => one.word === 'asked' && isOfIt(one)) && ![...requestsOf(words).values()].some(isOfIt)
}
