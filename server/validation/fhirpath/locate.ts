/**
 * Where the elements stand that a FHIRPath expression names (R4 fhirpatch.html). Only paths, filters and tests may stand in it:
 * no function that leaves the resource (`resolve`), tells somebody else of it (`trace`), runs a pattern of the client, or visits
 * everything (`descendants`). The package finds the elements; each of its nodes knows its parent.
 */
import fhirpath, { type ResourceNode } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import type { Ast } from './compile.ts'

/** One step below the resource: name of the element without its type, and the place in its list. */
export interface ElementStep {
  name: string
  index?: number
}

export class NotLocatable extends Error {
  readonly reason: 'expression' | 'costly'
  constructor(reason: 'expression' | 'costly') {
    super(reason)
    this.reason = reason
  }
}

const EXPRESSION_CHARACTERS_MAX = 1000
/** Of all different expressions of one patch: the grammar takes up to 20 µs for a character of nested calls. */
export const EXPRESSIONS_CHARACTERS_MAX = 60_000
/** Items that all evaluations of one patch may make. */
export const LOCATE_ITEMS_MAX = 2_000_000

const FILTERS = ['where', 'first', 'last', 'tail', 'skip', 'take', 'single', 'ofType', 'as', 'extension', 'iif']
const TESTS = ['is', 'exists', 'empty', 'not', 'count', 'all', 'hasValue', 'isDistinct', 'startsWith', 'endsWith', 'contains']
const TEXTS = ['lower', 'upper', 'length', 'trim', 'toString', 'toInteger', 'toDecimal']
const FUNCTIONS: ReadonlySet<string> = new Set([...FILTERS, ...TESTS, ...TEXTS])
/** Forms that name something outside of the resource, or make something. */
const FORMS_REFUSED = new Set(['ExternalConstantTerm', 'ExternalConstant', 'InstanceSelectorTerm'])

export interface Locator {
  /**
   * Steps to each element, in their order; the resource itself has none.
   * @throws NotLocatable
   */
  locate(resource: object, expression: string): ElementStep[][]
}

/** Of one patch: its expressions, and their evaluations, have one bound together. */
export function createLocator(): Locator {
  let left = LOCATE_ITEMS_MAX
  let charactersLeft = EXPRESSIONS_CHARACTERS_MAX
  const compiled = new Map<string, (resource: object) => unknown>()
  const spend = (_context: unknown, _focus: unknown, result: unknown): void => {
    left -= 1 + (Array.isArray(result) ? result.length : 0)
    if (left < 0) throw new NotLocatable('costly')
  }
  const compile = (sent: string): ((resource: object) => unknown) => {
    const known = compiled.get(sent)
    if (known) return known
    charactersLeft -= sent.length
    if (charactersLeft < 0) throw new NotLocatable('costly')
    const expression = withElementDiv(sent)
    checkExpression(expression)
    const made = fhirpath.compile(expression, r4, { resolveInternalTypes: false, async: false, debugger: spend })
    compiled.set(sent, made)
    return made
  }
  return {
    locate(resource, expression) {
      try {
        return (compile(expression)(resource) as unknown[]).map((node) => stepsTo(resource, node))
      } catch (error) {
        throw error instanceof NotLocatable ? error : new NotLocatable('expression')
      }
    },
  }
}

/** Of a narrative the element `div` has the name of an operator; behind a point it can only be the element. */
const withElementDiv = (expression: string): string =>
  expression.replace(/'(?:[^'\\]|\\.)*'|`[^`]*`|\.div\b/g, (found) => (found === '.div' ? '.`div`' : found))

function checkExpression(expression: string): void {
  if (expression.length > EXPRESSION_CHARACTERS_MAX) throw new NotLocatable('expression')
  let ast: Ast
  try {
    ast = fhirpath.parse(expression) as Ast
  } catch {
    throw new NotLocatable('expression')
  }
  checkForms(ast)
}

/** What a path ends with: the element of that name, in what the path before it names. Undefined where it ends with something else. */
export function lastMember(expression: string): { path: string; name: string } | undefined {
  const [, path, name] = /^(.+)\.\s*([A-Za-z]\w*)\s*$/s.exec(expression) ?? []
  if (path === undefined || name === undefined || expression.length > EXPRESSION_CHARACTERS_MAX) return undefined
  try {
    return endsWithMember(fhirpath.parse(expression) as Ast) ? { path, name } : undefined
  } catch {
    return undefined
  }
}

/** The last name belongs to the whole before it, and not to one side of an operator. */
function endsWithMember({ type, children = [] }: Ast): boolean {
  const [first, second] = children
  if (type === 'InvocationExpression') return second?.type === 'MemberInvocation'
  return first !== undefined && second === undefined && endsWithMember(first)
}

function checkForms(ast: Ast): void {
  if (FORMS_REFUSED.has(ast.type)) throw new NotLocatable('expression')
  if (ast.type === 'Functn' && !FUNCTIONS.has(ast.children?.[0]?.text ?? '')) throw new NotLocatable('expression')
  for (const child of ast.children ?? []) checkForms(child)
}

const isNode = (value: unknown): value is ResourceNode => value !== null && typeof value === 'object' && 'parentResNode' in value

/** What is computed (a number, a text) stands nowhere. */
function stepsTo(resource: object, value: unknown): ElementStep[] {
  const steps: ElementStep[] = []
  let node: unknown = value
  while (isNode(node) && node.parentResNode) {
    steps.unshift({ name: node.propName ?? '', ...(typeof node.index === 'number' ? { index: node.index } : {}) })
    node = node.parentResNode
  }
  if (!isNode(node) || node.data !== resource) throw new NotLocatable('expression')
  return steps
}
