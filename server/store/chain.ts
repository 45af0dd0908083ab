/**
 * The hash chain of audit entries. One writing lane of one process and start has one chain: only it appends, one flush after
 * the other, so numbers have no gaps. A flush works on a draft of the position and makes it the lane's own only when the
 * entries are durable; when that cannot be known, the chain is left as it is and another begun.
 */
import { hash, randomBytes } from 'node:crypto'
import type { AuditDoc } from './documents.ts'
import type { AuditRecord } from './types.ts'

export interface Chain {
  id: string
  n: number
  h: Uint8Array
  /** rows on which its transactions lean by their entries: see chain-ends.ts */
  leans?: Set<string>
}

/** A new chain; its zero hash is its own name, so that two chains never share a piece. */
export function newChain(): Chain {
  const id = randomBytes(12).toString('base64url')
  return { id, n: 0, h: startHash(id) }
}

export function startHash(id: string): Uint8Array {
  return hash('sha256', id, 'buffer')
}

export function nextHash(former: Uint8Array, body: Uint8Array): Uint8Array {
  return hash('sha256', Buffer.concat([former, body]), 'buffer')
}

/** Documents for the records, in the chain's next positions; `chain` is moved on: pass a draft (`{ ...chain }`). */
export function auditDocuments(records: readonly AuditRecord[], chain: Chain): AuditDoc[] {
  return records.map(({ id, at, body, keys, shape, acc }) => {
    chain.n += 1
    chain.h = nextHash(chain.h, body)
    return { _id: id, at, body, keys, shape, acc, chain: { c: chain.id, n: chain.n, h: chain.h } }
  })
}
