/**
 * Home pages that a hospital exports, CSV and DBF, over HTTP and from a drop folder: one stay with what its CDA document and the insurance say, each
 * wrong row alone in quarantine, repeats that change nothing, corrections and withdrawals.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { dbfOf, text } from '../mappings/parsers/dbf-files.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const DIALECTS = fileURLToPath(new URL('../fixtures/dialects', import.meta.url))
const sample = (path: string): Buffer => readFileSync(new URL(`../fixtures/samples/${path}`, import.meta.url))

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-home-page-'))
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8').replace(
    '\nsources:\n',
    [
      '\nsources:',
      '  - { id: h1-pages, kind: hospital, mapping: hospital/home-page, organization: H1, client: h1-engine }',
      '  - { id: h1-own, kind: hospital, mapping: hospital/home-page/taizhou, organization: H1, client: h1-engine }',
      '',
    ].join('\n'),
  )
  const drops = `\ndrops:\n  - { source: h1-pages, directory: ${directory}, ready: rename, pollSeconds: 1 }\n`
  server = await startTestServer({ config: config + drops, environment: { DIALECTS_DIR: DIALECTS } })
  reader = await startTestServer({ beside: server, noAuth: true })
}, 60_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
  await rm(directory, { recursive: true })
})

async function send(
  body: Uint8Array | string,
  { source = 'h1-pages', type = 'text/csv', name = 'hqms.csv', client = 'h1-engine' } = {},
): Promise<Answer> {
  const token = await server.token(client)
  const path = `/ingest/${source}?filename=${encodeURIComponent(name)}`
  const sent = await server.call('POST', path, {
    token,
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'Content-Type': type },
  })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}

interface Receipt {
  extension: { extension: { url: string; valueCode?: string; valueInteger?: number }[] }[]
  issue: { severity: string; details: { coding: { code: string }[] }; diagnostics?: string; expression?: string[] }[]
}
const counts = ({ extension: [one] }: Receipt) =>
  Object.fromEntries((one?.extension ?? []).map(({ url, valueCode, valueInteger }) => [url, valueCode ?? valueInteger]))
const errors = ({ issue }: Receipt) =>
  issue.slice(1).flatMap(({ severity, details, expression }) => (severity === 'error' ? [[details.coding[0]?.code, expression?.[0]]] : []))

type Found = Record<string, unknown> & { id: string; meta: { versionId: string } }
const found = async (query: string): Promise<Found[]> => {
  const { status, json } = await reader.call('GET', `/fhir/${query}${query.includes('?') ? '&' : '?'}_count=200`)
  expect(status).toBe(200)
  return ((json.entry ?? []) as { resource: Found; search?: { mode: string } }[]).map(({ resource }) => resource)
}
const VISIT = 'https://fhir-cn.example/sid/H1/visit-no'

test('one stay of the file, the CDA document and the insurance: one Encounter, one document of the insurance’s page, every source in Provenance', async () => {
  const page = await send(sample('hospital/home-page/hqms_20260315.csv'))
  expect([page.status, errors(page.json as Receipt), counts(page.json as Receipt)]).toMatchObject([200, [], { records: 2, quarantined: 0 }])
  const token = await server.token('h1-engine')
  const cda = await server.call('POST', '/ingest/h1-cda', {
    token,
    body: sample('hospital/cda/C0032.xml'),
    headers: { 'Content-Type': 'application/xml' },
  })
  expect(cda.status).toBe(200)
  const insured = await server.call('POST', '/ingest/miis', {
    token: await server.token('mia'),
    body: sample('miis/4401-home-page.json'),
    headers: { 'Content-Type': 'application/json' },
  })
  expect([insured.status, insured.json.infcode]).toEqual([200, '0'])
  const stays = await found(`Encounter?identifier=${VISIT}|ZY20260305001`)
  expect(stays).toHaveLength(1)
  const [stay] = stays as [Found]
  const sourcesOf = async (reference: string): Promise<string[]> =>
    [
      ...new Set(
        (await found(`Provenance?target=${reference}`))
          .map((one) => JSON.stringify(one))
          .flatMap((one) => ['h1-pages', 'h1-cda', 'miis'].filter((source) => one.includes(`/${source}`) || one.includes(`"${source}"`))),
      ),
    ].sort()
  // The insurance has its own stay besides, and names the hospital's.
  expect(await sourcesOf(`Encounter/${stay.id}`)).toEqual(['h1-cda', 'h1-pages', 'miis'])
  const documents = (await found('Composition?type=C0032')).filter((one) =>
    JSON.stringify(one.identifier ?? '').includes('C0032.ZY20260305001'),
  )
  expect(documents).toHaveLength(1)
  expect(await sourcesOf(`Composition/${documents[0]?.id}`)).toEqual(['h1-pages', 'miis'])
  const accounts = (await found('Account')).filter((one) => JSON.stringify(one.identifier ?? '').includes('ZY20260305001'))
  expect(accounts).toHaveLength(1)
  // One person, whoever speaks of him.
  expect(new Set((await found(`Encounter?identifier=${VISIT}|ZY20260305001`)).map((one) => JSON.stringify(one.subject))).size).toBe(1)
  expect(stay.subject).toEqual((documents[0] as Found).subject)
})

test('the same file again changes nothing; the same rows as DBF and as CSV are the same things', async () => {
  const before = await found('Encounter')
  const again = await send(sample('hospital/home-page/hqms_20260315.csv'))
  expect(again.status).toBe(200)
  // The same bytes with another line end are another payload of the same rows.
  const other = await send(
    iconv.encode(iconv.decode(sample('hospital/home-page/hqms_20260315.csv'), 'gb18030').replaceAll('\r\n', '\n'), 'gb18030'),
  )
  expect(counts(other.json as Receipt)).toMatchObject({ records: 2, unchanged: 2 })
  expect((await found('Encounter')).map(({ id, meta }) => [id, meta.versionId])).toEqual(before.map(({ id, meta }) => [id, meta.versionId]))
  const old = await send(sample('hospital/home-page/hqms_20120315.dbf'), { name: 'hqms.dbf', type: 'application/x-dbf' })
  expect([errors(old.json as Receipt), counts(old.json as Receipt)]).toMatchObject([[], { records: 1, quarantined: 0 }])
  expect((await found('Encounter')).length).toBe(before.length)
})

test('wrong rows go to quarantine one by one, each with its number and column, and leak nothing; the others are stored', async () => {
  const header = 'A48,A49,A11,A20,B12,B15,C03C,C04N,D01,D23'
  const rows = [
    'Q1,1,秘密甲,110100195803120019,2026-03-01,2026-03-02,K29.500,胃炎,1.00,1.00',
    'Q2,1,秘密乙,,2026-03-01',
    ',1,秘密丙,,2026-03-01,2026-03-02,K29.500,胃炎,1.00,1.00',
    'Q4,,秘密丁,,2026-03-01,2026-03-02,K29.500,胃炎,1.00,1.00',
    'Q5,1,"秘密戊,,2026-03-01,2026-03-02,K29.500,胃炎,1.00,1.00',
    'Q6,1,秘密己,,2026-03-01,2026-03-02,K29.500,胃炎,x,1.00',
  ]
  const broken = Buffer.concat([iconv.encode(`${[header, ...rows].join('\n')}\nQ7,1,秘密`, 'gbk'), Buffer.from([0xd6, 0x0a])])
  const receipt = await send(broken)
  expect(errors(receipt.json as Receipt).sort((a, b) => String(a[1]).localeCompare(String(b[1])))).toEqual([
    ['table-row-fields', 'row 2'],
    ['mapping-required', 'row 3: A48'],
    ['mapping-required', 'row 4: JZLSH'],
    ['table-row-quote', 'row 5'],
    ['mapping-number-invalid', 'row 6: D01'],
    ['table-row-charset', 'row 7'],
  ])
  expect(counts(receipt.json as Receipt)).toMatchObject({ records: 7, quarantined: 5 })
  expect(receipt.text).not.toMatch(/秘密|110100195803120019/)
  expect(await found(`Encounter?identifier=${VISIT}|Q1-1`)).toHaveLength(1)
  expect(await found(`Encounter?identifier=${VISIT}|Q6-1`)).toHaveLength(1)
})

test('a page written later corrects the earlier one, whichever comes first; one that is taken back is entered in error', async () => {
  const page = (written: string, days: string, state = '1') =>
    `A48,A49,B12,B15,B20,C03C,C04N,YWSCSJ,XGBZ\nK1,1,2026-03-01,2026-03-09,${days},K29.500,胃炎,${written},${state}\n`
  const days = async () => ((await found(`Encounter?identifier=${VISIT}|K1-1`))[0]?.length as { value: number } | undefined)?.value
  await send(page('2026-03-12 10:00:00', '8'))
  await send(page('2026-03-11 10:00:00', '7'))
  expect(await days()).toBe(8)
  const [document] = (await found('Composition?type=C0032')).filter((one) => JSON.stringify(one.identifier ?? '').includes('C0032.K1-1'))
  expect(document).toMatchObject({ status: 'final' })
  await send(page('2026-03-13 10:00:00', '9', '2'))
  expect((await reader.call('GET', `/fhir/Composition/${document?.id}`)).json).toMatchObject({ status: 'entered-in-error' })
  // The page is void, not the stay.
  expect((await found(`Encounter?identifier=${VISIT}|K1-1`))[0]).toMatchObject({ status: 'finished' })
})

test.each([
  ['K2', [0, 1]],
  ['K3', [1, 0]],
] as const)(
  'what a page written later no longer says is void, what another document says stands: %s in the order %j',
  async (no, order) => {
    const header = 'A48,A49,B12,B15,C03C,C04N,C06x01C,C07x01N,C06x02C,C07x02N,C14x01C,C15x01N,C16x01,YWSCSJ,XGBZ'
    const page = (further: string, operation: string, written: string, state = '1') =>
      `${header}\n${no},1,2026-03-01,2026-03-09,K29.500,胃炎,${further},${operation},${written},${state}\n`
    const pages = [
      page('E11.900,2型糖尿病,I10.x00,高血压', '45.1600x001,胃镜下活组织检查,2026-03-02 08:30:00', '2026-03-12 10:00:00'),
      page(',,,', ',,', '2026-03-13 10:00:00'),
    ]
    const cda = sample('hospital/cda/C0032.xml')
      .toString()
      .replaceAll('ZY20260305001', `${no}-1`)
      .replace(/(<id root="2\.16\.156\.10011\.1\.1" extension=")[^"]+/, (_, head: string) => `${head}DOC-${no}`)
      .replaceAll('M17.900', 'I10.x00')
    const sent = await server.call('POST', '/ingest/h1-cda', {
      token: await server.token('h1-engine'),
      body: cda,
      headers: { 'Content-Type': 'application/xml' },
    })
    expect(sent.status).toBe(200)
    const [stay] = await found(`Encounter?identifier=${VISIT}|${no}-1`)
    const codes = async (type: string): Promise<string[]> =>
      (await found(`${type}?encounter=Encounter/${stay?.id}`))
        .flatMap(({ code }) => (code as { coding?: { code: string }[] }).coding?.[0]?.code ?? '')
        .filter((code) => ['K29.500', 'E11.900', 'I10.x00', '45.1600x001'].includes(code))
        .sort()
    /** Of the page's own, those that the visit names. */
    const named = async (): Promise<string[]> => {
      const [visit] = await found(`Encounter?identifier=${VISIT}|${no}-1&_include=Encounter:diagnosis`)
      const ids = ((visit?.diagnosis ?? []) as { condition: { reference: string } }[]).map(({ condition }) => condition.reference)
      const conditions = await Promise.all(ids.map(async (id) => (await reader.call('GET', `/fhir/${id}`)).json))
      return conditions
        .map(({ code }) => code.coding[0].code)
        .filter((code) => ['K29.500', 'E11.900'].includes(code))
        .sort()
    }
    const told = await codes('Condition')
    expect(told).toContain('I10.x00')
    for (const at of order) await send(pages[at] as string)
    expect(await named()).toEqual(['K29.500'])
    // A void thing names no visit any more.
    expect(await codes('Condition')).toEqual([...new Set([...told, 'K29.500'])].sort())
    expect(await codes('Procedure')).toEqual([])
    await send(page('E11.900,2型糖尿病,,', '45.1600x001,胃镜下活组织检查,2026-03-02 08:30:00', '2026-03-14 10:00:00'))
    expect(await codes('Condition')).toEqual([...new Set([...told, 'E11.900', 'K29.500'])].sort())
    expect(await codes('Procedure')).toEqual(['45.1600x001'])
    expect(await named()).toEqual(['E11.900', 'K29.500'])
    // Taken back at its own time or later.
    await send(
      page('E11.900,2型糖尿病,,', '45.1600x001,胃镜下活组织检查,2026-03-02 08:30:00', `2026-03-14 1${no === 'K2' ? 0 : 1}:00:00`, '2'),
    )
    expect([await codes('Condition'), await codes('Procedure'), await named()]).toEqual([told, [], []])
  },
)

test('a DBF: another hospital’s pages and a cut file are told, and what is whole is stored', async () => {
  const columns = [text('P900', 22), text('P3', 10), text('P2', 2), text('P22', 10), text('P25', 10), text('P321', 10), text('P322', 20)]
  const row = (no: string, code = '12110000000000001N') => ({
    P900: code,
    P3: no,
    P2: '1',
    P22: '2026-03-01',
    P25: '2026-03-02',
    P321: 'K29.500',
    P322: '慢性胃炎',
  })
  const file = dbfOf(columns, [row('B1'), row('B2', '12110000000000002N'), row('B3'), row('B4')], { count: 5, marks: { 3: 'x' } })
  const receipt = await send(file, { name: 'x.dbf', type: 'application/x-dbf' })
  expect(errors(receipt.json as Receipt)).toEqual([
    ['mapping-organization', 'row 2: A01'],
    ['table-row-flag', 'row 4'],
    ['table-rows-count', 'file'],
  ])
  expect(await found(`Encounter?identifier=${VISIT}|B1-1`)).toHaveLength(1)
  expect(await found(`Encounter?identifier=${VISIT}|B2-1`)).toHaveLength(0)
})

test('by the folder of a hospital, in an archive: Chinese headers, its own words, the number of the visit of two columns', async () => {
  const rows = '病案号;次数;姓名;性别;入院日期;出院日期;主要诊断编码;主要诊断\nTZ9;3;某甲;女;05/03/2026;09/03/2026;K29.500;慢性胃炎\n'
  const archive = zipOf([{ name: iconv.encode('病案首页202603.csv', 'gbk'), content: iconv.encode(rows, 'gbk') }])
  const receipt = await send(archive, { source: 'h1-own', type: 'application/zip', name: 'march.zip' })
  expect([errors(receipt.json as Receipt), counts(receipt.json as Receipt)]).toMatchObject([[], { records: 1, quarantined: 0 }])
  expect(await found(`Encounter?identifier=${VISIT}|TZ9-3`)).toEqual([
    expect.objectContaining({ period: { start: '2026-03-05', end: '2026-03-09' } }),
  ])
})

test('a month from the drop folder: thousands of rows, each stored once', async () => {
  const header = 'A48,A49,A11,B12,B15,C03C,C04N'
  const rows = Array.from(
    { length: 1500 },
    (_, at) => `D${at},1,人${at},2026-03-01,2026-03-02,K29.${String(at % 1000).padStart(3, '0')},胃炎`,
  )
  await writeFile(join(directory, 'hqms.csv.part'), iconv.encode(`${header}\n${rows.join('\n')}\n`, 'gb18030'))
  await rename(join(directory, 'hqms.csv.part'), join(directory, 'hqms.csv'))
  const done = async () => (await readdir(join(directory, 'done')).catch(() => [])).sort()
  while ((await done()).length < 2) await delay(200)
  const [, report = ''] = await done()
  const receipt = JSON.parse(await readFile(join(directory, 'done', report), 'utf8')) as Receipt
  expect([errors(receipt), counts(receipt)]).toMatchObject([[], { records: 1500, quarantined: 0, waiting: 0 }])
  expect((await reader.call('GET', `/fhir/Encounter?identifier=${VISIT}|D1499-1`)).json.total).toBe(1)
}, 300_000)

test('who may not send it gets nothing in', async () => {
  const token = await server.token('h2-engine')
  const sent = await server.call('POST', '/ingest/h1-pages?filename=hqms.csv', {
    token,
    body: 'A48,A49\nX1,1\n',
    headers: { 'Content-Type': 'text/csv' },
  })
  expect([403, 404]).toContain(sent.status)
  expect(await found(`Encounter?identifier=${VISIT}|X1-1`)).toHaveLength(0)
})
