/** TB_RIS_REPORT: a report with images, their study and request; one without images. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

test('the sample', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_RIS_REPORT.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const report = plain(ofType(mapped[0], 'DiagnosticReport')[0])
  expect(ofType(mapped[0], 'DiagnosticReport')[0]).toMatchObject({
    key: { type: 'DiagnosticReport', scope: 'H1', parts: ['exam', 'YX20260306001'] },
    statedAt: '2026-03-06T02:30:00.000Z',
  })
  expect(report).toMatchObject({
    basedOn: [{ $key: { type: 'ServiceRequest', parts: ['SQ20260305009'] } }],
    status: 'final',
    category: [{ coding: [{ code: 'RAD' }] }, { coding: [{ code: 'DR' }] }],
    code: { text: '胸部正位片' },
    effectiveDateTime: '2026-03-06T09:00:00+08:00',
    issued: '2026-03-06T10:30:00+08:00',
    performer: [{ $key: { parts: ['D0301', '冯医生'] } }, { $key: { parts: ['department', '0801'] } }],
    resultsInterpreter: [{ display: '陈主任' }],
    imagingStudy: [{ $key: { type: 'ImagingStudy', scope: 'H1', parts: ['1.2.840.113619.2.55.3.604688119.971'] } }],
    conclusion: '右下肺炎',
  })
  const [form] = report.presentedForm as { contentType: string; data: string }[]
  expect(form?.contentType).toBe('text/plain; charset=utf-8')
  expect(Buffer.from(form?.data ?? '', 'base64').toString()).toBe(
    '检查部位：胸部\n检查方法：正位\n临床诊断：肺部感染？\n影像表现：右下肺见斑片状高密度影\n影像诊断：右下肺炎\n备注或建议：建议复查',
  )
  expect(plain(ofType(mapped[0], 'ImagingStudy')[0])).toMatchObject({
    identifier: [{ system: 'urn:dicom:uid', value: 'urn:oid:1.2.840.113619.2.55.3.604688119.971' }],
    modality: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: 'DX' }],
    started: '2026-03-06T09:00:00+08:00',
    // What was done, and not where.
    procedureCode: [{ text: '胸部正位片' }],
    note: [{ text: '检查部位：胸部，ACR 60' }],
  })
  expect(plain(ofType(mapped[0], 'ServiceRequest')[0])).toMatchObject({ status: 'completed', authoredOn: '2026-03-05T10:00:00+08:00' })
  expect(ofType(mapped[1], 'ImagingStudy')).toEqual([])
  expect(ofType(mapped[1], 'ServiceRequest')).toEqual([])
  expect(plain(ofType(mapped[1], 'DiagnosticReport')[0]).imagingStudy).toBeUndefined()
})
