/** How good linking is, in pairs of records. */

export interface Placed {
  /** under whom it stands */
  person: string
  /** who it is */
  truth: number
  /** what was wrong when it was written down */
  slips: readonly string[]
}

export interface Linking {
  precision: number
  recall: number
  truePairs: number
  foundPairs: number
  wrongPairs: number
}

const pairs = (count: number): number => (count * (count - 1)) / 2
const sum = (all: Iterable<number>): number => [...all].reduce((so, one) => so + one, 0)

/** Of pairs of records: how many of those that stand as one person are of one, and how many of those that are stand so. */
export function linking(placed: readonly Pick<Placed, 'person' | 'truth'>[]): Linking {
  const sizes = (key: (one: Pick<Placed, 'person' | 'truth'>) => string): number[] =>
    [...Map.groupBy(placed, key).values()].map(({ length }) => pairs(length))
  const truePairs = sum(sizes(({ truth }) => String(truth)))
  const foundPairs = sum(sizes(({ person }) => person))
  const right = sum(sizes(({ person, truth }) => `${person}|${truth}`))
  return {
    precision: foundPairs === 0 ? 1 : right / foundPairs,
    recall: truePairs === 0 ? 1 : right / truePairs,
    truePairs,
    foundPairs,
    wrongPairs: foundPairs - right,
  }
}

/** Records outside of the largest group of their person, by what was wrong with them. */
export function splitOff(placed: readonly Placed[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const own of Map.groupBy(placed, ({ truth }) => truth).values()) {
    const groups = [...Map.groupBy(own, ({ person }) => person).values()].sort((a, b) => b.length - a.length)
    for (const { slips } of groups.slice(1).flat()) {
      const why = slips[0] ?? 'nothing'
      counts[why] = (counts[why] ?? 0) + 1
    }
  }
  return counts
}

/** Persons under whom records of several stand: who these are. */
export function mixed(placed: readonly Placed[], most: number): number[][] {
  return [...Map.groupBy(placed, ({ person }) => person).values()]
    .map((own) => [...new Set(own.map(({ truth }) => truth))])
    .filter(({ length }) => length > 1)
    .slice(0, most)
}
