/** What $merge and $unmerge are asked: whom, by reference or identifiers (R6 patient-operation-merge.html; HAPI FHIR's names are the same). */
import { arrayItems, compactJson, members } from '../../fhir/resource-text.ts'
import { parseReference } from '../../fhir/reference.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { requireScope } from '../../interactions/checks.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import { type InParameter, inParameters, oneBoolean } from '../in-parameters.ts'

export interface Identifier {
  system?: string
  value: string
}

/** One of the two. */
export interface Role {
  name: 'source-patient' | 'target-patient'
  id?: string
  identifiers: Identifier[]
}

export interface Asked {
  source: Role
  target: Role
  preview: boolean
  /** text of `result-patient` */
  result?: string
  /** of the Parameters as sent, compact */
  input: string
}

const NAMES = ['source-patient', 'source-patient-identifier', 'target-patient', 'target-patient-identifier', '_format', '_pretty']
/** How HAPI FHIR is told to work; here it is one transaction, and nothing is deleted. */
const HAPI_NAMES = ['batch-size', 'delete-source']

/** Operators only, before anything is looked for. @throws OutcomeError forbidden, not-permitted */
export function requireOperator({ actor }: FhirRequest): void {
  requireScope(actor, 'Patient', 'u')
  requireScope(actor, 'Provenance', 'c')
  if (actor.party !== 'operator' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

/** @throws OutcomeError parameter-unknown, parameter-invalid, parameter-repeated, required */
export function askedOf(deps: FhirDeps, request: FhirRequest, more: readonly string[]): Asked {
  const parameters = inParameters(request)
  const known = new Set([...NAMES, ...HAPI_NAMES, ...more])
  const unknown = parameters.find(({ name }) => !known.has(name))
  if (unknown) throw paramError('parameter-unknown', unknown.name)
  if (oneBoolean(parameters, 'delete-source')) throw paramError('parameter-invalid', 'delete-source')
  const results = parameters.filter(({ name }) => name === 'result-patient')
  if (results.length > 1) throw paramError('parameter-repeated', 'result-patient')
  const input = request.body && request.body.length > 0 ? compactJson(request.body) : '{"resourceType":"Parameters"}'
  const result = results.length === 0 ? undefined : resourceIn(input, 'result-patient')
  if (results.length > 0 && result === undefined) throw paramError('parameter-invalid', 'result-patient')
  return {
    source: roleOf(deps, parameters, 'source-patient'),
    target: roleOf(deps, parameters, 'target-patient'),
    preview: oneBoolean(parameters, 'preview') ?? false,
    ...(result === undefined ? {} : { result }),
    input,
  }
}

/** Text of the resource in the parameter of this name. */
function resourceIn(parameters: string, name: string): string | undefined {
  const member = (text: string, key: string): string | undefined => {
    const found = members(text).find((one) => one.key === key)
    return found && text.slice(found.valueStart, found.valueEnd)
  }
  const item = arrayItems(member(parameters, 'parameter') ?? '[]').find((one) => member(one, 'name') === JSON.stringify(name))
  return item === undefined ? undefined : member(item, 'resource')
}

function roleOf(deps: FhirDeps, parameters: readonly InParameter[], name: Role['name']): Role {
  const [first, ...others] = parameters.filter((one) => one.name === name)
  if (others.length > 0) throw paramError('parameter-repeated', name)
  const reference = (first?.value ?? {}) as { reference?: unknown; identifier?: unknown }
  const named = parameters.filter((one) => one.name === `${name}-identifier`).map(({ value }) => value)
  const given = [...(reference.identifier === undefined ? [] : [reference.identifier]), ...named]
  const identifiers = given.map((value) => identifierOf(value, name))
  if (first && reference.reference === undefined && reference.identifier === undefined) throw paramError('parameter-invalid', name)
  if (reference.reference === undefined && identifiers.length === 0) throw paramError('parameter-invalid', name)
  if (reference.reference === undefined) return { name, identifiers }
  const local = typeof reference.reference === 'string' ? parseReference(reference.reference, deps.baseUrl) : undefined
  if (local?.kind !== 'local' || local.type !== 'Patient') throw paramError('parameter-invalid', name)
  return { name, id: local.id, identifiers }
}

function identifierOf(value: unknown, name: string): Identifier {
  const { system, value: text } = (value ?? {}) as { system?: unknown; value?: unknown }
  const isSystem = system === undefined || typeof system === 'string'
  if (typeof text !== 'string' || text === '' || !isSystem) throw paramError('parameter-invalid', `${name}-identifier`)
  return { ...(system === undefined ? {} : { system }), value: text }
}

/** Whom a role means. @throws OutcomeError merge-unknown, merge-several, merge-mismatch */
export async function patientOf(deps: FhirDeps, { name, id, identifiers }: Role): Promise<string> {
  const expression = [name]
  if (id !== undefined) {
    const doc = await deps.merging.current(id)
    if (!doc || doc.deleted) throw new OutcomeError('merge-unknown', { expression })
    if (!hasAll(JSON.parse(Buffer.from(doc.body).toString()) as FhirResource, identifiers))
      throw new OutcomeError('merge-mismatch', { expression })
    return id
  }
  const [found, ...more] = await deps.merging.named(identifiers)
  if (found === undefined) throw new OutcomeError('merge-unknown', { expression })
  if (more.length > 0) throw new OutcomeError('merge-several', { expression })
  return found
}

export function hasAll(patient: FhirResource, identifiers: readonly Identifier[]): boolean {
  const own = Array.isArray(patient.identifier) ? (patient.identifier as ({ system?: unknown; value?: unknown } | null)[]) : []
  return identifiers.every(({ system, value }) =>
    own.some((one) => one?.value === value && (system === undefined || one.system === system)),
  )
}
