/** Every transaction that is mapped, by infno. A new one is its file and one line here. */
import type { Transaction } from '../transaction.ts'
import { personAndSchemes } from './1101.ts'
import { pharmacySettlement } from './2102.ts'
import { outpatientRegistration, outpatientRegistrationReversal } from './2201.ts'
import { outpatientVisitAndDiagnoses } from './2203.ts'
import { chargesTransaction } from './2204.ts'
import { chargeBatchReversal } from './2205.ts'
import { preSettlement } from './2206.ts'
import { settlementTransaction } from './2207.ts'
import { settlementReversal } from './2208.ts'
import { chargeReversal } from './2302.ts'
import { admissionTransaction, dischargeTransaction, stayReversal } from './2401.ts'
import { filing, filingReversal } from './2501.ts'
import { messageReversal } from './2601.ts'
import { settlementList } from './4101.ts'
import { settlementListState } from './4102.ts'
import { selfPaidCharges, selfPaidComplete, selfPaidReversal, selfPaidStays, selfPaidVisits } from './4202.ts'
import { outpatientRecord } from './4301.ts'
import { emergencyRecord } from './4302.ts'
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
import { table } from '../../engine/values/table.ts'

export const TRANSACTIONS: Readonly<Record<string, Transaction>> = table({
  '1101': personAndSchemes,
  '2101': preSettlement('2101'),
  '2102': pharmacySettlement,
  '2103': settlementReversal('2103'),
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
  '2501': filing('2501'),
  '2502': filingReversal('2502'),
  '2503': filing('2503'),
  '2504': filingReversal('2504'),
  '2505': filing('2505'),
  '2506': filingReversal('2506'),
  '2601': messageReversal,
  '4101': settlementList('4101'),
  '4101A': settlementList('4101A'),
  '4102': settlementListState,
  '4201': selfPaidCharges('4201'),
  '4201A': selfPaidCharges('4201A'),
  '4202': selfPaidStays,
  '4203': selfPaidComplete,
  '4204': selfPaidReversal('4204'),
  '4205': selfPaidVisits,
  '4206': selfPaidReversal('4206'),
  '4301': outpatientRecord,
  '4302': emergencyRecord,
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
})

/** Transactions of the interface that exist and are not mapped: refused by name, so that a site sees what is missing. */
export const UNSUPPORTED: ReadonlySet<string> = new Set(['2406', '2407', '2507', '7101', '7102', '7103', '7104'])
