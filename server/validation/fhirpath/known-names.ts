/**
 * Whether an expression names an element that its type does not have. It is told from the text alone: what stands behind a function, a
 * choice of types, a reference or a resource of any type is not known, and nothing is said of it.
 */
import fhirpath from 'fhirpath'
import type { TypeNode } from '../type-tree.ts'
import type { Ast } from './compile.ts'

type Focus = TypeNode | undefined

/** Functions whose criteria are about each item of what they are called on. */
const OF_EACH: ReadonlySet<string> = new Set(['where', 'all', 'exists', 'select'])
/** Functions that answer some of what they are called on. */
const SAME: ReadonlySet<string> = new Set(['where', 'first', 'last', 'tail', 'skip', 'take', 'single', 'distinct'])
const WRAPPING: ReadonlySet<string> = new Set(['EntireExpression', 'TermExpression', 'ParenthesizedTerm', 'InvocationTerm'])

/** The first such name; undefined also where the expression cannot be read. */
export function unknownName(expression: string, context: TypeNode): string | undefined {
  try {
    const search = new NameSearch()
    search.typeOf(fhirpath.parse(expression) as Ast, context)
    return search.found
  } catch {
    return undefined
  }
}

const nameOf = (ast: Ast | undefined): string => (ast?.children?.[0]?.text ?? '').replace(/^`|`$/g, '')

class NameSearch {
  found: string | undefined

  /** The type of what the expression answers, where it is known. */
  typeOf(ast: Ast, focus: Focus): Focus {
    const [first, second] = ast.children ?? []
    if (WRAPPING.has(ast.type)) return first && this.typeOf(first, focus)
    if (ast.type === 'ThisInvocation') return focus
    if (ast.type === 'MemberInvocation') return this.#below(nameOf(ast), focus)
    if (ast.type === 'FunctionInvocation') return this.#called(ast, focus)
    if (ast.type === 'InvocationExpression' && first && second) return this.typeOf(second, this.typeOf(first, focus))
    const [of] = (ast.children ?? []).map((each) => this.typeOf(each, focus))
    return ast.type === 'IndexerExpression' ? of : undefined
  }

  #below(name: string, focus: Focus): Focus {
    if (!focus) return undefined
    // In capitals it is a type: an expression may begin with its own.
    if (/^[A-Z]/.test(name)) return name === focus.path ? focus : undefined
    const infos = [...focus.keys.values()].filter(({ sibling, element }) => !sibling && element.name === name)
    if (infos.length === 0) this.found ??= name
    return infos.length === 1 ? infos[0]?.content() : undefined
  }

  #called(ast: Ast, input: Focus): Focus {
    const call = ast.children?.[0]
    const name = nameOf(call)
    for (const argument of call?.children?.[1]?.children ?? []) this.typeOf(argument, OF_EACH.has(name) ? input : undefined)
    return SAME.has(name) ? input : undefined
  }
}
