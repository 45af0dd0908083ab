/** StructureDefinition (R4 elementdefinition-definitions.html#ElementDefinition.constraint.expression): it can be executed on what it constrains. */
import { unknownName } from '../fhirpath/known-names.ts'
import type { TypeNode, TypeTree } from '../type-tree.ts'
import { objectsOf } from './items.ts'
import type { TextRule } from './rule.ts'

interface Element {
  path?: unknown
  constraint?: unknown
}

interface Constraint {
  expression?: unknown
}

/**
 * Reading an expression takes a fraction of a millisecond, one that somebody has nested on purpose some tens; the same ones come again
 * and again. What is beyond is not read.
 */
const EXPRESSION_CHARACTERS_MAX = 500
const NEW_CHARACTERS_MAX = 6_000
const KNOWN_MAX = 5_000
const known = new Map<string, string | undefined>()

/** Of the snapshot, which is what is executed; of the differential where there is no other. Not of the many that a Bundle may have. */
export const constraintExpressionRules: TextRule = (definition, { tree, report, inBundle }) => {
  if (inBundle) return
  const { snapshot, differential } = definition as Record<string, { element?: unknown } | undefined>
  const name = snapshot ? 'snapshot' : 'differential'
  let read = 0
  for (const [index, { path, constraint }] of objectsOf<Element>((snapshot ?? differential)?.element)) {
    const node = typeof path === 'string' ? nodeAt(path, tree) : undefined
    for (const [at, { expression }] of node ? objectsOf<Constraint>(constraint) : []) {
      if (!node || typeof expression !== 'string' || expression.length > EXPRESSION_CHARACTERS_MAX) continue
      const key = `${node.path} ${expression}`
      if (!known.has(key)) {
        read += expression.length
        if (read > NEW_CHARACTERS_MAX) return
        if (known.size >= KNOWN_MAX) known.clear()
        known.set(key, unknownName(expression, node))
      }
      const unknown = known.get(key)
      if (unknown !== undefined) report('definition-expression', unknown, `.${name}.element[${index}].constraint[${at}]`)
    }
  }
}

/** What an element of R4's types has below it; undefined for a choice and for what R4 does not define. */
function nodeAt(path: string, tree: TypeTree): TypeNode | undefined {
  const [type = '', ...steps] = path.split('.')
  let node = tree.node(type)
  for (const step of steps) {
    const infos = [...(node?.keys.values() ?? [])].filter(({ sibling, element }) => !sibling && element.name === step)
    node = infos.length === 1 ? infos[0]?.content() : undefined
  }
  return node
}
