/** ValueSet/$expand (R4 valueset-operation-expand.html). */
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { paramError } from '../../search/parse/names.ts'
import { type Evaluation, evaluation, type VersionRules } from '../../terminology-service/content.ts'
import { type Expansion, expand as expansionOf, type ExpansionRequest } from '../../terminology-service/expansion.ts'
import { canonicalOf, type ValueSetResource } from '../../terminology-service/resources.ts'
import { type InParameter, oneBoolean, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import { checkOneOf, listOf, type OutParameter, parametersOf, sentDefinition } from './asked.ts'

const base = { code: 'expand', on: 'ValueSet', methods: ['GET', 'POST'], writes: false, run } as const
export const expand: Operation = { ...base, level: 'type', definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand' }
export const expandInstance: Operation = { ...base, level: 'instance', definition: '' }

const BOOLEANS = [
  'includeDesignations',
  'includeDefinition',
  'activeOnly',
  'excludeNested',
  'excludeNotForUI',
  'excludePostCoordinated',
] as const
const LISTS = ['designation', 'exclude-system', 'system-version', 'check-system-version', 'force-system-version', 'useSupplement'] as const
const UNDERSTOOD = ['url', 'valueSet', 'valueSetVersion', 'filter', 'offset', 'count', 'displayLanguage', ...BOOLEANS, ...LISTS]
/** Known in part: the codes of a system that is here as a fragment (R4 extension valueset-unclosed). */
const UNCLOSED = 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed'
const FILTER_LENGTH_MAX = 200

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD, { name: 'valueSet', type: 'ValueSet' })
  const [url, version] = [oneText(parameters, 'url'), oneText(parameters, 'valueSetVersion')]
  const sent = sentDefinition(deps, parameters, 'valueSet', 'ValueSet') as ValueSetResource | undefined
  checkOneOf({ url, valueSet: sent }, request.segments[1]?.startsWith('$') === false)
  const asked = askedOf(parameters)
  const rules = rulesOf(parameters)
  const supplements = listOf(parameters, 'useSupplement')
  const valueSet = await answered(
    deps,
    request,
    { interaction: 'expand', type: 'ValueSet', supplements },
    async ({ library, instance }) => {
      const set = (instance?.resource() as ValueSetResource | undefined) ?? sent ?? (await library.valueSet(url ?? '', version))
      if (!set) throw paramError('definition-unknown', 'url')
      const work: Evaluation = { ...evaluation(library, rules), without: new Set(listOf(parameters, 'exclude-system')) }
      const made = await expansionOf(set, asked, work)
      return answerOf(deps, set, made, work, parameters)
    },
  )
  return jsonAnswer(200, valueSet)
}

function askedOf(parameters: readonly InParameter[]): ExpansionRequest {
  const flags = Object.fromEntries(
    BOOLEANS.flatMap((name) => [[name, oneBoolean(parameters, name)]]).filter(([, value]) => value !== undefined),
  )
  const [filter, displayLanguage] = [oneText(parameters, 'filter'), oneText(parameters, 'displayLanguage')]
  if ((filter?.length ?? 0) > FILTER_LENGTH_MAX) throw paramError('parameter-value-length', 'filter', { max: String(FILTER_LENGTH_MAX) })
  const [offset, count] = [oneNatural(parameters, 'offset'), oneNatural(parameters, 'count')]
  return {
    ...flags,
    designations: listOf(parameters, 'designation'),
    ...(filter === undefined ? {} : { filter }),
    ...(displayLanguage === undefined ? {} : { displayLanguage }),
    ...(offset === undefined ? {} : { offset }),
    ...(count === undefined ? {} : { count }),
  }
}

/** @throws OutcomeError parameter-invalid */
function oneNatural(parameters: readonly InParameter[], name: string): number | undefined {
  const text = oneText(parameters, name)
  if (text !== undefined && !/^\d{1,9}$/.test(text)) throw paramError('parameter-invalid', name)
  return text === undefined ? undefined : Number(text)
}

function rulesOf(parameters: readonly InParameter[]): VersionRules {
  const rule = (name: string) =>
    new Map(
      listOf(parameters, name).map((text) => {
        const { url, version } = canonicalOf(text)
        if (version === undefined) throw paramError('parameter-invalid', name)
        return [url, version]
      }),
    )
  return { use: rule('system-version'), check: rule('check-system-version'), force: rule('force-system-version') }
}

/** Everything that the answer depends on stands in it. */
function answerOf(
  deps: FhirDeps,
  set: ValueSetResource,
  made: Expansion,
  work: Evaluation,
  parameters: readonly InParameter[],
): ValueSetResource {
  const { url, version, name, title, status = 'active' } = set
  const isWhole = parameters.some((one) => one.name === 'includeDefinition' && one.value === 'true')
  const { id: _, meta: __, expansion: ___, resourceType: ____, ...definition } = set
  const own = Object.fromEntries(Object.entries({ url, version, name, title, status }).filter(([, value]) => value !== undefined))
  return {
    resourceType: 'ValueSet',
    ...(isWhole ? { ...definition, status } : own),
    expansion: {
      ...(work.isOpen ? { extension: [{ url: UNCLOSED, valueBoolean: true }] } : {}),
      identifier: `urn:uuid:${deps.newId()}`,
      timestamp: deps.now().toISOString(),
      ...(made.total === undefined ? {} : { total: made.total }),
      ...(made.offset === undefined ? {} : { offset: made.offset }),
      ...listed('parameter', [
        ...parameters.flatMap(parameterOf),
        ...[...work.used].sort().map((used) => ({ name: 'version', valueUri: used })),
      ]),
      ...listed('contains', made.contains),
    },
  }
}

const listed = <T>(name: string, items: readonly T[]): Record<string, readonly T[]> => (items.length > 0 ? { [name]: items } : {})

const INTEGERS: ReadonlySet<string> = new Set(['offset', 'count'])
const FLAGS: ReadonlySet<string> = new Set(BOOLEANS)
const URIS: ReadonlySet<string> = new Set(LISTS.filter((name) => name !== 'designation'))
const NOT_TOLD: ReadonlySet<string> = new Set(['valueSet', '_format', '_pretty'])

function parameterOf({ name, value }: InParameter): OutParameter[] {
  if (NOT_TOLD.has(name) || !UNDERSTOOD.includes(name) || typeof value !== 'string') return []
  if (INTEGERS.has(name)) return [{ name, valueInteger: Number(value) }]
  if (FLAGS.has(name)) return [{ name, valueBoolean: value === 'true' }]
  return [{ name, [URIS.has(name) || name === 'url' ? 'valueUri' : name === 'displayLanguage' ? 'valueCode' : 'valueString']: value }]
}
