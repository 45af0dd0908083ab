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
import type { Stored } from '../../store/types.ts'
import { createLibrary, type Library, type StoredDefinitions } from '../../terminology-service/library.ts'
import type { Definition, DefinitionType } from '../../terminology-service/shipped.ts'

/** Versions of one definition, or maps of one system. */
const FOUND_MAX = 100

export interface Asking {
  interaction: string
  type: DefinitionType
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
  { interaction, type }: Asking,
  run: (held: Held) => Promise<T>,
): Promise<T> {
  const id = instanceOf(request)
  requireScope(request.actor, type, id === undefined ? 's' : 'r')
  const seen = await decided(deps, request, [], async (decision) => {
    const met = new Map<string, Stored>()
    const own = id === undefined ? undefined : await deps.store.read(decision, type, id)
    if (own) met.set(`${type}/${id}`, own)
    if (id !== undefined && (!own || own.deleted)) return { met, own }
    const library = createLibrary(deps.definitions, storedFor(deps, request, decision, met), deps.kept)
    try {
      return { met, own, value: await run({ library, ...(own ? { instance: definitionOf(deps, request, own) } : {}) }) }
    } catch (error) {
      if (!(error instanceof OutcomeError)) throw error
      return { met, own, error }
    }
  })
  const { met, own, error } = seen.value
  const asked = { interaction, action: 'E' as const, type, query: request.query, ...(id === undefined ? {} : { id }) }
  await audited(deps, request, { ...asked, found: [...met.values()], seen })
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

/** What is stored, through the same searches as anybody's; what was found is added to `met`. */
export function storedFor(deps: FhirDeps, request: FhirRequest, decision: Decision, met: Map<string, Stored>): StoredDefinitions {
  const { actor } = request
  const find = async (type: DefinitionType, name: string, value: string): Promise<Definition[]> => {
    if (!allows(actor, type, 's') || value === '' || value.length > VALUE_LENGTH_MAX) return []
    const { plan } = parseSearch(deps, actor, type, [[name, escaped(value)]], true)
    const { rows } = await deps.store.search(decision, { type, plan, sort: [], count: FOUND_MAX, total: 'none' })
    for (const row of rows) met.set(`${type}/${row.id}`, row)
    return rows.map((row) => definitionOf(deps, request, row))
  }
  return {
    byUrl: (type, url) => find(type, 'url', url),
    supplementsOf: (url) => find('CodeSystem', 'supplements', url),
    mapsOf: (side, system) => find('ConceptMap', `${side}-system`, system),
  }
}

const VALUE_LENGTH_MAX = 1000
const escaped = (value: string): string => value.replace(/[\\,|$]/g, '\\$&')

/** Parsed once for each version: the key names its content. */
const PARSED_BYTES_MAX = 64 * 1024 * 1024
const parsed = new Map<string, { resource: FhirResource; bytes: number }>()
let parsedBytes = 0

function definitionOf(deps: FhirDeps, request: FhirRequest, doc: Stored): Definition {
  const key = `${doc.type}/${doc.id}/${doc.v}/${doc.at.getTime()}`
  const text = request.actor.form === 'IDENT' ? undefined : masked(deps, request, doc)
  // A form of its own has a content of its own.
  if (typeof text === 'string' && text !== bodyText(doc)) return { key: `${key}/${text}`, resource: () => JSON.parse(text) as FhirResource }
  return { key, resource: () => resourceOf(key, doc) }
}

function resourceOf(key: string, doc: Stored): FhirResource {
  const known = parsed.get(key)
  if (known) return known.resource
  const made = { resource: JSON.parse(bodyText(doc)) as FhirResource, bytes: doc.body.length }
  while (parsedBytes + made.bytes > PARSED_BYTES_MAX && parsed.size > 0) forgetOldest()
  parsed.set(key, made)
  parsedBytes += made.bytes
  return made.resource
}

function forgetOldest(): void {
  const [key, { bytes }] = [...parsed.entries().take(1)][0] as [string, { bytes: number }]
  parsed.delete(key)
  parsedBytes -= bytes
}
