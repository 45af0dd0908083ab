/**
 * StructureMap (R4 structuremap.html): a rule works on what its group is given and on the variables of the rules around it, and the
 * elements that it names are those of the types.
 */
import type { TypeNode } from '../type-tree.ts'
import { objectsOf } from './items.ts'
import type { TextContext, TextRule } from './rule.ts'

type Json = Record<string, unknown>

/** Variables, and what is known of their types. */
type Scope = ReadonlyMap<string, TypeNode | undefined>

export const structureMapRules: TextRule = (map, context) => {
  const { structure, group } = map as { structure?: unknown; group?: unknown }
  const types = new Map(objectsOf<Json>(structure).map(([, { alias, url }]) => [String(alias), typeOf(url)]))
  for (const [at, each] of objectsOf<Json>(group)) {
    const scope = new Map<string, TypeNode | undefined>()
    for (const [, { name, type }] of objectsOf<Json>(each.input)) {
      if (typeof name !== 'string') continue
      const named = typeof type === 'string' ? (types.get(type) ?? type) : undefined
      scope.set(name, named === undefined ? undefined : context.tree.node(named))
    }
    rules(each.rule, scope, `.group[${at}]`, context)
  }
}

const typeOf = (url: unknown): string => String(url).slice(String(url).lastIndexOf('/') + 1)

function rules(list: unknown, outer: Scope, at: string, context: TextContext): void {
  for (const [index, rule] of objectsOf<Json>(list)) {
    const here = `${at}.rule[${index}]`
    const scope = new Map(outer)
    for (const [place, source] of objectsOf<Json>(rule.source)) {
      const type = used(source, scope, `${here}.source[${place}]`, context)
      if (typeof source.variable === 'string')
        scope.set(source.variable, typeof source.type === 'string' ? context.tree.node(source.type) : type)
    }
    for (const [place, target] of objectsOf<Json>(rule.target)) {
      // Otherwise its context is the name of a type, of an instance that stands nowhere yet.
      const type = target.contextType === 'type' ? undefined : used(target, scope, `${here}.target[${place}]`, context)
      if (typeof target.variable === 'string') scope.set(target.variable, target.transform === 'create' ? undefined : type)
    }
    rules(rule.rule, scope, here, context)
  }
}

/** The type of what a source or target names; undefined where it is not known. */
function used({ context: name, element }: Json, scope: Scope, at: string, { report }: TextContext): TypeNode | undefined {
  if (typeof name !== 'string') return undefined
  if (!scope.has(name)) {
    report('map-path', 'context', at)
    return undefined
  }
  let type = scope.get(name)
  if (typeof element !== 'string') return type
  for (const step of element.split('.')) {
    if (!type) return undefined
    const infos = [...type.keys.values()].filter((info) => !info.sibling && info.element.name === step)
    // A resource of any type, and what a logical model has, are not known.
    if (infos.length === 0) {
      report('map-path', 'element', at)
      return undefined
    }
    type = infos.length === 1 ? infos[0]?.content() : undefined
  }
  return type
}
