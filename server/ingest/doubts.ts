/** What a record says that is kept as it was sent and told to its sender: a clock that is wrong (formats.md D42), names and versions of codes (D27, D28). */
import type { MappedResource, MappingIssue } from '../../mappings/engine/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { IngestDeps } from './types.ts'

/** `received` is our clock: the sender's is only compared with it. */
export function doubtsOfClock(resources: readonly MappedResource[], at: string, receivedAt: string): MappingIssue[] {
  const stated = resources.filter(({ placeholder }) => !placeholder).map(({ statedAt }) => Date.parse(statedAt))
  const newest = Math.max(...stated)
  // Without a time of its own a row is of the beginning of time.
  if (!Number.isFinite(newest) || newest <= 0) return []
  const ahead = newest - Date.parse(receivedAt)
  if (ahead > INGEST_BOUNDS.clockAheadMs) return [{ severity: 'warning', code: 'mapping-clock', at }]
  return ahead < -INGEST_BOUNDS.clockBehindMs ? [{ severity: 'information', code: 'mapping-clock-old', at }] : []
}

interface Coding {
  system: string
  code: string
  version?: string
  display?: string
}

/** Of codes of the tables that this server has as a whole. The code rules, whatever stands beside it. */
export function doubtsOfCodes(deps: Pick<IngestDeps, 'lookup'>, resources: readonly MappedResource[], at: string): MappingIssue[] {
  const { lookup } = deps
  if (!lookup) return []
  const found = new Map<string, MappingIssue>()
  for (const { resource, placeholder } of resources) {
    if (placeholder) continue
    const path = [resource.resourceType]
    eachCoding(resource, path, (coding) => {
      const code = doubtOf(lookup, coding)
      if (!code) return
      const place = path.join('.')
      found.set(`${code} ${place}`, { severity: 'warning', code, at: `${at}: ${place}` })
    })
  }
  return [...found.values()]
}

function doubtOf(lookup: NonNullable<IngestDeps['lookup']>, { system, code, version, display }: Coding): string | undefined {
  const own = lookup(system, code, version)
  if (own === undefined) return undefined
  if (own === null) return version !== undefined && lookup(system, code) ? 'mapping-code-version' : undefined
  return display !== undefined && isOtherName(display, own.display) ? 'mapping-display' : undefined
}

const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[\s·•]/g, '')
    .toLowerCase()
const isChinese = (name: string): boolean => /\p{Script=Han}/u.test(name)

/** A name in another language is no other name. */
const isOtherName = (sent: string, known: string): boolean => isChinese(sent) && isChinese(known) && plain(sent) !== plain(known)

/** @param path to the value, and while one of its codings is taken to that */
function eachCoding(value: unknown, path: string[], take: (coding: Coding) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) eachCoding(one, path, take)
    return
  }
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return
  const { system, code } = value as Partial<Coding>
  if (typeof system === 'string' && typeof code === 'string') take(value as Coding)
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name]
    if (member === null || typeof member !== 'object' || name === 'meta') continue
    path.push(name)
    eachCoding(member, path, take)
    path.pop()
  }
}

/** What `lookup` asks: tables of which a part alone is here (licensed ones) say nothing, since names in use differ and codes are missing. */
export function wholeTables(systems: () => readonly KnownTable[]): NonNullable<IngestDeps['lookup']> {
  // Read with the first record: a start does not wait for it.
  let editions: ReadonlyMap<string, Edition[]> | undefined
  return (system, code, version) => {
    editions ??= editionsOf(systems())
    const asked = (editions.get(system) ?? []).filter((one) => version === undefined || one.version === version)
    if (asked.length === 0) return undefined
    const display = asked.map(({ names }) => names.get(code)).find((name) => name !== undefined)
    return display === undefined ? null : { display }
  }
}

interface Edition {
  url: string
  version: string | undefined
  names: ReadonlyMap<string, string>
}

function editionsOf(systems: readonly KnownTable[]): Map<string, Edition[]> {
  const whole = systems.filter(({ content }) => content === 'complete')
  const editions = whole.map(({ url, version, concepts }) => ({
    url,
    version,
    names: new Map(concepts.map((one) => [one.code, one.display])),
  }))
  return Map.groupBy(editions, ({ url }) => url)
}

interface KnownTable {
  url: string
  version?: string
  content: string
  concepts: readonly { code: string; display: string }[]
}
