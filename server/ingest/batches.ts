/**
 * Sets of things that a source takes back by a number which only they carry (MIIS 2205: all charge lines of a batch; 2302: all of
 * a stay; 2601: all that one message said, where what the message itself withdrew is restored). What is said of a set is kept, because
 * a line may come after the word that takes it back (formats.md D21).
 *
 * Both sides look after they have committed: who brings the word finds the lines that are there, who brings a line finds the words
 * that are there. One of the two sees the other, and what is done twice changes nothing.
 */
import type { BatchDoc, BatchMemberDoc } from './batch-docs.ts'
import { isStored, membersOf } from './batch-members.ts'
import { follower, toldRecord, verdictRecord } from './batch-records.ts'
import { isAbout, keepWord, reversedLast, sayersOf, standingWords, toldBy, wordsOf } from './batch-words.ts'
import { exchangeVerdictsOf, isExchanged } from './exchange-verdicts.ts'
import { haveMoved, type Verdict, verdictsOf } from './line-verdicts.ts'
import type { RecordJob } from './record-writes.ts'
import { retryingConflicts } from './retry.ts'
import type { IngestTables } from './tables.ts'
import type { RecordOutcome } from './types.ts'

/** Members that are withdrawn by one record. */
const MEMBERS_MAX = 1000

export const hasBatches = ({ record }: RecordJob): boolean =>
  record.batchWords !== undefined ||
  record.statements.some(({ batches, hears, saidBy }) => [batches, hears, saidBy].some((sets) => sets !== undefined))

/**
 * Of records that are committed those from which nothing follows: they say nothing of sets, and nobody has said anything of the sets that their things
 * are in. Whoever does so from now on finds the things.
 */
export async function untouched(
  tables: IngestTables,
  done: readonly { job: RecordJob; outcome: RecordOutcome }[],
): Promise<ReadonlySet<RecordJob>> {
  const silent = done.filter(({ job: { record } }) => record.batchWords === undefined && statedThings(record).length === 0)
  const sets = new Map(
    silent.flatMap(({ job, outcome }) => {
      const members = isStored(outcome.status) ? membersOf(job) : []
      return members.every(isOfOne) && members.length <= MEMBERS_MAX ? [[job, members.flatMap(({ batches }) => batches)] as const] : []
    }),
  )
  const known = new Set((await tables.batches.getMany([...new Set([...sets.values()].flat())])).map(({ _id }) => _id))
  return new Set([...sets].flatMap(([job, own]) => (own.some((set) => known.has(set)) ? [] : [job])))
}

/**
 * What follows from a record's words about sets, and from earlier words for its own things.
 * @param store stores a record that follows from it
 */
export async function followBatches(tables: IngestTables, job: RecordJob, { status }: RecordOutcome, store: Storing): Promise<void> {
  const { record } = job
  const judging = (members: BatchMemberDoc[]) => judge(tables, job, members, store)
  // Of what is not stored nothing is told, and it asks and answers nothing; what stands unchanged did not come now.
  const words = (record.batchWords ?? []).filter(
    ({ word, onArrival }) => (!OF_STORED.has(word) || isStored(status)) && !(onArrival && status === 'unchanged'),
  )
  for (const word of words) await keepWord(tables, word)
  for (const said of words) {
    await eachMember(tables, said.batch, judging)
    if (said.word === 'asked' || said.word === 'answered') await eachPaidAmong(tables, said.batch, judging)
    if (said.word !== 'reversed') continue
    // What a settlement paid for it no longer does, and what a message had said no longer counts, once it is taken back.
    for await (const row of tables.batches.stream(naming(said.batch), { sort: { _id: 1 } })) {
      await eachMember(tables, row._id, judging)
      await eachPaidAmong(tables, row._id, judging)
      if (!sayersOf([row]).includes(said.batch)) continue
      await eachOfPaid(tables, row._id, judging)
      // What it took back stands again.
      await eachMember(tables, row._id, (members) => {
        const taken = members.filter((member) => isOfOne(member) && isLastTakenBackBy(row, member, said))
        return restore(tables, job, taken, said.statedAt, store)
      })
    }
  }
  if (!isStored(status)) return
  // Those of a set of which the record itself said something were among its members.
  const judged = new Set(record.batchWords?.map(({ batch }) => batch))
  const own = membersOf(job).filter(({ batches }) => !batches.some((batch) => judged.has(batch)))
  for (let at = 0; at < own.length; at += MEMBERS_MAX) {
    // As they stand: what came before may have been said later.
    await judging(await tables.batchMembers.getMany(own.slice(at, at + MEMBERS_MAX).map(({ _id }) => _id)))
  }
  await judging(await withdrawnBefore(tables, job))
}

const OF_STORED: ReadonlySet<string> = new Set(['told', 'asked', 'answered'])

type Storing = (job: RecordJob) => Promise<void>

/** Sets that this settlement paid for; rows of before name it beside their latest words. */
const paidBy = (settlement: string): Record<string, unknown>[] => [{ 'words.settlement': settlement }, { settlement }]
/** And those of which this message said something. */
const naming = (set: string): Record<string, unknown> => ({
  $or: [...paidBy(set), { 'words.saidBy': set }, { settledBy: set }, { reversedBy: set }],
})

/** Members of the sets that this settlement paid for: it pays for them no longer, or again. */
async function eachOfPaid(tables: IngestTables, settlement: string, work: (members: BatchMemberDoc[]) => Promise<void>): Promise<void> {
  const where = { $or: paidBy(settlement) }
  for await (const { _id } of tables.batches.stream(where, { sort: { _id: 1 } })) await eachMember(tables, _id, work)
}

/** Members of the sets of which it is found among these requests and answers which settlement paid for them. */
async function eachPaidAmong(tables: IngestTables, exchanges: string, work: (members: BatchMemberDoc[]) => Promise<void>): Promise<void> {
  for await (const { _id } of tables.batches.stream({ 'words.among': exchanges }, { sort: { _id: 1 } })) await eachMember(tables, _id, work)
}

async function eachMember(tables: IngestTables, batch: string, work: (members: BatchMemberDoc[]) => Promise<void>): Promise<void> {
  let some: BatchMemberDoc[] = []
  for await (const member of tables.batchMembers.stream({ batches: batch }, { sort: { _id: 1 } })) {
    some.push(member)
    if (some.length < MEMBERS_MAX) continue
    await work(some)
    some = []
  }
  await work(some)
}

/** It stands in one set: what is said of that is all there is to say of it. */
const isOfOne = ({ batches }: BatchMemberDoc): boolean => batches.length === 1

/** By a message that is taken back itself, behind its word. */
function isLastTakenBackBy(row: BatchDoc, member: BatchMemberDoc, message: { batch: string; statedAt: string }): boolean {
  const last = wordsOf(row).findLast((one) => one.word === 'reversed' && isAbout(one, member))
  return last !== undefined && last.saidBy === message.batch && last.at <= message.statedAt
}

/** Each alone: what is restored before anybody stated it is no resource yet, and is restored when it comes. */
async function restore(
  tables: IngestTables,
  job: RecordJob,
  members: readonly BatchMemberDoc[],
  statedAt: string,
  store: Storing,
): Promise<void> {
  const patients = await patientsOf(tables, members)
  for (const member of members)
    await store({ ...job, record: follower(job.source, [member], 'current', statedAt, job.record.at, patients) })
}

/** Whose they are, by the numbers by which their messages name them; whoever is known under none is left out. */
async function patientsOf(tables: IngestTables, members: readonly BatchMemberDoc[]): Promise<Map<string, string>> {
  const numbers = [...new Set(members.flatMap(({ number }) => number ?? []))]
  const known = numbers.length === 0 ? [] : await tables.numbers.getMany(numbers)
  return new Map(known.map(({ _id, patient }) => [_id, patient]))
}

/**
 * Withdrawals, by messages that came before, of things that the record states: a word may have taken the withdrawal itself back. Settlements are withdrawn
 * so whoever states them: an answer that comes by itself, and a list, are no messages that can be taken back.
 */
async function withdrawnBefore(tables: IngestTables, { record }: RecordJob): Promise<BatchMemberDoc[]> {
  const things = statedThings(record)
  return things.length === 0 ? [] : tables.batchMembers.find({ thing: { $in: things }, withdrawn: true })
}

const statedThings = ({ statements }: RecordJob['record']): string[] =>
  statements.flatMap(({ type, id, saidBy, statement }) =>
    id === undefined || (saidBy === undefined && type !== 'ExplanationOfBenefit') || statement.state.withdrawn ? [] : [`${type}/${id}`],
  )

async function judge(tables: IngestTables, job: RecordJob, members: readonly BatchMemberDoc[], store: Storing): Promise<void> {
  const [plain, exchanged] = [members.filter((member) => isOfOne(member) && !isExchanged(member)), members.filter(isExchanged)]
  const rows = plain.length === 0 ? [] : await tables.batches.getMany([...new Set(plain.flatMap(({ batches }) => batches))])
  await withdraw(tables, job, plain, rows, store)
  await tell(job, plain, rows, store)
  const lines = members.filter((member) => !isOfOne(member))
  if (lines.length > 0)
    await retryingConflicts(async () => {
      const { verdicts, from } = await verdictsOf(tables, lines)
      await say(job, verdicts, store)
      return verdicts.length === 0 || !(await haveMoved(tables, from)) ? { done: true } : undefined
    })
  const found = exchanged.length === 0 ? [] : await exchangeVerdictsOf(tables, exchanged)
  await say(job, found, store, await patientsOf(tables, exchanged))
}

/** Of those with one fate in one record. */
async function say(job: RecordJob, verdicts: readonly Verdict[], store: Storing, patients?: ReadonlyMap<string, string>): Promise<void> {
  const fatesOf = ({ reversed, billed, tells }: Verdict): string => JSON.stringify([reversed, billed, tells])
  for (const same of Map.groupBy(verdicts, fatesOf).values())
    await store({ ...job, record: verdictRecord(job.source, same[0] as Verdict, same, job.record.at, patients) })
}

/** Withdraws those of the things whose set a word has taken back, each as of that word; a withdrawal that is taken back is no more. */
async function withdraw(
  tables: IngestTables,
  job: RecordJob,
  members: readonly BatchMemberDoc[],
  rows: readonly BatchDoc[],
  store: Storing,
): Promise<void> {
  const sayers = new Map((await tables.batches.getMany(sayersOf(rows))).map((row) => [row._id, row]))
  const standing = new Map(rows.map((row) => [row._id, standingWords(row, sayers)]))
  const byTime = Map.groupBy(members, (member) => {
    const [set = ''] = member.batches
    return reversedLast((standing.get(set) ?? []).filter((word) => isAbout(word, member)))
  })
  for (const [statedAt, taken] of byTime) {
    if (statedAt === '') continue
    // What was stated behind the word stands whatever it says: most pages that correct one say all of it again.
    const said = taken.filter(({ withdrawn, statedAt: at = '' }) => !withdrawn && at < statedAt)
    const back = taken.filter(({ withdrawn }) => withdrawn)
    const [gone, replaced] = [said.filter((member) => !member.onceReversed), said.filter((member) => member.onceReversed)]
    const patients = await patientsOf(tables, gone)
    if (gone.length > 0) await store({ ...job, record: follower(job.source, gone, 'withdrawn', statedAt, job.record.at, patients) })
    if (replaced.length > 0) await store({ ...job, record: follower(job.source, replaced, 'replaced', statedAt, job.record.at) })
    await restore(tables, job, back, statedAt, store)
  }
}

/** What was told of a set, each member hears; where the record names no patient, nobody knows whose it would be. */
async function tell(job: RecordJob, members: readonly BatchMemberDoc[], rows: readonly BatchDoc[], store: Storing): Promise<void> {
  const { identity, at } = job.record
  if (!identity) return
  for (const row of rows) {
    const heard = members.flatMap((member) => (member.batches[0] === row._id ? toldBy(row, member).map((word) => ({ word, member })) : []))
    for (const [word, same] of Map.groupBy(heard, (one) => one.word)) {
      const told = same.map(({ member }) => member)
      await store({ ...job, record: toldRecord(job.source, word, told, identity, at) })
    }
  }
}
