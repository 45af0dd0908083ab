/**
 * StructureDefinition (R4 structuredefinition.html, elementdefinition.html, profiling.html#slicing): what a definition says of others and
 * of itself. Whether it can be carried out is only known when it is compiled.
 */
import { objectsOf } from './items.ts'
import type { TextContext, TextRule } from './rule.ts'

interface Element {
  path?: unknown
  sliceName?: unknown
  slicing?: unknown
  binding?: { valueSet?: unknown }
}

export const structureDefinitionRules: TextRule = (definition, context) => {
  const { type, kind, derivation, differential, snapshot } = definition as Record<string, unknown>
  if (derivation === 'constraint' && typeof type === 'string' && isOtherKind(type, kind, context))
    context.report('definition-kind', type, '.kind')
  for (const [name, part] of [
    ['differential', differential],
    ['snapshot', snapshot],
  ] as const) {
    const { element } = (part ?? {}) as { element?: unknown }
    const elements = objectsOf<Element>(element)
    for (const [index, { binding }] of elements) boundRules(binding?.valueSet, `.${name}.element[${index}].binding.valueSet`, context)
    if (name === 'snapshot') slicingRules(elements, context)
  }
}

/** A constraint is on a type as it is: it makes no datatype of a resource. */
function isOtherKind(type: string, kind: unknown, { tree }: TextContext): boolean {
  if (tree.isResource(type)) return kind !== 'resource'
  if (tree.isPrimitive(type)) return kind !== 'primitive-type'
  return tree.node(type) !== undefined && kind !== 'complex-type'
}

function boundRules(valueSet: unknown, at: string, { codes, system, report }: TextContext): void {
  if (typeof valueSet !== 'string') return
  const [url = ''] = valueSet.split('|')
  if (system(url) !== undefined && codes(url) === undefined) report('reference-type', 'canonical(ValueSet)', at)
}

/** Slices come behind the element that says how they are told apart; those of a choice are told apart by their types. */
function slicingRules(elements: [number, Partial<Element>][], { report }: TextContext): void {
  const sliced = new Set<unknown>()
  for (const [index, { path, sliceName, slicing }] of elements) {
    if (slicing !== undefined) sliced.add(path)
    else if (sliceName !== undefined && !sliced.has(path) && !String(path).endsWith('[x]'))
      report('definition-slicing', 'slicing', `.snapshot.element[${index}]`)
  }
}
