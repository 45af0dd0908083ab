/**
 * Group commit. Units that arrive while transactions run wait together and go into the next one, each with its own outcome:
 * a journaled majority commit costs the same for one as for fifty. Units that touch the same documents are never in two
 * transactions at the same time, so that they do not disturb each other; other processes are met by trying again.
 */
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { Conflict } from './conflict.ts'
import { fieldBytes } from './field-bytes.ts'
import { soon } from './soon.ts'
import { documentKey } from './unit-plan.ts'
import type { WriteResult, WriteUnit } from './types.ts'

interface Waiting {
  unit: WriteUnit
  touches: string[]
  bytes: number
  resolve(result: WriteResult): void
  reject(error: unknown): void
}

/** Runs units in one transaction; throws Conflict when they cannot all be decided together. */
export type RunGroup = (units: readonly WriteUnit[], lane: number) => Promise<WriteResult[]>

export interface Committer {
  submit(unit: WriteUnit): Promise<WriteResult>
  /** resolves when nothing waits or runs any more; what comes later is refused */
  close(): Promise<void>
}

export function createCommitter(runGroup: RunGroup, lanes: number = BOUNDS.commitLanes): Committer {
  const queue: Waiting[] = []
  const touched = new Set<string>()
  const idle: number[] = Array.from({ length: lanes }, (_, lane) => lane)
  let closed = false
  let onEmpty = () => {}

  const pump = () => {
    while (idle.length > 0 && queue.length > 0) {
      const group = takeGroup(queue, touched)
      if (group.length === 0) break
      const lane = idle.pop() as number
      for (const { touches } of group) for (const key of touches) touched.add(key)
      void runAll(group, lane, runGroup).finally(() => {
        for (const { touches } of group) for (const key of touches) touched.delete(key)
        idle.push(lane)
        wake()
      })
    }
    if (idle.length === lanes && queue.length === 0) onEmpty()
  }
  const wake = soon(pump)

  return {
    submit(unit) {
      if (closed) return Promise.reject(new OutcomeError('unavailable'))
      if (queue.length >= BOUNDS.commitQueue) return Promise.reject(new OutcomeError('busy', {}, { 'Retry-After': '1' }))
      return new Promise((resolve, reject) => {
        queue.push({ unit, touches: touchesOf(unit), bytes: bytesOf(unit), resolve, reject })
        wake()
      })
    },
    async close() {
      closed = true
      if (idle.length === lanes && queue.length === 0) return
      await new Promise<void>((resolve) => {
        onEmpty = resolve
      })
    },
  }
}

/** The oldest units that fit together and touch nothing that is being written; what they touch may overlap among them. */
function takeGroup(queue: Waiting[], touched: ReadonlySet<string>): Waiting[] {
  const group: Waiting[] = []
  const passedOver = new Set<string>()
  let bytes = 0
  let at = 0
  while (at < queue.length && group.length < BOUNDS.groupUnits) {
    const next = queue[at] as Waiting
    if (next.touches.some((key) => touched.has(key) || passedOver.has(key))) {
      // Who came later may not overtake on the same document.
      for (const key of next.touches) passedOver.add(key)
      at++
      continue
    }
    if (group.length > 0 && bytes + next.bytes > BOUNDS.groupBytes) break
    bytes += next.bytes
    group.push(next)
    queue.splice(at, 1)
  }
  return group
}

async function runAll(group: Waiting[], lane: number, runGroup: RunGroup): Promise<void> {
  try {
    const results = await runGroup(
      group.map(({ unit }) => unit),
      lane,
    )
    group.forEach((waiting, i) => {
      waiting.resolve(results[i] as WriteResult)
    })
  } catch (error) {
    // One unit spoils the transaction of all: each gets its own. A database that is away is away for each of them.
    if (group.length > 1 && mayBeOnesOwn(error)) for (const waiting of group) await runAll([waiting], lane, runGroup)
    else for (const waiting of group) waiting.reject(error)
  }
}

function mayBeOnesOwn(error: unknown): boolean {
  return error instanceof Conflict || !(error instanceof OutcomeError) || error.issues[0]?.code !== 'unavailable'
}

function touchesOf(unit: WriteUnit): string[] {
  const touches = unit.writes.map((write) => documentKey(write.type, write.id))
  for (const claim of unit.claims ?? []) touches.push(`claim:${claim.key}`)
  for (const side of unit.side ?? []) {
    // Units lean on one row beside each other.
    if (side.op === 'lean') continue
    const id = 'doc' in side ? side.doc._id : side.where._id
    touches.push(`${side.table}:${typeof id === 'string' || typeof id === 'number' ? id : '*'}`)
  }
  return touches
}

/** Rough: bodies are rendered later, so a resource counts as a few kilobytes; what is known counts as it is. */
function bytesOf(unit: WriteUnit): number {
  let bytes = unit.writes.length * 4096 + (unit.audit?.length ?? 0) * 2048
  for (const side of unit.side ?? []) bytes += 1024 + fieldBytes('doc' in side ? side.doc : 'set' in side ? side.set : undefined)
  return bytes
}
