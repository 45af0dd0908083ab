/** Seeded chance: the same seed gives the same run of choices. */

export interface Random {
  readonly seed: number
  /** in [0, 1) */
  next(): number
  /** integer in [0, below) */
  below(below: number): number
  pick<T>(list: readonly T[]): T
  /** one of its own, so that parts that run beside each other do not disturb each other's choices */
  fork(name: string): Random
}

/** mulberry32: small, and good enough to choose faults by. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    seed,
    next,
    below,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    fork: (name) => randomOf(seed ^ hashOf(name)),
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** From `--seed N` or SEED; otherwise the usual one, or one of this moment. It is printed by every check. */
export function seedOf(args: readonly string[], environment: NodeJS.ProcessEnv, usual?: number): number {
  const given = args[args.indexOf('--seed') + 1]
  const text = args.includes('--seed') ? given : environment.SEED
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : (usual ?? Date.now() % 2 ** 31)
}
