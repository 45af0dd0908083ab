/** Ways to break a valid resource that many profiles have in common. Paths are those of the JSON: `performer[0].function`. */
import type { Expected, ProfileCases } from './case.ts'
import { profile } from './case.ts'

export type Broken = ProfileCases['broken'][number]

type Json = Record<string, unknown>
type Step = string | number

export const PATIENT = { reference: 'Patient/1' }
export const VISIT = { reference: 'Encounter/1' }
export const HOSPITAL = { reference: 'Organization/H1' }
export const DOCTOR = { reference: 'Practitioner/1' }

const stepsOf = (path: string): Step[] =>
  path.split('.').flatMap((part) => {
    const [name = '', index] = part.replace(']', '').split('[')
    return index === undefined ? [name] : [name, Number(index)]
  })

/** What holds the last step of the path. */
function holderOf(resource: unknown, path: string): [holder: Json, last: Step] {
  const steps = stepsOf(path)
  const last = steps.pop() ?? ''
  let holder = resource as Json
  for (const step of steps) holder = holder[step] as Json
  if (holder === undefined || !(last in holder)) throw new Error(`the valid resource has no ${path}`)
  return [holder, last]
}

const listOf = (path: string): string => path.replace(/\[\d+\]$/, '')

/** A mandatory element is taken away, or the only item of a mandatory list. @param expected of another place or profile */
export function lacks(type: string, path: string, expected: Partial<Expected> = {}): Broken {
  const change = (resource: unknown): void => {
    const [holder, last] = holderOf(resource, path)
    delete holder[last]
  }
  return [`no ${path}`, change, { code: 'required', expression: `${type}.${path}`, ...expected }]
}

/** Another value stands at the path. */
export function holds(what: string, path: string, value: unknown, expected: Expected): Broken {
  const change = (resource: unknown): void => {
    const [holder, last] = holderOf(resource, path)
    holder[last] = value
  }
  return [what, change, expected]
}

/** A code outside of a binding. */
export function outside(type: string, path: string, value: unknown, expected: Partial<Expected> = {}): Broken {
  return holds(`${path} of another table`, path, value, { code: 'binding', expression: `${type}.${path}`, ...expected })
}

/** A value that is not the one that the profile fixes. */
export function differs(type: string, path: string, value: unknown): Broken {
  return holds(`another ${path}`, path, value, { code: 'fixed', expression: `${type}.${path}` })
}

/** A reference to a resource of a type that is not allowed. */
export function pointsTo(type: string, path: string, reference: string, allowed: string, at = path): Broken {
  return holds(`${path} is ${reference}`, path, { reference }, { code: 'type', rule: `Reference(${allowed})`, expression: `${type}.${at}` })
}

/** An item of a mandatory slice is of no slice any more. */
export function unsliced(type: string, path: string, slice: string, value: unknown): Broken {
  return holds(`no ${slice} in ${listOf(path)}`, path, value, {
    code: 'slice',
    rule: `${slice} min 1`,
    expression: `${type}.${listOf(path)}`,
  })
}

/** An item of a slice that may stand once stands twice. */
export function twice(type: string, path: string, slice: string): Broken {
  const change = (resource: unknown): void => {
    const [holder, last] = holderOf(resource, path)
    ;(holder as unknown as unknown[]).push(structuredClone(holder[last]))
  }
  return [`${slice} twice`, change, { code: 'slice', rule: `${slice} max 1`, expression: `${type}.${listOf(path)}` }]
}

/** An invariant that does not hold. @param path of the element that it stands on, '' for the resource */
export function breaks(
  type: string,
  rule: string,
  what: string,
  change: Broken[1],
  { severity = 'error', path = '' }: { severity?: 'error' | 'warning'; path?: string } = {},
): Broken {
  return [what, change, { code: 'invariant', rule, expression: path === '' ? type : `${type}.${path}`, severity }]
}

export const warns = (type: string, rule: string, what: string, change: Broken[1]): Broken =>
  breaks(type, rule, what, change, { severity: 'warning' })

/** Every identifier has a system and a value. */
export const identified = (type: string, path = 'identifier[0]'): Broken[] => [lacks(type, `${path}.system`), lacks(type, `${path}.value`)]

/** An extension that may stand once, each at its place in `extension`. */
export const single = (type: string, slices: readonly string[], path = 'extension'): Broken[] =>
  slices.map((slice, index) => twice(type, `${path}[${index}]`, slice))

/** An extension of ours. */
export const extension = (id: string, value: object): object => ({ url: profile(id), ...value })
