/** Rows that take something back and say nothing of it but its number and its state, before and after what they take back. By hand. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { rhipRig } from './rhip-rig.ts'
import type { Rig } from './support.ts'

let one: Rig

beforeAll(async () => {
  one = await rhipRig()
})
const FILES = ['20260310/TB_YL_PATIENT_INFORMATION.csv', '20260311/TB_YL_ZY_MEDICAL_RECORD.csv', '20260310/TB_LIS_REPORT.csv']
beforeEach(async () => {
  await one.wipe()
  for (const file of FILES) {
    await one.send('rhip', await readFile(new URL(`../fixtures/samples/rhip/${file}`, import.meta.url)), file.split('/').at(-1))
  }
})
afterAll(() => one.close())

const FEES = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMBM,MXXMMC,MXXMSL,MXXMJE,XGBZ'
const FEE = ['0001,F1,1,ZY20260305001,2026-03-05,X1,床位费,1,30.00,1', '0001,F1,1,ZY20260305001,1900-01-01,-,-,-,-,2']
const RESULTS = 'YLJGYQDM,JYZBLSH,BGDH,BGRQ,SHSJ,JYZBDM,JYZBMC,JYZBJG,CKZ,JLDW,YCTS,XGBZ'
const RESULT = ['10.90,-,10^9/L,-,1', '-,-,-,-,2'].map(
  (end, at) => `0001,I1,BG2026030600077,20260306,2026-03-06 08:15:00,WBC,${at ? '-' : '白细胞'},${end}`,
)

test.each([
  ['ChargeItem', 'behind it', 'TB_HIS_ZY_FEE_DETAIL_FS', [FEES, ...FEE]],
  ['ChargeItem', 'before it', 'TB_HIS_ZY_FEE_DETAIL_FS', [FEES, ...FEE.toReversed()]],
  ['Observation', 'behind it', 'TB_LIS_INDICATORS', [RESULTS, ...RESULT]],
  ['Observation', 'before it', 'TB_LIS_INDICATORS', [RESULTS, ...RESULT.toReversed()]],
])('%s, taken back %s', async (type, _, table, [header, ...rows]) => {
  for (const row of rows) {
    const { counts } = await one.send('rhip', `${header}\n${row}\n`, `${table}.csv`)
    expect(counts.quarantined).toBe(0)
  }
  expect((await one.all(type)).map(({ status }) => status)).toEqual(['entered-in-error'])
})
