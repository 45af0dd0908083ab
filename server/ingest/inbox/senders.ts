/** `GET /ingest/inbox/senders`: what each source sent, day by day, how that stands by now, and which of them are silent. Counts alone. */
import type { Actor } from '../../auth/actor.ts'
import { parseDate } from '../../fhir/date.ts'
import type { Zone } from '../../fhir/zone.ts'
import { ISSUES } from '../../outcome/issues.ts'
import { fill } from '../../outcome/render.ts'
import type { Ingest } from '../ingest.ts'
import type { IngestSource, QualityDoc } from '../types.ts'
import { STATUSES, whereOf } from './asked.ts'
import { seenBy } from './list.ts'

const PAYLOADS = ['received', 'again', 'denied', 'refused', 'stored', 'stored-with-issues', 'quarantined', 'rejected'] as const
const RECORDS = ['sound', 'withIssues', 'refused'] as const

/** @param wanted '' is every source that is seen */
export async function senderCounts(
  ingest: Ingest,
  actor: Actor,
  wanted: string,
  { from, to, zone }: { from: string; to: string; zone: Zone },
): Promise<object> {
  const { deps } = ingest
  const sources = seenBy(actor, deps.sources).filter(({ id }) => wanted === '' || id === wanted)
  const ids = sources.map(({ id }) => id)
  const rows = Map.groupBy((await deps.quality?.rows(ids, from, to)) ?? [], ({ source }) => source)
  const now = await standing(ingest, ids, { from, to, zone })
  const senders = sources.map((source) => ({ ...senderOf(source, rows.get(source.id) ?? []), now: now(source.id) }))
  return { from, to, senders }
}

/**
 * Of each source how the payloads that were received in these days stand: one that is played again ends anew, and was counted when it ended
 * first.
 */
async function standing(
  { tables }: Ingest,
  sources: readonly string[],
  days: { from: string; to: string; zone: Zone },
): Promise<(source: string) => object> {
  const [from, until] = [parseDate(days.from, days.zone)?.lo, parseDate(days.to, days.zone)?.hi]
  if (from === undefined || until === undefined) throw new TypeError('these are no days')
  // All statuses: named, they are the middle of an index that has all that is asked for.
  const filter = { statuses: [...STATUSES], from: new Date(from), until: new Date(until) }
  const counted = await tables.payloads.countBy(whereOf(filter, sources), ['source', 'status'])
  const found = new Map(counted.map(({ values: { source, status }, n }) => [`${source} ${status}`, n]))
  return (source) => Object.fromEntries(STATUSES.map((status) => [status, found.get(`${source} ${status}`) ?? 0]))
}

function senderOf({ id, client, organization }: IngestSource, all: readonly QualityDoc[]): object {
  const rows = all.filter(({ kind }) => kind !== 'issue')
  const days = [...Map.groupBy(rows, ({ day }) => day)].sort(([a], [b]) => (a < b ? -1 : 1))
  return { source: id, sender: client, organization, ...countsOf(rows), days: days.map(([day, list]) => ({ day, ...countsOf(list) })) }
}

function countsOf(rows: readonly QualityDoc[]): object {
  const sum = (kind: QualityDoc['kind'], name: string): number =>
    rows.reduce((total, row) => total + (row.kind === kind && row.name === name ? row.n : 0), 0)
  return {
    payloads: Object.fromEntries(PAYLOADS.map((name) => [name, sum('payload', name)])),
    records: Object.fromEntries(RECORDS.map((name) => [name, sum('record', name)])),
  }
}

/** `GET /ingest/inbox/alerts`: what somebody has to look at. */
export async function alerts({ deps }: Ingest, actor: Actor): Promise<object> {
  const sources = seenBy(actor, deps.sources)
  const rows = (await deps.silence?.rows(sources.map(({ id }) => id))) ?? []
  const silent = rows.filter(({ silentSince }) => silentSince !== null)
  return {
    alerts: silent.map(({ _id, heardAt, everHeard, silentSince }) => {
      const source = sources.find(({ id }) => id === _id)
      const hours = source?.silentAfterHours ?? 0
      const { zh, en } = ISSUES['source-silent']
      return {
        kind: 'source-silent',
        source: _id,
        sender: source?.client,
        organization: source?.organization,
        since: silentSince,
        lastReceived: everHeard === true ? heardAt : null,
        silentAfterHours: hours,
        text: fill(zh, { source: _id, hours }),
        diagnostics: fill(en, { source: _id, hours }),
      }
    }),
  }
}
