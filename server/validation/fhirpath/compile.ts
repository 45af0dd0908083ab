/**
 * Compiles the part of FHIRPath that invariants use into closures over plain JSON. The `fhirpath` package takes 15–90 µs
 * for an expression, a closure about one; a resource has dozens. What is outside the part answers undefined here.
 */
import { boolean, type ChoiceKeys, type Collection, EMPTY, equal, member, memberName, NOT_CERTAIN, order, truth } from './collection.ts'
import { dateBesideTime } from './date-beside-time.ts'
import { type Environment, type Evaluate, FUNCTIONS, joined, memberOf, union } from './functions.ts'

/** A node of the tree that `fhirpath.parse` makes. */
export interface Ast {
  type: string
  text?: string
  terminalNodeText?: string[]
  children?: Ast[]
}

class Unsupported extends Error {}

/** Undefined when the expression needs the full evaluator. */
export function compileExpression(ast: Ast, choices: ChoiceKeys): Evaluate | undefined {
  try {
    return compile(ast, choices)
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    throw error
  }
}

const child = (ast: Ast, at: number): Ast => {
  const found = ast.children?.[at]
  if (!found) throw new Unsupported(ast.type)
  return found
}

const operator = (ast: Ast): string => ast.terminalNodeText?.[0] ?? ast.text ?? ''

function compile(ast: Ast, choices: ChoiceKeys): Evaluate {
  const form = FORMS[ast.type]
  if (!form) throw new Unsupported(ast.type)
  return form(ast, choices)
}

const only = (ast: Ast, choices: ChoiceKeys): Evaluate => compile(child(ast, 0), choices)

/** Three-valued logic of both sides. */
const logic =
  (decide: (a: boolean | undefined, b: () => boolean | undefined) => boolean | undefined) =>
  (ast: Ast, choices: ChoiceKeys): Evaluate => {
    const [left, right] = [compile(child(ast, 0), choices), compile(child(ast, 1), choices)]
    return (focus, env) => boolean(decide(truth(left(focus, env)), () => truth(right(focus, env))))
  }

const or = (a: boolean | undefined, b: () => boolean | undefined): boolean | undefined => {
  if (a === true) return true
  const other = b()
  return other === true ? true : a === undefined || other === undefined ? undefined : false
}

const and = (a: boolean | undefined, b: () => boolean | undefined): boolean | undefined => {
  if (a === false) return false
  const other = b()
  return other === false ? false : a === undefined || other === undefined ? undefined : true
}

/** Both sides as collections; the operator chooses what is made of them. */
const binary =
  (table: Record<string, (a: Collection, b: Collection, env: Environment) => Collection>) =>
  (ast: Ast, choices: ChoiceKeys): Evaluate => {
    const apply = table[operator(ast)]
    if (!apply) throw new Unsupported(operator(ast))
    const [left, right] = [compile(child(ast, 0), choices), compile(child(ast, 1), choices)]
    return (focus, env) => apply(left(focus, env), right(focus, env), env)
  }

const negated = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value)

function inZone(left: string, right: string, { host }: Environment): number | undefined {
  if (!host) throw NOT_CERTAIN
  return dateBesideTime(left, right, host.zone)
}

const compared =
  (test: (sign: number) => boolean) =>
  (a: Collection, b: Collection, env: Environment): Collection => {
    const sign = order(a, b, (left, right) => inZone(left, right, env))
    return boolean(sign === undefined ? undefined : test(sign))
  }

const FORMS: Record<string, (ast: Ast, choices: ChoiceKeys) => Evaluate> = {
  EntireExpression: only,
  TermExpression: only,
  ParenthesizedTerm: only,
  InvocationTerm: only,
  LiteralTerm: only,
  OrExpression: (ast, choices) => {
    if (operator(ast) === 'or') return logic(or)(ast, choices)
    return logic((a, b) => {
      const other = b()
      return a === undefined || other === undefined ? undefined : a !== other
    })(ast, choices)
  },
  AndExpression: logic(and),
  ImpliesExpression: logic((a, b) => or(negated(a), b)),
  EqualityExpression: binary({ '=': (a, b) => boolean(equal(a, b)), '!=': (a, b) => boolean(negated(equal(a, b))) }),
  InequalityExpression: binary({
    '<': compared((sign) => sign < 0),
    '<=': compared((sign) => sign <= 0),
    '>': compared((sign) => sign > 0),
    '>=': compared((sign) => sign >= 0),
  }),
  MembershipExpression: binary({ in: (a, b) => boolean(memberOf(a, b)), contains: (a, b) => boolean(memberOf(b, a)) }),
  AdditiveExpression: binary({ '&': joined }),
  UnionExpression: binary({ '|': union }),
  ThisInvocation: () => (focus) => focus,
  MemberInvocation: memberInvocation,
  FunctionInvocation: (ast, choices) => {
    const call = functionCall(ast, choices)
    return (focus, env) => call(focus, focus, env)
  },
  InvocationExpression: invocation,
  IndexerExpression: (ast, choices) => {
    const [list, index] = [compile(child(ast, 0), choices), compile(child(ast, 1), choices)]
    return (focus, env) => {
      const at = Number(index(focus, env)[0])
      return list(focus, env).slice(at, at + 1)
    }
  },
  ExternalConstantTerm: externalConstant,
  StringLiteral: (ast) => constant(unquoted(ast.text ?? '')),
  NumberLiteral: (ast) => constant(Number(ast.text)),
  BooleanLiteral: (ast) => constant(ast.text === 'true'),
  NullLiteral: () => () => EMPTY,
}

function constant(value: unknown): Evaluate {
  const items = [value]
  return () => items
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' }

function unquoted(literal: string): string {
  if (literal.includes('\\u')) throw new Unsupported(literal)
  return literal.slice(1, -1).replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c)
}

const nameOf = (ast: Ast): string => (child(ast, 0).text ?? '').replace(/^`|`$/g, '')

/** A name in capitals is a type; `Patient.name` begins at the resource itself. */
function memberInvocation(ast: Ast, choices: ChoiceKeys): Evaluate {
  const name = nameOf(ast)
  const named = memberName(name, choices)
  if (!/^[A-Z]/.test(name)) return (focus) => member(focus, named)
  return (focus) => {
    const [item] = focus
    if (focus.length !== 1 || (item as { resourceType?: unknown } | null)?.resourceType !== name) throw NOT_CERTAIN
    return focus
  }
}

function invocation(ast: Ast, choices: ChoiceKeys): Evaluate {
  const [left, right] = [child(ast, 0), child(ast, 1)]
  if (right.type === 'MemberInvocation') {
    const [from, name] = [compile(left, choices), nameOf(right)]
    if (/^[A-Z]/.test(name)) throw new Unsupported(name)
    const named = memberName(name, choices)
    return (focus, env) => member(from(focus, env), named)
  }
  if (right.type !== 'FunctionInvocation') throw new Unsupported(right.type)
  if (functionName(right) === 'ofType') return choiceOfType(left, right, choices)
  const [from, call] = [compile(left, choices), functionCall(right, choices)]
  return (focus, env) => call(from(focus, env), focus, env)
}

const functionName = (ast: Ast): string => child(child(ast, 0), 0).text ?? ''

function functionCall(ast: Ast, choices: ChoiceKeys): (input: Collection, focus: Collection, env: Parameters<Evaluate>[1]) => Collection {
  const apply = FUNCTIONS[functionName(ast)]
  if (!apply) throw new Unsupported(functionName(ast))
  const parameters = child(ast, 0).children?.[1]?.children ?? []
  const args = parameters.map((parameter) => compile(parameter, choices))
  return (input, focus, env) => apply(input, args, focus, env)
}

/** `value.ofType(Quantity)`: the JSON key says the type. */
function choiceOfType(left: Ast, right: Ast, choices: ChoiceKeys): Evaluate {
  const type = child(child(child(right, 0), 1), 0).text ?? ''
  const path = lastMember(left)
  if (!path || !choices.get(path.name)?.has(path.name + type)) throw new Unsupported('ofType')
  const from = path.from ? compile(path.from, choices) : (focus: Collection) => focus
  const named = memberName(path.name + type, choices)
  return (focus, env) => member(from(focus, env), named)
}

function lastMember(ast: Ast): { from?: Ast; name: string } | undefined {
  if (ast.type === 'InvocationExpression' && child(ast, 1).type === 'MemberInvocation')
    return { from: child(ast, 0), name: nameOf(child(ast, 1)) }
  if (ast.type === 'TermExpression' || ast.type === 'InvocationTerm') return lastMember(child(ast, 0))
  return ast.type === 'MemberInvocation' ? { name: nameOf(ast) } : undefined
}

function externalConstant(ast: Ast): Evaluate {
  const name = child(child(ast, 0), 0).text ?? ''
  if (name === 'resource') return (_focus, env) => [env.resource]
  if (name === 'rootResource') return (_focus, env) => [env.rootResource]
  if (name === 'context') return (_focus, env) => [env.context]
  if (name === 'extension') return (_focus, env) => [env.extension]
  if (name === 'ucum') return constant('http://unitsofmeasure.org')
  throw new Unsupported(name)
}
