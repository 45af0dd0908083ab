/** The older tables name institution and state by other columns (formats.md C1): mappings read the newer names. */
import { expect, test } from '@jest/globals'
import { stateColumn, withNewerNames } from '../../../mappings/rhip/tables/generations.ts'
import { LAYOUTS } from '../../../mappings/rhip/tables/layouts.ts'

const ORDERS = { columns: ['YLJGDM', 'YZID', 'JZLSH', 'CXBZ', 'KH', 'KLX', 'YZXDSJ'] }

test('CXBZ is the state of a table that has no XGBZ, with the same codes', () => {
  const state = stateColumn(ORDERS)
  expect(state).toBe('CXBZ')
  const sent = { YLJGDM: '0001', YZID: 'YZ1', CXBZ: '2' }
  expect(withNewerNames(sent, state)).toEqual({ ...sent, YLJGYQDM: '0001', XGBZ: '2' })
  expect(withNewerNames({ YZID: 'YZ1' }, state)).toEqual({ YZID: 'YZ1' })
})

test('beside XGBZ, CXBZ is a column like any other', () => {
  const state = stateColumn({ columns: [...ORDERS.columns, 'XGBZ'] })
  expect(state).toBe('XGBZ')
  expect(withNewerNames({ CXBZ: '2', XGBZ: '1' }, state)).toEqual({ CXBZ: '2', XGBZ: '1' })
  expect(withNewerNames({ CXBZ: '2' }, state)).toEqual({ CXBZ: '2' })
})

test('a table that names neither is asked for XGBZ, as every table here is', () => {
  expect(stateColumn({ columns: ['YLJGDM'] })).toBe('XGBZ')
  expect(LAYOUTS.map(stateColumn)).toEqual(LAYOUTS.map(() => 'XGBZ'))
})
