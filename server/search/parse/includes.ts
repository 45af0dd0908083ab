/** `_include` and `_revinclude`: `Type:param`, `Type:param:Target`, `Type:*` and, forward, `*` (R4 search.html 3.1.1.5.4). */
import type { Param } from '../registry.ts'
import { INCLUDE_TERMS_MAX } from '../limits.ts'
import type { IncludeTerm } from '../types.ts'
import { paramError } from './names.ts'

/** Parameters of a type by code; undefined for an unknown type. */
export type ParamsOf = (type: string) => ReadonlyMap<string, Param> | undefined

type IncludeName = '_include' | '_revinclude'

/** @throws OutcomeError parameter-invalid | too-costly for what is no reference parameter, or goes somewhere else */
export function parseInclude(name: IncludeName, value: string, type: string, paramsOf: ParamsOf): IncludeTerm[] {
  if (value === '*') {
    if (name === '_revinclude') throw paramError('too-costly', name)
    return references(type, paramsOf).map((p) => ({ source: type, param: p.definition.code }))
  }
  const [source, param, target, ...more] = value.split(':')
  if (source === undefined || param === undefined || param === '' || more.length > 0) throw paramError('parameter-invalid', name)
  if (paramsOf(source) === undefined || (target !== undefined && paramsOf(target) === undefined))
    throw paramError('parameter-invalid', name)
  if (name === '_include' && source !== type) throw paramError('parameter-invalid', name)
  if (name === '_revinclude' && target !== undefined && target !== type) throw paramError('parameter-invalid', name)
  const all = references(source, paramsOf).filter((p) => param === '*' || p.definition.code === param)
  const reaching = all.filter((p) => pointsTo(p, name === '_revinclude' ? type : target))
  if (reaching.length === 0) throw paramError('parameter-invalid', name)
  return reaching.map((p) => ({ source, param: p.definition.code, ...(target === undefined ? {} : { target }) }))
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
