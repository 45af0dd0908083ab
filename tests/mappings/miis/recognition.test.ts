/** A laboratory report as 5402 tells of it: each kind of result in the interface's words. By hand. */
import { expect, test } from '@jest/globals'
import { Decimal } from '../../../mappings/engine/values/decimal.ts'
import { reportDetails } from '../../../mappings/miis/recognition.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'

const flag = (code: string) => ({ interpretation: [{ coding: [{ code }] }] })
const quantity = (value: string) => ({ value: new Decimal(value) })

test.each([
  [
    'a number with its digits',
    { valueQuantity: { ...quantity('12.50'), comparator: '<', unit: 'U/L' }, ...flag('L') },
    { exam_rslt_val: '<12.50', exam_unt: 'U/L', exam_rslt_abn: '↓' },
  ],
  ['a titre', { valueRatio: { numerator: quantity('1'), denominator: quantity('320') } }, { exam_rslt_qual: '1:320' }],
  ['a range', { valueRange: { low: quantity('3.5'), high: quantity('5.0') } }, { exam_rslt_qual: '3.5-5.0' }],
  [
    'a range with its unit',
    { valueRange: { low: { ...quantity('3.5'), unit: 'mmol/L' }, high: { ...quantity('5.0'), unit: 'mmol/L' } } },
    { exam_rslt_qual: '3.5-5.0', exam_unt: 'mmol/L' },
  ],
  [
    'a titre below what was looked for',
    { valueRatio: { numerator: { ...quantity('1'), comparator: '<' }, denominator: quantity('10') } },
    { exam_rslt_qual: '<1:10' },
  ],
  ['a range of reference without words', { referenceRange: [{ low: quantity('3.9'), high: quantity('6.1') }] }, { ref_val: '3.9-6.1' }],
  ['a count', { valueInteger: 12 }, { exam_rslt_val: '12' }],
  ['a day', { valueDateTime: '2026-03-09' }, { exam_rslt_qual: '2026-03-09' }],
  ['an hour', { valueTime: '08:15:00' }, { exam_rslt_qual: '08:15:00' }],
  ['a code without a name', { valueCodeableConcept: { coding: [{ code: 'O+' }] } }, { exam_rslt_qual: 'O+' }],
  ['words', { valueString: '未见异常' }, { exam_rslt_qual: '未见异常' }],
  ['yes or no', { valueBoolean: false }, { exam_rslt_qual: '否' }],
  [
    'negative is nothing out of the ordinary',
    { valueCodeableConcept: { text: '阴性' }, ...flag('NEG') },
    { exam_rslt_qual: '阴性', exam_rslt_abn: '0' },
  ],
  ['positive is', { valueCodeableConcept: { text: '阳性' }, ...flag('POS') }, { exam_rslt_qual: '阳性', exam_rslt_abn: '1' }],
])('%s', (_, result, expected) => {
  const observation = { resourceType: 'Observation', id: 'o', code: { text: '项目' }, ...result } as FhirResource
  const report = {
    resourceType: 'DiagnosticReport',
    id: 'r',
    category: [{ coding: [{ code: 'LAB' }] }],
    code: { text: '检验' },
    result: [{ reference: 'Observation/o' }],
  } as unknown as FhirResource
  expect(reportDetails('P', 'BG1', [report, observation])).toMatchObject({
    checkreportdetails: [],
    inspectiondetails: [{ rpotc_no: 'BG1', exam_item_detl_name: '项目', ...expected }],
  })
})
