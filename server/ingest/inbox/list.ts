/** `GET /ingest/inbox`: what came in, the newest first. Ids, counts and codes; never content. */
import type { Actor } from '../../auth/actor.ts'
import type { Ingest } from '../ingest.ts'
import type { IngestSource, PayloadDoc } from '../types.ts'
import { behind, type InboxAsked, placeAfter, placeText, whereOf } from './asked.ts'
import { mayList } from './viewers.ts'

export interface InboxPage {
  total?: number
  /** to be sent as `after`, for what comes behind */
  next?: string
  payloads: object[]
}

export const seenBy = (actor: Actor, sources: readonly IngestSource[]): IngestSource[] => sources.filter((source) => mayList(actor, source))

/** What comes in meanwhile stands before the first page: the pages behind it are as they were. */
export async function inboxPage(ingest: Ingest, actor: Actor, asked: InboxAsked): Promise<InboxPage> {
  const sources = seenBy(actor, ingest.deps.sources)
  const where = whereOf(
    asked.filter,
    sources.map(({ id }) => id),
  )
  const { payloads } = ingest.tables
  const page = { $and: [where, behind(asked.after, 'older')] }
  const [total, found] = await Promise.all([
    asked.total ? payloads.count(where) : undefined,
    payloads.find(page, { sort: { receivedAt: -1, _id: -1 }, limit: asked.count + 1, without: ['inline', 'issues'] }),
  ])
  const shown = found.slice(0, asked.count)
  const last = shown.at(-1)
  return {
    ...(total !== undefined && { total }),
    ...(last && found.length > shown.length && { next: placeText(placeAfter(last)) }),
    payloads: shown.map((doc) => rowOf(doc, sources)),
  }
}

function rowOf(doc: PayloadDoc, sources: readonly IngestSource[]): object {
  const { total, unchanged, withIssues, refused, nothing, resources, open } = doc.counts
  const organization = sources.find(({ id }) => id === doc.source)?.organization
  return {
    id: doc._id,
    source: doc.source,
    sender: doc.client,
    organization,
    status: doc.status,
    receivedAt: doc.receivedAt,
    finishedAt: doc.finishedAt,
    bytes: doc.bytes,
    sha256: doc.hash,
    contentType: doc.contentType,
    fileName: doc.fileName,
    records: { total, unchanged, withIssues, refused, nothing, open },
    resources,
    problems: doc.problems ?? [],
    replays: doc.generation,
  }
}
