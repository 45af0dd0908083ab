/**
 * Functions of FHIRPath that ask for more than the resource (R4 fhirpath.html#functions): value sets, profiles, what a reference
 * points to. Nothing is fetched: what is not known here, or not in the resource or its Bundle, is empty.
 */
import fhirpath, { type UserInvocationTable } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import type { Environment, Host } from './functions.ts'

/** Evaluation is synchronous: this is the environment of the expression that is being evaluated. */
let current: Environment | undefined

export function within<T>(env: Environment, evaluate: () => T): T {
  const outer = current
  current = env
  try {
    return evaluate()
  } finally {
    current = outer
  }
}

const asNode = fhirpath.compile('$this', r4, { async: false, resolveInternalTypes: false }) as (resource: object) => unknown[]

const known = (value: boolean | undefined): boolean[] => (value === undefined ? [] : [value])

/** Of one item with the name that the function is given. */
const ofOne = (ask: (host: Host, item: unknown, name: string, env: Environment) => boolean | undefined) => ({
  fn: (inputs: unknown[], name: string): boolean[] => {
    const host = current?.host
    return host && current && inputs.length === 1 ? known(ask(host, inputs[0], name, current)) : []
  },
  arity: { 1: ['String' as const] },
})

export const HOST_FUNCTIONS: UserInvocationTable = {
  memberOf: ofOne((host, item, valueSet) => host.isMember(item, valueSet)),
  conformsTo: ofOne((host, item, profile, env) => host.conforms(item, profile, env)),
  hasTemplateIdOf: ofOne((host, item, profile) => {
    const wanted = host.identifiersOf(profile)
    return wanted && templatesOf(item).some((id) => wanted.includes(id))
  }),
  // The package compares each item with each: a Bundle, CodeSystem or StructureDefinition has thousands.
  isDistinct: { fn: (inputs: unknown[]): boolean[] => [new Set(inputs.map(textOf)).size === inputs.length], arity: { 0: [] } },
  resolve: {
    fn: (inputs: unknown[]): unknown[] =>
      inputs.flatMap((item) => {
        const found = current?.host?.resolve(item, current)
        return found ? asNode(found) : []
      }),
    arity: { 0: [] },
  },
}

/** As a text that equal items have in common, whatever the order of their members. */
const textOf = (item: unknown): string =>
  JSON.stringify(item, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

/** `root` and `extension` of the templateIds of a CDA element, as `urn:hl7ii:root:extension` or `urn:oid:root`. */
function templatesOf(item: unknown): string[] {
  const { templateId } = (item ?? {}) as { templateId?: unknown }
  const list = (Array.isArray(templateId) ? templateId : [templateId]) as ({ root?: unknown; extension?: unknown } | undefined)[]
  return list.flatMap((each) => {
    if (typeof each?.root !== 'string') return []
    return each.extension === undefined ? [`urn:oid:${each.root}`] : [`urn:hl7ii:${each.root}:${String(each.extension)}`]
  })
}
