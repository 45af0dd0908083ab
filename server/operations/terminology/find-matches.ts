/**
 * CodeSystem/$find-matches (R4 codesystem-operation-find-matches.html): codes by their properties. For a machine (`exact`) those
 * that contradict nothing; for a person also those that have only some of the values.
 */
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { CodeSystem, Concept } from '../../terminology-service/code-system.ts'
import { type InParameter, oneBoolean, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import { type OutParameter, outText, parametersAnswer, parametersOf } from './asked.ts'

const base = { code: 'find-matches', on: 'CodeSystem', methods: ['GET', 'POST'], writes: false, run } as const
export const findMatches: Operation = {
  ...base,
  level: 'type',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-find-matches',
}
export const findMatchesInstance: Operation = { ...base, level: 'instance', definition: '' }

const UNDERSTOOD = ['system', 'version', 'property', 'exact', 'compositional']
const PROPERTIES_MAX = 20
/** Complete ones first. */
const MATCHES_MAX = 100
/** Concepts with one of the values, in a large system. */
const CANDIDATES_MAX = 50_000

interface Wanted {
  code: string
  /** name of the value's element */
  element: string
  value: unknown
}

interface Match {
  concept: Concept
  unmatched: Wanted[]
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD)
  const [url, version] = [oneText(parameters, 'system'), oneText(parameters, 'version')]
  const isInstance = request.segments[1]?.startsWith('$') === false
  if (isInstance === (url !== undefined)) throw paramError(isInstance ? 'parameters-exclusive' : 'parameter-missing', 'system')
  // Expressions are not made: the answer would be another one than was asked for.
  if (oneBoolean(parameters, 'compositional')) throw paramError('parameter-unsupported', 'compositional')
  const exact = oneBoolean(parameters, 'exact') ?? false
  const wanted = wantedOf(parameters)
  const answer = await answered(deps, request, { interaction: 'find-matches', type: 'CodeSystem' }, async ({ library, instance }) => {
    const system = instance ? await library.systemOf(instance) : await library.codeSystem(url ?? '', version)
    if (!system) throw paramError('definition-unknown', 'system')
    return (await matchesIn(system, wanted, exact)).map((match) => matchOf(system, match, exact))
  })
  return jsonAnswer(200, parametersAnswer(answer))
}

/** @throws OutcomeError parameter-missing, parameter-invalid, parameter-values, parameter-unsupported */
function wantedOf(parameters: readonly InParameter[]): Wanted[] {
  const named = parameters.filter(({ name }) => name === 'property')
  if (named.length === 0) throw paramError('parameter-missing', 'property')
  if (named.length > PROPERTIES_MAX) throw paramError('parameter-values', 'property', { max: String(PROPERTIES_MAX) })
  return named.map(({ part = [] }) => {
    const parts = part as Record<string, unknown>[]
    if (parts.some((one) => one?.name === 'subproperty')) throw paramError('parameter-unsupported', 'subproperty')
    const code = parts.find((one) => one?.name === 'code')
    const value = parts.find((one) => one?.name === 'value') ?? {}
    const element = Object.keys(value).find((key) => key.startsWith('value'))
    const text = code && (code.valueCode ?? code.valueString)
    if (typeof text !== 'string' || element === undefined) throw paramError('parameter-invalid', 'property')
    return { code: text, element, value: value[element] }
  })
}

async function matchesIn(system: CodeSystem, wanted: readonly Wanted[], exact: boolean): Promise<Match[]> {
  const found: Match[] = []
  for await (const concepts of candidates(system, wanted)) {
    for (const concept of concepts) {
      const parents = wanted.some(({ code }) => code === 'parent') ? await system.parents(concept.code) : []
      const values = (code: string) => valuesOf(concept, code, parents)
      const unmatched = wanted.filter(({ code, value }) => !values(code).includes(plain(value)))
      if (unmatched.length === wanted.length) continue
      // What has another value is a possible match: only a person can judge it.
      if (exact && unmatched.some(({ code }) => values(code).length > 0)) continue
      found.push({ concept, unmatched })
    }
  }
  return found.sort((a, b) => a.unmatched.length - b.unmatched.length).slice(0, MATCHES_MAX)
}

/** All, or of a system that gives pages those that have one of the values. */
async function* candidates(system: CodeSystem, wanted: readonly Wanted[]): AsyncIterable<readonly Concept[]> {
  if (!system.page) {
    yield* system.select([])
    return
  }
  const seen = new Set<string>()
  for (const { code, value } of wanted) {
    const filter = { property: code, op: '=', value: plain(value), at: 'property' }
    for await (const concepts of system.select([filter])) {
      const fresh = concepts.filter((one) => !seen.has(one.code))
      for (const one of fresh) seen.add(one.code)
      if (seen.size > CANDIDATES_MAX) throw new OutcomeError('expansion-costly', { params: { max: CANDIDATES_MAX } })
      yield fresh
    }
  }
}

function valuesOf(concept: Concept, code: string, parents: readonly string[]): readonly string[] {
  const listed = concept.properties.filter((one) => one.code === code).map(({ value }) => plain(value))
  if (code === 'parent') return [...listed, ...parents]
  if (code === 'display' && listed.length === 0) return concept.display === undefined ? [] : [concept.display]
  return listed
}

/** A Coding is the same as its code where the system is the property's business. */
function plain(value: unknown): string {
  return value !== null && typeof value === 'object' ? String((value as { code?: unknown }).code ?? '') : String(value)
}

const COMMENT = '只有部分属性相符 / Only some of the properties agree'

function matchOf(system: CodeSystem, { concept, unmatched }: Match, exact: boolean): OutParameter {
  const version = system.version === undefined ? {} : { version: system.version }
  const display = concept.display === undefined ? {} : { display: concept.display }
  return {
    name: 'match',
    part: [
      { name: 'code', valueCoding: { system: system.url, ...version, code: concept.code, ...display } },
      ...unmatched.map(({ code, element, value }) => ({
        name: 'unmatched',
        part: [
          { name: 'code', valueCode: code },
          { name: 'value', [element]: value },
        ],
      })),
      ...(unmatched.length > 0 && !exact ? outText('comment', 'valueString', COMMENT) : []),
    ],
  }
}
