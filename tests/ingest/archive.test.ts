/**
 * A day's tables in one ZIP archive over HTTP: read file by file in whatever order they stand in it, or refused as a whole with nothing stored.
 * What is refused how: tests/mappings/parsers/zip.test.ts.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { rhipDeXml } from '../../mappings/rhip/de-xml/index.ts'
import { checkZip } from '../../mappings/parsers/zip.ts'
import { decodePayload } from '../../server/ingest/decode.ts'
import { type ZipFile, zipOf } from '../mappings/parsers/zip-files.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ha: string
let auditor: string
beforeAll(async () => {
  server = await startTestServer()
  ha = await server.token('ha')
  auditor = await server.token('loader')
})
afterAll(() => server.stop())

interface Receipt {
  extension: { extension: { url: string; valueCode?: string; valueInteger?: number }[] }[]
  issue: { severity: string; details: { coding: { code: string }[]; text: string }; diagnostics: string; expression?: string[] }[]
}

/** Sends an archive and waits for its receipt. */
async function receiptOf(archive: Uint8Array, query = ''): Promise<Receipt> {
  const sent = await server.call('POST', `/ingest/rhip${query}`, {
    token: ha,
    body: archive,
    headers: { 'Content-Type': 'application/zip' },
  })
  expect(sent.status).toBe(202)
  const location = sent.headers.get('content-location') ?? ''
  for (;;) {
    const answer = await server.call('GET', location, { token: ha })
    if (answer.status === 200) return answer.json as Receipt
    await setTimeout(100)
  }
}
const counts = ({ extension: [one] }: Receipt) =>
  Object.fromEntries((one?.extension ?? []).map(({ url, valueCode, valueInteger }) => [url, valueCode ?? valueInteger]))
/** The first issue is the summary. */
const errors = ({ issue }: Receipt) =>
  issue.slice(1).flatMap(({ severity, details, expression }) => (severity === 'error' ? [[details.coding[0]?.code, expression?.[0]]] : []))

const sample = async (file: string): Promise<ZipFile> => ({
  name: file,
  content: await readFile(new URL(`../fixtures/samples/rhip/${file}`, import.meta.url)),
})

test('results before their reports before their patients, in one archive', async () => {
  const files = await Promise.all(
    ['TB_LIS_INDICATORS', 'TB_LIS_REPORT', 'TB_YL_PATIENT_INFORMATION'].map((name) => sample(`20260310/${name}.csv`)),
  )
  const receipt = await receiptOf(zipOf(files.map((file) => ({ ...file, described: true }))), '?filename=20260310.zip')
  // 6 results, 3 reports, 2 patients.
  expect(counts(receipt)).toMatchObject({ records: 11, waiting: 0, quarantined: 0 })
  expect(errors(receipt)).toEqual([])
  const found = await server.call('GET', '/fhir/Observation?code=6690-2&_summary=count', { token: ha })
  expect(found.json.total).toBe(1)
})

test('a row and a file that are wrong are named with the file, the rest of the archive is stored', async () => {
  const fees = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ\n0001,FY1,1,V1,2026-03-06,床位费,1.000\n'
  const receipt = await receiptOf(
    zipOf([
      { name: 'day/fees.csv', content: iconv.encode(fees, 'gb18030') },
      { name: 'day/count.md5', content: 'x' },
      { name: 'day/王建国.pdf', content: 'x' },
      { name: 'day/110100195803120019.pdf', content: 'x' },
      { name: 'day/inner.csv', content: zipOf([{ name: 'a.csv', content: 'x' }]), stored: true },
      { name: 'day/strange.csv', content: 'A,B\n1,2\n' },
      await sample('20260311/TB_HIS_ZY_ADM_REG.csv'),
    ]),
  )
  expect(errors(receipt)).toEqual([
    ['table-row-fields', 'day/fees.csv row 1'],
    ['archive-entry-unsupported', 'day/count.md5'],
    ['archive-entry-unsupported', 'file 3'],
    ['archive-entry-unsupported', 'file 4'],
    ['payload-archive', 'day/inner.csv'],
    ['table-unknown', 'day/strange.csv file'],
  ])
  expect(counts(receipt)).toMatchObject({ records: 8, quarantined: 6 })
})

test('a refused archive stores nothing, says where and why in both languages, and the server goes on', async () => {
  const before = await server.call('GET', '/fhir/Patient?_summary=count', { token: auditor })
  const patients = await sample('20260310/TB_YL_PATIENT_INFORMATION.csv')
  const fresh = { ...patients, content: Buffer.concat([Buffer.from(patients.content), Buffer.from('\n')]) }
  const receipt = await receiptOf(zipOf([fresh, { name: '../../../root/.ssh/authorized_keys', content: 'x' }]))
  expect(counts(receipt)).toMatchObject({ status: 'quarantined', records: 1, quarantined: 1, resources: 0 })
  expect(receipt.issue.at(-1)).toMatchObject({
    severity: 'error',
    details: { text: expect.stringContaining('不安全的文件名') },
    diagnostics: expect.stringContaining('unsafe file name'),
    expression: ['../../../root/.ssh/authorized_keys'],
  })
  const bomb = await receiptOf(zipOf([{ name: 'zeros.csv', content: Buffer.alloc(24 * 1024 * 1024) }]))
  expect(errors(bomb)).toEqual([['archive-bomb', 'zeros.csv']])
  const after = await server.call('GET', '/fhir/Patient?_summary=count', { token: auditor })
  expect(after.json).toEqual(before.json)
})

test('documents coded by data elements come out of an archive as alone; each with a DOCTYPE is refused by itself', async () => {
  const document = await sample('de-coded-lab.xml')
  const doctype = '<?xml version="1.0"?><!DOCTYPE x><DOC/>'
  const archive = zipOf([document, { name: 'bad.xml', content: doctype }, { ...document, name: 'again.xml' }])
  const open = async function* () {
    yield archive
  }
  const found: unknown[] = []
  for await (const one of decodePayload(rhipDeXml, open, { charset: 'auto', fileName: 'week.zip' })) {
    found.push(one.ok ? [one.recordType, one.at] : [one.rejected.reason.code, one.rejected.at])
  }
  expect(found).toEqual([
    ['HSDC02.01', 'file 1 document 1'],
    ['payload-doctype', 'file 2'],
    ['HSDC02.01', 'file 3 document 1'],
  ])
})

test('documents are all in memory at once: an archive of them may not expand as far as one of tables', async () => {
  const blank = Buffer.alloc(15 * 1024 * 1024, ' ')
  // Nine times 15 MiB are more than 128.
  const archive = zipOf(Array.from({ length: 9 }, (_, at) => ({ name: `${at}.xml`, content: blank })))
  const open = async function* () {
    yield archive
  }
  const found: unknown[] = []
  for await (const one of decodePayload(rhipDeXml, open, { charset: 'auto', fileName: 'week.zip' }))
    found.push(one.ok ? one.at : [one.rejected.reason.code, one.rejected.at])
  expect(found).toEqual([['archive-bomb', 'file 9']])
  expect(await checkZip(open())).toBeUndefined()
})

test('an archive for a source that takes none is refused as it was', async () => {
  const body = zipOf([{ name: 'a.hl7', content: 'MSH|' }])
  const engine = await server.token('h1-engine')
  const answer = await server.call('POST', '/ingest/h1-lis', { token: engine, body, headers: { 'Content-Type': 'application/zip' } })
  expect(answer.status).toBe(422)
  expect(errors(answer.json as Receipt)).toEqual([['payload-archive', 'payload']])
})
