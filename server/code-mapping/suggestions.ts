/**
 * What a code may mean: what others decided of the same or a like name, or of the same code, then concepts whose names are like its
 * own, in what comes with the server and in what was loaded. Of others their targets are told and how many organisations chose
 * them, never which ones. What is not found in time is left out.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { codeSystem } from '../fhir/canonical.ts'
import type { CodeTarget } from '../ingest/codings.ts'
import type { UnmappedDoc } from '../ingest/tables.ts'
import type { Table } from '../store/types.ts'
import type { CodeSystem, Concept } from '../terminology-service/code-system.ts'
import type { Library } from '../terminology-service/library.ts'
import type { TerminologyTables } from '../terminology-service/tables.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { likelyIn } from './likely.ts'
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
  library(): Library
  tables(): TerminologyTables
}

const SCORE_MIN = 0.3
/** Others' names that are less alike say nothing of what they mean. */
const OTHERS_SCORE_MIN = 0.6
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

type Found = Map<string, Suggestion>

const keyOf = ({ system, code }: CodeTarget): string => JSON.stringify([system, code])

export async function suggest(deps: SuggestionDeps, row: UnmappedDoc): Promise<Suggestion[]> {
  const found: Found = new Map()
  const until = performance.now() + MAPPING_BOUNDS.suggestMs
  const isOn = () => performance.now() < until
  const looking = Promise.all([decidedElsewhere(deps, row, found), likeNamed(deps, row, found, isOn)])
  const giveUp = new AbortController()
  const late = delay(MAPPING_BOUNDS.suggestMs, undefined, { signal: giveUp.signal }).catch(() => undefined)
  await Promise.race([looking, late]).finally(() => giveUp.abort())
  // Whoever is late is not waited for, and its failure is nobody's any more.
  looking.catch(() => undefined)
  const weight = ({ organizations = 0, score }: Suggestion) => (organizations > 0 ? 1 : 0) + score
  const ordered = [...found.values()].sort(
    (a, b) => weight(b) - weight(a) || (b.organizations ?? 0) - (a.organizations ?? 0) || (a.code < b.code ? -1 : 1),
  )
  return ordered.slice(0, MAPPING_BOUNDS.suggestionsMax)
}

function add(found: Found, one: Suggestion): void {
  const known = found.get(keyOf(one))
  found.set(keyOf(one), known ? { ...one, ...known, score: Math.max(one.score, known.score) } : one)
}

/** By other sources of whichever organisation: the same name first, then a like one, the same code of the same map with them. */
async function decidedElsewhere({ unmapped, mappings }: SuggestionDeps, row: UnmappedDoc, found: Found): Promise<void> {
  const others = { map: row.map, state: 'mapped', _id: { $ne: row._id } }
  const same = [{ code: row.code }, ...(row.name ? [{ name: row.name }] : [])]
  const [exact, all] = await Promise.all([
    unmapped.find({ $or: same, ...others }, { limit: MAPPING_BOUNDS.othersMax }),
    unmapped.find(others, { sort: { lastSeen: -1 }, limit: MAPPING_BOUNDS.othersLikeMax }),
  ])
  const scores = new Map(exact.map((one) => [one._id, scoreOf(row, one)]))
  for (const one of all) {
    const score = row.name && one.name ? rounded(similarity(row.name, one.name)) : 0
    if (score >= OTHERS_SCORE_MIN && !scores.has(one._id)) scores.set(one._id, score)
  }
  const targets = new Map<string, { target: CodeTarget; organizations: Set<string>; score: number }>()
  for (const { _id, organization, current } of await mappings.getMany([...scores.keys()])) {
    const target = current?.meaning.target
    if (!target) continue
    const known = targets.get(keyOf(target)) ?? { target, organizations: new Set<string>(), score: 0 }
    known.organizations.add(organization)
    known.score = Math.max(known.score, scores.get(_id) ?? 0)
    targets.set(keyOf(target), known)
  }
  for (const { target, organizations, score } of targets.values()) add(found, { ...target, score, organizations: organizations.size })
}

/** A code says little without its name: two laboratories number their items as they like. */
const scoreOf = (row: UnmappedDoc, one: UnmappedDoc): number => (row.name && one.name === row.name ? 1 : 0.5)

const rounded = (score: number): number => Math.round(score * 100) / 100

async function likeNamed(deps: SuggestionDeps, row: UnmappedDoc, found: Found, isOn: () => boolean): Promise<void> {
  const name = row.display === '' ? row.code : row.display
  const take = (system: string, code: string, names: readonly string[]): void => {
    const score = rounded(Math.max(0, ...names.map((one) => similarity(name, one))))
    if (score >= SCORE_MIN) add(found, { system, code, ...(names[0] ? { display: names[0] } : {}), score })
  }
  const library = deps.library()
  for (const system of targetSystems(deps.tables(), row.map)) {
    for (const one of await library.codeSystems(system))
      for await (const batch of candidatesOf(one, name, isOn)) {
        for (const concept of batch) if (!concept.abstract) take(system, concept.code, namesOf(concept))
        if (!isOn()) break
      }
    for (const { code, names } of wordsOfTable(deps.tables(), row.map, system)) take(system, code, names)
  }
}

const namesOf = ({ display, designations }: Concept): string[] => [...(display ? [display] : []), ...designations.map(({ value }) => value)]

/** All of a small system; of a large one those that have something in common with the name. */
async function* candidatesOf(system: CodeSystem, name: string, isOn: () => boolean): AsyncGenerator<readonly Concept[]> {
  if (system.content === 'not-present') return
  if (system.page) return yield* likelyIn(system, name, isOn)
  let seen = 0
  for await (const batch of system.select([])) {
    yield batch
    seen += batch.length
    if (seen > MAPPING_BOUNDS.candidatesMax) return
  }
}

/** Names under which a table of ours knows the codes of the system. */
function wordsOfTable({ maps }: TerminologyTables, map: string, system: string): { code: string; names: string[] }[] {
  const table = maps.find(({ id }) => id === map)
  const entries = (table?.entries ?? []).filter((entry) => (entry.system ?? table?.target) === system)
  return entries.map(({ code, display, from }) => ({ code, names: [...(display ? [display] : []), from] }))
}
