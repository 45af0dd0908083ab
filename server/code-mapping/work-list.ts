/** The work list as people ask for it: rows of the sources that they may see, filtered, in an order, page by page. */
import { fold } from '../search/fold.ts'
import type { UnmappedDoc } from '../ingest/tables.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { Table } from '../store/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'

export const STATES = ['open', 'proposed', 'mapped'] as const
export type State = (typeof STATES)[number]
const SORTS = ['count', 'code', 'display', 'firstSeen', 'lastSeen', 'source', 'map'] as const
type Sort = (typeof SORTS)[number]

export interface ListAsked {
  source?: string
  map?: string
  state?: State
  /** words of the display, or the beginning of the code */
  text?: string
  sort: Sort
  descending: boolean
  count: number
  after?: Mark
}

type Mark = readonly [value: string | number | null, id: string]

/** @throws OutcomeError parameter-unknown, parameter-invalid, parameter-repeated */
export function listAsked(query: Readonly<Record<string, unknown>>): ListAsked {
  const asked: ListAsked = { sort: 'count', descending: true, count: MAPPING_BOUNDS.rowsDefault }
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') throw paramError('parameter-invalid', name)
    if (value === '') continue
    if (name === 'source' || name === 'map' || name === 'text') asked[name] = value
    else if (name === 'state') asked.state = oneOf(STATES, value, name)
    else if (name === 'sort') {
      asked.descending = value.startsWith('-')
      asked.sort = oneOf(SORTS, value.replace(/^-/, ''), name)
    } else if (name === 'count') asked.count = countOf(value)
    else if (name === 'after') asked.after = markOf(value)
    else throw paramError('parameter-unknown', name)
  }
  return asked
}

function oneOf<T extends string>(all: readonly T[], value: string, name: string): T {
  if (!(all as readonly string[]).includes(value)) throw paramError('parameter-invalid', name)
  return value as T
}

function countOf(value: string): number {
  const count = /^\d{1,4}$/.test(value) ? Number(value) : 0
  if (count < 1) throw paramError('parameter-invalid', 'count')
  return Math.min(count, MAPPING_BOUNDS.rowsMax)
}

/** Opaque; one that was made up shows nothing that could not be asked for. */
function markOf(text: string): Mark {
  try {
    const mark = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown
    const [value, id, ...more] = mark as unknown[]
    const isPlain = value === null || typeof value === 'string' || typeof value === 'number'
    if (more.length === 0 && isPlain && typeof id === 'string') return [value, id]
  } catch {
    // As one of another shape.
  }
  throw paramError('parameter-invalid', 'after')
}

export interface ListPage {
  /** absent where words are looked for */
  total?: number
  rows: UnmappedDoc[]
  /** mark of the next page */
  next?: string
}

/** @param visible condition of the rows that the asker may see */
export async function workList(unmapped: Table<UnmappedDoc>, visible: Record<string, unknown>, asked: ListAsked): Promise<ListPage> {
  const { source, map } = asked
  const wanted = { ...(source === undefined ? {} : { source }), ...(map === undefined ? {} : { map }) }
  const where: Record<string, unknown> = { $and: [visible, wanted] }
  // Rows of servers that knew no states are open.
  if (asked.state) where.state = asked.state === 'open' ? { $in: ['open', null] } : asked.state
  const direction = asked.descending ? -1 : 1
  const sort = { [asked.sort]: direction, _id: 1 } as Record<string, 1 | -1>
  const behind = asked.after ? { $and: [where, behindMark(asked, asked.after)] } : where
  const rows = await rowsOf(unmapped, behind, sort, asked)
  const page = rows.slice(0, asked.count)
  const last = page.at(-1)
  const total = asked.text === undefined ? { total: await unmapped.count(where) } : {}
  return { ...total, rows: page, ...(rows.length > asked.count && last ? { next: markText(asked.sort, last) } : {}) }
}

/** One more than the page, which tells that there is a next one. @throws OutcomeError too-costly */
async function rowsOf(
  unmapped: Table<UnmappedDoc>,
  where: Record<string, unknown>,
  sort: Record<string, 1 | -1>,
  { text, count }: ListAsked,
): Promise<UnmappedDoc[]> {
  if (text === undefined) return unmapped.find(where, { sort, limit: count + 1 })
  const words = text.trim().split(/\s+/).map(fold)
  const found: UnmappedDoc[] = []
  let scanned = 0
  for await (const row of unmapped.stream(where, { sort })) {
    if (++scanned > MAPPING_BOUNDS.scannedMax) throw new OutcomeError('too-costly')
    const [name, code] = [fold(row.display), fold(row.code)]
    if (words.every((word) => name.includes(word) || code.startsWith(word))) found.push(row)
    if (found.length > count) break
  }
  return found
}

/** MongoDB's order: what is missing comes first going up. */
function behindMark({ sort, descending }: ListAsked, [value, id]: Mark): Record<string, unknown> {
  const at = sort === 'firstSeen' || sort === 'lastSeen' ? (value === null ? null : new Date(value)) : value
  const same = { [sort]: at === null ? { $eq: null } : at, _id: { $gt: id } }
  if (at === null) return { $or: descending ? [same] : [same, { [sort]: { $ne: null } }] }
  return { $or: [same, { [sort]: descending ? { $lt: at } : { $gt: at } }, ...(descending ? [{ [sort]: { $eq: null } }] : [])] }
}

function markText(sort: Sort, row: UnmappedDoc): string {
  const value = row[sort]
  const mark: Mark = [value instanceof Date ? value.getTime() : ((value as string | number | undefined) ?? null), row._id]
  return Buffer.from(JSON.stringify(mark)).toString('base64url')
}
