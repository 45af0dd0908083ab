/** Every transaction that is mapped, by infno. A new one is its file and one line here. */
import type { Transaction } from '../transaction.ts'
import { outpatientVisitAndDiagnoses } from './2203.ts'
import { outpatientCharges } from './2204.ts'
import { outpatientPreSettlement } from './2206.ts'
import { outpatientSettlement } from './2207.ts'
import { settlementList } from './4101.ts'
import { laboratoryReport } from './4502.ts'

export const TRANSACTIONS: Readonly<Record<string, Transaction>> = {
  '2203': outpatientVisitAndDiagnoses,
  '2203A': outpatientVisitAndDiagnoses,
  '2204': outpatientCharges,
  '2206': outpatientPreSettlement,
  '2207': outpatientSettlement,
  '4101': settlementList,
  '4502': laboratoryReport,
}

/** Transactions of the interface that exist and are not mapped: refused by name, so that a site sees what is missing. */
export const UNSUPPORTED: ReadonlySet<string> = new Set(
  '1101 2201 2202 2205 2208 2301 2302 2303 2304 2305 2401 2402 2403 2404 2405 4101A 4401 4402 4501 4503 4504 4505 4506 4601 4602 4701 5401 5402 9001 9002'.split(
    ' ',
  ),
)
