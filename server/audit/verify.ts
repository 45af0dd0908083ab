/** Walks every chain of the audit from its start and says where it is not what was written. */
import { systemDecision } from '../access/decision.ts'
import { nextHash, startHash } from '../store/chain.ts'
import type { ChainPosition, Store } from '../store/types.ts'

export interface AuditProblem {
  chain: string
  /** position in the chain where it shows */
  n: number
  /** `gap` removed, `content` edited or moved, `tail` cut off at the end, `unknown-chain` without a noted head */
  kind: 'gap' | 'content' | 'tail' | 'unknown-chain'
}

export interface AuditVerification {
  ok: boolean
  chains: number
  entries: number
  /** the first PROBLEMS_MAX of them */
  problems: AuditProblem[]
}

const PROBLEMS_MAX = 1000

/**
 * Streams all entries. A removed, edited or moved entry shows in the numbers or hashes; a tail that was cut off shows against
 * the chain's noted head, which is at most a second old.
 */
export async function verifyAudit(store: Store): Promise<AuditVerification> {
  const d = systemDecision('audit verification')
  // Heads first: entries that are added while the walk goes on lie behind them.
  const heads = new Map((await store.audit.heads(d)).map((head) => [head.c, head]))
  const problems: AuditProblem[] = []
  const seen = new Set<string>()
  let entries = 0
  let walk: Walk | undefined
  const finish = () => {
    if (walk) problems.push(...endOf(walk, heads.get(walk.c)))
  }
  for await (const { body, chain } of store.audit.entries(d)) {
    entries++
    if (walk?.c !== chain.c) {
      finish()
      walk = { c: chain.c, n: 0, h: startHash(chain.c), headSeen: false }
      seen.add(chain.c)
    }
    const kind = step(walk, chain, body, heads.get(chain.c))
    if (kind) problems.push({ chain: chain.c, n: chain.n, kind })
    if (problems.length >= PROBLEMS_MAX) break
  }
  finish()
  for (const head of heads.values()) {
    if (!seen.has(head.c) && head.n > 0) problems.push({ chain: head.c, n: head.n, kind: 'tail' })
  }
  return { ok: problems.length === 0, chains: seen.size, entries, problems: problems.slice(0, PROBLEMS_MAX) }
}

interface Walk {
  c: string
  n: number
  h: Uint8Array
  headSeen: boolean
}

/** Goes on from what stands, so that one edited entry is one problem and not all behind it. */
function step(walk: Walk, chain: ChainPosition, body: Uint8Array, head: ChainPosition | undefined): AuditProblem['kind'] | undefined {
  const gap = chain.n !== walk.n + 1
  const fits = !gap && same(nextHash(walk.h, body), chain.h)
  walk.n = chain.n
  walk.h = chain.h
  if (head && chain.n === head.n) walk.headSeen = same(chain.h, head.h)
  if (gap) return 'gap'
  return fits ? undefined : 'content'
}

function endOf(walk: Walk, head: ChainPosition | undefined): AuditProblem[] {
  if (!head) return [{ chain: walk.c, n: walk.n, kind: 'unknown-chain' }]
  if (head.n > walk.n) return [{ chain: walk.c, n: walk.n, kind: 'tail' }]
  if (head.n > 0 && !walk.headSeen) return [{ chain: walk.c, n: head.n, kind: 'content' }]
  return []
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
