/** The ConceptMap of a source: all that is decided of its codes, made anew at each decision (R4 conceptmap.html). */
import { createHash } from 'node:crypto'
import { BASE } from '../fhir/canonical.ts'
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { CodeMappingDoc, Meaning } from './tables.ts'

/** A source's id may be as long as a resource's. */
export const conceptMapId = (source: string): string => `codes-${createHash('sha256').update(source).digest('hex').slice(0, 24)}`
export const conceptMapUrl = (source: string): string => `${BASE}/ConceptMap/source-${source}`

type Decided = Pick<CodeMappingDoc, 'system' | 'code'> & { meaning: Meaning }

/** @param current the version that it takes the place of */
export function conceptMapDraft(
  source: { id: string; organization: string },
  decided: readonly Decided[],
  current: Stored | undefined,
  now: Date,
): Draft {
  const id = conceptMapId(source.id)
  const resource = {
    resourceType: 'ConceptMap',
    id,
    url: conceptMapUrl(source.id),
    version: nextVersion(current),
    name: `SourceCodes${id.slice('codes-'.length)}`,
    title: `来源 ${source.id} 的代码对照 / Codes of the source ${source.id}`,
    status: 'active',
    experimental: false,
    date: now.toISOString(),
    ...(decided.length > 0 ? { group: groupsOf(decided) } : {}),
  }
  return {
    type: 'ConceptMap',
    id,
    method: 'PUT',
    expect: current?.v ?? 'absent',
    text: JSON.stringify(resource),
    custodian: source.organization,
  }
}

function nextVersion(current: Stored | undefined): string {
  if (!current || current.deleted) return String((current?.v ?? 0) + 1)
  const { version } = JSON.parse(Buffer.from(current.body).toString('utf8')) as { version?: string }
  return String((Number.parseInt(version ?? '0', 10) || 0) + 1)
}

/**
 * In the order of codes, so that versions can be compared. The source's displays are left out: the map is for everybody, and a
 * sender may have written anything into a display.
 */
function groupsOf(decided: readonly Decided[]): object[] {
  const ordered = [...decided].sort((a, b) => (a.system + a.code < b.system + b.code ? -1 : 1))
  const groups = Map.groupBy(ordered, ({ system, meaning }) => JSON.stringify([system, meaning.target?.system ?? null]))
  return [...groups].map(([key, all]) => {
    const [source, target] = JSON.parse(key) as [string, string | null]
    return { source, ...(target === null ? {} : { target }), element: all.map(elementOf) }
  })
}

function elementOf({ code, meaning: { target, equivalence, comment } }: Decided): object {
  const named = target ? { code: target.code, ...(target.display ? { display: target.display } : {}) } : {}
  return { code, target: [{ ...named, equivalence, ...(comment ? { comment } : {}) }] }
}
