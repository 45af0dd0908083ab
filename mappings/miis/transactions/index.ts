/** Every transaction that is mapped, by infno. A new one is its file and one line here. */
import type { Transaction } from '../transaction.ts'
import { personAndSchemes } from './1101.ts'
import { outpatientVisitAndDiagnoses } from './2203.ts'
import { chargesTransaction } from './2204.ts'
import { preSettlement } from './2206.ts'
import { settlementTransaction } from './2207.ts'
import { settlementReversal } from './2208.ts'
import { chargeReversal } from './2302.ts'
import { settlementList } from './4101.ts'
import { laboratoryReport } from './4502.ts'

export const TRANSACTIONS: Readonly<Record<string, Transaction>> = {
  '1101': personAndSchemes,
  '2203': outpatientVisitAndDiagnoses,
  '2203A': outpatientVisitAndDiagnoses,
  '2204': chargesTransaction('2204'),
  '2206': preSettlement('2206'),
  '2207': settlementTransaction('2207'),
  '2208': settlementReversal('2208'),
  '2301': chargesTransaction('2301'),
  '2302': chargeReversal,
  '2303': preSettlement('2303'),
  '2304': settlementTransaction('2304'),
  '2305': settlementReversal('2305'),
  '4101': settlementList('4101'),
  '4101A': settlementList('4101A'),
  '4502': laboratoryReport,
}

/** Transactions of the interface that exist and are not mapped: refused by name, so that a site sees what is missing. */
export const UNSUPPORTED: ReadonlySet<string> = new Set(
  '2201 2202 2205 2401 2402 2403 2404 2405 4401 4402 4501 4503 4504 4505 4506 4601 4602 4701 5401 5402 9001 9002'.split(' '),
)
