/** The receipt of ingest does not tell a source whether another one knows the person (leak catalogue L31 and L36 for sources). */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { comparable } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const sample = (name: string) => readFile(new URL(`../fixtures/samples/${name}`, import.meta.url))

let known: TestServer
let unknown: TestServer
beforeAll(async () => {
  known = await startTestServer()
  unknown = await startTestServer()
}, 60_000)
afterAll(() => Promise.all([known.stop(), unknown.stop()]))

async function send(server: TestServer, client: string, source: string, file: string): Promise<Answer> {
  const token = await server.token(client)
  return server.call('POST', `/ingest/${source}`, {
    token,
    body: new Uint8Array(await sample(file)),
    headers: { 'Content-Type': 'application/octet-stream' },
  })
}

/** Ids, addresses and times of a payload differ by nature. */
const neutral = (answer: Answer): string =>
  `${answer.status} ${answer.text}`.replaceAll(String(answer.json.id), '[payload]').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '[time]')

test('an admission of who is known elsewhere and of who is not', async () => {
  for (const file of ['miis/2203-outpatient-visit.json', 'rhip/de-coded-lab.xml']) {
    const [source, client] = file.startsWith('miis') ? ['miis', 'mia'] : ['rhip2', 'ha2']
    expect((await send(known, client as string, source as string, file)).status).toBeLessThan(300)
  }
  for (const file of ['hospital/adt-a01-admission.hl7', 'hospital/oru-r01-blood-count.hl7']) {
    const [stored, fresh] = [await send(known, 'h1-engine', 'h1-his', file), await send(unknown, 'h1-engine', 'h1-his', file)]
    expect(fresh.status).toBeLessThan(300)
    expect(neutral(stored)).toBe(neutral(fresh))
  }
})

test('a number that stands elsewhere under another name', async () => {
  // 王建国 becomes 赵钱孙, in GB18030 as the sample is.
  const [before, after] = ['cdf5bda8b9fa', 'd5d4c7aecbef'].map((hex) => Buffer.from(hex, 'hex').toString('latin1'))
  const text = (await sample('hospital/adt-a01-admission.hl7')).toString('latin1')
  expect(text).toContain(before)
  const named = Buffer.from(text.replaceAll(before as string, after as string).replaceAll('0001', '0002'), 'latin1')
  const [stored, fresh] = await Promise.all(
    [known, unknown].map(async (server) => {
      const headers = { 'Content-Type': 'application/octet-stream' }
      return server.call('POST', '/ingest/h2-his', { token: await server.token('h2-engine'), body: new Uint8Array(named), headers })
    }),
  )
  expect(fresh?.status).toBe(200)
  expect(neutral(stored as Answer)).toBe(neutral(fresh as Answer))
})

test('a token for less than everything sends nothing', async () => {
  const body = new Uint8Array(await sample('hospital/adt-a01-admission.hl7'))
  for (const scope of ['system/Observation.rs', 'system/*.rs', 'system/*.c', 'system/Patient.cruds system/Encounter.cruds']) {
    const token = await unknown.token('h2-engine', { scope })
    const answer = await unknown.call('POST', '/ingest/h2-his', { token, body })
    expect([scope, answer.status]).toEqual([scope, 403])
  }
})

test('payloads and work lists are the operators and the sources own', async () => {
  const sent = await send(known, 'h1-engine', 'h1-his', 'hospital/adt-a01-admission.hl7')
  const payload = String(sent.json.id)
  const absent = '0'.repeat(payload.length)
  const paths = [
    '/ingest/h1-his/payloads',
    `/ingest/h1-his/payloads/${payload}`,
    '/ingest/quarantine',
    '/ingest/unmapped',
    '/ingest/conflicts',
  ]
  const strangers = [
    await known.token('h2-engine'),
    await known.token('mia'),
    await known.token('researcher', { data_form: 'PSEUD' }),
    await known.token('h1-ward', { user: 'Practitioner/d' }),
  ]
  for (const token of strangers) {
    for (const path of paths) {
      const answer = await known.call('GET', path, { token })
      const leaks = /王建国|110100195803120019|"source":"h1-his"/.test(answer.text)
      if (answer.status === 200) expect([path, leaks]).toEqual([path, false])
      else expect([path, answer.status === 403 || answer.status === 404]).toEqual([path, true])
      const other = await known.call('GET', path.replace(payload, absent), { token })
      expect(comparable(answer, payload)).toBe(comparable(other, absent))
    }
    const body = new Uint8Array(await sample('hospital/adt-a01-admission.hl7'))
    expect((await known.call('POST', '/ingest/h1-his', { token, body })).status).toBeGreaterThanOrEqual(400)
  }
})

test('nobody looks into the token of another', async () => {
  const token = await known.token('h1-ward', { user: 'Practitioner/d' })
  const stranger = await known.token('researcher', { data_form: 'PSEUD' })
  for (const headers of [{}, { Authorization: `Bearer ${stranger}` }]) {
    const answer = await fetch(`${known.url}/auth/introspect`, { method: 'POST', body: new URLSearchParams({ token }), headers })
    const text = await answer.text()
    expect(text.includes('h1-ward') || text.includes('Practitioner/d') || text.includes('"active":true')).toBe(false)
  }
})
