/** The HTTP side of ingest, on a real server and database. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import type { Actor } from '../../server/auth/actor.ts'
import { zoneOf } from '../../server/fhir/zone.ts'
import { createReplayJobs, REPLAY_JOBS, type ReplayJobDoc } from '../../server/ingest/inbox/replay-jobs.ts'
import { ingestRouter } from '../../server/ingest/router.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { actorOf, decision, observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const answering: SourceMapping = {
  ...recordsMapping,
  id: 'test/answering',
  answer: ({ bytes, ok, message }) => ({
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ infcode: ok ? '0' : '-1', message, bytes: bytes?.length })),
  }),
}
const batch: SourceMapping = { ...recordsMapping, id: 'test/batch', mode: 'table' }
const mappings = new Map([recordsMapping, answering, batch].map((one) => [one.id, one]))

const ACTORS: Record<string, Actor> = {
  his: actorOf('his-client'),
  mi: actorOf('mi-client', 'mia'),
  batch: actorOf('batch-client', 'ha'),
  operator: actorOf('loader', 'operator'),
}

let one: Rig
let server: Server
let base = ''
beforeAll(async () => {
  one = await rig(
    [sourceOf('his', 'hospital', 'H1'), sourceOf('mi', 'miis', 'MIA', 'test/answering'), sourceOf('batch', 'rhip', 'HA', 'test/batch')],
    {
      mapping: (id) => mappings.get(id),
    },
  )
  await one.ingest.start()
  const app = express()
  const authenticate = async (request: express.Request): Promise<Actor> => {
    const actor = ACTORS[request.get('x-actor') ?? '']
    if (!actor) throw new OutcomeError('unauthenticated')
    return actor
  }
  const table = one.store.table<ReplayJobDoc>(decision, REPLAY_JOBS)
  const replays = createReplayJobs(one.ingest, table, () => undefined)
  app.use('/ingest', ingestRouter({ ingest: one.ingest, replays, zone: zoneOf('Asia/Shanghai'), authenticate, base: '/ingest' }))
  server = createServer(app).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await one.close()
})

const call = (path: string, actor: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-actor': actor, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

const PI = { kind: 'PI', value: '1', strong: true }
const record = (deliveryId: string) => ({ deliveryId, patient: { local: [PI] }, resources: [observation('H1', deliveryId, {})] })

describe('sending', () => {
  test('without a token 401, for an unknown source 404, by another client the same: an OperationOutcome each time', async () => {
    for (const [path, actor, status] of [
      ['/ingest/his', 'nobody', 401],
      ['/ingest/none', 'his', 404],
      ['/ingest/his', 'mi', 404],
    ] as const) {
      const answer = await call(path, actor, [])
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
    }
    expect(await one.ingest.tables.payloads.count({})).toBe(0)
  })

  test('a message: 200 with the receipt; the same again: the same receipt', async () => {
    const first = await call('/ingest/his', 'his', [record('a')])
    expect(first.status).toBe(200)
    expect(first.headers.get('content-location')).toMatch(/^\/ingest\/his\/payloads\/[a-z2-7]{26}$/)
    const receipt = await first.json()
    expect(receipt).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'information', code: 'informational' }] })
    expect(await (await call('/ingest/his', 'his', [record('a')])).json()).toEqual(receipt)
  })

  test('nothing of it could be stored: 422 that names the place and the reason', async () => {
    const answer = await call('/ingest/his', 'his', [{ bad: true }])
    expect(answer.status).toBe(422)
    const { issue } = (await answer.json()) as { issue: object[] }
    expect(issue).toEqual([
      expect.objectContaining({ severity: 'error' }),
      expect.objectContaining({ severity: 'error', expression: ['message 1'] }),
    ])
  })

  test('a source with an envelope of its own is answered in it, with 200 whatever happened', async () => {
    const good = await call('/ingest/mi', 'mi', [record('m')])
    expect([good.status, await good.json()]).toEqual([200, expect.objectContaining({ infcode: '0' })])
    const bad = await call('/ingest/mi', 'mi', [{ bad: true }])
    expect([bad.status, await bad.json()]).toEqual([200, expect.objectContaining({ infcode: '-1' })])
  })

  test('a batch: 202 with an address that tells its progress and then its receipt', async () => {
    const accepted = await call('/ingest/batch', 'batch', [record('b1'), record('b2')], {
      'content-disposition': 'attachment; filename="TB_X.csv"',
    })
    expect(accepted.status).toBe(202)
    const location = accepted.headers.get('content-location') ?? ''
    let answer = await call(location, 'batch')
    for (let polls = 0; answer.status === 202 && polls < 100; polls++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      answer = await call(location, 'batch')
    }
    expect(answer.status).toBe(200)
    expect(JSON.stringify(await answer.json())).toContain('"url":"stored","valueInteger":2')
    expect((await one.ingest.tables.payloads.find({ source: 'batch' }))[0]?.fileName).toBe('TB_X.csv')
  })

  test('a compressed body is refused before it is expanded', async () => {
    const answer = await call('/ingest/his', 'his', 'x', { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(415)
    expect(await answer.json()).toMatchObject({ issue: [{ details: { coding: [{ code: 'content-encoding' }] } }] })
  })
})

describe('looking', () => {
  test('payloads of a source: for its own client and the operator; to others it does not exist', async () => {
    expect((await call('/ingest/his/payloads', 'mi')).status).toBe(404)
    for (const actor of ['his', 'operator']) {
      const { payloads } = (await (await call('/ingest/his/payloads?status=quarantined', actor)).json()) as {
        payloads: { status: string }[]
      }
      expect(payloads.map((p) => p.status)).toEqual(['quarantined'])
    }
  })

  test('quarantine: each sees its own; only the operator replays', async () => {
    const seen = async (actor: string) =>
      ((await (await call('/ingest/quarantine', actor)).json()) as { items: { id: string; source: string }[] }).items
    expect((await seen('his')).map((item) => item.source)).toEqual(['his'])
    const all = await seen('operator')
    expect(all.map((item) => item.source).sort()).toEqual(['his', 'mi'])
    const path = `/ingest/quarantine/${all[0]?.id}/$replay`
    expect((await call(path, 'his', '')).status).toBe(403)
    expect((await call(path, 'operator', '')).status).toBe(200)
    expect(one.events.at(-1)).toMatchObject({ action: 'replay', actor: { clientId: 'loader' } })
  })

  test('the work list of unmapped codes', async () => {
    await call('/ingest/mi', 'mi', [{ ...record('u'), unmapped: [{ map: 'm', system: 's', code: 'ZJ1', display: '院内制剂' }] }])
    expect(await (await call('/ingest/unmapped', 'mi')).json()).toMatchObject({
      total: 1,
      items: [{ source: 'mi', code: 'ZJ1', display: '院内制剂', count: 1 }],
    })
    expect(await (await call('/ingest/unmapped', 'his')).json()).toMatchObject({ total: 0 })
  })
})
