/** The MIIS endpoint: always its envelope and 200 for its sender, sign-in, files of messages, long lists, two administrations. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

type Json = Record<string, unknown>
const sample = async (name: string) => readFile(new URL(`../fixtures/samples/miis/${name}.json`, import.meta.url), 'utf8')
const json = async (name: string) => JSON.parse(await sample(name)) as Json

let server: TestServer
let mia = ''
beforeAll(async () => {
  const demo = await readFile(DEMO_CONFIG_FILE, 'utf8')
  // Another administration: that of the place where the person is insured.
  const organization =
    '  - { id: MIA2, kind: mia, name: 邻省医疗保障局, identifier: { system: "urn:oid:2.16.156.10011.2.3.3.2", value: "310100" } }\n'
  const client =
    '  - { client_id: mia2, name: 邻省医保信息平台, party: mia, organization: MIA2, role: engine, purposes: [HPAYMT], scopes: "system/*.rs", demoKey: true }\n'
  const config = demo.replace(/\nclients:\n/, `${organization}\nclients:\n${client}`)
  server = await startTestServer({ config })
  mia = await server.token('mia')
}, 60_000)
afterAll(() => server.stop())

const send = (body: unknown, query = '', headers: Record<string, string> = {}): Promise<Answer> =>
  server.call('POST', `/ingest/miis${query}`, { token: mia, body, headers: { 'Content-Type': 'application/json', ...headers } })

async function receiptOf(answer: Answer): Promise<Json> {
  for (let polls = 0; polls < 400; polls++) {
    const found = await server.call('GET', answer.headers.get('content-location') ?? '', { token: mia })
    if (found.status !== 202)
      return Object.fromEntries(found.json.extension[0].extension.map((each: Json) => [each.url, each.valueInteger ?? each.valueCode]))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no receipt')
}

describe('the envelope', () => {
  test.each([
    ['no JSON', '医保', 'json'],
    ['an unknown transaction', '{"infno":"9999","msgid":"M","input":{}}', '未知的医保交易编号'],
    ['one that is not mapped', '{"infno":"7101","msgid":"M","input":{}}', '暂不支持此医保交易'],
    ['a question for the insurance', '{"infno":"1301","msgid":"M","input":{}}', '须由医保平台答复'],
    ['what is the institution’s own', '{"infno":"3301","msgid":"M","input":{}}', '只涉及医药机构自身'],
    ['a question without a person', JSON.stringify({ infno: '5401', msgid: 'Q0', inf_time: '2026-03-09 10:00:00', input: {} }), 'psn_no'],
    ['an empty list', '[]', '对象'],
  ])('%s: 200, infcode -1, and why', async (_, body, why) => {
    const answer = await send(body)
    expect([answer.status, answer.json.infcode]).toEqual([200, '-1'])
    expect(answer.json.err_msg).toMatch(why === 'json' ? /./ : why)
    expect(answer.headers.get('content-type')).toContain('application/json')
  })

  test('a body that is refused before it is kept is answered in it, too', async () => {
    const answer = await send('{}', '', { 'Content-Encoding': 'gzip' })
    expect([answer.status, answer.json.infcode, answer.json.output]).toEqual([200, '-1', {}])
  })

  test('a token for too little is told so in it; whoever is not the sender learns nothing of the source', async () => {
    const weak = await server.token('mia', { scope: 'system/Patient.rs' })
    const refused = await server.call('POST', '/ingest/miis', { token: weak, body: '{}' })
    expect([refused.status, refused.json.infcode]).toEqual([200, '-1'])
    const stranger = await server.token('h1-engine')
    const [here, nowhere] = await Promise.all(
      ['miis', 'nowhere'].map((source) => server.call('POST', `/ingest/${source}`, { token: stranger, body: '{}' })),
    )
    expect([here?.status, here?.text]).toEqual([nowhere?.status, nowhere?.text])
    expect(here?.status).toBe(404)
    expect((await server.call('POST', '/ingest/miis', { body: '{}' })).status).toBe(401)
  })
})

describe('9001 and 9002', () => {
  const signIn = {
    infno: '9001',
    msgid: 'H110105000012026030907000000',
    inf_time: '2026-03-09 07:00:00',
    input: { signIn: { opter_no: 'S0042', ip: '10.0.0.1' } },
  }

  test('a number, the same for the same sign-in', async () => {
    const first = await send(signIn)
    expect(first.json).toMatchObject({
      infcode: '0',
      output: { signinoutb: { sign_time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) } },
    })
    const number = first.json.output.signinoutb.sign_no
    expect(number).toMatch(/^\w{10,30}$/)
    expect((await send(signIn)).json.output.signinoutb.sign_no).toBe(number)
    expect((await send({ ...signIn, msgid: 'other' })).json.output.signinoutb.sign_no).not.toBe(number)
    const out = await send({
      infno: '9002',
      msgid: 'out',
      inf_time: '2026-03-09 18:00:00',
      input: { signOut: { sign_no: number, opter_no: 'S0042' } },
    })
    expect(out.json).toMatchObject({ infcode: '0', output: { signoutoutb: {} } })
  })

  test('nobody signs in without his number', async () => {
    const answer = await send({ ...signIn, msgid: 'nobody', input: { signIn: {} } })
    expect(answer.json).toMatchObject({ infcode: '-1', output: {} })
    expect(answer.json.err_msg).toContain('input.signIn.opter_no')
  })
})

describe('files of messages', () => {
  const names = ['2203-outpatient-visit', '2204-outpatient-charges', '2207-outpatient-settlement', '4502-lab-report']

  test('a list: one receipt, each message once, and again nothing new', async () => {
    const all = await Promise.all(names.map(json))
    const first = await send([...all, { infno: '9999', msgid: 'X', input: {} }])
    expect([first.status, first.json.infcode]).toEqual([200, '0'])
    expect(await receiptOf(first)).toMatchObject({ records: 5, quarantined: 1 })
    const again = await send([...all].reverse())
    expect(await receiptOf(again)).toMatchObject({ records: 4, unchanged: 4 })
  })

  test('lines by the name of the file: accepted, worked off by a job, a broken line is told and the rest goes on', async () => {
    const all = await Promise.all(names.map(json))
    const file = [...all.map((one) => JSON.stringify(one)), '{"infno":"2203"', JSON.stringify(await json('2402-discharge'))].join('\n')
    const answer = await send(file, '?filename=resend.jsonl')
    expect([answer.status, answer.json.infcode]).toEqual([200, '0'])
    expect(answer.json.warn_msg).toContain('已接收')
    expect(await receiptOf(answer)).toMatchObject({ records: 6, unchanged: 4, quarantined: 1 })
  })
})

test('a bill of many lines that is stored in several transactions: one receipt, one answer', async () => {
  const charges = (await json('2301-inpatient-charges')) as { request: Json & { input: { feedetail: Json[] } } }
  const [, bed] = charges.request.input.feedetail
  const feedetail = Array.from({ length: 1_000 }, (_, at) => ({ ...bed, feedetl_sn: `L${at}`, mdtrt_id: 'V10000' }))
  const answer = await send({ ...charges.request, msgid: 'H110105000012026030910120010000', input: { feedetail } })
  expect([answer.status, answer.json.infcode]).toEqual([200, '0'])
  // The lines, the person, his visit, the hospital's department and the doctor.
  expect(await receiptOf(answer)).toMatchObject({ records: 1, quarantined: 0, resources: 1_004 })
}, 180_000)

test('of a visit that nobody insures the administration sees what was sent to it, and nothing else that the hospital has', async () => {
  const visit = 'ZY20260310007'
  const adt = [
    'MSH|^~\\&|HIS|0001|EAI|YILIAN|20260310083500||ADT^A01|SP1|P|2.4||||||UTF-8',
    'EVN|A01|20260310083500',
    'PID|1||0001099001^^^0001^PI~440100199001010023^^^MPS^NI||赵明||19900101|F',
    `PV1|1|I|0401^^21^0001||||D0199^沈医生||||||||||||${visit}`,
    'DG1|1||K36.x00^其他阑尾炎^ICD-10-CN||20260310|A',
  ].join('\r')
  expect((await send(await json('4202-self-paid-stay'))).json.infcode).toBe('0')
  const engine = await server.token('h1-engine')
  const headers = { 'Content-Type': 'application/hl7-v2' }
  expect((await server.call('POST', '/ingest/h1-his', { token: engine, body: `${adt}\r`, headers })).status).toBe(200)
  const codes = async (token: string) =>
    (await server.call('GET', '/fhir/Condition?code=K36.x00,K35.800', { token })).json.entry?.map(
      ({ resource }: { resource: { code: { coding: { code: string }[] } } }) => resource.code.coding[0]?.code,
    )
  expect(await codes(mia)).toEqual(['K35.800'])
  expect((await codes(await server.token('auditor'))).sort()).toEqual(['K36.x00'])
})

test('both administrations see the settlement and their part in it; a hospital elsewhere does not', async () => {
  expect((await send(await json('2304-inpatient-settlement'))).json.infcode).toBe('0')
  const find = (token: string, query: string) => server.call('GET', `/fhir/ExplanationOfBenefit?${query}`, { token })
  const insured = await server.token('mia2')
  const byNumber = await find(insured, 'identifier=110105S0000000000021')
  expect(byNumber.json.total).toBe(1)
  const [{ resource }] = byNumber.json.entry
  expect(resource).toMatchObject({
    insurer: { reference: 'Organization/MIA2' },
    payee: { party: { display: '医疗保障经办机构（110105）' } },
    payment: { amount: { value: 54.3 } },
  })
  expect((await find(mia, `payee=${resource.payee.party.reference}`)).json.total).toBe(1)
  expect((await find(insured, 'pool-area=310100')).json.total).toBe(1)
  const claims = await server.call('GET', '/fhir/Claim?insurer=Organization/MIA2', { token: insured })
  // With that of the visit above, which was insured there as well.
  expect(claims.json.total).toBe(2)
  const elsewhere = await server.token('h2-engine')
  expect((await find(elsewhere, 'identifier=110105S0000000000021')).json.total).toBe(0)
})
