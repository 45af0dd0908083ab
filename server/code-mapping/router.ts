/** HTTP side of the mapping of codes: the page, and the JSON that it asks for. Mounted at `/code-mapping`. */
import type { Request, Router } from 'express'
import type { Actor } from '../auth/actor.ts'
import { localSystem } from '../fhir/canonical.ts'
import type { CodingChange } from '../ingest/codings.ts'
import { sentIn, type StaffPage, staffPageRouter } from '../staff-page/router.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import type { CodeMapping, JobSeen, Listed } from './code-mapping.ts'
import type { Sent } from './meaning.ts'
import { isOperator } from './people.ts'
import { appliedTarget, type CodeMappingDoc, type EventDoc, type RetranslationJob } from './tables.ts'
import { listAsked } from './work-list.ts'

export interface CodeMappingRouterDeps {
  mapping: CodeMapping
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
}

const PAGE = new URL('./page/', import.meta.url)

export function codeMappingRouter({ mapping, authenticate }: CodeMappingRouterDeps): Router {
  const asks: StaffPage['asks'] = [
    ['get', '/codes', async (actor, { query }) => pageOf(await mapping.list(actor, listAsked(query)))],
    [
      'get',
      '/code',
      async (actor, { query }) => wholeOf(await mapping.one(actor, typeof query.id === 'string' ? query.id : ''), isOperator(actor)),
    ],
    [
      'get',
      '/jobs',
      async (actor, { query }) => {
        const jobs = await mapping.jobs(actor, typeof query.id === 'string' ? query.id : undefined)
        return { jobs: jobs.map((seen) => jobOf(seen, isOperator(actor))) }
      },
    ],
    ['post', '/propose', async (actor, request) => decidedOf(await mapping.propose(actor, await sent(request)))],
    ['post', '/withdraw', async (actor, request) => decidedOf(await mapping.withdraw(actor, await sent(request)))],
    ['post', '/confirm', async (actor, request) => decidedOf(await mapping.confirm(actor, await sent(request)))],
    ['post', '/reject', async (actor, request) => decidedOf(await mapping.reject(actor, await sent(request)))],
  ]
  return staffPageRouter({ folder: PAGE, asks, authenticate })
}

const sent = (request: Request): Promise<Sent> => sentIn(request, MAPPING_BOUNDS.bodyBytesMax)

function pageOf({ rows, total, next }: Awaited<ReturnType<CodeMapping['list']>>): object {
  return { ...(total === undefined ? {} : { total }), ...(next === undefined ? {} : { next }), codes: rows.map(rowOf) }
}

function rowOf({ row, mapping }: Listed): object {
  const { _id, source, map, system, code, display, count, firstSeen, lastSeen, example, state = 'open' } = row
  const seen = { count, ...(firstSeen ? { firstSeen } : {}), lastSeen, ...(example ? { example } : {}) }
  return { id: _id, source, map, system, code, display, ...seen, state, ...(mapping ? decidedOf(mapping) : {}) }
}

function decidedOf({ _id, current, pending }: CodeMappingDoc): object {
  return {
    id: _id,
    state: pending ? 'proposed' : current ? 'mapped' : 'open',
    ...(current ? { current: { ...current, applies: appliedTarget(current.meaning) !== undefined } } : {}),
    ...(pending ? { pending } : {}),
  }
}

type Whole = Awaited<ReturnType<CodeMapping['one']>>

function wholeOf({ suggestions, events, jobs, ...listed }: Whole, isAll: boolean): object {
  return { ...rowOf(listed), suggestions, history: events.map(eventOf), jobs: jobs.map((seen) => jobOf(seen, isAll)) }
}

const eventOf = ({ _id, mapping: _, ...event }: EventDoc): object => event

/**
 * Numbers alone: which resources there are is not told here. How many were looked at, and of how many types, is of what all
 * organisations store, and so for operators; so is how many carry a code of a shared system.
 */
function jobOf({ job, isOwn }: JobSeen, isAll: boolean): object {
  const { _id, source, status, types, cursor, seen, written, failed, started, ended, expected } = job
  const times = { started, ...(ended ? { ended } : {}) }
  const total = expected !== undefined && expected !== null && (isAll || isOfOwnSystem(job)) ? { expected } : {}
  const place = { seen, types: types.length, typesDone: Math.min(cursor.type, types.length), pass: cursor.pass + 1 }
  return { id: _id, source, status, ...(isOwn ? { written, failed, ...total } : {}), ...times, ...(isAll ? place : {}) }
}

/** A code that one organisation made: what carries it is that organisation's. */
const isOfOwnSystem = ({ organization, change }: RetranslationJob): boolean =>
  (JSON.parse(change) as CodingChange).source.system.startsWith(localSystem(organization, ''))
