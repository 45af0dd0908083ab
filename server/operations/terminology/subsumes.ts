/** CodeSystem/$subsumes (R4 codesystem-operation-subsumes.html): which of two codes stands over the other. */
import type { FhirCoding } from '../../fhir/types.ts'
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { paramError } from '../../search/parse/names.ts'
import type { CodeSystem } from '../../terminology-service/code-system.ts'
import type { CodeSystemResource } from '../../terminology-service/resources.ts'
import { type InParameter, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered, type Held } from './answered.ts'
import { oneCoding, parametersAnswer, parametersOf } from './asked.ts'

const base = { code: 'subsumes', on: 'CodeSystem', methods: ['GET', 'POST'], writes: false, run } as const
export const subsumes: Operation = { ...base, level: 'type', definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes' }
export const subsumesInstance: Operation = { ...base, level: 'instance', definition: '' }

const UNDERSTOOD = ['codeA', 'codeB', 'system', 'version', 'codingA', 'codingB']

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD)
  const [a, b] = [sideOf(parameters, 'A'), sideOf(parameters, 'B')]
  const outcome = await answered(deps, request, { interaction: 'subsumes', type: 'CodeSystem' }, async (held) => {
    const system = await systemFor(held, parameters, [a, b])
    return relationOf(system, a.code ?? '', b.code ?? '')
  })
  return jsonAnswer(200, parametersAnswer([{ name: 'outcome', valueCode: outcome }]))
}

/** @throws OutcomeError parameter-missing, parameters-exclusive */
function sideOf(parameters: readonly InParameter[], side: 'A' | 'B'): FhirCoding {
  const [code, coding] = [oneText(parameters, `code${side}`), oneCoding(parameters, `coding${side}`)]
  if (code !== undefined && coding) throw paramError('parameters-exclusive', `coding${side}`)
  if (coding?.code === undefined && code === undefined) throw paramError('parameter-missing', `code${side}`)
  return coding ?? (code === undefined ? {} : { code })
}

/** Codes of two systems have no relation that is known here. */
async function systemFor(
  { library, instance }: Held,
  parameters: readonly InParameter[],
  sides: readonly FhirCoding[],
): Promise<CodeSystem> {
  const [system, version] = [oneText(parameters, 'system'), oneText(parameters, 'version')]
  if (instance && system !== undefined) throw paramError('parameters-exclusive', 'system')
  const own = instance && (instance.resource() as CodeSystemResource).url
  const named = [own, system, ...sides.map((side) => side.system)].filter((one) => one !== undefined)
  const [url] = named
  if (instance && named.every((one) => one === own)) return library.systemOf(instance)
  if (url === undefined) throw paramError('parameter-missing', 'system')
  if (named.some((one) => one !== url)) throw paramError('parameter-invalid', 'codingB')
  const versions = [version, ...sides.map((side) => side.version)].filter((one) => one !== undefined)
  if (versions.some((one) => one !== versions[0])) throw paramError('parameter-invalid', 'version')
  const all = (await library.codeSystems(url)).filter((one) => versions[0] === undefined || one.version === versions[0])
  if (all.length === 0) throw paramError('definition-unknown', 'system')
  for (const one of all) if ((await Promise.all(sides.map(({ code = '' }) => one.lookup(code)))).every(Boolean)) return one
  return all[0] as CodeSystem
}

/** concept-subsumption-outcome. @throws OutcomeError code-unknown */
export async function relationOf(system: CodeSystem, a: string, b: string): Promise<string> {
  const [knownA, knownB] = await Promise.all([system.lookup(a), system.lookup(b)])
  if (await system.isUnder(b, a)) return 'subsumes'
  if (await system.isUnder(a, b)) return 'subsumed-by'
  if (!knownA) throw paramError('concept-unknown', 'codeA')
  if (!knownB) throw paramError('concept-unknown', 'codeB')
  return knownA.code === knownB.code ? 'equivalent' : 'not-subsumed'
}
