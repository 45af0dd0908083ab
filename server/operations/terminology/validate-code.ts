/**
 * CodeSystem/$validate-code and ValueSet/$validate-code (R4 codesystem-operation-validate-code.html,
 * valueset-operation-validate-code.html): one code, a Coding, or a CodeableConcept of which one coding must be right.
 */
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { paramError } from '../../search/parse/names.ts'
import { checkAny, checkInSet, checkInSystem, type CheckOptions, type Verdict } from '../../terminology-service/check-code.ts'
import type { CodeSystem } from '../../terminology-service/code-system.ts'
import { evaluation } from '../../terminology-service/content.ts'
import type { ValueSetResource } from '../../terminology-service/resources.ts'
import { type InParameter, oneBoolean, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import { askedCodings, checkOneOf, outText, parametersAnswer, parametersOf, sentDefinition } from './asked.ts'

const base = { code: 'validate-code', methods: ['GET', 'POST'], writes: false } as const
const ofSystem = { ...base, on: 'CodeSystem', run: inSystem } as const
const ofSet = { ...base, on: 'ValueSet', run: inValueSet } as const
const definitionOf = (on: string) => `http://hl7.org/fhir/OperationDefinition/${on}-validate-code`
export const validateCodeInSystem: Operation = { ...ofSystem, level: 'type', definition: definitionOf('CodeSystem') }
export const validateCodeInSystemInstance: Operation = { ...ofSystem, level: 'instance', definition: '' }
export const validateCodeInSet: Operation = { ...ofSet, level: 'type', definition: definitionOf('ValueSet') }
export const validateCodeInSetInstance: Operation = { ...ofSet, level: 'instance', definition: '' }

const FORMS = ['code', 'coding', 'codeableConcept']
const SHARED = [...FORMS, 'display', 'abstract', 'displayLanguage']

function optionsOf(parameters: readonly InParameter[]): CheckOptions {
  const [abstract, displayLanguage] = [oneBoolean(parameters, 'abstract'), oneText(parameters, 'displayLanguage')]
  return { ...(abstract === undefined ? {} : { abstract }), ...(displayLanguage === undefined ? {} : { displayLanguage }) }
}

const isInstance = ({ segments }: FhirRequest): boolean => segments[1]?.startsWith('$') === false

async function inSystem(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, [...SHARED, 'url', 'codeSystem', 'version'])
  const [url, version] = [oneText(parameters, 'url'), oneText(parameters, 'version')]
  const sent = sentDefinition(deps, parameters, 'codeSystem', 'CodeSystem')
  const codings = askedCodings(parameters, 'version', FORMS)
  const options = optionsOf(parameters)
  // A Coding names its system itself.
  const named = { url, codeSystem: sent }
  if (isInstance(request) || url !== undefined || sent) checkOneOf(named, isInstance(request))
  else if (codings.some(({ system }) => system === undefined)) throw paramError('parameter-missing', 'url')
  const verdict = await answered(deps, request, { interaction: 'validate-code', type: 'CodeSystem' }, async ({ library, instance }) => {
    const definition = instance ?? (sent && { key: JSON.stringify(sent), resource: () => sent })
    const run = evaluation(library)
    const given = definition ? [await library.systemOf(definition)] : url === undefined ? undefined : await library.codeSystems(url)
    const systems = given?.filter((one) => version === undefined || one.version === version || definition !== undefined)
    if (systems?.length === 0) throw paramError('definition-unknown', 'url')
    return checkAny(codings, async (coding) => checkInSystem(run, coding, options, systems && (await knowing(systems, coding.code))))
  })
  return answer(verdict)
}

/** Of several versions the first that knows the code. */
async function knowing(systems: readonly CodeSystem[], code = ''): Promise<CodeSystem | undefined> {
  for (const one of systems) if (await one.lookup(code)) return one
  return systems[0]
}

async function inValueSet(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, [...SHARED, 'url', 'valueSet', 'valueSetVersion', 'system', 'systemVersion'])
  const [url, version] = [oneText(parameters, 'url'), oneText(parameters, 'valueSetVersion')]
  const sent = sentDefinition(deps, parameters, 'valueSet', 'ValueSet') as ValueSetResource | undefined
  const codings = askedCodings(parameters, 'systemVersion', FORMS)
  checkOneOf({ url, valueSet: sent }, isInstance(request))
  if (parameters.some(({ name }) => name === 'code') && oneText(parameters, 'system') === undefined)
    throw paramError('parameter-missing', 'system')
  const options = optionsOf(parameters)
  const verdict = await answered(deps, request, { interaction: 'validate-code', type: 'ValueSet' }, async ({ library, instance }) => {
    const set = (instance?.resource() as ValueSetResource | undefined) ?? sent ?? (await library.valueSet(url ?? '', version))
    if (!set) throw paramError('definition-unknown', 'url')
    return checkAny(codings, (coding) => checkInSet(set, evaluation(library), coding, options))
  })
  return answer(verdict)
}

const answer = ({ result, message, display }: Verdict): FhirResponse =>
  jsonAnswer(
    200,
    parametersAnswer([
      { name: 'result', valueBoolean: result },
      ...outText('message', 'valueString', message),
      ...outText('display', 'valueString', display),
    ]),
  )
