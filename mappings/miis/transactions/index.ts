/** Every transaction that is mapped, by infno. A new one is its file and one line here. */
import type { Transaction } from '../transaction.ts'
import { personAndSchemes } from './1101.ts'
import { outpatientRegistration, outpatientRegistrationReversal } from './2201.ts'
import { outpatientVisitAndDiagnoses } from './2203.ts'
import { chargesTransaction } from './2204.ts'
import { chargeBatchReversal } from './2205.ts'
import { preSettlement } from './2206.ts'
import { settlementTransaction } from './2207.ts'
import { settlementReversal } from './2208.ts'
import { chargeReversal } from './2302.ts'
import { admissionTransaction, dischargeTransaction, stayReversal } from './2401.ts'
import { settlementList } from './4101.ts'
import { outpatientRecord } from './4301.ts'
import { medicalHomePage } from './4401.ts'
import { medicalOrders } from './4402.ts'
import { examinationReport, pathologyTransaction } from './4501.ts'
import { laboratoryReport } from './4502.ts'
import { microbiology } from './4503.ts'
import { reportFiles } from './4506.ts'
import { nursingRecord, transfusions } from './4601.ts'
import { medicalRecord } from './4701.ts'
import { recognition } from './5401.ts'
import { signing } from './9001.ts'

export const TRANSACTIONS: Readonly<Record<string, Transaction>> = {
  '1101': personAndSchemes,
  '2201': outpatientRegistration,
  '2202': outpatientRegistrationReversal,
  '2203': outpatientVisitAndDiagnoses,
  '2203A': outpatientVisitAndDiagnoses,
  '2204': chargesTransaction('2204'),
  '2205': chargeBatchReversal,
  '2206': preSettlement('2206'),
  '2207': settlementTransaction('2207'),
  '2208': settlementReversal('2208'),
  '2301': chargesTransaction('2301'),
  '2302': chargeReversal,
  '2303': preSettlement('2303'),
  '2304': settlementTransaction('2304'),
  '2305': settlementReversal('2305'),
  '2401': admissionTransaction('2401'),
  '2402': dischargeTransaction,
  '2403': admissionTransaction('2403'),
  '2404': stayReversal('2404'),
  '2405': stayReversal('2405'),
  '4101': settlementList('4101'),
  '4101A': settlementList('4101A'),
  '4301': outpatientRecord,
  '4401': medicalHomePage,
  '4402': medicalOrders,
  '4501': examinationReport,
  '4502': laboratoryReport,
  '4503': microbiology('4503'),
  '4504': microbiology('4504'),
  '4505': pathologyTransaction,
  '4506': reportFiles,
  '4601': transfusions,
  '4602': nursingRecord,
  '4701': medicalRecord,
  '5401': recognition('5401'),
  '5402': recognition('5402'),
  '9001': signing('9001'),
  '9002': signing('9002'),
}

/** Transactions of the interface that exist and are not mapped: refused by name, so that a site sees what is missing. */
export const UNSUPPORTED: ReadonlySet<string> = new Set(
  '1201 1301 1304 1312 1316 1317 1318 1319 1901 2001 2501 2502 2503 2504 2505 2506 2601 3101 3201 3202 3301 3302 3501 3505 4102 4103 4201 4202 4203 4204 4205 4302 5101 5102 5201 5202 5203 5204 5205 5206 5301 5302 5303 7101 9101 9102'.split(
    ' ',
  ),
)
