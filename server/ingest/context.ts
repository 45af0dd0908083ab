/** What a mapping may know of its source: made of the configuration, pure to use. */
import type { MappingContext } from '../../mappings/engine/types.ts'
import type { Asking } from './confirmed-codes.ts'
import type { IngestDeps, IngestSource } from './types.ts'

/**
 * Context of one source. An institution code is looked up in the source's own codes, then in those of all organisations;
 * an unknown one answers a stable scope of its own, so that numbers of two unknown hospitals are never mixed.
 */
export function contextOf(deps: Pick<IngestDeps, 'organizations' | 'translate'>, source: IngestSource): MappingContext {
  const byCode = new Map(deps.organizations.flatMap(({ id, codes }) => [[id, id] as const, ...codes.map((code) => [code, id] as const)]))
  return {
    source: { id: source.id, kind: source.kind, organization: source.organization },
    timezone: source.timezone,
    organization: (code) => {
      if (code === undefined || code === '') return source.organization
      return source.organizationCodes.get(code) ?? byCode.get(code) ?? `${source.organization}~${code}`
    },
    translate: (map, code) => deps.translate(map, code),
  }
}

/** The same for one record. @param asking what was decided of codes that no table knows */
export const contextFor = (context: MappingContext, asking: Asking): MappingContext => ({
  ...context,
  translate: (map, code, system) => context.translate(map, code, system) ?? asking.translate(context.source.id, { map, code, system }),
})

/** Patient numbers are unique within one identity domain: a kind of source of one organisation. */
export const identityDomain = (sender: Sender): string => `${sender.rest === true ? 'rest' : sender.kind}:${sender.organization}`

/** Who says something of a patient: a source, or a client that writes Patient resources. */
export interface Sender extends Pick<IngestSource, 'kind' | 'organization'> {
  rest?: true
}
