/** Words in what a report concludes, in a document's sections and in plain-text contents label as those of codes do. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../mappings/rhip/tables/index.ts'
import { ownLabels } from '../../server/access/labels.ts'
import { scanResource } from '../../server/access/scan.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { zoneOf } from '../../server/fhir/zone.ts'
import { ofType, plain, readAll } from '../mappings/support.ts'

const labelsOf = (resource: object): string[] =>
  ownLabels(
    resource as FhirResource,
    scanResource(resource as FhirResource, { zone: zoneOf('Asia/Shanghai'), ownBase: 'http://localhost/fhir' }),
  ).labels

const report = { resourceType: 'DiagnosticReport', status: 'final', code: { text: '胸片' } }
const form = (contentType: string) => ({
  ...report,
  presentedForm: [{ contentType, data: Buffer.from('临床诊断：精神分裂症').toString('base64') }],
})
const section = (div: string) => ({
  resourceType: 'Composition',
  status: 'final',
  section: [{ section: [{ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` } }] }],
})

test.each<[string, object, string[]]>([
  ['no such word', { ...report, conclusion: '未见异常' }, []],
  ['a conclusion', { ...report, conclusion: 'HIV 相关肺炎' }, ['HIV']],
  ['a plain text', form('text/plain; charset=utf-8'), ['PSY']],
  ['something that is no text', form('application/pdf'), []],
  ['a section of a section', section('<p>出院诊断：梅毒</p>'), ['STD']],
  ['a word that markup parts from another', section('<p>双</p><p>相</p>'), []],
])('%s', (_, resource, labels) => expect(labelsOf(resource)).toEqual(expect.arrayContaining(labels)))

test('what has no such word has no label', () => {
  expect(labelsOf({ ...report, conclusion: '未见异常' })).toEqual([])
  expect(labelsOf(form('application/pdf'))).toEqual([])
  expect(labelsOf(section('<p>双</p><p>相</p>'))).toEqual([])
})

test('tables of a platform, whose diagnoses stand in texts alone', async () => {
  const tables: [string, string, string][] = [
    ['DiagnosticReport', 'YLJGYQDM,INSTANCEUID,KH,KLX,BGSJ,BGLCZD,YXZD,XGBZ', '0001,Y1,C1,0,2026-03-06 08:00:00,艾滋病,未见异常,1'],
    [
      'DiagnosticReport',
      'YLJGYQDM,INSTANCEUID,JZLSH,BGSJ,JCMC,BT1MC,BT1NR,JCBGJG,XGBZ',
      '0001,Y2,V1,2026-03-06 08:00:00,病理,镜下,HIV,见描述,1',
    ],
    ['Composition', 'YLJGYQDM,JZLSH,RYSJ,CYSJ,CYZD,ZLGC,XGBZ', '0001,V1,2026-03-05,2026-03-06,HIV感染,抗病毒,1'],
  ]
  for (const [type, header, row] of tables) {
    const { mapped } = await readAll(rhipTables, `${header}\n${row}\n`)
    expect([type, ofType(mapped[0], type).length]).toEqual([type, 1])
    expect(labelsOf(plain(ofType(mapped[0], type)[0]))).toContain('HIV')
  }
})
