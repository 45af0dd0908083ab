/** `_include` and `_revinclude`: `Type:param`, `Type:param:Target`, `Type:*` and, forward, `*` (R4 search.html 3.1.1.5.4). */
import type { Param } from '../registry.ts'
import { INCLUDE_TERMS_MAX } from '../limits.ts'
import type { IncludeTerm, ParseOptions } from '../types.ts'
import { paramError } from './names.ts'

/** Parameters of a type by code; undefined for an unknown type. */
export type ParamsOf = (type: string) => ReadonlyMap<string, Param> | undefined

type IncludeName = '_include' | '_revinclude'

interface IncludeRequest {
  paramsOf: ParamsOf
  mayInclude?: ParseOptions['mayInclude']
}

/**
 * `iterate`: the term is followed from what is included too (R4 search.html 3.1.1.5.4), so that it may start at any type.
 * @throws OutcomeError parameter-invalid | too-costly for what is no reference parameter, or goes somewhere else; parameter-forbidden
 */
export function parseInclude(
  name: IncludeName,
  value: string,
  type: string,
  { paramsOf, mayInclude = () => true }: IncludeRequest,
  iterate = false,
): IncludeTerm[] {
  if (value === '*') {
    if (name === '_revinclude') throw paramError('too-costly', name)
    if (iterate) return [{ source: '*', param: '*', iterate }]
    return references(type, paramsOf).flatMap(({ definition: { code } }) => (mayInclude(type, code) ? [{ source: type, param: code }] : []))
  }
  const [source, param, target, ...more] = value.split(':')
  if (source === undefined || param === undefined || param === '' || more.length > 0) throw paramError('parameter-invalid', name)
  if (paramsOf(source) === undefined || (target !== undefined && paramsOf(target) === undefined))
    throw paramError('parameter-invalid', name)
  if (!iterate && name === '_include' && source !== type) throw paramError('parameter-invalid', name)
  if (!iterate && name === '_revinclude' && target !== undefined && target !== type) throw paramError('parameter-invalid', name)
  // One that is not ready says so.
  if (param !== '*') paramsOf(source)?.get(param)
  const all = references(source, paramsOf).filter((p) => param === '*' || p.definition.code === param)
  const reaching = all.filter((p) => pointsTo(p, name === '_revinclude' && !iterate ? type : target))
  if (reaching.length === 0) throw paramError('parameter-invalid', name)
  const open = reaching.filter((p) => mayInclude(source, p.definition.code))
  if (open.length === 0) throw paramError('parameter-forbidden', name)
  return open.map((p) => ({
    source,
    param: p.definition.code,
    ...(target === undefined ? {} : { target }),
    ...(iterate ? { iterate, ...reachesOf(name, p, target) } : {}),
  }))
}

/** Several parameters may share their keys (`patient` those of `subject`): which types are meant is said here. */
function reachesOf(name: IncludeName, { definition, columns }: Param, target: string | undefined): Pick<IncludeTerm, 'reaches'> {
  if (name === '_include') return {}
  if (target !== undefined) return { reaches: [target] }
  const only = columns.map(({ refersTo }) => refersTo)
  if (only.every((type) => type !== undefined)) return { reaches: only }
  return definition.target === undefined || definition.target.includes('Resource') ? {} : { reaches: definition.target }
}

export function checkIncludeCount(name: IncludeName, terms: readonly IncludeTerm[]): void {
  if (terms.length > INCLUDE_TERMS_MAX) throw paramError('too-costly', name)
}

function references(type: string, paramsOf: ParamsOf): Param[] {
  return [...(paramsOf(type)?.values() ?? [])].filter((p) => p.definition.type === 'reference')
}

function pointsTo(param: Param, target: string | undefined): boolean {
  const targets = param.definition.target
  return target === undefined || targets === undefined || targets.includes(target) || targets.includes('Resource')
}
