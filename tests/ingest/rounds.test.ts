/** Files that are worked off behind the answer: a small one does not wait for a large one that came before it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

const HEADER = 'YLJGDM,JZLSH,KH,KLX,HZXM,XB,CSRQ,JZLX,JZKSBM,JZKSMC,JZKSRQ,ZZYSGH,ZZYSXM,JZZDBM,JZZDSM,ZS,XGBZ'
const row = (visit: string): string =>
  `0001,${visit},C${visit},0,测试,1,19800101,100,0305,心内科,2026-03-09 09:10:00,D0123,赵医生,-,-,复诊,1`
const send = (rows: string[]) =>
  server.call('POST', '/ingest/rhip', {
    body: [HEADER, ...rows].join('\r\n'),
    headers: { 'Content-Type': 'text/csv', 'X-File-Name': 'TB_YL_MZ_MEDICAL_RECORD.csv' },
  })

const POLL_MS = 100
const placeOf = ({ headers }: Awaited<ReturnType<typeof send>>): string => headers.get('content-location') ?? ''

test('it is done while the large one is under way', async () => {
  const large = await send(Array.from({ length: 3_000 }, (_, n) => row(`L${n}`)))
  const look = (place: string) => server.call('GET', place)
  // A round of its own has taken it.
  while ((await look(placeOf(large))).headers.get('x-progress')?.endsWith('processing') === false)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  const small = await send([row('S1')])
  expect([large.status, small.status]).toEqual([202, 202])
  while ((await look(placeOf(small))).status === 202) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  expect((await look(placeOf(small))).status).toBe(200)
  expect((await look(placeOf(large))).status).toBe(202)
}, 240_000)
