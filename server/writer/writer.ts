/** Parses, indexes, labels and commits drafts as one unit; afterwards labels that moved meanwhile are mended. */
import type { Access, Prepared, Stamped } from '../access/types.ts'
import { systemDecision } from '../access/decision.ts'
import { type ParsedResource, parseResource, stampText } from '../fhir/resource-text.ts'
import { indexEntryOf } from '../search/index-entry.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { Search } from '../search/types.ts'
import { revisionWrites } from '../store/codes-revision.ts'
import { allInTurns } from '../store/turns.ts'
import type { AuditRecord, SideWrite, Store, Stored, Write, WriteResult } from '../store/types.ts'
import type { Draft, WriteExtra, Writer, WriterResult } from './types.ts'

/** How often a write is prepared again because the state of a consent moved under it. */
const SIDE_ATTEMPTS_MAX = 8

export interface WriterDeps {
  store: Store
  search: Search
  access: Access
  /** runs what indexes and stores: see server/indexing/definitions.ts; absent: nobody else indexes here */
  whileIndexing?<T>(work: () => Promise<T>): Promise<T>
}

/** A draft with its content read and indexed. */
interface Ready {
  draft: Draft
  parsed?: ParsedResource
  index?: IndexEntry
}

const writing = systemDecision('writing')

export function createWriter(deps: WriterDeps): Writer {
  return {
    write: (drafts, extra = {}) => (deps.whileIndexing ? deps.whileIndexing(() => write(deps, drafts, extra)) : write(deps, drafts, extra)),
  }
}

async function write(deps: WriterDeps, drafts: readonly Draft[], extra: WriteExtra): Promise<WriterResult> {
  const ready = await allInTurns(drafts, (draft) => readyOf(deps, draft))
  for (let attempt = 1; ; attempt++) {
    const result = await attemptWrite(deps, attempt === 1 ? ready : ready.map(afresh), extra)
    // A row of the caller's own that moved is the caller's to decide upon.
    const isOwn = !result.ok && result.conflict === 'side' && result.at >= (extra.side?.length ?? 0)
    if (!isOwn || attempt >= SIDE_ATTEMPTS_MAX) return result
  }
}

const afresh = ({ draft: { stamp, standing, ...draft }, ...rest }: Ready): Ready => ({ ...rest, draft })

function readyOf(deps: WriterDeps, draft: Draft): Ready {
  const parsed = draft.parsed ?? (draft.text === undefined ? undefined : parseResource(draft.text))
  if (!parsed) return { draft }
  return { draft, parsed, index: indexOf(deps, draft, parsed) }
}

/** What was made ahead may be of parameters that hold no more. */
function indexOf({ search }: WriterDeps, draft: Draft, parsed: ParsedResource): IndexEntry {
  if (draft.index?.ix !== search.indexedAs(draft.type)) draft.index = indexEntryOf(search, parsed)
  return draft.index
}

async function attemptWrite(deps: WriterDeps, all: Ready[], extra: WriteExtra): Promise<WriterResult> {
  const current = await currentOf(deps, all)
  const same = (item: Ready) => isUnchanged(item, current.get(nameOf(item.draft)))
  const unchanged = all.filter(same)
  const changing = all.filter((item) => !same(item))
  const links = linksOf(extra.side ?? [])
  const prepared = await deps.access.prepare(
    changing.map(({ draft, parsed }) => {
      const acc = current.get(nameOf(draft))?.acc
      return {
        type: draft.type,
        id: draft.id,
        custodian: draft.custodian,
        // The resource as it will be: its own id is part of what labels depend on.
        ...(parsed ? { resource: { ...parsed.resource, id: draft.id } } : {}),
        ...(draft.alsoPatients ? { alsoPatients: draft.alsoPatients } : {}),
        ...(links.size > 0 ? { links } : {}),
        ...(acc ? { current: acc } : {}),
        ...(draft.stamp ? { made: draft.stamp } : {}),
      }
    }),
    extra.actor,
    extra.regroup,
  )
  const stamps = new Map(changing.map((item, at) => [item, prepared.stamps[at] as Stamped]))
  const labels = all.map((item) => (stamps.get(item) ?? (current.get(nameOf(item.draft)) as Stored)).acc)
  const result = await commit(deps, changing, prepared, { ...extra, audit: extra.audit?.(labels) ?? [] })
  const names = unchanged.map(({ draft }) => nameOf(draft))
  if (!result.ok) return { ...result, unchanged: names }
  await deps.access.settle(prepared.pending, result.written, all.length === 1 && extra.actor !== undefined)
  return { ok: true, written: inOrder(all, result.written, current), unchanged: names }
}

/** Rows of the table of linked patients among the side writes: the resources beside them are already about that person. */
function linksOf(side: readonly SideWrite[]): Map<string, { person: string; part?: string }> {
  const rows = side.flatMap((write) => (write.table === 'persons' && write.op === 'put' ? [write.doc] : []))
  return new Map(
    rows.map((doc) => [String(doc._id), { person: String(doc.person), ...(doc.part === undefined ? {} : { part: String(doc.part) }) }]),
  )
}

const nameOf = (draft: { type: string; id: string }): string => `${draft.type}/${draft.id}`

/** Current versions of what may exist already. */
async function currentOf(deps: WriterDeps, all: Ready[]): Promise<Map<string, Stored>> {
  const byType = new Map<string, string[]>()
  for (const { draft } of all) {
    if (draft.expect === 'absent' || draft.standing) continue
    byType.set(draft.type, [...(byType.get(draft.type) ?? []), draft.id])
  }
  const found = await Promise.all([...byType].map(([type, ids]) => deps.store.readMany(writing, type, ids)))
  const read = all.flatMap(({ draft }) => draft.standing ?? [])
  return new Map([...read, ...found.flat()].map((doc) => [nameOf(doc), doc]))
}

/** The same content gives the same bytes under the current version's own stamp. */
function isUnchanged({ draft, parsed }: Ready, current: Stored | undefined): boolean {
  if (!draft.unchangedIsFine || !parsed || !current || current.deleted) return false
  if (typeof draft.expect === 'number' && draft.expect !== current.v) return false
  const stamp = { id: draft.id, versionId: String(current.v), lastUpdated: current.at.toISOString() }
  return stampText(parsed.text, stamp) === Buffer.from(current.body).toString('utf8')
}

/** What is committed beside the drafts. */
type Accounted = Omit<WriteExtra, 'audit'> & { audit: AuditRecord[] }

async function commit(deps: WriterDeps, changing: Ready[], prepared: Prepared, extra: Accounted): Promise<WriteResult> {
  const side = [...(extra.side ?? []), ...prepared.side, ...revisionWrites(changing.map(({ draft }) => draft.type))]
  const claims = extra.claims ?? []
  const { audit } = extra
  if (changing.length + side.length + claims.length + audit.length === 0) return { ok: true, written: [] }
  const writes = changing.map((item, at) => writeOf(item, prepared.stamps[at] as Stamped))
  return deps.store.commit({ writes, claims, side, audit })
}

function writeOf({ draft, parsed, index }: Ready, stamped: Stamped): Write {
  const base = { type: draft.type, id: draft.id, expect: draft.expect, method: draft.method, acc: stamped.acc }
  if (!parsed || !index) return base
  const text = parsed.text
  return {
    ...base,
    index: { ...index, keys: stamped.withMasterKeys(index.keys) },
    body: (v, at) => Buffer.from(stampText(text, { id: draft.id, versionId: String(v), lastUpdated: at.toISOString() })),
  }
}

type WrittenList = Extract<WriteResult, { ok: true }>['written']

/** One result per draft, in their order; what was not written again stands as it is. */
function inOrder(all: Ready[], written: WrittenList, current: Map<string, Stored>): WrittenList {
  const byName = new Map(written.map((one) => [nameOf(one), one]))
  return all.map(({ draft }) => {
    const now = byName.get(nameOf(draft))
    if (now) return now
    const standing = current.get(nameOf(draft)) as Stored
    return { type: standing.type, id: standing.id, v: standing.v, at: standing.at, created: false, body: standing.body }
  })
}
