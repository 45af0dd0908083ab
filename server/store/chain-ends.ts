/**
 * Ending what transactions lean on. Those that have audit entries have, with each, a number that nobody else may take: the next one of
 * their chain. They lean on a row by that alone; who ends the row takes the next number of every chain himself. What was under way there is
 * committed before that, or meets it, and a chain that begins later looks at the row first (`mayLean`).
 */
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { type HeadDoc, HEADS, WRITE_CONCERN } from './audit-log.ts'
import { auditDocuments, type Chain, startHash } from './chain.ts'
import { AUDIT_TYPE, type AuditDoc } from './documents.ts'
import { DUPLICATE_KEY } from './failures.ts'
import type { Shapes } from './shapes.ts'
import { busy, endRow, isEnded, type LeantOn, nameOfRow, rethrowLate } from './shared-rows.ts'
import type { AuditRecord } from './types.ts'

/** chains that are ended at the same time */
const AT_ONCE = 16

export interface ChainEnds {
  db: Db
  shapes: Shapes
  /** the entry that a chain is given: one of its own for each call */
  entry: () => AuditRecord
}

/**
 * What leans on the row is committed when this resolves, or never will be. Idempotent, never taken back.
 * @throws OutcomeError busy where that takes too long
 */
export async function endLeaning(ends: ChainEnds, { table, row }: LeantOn): Promise<void> {
  const { db } = ends
  // First: a chain that is announced behind the list of them finds the row ended.
  await endRow(db, table, row)
  const open = await db
    .collection<HeadDoc>(HEADS)
    .find({ transactions: true }, { projection: { _id: 1 } })
    .toArray()
  for (let from = 0; from < open.length; from += AT_ONCE)
    await Promise.all(open.slice(from, from + AT_ONCE).map(({ _id }) => endChain(ends, _id)))
}

/** Its writer goes on in a new one, once it has met the entry. */
async function endChain({ db, shapes, entry }: ChainEnds, id: string): Promise<void> {
  const deadline = Date.now() + BOUNDS.commitRetryMs
  for (;;) {
    const record = entry()
    await shapes.note([record.shape])
    const chain = await chainAt(db, id)
    const documents = auditDocuments([record], chain)
    // Where the number is of a transaction that is under way, the database waits for it.
    const reply = await db
      .command({ insert: AUDIT_TYPE, documents, writeConcern: WRITE_CONCERN, maxTimeMS: BOUNDS.commitRetryMs })
      .catch(rethrowLate)
    const failed = (reply.writeErrors as { code: number }[] | undefined)?.[0]
    if (!failed && !reply.writeConcernError) {
      await db
        .collection<HeadDoc>(HEADS)
        .updateOne({ _id: id }, { $set: { n: chain.n, h: chain.h, at: new Date() }, $unset: { transactions: '' } })
      return
    }
    // The writer was faster: behind what it wrote.
    if (failed?.code !== DUPLICATE_KEY || Date.now() >= deadline) throw busy()
  }
}

async function chainAt(db: Db, id: string): Promise<Chain> {
  const last = await db
    .collection<AuditDoc>(AUDIT_TYPE)
    .find({ 'chain.c': id }, { projection: { chain: 1 } })
    .sort({ 'chain.n': -1 })
    .limit(1)
    .next()
  return { id, n: last?.chain.n ?? 0, h: last?.chain.h ?? startHash(id) }
}

/**
 * Whether transactions of this chain, which is announced, lean on the row by their entries. Looked at once: who ends the row later ends the chain.
 * @returns false where the row is ended: its copies are to be met (shared-rows.ts)
 */
export async function mayLean(db: Db, chain: Chain, leant: LeantOn): Promise<boolean> {
  const name = nameOfRow(leant)
  if (chain.leans?.has(name)) return true
  if (await isEnded(db, leant.table, leant.row)) return false
  chain.leans ??= new Set()
  chain.leans.add(name)
  return true
}
