/** The gate at collection: what a patient refuses is not stored, and of it nothing is kept but the audit (formats.md D49). */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { give, idsIn, recipient, withdraw, type Words } from '../consent/resources.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
/** Of H1 alone, of everybody, and one that says nothing of collecting. */
const NOT_BY_H1: Words = { series: 'h1', policy: 'OPTOUT', provision: { action: COLLECT, actor: recipient('H1') } }
const NOT_AT_ALL: Words = { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } }
const NO_LABORATORY: Words = {
  series: 'lab',
  policy: 'OPTOUT',
  provision: { action: COLLECT, class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] },
}
const NO_DIAGNOSES: Words = {
  series: 'diagnoses',
  policy: 'OPTOUT',
  provision: { action: COLLECT, class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Condition' }] },
}
const BUT_H2: Words = {
  series: 'none-but',
  policy: 'OPTOUTE',
  provision: { action: COLLECT, provision: [{ type: 'permit', action: COLLECT, actor: recipient('H2') }] },
}

let server: TestServer
beforeAll(async () => {
  const config = (await readFile(DEMO_CONFIG_FILE, 'utf8')).replace(
    'client: ha2, charset: auto }',
    'client: ha2, charset: auto, collection: statutory }',
  )
  server = await startTestServer({ config })
}, 60_000)
afterAll(() => server.stop())

/** Identity numbers with their check digit (GB 11643: weights 2^i mod 11). */
const NUMBERS = [
  '11010019580312001',
  '11010119900307029',
  '11010119880101012',
  '11010119751212015',
  '11010120000101123',
  '11010119660606066',
].map((digits) => {
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (2 ** (17 - at) % 11), 0)
  return digits + ('10X98765432'[sum % 11] ?? '')
})
let sent = 0
/** An admission or a result of the person, by hospital H1 or H2, each with a number of its own. */
function message(kind: 'ADT^A01' | 'ORU^R01', hospital: '0001' | '0002', person: number, extra = ''): string {
  const id = ++sent
  const head = `MSH|^~\\&|HIS|${hospital}|EAI|YILIAN|20260306081530||${kind}|M${id}|P|2.4||||||UNICODE UTF-8`
  const pid = `PID|1||P${person}${extra}^^^${hospital}^PI~${numberOf(person)}^^^MPS^NI||人${'甲乙丙丁戊己'[person]}`
  const pv1 = `PV1|1|I|||||||||||||||||V${hospital}${person}`
  const rest =
    kind === 'ADT^A01'
      ? []
      : [`OBR|1||BG${id}|XCG^血常规^L|||20260306063000|||||||||||||||20260306081500|||F`, 'OBX|1|NM|WBC^白细胞^L||5.0|10^9/L||||F']
  return [head, ...(kind === 'ADT^A01' ? ['EVN|A01|20260306081530'] : []), pid, pv1, ...rest, ''].join('\r')
}
const numberOf = (person: number): string => NUMBERS[person] as string

async function send(source: string, client: string, body: string | Uint8Array, type = 'application/hl7-v2'): Promise<Answer> {
  return server.call('POST', `/ingest/${source}`, { token: await server.token(client), body, headers: { 'Content-Type': type } })
}
const bySource = { '0001': ['h1-his', 'h1-engine'], '0002': ['h2-his', 'h2-engine'] } as const
const post = (hospital: '0001' | '0002', body: string): Promise<Answer> => send(bySource[hospital][0], bySource[hospital][1], body)

const codesOf = (answer: Answer): string[] =>
  ((answer.json.issue ?? []) as { details?: { coding?: { code: string }[] } }[]).flatMap(({ details }) => details?.coding?.[0]?.code ?? [])
const statusOf = (answer: Answer): string =>
  (answer.json.extension[0].extension as { url: string; valueCode?: string }[]).find(({ url }) => url === 'status')?.valueCode ?? ''

/** The person's Patient: master or record, by what ingest remembers. */
async function patientOf(person: number): Promise<string> {
  for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes(numberOf(person))) return id
  throw new Error('no such patient')
}

/** All that ingest and the store hold, but for the account of uses and what only counts. */
async function held(): Promise<Record<string, number>> {
  const { store } = server.running
  const tables = [
    'payloads',
    'payload_chunks',
    'quarantine',
    'deliveries',
    'waiting_records',
    'contributions',
    'patient_numbers',
    'patient_records',
    'identity_numbers',
    'unmapped_codes',
    'refused_parts',
  ]
  const rows = await Promise.all(tables.map(async (name) => [name, await store.table(SYSTEM, name).count({})] as const))
  const types = await Promise.all(
    ['Patient', 'Encounter', 'Observation', 'DiagnosticReport', 'Provenance'].map(async (type) => {
      let sum = 0
      for await (const batch of store.stream(SYSTEM, type, { kind: 'everything' })) sum += batch.reduce((n, { v }) => n + v, 0)
      return [type, sum] as const
    }),
  )
  return Object.fromEntries([...rows, ...types])
}

describe('a refusal that names an organisation', () => {
  let consent: Awaited<ReturnType<typeof give>>
  const refused = message('ORU^R01', '0001', 0)

  test('stops its payload: nothing is kept but the audit, and the receipt does not say why', async () => {
    expect((await post('0001', message('ADT^A01', '0001', 0))).status).toBe(200)
    const patient = await patientOf(0)
    consent = await give(server, patient, NOT_BY_H1)
    const before = await held()
    const answer = await post('0001', refused)
    expect([answer.status, statusOf(answer), codesOf(answer)]).toEqual([200, 'rejected', ['ingest-summary', 'not-collected']])
    expect(answer.headers.get('content-location')).toBeNull()
    expect(answer.text).not.toMatch(/consent|refusal|refused by|patient|拒|同意|患者/i)
    expect(await held()).toEqual(before)
    const gone = await server.call('GET', `/ingest/h1-his/payloads/${answer.json.id}`, { token: await server.token('h1-engine') })
    expect(gone.status).toBe(404)
  })

  test.each([
    ['of a type that is not taken', (body: string) => body.replace('ADT^A01', 'ADT^A99')],
    ['that cannot be mapped', (body: string) => `${body.replace('ADT^A01', 'ADT^A40')}MRG|X1^^^0001^PI\rMRG|X2^^^0001^PI\r`],
  ])('stops a message %s, which would be kept in quarantine else', async (_, broken) => {
    const before = await held()
    expect(codesOf(await post('0001', broken(message('ADT^A01', '0001', 0))))).toEqual(['ingest-summary', 'not-collected'])
    expect(await held()).toEqual(before)
    expect(codesOf(await post('0001', broken(message('ADT^A01', '0001', 1, 'Q'))))).not.toContain('not-collected')
  })

  test('stops a message of which nothing would be stored but its bytes', async () => {
    const blocked = (person: number): string =>
      message('ADT^A01', '0001', person)
        .replace('ADT^A01', 'SIU^S23')
        .replace(/\r(EVN|PV1)\|[^\r]*/g, '')
    const before = await held()
    expect(codesOf(await post('0001', blocked(0)))).toEqual(['ingest-summary', 'not-collected'])
    expect(await held()).toEqual(before)
    const other = await post('0001', blocked(5))
    expect([codesOf(other).includes('not-collected'), other.headers.get('content-location')]).toEqual([false, expect.anything()])
  })

  test('leaves none of it beside another record, and the other one is stored', async () => {
    const broken = message('ADT^A01', '0001', 0).replace('ADT^A01', 'ADT^A99')
    const answer = await post('0001', broken + message('ADT^A01', '0001', 4))
    expect(codesOf(answer)).toContain('not-collected')
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(answer.json.id))
    const parts = await server.running.store.table(SYSTEM, 'quarantine').count({ payload: String(answer.json.id) })
    expect([payload?.inline, payload?.chunks, parts]).toEqual([null, 0, 0])
    expect(await patientOf(4)).toEqual(expect.any(String))
  })

  test('stands in the account of the person, and to others the account does not say why', async () => {
    const own = await server.call('GET', '/fhir/AuditEvent?_count=100', {
      token: await server.token('patient-app', { patient: await patientOf(0) }),
    })
    expect(own.text).toContain('collection-refused')
    const auditor = await server.call('GET', '/fhir/AuditEvent?_count=200', { token: await server.token('auditor') })
    expect(idsIn(auditor).length).toBeGreaterThan(0)
    expect(auditor.text).toContain('not-collected')
    expect(auditor.text).not.toContain('collection-refused')
  })

  test('does not stop another organisation, nor touch what is stored', async () => {
    expect(statusOf(await post('0002', message('ORU^R01', '0002', 0)))).toMatch(/^stored/)
    const visits = await server.call('GET', '/fhir/Encounter', { token: await server.token('auditor') })
    expect(idsIn(visits).length).toBeGreaterThan(0)
  })

  test('that is taken back lets the same bytes in', async () => {
    await withdraw(server, await patientOf(0), consent)
    const answer = await post('0001', refused)
    expect(statusOf(answer)).toMatch(/^stored/)
    expect(answer.headers.get('content-location')).toContain(answer.json.id)
  })
})

describe('a refusal of everybody', () => {
  test('holds for one who knows the person by the identity number alone, of whom not even a number is kept', async () => {
    await post('0001', message('ADT^A01', '0001', 1))
    await give(server, await patientOf(1), NOT_AT_ALL)
    const before = await held()
    expect(codesOf(await post('0002', message('ADT^A01', '0002', 1)))).toContain('not-collected')
    expect(await held()).toEqual(before)
  })

  test('but for one organisation that it names', async () => {
    await post('0001', message('ADT^A01', '0001', 2))
    await give(server, await patientOf(2), BUT_H2)
    expect(codesOf(await post('0001', message('ORU^R01', '0001', 2)))).toContain('not-collected')
    expect(statusOf(await post('0002', message('ORU^R01', '0002', 2)))).toMatch(/^stored/)
  })

  test('of one kind of data lets the others in', async () => {
    await post('0001', message('ADT^A01', '0001', 3))
    await give(server, await patientOf(3), NO_LABORATORY)
    expect(codesOf(await post('0001', message('ORU^R01', '0001', 3)))).toContain('not-collected')
    expect(statusOf(await post('0001', message('ADT^A01', '0001', 3)))).toMatch(/^stored/)
  })

  test('who refuses only that others read is recorded as before', async () => {
    await post('0001', message('ADT^A01', '0001', 4))
    await give(server, await patientOf(4), { series: 'all', policy: 'OPTOUT' })
    expect(statusOf(await post('0001', message('ORU^R01', '0001', 4)))).toMatch(/^stored/)
  })
})

describe('a table', () => {
  const HEAD = 'YLJGDM,KH,KLX,ZJHM,ZJLX,XM,XB,CSRQ,YWSCSJ,XGBZ'
  const row = (person: number, card: string): string =>
    `0001,${card},0,${numberOf(person)},01,人${'甲乙丙丁戊己'[person]},1,,2026-03-10 01:00:00,1`

  async function finished(answer: Answer): Promise<Answer> {
    let receipt = answer
    for (let tries = 0; receipt.status === 202 && tries < 200; tries++) {
      await setTimeout(50)
      receipt = await server.call('GET', answer.headers.get('content-location') ?? '', { token: await server.token('ha') })
    }
    return receipt
  }

  test('loses the rows of those who refuse, in the store and in its bytes; the others are stored', async () => {
    const lines = [HEAD, row(1, 'C1'), row(4, 'C4')]
    const body = new Uint8Array(iconv.encode(`${lines.join('\r\n')}\r\n`, 'gb18030'))
    const receipt = await finished(await send('rhip', 'ha', body, 'text/csv'))
    expect(codesOf(receipt)).toContain('not-collected')
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    const kept = Buffer.from(payload?.inline as Uint8Array)
    expect(kept.length).toBe(body.length)
    expect([kept.includes(numberOf(1)), kept.includes(numberOf(4)), payload?.cut]).toEqual([false, true, true])
    const chunks = await server.running.store.table(SYSTEM, 'payload_chunks').count({})
    const parts = await server.running.store.table(SYSTEM, 'refused_parts').count({})
    expect([chunks, parts]).toEqual([0, 0])
  })

  const NO_STATE = [HEAD.replace(',XGBZ', ''), row(1, 'C7').replace(/,1$/, ''), row(4, 'C8').replace(/,1$/, '')].join('\n')
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
  const file = (text: string | Uint8Array) =>
    zipOf([
      { name: 'TB_YL_PATIENT_INFORMATION.csv', content: `${HEAD}\n${row(4, 'C9')}\n` },
      { name: 'TB_YL_PATIENT_INFORMATION2.csv', content: text },
    ])
  // Some kilobytes before the number, so that it lies on the border of what is looked through at a time.
  const far = Array.from({ length: 9 }, (_, at) => `${NO_STATE.split('\n')[0]}\n${'甲'.repeat(5270 + at)}${numberOf(1)}\n`)
  test.each<[string, string | Uint8Array, string]>([
    ['without a column that it must have', NO_STATE, 'table-column-missing'],
    ['of no known kind', NO_STATE.replace(/^.*/, 'A,B,C,D,E,F,G,H,I'), 'table-unknown'],
    ['in UTF-16', utf16(NO_STATE), 'payload-charset'],
    ['in an archive beside one that can be read', file(NO_STATE), 'table-column-missing'],
    ['under another name in an archive', zipOf([{ name: 'scan.pdf', content: NO_STATE }]), 'archive-entry-unsupported'],
    ...far.map((text, at): [string, string, string] => [`far behind its beginning, ${at}`, text, 'table-column-missing']),
  ])('that cannot be read keeps no bytes where one of those in it refuses: %s', async (_, sent, code) => {
    const bytes = typeof sent === 'string' ? Buffer.from(sent) : sent
    const type = bytes[0] === 0x50 && bytes[1] === 0x4b ? 'application/zip' : 'text/csv'
    const receipt = await finished(await send('rhip', 'ha', new Uint8Array(bytes), type))
    expect(codesOf(receipt)).toContain(code)
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect([payload?.inline, payload?.chunks, payload?.fileName]).toEqual([null, 0, ''])
    expect(await server.running.store.table(SYSTEM, 'refused_parts').count({})).toBe(0)
  })

  test('that cannot be read keeps its bytes where nobody in it refuses', async () => {
    const body = NO_STATE.replaceAll(numberOf(1), numberOf(4))
    const receipt = await finished(await send('rhip', 'ha', new Uint8Array(Buffer.from(body)), 'text/csv'))
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect([statusOf(receipt), Buffer.from(payload?.inline as Uint8Array).toString()]).toEqual(['quarantined', body])
  })

  test('of nobody else keeps no bytes, and comes in when the refusal is over', async () => {
    await post('0002', message('ADT^A01', '0002', 5))
    const refusal = await give(server, await patientOf(5), NOT_AT_ALL)
    const body = new Uint8Array(Buffer.from(`${HEAD}\n${row(5, 'C5')}\n`))
    const receipt = await finished(await send('rhip', 'ha', body, 'text/csv'))
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect([statusOf(receipt), payload?.inline, payload?.chunks]).toEqual(['rejected', null, 0])
    await withdraw(server, await patientOf(5), refusal)
    expect(statusOf(await finished(await send('rhip', 'ha', body, 'text/csv')))).toMatch(/^stored/)
  })

  test('loses of one patient the rows that say what he refuses, and no others of his', async () => {
    await give(server, await patientOf(5), NO_DIAGNOSES)
    const visit = (number: string, diagnosis: string): string => `0001,${number},C5,0,人己,1,100,2026-03-09 09:10:00,${diagnosis},1`
    const lines = [
      'YLJGDM,JZLSH,KH,KLX,HZXM,XB,JZLX,JZKSRQ,JZZDBM,JZZDSM,XGBZ',
      visit('MZT1', 'E11.900,2型糖尿病'),
      visit('MZT2', '-,-'),
      visit('MZT3', 'I10.x00,原发性高血压'),
      visit('MZT4', '-,-'),
    ]
    const before = await held()
    const receipt = await finished(await send('rhip', 'ha', new Uint8Array(Buffer.from(`${lines.join('\n')}\n`)), 'text/csv'))
    expect(codesOf(receipt).filter((code) => code === 'not-collected')).toHaveLength(2)
    const after = await held()
    expect([after.Encounter, after.deliveries]).toEqual([(before.Encounter ?? 0) + 2, (before.deliveries ?? 0) + 2])
  })
})

test('what is collected by law is not stopped', async () => {
  const source = server.running.fhir.access
  const patients = [await patientOf(1)]
  const asked = {
    patients,
    organization: 'HA2',
    resources: () => [{ type: 'Patient', id: 'x', custodian: 'HA2', resource: { resourceType: 'Patient' } }],
  }
  expect((await source.mayCollect(asked)).refusers).toHaveLength(1)
  const document = (await readFile(new URL('../fixtures/samples/rhip/de-coded-lab.xml', import.meta.url))).toString('latin1')
  const body = new Uint8Array(Buffer.from(document.replaceAll('110100195803120019', numberOf(1)), 'latin1'))
  const answer = await send('rhip2', 'ha2', body, 'application/xml')
  expect(codesOf(answer)).not.toContain('not-collected')
  expect(statusOf(answer)).toMatch(/^stored/)
})
