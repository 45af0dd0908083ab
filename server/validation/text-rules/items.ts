/** Items of a list that are objects, with their places: rules look at what can be read of JSON that may have errors. */
export function objectsOf<T extends object>(list: unknown): [index: number, item: Partial<T>][] {
  if (!Array.isArray(list)) return []
  return [...(list as unknown[]).entries()].filter((pair): pair is [number, T] => pair[1] !== null && typeof pair[1] === 'object')
}
