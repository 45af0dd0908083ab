/** ConceptMap/$translate (R4 conceptmap-operation-translate.html). */
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Library } from '../../terminology-service/library.ts'
import { canonicalOf, type ConceptMapResource } from '../../terminology-service/resources.ts'
import {
  type Dependency,
  isTranslated,
  type Match,
  translate as translated,
  type TranslationRequest,
} from '../../terminology-service/translation.ts'
import { type InParameter, oneBoolean, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import {
  askedCodings,
  checkOneOf,
  conceptCodings,
  type OutParameter,
  outText,
  parametersAnswer,
  parametersOf,
  sentDefinition,
} from './asked.ts'

const base = { code: 'translate', on: 'ConceptMap', methods: ['GET', 'POST'], writes: false, run } as const
export const translate: Operation = { ...base, level: 'type', definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate' }
export const translateInstance: Operation = { ...base, level: 'instance', definition: '' }

const FORMS = ['code', 'coding', 'codeableConcept']
const UNDERSTOOD = [
  ...FORMS,
  'system',
  'version',
  'display',
  'url',
  'conceptMap',
  'conceptMapVersion',
  'source',
  'target',
  'targetsystem',
  'dependency',
  'reverse',
]
const DEPENDENCIES_MAX = 20

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD)
  const [url, version] = [oneText(parameters, 'url'), oneText(parameters, 'conceptMapVersion')]
  const sent = sentDefinition(deps, parameters, 'conceptMap', 'ConceptMap') as ConceptMapResource | undefined
  const isInstance = request.segments[1]?.startsWith('$') === false
  if (isInstance || url !== undefined || sent) checkOneOf({ url, conceptMap: sent }, isInstance)
  const asked = askedOf(parameters)
  const sets = { source: oneText(parameters, 'source'), target: oneText(parameters, 'target') }
  const matches = await answered(deps, request, { interaction: 'translate', type: 'ConceptMap' }, async ({ library, instance }) => {
    const given = (instance?.resource() as ConceptMapResource | undefined) ?? sent
    const maps = given ? [given] : url === undefined ? await mapsFor(library, asked, sets) : [await library.conceptMap(url, version)]
    const found = maps.flatMap((map) => map ?? [])
    if (found.length < maps.length) throw paramError('definition-unknown', 'url')
    return translated(
      found.filter((map) => isBetween(map, sets, asked.reverse)),
      asked,
      library,
    )
  })
  return jsonAnswer(200, answerOf(matches))
}

function askedOf(parameters: readonly InParameter[]): TranslationRequest {
  const codings = askedCodings(parameters, 'version', FORMS)
  if (codings.some(({ code, system }) => code !== undefined && system === undefined)) throw paramError('parameter-missing', 'system')
  const targetSystem = oneText(parameters, 'targetsystem')
  return {
    codings,
    ...(targetSystem === undefined ? {} : { targetSystem }),
    dependencies: dependenciesOf(parameters),
    reverse: oneBoolean(parameters, 'reverse') ?? false,
  }
}

function dependenciesOf(parameters: readonly InParameter[]): Dependency[] {
  const named = parameters.filter(({ name }) => name === 'dependency')
  if (named.length > DEPENDENCIES_MAX) throw paramError('parameter-values', 'dependency', { max: String(DEPENDENCIES_MAX) })
  return named.map(({ part = [] }) => {
    const parts = part as { name?: unknown; valueUri?: unknown; valueCodeableConcept?: unknown }[]
    const element = parts.find((one) => one?.name === 'element')?.valueUri
    const concept = parts.find((one) => one?.name === 'concept')?.valueCodeableConcept
    if (typeof element !== 'string' || concept === undefined) throw paramError('parameter-invalid', 'dependency')
    return { element, codings: conceptCodings(concept, 'dependency') }
  })
}

/** Where no map is named, those that have a group for the system. */
async function mapsFor(
  library: Library,
  { codings, reverse }: TranslationRequest,
  { source, target }: { source: string | undefined; target: string | undefined },
): Promise<ConceptMapResource[]> {
  const systems = [...new Set(codings.flatMap(({ system }) => system ?? []))]
  const lists = await Promise.all(systems.map((system) => library.conceptMaps(reverse ? 'target' : 'source', system)))
  // A map that is not in force is followed where it is named, by its address or by both of its sets.
  const isNamed = source !== undefined && target !== undefined
  return [...new Set(lists.flat())].filter(({ status }) => status === 'active' || (isNamed && status === 'draft'))
}

/** `source` and `target` name value sets; asked in reverse they change places. */
function isBetween(
  map: ConceptMapResource,
  { source, target }: { source: string | undefined; target: string | undefined },
  reverse: boolean,
) {
  const own = [map.sourceUri ?? map.sourceCanonical, map.targetUri ?? map.targetCanonical]
  const [from, to] = reverse ? [own[1], own[0]] : own
  return isNamed(from, source) && isNamed(to, target)
}

const isNamed = (own: string | undefined, asked: string | undefined): boolean =>
  asked === undefined || (own !== undefined && (own === asked || canonicalOf(own).url === asked))

const NO_MATCH = '没有找到对应的代码 / No translation was found'

function answerOf(matches: readonly Match[]) {
  const result = isTranslated(matches)
  return parametersAnswer([
    { name: 'result', valueBoolean: result },
    ...(result ? [] : [{ name: 'message', valueString: NO_MATCH }]),
    ...matches.map((match) => ({ name: 'match', part: partsOf(match) })),
  ])
}

const partsOf = ({ equivalence, concept, product, source }: Match): OutParameter[] => [
  { name: 'equivalence', valueCode: equivalence },
  ...(concept.code === undefined ? [] : [{ name: 'concept', valueCoding: concept }]),
  ...product.map((one) => ({
    name: 'product',
    part: [
      { name: 'element', valueUri: one.element },
      { name: 'concept', valueCoding: one.concept },
    ],
  })),
  ...outText('source', 'valueUri', source),
]
