/** A resource with structural errors, without the members that cannot be read: what the other layers then say is no echo of them. */
import type { ErrorObject } from 'ajv'

type Json = Record<string, unknown>

/** Keywords of errors that make a member unreadable: another JSON type, an empty list. */
const UNREADABLE: ReadonlySet<string> = new Set(['type', 'minItems'])

/** A copy without those members; the resource itself when all can be read. Items of lists stay: others would lose their places. */
export function readable(resource: Json, errors: readonly ErrorObject[]): Json {
  const pointers = errors.filter(({ keyword, instancePath }) => UNREADABLE.has(keyword) && !/(?:^|\/)\d+$/.test(instancePath))
  if (pointers.length === 0) return resource
  const copy = structuredClone(resource)
  for (const { instancePath } of pointers) remove(copy, instancePath.split('/').slice(1).map(unescaped))
  return copy
}

const unescaped = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')

function remove(resource: Json, steps: string[]): void {
  const last = steps.pop()
  let holder: unknown = resource
  for (const step of steps) holder = (holder as Json | undefined)?.[step]
  if (last !== undefined && holder !== null && typeof holder === 'object') delete (holder as Json)[last]
}
