/**
 * Sets of things that a source takes back by a number which only they carry (MIIS 2205: all charge lines of a batch; 2302: all of
 * a stay). What is said of a set is kept, because a line may come after the word that takes it back (formats.md D21).
 *
 * Both sides look after they have committed: who brings the word finds the lines that are there, who brings a line finds the words
 * that are there. One of the two sees the other, and what is done twice changes nothing.
 */
import { createHash } from 'node:crypto'
import type { BatchWord } from '../../mappings/engine/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import { isStored, membersOf } from './batch-members.ts'
import { statementOf } from './fold/statement.ts'
import type { RecordJob } from './record-writes.ts'
import { retryingConflicts } from './retry.ts'
import type { BatchDoc, BatchMemberDoc, IngestTables } from './tables.ts'
import type { IngestSource, PreparedRecord, RecordOutcome } from './types.ts'

/** Members that are withdrawn by one record. */
const MEMBERS_MAX = 1000

export const hasBatches = ({ record }: RecordJob): boolean =>
  record.batchWords !== undefined || record.statements.some(({ batches }) => batches !== undefined)

/**
 * What follows from a record's words about sets, and from earlier words for its own things.
 * @param store stores a record that follows from it
 */
export async function followBatches(
  tables: IngestTables,
  job: RecordJob,
  { status }: RecordOutcome,
  store: (job: RecordJob) => Promise<void>,
): Promise<void> {
  const { record } = job
  for (const word of record.batchWords ?? []) await keepWord(tables, word)
  for (const { batch, word } of record.batchWords ?? []) {
    if (word !== 'reversed') continue
    let some: BatchMemberDoc[] = []
    for await (const member of tables.batchMembers.stream({ batches: batch }, { sort: { _id: 1 } })) {
      some.push(member)
      if (some.length < MEMBERS_MAX) continue
      await withdraw(tables, job, some, store)
      some = []
    }
    await withdraw(tables, job, some, store)
  }
  if (!isStored(status)) return
  const own = membersOf(job)
  for (let at = 0; at < own.length; at += MEMBERS_MAX) await withdraw(tables, job, own.slice(at, at + MEMBERS_MAX), store)
}

/** The latest of each word stands, whatever came first. */
async function keepWord(tables: IngestTables, { batch, word, statedAt }: PreparedBatchWord): Promise<void> {
  await retryingConflicts(async () => {
    const known = await tables.batches.get(batch)
    if (!known) {
      const doc: BatchDoc = { _id: batch, rev: 1, reversed: '', settled: '', released: '', [word]: statedAt }
      return (await tables.batches.insert(doc)) ? { done: true } : undefined
    }
    if (known[word] >= statedAt) return { done: true }
    const changed = await tables.batches.setOne({ _id: batch, rev: known.rev }, { [word]: statedAt, rev: known.rev + 1 })
    return changed ? { done: true } : undefined
  })
}

export type PreparedBatchWord = Omit<BatchWord, 'batch'> & { batch: string }

/** Withdraws those of the things that a word has taken back, each as of that word. */
async function withdraw(
  tables: IngestTables,
  job: RecordJob,
  members: readonly BatchMemberDoc[],
  store: (job: RecordJob) => Promise<void>,
): Promise<void> {
  if (members.length === 0) return
  const rows = await tables.batches.getMany([...new Set(members.flatMap(({ batches }) => batches))])
  const words = new Map(rows.map((row) => [row._id, row]))
  const byTime = new Map<string, BatchMemberDoc[]>()
  for (const member of members) {
    const at = reversedAt(member.batches.map((id) => words.get(id)))
    if (at !== '') byTime.set(at, [...(byTime.get(at) ?? []), member])
  }
  for (const [statedAt, taken] of byTime) await store({ ...job, record: withdrawal(job.source, taken, statedAt, job.record.at) })
}

/**
 * When a thing was taken back last; empty: never. The first set is its own, the next ones are wider: a word about those leaves
 * alone what was paid for by then.
 */
export function reversedAt([own, ...wider]: readonly (BatchDoc | undefined)[]): string {
  const whole = wider
    .filter((row) => row !== undefined)
    .filter(({ reversed, released }) => {
      const paid = own?.settled ?? ''
      return reversed !== '' && !(paid !== '' && paid <= reversed && !(released > paid && released <= reversed))
    })
  return [own?.reversed ?? '', ...whole.map(({ reversed }) => reversed)].sort().at(-1) ?? ''
}

/** One record for all of them: the same things at the same time are the same delivery. */
function withdrawal(source: IngestSource, members: readonly BatchMemberDoc[], statedAt: string, at: string): PreparedRecord {
  const origin = { source: source.id, kind: source.kind, organization: source.organization, receivedAt: statedAt, generation: 0 }
  const statements = members.map(({ type, id }) => {
    const resource = { resourceType: type } as FhirResource
    const key = { type, scope: '', parts: [id] }
    return { type, id, ofPatient: false, statement: statementOf({ key, resource, state: 'withdrawn', statedAt }, origin, JSON.stringify) }
  })
  const digest = createHash('sha256')
    .update(members.map(({ _id }) => _id).join('\n'))
    .digest('base64url')
  return {
    recordType: 'reversal',
    deliveryId: `${statedAt}|${digest}`,
    at,
    statements,
    needsPatient: false,
    unmapped: [],
    issues: [],
    nothingToStore: false,
    digest,
  }
}
