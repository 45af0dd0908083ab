/** The elements of a list, of a resource that need not be valid yet: what is no list has none, and what is no object is none. */
export const objectsIn = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((one) => one !== null && typeof one === 'object' && !Array.isArray(one)) : []
