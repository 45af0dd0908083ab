/** MLLP over real sockets into a whole server: what is acknowledged, what is stored, and who may send. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { systemDecision } from '../../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { ingestTables } from '../../../server/ingest/tables.ts'
import { frame, mllpClient } from '../../support/mllp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const TLS = new URL('../../fixtures/tls/', import.meta.url).pathname
const SAMPLES = new URL('../../fixtures/samples/hospital/', import.meta.url)
const METRICS_TOKEN = 'm'.repeat(32)
const LISTENERS = `
mllp:
  - port: 0
    senders:
      - { source: h1-lis, application: LIS, facility: "0001" }
      - { source: h1-his, application: HIS, facility: "0001" }
      - { source: h1-lis, application: ODD }
  - port: 0
    tls: { cert: ${TLS}server.pem, key: ${TLS}server-key.pem, ca: ${TLS}ca.pem }
    senders:
      - { source: h1-lis, certificate: h1-lis }
`

let server: TestServer
let plain = 0
let secure = 0
beforeAll(async () => {
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8') + LISTENERS
  server = await startTestServer({ config, environment: { METRICS_TOKEN } })
  ;[plain = 0, secure = 0] = server.running.mllpPorts
})
afterAll(() => server.stop())

const tables = () => ingestTables({ store: server.running.store, decision: systemDecision('ingest') })

interface Said {
  id: string
  mrn?: string
  value?: string
  sender?: string
  version?: string
  type?: string
  /** fields from MSH-13 on */
  more?: string
}

/** A result of one patient; `id` numbers message and report. */
function oru({ id, mrn = `P${id}`, value = '5.1', sender = 'LIS|0001', version = '2.4', type = 'ORU^R01', more = '' }: Said): string {
  return [
    `MSH|^~\\&|${sender}|EAI|YILIAN|20260306081530||${type}|${id}|P|${version}${more}`,
    `PID|1||${mrn}^^^0001^PI||测试${mrn}||19580312|M`,
    `PV1|1|I|||||||||||||||||V${mrn}`,
    `OBR|1|S${id}|R${id}|XCG^血常规^L|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F`,
    `OBX|1|NM|WBC^白细胞计数^L||${value}|10^9/L|3.5-9.5||||F`,
    '',
  ].join('\r')
}

const msa = (answer: Buffer | string): string => /MSA\|[^\r]*/.exec(answer.toString())?.[0] ?? ''

async function observations(report: string): Promise<unknown[]> {
  const token = await server.token('auditor')
  const found = await server.call('GET', `/fhir/DiagnosticReport?identifier=${report}&_include=DiagnosticReport:result`, { token })
  expect(found.status).toBe(200)
  return (found.json.entry ?? []).map((entry: { resource: { resourceType: string } }) => entry.resource)
}

const audited = async (text: string): Promise<number> => {
  const token = await server.token('loader')
  const found = await server.call('GET', '/fhir/AuditEvent?_count=100&_sort=-date', { token })
  return JSON.stringify(found.json).split(text).length - 1
}

test('a message is answered AA when it is stored, with Provenance and audit, in whatever pieces it came', async () => {
  const client = await mllpClient(plain)
  const bytes = frame(oru({ id: 'A1' }))
  for (let at = 0; at < bytes.length; at += 7) {
    client.write(bytes.subarray(at, at + 7))
    if (at % 70 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(msa(await client.next())).toBe('MSA|AA|A1')
  client.close()
  const found = await observations('RA1')
  expect(found).toMatchObject([
    { resourceType: 'DiagnosticReport', status: 'final', meta: { source: expect.stringContaining('h1-lis') } },
    { resourceType: 'Observation', valueQuantity: { value: 5.1 } },
  ])
  expect(await audited('h1-lis received')).toBeGreaterThan(0)
})

test.each(['\r', '\n', '\r\n', '  '])('%j ahead of the header is no part of the message', async (ahead) => {
  const client = await mllpClient(plain)
  const id = `AH${Buffer.from(ahead).toString('hex')}`
  expect(msa(await client.ask(ahead + oru({ id })))).toBe(`MSA|AA|${id}`)
  client.close()
})

test('GB 18030 named in MSH-18', async () => {
  const client = await mllpClient(plain)
  const bytes = iconv.encode(oru({ id: 'G1', more: '||||||GB 18030-2000' }), 'gb18030')
  expect(bytes.toString('latin1')).not.toContain('白')
  expect(msa(await client.ask(bytes))).toBe('MSA|AA|G1')
  client.close()
  expect(await observations('RG1')).toMatchObject([{}, { code: { text: '白细胞计数' } }])
})

test('several messages in one packet are answered in their order; those of one patient are done in it', async () => {
  const client = await mllpClient(plain)
  const ids = Array.from({ length: 40 }, (_, at) => `B${at}`)
  client.write(Buffer.concat(ids.map((id, at) => frame(oru({ id, mrn: `M${at % 7}` })))))
  const answers: string[] = []
  for (const _ of ids) answers.push(msa(await client.next()))
  client.close()
  expect(answers).toEqual(ids.map((id) => `MSA|AA|${id}`))
})

test('the same message again: the same answer, nothing new', async () => {
  const client = await mllpClient(plain)
  const message = oru({ id: 'D1' })
  for (let time = 0; time < 3; time++) expect(msa(await client.ask(message))).toBe('MSA|AA|D1')
  // The same control id in other bytes (sent again with its own time) brings nothing new either.
  expect(msa(await client.ask(message.replace('|YILIAN|', '|YILIAN2|')))).toBe('MSA|AA|D1')
  client.close()
  expect(await observations('RD1')).toMatchObject([{ meta: { versionId: '1' } }, { meta: { versionId: '1' } }])
})

test('what cannot be read is quarantined and answered AE with its place', async () => {
  const client = await mllpClient(plain)
  const answer = await client.ask(oru({ id: 'E1', version: '2.5.1' }).replace(/OBR[^\r]*\r/, ''))
  expect(msa(answer)).toBe('MSA|AE|E1')
  expect(answer).toMatch(/ERR\|\|OBR\|100\^Segment sequence error\^HL70357\|E\|mapping-required/)
  // A message of a type that is not taken is kept as well: it can be played again when it is.
  const unsupported = await client.ask(oru({ id: 'E2', version: '2.5.1', type: 'ZZZ^Z99' }))
  expect(msa(unsupported)).toBe('MSA|AR|E2')
  expect(unsupported).toMatch(/ERR\|\|MSH\^1\^9\|200\^Unsupported message type/)
  client.close()
  expect(await tables().quarantine.count({ source: 'h1-lis', state: 'open' })).toBe(2)
})

test('an unknown sender gets AR, and nothing is kept of its message but the audit', async () => {
  const before = await tables().payloads.count({})
  const client = await mllpClient(plain)
  for (const sender of ['LIS|0002', 'XXX|0001', '|']) {
    const answer = await client.ask(oru({ id: 'U1', sender, version: '2.5' }))
    expect(msa(answer)).toBe('MSA|AR|U1')
    expect(answer).toMatch(/ERR\|\|MSH\^1\^3\|204\^Unknown key identifier/)
  }
  expect(msa(await client.ask('nothing of the kind'))).toMatch(/^MSA\|AR\|\|/)
  client.close()
  expect(await tables().payloads.count({})).toBe(before)
  expect(await audited('unknown source-unknown')).toBe(4)
})

test('a message for another hospital gets AR, and nothing is kept of it but the audit', async () => {
  const before = await tables().payloads.count({})
  const client = await mllpClient(plain)
  const answer = await client.ask(oru({ id: 'F1', sender: 'ODD|H11010500002', version: '2.5.1' }))
  expect([msa(answer), /ERR\|\|[^|]*\|204\^Unknown key identifier\^HL70357\|E\|mapping-organization/.test(answer.toString())]).toEqual([
    'MSA|AR|F1',
    true,
  ])
  client.close()
  expect(await tables().payloads.count({})).toBe(before)
  expect(await audited('h1-lis mapping-organization')).toBe(1)
})

test('enhanced mode: a commit acknowledgement, then the application’s, each as the message asks', async () => {
  const client = await mllpClient(plain)
  const send = (id: string, more: string, change = {}) => client.write(frame(oru({ id, version: '2.5.1', more: `|||${more}`, ...change })))
  send('F1', 'AL|AL')
  expect(msa(await client.next())).toBe('MSA|CA|F1')
  const application = await client.next()
  expect(msa(application)).toBe('MSA|AA|F1')
  expect(application.toString()).toMatch(/^MSH(\|[^|]*){13}\|NE\|NE/)
  send('F2', 'AL|NE')
  expect(msa(await client.next())).toBe('MSA|CA|F2')
  send('F3', 'NE|AL')
  expect(msa(await client.next())).toBe('MSA|AA|F3')
  send('F4', 'ER|ER')
  send('F5', 'AL|AL', { sender: 'XXX|0001' })
  // F4 went well, so that nobody is told; F5 is not taken, and that is told once.
  expect(msa(await client.next())).toBe('MSA|CR|F5')
  send('F6', 'AL|ER', { type: 'ZZZ^Z99' })
  expect(msa(await client.next())).toBe('MSA|CA|F6')
  expect(msa(await client.next())).toBe('MSA|AR|F6')
  client.close()
  expect(await observations('RF4')).toHaveLength(2)
})

test('an acknowledgement of our own is neither kept nor answered, whoever sends it', async () => {
  const client = await mllpClient(plain)
  const answered = await client.ask(oru({ id: 'K1', version: '2.5', more: '|||AL|AL' }))
  expect(answered).toContain('MSA|CA|K1')
  const before = await tables().payloads.count({})
  for (const sender of ['LIS|0001', 'NOBODY|0001'])
    client.write(frame(`MSH|^~\\&|${sender}|EAI|YILIAN|20260306081531||ACK^R01^ACK|A-K1|P|2.5\rMSA|CA|A1\r`))
  expect(msa(await client.next())).toBe('MSA|AA|K1')
  expect(msa(await client.ask(oru({ id: 'K2' })))).toBe('MSA|AA|K2')
  client.close()
  expect(await tables().payloads.count({})).toBe(before + 1)
})

test('a message that is too long is refused, and the connection goes on', async () => {
  const before = await tables().payloads.count({})
  const client = await mllpClient(plain)
  const text = oru({ id: 'L1' })
  const answer = await client.ask(Buffer.concat([Buffer.from(text), Buffer.alloc(17 * 1024 * 1024, 'x')]))
  expect(msa(answer)).toMatch(/^MSA\|AR\|L1/)
  expect(await tables().payloads.count({})).toBe(before)
  expect(msa(await client.ask(oru({ id: 'L2' })))).toBe('MSA|AA|L2')
  client.close()
})

test('a sender that closes its side is answered; one that sends no frames is cut off', async () => {
  const client = await mllpClient(plain)
  const answer = client.next()
  client.socket.end(frame(oru({ id: 'H1' })).subarray(0, -1))
  expect(msa(await answer)).toBe('MSA|AA|H1')
  await client.closed

  const noisy = await mllpClient(plain)
  noisy.write(Buffer.alloc(70_000, 'x'))
  await noisy.closed
})

test('TLS: the certificate says who sends, and without one nobody is heard', async () => {
  const ca = readFileSync(`${TLS}ca.pem`)
  const identity = (name: string) => ({ cert: readFileSync(`${TLS}${name}.pem`), key: readFileSync(`${TLS}${name}-key.pem`) })
  const known = await mllpClient(secure, { ca, servername: 'localhost', ...identity('h1-lis') })
  expect(msa(await known.ask(oru({ id: 'T1', sender: 'ANY|0001' })))).toBe('MSA|AA|T1')
  known.close()
  const stranger = await mllpClient(secure, { ca, servername: 'localhost', ...identity('stranger') })
  expect(msa(await stranger.ask(oru({ id: 'T2' })))).toMatch(/^MSA\|AR\|T2/)
  stranger.close()
  const silent = await mllpClient(secure, { ca, servername: 'localhost' })
  await expect(silent.ask(oru({ id: 'T3' }))).rejects.toThrow('closed')
})

test('the ADT sample in its own charset, by the other sender of the port; figures name sources and codes alone', async () => {
  const client = await mllpClient(plain)
  expect(msa(await client.ask(readFileSync(new URL('adt-a01-admission.hl7', SAMPLES))))).toBe('MSA|AA|ADT202603050001')
  client.close()
  const metrics = await server.call('GET', '/metrics', { token: METRICS_TOKEN })
  expect(metrics.text).toContain('yilian_mllp_messages_total{source="h1-his",code="AA"} 1')
  expect(metrics.text).toContain('yilian_mllp_messages_total{source="unknown",code="AR"}')
  expect(metrics.text).toMatch(/yilian_mllp_messages_in_work 0/)
})

test('A40: one Patient has both numbers, and what stood under either stands under it', async () => {
  const client = await mllpClient(plain)
  for (const [id, mrn] of [
    ['J1', 'OLD1'],
    ['J2', 'NEW1'],
  ] as const)
    expect(msa(await client.ask(oru({ id, mrn })))).toBe(`MSA|AA|${id}`)
  const merge = `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260307||ADT^A40|J3|P|2.4\rEVN|A40|20260307\rPID|1||NEW1^^^0001^PI||测试||19580312|M\rMRG|OLD1^^^0001^PI\r`
  expect(msa(await client.ask(merge))).toBe('MSA|AA|J3')
  client.close()
  const token = await server.token('auditor')
  const found = await server.call('GET', '/fhir/Patient?identifier=OLD1,NEW1', { token })
  const values = (found.json.entry as { resource: { identifier: { value: string }[] } }[]).map(({ resource }) =>
    resource.identifier.map(({ value }) => value).sort(),
  )
  expect(values).toEqual([['NEW1', 'OLD1']])
  for (const report of ['RJ1', 'RJ2']) {
    const [one] = (await observations(report)) as { subject: { reference: string } }[]
    expect(one?.subject.reference).toBe(`Patient/${found.json.entry[0].resource.id}`)
  }
})

test('a stop answers what is in work: what is acknowledged is stored', async () => {
  const other = await startTestServer({ beside: server, config: readFileSync(DEMO_CONFIG_FILE, 'utf8') + LISTENERS })
  const client = await mllpClient(other.running.mllpPorts[0] as number)
  const acknowledged: string[] = []
  client.write(Buffer.concat(Array.from({ length: 30 }, (_, at) => frame(oru({ id: `Z${at}` })))))
  acknowledged.push(msa(await client.next()))
  const stopped = other.stop()
  for (;;) {
    const answer = await client.next().catch(() => undefined)
    if (!answer) break
    acknowledged.push(msa(answer))
  }
  await stopped
  expect(acknowledged).toEqual(acknowledged.map((_, at) => `MSA|AA|Z${at}`))
  for (const [at] of acknowledged.entries()) expect(await observations(`RZ${at}`)).toHaveLength(2)
})
