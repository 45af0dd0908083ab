/** Words where a code decides what a row is: no guess is stored, and the receipt names the column. */
import { describe, expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { ofType, plain, readAll } from '../support.ts'

const csv = (header: string, ...rows: string[]): string => [header, ...rows].join('\n')
const CHARGE = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,MXXMMC,MXXMJE,XGBZ'
const ORDER = 'YLJGDM,YZID,JZLSH,KH,KLX,MXXMMC,YZLX,CXBZ'
const VISIT = 'YLJGDM,JZLSH,KH,KLX,JZLX,JZKSRQ,XGBZ'
const PERSON = 'YLJGYQDM,KH,KLX,XM,ZJLX,ZJHM,YWSCSJ,XGBZ'
const DIAGNOSIS = 'YLJGYQDM,ZYZDLSH,JZLSH,MZZYBZ,ZDLXQF,ZDBM,ZDSM,CYZDBZ,YZDBZ,XGBZ'
const OPERATION = 'YLJGYQDM,SSMXLSH,JZLSH,ZQSSBZ,SSCZBM,SSCZMC,XGBZ'
const IMAGING = 'YLJGYQDM,INSTANCEUID,STUDYUID,JZLSH,KH,KLX,BGSJ,JCMC,SFYYY,XGBZ'

describe('what would become another thing', () => {
  test.each([
    ['STFBZ', csv(CHARGE, '0001,F1,退,Z1,药,12.50,1')],
    ['YZLX', csv(ORDER, '0001,Y1,Z1,C1,0,阿司匹林,药品,1')],
    ['KLX', csv(VISIT, '0001,M1,C1,社保卡,100,2026-03-09 09:10:00,1')],
    ['XGBZ', csv(VISIT, '0001,M1,C1,0,100,2026-03-09 09:10:00,否')],
    ['CXBZ', csv(ORDER, '0001,Y1,Z1,C1,0,阿司匹林,1,否')],
  ])('a word in %s: the row is quarantined', async (column, text) => {
    const { mapped, rejected } = await readAll(rhipTables, text)
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-value-unknown', `${column} row 1`]])
  })

  test('a drug is one with two digits, too', async () => {
    const { mapped, rejected } = await readAll(rhipTables, csv(ORDER, '0001,Y1,Z1,C1,0,阿司匹林,01,1', '0001,Y2,Z1,C1,0,胸片,02,1'))
    expect(rejected).toEqual([])
    expect(mapped.map((record) => [ofType(record, 'MedicationRequest').length, ofType(record, 'ServiceRequest').length])).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  test('a code that only some places have, and none, are read as before', async () => {
    const { mapped, rejected } = await readAll(rhipTables, csv(ORDER, '0001,Y1,Z1,C1,3,血常规,0,1', '0001,Y2,Z1,C1,99,胸片,-,1'))
    expect(rejected).toEqual([])
    expect(mapped.map((record) => [ofType(record, 'ServiceRequest').length, record.issues])).toEqual([
      [1, []],
      [1, []],
    ])
  })
})

test('a time of the row that is none is said to be one that cannot be read, and one that is not there to be missing', async () => {
  const { rejected } = await readAll(
    rhipTables,
    csv(PERSON, '0001,C1,0,王建国,01,-,01-04-2026,1', '0001,C1,0,王建国,01,-,-,1', '0001,C1,0,王建国,01,-,1900-01-01,1'),
  )
  expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([
    ['mapping-date-invalid', 'YWSCSJ row 1'],
    ['mapping-required', 'YWSCSJ row 2'],
    ['mapping-required', 'YWSCSJ row 3'],
  ])
})

describe('what is an element of the thing', () => {
  test.each([
    [['ZJLX'], csv(PERSON, '0001,C1,0,王建国,身份证,110100195803120019,2026-03-10 01:00:00,1')],
    [['ZJLX'], csv(PERSON, '0001,C1,0,王建国,1,110100195803120019,2026-03-10 01:00:00,1')],
    [['MZZYBZ', 'ZDLXQF', 'CYZDBZ', 'YZDBZ'], csv(DIAGNOSIS, '0001,D1,Z1,住院,西医,I10.x00,高血压,是,疑似,1')],
    [['MZZYBZ', 'ZDLXQF', 'CYZDBZ', 'YZDBZ'], csv(DIAGNOSIS, '0001,D1,Z1,02,01,I10.x00,高血压,01,01,1')],
    [['ZQSSBZ'], csv(OPERATION, '0001,S1,Z1,择期,33.2400,活检,1')],
    [['SFYYY'], csv(IMAGING, '0001,X1,1.2.3,Z1,C1,0,2026-03-06 10:00:00,胸片,没有,1')],
  ])('words in %j are told', async (columns, text) => {
    const { mapped, rejected } = await readAll(rhipTables, text)
    expect(rejected).toEqual([])
    const told = mapped.flatMap(({ issues }) => issues).filter(({ code }) => code === 'mapping-value-unknown')
    expect(told).toEqual(columns.map((at) => ({ severity: 'warning', code: 'mapping-value-unknown', at })))
  })

  test('no images are promised, and no word is a code of the table', async () => {
    const imaging = await readAll(rhipTables, csv(IMAGING, '0001,X1,1.2.3,Z1,C1,0,2026-03-06 10:00:00,胸片,没有,1'))
    expect(ofType(imaging.mapped[0], 'ImagingStudy')).toEqual([])
    const operation = await readAll(rhipTables, csv(OPERATION, '0001,S1,Z1,择期,33.2400,活检,1'))
    expect(plain(ofType(operation.mapped[0], 'Procedure')[0]).category).toBeUndefined()
  })
})

test('a method of anaesthesia in words is a text', async () => {
  const header = 'YLJGYQDM,SSMXLSH,JZLSH,SSCZBM,SSCZMC,MZFS,XGBZ'
  const { mapped } = await readAll(rhipTables, csv(header, '0001,S1,Z1,33.2400,活检,局麻,1', '0001,S2,Z1,33.2400,活检,11,1'))
  const methods = mapped.map((record) => (plain(ofType(record, 'Procedure')[0]).extension as object[])[0])
  expect(methods).toEqual(
    [{ text: '局麻' }, { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.159', code: '11' }] }].map((valueCodeableConcept) => ({
      url: 'https://fhir-cn.example/StructureDefinition/cn-anaesthesia-method',
      valueCodeableConcept,
    })),
  )
})
