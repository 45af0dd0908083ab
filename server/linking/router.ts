/** HTTP side of links by likeness: the page, and the JSON that it asks for. Mounted at `/linking`. */
import type { Request, Router } from 'express'
import type { Access } from '../access/types.ts'
import type { Actor } from '../auth/actor.ts'
import type { LinkEventDoc } from '../ingest/tables.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type Ask, sentIn, type StaffPage, staffPageRouter } from '../staff-page/router.ts'
import type { Stored } from '../store/types.ts'
import { LINKING_BOUNDS } from './bounds.ts'
import type { Linking, Sent } from './linking.ts'
import { listAsked, type Page, type TaskSeen } from './queue.ts'

export interface LinkingRouterDeps {
  linking: Linking
  access: Pick<Access, 'mask'>
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
}

const PAGE = new URL('./page/', import.meta.url)

export function linkingRouter({ linking, access, authenticate }: LinkingRouterDeps): Router {
  const done = (work: (actor: Actor, sent: Sent) => Promise<void>): Ask => {
    return async (actor, request) => {
      await work(actor, await sent(request))
      return { done: true }
    }
  }
  const asks: StaffPage['asks'] = [
    ['get', '/tasks', async (actor, { query }) => pageOf(await linking.list(actor, listAsked(query)), (doc) => shown(access, actor, doc))],
    ['get', '/graph', async (actor, request) => linking.graph(actor, patientIn(request))],
    ['get', '/history', async (actor, request) => ({ events: (await linking.history(actor, patientIn(request))).map(eventOf) })],
    ['post', '/link', done(linking.link)],
    ['post', '/keep-apart', done(linking.keepApart)],
    ['post', '/part', done(linking.part)],
  ]
  return staffPageRouter({ folder: PAGE, hasOwnStyle: true, asks, headers: { 'Cache-Control': 'no-store' }, authenticate })
}

/** @throws OutcomeError linking-patient-unknown: no id is as an unknown one */
function patientIn({ query }: Request): string {
  if (typeof query.patient !== 'string' || query.patient === '') throw new OutcomeError('linking-patient-unknown')
  return query.patient
}

const sent = (request: Request): Promise<Sent> => sentIn(request, LINKING_BOUNDS.bodyBytesMax)

type Show = (doc: Stored) => object

function pageOf({ rows, next }: Page, show: Show): object {
  return { ...(next === undefined ? {} : { next }), tasks: rows.map((row) => taskOf(row, show)) }
}

function taskOf({ task, patients }: TaskSeen, show: Show): object {
  const { _id, organizations, at, score, levels, doubt, state } = task
  const records = task.patients.map((patient, place) => {
    const doc = patients.get(patient)
    return { patient, organization: organizations[place], ...(doc ? { shown: show(doc) } : {}) }
  })
  return { id: _id, state, since: at, score, levels, doubt, records }
}

/** What a clerk compares of a Patient, as a read would show it. */
const COMPARED = ['name', 'gender', 'birthDate', 'telecom', 'address', 'identifier', 'contact'] as const

function shown(access: Pick<Access, 'mask'>, actor: Actor, { body, acc }: Stored): object {
  const patient = JSON.parse(access.mask(actor, Buffer.from(body).toString('utf8'), acc)) as Record<string, unknown>
  return Object.fromEntries(COMPARED.flatMap((name) => (patient[name] === undefined ? [] : [[name, patient[name]]])))
}

const eventOf = ({ at, patients, act, by, reason, comment, score, levels, weights }: LinkEventDoc): object => ({
  at,
  act,
  patients,
  by: by ?? { rule: weights },
  ...(reason === undefined ? {} : { reason }),
  ...(comment === undefined ? {} : { comment }),
  ...(score === undefined ? {} : { score, levels }),
})
