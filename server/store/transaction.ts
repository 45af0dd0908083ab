/** One transaction for a group of units, tried again while others are at the same documents or the database restarts. */
import { type ClientSession, type Db, type MongoClient, MongoServerError } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { applyPlan } from './apply-plan.ts'
import { type Chain, newChain } from './chain.ts'
import { mayLean } from './chain-ends.ts'
import { CLAIMS } from './collections.ts'
import { Conflict } from './conflict.ts'
import type { StoredDoc } from './documents.ts'
import { isBroken, isContention, isTransient, isUnknownCommit } from './failures.ts'
import { anyCopy, nameOfRow } from './shared-rows.ts'
import type { WriteResult, WriteUnit } from './types.ts'
import { type ClaimDoc, documentKey, planGroup, type Standing } from './unit-plan.ts'

/** One lane: a session and the audit chain that only it appends to. */
export interface Lane {
  session: ClientSession
  chain: Chain | undefined
  /** which copy of a row it leans on: see shared-rows.ts */
  copy: number
}

export interface TransactionOptions {
  client: MongoClient
  db: Db
  now: () => Date
  claimId: (key: string) => string
  /** notes a chain before its first entry, durably */
  announce: (chain: Chain) => Promise<void>
  advanced: (chain: Chain) => void
}

/**
 * Outcomes of the units, in order.
 * @throws Conflict when one of several units must be tried alone
 * @throws OutcomeError busy | unavailable after BOUNDS.commitRetryMs
 */
export async function runTransaction(o: TransactionOptions, lane: Lane, units: readonly WriteUnit[]): Promise<WriteResult[]> {
  const deadline = Date.now() + BOUNDS.commitRetryMs
  let thorough = false
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(o, lane, units, thorough, deadline)
    } catch (error) {
      await abandon(lane)
      if (error instanceof Conflict) {
        const own = ownConflict(error, units)
        if (own) return [own]
        const isForNow = error.kind === 'refused' && units.length === 1 && (isContention(error.code) || attempt < UNKNOWN_TRIES)
        // A new document was there already, a version or a row moved on: look at all of them one by one, then decide.
        if ((error.kind === 'refused' && !isForNow) || (error.kind === 'side' && (units.length > 1 || error.where || thorough))) throw error
        if (!isForNow) thorough = true
        // What stands was looked at, so only the lane's own chain can be in the way: go on in a new one.
        if (attempt > 1 && error.kind === 'duplicate') lane.chain = undefined
      } else if (!isTransient(error) && !isBroken(error) && !mayBeOver(error, units, attempt)) throw error
      lane.copy = anyCopy()
      if (Date.now() >= deadline) throw giveUp(error)
      await pause(attempt)
    }
  }
}

/** Tries of one unit where the database names an error that is not known to pass: nothing of it was applied, and another try costs little. */
const UNKNOWN_TRIES = 3

const mayBeOver = (error: unknown, units: readonly WriteUnit[], attempt: number): boolean =>
  error instanceof MongoServerError && units.length === 1 && attempt < UNKNOWN_TRIES

async function attemptOnce(o: TransactionOptions, lane: Lane, units: readonly WriteUnit[], thorough: boolean, deadline: number) {
  const audited = units.some((unit) => unit.audit && unit.audit.length > 0)
  if (audited && !lane.chain) {
    const fresh = newChain()
    await o.announce(fresh)
    lane.chain = fresh
  }
  const byEntries = audited && lane.chain ? await leantOnByEntries(o.db, lane.chain, units) : NOTHING
  lane.session.startTransaction({
    readConcern: { level: 'snapshot' },
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: BOUNDS.mongoWriteConcernMs },
    readPreference: 'primary',
  })
  const standing = await readStanding(o, lane.session, units, thorough)
  const plan = planGroup(units, standing, o.now(), o.claimId)
  const draft = lane.chain ? { ...lane.chain } : newChain()
  // Units that come to nothing leave no entry.
  if (plan.audit.length > 0) plan.side = plan.side.filter(({ write }) => write.op !== 'lean' || !byEntries.has(nameOfRow(write)))
  await applyPlan(o.db, lane, plan, draft, thorough)
  const chain = lane.chain
  // Until it is known what became of it, going on with the same numbers could store them twice.
  lane.chain = undefined
  await commit(lane.session, deadline)
  lane.chain = plan.audit.length > 0 ? draft : chain
  if (plan.audit.length > 0) o.advanced(draft)
  return plan.results
}

const NOTHING: ReadonlySet<string> = new Set()

/** Rows that are leant on by the entries of the transaction: no write of their own is needed. */
async function leantOnByEntries(db: Db, chain: Chain, units: readonly WriteUnit[]): Promise<ReadonlySet<string>> {
  const rows = new Map(units.flatMap(({ side = [] }) => side.flatMap((one) => (one.op === 'lean' ? [[nameOfRow(one), one] as const] : []))))
  const found = new Set<string>()
  for (const [name, row] of rows) if (await mayLean(db, chain, row)) found.add(name)
  return found
}

/**
 * The commit itself may be repeated until its outcome is known; the database applies it once. A connection that breaks
 * under it does not always bear the driver's label of an unknown outcome, so every broken one is taken for that.
 * @throws OutcomeError unavailable when it stays unknown: such a group must not be tried again as a whole
 */
async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.commitTransaction()
      return
    } catch (error) {
      if (!isUnknownCommit(error) && !isBroken(error)) throw error
      if (Date.now() >= deadline) throw new OutcomeError('unavailable')
      await pause(attempt)
    }
  }
}

async function abandon(lane: Lane): Promise<void> {
  if (!lane.session.inTransaction()) return
  // An abort that does not arrive is no harm: the database ends a transaction that nobody continues.
  await lane.session.abortTransaction().catch(() => {})
}

/** What stands now of all that the units touch. New documents are taken to be absent until one turns out not to be. */
async function readStanding(
  o: TransactionOptions,
  session: ClientSession,
  units: readonly WriteUnit[],
  thorough: boolean,
): Promise<Standing> {
  const standing: Standing = { docs: new Map(), claims: new Set() }
  const ids = new Map<string, Set<string>>()
  const claimIds = new Set<string>()
  for (const unit of units) {
    for (const { type, id, expect } of unit.writes) {
      if (expect === 'absent' && !thorough) continue
      const known = ids.get(type)
      if (known) known.add(id)
      else ids.set(type, new Set([id]))
    }
    for (const claim of unit.claims ?? []) claimIds.add(o.claimId(claim.key))
  }
  for (const [type, wanted] of ids) {
    const found = await o.db
      .collection<StoredDoc>(type)
      .find({ _id: { $in: [...wanted] } }, { session, projection: WHOLE })
      .toArray()
    for (const doc of found) standing.docs.set(documentKey(type, doc._id), doc)
  }
  if (claimIds.size > 0) {
    const taken = await o.db
      .collection<ClaimDoc>(CLAIMS)
      .find({ _id: { $in: [...claimIds] } }, { session, projection: { _id: 1 } })
      .toArray()
    for (const { _id } of taken) standing.claims.add(_id)
  }
  return standing
}

/** What goes to history; keys do not. */
const WHOLE = { v: 1, at: 1, body: 1, acc: 1, m: 1, deleted: 1 } as const

function ownConflict(error: Conflict, units: readonly WriteUnit[]): WriteResult | undefined {
  if (units.length !== 1 || error.kind !== 'side' || !error.where) return undefined
  return { ok: false, conflict: 'side', at: error.where.at }
}

function giveUp(error: unknown): OutcomeError | unknown {
  if (error instanceof Conflict) return new OutcomeError('busy', {}, { 'Retry-After': '1' })
  return error
}

/** Grows with the attempts and differs between rivals, so that they do not meet again. */
async function pause(attempt: number): Promise<void> {
  const most = Math.min(BOUNDS.commitRetryDelayMinMs * 2 ** Math.min(attempt, 10), BOUNDS.commitRetryDelayMaxMs)
  await new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)))
}
