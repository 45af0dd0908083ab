/** Batches in one MLLP frame (HL7 v2.5.1, 2.10.3): each message is taken or not by itself, and its answer stands in a batch of answers. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { batchOf } from '../../../server/ingest/mllp/batch.ts'
import { frame, mllpClient } from '../../support/mllp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => {
  const senders = 'mllp:\n  - port: 0\n    senders:\n      - { source: h1-lis, application: LIS, facility: "0001" }\n'
  server = await startTestServer({ config: `${readFileSync(DEMO_CONFIG_FILE, 'utf8')}\n${senders}` })
}, 60_000)
afterAll(() => server.stop())

/** A result; all of one patient, so that their order counts. */
function oru(id: string, { sender = 'LIS|0001', type = 'ORU^R01', value = '5.1', report = id, more = '' } = {}): string {
  return [
    `MSH|^~\\&|${sender}|EAI|YILIAN|20260306081530||${type}|${id}|P|2.5.1${more}`,
    'PID|1||PB1^^^0001^PI||测试批',
    `OBR|1|S${report}|R${report}|XCG^血常规^L|||20260306063000|||||||||||||||20260306081500|||F`,
    `OBX|1|NM|WBC^白细胞^L||${value}|10^9/L|||||F`,
    '',
  ].join('\r')
}
const file = (...messages: string[]): string =>
  `FHS|^~\\&|LIS|0001\rBHS|^~\\&|LIS|0001\r${messages.join('')}BTS|${messages.length}\rFTS|1\r`

/** Names of the segments of an answer; of each MSA, BTS and FTS what it says. */
const told = (answer: Buffer | string): string[] =>
  answer
    .toString()
    .split('\r')
    .filter((line) => line !== '' && !line.startsWith('ERR'))
    .map((line) => (/^MS[HA]|^[FB]HS/.test(line) ? (line.startsWith('MSA') ? line : line.slice(0, 3)) : line))

async function ask(text: string): Promise<string> {
  const client = await mllpClient(server.running.mllpPorts[0] ?? 0)
  const answer = await client.ask(text)
  client.close()
  return answer
}

async function valuesOf(report: string): Promise<unknown[]> {
  const token = await server.token('auditor')
  const found = await server.call('GET', `/fhir/DiagnosticReport?identifier=${report}&_include=DiagnosticReport:result`, { token })
  const entries = (found.json.entry ?? []) as { resource: { valueQuantity?: { value: number } } }[]
  return entries.flatMap(({ resource }) => resource.valueQuantity?.value ?? [])
}

test('a file of sound messages is stored, and answered message by message', async () => {
  const ids = Array.from({ length: 40 }, (_, at) => `FB${at}`)
  const answer = await ask(file(...ids.map((id, at) => oru(id, { report: 'FB', value: String(at) }))))
  expect(told(answer)).toEqual([...['FHS', 'BHS'], ...ids.flatMap((id) => ['MSH', `MSA|AA|${id}`]), ...['BTS|40', 'FTS|1']])
  // Those about one patient were done in their order.
  expect(await valuesOf('RFB')).toEqual([39])
})

test('what is unsound among them is told of it alone', async () => {
  const answer = await ask(
    file(oru('FC1'), oru('FC2', { type: 'ORU^R99' }), oru('FC3', { sender: 'NOBODY|0001' }), oru('FC4'), oru('FC5', { type: 'SIU^S23' })),
  )
  expect(told(answer).filter((line) => line.startsWith('MSA'))).toEqual([
    'MSA|AA|FC1',
    'MSA|AR|FC2',
    'MSA|AR|FC3',
    'MSA|AA|FC4',
    'MSA|AA|FC5',
  ])
  expect(await valuesOf('RFC4')).toEqual([5.1])
  expect(await valuesOf('RFC3')).toEqual([])
})

test('a file of several batches is answered batch by batch', async () => {
  const batches = ['FG1', 'FG2'].map((id) => `BHS|^~\\&|LIS|0001\r${oru(id)}BTS|1\r`).join('')
  const answer = told(await ask(`FHS|^~\\&|LIS|0001\r${batches}FTS|2\r`))
  const ofBatch = (id: string): string[] => ['BHS', 'MSH', `MSA|AA|${id}`, 'BTS|1']
  expect(answer).toEqual(['FHS', ...ofBatch('FG1'), ...ofBatch('FG2'), 'FTS|2'])
})

test('a batch without a file has no file around its answers, and the separators of its sender', async () => {
  const body = oru('FD1').replace('^~\\&', '@~\\&').replaceAll('^', '@')
  const answer = await ask(`BHS|@~\\&|LIS\r${body}BTS|1\r`)
  expect(told(answer)).toEqual(['BHS', 'MSH', 'MSA|AA|FD1', 'BTS|1'])
  expect(answer).toMatch(/^BHS\|@~\\&\|/)
})

test('who wants no answers gets none, and the next message gets its own', async () => {
  const client = await mllpClient(server.running.mllpPorts[0] ?? 0)
  const silent = { more: '|||NE|NE' }
  client.write(frame(file(oru('FE1', silent), oru('FE2', silent))))
  client.write(frame(oru('FE3')))
  expect(told(await client.next())).toEqual(['MSH', 'MSA|AA|FE3'])
  client.close()
  expect(await valuesOf('RFE2')).toEqual([5.1])
})

test('an envelope without a message is refused as before', async () => {
  expect(told(await ask('FHS|^~\\&|LIS|0001\rBHS|^~\\&|LIS|0001\rBTS|0\rFTS|1\r'))).toEqual(['MSH', expect.stringMatching(/^MSA\|AR\|/)])
})

const BATCH = 'BHS|^~\\&|LIS|0001|EAI|YILIAN|20260306|||'

test('the answers say which batch and which file they answer, from whom to whom', async () => {
  const answer = await ask(`FHS|^~\\&|LIS|0001|EAI|YILIAN|||||F7\r${BATCH}|B7\r${oru('FH1')}BTS|1\rFTS|1\r`)
  const [fhs, bhs] = answer.split('\r').map((line) => line.split('|'))
  for (const [line, name, reference] of [
    [fhs, 'FHS', 'F7'],
    [bhs, 'BHS', 'B7'],
  ] as const) {
    expect(line).toEqual([
      ...[name, '^~\\&', 'EAI', 'YILIAN', 'LIS', '0001', expect.stringMatching(/^\d{14}\+0800$/)],
      ...['', '', '', expect.stringMatching(/^\S+$/), reference],
    ])
  }
  expect(fhs?.[10]).not.toBe(bhs?.[10])
})

test.each([
  ['110100195803120019', 'an identity number'],
  ['B^7', 'what has components'],
  ['王建国', 'a name'],
])('%s is no number of a batch: %s does not go back', async (id) => {
  const [bhs = ''] = (await ask(`${BATCH}|${id}\r${oru('FI1')}BTS|1\r`)).split('\r')
  expect(bhs.split('|')).toHaveLength(11)
  expect(bhs).not.toContain(id)
})

test('a batch that has not as many messages as its trailer says is answered so; those that are there are taken', async () => {
  expect(told(await ask(`${BATCH}\r${oru('FJ1')}BTS|2\r`))).toEqual(['BHS', 'MSH', 'MSA|AA|FJ1', 'BTS|1|batch-messages-count'])
  expect(await valuesOf('RFJ1')).toEqual([5.1])
})

test('several messages of a frame without an envelope (2.10.3 leaves it to the sender): each is taken or not by itself, and has its own answer', async () => {
  const sent = [oru('FL1'), oru('FL2', { type: 'ORU^R99' }), oru('FL3', { sender: 'NOBODY|0001' }), oru('FL4')]
  const each = (ids: string[], codes: string[]): string[] => ids.flatMap((id, at) => ['MSH', `MSA|${codes[at]}|${id}`])
  const expected = each(['FL1', 'FL2', 'FL3', 'FL4'], ['AA', 'AR', 'AR', 'AA'])
  expect(told(await ask(sent.join('')))).toEqual(expected)
  // Sent again it is known, whatever the ends of its lines are.
  expect(told(await ask(sent.join('\n')))).toEqual(expected)
  expect(await valuesOf('RFL4')).toEqual([5.1])
  expect(await valuesOf('RFL3')).toEqual([])
})

test('trailers alone are heeded as well', async () => {
  const answers = ['MSH', 'MSA|AA|FM1', 'MSH', 'MSA|AA|FM2']
  const both = oru('FM1') + oru('FM2')
  expect(told(await ask(`${both}BTS|2\rFTS|1\r`))).toEqual(answers)
  expect(told(await ask(`${both}BTS|3\rFTS|2\r`))).toEqual([...answers, 'BTS|2|batch-messages-count', 'FTS|1|file-batches-count'])
})

test('a frame of several messages of which one wants no answer', async () => {
  expect(told(await ask(oru('FN1', { more: '|||NE|NE' }) + oru('FN2')))).toEqual(['MSH', 'MSA|AA|FN2'])
  expect(await valuesOf('RFN1')).toEqual([5.1])
})

test('a file that has not as many batches as its trailer says is answered so; those that are there are taken', async () => {
  const answer = await ask(`FHS|^~\\&|LIS|0001\r${BATCH}\r${oru('FO1')}BTS|1\rFTS|2\r`)
  expect(told(answer)).toEqual(['FHS', 'BHS', 'MSH', 'MSA|AA|FO1', 'BTS|1', 'FTS|1|file-batches-count'])
  expect(await valuesOf('RFO1')).toEqual([5.1])
})

test('a message that lost its MSH is the sender’s of the batch: kept in quarantine, and answered in its place', async () => {
  const beheaded = oru('FK2').split('\r').slice(1).join('\r')
  const refused = 'MSA|AE||报文结构无效 / The structure of the payload is not valid'
  const answersTo = async (...messages: string[]): Promise<string[]> =>
    told(await ask(`${BATCH}\r${messages.join('')}BTS\r`)).filter((line) => line.startsWith('MSA'))
  expect(await answersTo(beheaded, oru('FK1'), oru('FK3'))).toEqual([refused, 'MSA|AA|FK1', 'MSA|AA|FK3'])
  expect(await answersTo(oru('FK1'), `BTS|1\r${BATCH}\r`, beheaded, oru('FK3'))).toEqual(['MSA|AA|FK1', refused, 'MSA|AA|FK3'])
  // Another sender's batch is nobody's.
  expect(told(await ask(`${BATCH.replace('LIS', 'NOBODY')}\r${beheaded}BTS|1\r`))[2]).toMatch(/^MSA\|AR/)
  const kept = await server.call('GET', '/ingest/quarantine?source=h1-lis', { token: await server.token('h1-engine') })
  // In the same bytes it is the same one.
  const items = kept.json.items as { reasons: { code: string; at: string }[] }[]
  expect(items.filter(({ reasons }) => reasons[0]?.code === 'payload-structure')).toMatchObject([{ reasons: [{ at: 'MSH' }] }])
})

test('what begins otherwise is one message', () => {
  expect(batchOf(Buffer.from(oru('X')))).toBeUndefined()
  expect(batchOf(Buffer.from(`\ufeff${file(oru('X'), oru('Y'))}`))?.batches).toMatchObject([{ messages: [{}, {}] }])
  expect(batchOf(Buffer.from('BHS'))).toBeUndefined()
  expect(batchOf(Buffer.from(`\r\n${file(oru('X'))}`))?.batches).toMatchObject([{ messages: [{}] }])
  // A gene in a report that goes on in another line.
  expect(batchOf(Buffer.from(`${oru('X')}MSH2(+)\r`))).toBeUndefined()
  expect(batchOf(Buffer.from(`${oru('X')}\n${oru('Y')}`))?.batches).toMatchObject([{ messages: [{}, {}] }])
})
