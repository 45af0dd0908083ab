/** Values of JSON with something changed in them, wherever it stands. */

type Json = Record<string, unknown>

/** A value with its objects changed from within; itself where none is. `undefined` leaves a member out. */
export function eachObject(value: unknown, change: (one: Json) => Json | undefined): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const items = value.map((one) => eachObject(one, change))
    if (items.every((one, at) => one === value[at])) return value
    const left = items.filter((one) => one !== undefined)
    return left.length === 0 ? undefined : left
  }
  let made = value as Json
  for (const [name, member] of Object.entries(value)) {
    const inner = eachObject(member, change)
    if (inner === member) continue
    const { [name]: _, ...rest } = made
    made = inner === undefined ? rest : { ...made, [name]: inner }
  }
  return change(made)
}
