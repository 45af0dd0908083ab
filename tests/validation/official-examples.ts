/** The examples and definitions that HL7 publishes with R4, and those of them that do not follow R4 themselves. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { Validator } from '../../server/validation/validator.ts'

const folder = join(import.meta.dirname, '..', '..', 'node_modules', 'hl7.fhir.r4.examples')

export const exampleFiles = (): string[] => readdirSync(folder).filter((file) => /^[A-Z]\w+-.*\.json$/.test(file))

/** Bundles of thousands of definitions, seconds each. */
export const LARGE =
  /^Bundle-(?:dataelements|resources|extensions|profiles-others|valuesets|v2-valuesets|v3-valuesets|types|valueset-expansions|searchParams)\.json$/

/** As it is written, digit for digit. */
export const exampleText = (file: string): string => readFileSync(join(folder, file), 'utf8')

export const readExample = (file: string): FhirResource => JSON.parse(exampleText(file)) as FhirResource

/** What is wrong with an example: the expected errors as `code rule expression`, indexes left out. */
export interface Defect {
  reason: string
  errors: string[]
}

const emptyNarrative = (type: string): Defect => ({
  reason: 'a narrative of white space only',
  errors: [`invariant txt-1 ${type}.text.div`, `invariant txt-2 ${type}.text.div`],
})

const missingBase: Defect = { reason: 'a search parameter without a base', errors: ['required min 1 SearchParameter.base'] }
const missingParent: Defect = {
  reason: 'a logical model that is neither abstract nor built on another',
  errors: ['invariant sdf-4 StructureDefinition'],
}

const extensionParameters = (type: string): [string, Defect][] =>
  ['author', 'effective', 'end', 'keyword', 'workflow'].map((name) => [
    `SearchParameter-${type.toLowerCase()}-extensions-${type}-${name}.json`,
    missingBase,
  ])

export const INVALID: Record<string, Defect> = {
  'ActivityDefinition-blood-tubes-supply.json': emptyNarrative('ActivityDefinition'),
  'ActivityDefinition-heart-valve-replacement.json': emptyNarrative('ActivityDefinition'),
  'CodeSystem-v2-0550.json': { reason: 'codes with a space at the end', errors: ['value-format code CodeSystem.concept.code'] },
  'EventDefinition-example.json': emptyNarrative('EventDefinition'),
  'ImplementationGuide-fhir.json': {
    reason: 'neither name nor status',
    errors: ['required min 1 ImplementationGuide.name', 'required min 1 ImplementationGuide.status'],
  },
  'Questionnaire-qs1.json': {
    reason: 'items without linkId',
    errors: ['item.item', 'item.item.item', 'item.item.item.item'].map((path) => `required min 1 Questionnaire.${path}.linkId`),
  },
  'Questionnaire-zika-virus-exposure-assessment.json': emptyNarrative('Questionnaire'),
  'SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json': {
    reason: 'an id of 67 characters',
    errors: ['value-format id SearchParameter.id'],
  },
  ...Object.fromEntries([...extensionParameters('CodeSystem'), ...extensionParameters('ValueSet')]),
  ...Object.fromEntries(['Definition', 'Event', 'FiveWs', 'Request'].map((name) => [`StructureDefinition-${name}.json`, missingParent])),
}

export const expectedErrors = (file: string): string[] => INVALID[file]?.errors ?? []

/** Errors of base R4 as in the list above, each once; rules of its text are compared in agreement.test.ts. */
export function errorsOf(validator: Validator, resource: FhirResource): string[] {
  const errors = validator.validate(resource, { mode: 'create' }).filter(({ severity, kind }) => severity === 'error' && kind !== 'text')
  return [...new Set(errors.map(({ code, rule, expression }) => `${code} ${rule} ${expression.replace(/\[\d+\]/g, '')}`))]
}
