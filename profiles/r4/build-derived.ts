/** The profiles and extensions that HL7 publishes with R4, reduced to what a validator asks, and the codes that they and R4 bind to. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SnapshotElement } from '../../server/validation/profile-definitions.ts'
import { type Expansion, expand, type Sources, unversioned } from './expand.ts'
import { ISO_4217 } from './iso-4217.ts'
import { type CodeSystem, type Concept, type ElementDefinition, readAll, type StructureDefinition, type ValueSet } from './r4-package.ts'

/** Value sets with more codes than this are not listed: their code systems are, and a code that none of them has is found there. */
const CODES_MAX = 3000

interface Derived extends StructureDefinition {
  context?: { type: string; expression: string }[]
  contextInvariant?: string[]
  differential: { element: { id: string }[] }
}

type Element = ElementDefinition & Record<string, unknown>

const derivedDefinitions = (): Derived[] =>
  readAll<Derived>('StructureDefinition').filter(
    // Two examples of profiles have no snapshot.
    (each) => each.derivation === 'constraint' && (each.snapshot as Derived['snapshot'] | undefined) !== undefined,
  )

/** Writes derived.json, bound-codes.json and systems.json to a folder. */
export function writeDerived(folder: string): void {
  const definitions = readAll<StructureDefinition>('StructureDefinition')
  const constraintsOfBase = new Set(
    definitions
      .filter((each) => each.derivation !== 'constraint' && each.kind !== 'logical')
      .flatMap((each) => each.snapshot.element.flatMap((element) => (element.constraint ?? []).map(({ key }) => key))),
  )
  const derived = derivedDefinitions()
  writeFileSync(
    join(folder, 'derived.json'),
    lines(Object.fromEntries(derived.map((each) => [each.url, reduced(each, constraintsOfBase)]))),
  )
  const sources: Sources = {
    valueSets: new Map(readAll<ValueSet>('ValueSet').map((valueSet) => [valueSet.url, valueSet])),
    codeSystems: new Map([...readAll<CodeSystem>('CodeSystem'), ISO_4217].map((codeSystem) => [codeSystem.url, codeSystem])),
  }
  writeFileSync(join(folder, 'bound-codes.json'), lines(boundCodes(definitions, sources)))
  writeFileSync(join(folder, 'systems.json'), lines(completeSystems(sources)))
}

function reduced(definition: Derived, constraintsOfBase: ReadonlySet<string>): object {
  const elements = definition.snapshot.element as Element[]
  const ids = new Set(elements.map(({ id }) => id))
  const told = new Set(definition.differential.element.flatMap(({ id }) => idsInSnapshot(id, ids)))
  const kept = withAbove(told)
  const [root] = elements
  return {
    resourceType: 'StructureDefinition',
    url: definition.url,
    type: definition.type,
    baseDefinition: definition.baseDefinition,
    derivation: 'constraint',
    ...(definition.context ? { context: definition.context.map(({ type, expression }) => ({ type, expression })) } : {}),
    ...(definition.contextInvariant ? { contextInvariant: definition.contextInvariant } : {}),
    ...(definition.type === 'Extension' && root?.isModifier ? { modifier: true } : {}),
    snapshot: {
      element: elements
        .filter((element) => kept.has(element.id) || saysValue(element) || element.sliceName !== undefined || element.slicing !== undefined)
        .map((element) => reducedElement(element, definition.url, constraintsOfBase)),
    },
    differential: { element: [...told].map((id) => ({ id })) },
  }
}

/** `Observation.valueQuantity.code` of a differential is `Observation.value[x]:valueQuantity.code` or `Observation.value[x].code`. */
function idsInSnapshot(id: string, ids: ReadonlySet<string>): string[] {
  if (ids.has(id)) return [id]
  let found = ['']
  for (const step of id.split('.')) {
    const [, name = ''] = /^([a-z]+)[A-Z]/.exec(step) ?? []
    const forms = name === '' ? [step] : [step, `${name}[x]:${step}`, `${name}[x]`]
    found = found.flatMap((above) => forms.map((form) => (above === '' ? form : `${above}.${form}`)))
  }
  return found.filter((each) => ids.has(each))
}

function withAbove(ids: ReadonlySet<string>): Set<string> {
  const all = new Set<string>()
  for (const id of ids) {
    const steps = id.split('.')
    for (let length = 1; length <= steps.length; length++) {
      const above = steps.slice(0, length).join('.')
      all.add(above)
      const colon = above.lastIndexOf(':')
      if (colon > above.lastIndexOf('.')) all.add(above.slice(0, colon))
    }
  }
  return all
}

const saysValue = (element: Element): boolean => Object.keys(element).some((key) => /^(?:fixed|pattern)[A-Z]/.test(key))

function reducedElement(element: Element, url: string, constraintsOfBase: ReadonlySet<string>): Partial<SnapshotElement> {
  const { id, path, min, max, base, type, binding, slicing, sliceName } = element as unknown as SnapshotElement
  const own = (element.constraint ?? []).filter(({ key, expression }) => expression && !constraintsOfBase.has(key))
  const values = Object.entries(element).filter(([key]) => /^(?:fixed|pattern)[A-Z]/.test(key))
  return {
    id,
    path,
    min,
    max,
    base,
    ...(sliceName ? { sliceName } : {}),
    ...(type
      ? {
          type: type.map((each) => ({
            code: each.code.startsWith('http:') ? 'uri' : each.code,
            ...(each.profile ? { profile: each.profile } : {}),
            ...(each.targetProfile ? { targetProfile: each.targetProfile } : {}),
          })),
        }
      : {}),
    ...(slicing ? { slicing: { discriminator: slicing.discriminator, rules: slicing.rules, ordered: slicing.ordered } } : {}),
    ...(binding?.valueSet ? { binding: { strength: binding.strength, valueSet: unversioned(binding.valueSet) } } : {}),
    ...(own.length > 0
      ? { constraint: own.map(({ key, severity, expression = '' }) => ({ key, severity, expression, source: url })) }
      : {}),
    ...Object.fromEntries(values),
  } as Partial<SnapshotElement>
}

/** Codes of the bindings of R4 that are extensible, and of all in profiles and extensions. Left out: what R4 does not list. */
function boundCodes(definitions: StructureDefinition[], sources: Sources): Record<string, Expansion> {
  const bound = new Set<string>()
  for (const { derivation, kind, snapshot } of definitions) {
    if (kind === 'logical' || !(snapshot as StructureDefinition['snapshot'] | undefined)) continue
    for (const { binding } of snapshot.element)
      if (binding?.valueSet && (binding.strength === 'extensible' || (derivation === 'constraint' && binding.strength === 'required')))
        bound.add(unversioned(binding.valueSet))
  }
  const found = [...bound].sort().map((url): [string, Expansion | undefined] => [url, expand(url, sources)])
  const size = (codes: Expansion): number => Object.values(codes).reduce((sum, list) => sum + list.length, 0)
  return Object.fromEntries(found.flatMap(([url, codes]) => (codes && size(codes) <= CODES_MAX ? [[url, codes]] : [])))
}

const allCodes = (concepts: readonly Concept[]): string[] =>
  concepts.flatMap((concept) => [concept.code, ...allCodes(concept.concept ?? [])])

/** The code systems that R4 lists completely. */
function completeSystems({ codeSystems }: Sources): Record<string, string[]> {
  const complete = [...codeSystems.values()].filter(({ content, concept }) => content === 'complete' && concept !== undefined)
  return Object.fromEntries(complete.sort((a, b) => (a.url < b.url ? -1 : 1)).map(({ url, concept = [] }) => [url, allCodes(concept)]))
}

function lines(data: Record<string, unknown>): string {
  const body = Object.entries(data).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{\n${body.join(',\n')}\n}\n`
}
