/** What a code may mean, by names that are alike: in a loaded code system, and in what another hospital decided. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TestServer } from '../support/server.ts'
import { csv } from '../terminology/loaded.ts'
import { admission, agree, EQUIVALENT, get, idOf, LEUKOCYTES, type People, report, send, siteWith } from './sending.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
let server: TestServer
let who: People
const idOfName = (name: string, source = 'h1-his') => `${source}|diagnosis|https://fhir-cn.example/sid/H1/diagnosis-code|${name}`
const SITES = ['头', '颈', '胸', '腹', '背', '腰', '肩', '臂', '肘', '腕', '手', '髋', '腿', '膝', '踝', '足']
const KINDS = ['挫伤', '骨折', '脱位', '扭伤', '裂伤', '烧伤', '冻伤', '肿物']

beforeAll(async () => {
  ;({ server, who } = await siteWith([{ code: 'S1', name: '白细胞计数(仪器法)' }]))
  const rows: [string, string][] = Array.from({ length: 4_000 }, (_, at) => [
    `T${String(at).padStart(4, '0')}`,
    `${SITES[at % 16]}部${KINDS[Math.floor(at / 16) % 8]}${at}号`,
  ])
  const table = csv('主要编码,疾病名称', [...rows, ['I50.900', '心力衰竭'], ['I50.901', '充血性心力衰竭'], ['J15.900', '细菌性肺炎']])
  const parameter = [
    { name: 'system', valueString: 'icd-10-clinical' },
    { name: 'file', valueAttachment: { data: Buffer.from(table).toString('base64') } },
  ]
  const begun = await server.call('POST', '/fhir/$terminology-load', { token: who.loader, body: { resourceType: 'Parameters', parameter } })
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  while ((await server.call('GET', path, { token: who.loader })).status === 202) await setTimeout(50)
  for (const [at, name] of ['充血性心衰竭', '新力衰竭', '细菌肺炎', '无相似之处'].entries())
    await send(server, 'h1-his', who.engine, admission(name).replace('|A1|', `|A${at}|`).replace('|ZY1|', `|ZY${at}|`))
}, 60_000)
afterAll(() => server.stop())

const suggested = async (id: string, token = who.wang) =>
  (await get(server, token, `code?id=${encodeURIComponent(id)}`)).json.suggestions as { system: string; code: string; score: number }[]

test.each([
  // chongxuexingxinshuaijie and chongxuexingxinlishuaijie: 21 of 22 and 24 pairs of letters, 0.85·42/46; 0.73 by characters.
  ['characters in common', '充血性心衰竭', 'I50.901', 0.78],
  // 新力衰竭 sounds as 心力衰竭, which counts 0.85 and more than two pairs of three.
  ['the same sound', '新力衰竭', 'I50.900', 0.85],
  // 细菌 菌肺 肺炎 and 细菌 菌性 性肺 肺炎: 2·2/7; by letters a little less after the weight.
  ['one character less', '细菌肺炎', 'J15.900', expect.any(Number)],
])('in a loaded system: %s', async (_, name, code, score) => {
  const [first] = await suggested(idOfName(name))
  expect(first).toMatchObject({ system: ICD, code, score })
})

test('a loaded system is complete: a code that it does not have is no target, and displays are its own', async () => {
  const row = idOfName('无相似之处')
  expect(await suggested(row)).toEqual([])
  const ask = (code: string) => {
    const body = { id: row, system: ICD, code, display: 'x', equivalence: 'equivalent' }
    return server.call('POST', '/code-mapping/propose', {
      token: who.wang,
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    })
  }
  expect((await ask('I99')).status).toBe(422)
  expect((await ask('J15.900')).json.pending.meaning.target).toEqual({ system: ICD, code: 'J15.900', display: '细菌性肺炎' })
})

test('what another hospital decided of a like name goes before likeness alone', async () => {
  await agree(server, who, idOf('S1'), EQUIVALENT)
  const name = '白细胞计数（仪器）'
  await send(server, 'h2-his', who.engine2, report('4', [{ code: 'H2S', name }]).replaceAll('^0001^', '^0002^'))
  const [first] = await suggested(idOf('H2S', 'h2-his', 'H2'), who.zhao)
  expect(first).toMatchObject({ code: LEUKOCYTES, organizations: 1, score: expect.any(Number) })
  expect(first?.score).toBeLessThan(1)
  expect((await get(server, who.zhao, `code?id=${encodeURIComponent(idOf('H2S', 'h2-his', 'H2'))}`)).text).not.toContain('仪器法')
})
