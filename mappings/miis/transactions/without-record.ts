/**
 * Transactions that state nothing of a patient's record. A copy of one with its answer is taken and nothing of it is stored but the
 * receipt, as of every question (2206). A request alone would wait for an answer that only the insurance can give, and is refused, with the reason.
 */
import type { Transaction } from '../transaction.ts'

/** Asked of the insurance: lists, dictionaries, entitlements, what it knows itself of visits and settlements, files. */
const OF_INSURANCE = [
  ...'1201 1301 1302 1303 1304 1305 1306 1307 1308 1309 1310 1311 1312 1313 1314 1315 1316 1317 1318 1319 1320 1901 2001'.split(' '),
  ...'3101 3102 4103 4104 4105 4207 4208 4209 5101 5102 5201 5202 5203 5204 5205 5206 5301 5302 5303 5304 9102'.split(' '),
]

/** Of the institution itself: accounts and clearing, its own catalogue, departments, stock, files. */
const OF_INSTITUTION = [
  ...'3103 3201 3202 3203 3204 3205 3301 3302 3401 3401A 3402 3403 3501 3502 3503 3504 3505 3506 3507 9101'.split(' '),
]

export type WithoutRecord = 'miis-infno-insurance' | 'miis-infno-institution'

/** Why a request alone is refused, by infno. */
export const WITHOUT_RECORD: ReadonlyMap<string, WithoutRecord> = new Map([
  ...OF_INSURANCE.map((infno) => [infno, 'miis-infno-insurance'] as const),
  ...OF_INSTITUTION.map((infno) => [infno, 'miis-infno-institution'] as const),
])

export const withoutRecord = (infno: string): Transaction => ({ infno, nothingToStore: true, fill: () => {} })
