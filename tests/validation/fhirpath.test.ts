/** The compiled expressions against the `fhirpath` package: the same answer on every node of the official examples. */
import { describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { loadStructures } from '../../server/validation/definitions.ts'
import { createEvaluator } from '../../server/validation/fhirpath/evaluator.ts'
import type { Environment } from '../../server/validation/fhirpath/functions.ts'
import { NATIVE, NOT_RUN } from '../../server/validation/invariants.ts'
import { readGenerated } from '../../server/validation/profile-definitions.ts'
import { createTypeTree, type TypeNode } from '../../server/validation/type-tree.ts'
import { observation, patient } from '../profiles/cases/cases-as-resources.ts'
import { exampleFiles, readExample } from './official-examples.ts'

const structures = loadStructures()
const tree = createTypeTree(structures)
const evaluator = createEvaluator(structures)
const generated = readGenerated()

/** The package is slow: one in three of the examples that are not definitions. */
const EVERY = 3
const DEFINITIONS =
  /^(?:StructureDefinition|SearchParameter|ValueSet|CodeSystem|ConceptMap|OperationDefinition|Bundle|CapabilityStatement|Questionnaire-)/
const files = exampleFiles().filter((file, index) => !DEFINITIONS.test(file) && index % EVERY === 0)

type Visit = (path: string, keys: readonly string[], value: unknown) => void

/** Calls `visit` for every node that has invariants. */
function visitInvariants(node: TypeNode, value: Record<string, unknown>, visit: Visit): void {
  visit(node.path, node.constraints, value)
  for (const [key, info] of node.keys) {
    if (info.sibling || value[key] === undefined) continue
    for (const item of [value[key]].flat()) {
      if (item === null || typeof item !== 'object') continue
      if (info.element.constraints.length > 0) visit(info.element.path, info.element.constraints, item)
      const content = info.content()
      if (content && info.type !== 'Resource') visitInvariants(content, item as Record<string, unknown>, visit)
    }
  }
}

const outcome = (run: () => boolean | undefined): string => {
  try {
    return String(run())
  } catch {
    return 'fails'
  }
}

function compare(
  resource: FhirResource,
  differences: Set<string>,
  fast: (path: string, key: string) => (node: unknown, env: Environment) => boolean | undefined,
): number {
  let compared = 0
  const node = tree.node(resource.resourceType)
  if (!node) return 0
  visitInvariants(node, resource, (path, keys, value) => {
    for (const key of keys) {
      if (key in NOT_RUN || key.startsWith('txt-') || (key in NATIVE && !(key in COMPARED))) continue
      const env: Environment = { resource, rootResource: resource, context: value }
      const expression = structures.constraints[key]?.[1] ?? ''
      const [ours, theirs] = [outcome(() => fast(path, key)(value, env)), outcome(() => evaluator.slowTest(path, expression)(value, env))]
      compared++
      if (ours !== theirs && !(ours === 'true' && theirs === 'undefined' && key in NATIVE))
        differences.add(`${key} ${path}: ${ours}, package ${theirs}`)
    }
  })
  return compared
}

/** Native forms with a published expression that the package can evaluate. */
const COMPARED: Record<string, true> = { 'dom-2': true, 'dom-4': true, 'dom-5': true, 'ext-1': true, 'ref-1': true }

describe('compiled invariants', () => {
  test('agree with the package on the examples', () => {
    const differences = new Set<string>()
    let compared = 0
    for (const file of files) {
      compared += compare(readExample(file), differences, (path, key) => {
        const native = NATIVE[key]
        return native
          ? (value, env) => native(value as Record<string, unknown>, env)
          : evaluator.test(path, structures.constraints[key]?.[1] ?? '')
      })
    }
    expect([...differences]).toEqual([])
    expect(compared).toBeGreaterThan(2000)
  })

  test('agree on broken resources', () => {
    const differences = new Set<string>()
    for (const resource of [...observation, ...patient]) {
      for (const definition of generated) {
        if (definition.resourceType !== 'StructureDefinition' || definition.type !== resource.resourceType) continue
        for (const { expression, source, key } of definition.snapshot.element[0]?.constraint ?? []) {
          if (!expression || !source?.startsWith('https://fhir-cn.example')) continue
          const env: Environment = { resource, rootResource: resource, context: resource }
          const [ours, theirs] = [evaluator.test, evaluator.slowTest].map((make) =>
            outcome(() => make(resource.resourceType, expression)(resource, env)),
          )
          if (ours !== theirs) differences.add(`${key}: ${ours}, package ${theirs}`)
        }
      }
    }
    expect([...differences]).toEqual([])
  })

  test('are used for all profiles', () => {
    const slow = generated.flatMap((definition) => {
      if (definition.resourceType !== 'StructureDefinition') return []
      const own = definition.snapshot.element
        .flatMap((element) => element.constraint ?? [])
        .filter((c) => c.source?.startsWith('https://fhir-cn.example'))
      return own.filter((c) => !evaluator.isCompiled(c.expression ?? '')).map((c) => c.key)
    })
    expect(slow).toEqual([])
  })
})

const evaluate = (expression: string, node: object): boolean | undefined =>
  evaluator.test('Patient', expression)(node, { resource: node, rootResource: node, context: node })

describe('FHIRPath', () => {
  const node = {
    resourceType: 'Patient',
    gender: 'male',
    name: [{ text: 'a' }, { text: 'b' }],
    multipleBirthInteger: 2,
    birthDate: '1958-03-12',
  }

  test.each([
    ['name.text = gender', false],
    ["name.where(text = 'a').exists()", true],
    ["name.all(text.matches('^[ab]$'))", true],
    ['name.count() > 1 and photo.empty()', true],
    ["photo.exists() implies gender = 'female'", true],
    ["gender in ('male' | 'female')", true],
    ["('x' | 'male') contains gender", true],
    ['name.text.isDistinct()', true],
    ["name[1].text = 'b'", true],
    ['multipleBirth.ofType(integer) = 2', true],
    ['multipleBirth >= 2', true],
    ["birthDate < '1958-03-13'", true],
    ['photo.title = gender', undefined],
    ["gender.startsWith('ma') xor active.exists()", true],
    ["photo.title.startsWith('x').not()", undefined],
    ["$this.gender.substring(2) = 'le'", true],
    ['Patient.gender.exists()', true],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression, node)).toBe(expected)
  })
})
