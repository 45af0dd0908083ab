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

  test.each([
    ['1\u00001.20', '1\ufffd1.20'],
    ['6.\u00005', '6.\ufffd5'],
    ['1\\X00\\1.20', '1\ufffd1.20'],
    ['1\u001c1.20', '1\ufffd1.20'],
    ['1\u000b1.20', '1\n1.20'],
    ['5.4\u0000', '5.4\ufffd'],
  ])('%j has a control character: no number is made of what is left', async (sent, text) => {
    for (const type of ['NM', 'ST']) {
      const record = await oru(`OBX|1|${type}|GLU^葡萄糖||${sent}|mmol/L|3.9-6.1|N|||F`)
      const result = plain(ofType(record, 'Observation')[0])
      expect([result.valueString, result.valueQuantity]).toEqual([text, undefined])
      expect(issues(record)).toEqual([
        ['warning', 'mapping-character-unreadable', 'OBX-5'],
        ['warning', 'mapping-number-invalid', 'OBX-5'],
      ])
    }
  })

  test('in free text, a name and a number of the patient it is flagged; no other number is made', async () => {
    const text = [...HEAD, 'OBX|1|NM|GLU^葡萄糖||5.4|mmol/L|||||F', 'NTE|1||a\u0001b'].join('\r').replace('1||0001', '1||00\u000001')
    const { mapped } = await readAll(hospitalHl7v2, text, { context: context('hospital', 'H1') })
    const record = mapped[0] as MappedRecord
    expect(invalid(record)).toEqual([])
    expect(plain(ofType(record, 'Observation')[0])).toMatchObject({ valueQuantity: { value: 5.4 }, note: [{ text: 'a\ufffdb' }] })
    expect(issues(record)).toContainEqual(['warning', 'mapping-character-unreadable', 'NTE-3'])
    expect(issues(record).some(([, code, at]) => code === 'mapping-character-unreadable' && String(at).startsWith('PID-3'))).toBe(true)
    expect(record.patient?.local.some(({ value }) => value === '0001')).toBe(false)
    expect(JSON.stringify(ofType(record, 'Patient')[0]?.resource)).not.toContain('"value":"0001"')
  })

  test('a space between digits is not closed up', async () => {
    const record = await oru('OBX|1|NM|GLU^葡萄糖||1 1.20|mmol/L|||||F')
    expect(plain(ofType(record, 'Observation')[0])).toMatchObject({ valueString: '1 1.20' })
    expect(issues(record)).toEqual([['warning', 'mapping-number-invalid', 'OBX-5']])
  })

  test.each([
    ['', 'mapping-required'],
    ['XX', 'mapping-value-unknown'],
  ])('value type %j: the value is text, and OBX-2 is flagged', async (type, code) => {
    for (const value of ['5.4', '<0.5', '阴性']) {
      const record = await oru(`OBX|1|${type}|GLU^葡萄糖||${value}|mmol/L|3.9-6.1||||F`)
      const result = plain(ofType(record, 'Observation')[0])
      expect([result.valueString, result.valueQuantity, result.valueCodeableConcept]).toEqual([value, undefined, undefined])
      expect(issues(record)).toEqual([['warning', code, 'OBX-2']])
    }
    expect(issues(await oru(`OBX|1|${type}|GLU^葡萄糖|||mmol/L|||||F`))).toEqual([])
  })

  test('without a declared type, a text that means a number is found by its form', async () => {
    expect(issues(await oru('OBX|1|ST|GLU^葡萄糖||1e400|mmol/L|||||F'))).toEqual([['warning', 'mapping-number-invalid', 'OBX-5']])
  })
})
