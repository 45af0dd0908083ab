/**
 * One question to the terminology: the scope of a read or a search, the definitions that the asker may see, and the account of
 * it before the answer leaves. What is hidden from him is no definition.
 */
import type { Decision } from '../../access/decision.ts'
import { allows } from '../../auth/scopes.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { bodyText, notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { masked } from '../../interactions/read.ts'
import { parseSearch } from '../../interactions/search-request.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Stored } from '../../store/types.ts'
import { createLibrary, type KeptSystems, type Library, type StoredDefinitions } from '../../terminology-service/library.ts'
import type { Definition, DefinitionType } from '../../terminology-service/shipped.ts'
import { type AsOfNow, asOfNow } from './as-of-now.ts'
import { keyOf, resourceOf } from './parsed.ts'
import { FOUND_MAX, type LookUp, lookUp } from './shared-look-ups.ts'

export interface Asking {
  interaction: string
  type: DefinitionType
  /** canonicals of supplements that the question names (`useSupplement`) */
  supplements?: readonly string[]
}

export interface Held {
  library: Library
  /** the resource in whose address the operation stands */
  instance?: Definition
}

/** @throws OutcomeError forbidden, not-found, gone, and what `run` throws, which is on record too */
export async function answered<T>(
  deps: FhirDeps,
  request: FhirRequest,
  { interaction, type, supplements = [] }: Asking,
  run: (held: Held) => Promise<T>,
): Promise<T> {
  const id = instanceOf(request)
  requireScope(request.actor, type, id === undefined ? 's' : 'r')
  const seen = await decided(deps, request, [], async (decision) => {
    const met = new Map<string, Stored>()
    const own = id === undefined ? undefined : await deps.store.read(decision, type, id)
    if (own) met.set(`${type}/${id}`, own)
    if (id !== undefined && (!own || own.deleted)) return { met, own }
    const named = { asked: new Set(supplements), used: new Set<string>() }
    const now = asOfNow(deps)
    const library = createLibrary(deps.definitions, storedFor(deps, request, { decision, met, now }), keptFor(deps, request, now), named)
    try {
      const value = await run({ library, ...(own ? { instance: definitionOf(deps, request, own) } : {}) })
      if (supplements.some((one) => !named.used.has(one))) throw paramError('definition-unknown', 'useSupplement')
      return { met, own, value }
    } catch (error) {
      if (!(error instanceof OutcomeError)) throw error
      return { met, own, error }
    }
  })
  const { met, own, error } = seen.value
  const asked = { interaction, action: 'E' as const, type, query: request.query, ...(id === undefined ? {} : { id }) }
  // What comes with the server or was loaded is about nobody, and nobody's: it is used as the implementation guide is.
  const isOfNobody = id === undefined && !error && met.size === 0
  if (!isOfNobody) await audited(deps, request, { ...asked, found: [...met.values()], seen })
  if (id !== undefined && !own) throw notFound()
  if (own?.deleted) throw new OutcomeError('gone')
  if (error) throw error
  return seen.value.value as T
}

function instanceOf({ segments }: FhirRequest): string | undefined {
  const second = segments[1]
  if (second === undefined || second.startsWith('$')) return undefined
  checkId(second)
  return second
}

export interface Looking {
  decision: Decision
  /** what was found is added to it */
  met: Map<string, Stored>
  now: AsOfNow
}

export interface StoredFor extends StoredDefinitions {
  /** the one of that id, through a read as anybody's */
  at(type: DefinitionType, id: string): Promise<Definition | undefined>
}

/** What is stored, through the same searches as anybody's. */
export function storedFor(deps: FhirDeps, request: FhirRequest, { decision, met, now }: Looking): StoredFor {
  const { actor } = request
  const asked = new Map<string, Promise<Definition[]>>()
  const search = async (type: DefinitionType, name: string, value: string): Promise<Definition[]> => {
    if (!allows(actor, type, 's') || value === '' || value.length > VALUE_LENGTH_MAX) return []
    const plan = () => parseSearch(deps, actor, type, [[name, escaped(value)]], true).plan
    // What the form of the asker does not let him search by is refused, whether or not somebody has looked it up.
    if (deps.access.allowedParams(actor, type)) plan()
    const byName = async (asked: LookUp) =>
      (await now.definitions(asked))?.filter(({ acc }) => decision.permits(type, acc)) ?? lookUp(deps.store, decision, asked)
    const rows =
      name === 'url' || name === 'supplements'
        ? await byName({ type, name, value, plan })
        : (await deps.store.search(decision, { type, plan: plan(), sort: [], count: FOUND_MAX, total: 'none' })).rows
    for (const row of rows) met.set(`${type}/${row.id}`, row)
    return rows.map((row) => definitionOf(deps, request, row))
  }
  /** Of one question each once. */
  const find = (type: DefinitionType, name: string, value: string): Promise<Definition[]> => {
    const key = `${type}?${name}=${value}`
    const found = asked.get(key) ?? search(type, name, value)
    asked.set(key, found)
    return found
  }
  return {
    byUrl: (type, url) => find(type, 'url', url),
    supplementsOf: (url) => find('CodeSystem', 'supplements', url),
    mapsOf: (side, system) => find('ConceptMap', `${side}-system`, system),
    async at(type, id) {
      const row = allows(actor, type, 'r') ? await deps.store.read(decision, type, id) : undefined
      if (!row || row.deleted) return undefined
      met.set(`${type}/${id}`, row)
      return definitionOf(deps, request, row)
    },
  }
}

/** What is loaded may be licensed: it is for those who may search code systems, as what is stored is. */
export const keptFor = ({ kept }: FhirDeps, { actor }: FhirRequest, { systems }: AsOfNow): KeptSystems | undefined =>
  allows(actor, 'CodeSystem', 's') ? { systems, listed: kept.listed } : undefined

const VALUE_LENGTH_MAX = 1000
const escaped = (value: string): string => value.replace(/[\\,|$]/g, '\\$&')

function definitionOf(deps: FhirDeps, request: FhirRequest, doc: Stored): Definition {
  const key = keyOf(doc)
  const text = request.actor.form === 'IDENT' ? undefined : masked(deps, request, doc)
  // A form of its own has a content of its own.
  if (typeof text === 'string' && text !== bodyText(doc)) return { key: `${key}/${text}`, resource: () => JSON.parse(text) as FhirResource }
  return { key, resource: () => resourceOf(doc) }
}
