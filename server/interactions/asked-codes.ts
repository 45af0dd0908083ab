/**
 * `:in`, `:not-in`, `:above` and `:below` ask the terminology of the asker, which has to be waited for, and the reading of a query
 * waits for nothing: what it needs is said by an error, found out, and the request is begun again. A query is read before anything
 * is done.
 */
import { parseReference } from '../fhir/reference.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { VALUE_SET_CODES_MAX } from '../search/limits.ts'
import type { CodeSets } from '../search/types/search-type.ts'
import type { Stored } from '../store/types.ts'
import { keptFor, storedFor } from '../operations/terminology/answered.ts'
import { asOfNow } from '../operations/terminology/as-of-now.ts'
import { isWhole } from '../terminology-service/code-system.ts'
import { evaluation, partsOf } from '../terminology-service/content.ts'
import { createLibrary, type Library } from '../terminology-service/library.ts'
import type { ValueSetResource } from '../terminology-service/resources.ts'
import { audited } from './audited.ts'
import { decided } from './decided.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

type Ask = { kind: 'set'; url: string } | { kind: 'under' | 'over'; system: string; code: string }
type Parts = ReturnType<CodeSets['valueSet']>

/** Where nobody begins again, it is what it would be without an answer. */
class CodesNeeded extends OutcomeError {
  readonly ask: Ask

  constructor(ask: Ask) {
    super(ask.kind === 'set' ? 'value-set-unknown' : 'code-system-flat', { params: { name: '?' } })
    this.ask = ask
  }
}

/** Sets and codes of one request. */
const ASKS_MAX = 50

export interface AskedOptions {
  /** false: the server looks at it for itself, and nothing of it leaves */
  onRecord?: boolean
}

/** @param run is told how many sets and codes were asked for until then */
export async function withAskedCodes<T>(
  deps: FhirDeps,
  request: FhirRequest,
  run: (deps: FhirDeps, asked: number) => Promise<T>,
  options: AskedOptions = {},
): Promise<T> {
  const known = new Map<string, unknown>()
  const answer = (ask: Ask): unknown => {
    const key = JSON.stringify(ask)
    if (!known.has(key)) throw new CodesNeeded(ask)
    return known.get(key)
  }
  const codeSets: NonNullable<FhirDeps['codeSets']> = {
    valueSet: (url) => answer({ kind: 'set', url }) as Parts,
    related: (kind, system, code) => answer({ kind, system, code }) as readonly string[] | undefined,
  }
  for (;;) {
    try {
      return await run({ ...deps, codeSets }, known.size)
    } catch (error) {
      if (!(error instanceof CodesNeeded)) throw error
      if (known.size >= ASKS_MAX) throw new OutcomeError('too-costly')
      known.set(JSON.stringify(error.ask), await found(deps, request, error.ask, options))
    }
  }
}

/** What the asker may see of it; a definition that was used is on record. */
async function found(deps: FhirDeps, request: FhirRequest, ask: Ask, { onRecord = true }: AskedOptions): Promise<unknown> {
  const seen = await decided(deps, request, [], async (decision) => {
    const met = new Map<string, Stored>()
    const now = asOfNow(deps)
    const stored = storedFor(deps, request, { decision, met, now })
    const library = createLibrary(deps.definitions, stored, keptFor(deps, request, now))
    const literally = async (url: string): Promise<ValueSetResource | undefined> => {
      const target = parseReference(url, deps.baseUrl)
      if (target?.kind !== 'local' || target.type !== 'ValueSet') return undefined
      return (await stored.at('ValueSet', target.id))?.resource() as ValueSetResource | undefined
    }
    return { value: await valueFor(library, ask, literally), met }
  })
  const used = [...seen.value.met.values()]
  const type = ask.kind === 'set' ? 'ValueSet' : 'CodeSystem'
  const query: [string, string][] = [['url', ask.kind === 'set' ? ask.url : ask.system]]
  if (onRecord && used.length > 0) await audited(deps, request, { interaction: 'search-type', action: 'E', type, found: used, seen, query })
  return seen.value.value
}

/** The set that stands at an address of this server. */
type Literally = (url: string) => Promise<ValueSetResource | undefined>

/** Undefined: not known, or not as a whole; any answer would be another set. */
async function valueFor(library: Library, ask: Ask, literally: Literally): Promise<unknown> {
  try {
    return ask.kind === 'set' ? await setFor(library, ask.url, literally) : await codesFor(library, ask.kind, ask)
  } catch (error) {
    if (error instanceof OutcomeError && error.status < 500) return undefined
    throw error
  }
}

/** "The reference may be literal … or logical" (R4 search.html#token, `:in`). */
async function setFor(library: Library, url: string, literally: Literally): Promise<Parts> {
  const set = (await library.valueSet(url)) ?? (await literally(url))
  if (!set) return undefined
  const run = evaluation(library)
  const parts = await partsOf(set, run)
  return run.isOpen ? undefined : parts
}

async function codesFor(
  library: Library,
  side: 'under' | 'over',
  { system: url, code }: { system: string; code: string },
): Promise<readonly string[] | undefined> {
  const system = await library.codeSystem(url)
  if (!system?.hierarchical || !isWhole(system)) return undefined
  const codes = await (side === 'under' ? system.under(code, VALUE_SET_CODES_MAX) : system.over(code))
  return codes.slice(0, VALUE_SET_CODES_MAX + 1)
}
