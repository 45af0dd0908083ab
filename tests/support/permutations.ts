/** All orders of the numbers below this one: what came in any order is to end the same. */
export const permutations = (count: number): number[][] =>
  count === 0 ? [[]] : permutations(count - 1).flatMap((rest) => Array.from({ length: count }, (_, at) => rest.toSpliced(at, 0, count - 1)))
