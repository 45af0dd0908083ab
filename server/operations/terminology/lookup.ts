/** CodeSystem/$lookup (R4 codesystem-operation-lookup.html): what is known of a code. */
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { FHIR_JSON } from '../../outcome/render.ts'
import { paramError } from '../../search/parse/names.ts'
import { lately } from '../../terminology-kept/lately.ts'
import { type CodeSystem, type Concept, displayOf } from '../../terminology-service/code-system.ts'
import { systemWith } from '../../terminology-service/library.ts'
import { oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import { askedCodings, listOf, outText, type OutParameter, parametersAnswer, parametersOf } from './asked.ts'

export const lookup: Operation = {
  code: 'lookup',
  on: 'CodeSystem',
  level: 'type',
  methods: ['GET', 'POST'],
  writes: false,
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  run,
}

const UNDERSTOOD = ['code', 'system', 'version', 'coding', 'displayLanguage', 'property', 'useSupplement']
/** Values of one concept: of a root of a large system not every child. */
const PROPERTIES_MAX = 1000
/** Of answers that are kept, by the system: an object of one content, which the asker may see, or he would not have got it. */
const TEXTS_BYTES_MAX = 8 * 1024 * 1024
const TEXT_BYTES = 200
const texts = lately<Buffer>(TEXTS_BYTES_MAX)
const numbers = new WeakMap<CodeSystem, number>()
let numbered = 0

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD)
  const [coding = {}] = askedCodings(parameters, 'version', ['code', 'coding'])
  const { code, system: url, version } = coding
  if (url === undefined) throw paramError('parameter-missing', 'system')
  if (code === undefined) throw paramError('parameter-missing', 'code')
  const language = oneText(parameters, 'displayLanguage')
  const named = new Set(parameters.filter(({ name }) => name === 'property').map(({ value }) => String(value)))
  const supplements = listOf(parameters, 'useSupplement')
  const body = await answered(deps, request, { interaction: 'lookup', type: 'CodeSystem', supplements }, async ({ library }) => {
    const found = await systemWith(library, { system: url, code, ...(version === undefined ? {} : { version }) })
    if (!found) throw paramError('definition-unknown', 'system')
    if (!found.concept) throw paramError('concept-unknown', 'code')
    return textOf(found.system, found.concept, named, language)
  })
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [body] }
}

/** The same codes are asked for again and again. */
async function textOf(system: CodeSystem, concept: Concept, named: ReadonlySet<string>, language: string | undefined): Promise<Buffer> {
  const number = numbers.get(system) ?? ++numbered
  numbers.set(system, number)
  const key = JSON.stringify([number, concept.code, language, ...named])
  const known = texts.get(key)
  if (known) return known
  const made = Buffer.from(JSON.stringify(parametersAnswer(await lookedUp(system, concept, named, language))))
  texts.set(key, made, made.length + 2 * key.length + TEXT_BYTES)
  return made
}

async function lookedUp(
  system: CodeSystem,
  concept: Concept,
  named: ReadonlySet<string>,
  language: string | undefined,
): Promise<OutParameter[]> {
  // Without a choice all is told; `designation` is what it is called in the text of the specification, `lang.X` one language.
  const wants = (property: string) => named.size === 0 || named.has(property)
  const languages = [...named].flatMap((name) => (name.startsWith('lang.') ? [name.slice('lang.'.length).toLowerCase()] : []))
  const designations = concept.designations.filter(
    (one) => wants('designation') || named.has('designations') || languages.some((lang) => one.language?.toLowerCase().startsWith(lang)),
  )
  return [
    { name: 'name', valueString: system.name },
    ...outText('version', 'valueString', system.version),
    // `display` is mandatory: a concept without one is shown by its code.
    { name: 'display', valueString: displayOf(concept, language) ?? concept.code },
    ...designations.map(({ language: lang, use, value }) => ({
      name: 'designation',
      part: [
        ...outText('language', 'valueCode', lang),
        ...(use ? [{ name: 'use', valueCoding: use }] : []),
        { name: 'value', valueString: value },
      ],
    })),
    ...(await propertiesOf(system, concept, wants)),
  ]
}

async function propertiesOf(system: CodeSystem, concept: Concept, wants: (property: string) => boolean): Promise<OutParameter[]> {
  const listed = concept.properties.map(({ code, element, value }) => propertyOf(code, element, value))
  const has = (code: string) => concept.properties.some((one) => one.code === code)
  const isListed = (name: string, related: string) => concept.properties.some(({ code, value }) => code === name && value === related)
  // Of nesting and properties together, each once.
  const codes = async (name: 'parent' | 'child', of: () => Promise<readonly string[]>) => {
    const others = wants(name) ? (await of()).filter((code) => !isListed(name, code)) : []
    return Promise.all(others.slice(0, PROPERTIES_MAX).map((code) => relative(system, name, code)))
  }
  return [
    ...(wants('definition') && concept.definition !== undefined ? [propertyOf('definition', 'valueString', concept.definition)] : []),
    ...(wants('inactive') && concept.inactive && !has('inactive') ? [propertyOf('inactive', 'valueBoolean', true)] : []),
    ...(wants('abstract') && concept.abstract ? [propertyOf('abstract', 'valueBoolean', true)] : []),
    ...concept.properties.flatMap(({ code }, at) => (wants(code) ? [listed[at] as OutParameter] : [])),
    ...(await codes('parent', () => system.parents(concept.code))),
    ...(await codes('child', () => system.children(concept.code))),
  ]
}

const propertyOf = (code: string, element: string, value: unknown, description?: string): OutParameter => ({
  name: 'property',
  part: [{ name: 'code', valueCode: code }, { name: 'value', [element]: value }, ...outText('description', 'valueString', description)],
})

async function relative(system: CodeSystem, name: string, code: string): Promise<OutParameter> {
  return propertyOf(name, 'valueCode', code, (await system.lookup(code))?.display)
}
