/** The older tables name institution and state by other columns (formats.md C1): mappings read the newer names. */
import { expect, test } from '@jest/globals'
import { inBothGenerations, stateColumn, withNewerNames } from '../../../mappings/rhip/tables/generations.ts'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { readAll } from '../support.ts'

test('institution and state of an older row stand under the newer names as well', () => {
  const sent = { YLJGDM: '0001', YZID: 'YZ1', CXBZ: '2' }
  expect(stateColumn(sent)).toBe('CXBZ')
  expect(withNewerNames(sent)).toEqual({ ...sent, YLJGYQDM: '0001', XGBZ: '2' })
  expect(withNewerNames({ YZID: 'YZ1' })).toEqual({ YZID: 'YZ1' })
})

test('of a row with both states either may withdraw, and neither undoes the other', () => {
  expect(withNewerNames({ CXBZ: '2', XGBZ: '1' }).XGBZ).toBe('2')
  expect(withNewerNames({ CXBZ: '1', XGBZ: '2' }).XGBZ).toBe('2')
  expect(withNewerNames({ CXBZ: '1', XGBZ: '1' }).XGBZ).toBe('1')
  expect(stateColumn({ CXBZ: '1', XGBZ: '7' })).toBe('XGBZ')
})

test('a layout demands what it demands under either name', () => {
  const both = inBothGenerations({ name: 'T', columns: ['YLJGDM', 'JZLSH', 'CXBZ'], required: ['YLJGDM', 'JZLSH', 'CXBZ'] })
  expect(both.columns).toEqual(['YLJGDM', 'JZLSH', 'CXBZ', 'YLJGYQDM', 'XGBZ', 'WSJGDM'])
  expect(both.required).toEqual(['JZLSH'])
})

test('a file of a newer table in the older names is read; without any state it is refused', async () => {
  const older = 'YLJGDM,WSJGDM,BGRQ,BGDH,KH,KLX,SHSJ,CXBZ\n0001,w,20260306,R1,C1,0,2026-03-06 08:15:00,1\n'
  const { mapped, rejected } = await readAll(rhipTables, older)
  expect(rejected).toEqual([])
  expect(mapped.map(({ deliveryId, unread }) => [deliveryId, unread])).toEqual([['TB_LIS_REPORT|0001|20260306|R1', ['WSJGDM']]])
  const refused = await readAll(rhipTables, older.replace('CXBZ', 'ZZZZ'), { fileName: 'TB_LIS_REPORT.csv' })
  expect(refused.rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['table-column-missing', 'header XGBZ']])
})
