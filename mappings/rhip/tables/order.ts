/** TB_CIS_DRADVICE_DETAIL, one row per order of a stay: drugs to cn-medicationrequest, everything else to cn-order-service. */
import type { MedicationRequest, ServiceRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { patientOfReport } from './identity.ts'
import { cardPatient } from './lab-report.ts'
import { apply, flagOrder, type Table } from './table.ts'

type Column =
  | 'YLJGYQDM'
  | 'YZID'
  | 'JZLSH'
  | 'XDRGH'
  | 'XDRXM'
  | 'YZXDSJ'
  | 'ZXKSBM'
  | 'ZXRXM'
  | 'YZZXSJ'
  | 'YZZZSJ'
  | 'YZZH'
  | 'YZLB'
  | 'MXXMMC'
  | 'YZSM'
  | 'XMMXSL'
  | 'XMMXDW'
  | 'YZLX'
  | 'XGBZ'
type OrderRow = { [K in Column]?: string }

/** With two digits in the national table of kinds of orders (CV06.00.229), as documents have it, too. */
const DRUG = /^0?1$/
const isDrug = (row: RowView<OrderRow>): boolean => row.YZLX !== undefined && DRUG.test(row.YZLX)

/** YZLB; what the patient takes home is an order of once as well. */
const KIND = { '1': 'long-term', '2': 'temporary', '3': 'temporary' } as const

/** cn-prescription-category of drugs ordered for a stay and of those that are taken home. */
const CATEGORY = { '1': 'inpatient', '2': 'inpatient', '3': 'discharge' } as const

/**
 * A long-term order runs until it is stopped (1900-01-01 in its end says that it still runs); one of once is done when it was
 * carried out.
 */
function status(row: RowView<OrderRow>, run: Run): 'active' | 'completed' {
  const reached = (text: string | undefined): boolean => readDateTime(text ?? '', run.context.timezone).value !== undefined
  return reached(row.YZZZSJ) || (row.YZLB !== undefined && row.YZLB !== '1' && reached(row.YZZXSJ)) ? 'completed' : 'active'
}

/** An order that has ended goes before what an older row says of it. */
const RUNNING = '1'
const ENDED = '2'

export const drugOrder = mapping<OrderRow, MedicationRequest>({
  source: 'rhip/TB_CIS_DRADVICE_DETAIL',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest',
  id: (row, run) => (row.YZID === undefined ? undefined : keys.drugOrder(run.scope, row.YZID)),
  organization: 'YLJGYQDM',
  when: isDrug,
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.choice('YZLB', KIND).when((run) => run.text('YZLB') !== '9') },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('YZZZSJ') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'order-no'), 'YZID')],
    status: from.value(['YZZZSJ', 'YZZXSJ', 'YZLB'], status),
    intent: 'order',
    category: [
      {
        coding: [
          { system: codeSystem('cn-prescription-category'), code: from.choice('YZLB', CATEGORY).when((run) => run.text('YZLB') !== '9') },
        ],
      },
    ],
    medicationCodeableConcept: { text: from.text('MXXMMC').required() },
    subject: from.patient(),
    encounter: from.encounter('JZLSH'),
    authoredOn: from.dateTime('YZXDSJ'),
    requester: from.practitioner('XDRGH', 'XDRXM'),
    performer: from.department('ZXKSBM'),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'YZZH'),
    dosageInstruction: [
      {
        text: from.prose('YZSM'),
        timing: { repeat: { boundsPeriod: { start: from.dateTime('YZZXSJ'), end: from.dateTime('YZZZSJ') } } },
      },
    ],
    // Who carried it out is known by name only.
    note: [{ text: from.text('ZXRXM').as((name) => `执行人：${name}`) }],
    dispenseRequest: { quantity: from.quantity('XMMXSL', 'XMMXDW') },
  }),
})

export const serviceOrder = mapping<OrderRow, ServiceRequest>({
  source: 'rhip/TB_CIS_DRADVICE_DETAIL',
  to: 'ServiceRequest',
  profile: 'cn-order-service',
  id: (row, run) => (row.YZID === undefined ? undefined : keys.request(run.scope, row.YZID)),
  organization: 'YLJGYQDM',
  when: (row) => !isDrug(row),
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.choice('YZLB', KIND).when((run) => run.text('YZLB') !== '9') },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('YZZZSJ') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'YZID')],
    status: from.value(['YZZZSJ', 'YZZXSJ', 'YZLB'], status),
    intent: 'order',
    // The table says only that it is no drug.
    category: [{ coding: [{ system: codeSystem('cn-service-category'), code: 'other', display: '其他' }] }],
    code: { text: from.text('MXXMMC').required() },
    subject: from.patient(),
    encounter: from.encounter('JZLSH'),
    quantityQuantity: from.quantity('XMMXSL', 'XMMXDW'),
    occurrenceDateTime: from.dateTime('YZZXSJ'),
    authoredOn: from.dateTime('YZXDSJ'),
    requester: from.practitioner('XDRGH', 'XDRXM'),
    requisition: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'YZZH'),
    performer: [from.department('ZXKSBM'), from.value('ZXRXM', (row) => (row.ZXRXM === undefined ? undefined : { display: row.ZXRXM }))],
    note: [{ text: from.prose('YZSM') }],
  }),
})

export const ORDERS: Table = {
  key: ['YLJGYQDM', 'YZID'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = patientOfReport(row, record.context)
    record.noteRead('YZLX')
    apply(record, cardPatient, row, statedAt)
    for (const map of [drugOrder, serviceOrder]) {
      const made = apply(record, map, row, statedAt, RUNNING)
      if (made?.resource.status === 'completed') made.order = ENDED
    }
    flagOrder(record, row, 'YZXDSJ', 'YZZZSJ')
  },
}
