/**
 * Loading one version of a code system: streamed, with a checkpoint after each segment, so that whoever comes after a `kill -9` goes on from
 * there; what was written behind the checkpoint is removed first. The version is in force by one write, once all of it is there, and the one
 * before it serves until then.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { lease, type Lease } from '../store/leases.ts'
import { isRange } from '../terminology-service/concept-tree.ts'
import { SEGMENT } from './places.ts'
import { publish, removeContent } from './current.ts'
import { type Filling, filling } from './filling.ts'
import type { Format } from './format.ts'
import { mergeTerms } from './merging.ts'
import type { RowEvent } from './rows.ts'
import { type KeptTables, LAYOUT, type LoadContent, type LoadDoc } from './tables.ts'

export interface LoadRequest {
  format: Format
  url: string
  version: string
  /** absent: complete */
  content?: LoadContent
  /** SHA-256 of the file: the same file goes on where it was left, and is not loaded twice */
  digest: string
  rows: () => AsyncIterable<RowEvent>
  /** more bad rows stop the load */
  badMax: number
  now(): Date
  /** false: stop at once, somebody else goes on */
  alive?(): boolean
  progress?(load: LoadDoc): void
}

export class LoadStopped extends Error {}

const LEASE_MS = 6_000
const WAIT_MS = 500
const WAITED_MS_MAX = 60_000

/** The row of the load: what was begun of the same file, or a new one. */
export async function loadFor(tables: KeptTables, request: Omit<LoadRequest, 'rows' | 'badMax'>): Promise<LoadDoc> {
  const { format, url, version, digest, content = 'complete' } = request
  const known = await tables.loads.find(
    { url, version, digest, content, layout: LAYOUT, status: { $in: ['loading', 'ready'] } },
    { sort: { s: -1 }, limit: 1 },
  )
  if (known[0]) return known[0]
  const counted = await tables.counter.update({ _id: 'load' }, { inc: { n: 1 } }, { upsert: true })
  const s = Number(counted?.n)
  const doc: LoadDoc = {
    _id: String(s),
    s,
    url,
    version,
    name: format.name,
    format: format.id,
    content,
    digest,
    status: 'loading',
    layout: LAYOUT,
    checkpoint: { row: 0, n: 0, bad: 0 },
    badRows: [],
    properties: [...(format.properties ?? [])],
    hierarchical: format.prefix !== undefined || format.hierarchical === true,
    ...(format.prefix ? { root: format.prefix.root } : {}),
    categories: [],
    ranges: [],
    started: request.now(),
  }
  await tables.loads.insert(doc)
  return doc
}

/** Ends with the load in force, or failed. @throws LoadStopped: it is not alive any more, or somebody else works on it */
export async function load(tables: KeptTables, request: LoadRequest): Promise<LoadDoc> {
  const begun = await loadFor(tables, request)
  const held = await leased(tables, begun._id)
  const renewing = setInterval(() => void held.renew().catch(() => false), LEASE_MS / 3)
  try {
    const doc = (await tables.loads.get(begun._id)) ?? begun
    return doc.status === 'loading' ? await run(tables, doc, request, held) : await inForce(tables, doc, request.now)
  } finally {
    clearInterval(renewing)
    await held.release()
  }
}

/** Somebody who was killed still has it for some seconds. @throws LoadStopped */
async function leased({ loads }: KeptTables, id: string): Promise<Lease> {
  const owner = randomUUID()
  for (let waited = 0; waited <= WAITED_MS_MAX; waited += WAIT_MS) {
    const taken = await lease(loads, id, owner, LEASE_MS)
    if (taken) return taken
    await setTimeout(WAIT_MS)
  }
  throw new LoadStopped('another process is loading the same file')
}

async function run(tables: KeptTables, doc: LoadDoc, request: LoadRequest, held: Lease): Promise<LoadDoc> {
  const save = async (set: Partial<LoadDoc>) => {
    if (request.alive?.() === false) throw new LoadStopped('stopped')
    const written = await tables.loads.setOne({ _id: doc._id, leaseTerm: held.term, status: 'loading' }, set)
    if (!written) throw new LoadStopped('another process has taken the load over')
    Object.assign(doc, set)
    request.progress?.(doc)
  }
  if (doc.merged === undefined) {
    const failed = await fillAll(tables, doc, request, save)
    if (failed) return failed
  }
  await mergeTerms(tables, doc, save)
  await tables.loads.setOne({ _id: doc._id }, { status: 'ready', ended: request.now(), ...sorted(doc) })
  return inForce(tables, { ...doc, ...sorted(doc), status: 'ready' }, request.now)
}

/** All rows from the last checkpoint on. @returns what is left of it where it has failed */
async function fillAll(
  tables: KeptTables,
  doc: LoadDoc,
  request: LoadRequest,
  save: (set: Partial<LoadDoc>) => Promise<void>,
): Promise<LoadDoc | undefined> {
  const { s, checkpoint } = doc
  await tables.concepts.delete({ s, n: { $gte: checkpoint.n } })
  // The last segment is not full, and is there as a whole all the same.
  await tables.terms.delete({ s, segment: { $gte: Math.ceil(checkpoint.n / SEGMENT) } })
  const fill = filling(tables, doc, request.format.prefix, save)
  const refused = await filled(fill, doc, request)
  const problem = refused ?? (await fill.end())
  if (problem === undefined) {
    await save({ merged: 0 })
    return undefined
  }
  const failed = { status: 'failed' as const, problem, ended: request.now(), badRows: fill.badRows(), checkpoint: fill.reached() }
  await tables.loads.setOne({ _id: doc._id }, failed)
  await removeContent(tables, s)
  return { ...doc, ...failed }
}

/** What is wrong with all of it, if anything. */
async function filled(fill: Filling, { checkpoint }: LoadDoc, request: LoadRequest): Promise<string | undefined> {
  const done = checkpoint.row
  for await (const event of request.rows()) {
    if (request.alive?.() === false) throw new LoadStopped('stopped')
    if (event.kind === 'refused') return event.problem
    if (event.row <= done) continue
    if (event.kind === 'bad') fill.bad(event.row, event.problem)
    else await fill.add(event.row, event.concepts)
    if (fill.badCount() > request.badMax) return `too-many-bad-rows: ${request.badMax}`
  }
  return undefined
}

/** The narrowest range first: it is the parent. */
function sorted({ ranges, root }: LoadDoc): { ranges: string[] } {
  if (root === undefined) return { ranges: [] }
  const number = (text: string) => [...text].reduce((sum, letter) => sum * 36 + Number.parseInt(letter, 36), 0)
  const width = (range: string) => number(range.slice(root + 1)) - number(range.slice(0, root))
  return { ranges: ranges.filter((range) => isRange(range, { root })).sort((a, b) => width(a) - width(b)) }
}

async function inForce(tables: KeptTables, doc: LoadDoc, now: () => Date): Promise<LoadDoc> {
  await publish(tables, doc, now)
  return doc
}
