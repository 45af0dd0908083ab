/** Mutual recognition (MIIS 5401, 5402) of a person with more reports and results than one search tells of. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

type Json = Record<string, unknown>
const PSN = '31000000000000000000067890'
const RESULTS = 8
const LONG = 1_010

let server: TestServer
let mia = ''
let sample: Json & { input: { labinfo: Json; iteminfo: Json[] } }

/** A laboratory report of an institution; only the last of its results is out of the ordinary. */
function report(institution: string, number: string, date: string, results: number): Json {
  const { labinfo, iteminfo } = sample.input
  const item = (at: number, isLast: boolean): Json => ({
    ...iteminfo[0],
    ...{ rpotc_no: number, appy_no: number, exam_item_detl_code: `I${at}`, exam_item_detl_name: `项目${at}` },
    ...(isLast ? { exam_rslt_val: '9.80', exam_rslt_abn: '↑' } : { exam_rslt_val: '5.00', exam_rslt_abn: '' }),
  })
  const info = { ...labinfo, psn_no: PSN, rpotc_no: number, appy_no: number, rpt_date: date, exam_org_code: institution }
  return {
    ...sample,
    msgid: `${institution}${number}`,
    fixmedins_code: institution,
    input: { labinfo: info, iteminfo: Array.from({ length: results }, (_, at) => item(at, at === results - 1)) },
  }
}

async function ask(infno: string, node: string, asked: Json): Promise<{ warn_msg: string; output: Record<string, Json[]> }> {
  const request = { infno, msgid: `Q${JSON.stringify(asked)}`, inf_time: '2026-03-10 10:00:00', input: { [node]: asked } }
  const { json } = await server.call('POST', '/ingest/miis', { token: mia, body: request })
  expect(json.infcode).toBe('0')
  return json
}

beforeAll(async () => {
  server = await startTestServer()
  mia = await server.token('mia')
  sample = JSON.parse(await readFile(new URL('../fixtures/samples/miis/4502-lab-report.json', import.meta.url), 'utf8'))
  const newer = Array.from({ length: 201 }, (_, at) => report('H11010500001', `N${at}`, '2026-02-01', RESULTS))
  const older = [report('H11010500002', 'OLD', '2026-01-01', 1), report('H11010500002', 'LONG', '2025-12-01', LONG)]
  for (let at = 0; at < newer.length; at += 50) await server.call('POST', '/ingest/miis', { token: mia, body: newer.slice(at, at + 50) })
  for (const one of older) await server.call('POST', '/ingest/miis', { token: mia, body: one })
}, 120_000)
afterAll(() => server.stop())

test('of the newest 200 each is judged by all of its results', async () => {
  const { warn_msg, output } = await ask('5401', 'bilgiteminfo', { psn_no: PSN })
  expect(warn_msg).toContain('200')
  expect(output.bilgiteminfo?.map(({ exam_rslt_abn }) => exam_rslt_abn)).toEqual(Array(200).fill('1'))
})

test('older reports of the institution that is asked for are told of, however many others there are', async () => {
  const { warn_msg, output } = await ask('5401', 'bilgiteminfo', { psn_no: PSN, exam_org_code: 'H11010500002' })
  expect([warn_msg, output.bilgiteminfo?.map(({ rpotc_no, exam_rslt_abn }) => [rpotc_no, exam_rslt_abn])]).toEqual([
    '',
    [
      ['OLD', '1'],
      ['LONG', '1'],
    ],
  ])
})

test('a report of more results than a search includes is told of whole', async () => {
  const { output } = await ask('5402', 'rptdetailinfo', { psn_no: PSN, rpotc_no: 'LONG', fixmedins_code: 'H11010500002' })
  const items = output.inspectiondetails?.map(({ exam_item_detl_code }) => exam_item_detl_code)
  expect([items?.length, new Set(items).size]).toEqual([LONG, LONG])
})
