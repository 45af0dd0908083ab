/** Uses that a process announced and did not live to settle: each gets its entry, which says that the answer is not known. */
import { randomUUID } from 'node:crypto'
import { type Acc, systemDecision } from '../access/decision.ts'
import { type AuditFacts, unpackFacts } from '../audit-event/facts.ts'
import { BOUNDS } from '../config/bounds.ts'
import { parseReference } from '../fhir/reference.ts'
import { lease } from '../store/leases.ts'
import type { Store } from '../store/types.ts'
import { recordOfFacts } from './audit.ts'

export interface RecoveryDeps {
  store: Store
  /** labels of an entry about these persons */
  accOf(persons: readonly string[], organization: string): Acc
}

/** Reason of an entry whose answer may have left or not. */
export const ANSWER_UNKNOWN = 'answer-unknown'

const recovering = systemDecision('audit recovery')

/**
 * To be run by one process at a time. An entry that was stored, but not noted as such, is left as it is.
 * @returns how many entries were made
 */
export async function recoverAudit(deps: RecoveryDeps): Promise<number> {
  const { audit } = deps.store
  let made = 0
  for (const silent of await audit.silent(recovering)) {
    for await (const bodies of audit.announced(recovering, silent)) made += await settleAll(deps, bodies.map(unpackFacts))
    await audit.forget(recovering, silent.writer)
  }
  return made
}

async function settleAll(deps: RecoveryDeps, announced: readonly AuditFacts[]): Promise<number> {
  const ids = announced.flatMap(({ id }) => [id, recoveredId(id)])
  const stored = new Set((await deps.store.readMany(recovering, 'AuditEvent', ids)).map(({ id }) => id))
  const open = announced.filter(({ id }) => !stored.has(id) && !stored.has(recoveredId(id)))
  const records = await Promise.all(
    open.map(async (facts) => {
      const { p: persons } = deps.accOf(await personsOf(deps, facts), '')
      // One for each person, as it would have been.
      return (persons.length === 0 ? [[]] : persons.map((person) => [person])).map((about, at) => {
        const acc = deps.accOf(about, facts.actor?.organization ?? '')
        const id = `${recoveredId(facts.id)}${at === 0 ? '' : at}`
        return recordOfFacts({ ...facts, id, outcome: '8', reason: ANSWER_UNKNOWN, patients: acc.p }, acc)
      })
    }),
  )
  await deps.store.audit.append(records.flat())
  return records.length
}

/** Not the announced one: a process that was only thought to have ended may still store its own entry. */
const recoveredId = (id: string): string => `${id}r`

/** Persons of what was asked for, as it stands now. */
async function personsOf({ store }: RecoveryDeps, { resources }: AuditFacts): Promise<string[]> {
  const targets = resources.map((name) => parseReference(name, '')).filter((target) => target?.kind === 'local')
  const found = await Promise.all(targets.map((target) => store.read(recovering, target.type, target.id)))
  return [...new Set(found.flatMap((doc) => doc?.acc.p ?? []))]
}

const LEASE_MS = 60_000

/** Rounds of `recoverAudit`, by one of all processes at a time; a round that fails comes again. */
export function startAuditRecovery(deps: RecoveryDeps & { log(event: string, facts: object): void }): { stop(): Promise<void> } {
  const table = deps.store.table(recovering, 'audit_recovery')
  const owner = randomUUID()
  const round = async (): Promise<void> => {
    const held = await lease(table, 'recovery', owner, LEASE_MS)
    if (!held) return
    try {
      const made = await recoverAudit(deps)
      if (made > 0) deps.log('audit entries recovered', { made })
    } finally {
      await held.release()
    }
  }
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(round).catch((error: unknown) => deps.log('audit recovery failed', { name: (error as Error).name }))
  }, BOUNDS.auditRecoveryMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
