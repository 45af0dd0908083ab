/**
 * Sets of things that a source takes back by a number which only they carry (MIIS 2205: all charge lines of a batch; 2302: all of
 * a stay; 2601: all that one message said, where what the message itself withdrew is restored). What is said of a set is kept, because
 * a line may come after the word that takes it back (formats.md D21).
 *
 * Both sides look after they have committed: who brings the word finds the lines that are there, who brings a line finds the words
 * that are there. One of the two sees the other, and what is done twice changes nothing.
 */
import { createHash } from 'node:crypto'
import type { BatchWord } from '../../mappings/engine/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { BatchDoc, BatchMemberDoc } from './batch-docs.ts'
import { isStored, membersOf } from './batch-members.ts'
import { statementOf } from './fold/statement.ts'
import type { RecordJob } from './record-writes.ts'
import { retryingConflicts } from './retry.ts'
import type { IngestTables } from './tables.ts'
import type { IngestSource, PreparedRecord, RecordOutcome } from './types.ts'

/** Members that are withdrawn by one record. */
const MEMBERS_MAX = 1000

export const hasBatches = ({ record }: RecordJob): boolean =>
  record.batchWords !== undefined || record.statements.some(({ batches, saidBy }) => batches !== undefined || saidBy !== undefined)

/**
 * What follows from a record's words about sets, and from earlier words for its own things.
 * @param store stores a record that follows from it
 */
export async function followBatches(tables: IngestTables, job: RecordJob, { status }: RecordOutcome, store: Storing): Promise<void> {
  const { record } = job
  for (const word of record.batchWords ?? []) await keepWord(tables, word)
  for (const said of record.batchWords ?? []) {
    if (said.word === 'settled') continue
    const withdrawing = (members: BatchMemberDoc[]) => withdraw(tables, job, members, store)
    // What is no longer paid for is reached by what was said after that, though it came before.
    await eachMember(tables, said.batch, withdrawing)
    if (said.word === 'released') continue
    for await (const { _id } of tables.batches.stream({ settlement: said.batch }, { sort: { _id: 1 } }))
      await eachMember(tables, _id, withdrawing)
    // What a message had said to be paid for no longer is, once that message is taken back: an earlier word reaches it now.
    for await (const { _id } of tables.batches.stream({ settledBy: said.batch }, { sort: { _id: 1 } }))
      await eachMember(tables, _id, withdrawing)
    // What it took back stands again.
    for await (const { _id, reversed } of tables.batches.stream({ reversedBy: said.batch }, { sort: { _id: 1 } }))
      if (reversed <= said.statedAt) await eachMember(tables, _id, (members) => restore(job, members, said.statedAt, store))
  }
  if (!isStored(status)) return
  const own = [...membersOf(job), ...(await withdrawnBefore(tables, job))]
  for (let at = 0; at < own.length; at += MEMBERS_MAX) await withdraw(tables, job, own.slice(at, at + MEMBERS_MAX), store)
}

type Storing = (job: RecordJob) => Promise<void>

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

/** Each alone: what is restored before anybody stated it is no resource yet, and is restored when it comes. */
async function restore(job: RecordJob, members: readonly BatchMemberDoc[], statedAt: string, store: Storing): Promise<void> {
  for (const member of members) await store({ ...job, record: follower(job.source, [member], 'current', statedAt, job.record.at) })
}

/** Withdrawals, by messages that came before, of things that the record states: a word may have taken the withdrawal itself back. */
async function withdrawnBefore(tables: IngestTables, { record }: RecordJob): Promise<BatchMemberDoc[]> {
  const things = record.statements.flatMap(({ type, id, saidBy, statement }) =>
    id === undefined || saidBy === undefined || statement.state.withdrawn ? [] : [`${type}/${id}`],
  )
  return things.length === 0 ? [] : tables.batchMembers.find({ thing: { $in: things }, withdrawn: true })
}

/** The latest of each word stands, whatever came first. */
async function keepWord(tables: IngestTables, { batch, word, statedAt, saidBy = '', settlement = '' }: PreparedBatchWord): Promise<void> {
  const said = { [word]: statedAt, [`${word}By`]: saidBy, ...(word === 'settled' && { settlement }) }
  await retryingConflicts(async () => {
    const known = await tables.batches.get(batch)
    if (!known) {
      const doc: BatchDoc = { _id: batch, rev: 1, reversed: '', settled: '', released: '', ...said }
      return (await tables.batches.insert(doc)) ? { done: true } : undefined
    }
    if (known[word] >= statedAt) return { done: true }
    const changed = await tables.batches.setOne({ _id: batch, rev: known.rev }, { ...said, rev: known.rev + 1 })
    return changed ? { done: true } : undefined
  })
}

export type PreparedBatchWord = Omit<BatchWord, 'batch' | 'saidBy' | 'settlement'> & { batch: string; saidBy?: string; settlement?: string }

/** Withdraws those of the things that a word has taken back, each as of that word; a withdrawal that is taken back is no more. */
async function withdraw(tables: IngestTables, job: RecordJob, members: readonly BatchMemberDoc[], store: Storing): Promise<void> {
  if (members.length === 0) return
  const rows = await tables.batches.getMany([...new Set(members.flatMap(({ batches }) => batches))])
  const settlements = await tables.batches.getMany([
    ...new Set(rows.flatMap(({ settlement = '' }) => (settlement === '' ? [] : [settlement]))),
  ])
  const sayers = await tables.batches.getMany([...new Set([...rows, ...settlements].flatMap(sayersOf))])
  const undone = new Map(settlements.map((row) => [row._id, standing(row, sayers).reversed]))
  const words = new Map(rows.map((row) => [row._id, freed(standing(row, sayers), undone)]))
  const byTime = new Map<string, BatchMemberDoc[]>()
  for (const member of members) {
    const at = reversedAt(member.batches.map((id) => words.get(id)))
    if (at === '') continue
    const known = byTime.get(at)
    if (known) known.push(member)
    else byTime.set(at, [member])
  }
  for (const [statedAt, taken] of byTime) {
    const gone = taken.filter(({ withdrawn }) => !withdrawn)
    if (gone.length > 0) await store({ ...job, record: follower(job.source, gone, 'withdrawn', statedAt, job.record.at) })
    const back = taken.filter(({ withdrawn }) => withdrawn)
    await restore(job, back, statedAt, store)
  }
}

const sayersOf = ({ reversedBy = '', settledBy = '', releasedBy = '' }: BatchDoc): string[] =>
  [reversedBy, settledBy, releasedBy].filter((id) => id !== '')

/** The words of a row without those whose message was taken back. */
function standing(row: BatchDoc, sayers: readonly BatchDoc[]): BatchDoc {
  const isVoid = (sayer: string | undefined, at: string): boolean =>
    sayers.some(({ _id, reversed }) => _id === sayer && reversed !== '' && reversed >= at)
  return {
    ...row,
    ...(isVoid(row.reversedBy, row.reversed) && { reversed: '' }),
    ...(isVoid(row.settledBy, row.settled) && { settled: '' }),
    ...(isVoid(row.releasedBy, row.released) && { released: '' }),
  }
}

/** What a known settlement paid for is released once that settlement is taken back, and only then. */
const freed = (row: BatchDoc, undone: ReadonlyMap<string, string>): BatchDoc =>
  row.settlement ? { ...row, released: undone.get(row.settlement) ?? '' } : row

/**
 * When a thing was taken back last; empty: never. The first set is its own, the next ones are wider: a word about those leaves
 * alone what was paid for by then. That a settlement of the visit was taken back, without its number known, frees all of the visit.
 */
export function reversedAt([own, ...wider]: readonly (BatchDoc | undefined)[]): string {
  const whole = wider
    .filter((row) => row !== undefined)
    .filter(({ reversed, released }) => {
      const paid = own?.settled ?? ''
      const free = own?.settlement ? own.released : released
      return reversed !== '' && !(paid !== '' && paid <= reversed && !(free > paid && free <= reversed))
    })
  return [own?.reversed ?? '', ...whole.map(({ reversed }) => reversed)].sort().at(-1) ?? ''
}

/** One record for all of them, void or restored: the same things at the same time are the same delivery. */
function follower(
  source: IngestSource,
  members: readonly BatchMemberDoc[],
  state: 'withdrawn' | 'current',
  statedAt: string,
  at: string,
): PreparedRecord {
  const origin = { source: source.id, kind: source.kind, organization: source.organization, receivedAt: statedAt, generation: 0 }
  const statements = members.map(({ type, id, via }) => {
    const resource = { resourceType: type } as FhirResource
    const key = { type, scope: '', parts: [id] }
    const statement = statementOf({ key, resource, state, statedAt }, origin, JSON.stringify)
    return { type, id, ofPatient: false, statement: via === undefined ? statement : { ...statement, via } }
  })
  const digest = createHash('sha256')
    .update(
      members
        .map(({ _id }) => _id)
        .sort()
        .join('\n'),
    )
    .digest('base64url')
  return {
    recordType: 'reversal',
    deliveryId: state === 'withdrawn' ? `${statedAt}|${digest}` : `${statedAt}|${digest}|restored`,
    at,
    statements,
    needsPatient: false,
    unmapped: [],
    issues: [],
    nothingToStore: false,
    digest,
  }
}
