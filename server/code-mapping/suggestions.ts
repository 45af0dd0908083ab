/**
 * What a code may mean: what others decided of the same name or code, then concepts whose names are like its own. Of others their
 * targets are told and how many organisations chose them, never which ones.
 */
import { codeSystem } from '../fhir/canonical.ts'
import type { CodeTarget } from '../ingest/codings.ts'
import type { UnmappedDoc } from '../ingest/tables.ts'
import type { Table } from '../store/types.ts'
import type { Library } from '../terminology-service/library.ts'
import type { TerminologyTables } from '../terminology-service/tables.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { similarity } from './similarity.ts'
import type { CodeMappingDoc } from './tables.ts'

export interface Suggestion extends CodeTarget {
  display?: string
  /** 0 to 1 */
  score: number
  /** how many organisations decided so; absent: found by its name alone */
  organizations?: number
}

export interface SuggestionDeps {
  unmapped: Table<UnmappedDoc>
  mappings: Table<CodeMappingDoc>
  library: Library
  tables(): TerminologyTables
}

const SCORE_MIN = 0.3
/** Maps without a table of ours (mappings/engine/names.ts, SITE_MAPS): the systems that their codes belong in. */
const SYSTEMS: Record<string, readonly string[]> = {
  diagnosis: ['urn:oid:2.16.156.10011.2.3.3.11.3'],
  'icd-10-cn': ['urn:oid:2.16.156.10011.2.3.3.11.3'],
  'miis-diagnosis': ['urn:oid:2.16.156.10011.2.3.3.11.3'],
  'nhsa-item': [codeSystem('nhsa-drug'), codeSystem('nhsa-service')],
  tcm: ['urn:oid:2.16.156.10011.2.3.3.14'],
  'rhip-visit-type': ['http://terminology.hl7.org/CodeSystem/v3-ActCode'],
  'rhip-fee-category': [codeSystem('nhsa-fee-category')],
}

/** Systems in which a map has its targets. */
export function targetSystems({ maps }: TerminologyTables, map: string): string[] {
  const table = maps.find(({ id }) => id === map)
  const own = table ? [table.target, ...table.entries.flatMap(({ system }) => system ?? [])] : (SYSTEMS[map] ?? [])
  return [...new Set(own)]
}

export async function suggest(deps: SuggestionDeps, row: UnmappedDoc): Promise<Suggestion[]> {
  const [others, named] = await Promise.all([decidedElsewhere(deps, row), likeNamed(deps, row)])
  const found = new Map<string, Suggestion>()
  for (const one of [...others, ...named]) {
    const key = JSON.stringify([one.system, one.code])
    const known = found.get(key)
    found.set(key, known ? { ...one, ...known, score: Math.max(one.score, known.score) } : one)
  }
  const weight = ({ organizations = 0, score }: Suggestion) => (organizations > 0 ? 1 : 0) + score
  const ordered = [...found.values()].sort(
    (a, b) => weight(b) - weight(a) || (b.organizations ?? 0) - (a.organizations ?? 0) || (a.code < b.code ? -1 : 1),
  )
  return ordered.slice(0, MAPPING_BOUNDS.suggestionsMax)
}

/** By other sources of whichever organisation: the same name first, the same code of the same map with it. */
async function decidedElsewhere({ unmapped, mappings }: SuggestionDeps, row: UnmappedDoc): Promise<Suggestion[]> {
  const same = [{ code: row.code }, ...(row.name ? [{ name: row.name }] : [])]
  const limit = MAPPING_BOUNDS.othersMax
  const rows = await unmapped.find({ $or: same, map: row.map, state: 'mapped', _id: { $ne: row._id } }, { limit })
  const decided = new Map((await mappings.getMany(rows.map(({ _id }) => _id))).map((doc) => [doc._id, doc]))
  const found = new Map<string, { target: CodeTarget; organizations: Set<string>; score: number }>()
  for (const one of rows) {
    const doc = decided.get(one._id)
    const target = doc?.current?.meaning.target
    if (!doc || !target) continue
    const key = JSON.stringify([target.system, target.code])
    const known = found.get(key) ?? { target, organizations: new Set<string>(), score: 0 }
    known.organizations.add(doc.organization)
    // A code says little without its name: two laboratories number their items as they like.
    known.score = Math.max(known.score, row.name && one.name === row.name ? 1 : 0.5)
    found.set(key, known)
  }
  return [...found.values()].map(({ target, organizations, score }) => ({ ...target, score, organizations: organizations.size }))
}

async function likeNamed(deps: SuggestionDeps, row: UnmappedDoc): Promise<Suggestion[]> {
  const name = row.display === '' ? row.code : row.display
  const found: Suggestion[] = []
  for (const system of targetSystems(deps.tables(), row.map))
    for (const { code, names } of await candidatesOf(deps, system, row.map)) {
      const score = Math.max(...names.map((one) => similarity(name, one)))
      if (score >= SCORE_MIN) found.push({ system, code, ...(names[0] ? { display: names[0] } : {}), score: Math.round(score * 100) / 100 })
    }
  return found.sort((a, b) => b.score - a.score).slice(0, MAPPING_BOUNDS.suggestionsMax)
}

interface Candidate {
  code: string
  /** display first, then designations and the words under which a table knows it */
  names: string[]
}

async function candidatesOf({ library, tables }: SuggestionDeps, system: string, map: string): Promise<Candidate[]> {
  const found = new Map<string, Candidate>()
  const add = (code: string, names: readonly string[]) => {
    const known = found.get(code) ?? { code, names: [] }
    found.set(code, { code, names: [...new Set([...known.names, ...names])] })
  }
  for (const one of await library.codeSystems(system)) {
    if (one.content === 'not-present') continue
    for await (const batch of one.select([])) {
      for (const { code, display, designations, abstract } of batch)
        if (!abstract) add(code, [...(display ? [display] : []), ...designations.map(({ value }) => value)])
      if (found.size > MAPPING_BOUNDS.candidatesMax) break
    }
  }
  const table = tables().maps.find(({ id }) => id === map)
  for (const entry of table?.entries ?? [])
    if ((entry.system ?? table?.target) === system) add(entry.code, [...(entry.display ? [entry.display] : []), entry.from])
  return [...found.values()].filter(({ names }) => names.length > 0)
}
