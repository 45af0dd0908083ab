/** Where a code stands in a payload, a name may stand that every object has by nature: it is in no table, and means nothing. */
import iconv from 'iconv-lite'
import { expect, test } from '@jest/globals'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { hospitalCda } from '../../mappings/hospital/cda/index.ts'
import { hospitalHl7v2 } from '../../mappings/hospital/hl7v2/index.ts'
import { hospitalHomePage } from '../../mappings/hospital/home-page/index.ts'
import { miisInterface } from '../../mappings/miis/index.ts'
import { rhipTables } from '../../mappings/rhip/tables/index.ts'
import { readAll, sample } from './support.ts'

const XML = /(?<==")[^"]+(?=")|(?<=>)[^<>\s][^<>]*(?=<)/g
const HL7 = /(?<=[|^~&])[^|^~&\r\n\\]+/g
const JSON_TEXT = /(?<=:\s*")[^"]*(?=")/g
const CELL = /(?<=[,|\t\n^])[^,|\t\r\n^]+/g

test.each<[string, SourceMapping, RegExp, string]>([
  ['hospital/oru-r01-blood-count.hl7', hospitalHl7v2, HL7, 'utf8'],
  ['hospital/adt-a01-admission.hl7', hospitalHl7v2, HL7, 'gb18030'],
  ['hospital/cda/C0032.xml', hospitalCda, XML, 'utf8'],
  ['hospital/cda/C0044.xml', hospitalCda, XML, 'utf8'],
  ['hospital/home-page/hqms_20260315.csv', hospitalHomePage, CELL, 'gb18030'],
  ['miis/4202-self-paid-stay.json', miisInterface, JSON_TEXT, 'utf8'],
  ['miis/4402-orders.json', miisInterface, JSON_TEXT, 'utf8'],
  ['miis/4501-examination-report.json', miisInterface, JSON_TEXT, 'utf8'],
  ['rhip/20260310/TB_YL_PATIENT_INFORMATION.csv', rhipTables, CELL, 'gb18030'],
  ['rhip/20260311/TB_CIS_LEAVEHOSPITAL_SUMMARY.csv', rhipTables, CELL, 'gb18030'],
  ['rhip/20260311/TB_OPRATION_DETAIL.csv', rhipTables, CELL, 'gb18030'],
  ['rhip/20260311/TB_RIS_REPORT2.txt', rhipTables, CELL, 'gb18030'],
])(
  '%s',
  async (name, mapping, values, charset) => {
    const text = iconv.decode(sample(name), charset)
    const found = [...text.matchAll(values)]
    expect(found.length).toBeGreaterThan(10)
    const fileName = name.slice(name.lastIndexOf('/') + 1)
    for (const { 0: value, index } of found) {
      const changed = `${text.slice(0, index)}constructor${text.slice(index + value.length)}`
      const { mapped } = await readAll(mapping, iconv.encode(changed, charset), { fileName })
      for (const record of mapped) expect([text.slice(index - 40, index), strangeIn(record)]).toEqual([expect.anything(), []])
    }
  },
  120_000,
)

/** Places of what no payload can say. */
function strangeIn(value: unknown, place = ''): string[] {
  if (typeof value === 'function') return [place]
  if (typeof value === 'string') return /native code|\[object /.test(value) ? [place] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => strangeIn(one, `${place}.${name}`))
}
