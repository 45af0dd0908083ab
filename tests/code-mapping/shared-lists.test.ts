/** Lists that a site shares among its hospitals: of another one's codes only what came often enough, and nothing tells of the rest. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import type { TestServer } from '../support/server.ts'
import { agree, EQUIVALENT, get, idOf, type People, post, report, send, settled, siteWith } from './sending.ts'

let server: TestServer
let who: People
const OFTEN = { code: 'OFTEN', name: '常见项目' }
const RARE = { code: 'RARE', name: '王建国的项目' }

beforeAll(async () => {
  const demo = readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  const config = demo.replace(/^policy:$/m, 'policy:\n  sharedCodeLists: true\n  sharedCodeListsMin: 3')
  if (config === demo) throw new Error('the configuration has no policy')
  ;({ server, who } = await siteWith([OFTEN, RARE], { config }))
  await send(server, 'h1-lis', who.engine, report('2', [OFTEN]))
  await send(server, 'h1-lis', who.engine, report('3', [OFTEN]))
}, 60_000)
afterAll(() => server.stop())

const list = async (token: string, query = '') => (await get(server, token, `codes?${query}`)).json

test("another hospital's code from the site's number of deliveries on, its own always", async () => {
  expect(await list(who.zhao)).toMatchObject({ total: 1, codes: [{ code: 'OFTEN', count: 3 }] })
  expect((await list(who.wang)).codes.map(({ code }: { code: string }) => code)).toEqual(['OFTEN', 'RARE'])
  for (const query of ['text=王建国', 'text=RARE', 'source=h1-lis&sort=count', 'sort=-lastSeen', 'state=open&sort=display'])
    expect((await get(server, who.zhao, `codes?${query}`)).text).not.toContain('RARE')
})

test('a rarer one answers as one that there never was', async () => {
  const asks = (id: string) => [
    get(server, who.zhao, `code?id=${encodeURIComponent(id)}`),
    get(server, who.zhao, `jobs?id=${encodeURIComponent(id)}`),
    post(server, who.zhao, 'propose', { id, ...EQUIVALENT }),
    post(server, who.zhao, 'withdraw', { id }),
    post(server, who.zhao, 'confirm', { id, proposal: 'x' }),
    post(server, who.zhao, 'reject', { id, proposal: 'x' }),
  ]
  await agree(server, who, idOf('RARE'), EQUIVALENT)
  await settled(server, who.wang, idOf('RARE'))
  const [stored, missing] = [await Promise.all(asks(idOf('RARE'))), await Promise.all(asks(idOf('NONE')))]
  for (const [at, answer] of stored.entries()) {
    expect(answer.status).toBe(404)
    expect([answer.text, [...answer.headers.keys()]]).toEqual([
      missing[at]?.text.replaceAll('NONE', 'RARE'),
      [...(missing[at]?.headers.keys() ?? [])],
    ])
  }
  expect((await get(server, who.zhao, 'jobs')).json).toEqual({ jobs: [] })
})

test('of the job of a code that is shown it is told how it stands, and no number', async () => {
  await agree(server, who, idOf('OFTEN'), EQUIVALENT)
  await settled(server, who.wang, idOf('OFTEN'))
  const { jobs } = (await get(server, who.zhao, 'jobs')).json
  expect(jobs).toEqual([
    { id: expect.any(String), source: 'h1-lis', status: 'completed', started: expect.any(String), ended: expect.any(String) },
  ])
})

test('it is shown from the delivery on with which it comes often enough', async () => {
  for (const number of ['5', '6']) {
    expect((await list(who.zhao)).total).toBe(1)
    await send(server, 'h1-lis', who.engine, report(number, [RARE]))
    // It is mapped by now: what comes is translated and no longer counted.
    await server.running.store.table(systemDecision('test'), 'unmapped_codes').update({ _id: idOf('RARE') }, { inc: { count: 1 } })
  }
  expect((await list(who.zhao)).total).toBe(2)
})
