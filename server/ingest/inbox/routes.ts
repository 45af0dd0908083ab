/** HTTP side of the inbox: `GET /ingest/inbox` and what stands below it. */
import type { Request } from 'express'
import type { Actor } from '../../auth/actor.ts'
import type { Zone } from '../../fhir/zone.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { Ingest } from '../ingest.ts'
import { daysAsked } from '../quality-answer.ts'
import { filterAsked, inboxAsked, refuseOthers, sourceAsked } from './asked.ts'
import { inboxPage } from './list.ts'
import { type Raw, rawPart, rawPayload } from './raw.ts'
import type { ReplayJobDoc, ReplayJobs, ReplayProgress } from './replay-jobs.ts'
import { alerts, senderCounts } from './senders.ts'
import { requireOperator, requireReading } from './viewers.ts'

export interface InboxDeps {
  ingest: Ingest
  replays: ReplayJobs
  /** zone of days that are asked for */
  zone: Zone
  /** path under which the router is mounted */
  base: string
}

export interface Answered {
  status: number
  body: object | Uint8Array
  headers?: Record<string, string>
}

export type Ask = (actor: Actor, request: Request) => Promise<Answered>

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function inboxRoutes({ ingest, replays, zone, base }: InboxDeps): ['get' | 'post' | 'delete', string, Ask][] {
  /** On record before anything leaves: who looked at what came in, by what. */
  const looked = (actor: Actor, what: string): Promise<void> =>
    ingest.deps.audit({ action: 'inbox', source: text(what), actor, reason: 'inbox' })
  const found = async (id: string): Promise<ReplayProgress> => {
    const progress = await replays.progress(id)
    if (!progress) throw new OutcomeError('replay-unknown')
    return progress
  }
  return [
    [
      'get',
      '/inbox',
      async (actor, { query }) => {
        requireReading(actor)
        const asked = inboxAsked(query, zone)
        const body = await inboxPage(ingest, actor, asked)
        await looked(actor, asked.filter.source ?? '*')
        return { status: 200, body }
      },
    ],
    [
      'get',
      '/inbox/senders',
      async (actor, { query }) => {
        requireReading(actor)
        refuseOthers(query, ['source', 'from', 'to'])
        const days = daysAsked(query, ingest.deps.quality?.today() ?? '')
        const source = sourceAsked(query)
        const body = await senderCounts(ingest, actor, source, { ...days, zone })
        await looked(actor, `senders ${source || '*'}`)
        return { status: 200, body }
      },
    ],
    [
      'get',
      '/inbox/alerts',
      async (actor, { query }) => {
        requireReading(actor)
        refuseOthers(query, [])
        const body = await alerts(ingest, actor)
        await looked(actor, 'alerts')
        return { status: 200, body }
      },
    ],
    [
      'post',
      '/inbox/\\$replay',
      async (actor, { query }) => {
        requireOperator(actor)
        const filter = filterAsked(query, zone)
        const told = (id: string) =>
          ingest.deps.audit({ action: 'replay', source: filter.source ?? '*', actor, reason: `replay-all ${id}` })
        const job = await replays.begin(actor.clientId, filter, told)
        return { status: 202, body: jobOf(job), headers: { 'Content-Location': `${base}/inbox/replays/${job._id}` } }
      },
    ],
    [
      'get',
      '/inbox/replays',
      async (actor) => {
        requireOperator(actor)
        return { status: 200, body: { replays: (await replays.list()).map(jobOf) } }
      },
    ],
    [
      'get',
      '/inbox/replays/:id',
      async (actor, { params }) => {
        requireOperator(actor)
        const progress = await found(text(params.id))
        const { state } = progress.job
        const isUnderWay = state === 'running' || state === 'settling'
        const told = `${progress.done} of ${progress.job.total}, ${state}`
        return { status: isUnderWay ? 202 : 200, body: progressOf(progress), headers: isUnderWay ? { 'X-Progress': told } : {} }
      },
    ],
    [
      'delete',
      '/inbox/replays/:id',
      async (actor, { params }) => {
        requireOperator(actor)
        if (!(await replays.cancel(text(params.id)))) throw new OutcomeError('replay-unknown')
        return { status: 202, body: progressOf(await found(text(params.id))) }
      },
    ],
    ['get', '/quarantine/:id/\\$raw', async (actor, { params }) => rawOf(await rawPart(ingest, actor, text(params.id)))],
    [
      'get',
      '/:source/payloads/:id/\\$raw',
      async (actor, { params }) => rawOf(await rawPayload(ingest, actor, text(params.source), text(params.id))),
    ],
  ]
}

/** Never shown by a browser as what it says it is. */
const rawOf = ({ id, bytes }: Raw): Answered => ({
  status: 200,
  body: bytes,
  headers: {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${id}"`,
    'X-Content-Type-Options': 'nosniff',
  },
})

function jobOf({ _id, by, at, filter, total, skipped, state, endedAt }: ReplayJobDoc): object {
  return { id: _id, by, at, filter: JSON.parse(filter) as unknown, total, skipped, state, endedAt }
}

const progressOf = ({ job, done, pending, outcomes }: ReplayProgress): object => ({ ...jobOf(job), done, pending, outcomes })
