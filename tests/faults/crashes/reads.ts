/** Reads while processes are killed: every one that was answered must stand in the account of uses. */
import type { Store } from '../../../server/store/types.ts'
import { systemDecision } from '../../../server/access/decision.ts'
import { type Caller, type Reply, sleep } from '../support/client.ts'

export interface Reads {
  /** ids that were asked for and answered; each was asked for once */
  answered: string[]
  odd: Record<string, number>
  stop(): Promise<void>
}

const READERS = 4
/** Nothing stands there: that it does not is an answer too. */
const idOf = (reader: number, n: number): string => `READ-${reader}-${n}`

export function startReads(caller: Caller): Reads {
  const answered: string[] = []
  const odd: Record<string, number> = {}
  let running = true
  const note = (id: string, { status }: Reply): void => {
    if (status === 404) answered.push(id)
    else if (status !== 0 && status !== 503) odd[`read ${status}`] = (odd[`read ${status}`] ?? 0) + 1
  }
  const reader = async (at: number): Promise<void> => {
    for (let n = 0; running; n++) {
      const id = idOf(at, n)
      const reply = await caller.call({ id: 'auditor' }, `/fhir/Observation/${id}`)
      note(id, reply)
      await sleep(reply.status === 0 ? 100 : 5)
    }
  }
  const work = Array.from({ length: READERS }, (_, at) => reader(at))
  return {
    answered,
    odd,
    async stop() {
      running = false
      await Promise.all(work)
    },
  }
}

/** Those of the ids that no AuditEvent names. */
export async function unaccounted(store: Store, ids: readonly string[]): Promise<string[]> {
  const missing: string[] = []
  for (const id of ids) {
    const plan = { kind: 'keys' as const, keys: [`entity>Observation/${id}`] }
    if ((await store.count(systemDecision('fault check'), 'AuditEvent', plan)) === 0) missing.push(id)
  }
  return missing
}
