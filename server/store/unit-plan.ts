/**
 * What a group of units does, worked out on the documents as they stand: pure, so that each unit's outcome is its own and
 * units that touch the same document see each other in the order in which they came.
 */
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { HistoryDoc, StoredDoc } from './documents.ts'
import { toHistory } from './documents.ts'
import type { AuditRecord, SideWrite, Write, WriteResult, WriteUnit } from './types.ts'

export interface ClaimDoc {
  _id: string
  value: Record<string, unknown>
  at: Date
}

/** Documents that the group touches, as read in its transaction. */
export interface Standing {
  /** by `documentKey`; absent = not there */
  docs: Map<string, StoredDoc>
  /** ids of claims that are taken */
  claims: Set<string>
}

export interface Change {
  type: string
  doc: StoredDoc
  /** version that is replaced; absent: the document is new */
  replaces?: number
}

export interface GroupPlan {
  results: WriteResult[]
  changes: Change[]
  history: { type: string; doc: HistoryDoc }[]
  claims: ClaimDoc[]
  /** `unit` = position in the group, `at` = position in the unit's list */
  side: { unit: number; at: number; write: SideWrite }[]
  audit: AuditRecord[]
}

export function documentKey(type: string, id: string): string {
  return `${type}/${id}`
}

interface Slot {
  type: string
  /** as read; undefined = not there */
  before: StoredDoc | undefined
  now: StoredDoc | undefined
  passed: StoredDoc[]
}

/** `claimId` makes the id of a claim's document from its key. */
export function planGroup(units: readonly WriteUnit[], standing: Standing, now: Date, claimId: (key: string) => string): GroupPlan {
  const slots = new Map<string, Slot>()
  const taken = new Set(standing.claims)
  const plan: GroupPlan = { results: [], changes: [], history: [], claims: [], side: [], audit: [] }
  units.forEach((unit, position) => {
    const conflict = conflictOf(unit, slots, standing, taken, claimId)
    if (conflict) {
      plan.results.push(conflict)
      return
    }
    plan.results.push({ ok: true, written: unit.writes.map((write) => apply(write, slots, standing, now)) })
    for (const claim of unit.claims ?? []) {
      const _id = claimId(claim.key)
      taken.add(_id)
      plan.claims.push({ _id, value: claim.value, at: now })
    }
    ;(unit.side ?? []).forEach((write, at) => {
      plan.side.push({ unit: position, at, write })
    })
    plan.audit.push(...(unit.audit ?? []))
  })
  collect(slots, plan)
  return plan
}

function conflictOf(
  unit: WriteUnit,
  slots: Map<string, Slot>,
  standing: Standing,
  taken: Set<string>,
  claimId: (key: string) => string,
): WriteResult | undefined {
  const claimed = new Set<string>()
  for (const [at, claim] of (unit.claims ?? []).entries()) {
    const id = claimId(claim.key)
    if (taken.has(id) || claimed.has(id)) return { ok: false, conflict: 'claim-taken', at }
    claimed.add(id)
  }
  // Versions within the unit: a unit may write one document twice, the second on top of the first.
  const versions = new Map<string, number>()
  for (const [at, write] of unit.writes.entries()) {
    const key = documentKey(write.type, write.id)
    const current = versions.get(key) ?? (slots.get(key)?.now ?? standing.docs.get(key))?.v ?? 0
    if (write.expect === 'absent' && current !== 0) return { ok: false, conflict: 'exists', at, current }
    if (typeof write.expect === 'number' && write.expect !== current) {
      return { ok: false, conflict: 'version', at, ...(current === 0 ? {} : { current }) }
    }
    versions.set(key, current + 1)
  }
  return undefined
}

function apply(write: Write, slots: Map<string, Slot>, standing: Standing, now: Date) {
  const key = documentKey(write.type, write.id)
  const before = standing.docs.get(key)
  const slot: Slot = slots.get(key) ?? { type: write.type, before, now: before, passed: [] }
  slots.set(key, slot)
  const created = slot.now === undefined || slot.now.deleted === true
  const v = (slot.now?.v ?? 0) + 1
  // Two versions in one millisecond would not be told apart by If-Modified-Since and _since.
  const at = slot.now && slot.now.at >= now ? new Date(slot.now.at.getTime() + 1) : now
  const doc = write.method === 'DELETE' ? tombstone(write, v, at) : version(write, v, at)
  if (slot.now) slot.passed.push(slot.now)
  slot.now = doc
  return { type: write.type, id: write.id, v, at, created, body: doc.body }
}

function tombstone(write: Write, v: number, at: Date): StoredDoc {
  return { _id: write.id, v, at, body: NO_BODY, acc: write.acc, m: 'DELETE', deleted: true }
}

const NO_BODY = Buffer.alloc(0)

function version(write: Write, v: number, at: Date): StoredDoc {
  if (!write.body) throw new TypeError('a write that is no delete has a body')
  const index = write.index
  const body = write.body(v, at)
  if (body.byteLength > BOUNDS.storedBodyBytes) throw new OutcomeError('body-too-large', { params: { max: BOUNDS.storedBodyBytes } })
  return {
    _id: write.id,
    v,
    at,
    body,
    keys: index?.keys ?? [],
    ...(index && hasAny(index.dates) ? { dates: index.dates } : {}),
    ...(index && hasAny(index.nums) ? { nums: index.nums } : {}),
    ...(index?.groups ? { groups: index.groups } : {}),
    ...(index?.sorts ? { sorts: index.sorts } : {}),
    ...(index?.words ? { words: index.words } : {}),
    ...(index?.sd ? { sd: index.sd } : {}),
    acc: write.acc,
    m: write.method,
  }
}

function hasAny(record: Record<string, unknown>): boolean {
  for (const _ in record) return true
  return false
}

function collect(slots: Map<string, Slot>, plan: GroupPlan): void {
  for (const { type, before, now, passed } of slots.values()) {
    if (!now) continue
    plan.changes.push({ type, doc: now, ...(before ? { replaces: before.v } : {}) })
    for (const doc of passed) plan.history.push({ type, doc: toHistory(doc) })
  }
}
