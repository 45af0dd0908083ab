/** One order of C0002, C0003 or C0052: of a drug (MedicationRequest) or of anything else (cn-order-service). */
import type { MedicationRequest, ServiceRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Statement } from './statement.ts'
import type { FactRow } from './facts.ts'
import { actorOf } from './operation.ts'

export interface OrderRow extends FactRow {
  content?: string
  isDrug?: 'yes'
  category?: string
  requestNo?: string
  group?: string
  kind?: 'long-term' | 'temporary'
  begin?: string
  end?: string
  ordered?: string
  stopped?: string
  executed?: string
  /** word for the state of the order */
  state?: string
  cancelled?: 'yes'
  remark?: string
  inpatient?: 'yes'
  prescriber?: Statement
  executor?: Statement
}

/** By who did what last; the words of the document are no closed list. */
function statusOf(row: RowView<OrderRow>): 'active' | 'completed' | 'revoked' {
  const state = row.state ?? ''
  if (row.cancelled !== undefined || /取消|作废|撤销/.test(state)) return 'revoked'
  if (row.stopped !== undefined || /停止|已停/.test(state)) return 'completed'
  const isDone = /^已?(?:执行完|完成|执行)/.test(state) || row.executed !== undefined
  return isDone && row.kind !== 'long-term' ? 'completed' : 'active'
}

const numberOf = (row: RowView<OrderRow>): string => row.requestNo ?? `${row.documentNo}.${row.part}`

export const drugOrder = mapping<OrderRow, MedicationRequest>({
  source: 'hospital/cda/order',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: (row, run) => keys.documentFact('MedicationRequest', run.scope, row.documentNo ?? '', row.part ?? ''),
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.text('kind') },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('stopped') },
    ],
    identifier: [from.value(['requestNo', 'part'], (row, run) => ({ system: localSystem(run.scope, 'order-no'), value: numberOf(row) }))],
    status: from.value<'active' | 'completed' | 'cancelled'>(['state', 'cancelled', 'stopped', 'executed', 'kind'], (row) => {
      const status = statusOf(row)
      return status === 'revoked' ? 'cancelled' : status
    }),
    intent: 'order',
    category: [
      {
        coding: [
          {
            system: codeSystem('cn-prescription-category'),
            code: from.value('inpatient', (row) => (row.inpatient === undefined ? 'outpatient' : 'inpatient')),
          },
        ],
      },
    ],
    medicationCodeableConcept: { text: from.text('content').required() },
    subject: from.patient(),
    encounter: from.encounter('visitNo'),
    authoredOn: from.dateTime('ordered'),
    requester: from.value('prescriber', (row, run) => (row.prescriber ? actorOf(row.prescriber as Statement, run) : undefined)),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'group'),
    note: [{ text: from.text('remark') }, { text: from.value('executor', executed) }],
    dosageInstruction: [
      {
        text: from.text('content'),
        timing: { repeat: { boundsPeriod: { start: from.dateTime('begin'), end: from.dateTime('end') } } },
      },
    ],
  }),
})

function executed(row: RowView<OrderRow>): string | undefined {
  const name = (row.executor as Statement | undefined)?.text
  return name === undefined ? undefined : `执行者：${name}`
}

function requestKey(row: RowView<OrderRow>, run: Run): ResourceKey {
  if (row.requestNo !== undefined) return keys.request(run.scope, row.requestNo)
  return keys.documentFact('ServiceRequest', run.scope, row.documentNo ?? '', row.part ?? '')
}

export const serviceOrder = mapping<OrderRow, ServiceRequest>({
  source: 'hospital/cda/order',
  to: 'ServiceRequest',
  profile: 'cn-order-service',
  id: requestKey,
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.text('kind') },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('stopped') },
    ],
    identifier: [from.value(['requestNo', 'part'], (row, run) => ({ system: localSystem(run.scope, 'request-no'), value: numberOf(row) }))],
    status: from.value(['state', 'cancelled', 'stopped', 'executed', 'kind'], statusOf),
    intent: 'order',
    category: [{ coding: [{ system: codeSystem('cn-service-category'), code: from.text('category').default('other') }] }],
    code: { text: from.text('content').required() },
    subject: from.patient(),
    encounter: from.encounter('visitNo'),
    occurrencePeriod: { start: from.dateTime('begin'), end: from.dateTime('end') },
    authoredOn: from.dateTime('ordered'),
    requester: from.value('prescriber', (row, run) => (row.prescriber ? actorOf(row.prescriber as Statement, run) : undefined)),
    requisition: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'group'),
    performer: [from.value('executor', (row, run) => (row.executor ? actorOf(row.executor as Statement, run) : undefined))],
    note: [{ text: from.text('remark') }],
  }),
})
