/** Records that come at the same time are looked at together: whoever is like somebody is found as one by one, and nobody else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Admitted, admit, asked, tasksOf } from './sending.ts'

const SYSTEM = systemDecision('test')
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 120_000)
afterAll(async () => {
  await server.running.stop()
  await server.database.drop()
})

const SURNAMES = '赵钱孙李周吴郑王冯陈褚卫'
const GIVEN = ['安邦', '博文', '长风', '德海', '恩泽', '方圆', '光远', '浩然', '怀瑾', '景行', '开明', '立群']

/** Nobody has name, birthday, telephone or house of another. */
const stranger = (at: number): Admitted => ({
  pi: `4${String(at).padStart(3, '0')}`,
  name: `${SURNAMES[at]}${GIVEN[at]}`,
  birth: `19${50 + at}0${1 + (at % 9)}1${at % 10}`,
  phone: `1381000${String(1000 + at * 37)}`,
  address: `示例市第${at + 1}大街${at * 3 + 1}号`,
})

const alike: Admitted = { pi: '5001', name: '东方不凡', birth: '19860714', phone: '13900001111', address: '示例市朝阳区和平东路1号' }

async function idOf(pi: string): Promise<string> {
  return (await server.call('GET', `/fhir/Patient?identifier=${pi}`)).json.entry[0].resource.id
}

const linkedTo = async (pi: string): Promise<number> => (await asked(server, `graph?patient=${await idOf(pi)}`)).json.records.length

test('of twelve strangers and two that are alike, sent at the same time, the two are linked; no job is left', async () => {
  const strangers = Array.from({ length: 12 }, (_, at) => stranger(at))
  await Promise.all([alike, ...strangers, { ...alike, pi: '5002', house: 'H2' as const }].map((one) => admit(server, one)))
  const jobs = server.running.store.table(SYSTEM, 'jobs')
  const until = Date.now() + 20_000
  while ((await jobs.count({})) > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await jobs.count({})).toBe(0)
  expect([await linkedTo('5001'), await linkedTo('5002')]).toEqual([2, 2])
  expect(await Promise.all(strangers.map(({ pi }) => linkedTo(pi)))).toEqual(strangers.map(() => 1))
  expect(await tasksOf(server)).toEqual([])
})
