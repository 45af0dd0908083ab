/** What is read otherwise than it was said, or not at all, is told on the receipt: of each field where it was first met. By hand. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { IssueList } from '../../server/ingest/receipt.ts'
import type { ReceiptIssue } from '../../server/ingest/types.ts'
import { rhipRig } from './rhip-rig.ts'
import type { Rig } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rhipRig()
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const told = async (text: string, fileName: string) => {
  const { payload, counts } = await one.send('rhip', text, fileName)
  const issues = (JSON.parse(payload.issues) as ReceiptIssue[]).filter(({ code }) => code.startsWith('mapping-'))
  return { counts, problems: payload.problems ?? [], issues: issues.map(({ severity, code, at }) => `${severity} ${code} ${at}`) }
}

const REPORT = 'YLJGYQDM,BGRQ,BGDH,KH,KLX,SHSJ,BGSJ,CJSJ,XGBZ'
const report = (no: number, audited: string, reported: string) =>
  `0001,2026-03-0${no},R${no},C1,0,${audited},${reported},2026-03-01 07:00:00,1`

test('a report time that is a day without an hour gives no issued, and the sender is told', async () => {
  const rows = [report(1, '', '2026-03-01 10:00:00'), report(2, '', '2026-03-02'), report(3, '20260303', '2026-03-03 10:00')]
  const { counts, problems, issues } = await told([REPORT, ...rows, report(4, '', '2026-03-04'), ''].join('\n'), 'TB_LIS_REPORT.csv')
  expect(counts).toMatchObject({ records: 4, stored: 4, storedWithIssues: 0 })
  expect(problems).toEqual([])
  expect(issues).toEqual(['information mapping-instant-day row 2: BGSJ', 'information mapping-instant-day row 3: SHSJ'])
  const reports = await one.all('DiagnosticReport')
  const issued = reports.map(({ identifier, issued }) => [(identifier as { value: string }[])[0]?.value, issued ?? null])
  expect(issued.sort()).toEqual([
    ['R1', '2026-03-01T10:00:00+08:00'],
    ['R2', null],
    ['R3', null],
    ['R4', null],
  ])
})

const CHARGE = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,MXFYLB,MXXMBM,MXXMMC,MXXMJE,XGBZ'
const charge = (no: number, category: string) => `0001,F${no},1,V1,${category},X${no},某项目,10,1`

test('a fee that is among the others because nobody said or mapped its category: the sender is told', async () => {
  await one.send('rhip', 'YLJGYQDM,JZLSH,KH,KLX,RYSJ,CYSJ,XGBZ\n0001,V1,C1,0,2026-03-01 08:00:00,,1\n', 'TB_YL_ZY_MEDICAL_RECORD.csv')
  const { issues } = await told([CHARGE, charge(1, ''), charge(2, ''), ''].join('\n'), 'TB_HIS_ZY_FEE_DETAIL_FS.csv')
  expect(issues.filter((issue) => issue.includes('assumed'))).toEqual(['information mapping-value-assumed row 1: MXFYLB'])
  // The same of one that waits: its row is told all the same.
  const waiting = await told([CHARGE, charge(9, '').replace('V1', 'V9'), ''].join('\n'), 'TB_HIS_ZY_FEE_DETAIL_FS.csv')
  expect(waiting.counts).toMatchObject({ records: 1, waiting: 1 })
  expect(waiting.issues).toContain('information mapping-value-assumed row 1: MXFYLB')
  const own = await told([CHARGE, charge(3, '自定'), ''].join('\n'), 'TB_HIS_ZY_FEE_DETAIL_FS.csv')
  expect(own.issues.filter((issue) => issue.includes('assumed'))).toEqual(['information mapping-value-assumed row 1: MXFYLB'])
  expect(own.problems).toContain('mapping-code-unmapped')
  const codes = (await one.all('ChargeItem')).flatMap(({ extension }) =>
    (extension as { valueCoding?: { code: string } }[]).flatMap(({ valueCoding }) => valueCoding?.code ?? []),
  )
  expect(codes).toEqual(['14', '14', '14'])
})

test('what all rows have alike does not crowd out what is wrong with one of them', () => {
  const list = new IssueList('[]')
  const alike = (row: number): ReceiptIssue[] =>
    ['mapping-instant-day', 'mapping-value-assumed', 'mapping-field-unread'].map((code) => ({
      ...{ severity: 'information', code, at: `row ${row}: X[${row}]` },
    }))
  for (let row = 1; row <= 1000; row++) list.add(alike(row))
  list.add([{ severity: 'error', code: 'mapping-required', at: 'row 1000: BGDH' }])
  expect(list.all.map(({ code, at }) => [code, at])).toEqual([
    ['mapping-instant-day', 'row 1: X[1]'],
    ['mapping-value-assumed', 'row 1: X[1]'],
    ['mapping-field-unread', 'row 1: X[1]'],
    ['mapping-required', 'row 1000: BGDH'],
  ])
})
