/** In-parameters of an operation (R4 operations.html#request): of the query, and of Parameters that are sent. */
import { parseResource } from '../fhir/resource-text.ts'
import { checkParametersForm } from '../interactions/parameters-form.ts'
import type { FhirRequest } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'

export interface InParameter {
  name: string
  /** of a simple type as its text; of another type, or a resource, as it was sent */
  value: unknown
  /** where it stands in Parameters; absent: in the query */
  at?: string
  /** what it is made of, where it has parts */
  part?: readonly unknown[]
}

/** The one in-parameter of an operation that is a resource: "the operation can also be executed by a POST with that resource as the body". */
export interface SoleResource {
  name: string
  type: string
}

/** Those of the query first. @throws OutcomeError resource-type-mismatch, required, and what their form is wrong by */
export function inParameters(request: FhirRequest, sole?: SoleResource): InParameter[] {
  const ofQuery = request.query.map(([name, value]): InParameter => ({ name, value }))
  if (!request.body || request.body.length === 0) return ofQuery
  const { resource, decimals } = parseResource(request.body)
  if (sole && resource.resourceType === sole.type) return [...ofQuery, { name: sole.name, value: resource, at: sole.type }]
  if (resource.resourceType !== 'Parameters') throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  checkParametersForm(resource)
  const list: unknown[] = Array.isArray(resource.parameter) ? resource.parameter : []
  const sent = list.map((item, n): InParameter => {
    const at = `Parameters.parameter[${n}]`
    const holder = (item ?? {}) as Record<string, unknown>
    const { name } = holder
    if (typeof name !== 'string') throw new OutcomeError('required', { expression: [`${at}.name`], params: { profile: 'FHIR R4' } })
    const key = Object.keys(holder).find((one) => one === 'resource' || one.startsWith('value')) ?? ''
    const value = holder[key]
    // A number as it was written.
    const text = typeof value === 'number' ? decimals.text(holder, key) : typeof value === 'boolean' ? String(value) : value
    return { name, value: text, at, ...(Array.isArray(holder.part) ? { part: holder.part as unknown[] } : {}) }
  })
  return [...ofQuery, ...sent]
}

/** As pairs, where all parameters are simple ones; a complex value is as an empty one. */
export const simplePairs = (parameters: readonly InParameter[]): [string, string][] =>
  parameters.map(({ name, value }) => [name, typeof value === 'string' ? value : ''])

/** The one value of a simple parameter. @throws OutcomeError parameter-repeated, parameter-invalid */
export function oneText(parameters: readonly InParameter[], name: string): string | undefined {
  const [first, ...others] = parameters.filter((one) => one.name === name)
  if (others.length > 0) throw paramError('parameter-repeated', name)
  if (first === undefined) return undefined
  if (typeof first.value !== 'string' || first.value === '') throw paramError('parameter-invalid', name)
  return first.value
}

/** @throws OutcomeError parameter-repeated, parameter-invalid */
export function oneBoolean(parameters: readonly InParameter[], name: string): boolean | undefined {
  const text = oneText(parameters, name)
  if (text !== undefined && text !== 'true' && text !== 'false') throw paramError('parameter-invalid', name)
  return text === undefined ? undefined : text === 'true'
}

/** A positiveInt. @throws OutcomeError parameter-repeated, parameter-invalid */
export function onePositive(parameters: readonly InParameter[], name: string): number | undefined {
  const text = oneText(parameters, name)
  if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text)) throw paramError('parameter-invalid', name)
  return text === undefined ? undefined : Number(text)
}
