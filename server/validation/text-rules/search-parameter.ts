/**
 * SearchParameter (R4 searchparameter.html): its expression is FHIRPath that begins at a resource of the base and uses functions that there
 * are (http://hl7.org/fhirpath/N1/#functions, R4 fhirpath.html#functions).
 */
import fhirpath from 'fhirpath'
import type { Ast } from '../fhirpath/compile.ts'
import type { TextContext, TextRule } from './rule.ts'

const EXPRESSION_CHARACTERS_MAX = 10_000

const FUNCTIONS: ReadonlySet<string> = new Set(
  `empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf count distinct isDistinct where select repeat ofType single first last
  tail skip take intersect exclude union combine iif toBoolean convertsToBoolean toInteger convertsToInteger toDate convertsToDate toDateTime
  convertsToDateTime toDecimal convertsToDecimal toQuantity convertsToQuantity toString convertsToString toTime convertsToTime indexOf
  substring startsWith endsWith contains upper lower replace matches replaceMatches length toChars abs ceiling exp floor ln log power round
  sqrt truncate children descendants trace now timeOfDay today not as is aggregate extension hasValue getValue resolve elementDefinition
  slice checkModifiers conformsTo memberOf subsumes subsumedBy htmlChecks`.split(/\s+/),
)

export const searchParameterRules: TextRule = (parameter, { report, tree }) => {
  const { expression, base } = parameter as { expression?: unknown; base?: unknown }
  if (typeof expression !== 'string' || expression.length > EXPRESSION_CHARACTERS_MAX) return
  const bases = Array.isArray(base) ? base.filter((each): each is string => typeof each === 'string') : []
  const ast = parsed(expression)
  if (!ast || !usesKnown(ast)) report('value-format', 'FHIRPath', '.expression')
  else if (!branches(ast).every((branch) => beginsAt(branch, bases, tree))) report('reference-type', bases.join(' | '), '.expression')
}

function parsed(expression: string): Ast | undefined {
  try {
    return fhirpath.parse(expression) as Ast
  } catch {
    return undefined
  }
}

const usesKnown = (ast: Ast): boolean =>
  (ast.type !== 'Functn' || FUNCTIONS.has(ast.children?.[0]?.text ?? '')) && (ast.children ?? []).every(usesKnown)

/** What a union is of, each with its own beginning. */
function branches(ast: Ast): Ast[] {
  const inner = ast.children ?? []
  if (ast.type === 'UnionExpression') return inner.flatMap(branches)
  return inner.length === 1 && inner[0] && ast.type !== 'MemberInvocation' ? branches(inner[0]) : [ast]
}

/** Whether the first name, when it is one of a type, is that of a base or of what it descends from. */
function beginsAt(ast: Ast, bases: readonly string[], tree: TextContext['tree']): boolean {
  let first = ast
  while (first.type !== 'MemberInvocation' && first.children?.[0]) first = first.children[0]
  const name = first.type === 'MemberInvocation' ? (first.children?.[0]?.text ?? first.text ?? '') : ''
  return !tree.isResource(name) || bases.some((base) => base === name || base === 'Resource' || base === 'DomainResource')
}
