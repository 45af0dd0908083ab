/** In-parameters that several operations of the terminology share: codes in all their forms, and definitions that are sent. */
import { DecimalTexts } from '../../fhir/resource-text.ts'
import type { FhirCoding, FhirResource } from '../../fhir/types.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import { toOutcomeIssues } from '../../validation/issue.ts'
import { type InParameter, inParameters, oneText, type SoleResource } from '../in-parameters.ts'

export type { InParameter } from '../in-parameters.ts'

/** `date`: definitions as they were at another time are not kept apart from those of today. `context`: see docs/terminology.md. */
const RESTRICTING: ReadonlySet<string> = new Set(['date', 'context', 'contextDirection'])

/** @throws OutcomeError parameter-unsupported, parameter-unknown (with `Prefer: handling=strict`) */
export function parametersOf(request: FhirRequest, understood: readonly string[], sole?: SoleResource): InParameter[] {
  const parameters = inParameters(request, sole)
  const named = parameters.map(({ name }): [string, string] => [name, ''])
  checkParameters(request, named, { understood: new Set(understood), restricting: RESTRICTING })
  return parameters
}

/** A complex value, or a resource. @throws OutcomeError parameter-repeated, parameter-invalid */
export function oneObject(parameters: readonly InParameter[], name: string): Record<string, unknown> | undefined {
  const [first, ...others] = parameters.filter((one) => one.name === name)
  if (others.length > 0) throw paramError('parameter-repeated', name)
  if (first === undefined) return undefined
  const { value } = first
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw paramError('parameter-invalid', name)
  return value as Record<string, unknown>
}

/** All values of a simple parameter. @throws OutcomeError parameter-invalid */
export function listOf(parameters: readonly InParameter[], name: string): string[] {
  return parameters.flatMap((one) => {
    if (one.name !== name) return []
    if (typeof one.value !== 'string' || one.value === '') throw paramError('parameter-invalid', name)
    return [one.value]
  })
}

const CODING_TEXTS = ['system', 'version', 'code', 'display'] as const

/** @throws OutcomeError parameter-invalid */
export function codingIn(value: unknown, name: string): FhirCoding {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw paramError('parameter-invalid', name)
  const coding = value as Record<string, unknown>
  if (CODING_TEXTS.some((key) => coding[key] !== undefined && (typeof coding[key] !== 'string' || coding[key] === '')))
    throw paramError('parameter-invalid', name)
  return Object.fromEntries(CODING_TEXTS.flatMap((key) => (coding[key] === undefined ? [] : [[key, coding[key]]]))) as FhirCoding
}

export function oneCoding(parameters: readonly InParameter[], name: string): FhirCoding | undefined {
  const value = oneObject(parameters, name)
  return value && codingIn(value, name)
}

export const CONCEPT_CODINGS_MAX = 100

/** The codings of a CodeableConcept. @throws OutcomeError parameter-invalid, parameter-values */
export function conceptCodings(value: unknown, name: string): FhirCoding[] {
  const { coding = [] } = (value ?? {}) as { coding?: unknown }
  if (!Array.isArray(coding)) throw paramError('parameter-invalid', name)
  if (coding.length > CONCEPT_CODINGS_MAX) throw paramError('parameter-values', name, { max: String(CONCEPT_CODINGS_MAX) })
  return coding.map((one) => codingIn(one, name))
}

/**
 * The codes that are asked about, in one of three forms: `code` with what goes with it, `coding`, or `codeableConcept`.
 * @param version name of the parameter with the version of the system
 * @throws OutcomeError parameters-exclusive, parameter-missing
 */
export function askedCodings(parameters: readonly InParameter[], version: string, forms: readonly string[]): FhirCoding[] {
  const given = forms.filter((form) => parameters.some(({ name }) => name === form))
  const [form, other] = given
  if (form === undefined) throw paramError('parameter-missing', 'code')
  if (other !== undefined) throw paramError('parameters-exclusive', other)
  if (form === 'coding') return [oneCoding(parameters, form) ?? {}]
  if (form === 'codeableConcept') return conceptCodings(oneObject(parameters, form), form)
  const named = { code: oneText(parameters, 'code'), system: oneText(parameters, 'system'), version: oneText(parameters, version) }
  const display = oneText(parameters, 'display')
  return [Object.fromEntries(Object.entries({ ...named, display }).filter(([, value]) => value !== undefined)) as FhirCoding]
}

/** A definition that is sent with the question, sound in its form. @throws OutcomeError resource-type-mismatch, and what a validator finds */
export function sentDefinition(deps: FhirDeps, parameters: readonly InParameter[], name: string, type: string): FhirResource | undefined {
  const value = oneObject(parameters, name)
  if (!value) return undefined
  const at = parameters.find((one) => one.name === name)?.at ?? name
  if (value.resourceType !== type) throw new OutcomeError('resource-type-mismatch', { expression: [`${at}.resource.resourceType`] })
  const found = deps.validator.validate(value as FhirResource, { mode: 'create', decimals: new DecimalTexts() })
  const errors = found.filter(({ severity, kind }) => (severity === 'error' || severity === 'fatal') && kind === 'structure')
  if (errors.length > 0) throw new OutcomeError(toOutcomeIssues(errors))
  return value as FhirResource
}

/** Which definition: the instance, one that is sent, or one by its address. @throws OutcomeError parameters-exclusive, parameter-missing */
export function checkOneOf(given: Readonly<Record<string, unknown>>, instance: boolean): void {
  const names = Object.keys(given).filter((name) => given[name] !== undefined)
  const [first] = names
  if (instance && first !== undefined) throw paramError('parameters-exclusive', first)
  if (names.length > 1) throw paramError('parameters-exclusive', names[1] ?? '')
  if (!instance && first === undefined) throw paramError('parameter-missing', Object.keys(given)[0] ?? '')
}

/** A parameter of Parameters with its value. */
export type OutParameter = Record<string, unknown>

/** FHIR has no empty lists (R4 json.html). */
export const parametersAnswer = (parameter: readonly OutParameter[]): FhirResource => ({
  resourceType: 'Parameters',
  ...(parameter.length > 0 ? { parameter } : {}),
})

/** Nothing for what is not there: FHIR has no empty values. */
export const outText = (name: string, element: string, value: string | undefined): OutParameter[] =>
  value === undefined ? [] : [{ name, [element]: value }]
