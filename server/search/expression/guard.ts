/**
 * Which expressions outside the subset may be indexed by: an allow-list of FHIRPath, so that a resource's index depends on the
 * resource alone (no `resolve`, no clock, no variables), costs what the resource is large, and ends. What could grow from step to
 * step (`+`, `&`, `select`, `repeat`, `replace`, `aggregate`) or run away on a text (`matches`) is left out.
 */
import { createRequire } from 'node:module'

interface Node {
  type: string
  text?: string
  children?: Node[]
}

const NODES: ReadonlySet<string> = new Set(
  `EntireExpression InvocationExpression TermExpression InvocationTerm MemberInvocation FunctionInvocation Functn ParamList Identifier
  IndexerExpression UnionExpression EqualityExpression InequalityExpression MembershipExpression AndExpression OrExpression
  ImpliesExpression TypeExpression TypeSpecifier QualifiedIdentifier ParenthesizedTerm ThisInvocation LiteralTerm NullLiteral
  BooleanLiteral StringLiteral NumberLiteral DateLiteral DateTimeLiteral TimeLiteral`.split(/\s+/),
)

const FUNCTIONS: ReadonlySet<string> = new Set(
  `where exists all empty not first last tail skip take ofType as is extension hasValue count iif allTrue anyTrue allFalse anyFalse
  startsWith endsWith contains lower upper trim length substring toString toInteger toDecimal toDate toDateTime toBoolean`.split(/\s+/),
)

/** Levels of the expression's tree. */
const DEPTH_MAX = 120

const require = createRequire(import.meta.url)

/** @param names elements and types of R4: what is called otherwise is nothing that a resource has */
export function isSafe(expression: string, names: ReadonlySet<string>): boolean {
  const fhirpath = require('fhirpath') as { parse(expression: string): Node }
  let tree: Node
  try {
    tree = fhirpath.parse(expression)
  } catch {
    return false
  }
  return allowed(tree, names, 0)
}

function allowed(node: Node, names: ReadonlySet<string>, depth: number): boolean {
  const { type, text = '', children = [] } = node
  if (depth > DEPTH_MAX || !NODES.has(type)) return false
  if (type === 'FunctionInvocation' && !FUNCTIONS.has(text)) return false
  if (type === 'MemberInvocation' && !names.has(text)) return false
  return children.every((child) => allowed(child, names, depth + 1))
}
