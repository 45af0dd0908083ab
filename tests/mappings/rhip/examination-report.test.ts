/** TB_RIS_REPORT2: ultrasound, pathology and an electrocardiogram, each to its own profile. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

interface Report {
  meta: { profile: string[] }
  extension?: { valueBoolean: boolean }[]
  presentedForm: { data: string }[]
}

test('the sample, separated by tabs', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_RIS_REPORT2.txt'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const reports = mapped.map((record) => plain(ofType(record, 'DiagnosticReport')[0]) as unknown as Report)
  expect(reports.map(({ meta }) => meta.profile[0]?.split('/').at(-1))).toEqual([
    'cn-diagnosticreport-imaging',
    'cn-diagnosticreport-pathology',
    'cn-diagnosticreport-other',
  ])
  expect(reports.map(({ extension }) => extension?.[0]?.valueBoolean)).toEqual([true, false, undefined])
  expect(reports[0]).toMatchObject({
    category: [{ coding: [{ code: 'RAD' }] }, { coding: [{ code: '1' }] }],
    code: { text: '腹部彩色多普勒超声' },
    issued: '2026-03-06T14:30:00+08:00',
    conclusion: '脂肪肝',
    conclusionCode: [{ coding: [{ code: 'A' }, { code: '2' }] }],
  })
  const texts = reports.map(({ presentedForm }) => Buffer.from(presentedForm[0]?.data ?? '', 'base64').toString())
  expect(texts).toEqual([
    '检查部位：腹部\n超声所见：肝脏回声增强\n检查结果：脂肪肝',
    '检查部位：右下肺\n肉眼所见：灰白组织两块\n免疫组化：CK7(+)\n检查结果：慢性炎症',
    '检查结果：窦性心律\n备注：建议复查',
  ])
  expect(mapped.map((record) => ofType(record, 'Specimen').length)).toEqual([0, 1, 0])
  expect(reports[1]).toMatchObject({ specimen: [{ $key: { parts: ['exam', 'BL20260308001'] } }] })
  expect(mapped[0]?.patient?.local).toEqual([
    { kind: 'VISIT', value: 'H1|ZY20260305001', strong: false },
    { kind: 'REPORT', value: 'H1|US20260306001', strong: false },
  ])
})
