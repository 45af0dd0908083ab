/** Results of HL7 v2 that a laboratory means as numbers and that cannot be kept as one. */
import { describe, expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { context, ofType, plain, readAll } from '../support.ts'
import { invalid } from './rules.ts'

const HEAD = [
  'MSH|^~\\&|LIS|0001|EAI|Y|20260306081530||ORU^R01|M1|P|2.4||||||UNICODE UTF-8',
  'PID|1||0001^^^0001^PI||王建国||19580312|M',
  'OBR|1|SQ1|BG1|XCG^血常规|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F',
]
const issues = (record: MappedRecord) => record.issues.map(({ severity, code, at }) => [severity, code, at])

async function oru(obx: string): Promise<MappedRecord> {
  const { mapped } = await readAll(hospitalHl7v2, [...HEAD, obx].join('\r'), { context: context('hospital', 'H1') })
  const record = mapped[0] as MappedRecord
  expect(invalid(record)).toEqual([])
  return record
}

describe('results that are said to be numbers and are none', () => {
  test.each(['1e400', '1e-400', 'NaN', '0x1F', '9'.repeat(3000), '-Infinity', '见备注'])('%.10s stays text, flagged', async (value) => {
    const record = await oru(`OBX|1|NM|GLU^葡萄糖||${value}|mmol/L|3.9-6.1||||F`)
    const result = plain(ofType(record, 'Observation')[0])
    expect([result.valueString, result.valueQuantity]).toEqual([value, undefined])
    expect(issues(record)).toContainEqual(['warning', 'mapping-number-invalid', 'OBX-5'])
  })

  test.each([
    ['NM', '5.4'],
    ['NM', '<0.5'],
    ['NM', '阴性'],
    ['ST', '见备注'],
  ])('%s %s is no such thing', async (type, value) => {
    const record = await oru(`OBX|1|${type}|GLU^葡萄糖||${value}|mmol/L|||||F`)
    expect(issues(record)).toEqual([])
  })

  test('without a declared type, a text that means a number is found by its form', async () => {
    expect(issues(await oru('OBX|1|ST|GLU^葡萄糖||1e400|mmol/L|||||F'))).toEqual([['warning', 'mapping-number-invalid', 'OBX-5']])
  })
})
