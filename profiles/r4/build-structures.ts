/** What the validator needs of base R4: every type with its elements, and the codes of its required bindings. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElementData, StructuresData, TypeData } from '../../server/validation/definitions.ts'
import { type Expansion, expand, type Sources, unversioned } from './expand.ts'
import { ISO_4217 } from './iso-4217.ts'
import { type CodeSystem, type ElementDefinition, readAll, type StructureDefinition, type ValueSet } from './r4-package.ts'

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const SIMPLE_QUANTITY = 'http://hl7.org/fhir/StructureDefinition/SimpleQuantity'

/** ele-1 holds everywhere and is checked as "no empty element"; ext-1 stands on Extension itself. */
const IMPLIED = new Set(['ele-1', 'ext-1'])

function buildStructures(): StructuresData {
  const types: Record<string, TypeData> = {}
  const constraints: StructuresData['constraints'] = {
    'sqty-1': ['error', 'comparator.empty()'],
    'ext-1': ['error', 'extension.exists() != value.exists()'],
  }
  for (const definition of readAll<StructureDefinition>('StructureDefinition').sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (definition.derivation === 'constraint' || definition.kind === 'logical') continue
    types[definition.type] = typeData(definition, constraints)
  }
  types.Extension?.constraints?.push('ext-1')
  return { version: '4.0.1', types, constraints: Object.fromEntries(Object.entries(constraints).sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function typeData(definition: StructureDefinition, constraints: StructuresData['constraints']): TypeData {
  const [root, ...rest] = definition.snapshot.element
  if (!root) throw new Error(`${definition.name} has no elements`)
  const data: TypeData = { kind: definition.kind as TypeData['kind'], constraints: constraintKeys(root, constraints) }
  if (definition.abstract) data.abstract = true
  if (definition.baseDefinition) data.base = definition.baseDefinition.slice(definition.baseDefinition.lastIndexOf('/') + 1)
  if (definition.kind === 'primitive-type') return data
  data.elements = {}
  for (const element of rest) place(data.elements, element, constraints)
  return data
}

/** Puts an element below its parent; parents come first in a snapshot. */
function place(elements: Record<string, ElementData>, element: ElementDefinition, constraints: StructuresData['constraints']): void {
  const [, ...steps] = element.path.split('.')
  let holder = elements
  for (const step of steps.slice(0, -1)) {
    const parent = holder[step.replace('[x]', '')]
    if (!parent) throw new Error(`${element.path} comes before its parent`)
    parent.elements ??= {}
    holder = parent.elements
  }
  const name = steps.at(-1) ?? ''
  holder[name.replace('[x]', '')] = elementData(element, name.endsWith('[x]'), constraints)
}

function elementData(element: ElementDefinition, choice: boolean, constraints: StructuresData['constraints']): ElementData {
  const keys = constraintKeys(element, constraints)
  if (element.type?.some((type) => type.profile?.includes(SIMPLE_QUANTITY))) keys.push('sqty-1')
  return {
    ...(element.min > 0 ? { min: element.min } : {}),
    ...(element.max === '1' ? {} : { max: element.max }),
    ...(element.contentReference ? { content: element.contentReference.slice(1) } : { types: typeNames(element) }),
    ...(choice ? { choice: true } : {}),
    ...targetsOf(element),
    ...(element.isSummary ? { summary: true } : {}),
    ...(element.binding?.strength === 'required' && element.binding.valueSet ? { binding: unversioned(element.binding.valueSet) } : {}),
    ...(element.binding?.strength === 'extensible' && element.binding.valueSet
      ? { extensible: unversioned(element.binding.valueSet) }
      : {}),
    ...(keys.length > 0 ? { constraints: keys } : {}),
  }
}

/** Resource types that a reference may have; none where it may be any. */
function targetsOf(element: ElementDefinition): { targets?: string[] } {
  const urls = (element.type ?? []).filter(({ code }) => code === 'Reference').flatMap(({ targetProfile }) => targetProfile ?? [])
  const targets = urls.map((url) => url.slice(url.lastIndexOf('/') + 1))
  return targets.length === 0 || targets.includes('Resource') ? {} : { targets }
}

/** `Resource.id` is declared as a string but means an id; the FHIRPath system types stand for the FHIR type of the extension. */
function typeNames(element: ElementDefinition): string[] {
  if (/^[A-Z]\w+\.id$/.test(element.path) && element.id.endsWith('.id') && element.min === 0 && isResourceId(element)) return ['id']
  return (element.type ?? []).map((type) => {
    if (!type.code.startsWith('http:')) return type.code
    return type.extension?.find((extension) => extension.url === FHIR_TYPE)?.valueUrl ?? 'string'
  })
}

function isResourceId(element: ElementDefinition): boolean {
  return (element as { base?: { path: string } }).base?.path === 'Resource.id'
}

function constraintKeys(element: ElementDefinition, constraints: StructuresData['constraints']): string[] {
  const keys: string[] = []
  for (const { key, severity, expression } of element.constraint ?? []) {
    if (IMPLIED.has(key) || !expression) continue
    // trace() prints values to the console: records must not get there.
    const silent = expression.replace(/\.trace\('[^']*'(, *[\w.]+)?\)/g, '')
    // A few keys (inv-1) stand for other rules in other types.
    const name = constraints[key] && constraints[key][1] !== silent ? `${key}@${element.path.split('.')[0]}` : key
    constraints[name] = [severity, silent]
    keys.push(name)
  }
  return keys.sort()
}

function boundValueSets(elements: Record<string, ElementData>, found: Set<string>): Set<string> {
  for (const element of Object.values(elements)) {
    if (element.binding) found.add(element.binding)
    if (element.elements) boundValueSets(element.elements, found)
  }
  return found
}

/** Value set → codes; null when R4 does not list them, so that nobody takes them for checked. */
function buildCodes(structures: StructuresData): Record<string, Expansion | null> {
  const sources: Sources = {
    valueSets: new Map(readAll<ValueSet>('ValueSet').map((valueSet) => [valueSet.url, valueSet])),
    codeSystems: new Map([...readAll<CodeSystem>('CodeSystem'), ISO_4217].map((codeSystem) => [codeSystem.url, codeSystem])),
  }
  const found = new Set<string>()
  for (const type of Object.values(structures.types)) boundValueSets(type.elements ?? {}, found)
  return Object.fromEntries([...found].sort().map((url) => [url, expand(url, sources) ?? null]))
}

/** One type or value set per line: small, and a change shows where it is. */
function lines(data: Record<string, unknown>): string {
  const body = Object.entries(data).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{\n${body.join(',\n')}\n}\n`
}

/** Writes structures.json and codes.json to a folder. */
export function writeStructures(folder: string): void {
  const structures = buildStructures()
  const [constraints, types] = [lines(structures.constraints).trimEnd(), lines(structures.types).trimEnd()]
  writeFileSync(join(folder, 'structures.json'), `{"version":"${structures.version}","constraints":${constraints},"types":${types}}\n`)
  writeFileSync(join(folder, 'codes.json'), lines(buildCodes(structures)))
}
