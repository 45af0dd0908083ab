/** The account of every use: who asked for what, why, what was decided, durable before any byte leaves. */
import { randomUUID } from 'node:crypto'
import { type AuditedActor, type AuditFacts, packFacts } from '../audit-event/facts.ts'
import { auditKeys, shapeOf } from '../audit-event/keys.ts'
import type { Acc } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'
import type { AuditRecord, Store } from '../store/types.ts'
import type { AuditEntry } from './entry.ts'
import { safeQuery } from './query.ts'

export type { AuditEntry } from './entry.ts'

export interface Audit {
  /** Makes the entry; nothing is stored yet. Put it into a WriteUnit, or append it. */
  record(entry: AuditEntry): AuditRecord
  /**
   * Durable when it resolves (majority and journal, in the hash chain).
   * @throws OutcomeError unavailable: nothing may leave then
   */
  append(records: readonly AuditRecord[]): Promise<void>
  /** Says what is asked for while it is looked for; `entry` as far as it is known. */
  announce(entry: AuditEntry): AnnouncedUse
}

export interface AnnouncedUse {
  /** Resolves when it is durable. @throws OutcomeError unavailable, busy: nothing may leave then */
  readonly durable: Promise<void>
  /** The whole entry: to be called once, before the answer leaves; it is stored by itself. */
  settle(entry: AuditEntry): void
}

export interface AuditOptions {
  store: Store
  now: () => Date
  newId?: (at: Date) => string
  /** name of this server process, the observer of the events */
  node: string
  /** of this deployment, at least 32 bytes, kept outside the database: of it are the digests of queried values */
  queryKey: Uint8Array
}

/** Resources that are named one by one; of more only the number is kept. */
export const NAMED_MAX = 50

export function createAudit(options: AuditOptions): Audit {
  const newId = options.newId ?? entryId
  return {
    record(entry) {
      const at = options.now()
      return recordOf(entry, newId(at), at, options)
    },
    append: (records) => options.store.audit.append(records),
    announce(entry) {
      const at = options.now()
      const id = newId(at)
      const { durable, settle } = options.store.audit.announce(packFacts(factsOf(entry, id, at.getTime(), options)))
      return { durable, settle: (whole) => settle(recordOf(whole, id, at, options)) }
    },
  }
}

function recordOf(entry: AuditEntry, id: string, at: Date, options: AuditOptions): AuditRecord {
  return recordOfFacts(factsOf(entry, id, at.getTime(), options), entry.acc)
}

export function recordOfFacts(facts: AuditFacts, acc: Acc): AuditRecord {
  return { id: facts.id, at: new Date(facts.at), body: packFacts(facts), keys: auditKeys(facts), shape: shapeOf(facts), acc }
}

/** In the order of time, so that what is written together stands together in every index; 64 random bits tell entries of one moment apart. */
function entryId(at: Date): string {
  const random = randomUUID()
  return `${at.getTime().toString(36)}${random.slice(0, 4)}${random.slice(24)}`
}

function factsOf(entry: AuditEntry, id: string, at: number, { node, queryKey }: AuditOptions): AuditFacts {
  const { interaction, action, outcome, reason, actor, type, query } = entry
  const patients = entry.patients ?? []
  const resources = entry.resources ?? []
  const count = entry.count ?? (resources.length > NAMED_MAX ? resources.length : undefined)
  return {
    id,
    at,
    node,
    interaction,
    action,
    outcome,
    reason,
    patients,
    resources: named(resources, patients),
    consents: entry.consents ?? [],
    ...(actor ? { actor: actorOf(actor) } : {}),
    ...(count === undefined ? {} : { count }),
    ...(type === undefined ? {} : { type }),
    ...(query === undefined ? {} : { query: safeQuery(query, queryKey, id) }),
  }
}

/** The resources that get an entity of their own; patients have theirs already. */
function named(resources: readonly string[], patients: readonly string[]): string[] {
  const known = new Set(patients.map((id) => `Patient/${id}`))
  return resources.filter((reference) => !known.has(reference)).slice(0, NAMED_MAX)
}

function actorOf({ clientId, party, role, organization, purpose, form, user, study, breakGlassReason }: Actor): AuditedActor {
  return {
    clientId,
    party,
    role,
    organization,
    purpose,
    form,
    ...(user === undefined ? {} : { user }),
    ...(study === undefined ? {} : { study }),
    ...(breakGlassReason === undefined ? {} : { breakGlassReason }),
  }
}
