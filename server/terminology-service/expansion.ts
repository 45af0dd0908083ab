/** ValueSet/$expand (R4 valueset-operation-expand.html): the content as a list, a page of it, or a tree. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { displayOf, speaks } from './code-system.ts'
import { contentOf, type Entry, type Evaluation, pageOf } from './content.ts'
import type { ContainsElement, Designation, ValueSetResource } from './resources.ts'
import { hasWords } from './words.ts'

/** Codes in one answer. */
export const EXPANSION_MAX = 10_000

export interface ExpansionRequest {
  filter?: string
  offset?: number
  count?: number
  activeOnly?: boolean
  excludeNested?: boolean
  excludeNotForUI?: boolean
  includeDesignations?: boolean
  /** languages, or `system|code` of uses */
  designations?: readonly string[]
  displayLanguage?: string
}

export interface Expansion {
  /** absent where counting them would take long */
  total?: number
  offset?: number
  contains: ContainsElement[]
}

/** @throws OutcomeError expansion-costly, and what the content throws */
export async function expand(set: ValueSetResource, asked: ExpansionRequest, run: Evaluation): Promise<Expansion> {
  const { filter, offset, count } = asked
  if (filter !== undefined) run.text = filter
  const isPaged = offset !== undefined || count !== undefined
  const { total, entries: page } = await found(set, asked, run)
  if (count === 0) return { ...told(total), offset: offset ?? 0, contains: [] }
  if (page.length > EXPANSION_MAX) throw new OutcomeError('expansion-costly', { params: { max: EXPANSION_MAX } })
  // Pages are parts of a list; where words are looked for, what stands between two finds is not there.
  const isNested = !isPaged && filter === undefined && asked.excludeNested !== true
  const contains = isNested ? await nested(page, asked) : page.map((entry) => elementOf(entry, asked))
  return { ...told(total), ...(isPaged ? { offset: offset ?? 0 } : {}), contains }
}

const told = (total: number | undefined): { total?: number } => (total === undefined ? {} : { total })

/** How many there are, and those of the page: one more than may be answered where there are too many. */
async function found(set: ValueSetResource, asked: ExpansionRequest, run: Evaluation): Promise<{ total?: number; entries: Entry[] }> {
  const { offset = 0, count, activeOnly = false, excludeNotForUI = false } = asked
  const most = Math.min(count ?? EXPANSION_MAX + 1, EXPANSION_MAX + 1)
  const page = await pageOf(set, { offset, count: most, activeOnly, selectableOnly: excludeNotForUI }, run)
  if (page) return page
  const all = [...(await contentOf(set, run)).values()].filter((entry) => isAskedFor(entry, asked))
  return { total: all.length, entries: all.slice(offset, offset + most) }
}

function isAskedFor(entry: Entry, { filter, activeOnly, excludeNotForUI, displayLanguage }: ExpansionRequest): boolean {
  if (activeOnly === true && entry.inactive) return false
  if (excludeNotForUI === true && entry.abstract) return false
  if (filter === undefined || entry.found) return true
  const display = displayOf(entry, displayLanguage)
  return hasWords({ ...entry, ...(display === undefined ? {} : { display }) }, filter)
}

function elementOf(entry: Entry, asked: ExpansionRequest): ContainsElement {
  const { system, version, code, abstract, inactive } = entry
  const display = displayOf(entry, asked.displayLanguage)
  const designation = designationsOf(entry.designations, asked)
  return {
    system,
    ...(abstract ? { abstract } : {}),
    ...(inactive ? { inactive } : {}),
    ...(version === undefined ? {} : { version }),
    code,
    ...(display === undefined ? {} : { display }),
    ...(designation.length > 0 ? { designation } : {}),
  }
}

function designationsOf(all: readonly Designation[], { includeDesignations, designations = [] }: ExpansionRequest): Designation[] {
  if (includeDesignations === false || (includeDesignations === undefined && designations.length === 0)) return []
  if (designations.length === 0) return [...all]
  return all.filter((one) => designations.some((wanted) => isWanted(one, wanted)))
}

/** A token: `urn:ietf:bcp:47|zh`, a use, or a language alone. */
function isWanted({ language, use }: Designation, wanted: string): boolean {
  const at = wanted.lastIndexOf('|')
  const [system, code] = at < 0 ? [undefined, wanted] : [wanted.slice(0, at), wanted.slice(at + 1)]
  if ((system === undefined || system === 'urn:ietf:bcp:47') && speaks(language, code.toLowerCase())) return true
  return use !== undefined && use.code === code && (system === undefined || (use.system ?? '') === system)
}

/** Each code once, under the nearest of its parents that is in the set. */
async function nested(entries: readonly Entry[], asked: ExpansionRequest): Promise<ContainsElement[]> {
  const elements = new Map(entries.map((entry) => [entry, elementOf(entry, asked)]))
  const byCode = new Map(entries.map((entry) => [placeOf(entry, entry.code), entry]))
  const roots: ContainsElement[] = []
  for (const [entry, element] of elements) {
    const parent = await nearest(entry, byCode)
    const over = parent && elements.get(parent)
    if (!over) roots.push(element)
    else over.contains = [...(over.contains ?? []), element]
  }
  return roots
}

const placeOf = ({ system, version }: Entry, code: string): string => JSON.stringify([system, version ?? '', code])

async function nearest(entry: Entry, byCode: ReadonlyMap<string, Entry>): Promise<Entry | undefined> {
  const system = entry.within
  if (!system?.hierarchical) return undefined
  const seen = new Set([entry.code])
  let open: readonly string[] = await system.parents(entry.code)
  while (open.length > 0) {
    const found = open.map((code) => byCode.get(placeOf(entry, code))).find((one) => one !== undefined)
    // In a circle of parents nobody is the first.
    if (found) return (await system.isUnder(found.code, entry.code)) ? undefined : found
    const next = open.filter((code) => !seen.has(code))
    for (const code of next) seen.add(code)
    open = (await Promise.all(next.map((code) => system.parents(code)))).flat().filter((code) => !seen.has(code))
  }
  return undefined
}
