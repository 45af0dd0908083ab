/** JSON texts of what a record says. Its statements are made of the texts of elements and list items, its digest of whole resources: each is made once. */

/** JSON text of a value; decimals keep their digits. The same object gives the same text again: what is mapped is never changed in place. */
export type Texts = (value: unknown) => string

const NAMES_MAX = 2_000
const names = new Map<string, string>()

/** JSON text of an element's name. They come again with each resource. */
export function quoted(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const made = JSON.stringify(name)
  if (names.size >= NAMES_MAX) names.clear()
  names.set(name, made)
  return made
}

export function textsOf(): Texts {
  const known = new Map<object, string>()
  const textOf = (value: unknown): string => {
    if (value === null || typeof value !== 'object') return JSON.stringify(value)
    const found = known.get(value)
    if (found !== undefined) return found
    const made = Array.isArray(value) ? listText(value) : 'resourceType' in value ? resourceText(value) : JSON.stringify(value)
    known.set(value, made)
    return made
  }
  // As JSON.stringify writes them: a member without a value is left out, an item without one is null.
  const listText = (items: readonly unknown[]): string => `[${items.map((item) => (item === undefined ? 'null' : textOf(item))).join(',')}]`
  const resourceText = (resource: object): string => {
    let text = ''
    for (const [name, member] of Object.entries(resource))
      if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${textOf(member)}`
    return `{${text}}`
  }
  return textOf
}
