/** Invariants as functions: the compiled form where it is certain, the `fhirpath` package everywhere else. */
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import type { ElementData, StructuresData } from '../definitions.ts'
import { capitalized } from '../type-tree.ts'
import { isNarrative } from '../xhtml.ts'
import { type ChoiceKeys, type Collection, NOT_CERTAIN, truth } from './collection.ts'
import { type Ast, compileExpression } from './compile.ts'
import type { Environment, Evaluate } from './functions.ts'
import { HOST_FUNCTIONS, within } from './host.ts'

/** True, false, or undefined when the expression says nothing (empty) about this node. */
export type Test = (node: unknown, env: Environment) => boolean | undefined

export interface Evaluator {
  /** Test of an expression on nodes of one path or type; compiled once. */
  test(base: string, expression: string): Test
  /** The same, only by the package: for comparison in tests. */
  slowTest(base: string, expression: string): Test
  /** Whether the expression has a compiled form. */
  isCompiled(expression: string): boolean
}

type Slow = (node: unknown, env: object) => unknown

export function createEvaluator(structures: StructuresData): Evaluator {
  const choices = choiceKeysOf(structures)
  const compiled = new Map<string, Evaluate | undefined>()
  const tests = new Map<string, Test>()

  function fastForm(expression: string): Evaluate | undefined {
    if (!compiled.has(expression)) compiled.set(expression, compileExpression(fhirpath.parse(expression) as Ast, choices))
    return compiled.get(expression)
  }

  function slowTest(base: string, expression: string): Test {
    let evaluate: Slow | undefined
    return (node, env) => {
      evaluate ??= fhirpath.compile({ base, expression }, r4, { async: false, userInvocationTable: HOST_FUNCTIONS }) as Slow
      const [run, { resource, rootResource, context, extension }] = [evaluate, env]
      const variables = { resource, rootResource, context, ...(extension === undefined ? {} : { extension }) }
      return truth(within(env, () => run(node, variables)) as Collection)
    }
  }

  function test(base: string, expression: string): Test {
    const key = `${base} ${expression}`
    const known = tests.get(key)
    if (known) return known
    const slow = expression === 'htmlChecks()' ? htmlChecks() : slowTest(base, expression)
    const fast = fastForm(expression)
    const made: Test = fast ? (node, env) => fastOr(fast, slow, node, env) : slow
    tests.set(key, made)
    return made
  }

  return { test, slowTest, isCompiled: (expression) => fastForm(expression) !== undefined }
}

/**
 * Our own: the package refuses attributes that R4 has (`rel`, `start`). txt-1 and txt-2 ask the same of the same narrative, one after
 * the other; the answer depends on nothing else.
 */
function htmlChecks(): Test {
  let last: { text: string; answer: boolean } | undefined
  return (node) => {
    if (typeof node !== 'string') return undefined
    if (last?.text !== node) last = { text: node, answer: isNarrative(node) }
    return last.answer
  }
}

function fastOr(fast: Evaluate, slow: Test, node: unknown, env: Environment): boolean | undefined {
  try {
    return truth(fast([node], env))
  } catch (thrown) {
    if (thrown !== NOT_CERTAIN) throw thrown
    return slow(node, env)
  }
}

function choiceKeysOf(structures: StructuresData): ChoiceKeys {
  const found = new Map<string, Set<string>>()
  const visit = (elements: Record<string, ElementData> | undefined): void => {
    for (const [name, element] of Object.entries(elements ?? {})) {
      visit(element.elements)
      if (!element.choice) continue
      const keys = found.get(name) ?? new Set<string>()
      for (const type of element.types ?? []) keys.add(name + capitalized(type))
      found.set(name, keys)
    }
  }
  for (const type of Object.values(structures.types)) visit(type.elements)
  return found
}
