/**
 * Parameters that an operator writes (R4 searchparameter.html), beside the built-in ones: each has a column of its own, so that
 * it comes and goes without touching the keys of others. Until all that was stored before is indexed by it, it is not ready:
 * what is written is indexed by it already, and whoever searches by it is told so.
 */
import { compileComposites } from './composite.ts'
import type { Definitions } from './definitions.ts'
import { ABSTRACT_TYPES } from './parameter-resource.ts'
import { paramError } from './parse/names.ts'
import { compileAlone, type Param, storedOf, type TypeParams, withParts } from './registry.ts'
import type { CustomParameter, SearchParameter } from './types.ts'

/** Written by the server alone, with keys of their own: see server/audit-event. */
const NEVER: ReadonlySet<string> = new Set(['AuditEvent'])

export const isFor = ({ base }: SearchParameter, type: string): boolean =>
  !NEVER.has(type) && (base.includes(type) || base.some((one) => ABSTRACT_TYPES.has(one)))

/** Concrete types of a parameter. */
export const typesFor = (p: SearchParameter, { resources }: Definitions): string[] => [...resources].filter((type) => isFor(p, type))

/** The parameters of a type with those of operators. @throws TypeError when a composite's parts are not there */
export function withCustom(type: string, built: TypeParams, custom: readonly CustomParameter[], definitions: Definitions): TypeParams {
  const own = custom.filter((p) => isFor(p, type))
  if (own.length === 0) return built
  const made = new Map(own.map((p) => [p.code, { ...compileAlone(p, type, definitions), custom: { ready: p.ready } }]))
  const simple = new Map<string, Param>([...built.byCode, ...made])
  const { composites, foci } = compileComposites(type, simple, definitions, new Set(made.keys()))
  const byCode = new Map([...simple].map(([code, param]) => [code, withParts(param, composites.get(code))]))
  return {
    byCode,
    searchable: new Searchable(byCode),
    stored: [...built.stored, ...storedOf(made.values())],
    foci: [...built.foci, ...foci],
    hasText: built.hasText,
  }
}

const isReady = ({ custom }: Param): boolean => custom?.ready !== false

/** As searches see the parameters: one that is being built is there, but refuses; a list of all leaves it out. */
class Searchable extends Map<string, Param> {
  /** @throws OutcomeError parameter-building */
  override get(code: string): Param | undefined {
    const param = super.get(code)
    if (param && !isReady(param)) throw paramError('parameter-building', code)
    return param
  }

  override *values(): MapIterator<Param> {
    for (const param of super.values()) if (isReady(param)) yield param
  }
}
