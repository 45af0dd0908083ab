/** ORC and OBR of an order to cn-order-service. What is later reported on it meets it by its number. */
import type { ServiceRequest } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { CLINICAL_EDITION, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Fields } from './fields.ts'
import { ordered } from './report.ts'
import { isLaboratory, kindOf, type ReportKind } from './report-kind.ts'
import { visitClass } from './visit.ts'
import { table } from '../../engine/values/table.ts'

export const ORDER_ORC = [
  'ORC-1',
  'ORC-2.1',
  'ORC-5',
  'ORC-7.4',
  'ORC-7.6',
  'ORC-9',
  'ORC-12.1',
  'ORC-12.2',
  'ORC-16.1',
  'ORC-16.2',
] as const
export const ORDER_OBR = [
  'OBR-2.1',
  'OBR-4.1',
  'OBR-4.2',
  'OBR-5',
  'OBR-6',
  'OBR-13',
  'OBR-16.1',
  'OBR-16.2',
  'OBR-24',
  'OBR-27.6',
  'OBR-31.1',
  'OBR-31.2',
] as const
export const ORDER_TQ1 = ['TQ1-7', 'TQ1-9.1'] as const

type Field = (typeof ORDER_ORC)[number] | (typeof ORDER_OBR)[number] | (typeof ORDER_TQ1)[number] | 'PV1-2.1' | 'PV1-19.1'

export type OrderRow = Fields<Field> & {
  requestNo?: string
  /** a laboratory message (OML), whatever OBR-24 says */
  message?: 'laboratory'
  /** those that have numbers */
  specimens: ResourceKey[]
  /** NTE behind the OBR */
  remarks: string[]
}

type Status = 'active' | 'on-hold' | 'revoked' | 'completed'

/** HL7 table 0119: cancelled, discontinued, replaced by another one, not accepted. What ends an order rules, whatever ORC-5 still says. */
const ENDS = new Set(['CA', 'OC', 'CR', 'DC', 'OD', 'DR', 'RP', 'RQ', 'RU', 'UA'])
/** HL7 table 0038 */
const STATES: Readonly<Record<string, Status>> = table({
  A: 'active',
  CA: 'revoked',
  CM: 'completed',
  DC: 'revoked',
  HD: 'on-hold',
  IP: 'active',
  RP: 'revoked',
  SC: 'active',
})

export function orderStatus(control: string | undefined, state: string | undefined): Status {
  if (control !== undefined && ENDS.has(control)) return 'revoked'
  return STATES[state ?? ''] ?? (control === 'HD' ? 'on-hold' : 'active')
}

/** HL7 table 0485 (TQ1-9) and 0027 (OBR-27.6, OBR-5); `T` says when, not how urgently. */
export const PRIORITY = { S: 'stat', STAT: 'stat', A: 'asap', P: 'urgent', R: 'routine' } as const

const CATEGORIES = 'https://fhir-cn.example/CodeSystem/cn-service-category'
const PATHOLOGY = new Set(['SP', 'CP', 'PAT'])
const EXAMINATION = new Set(['EC', 'EN', 'ES', 'OTH', 'PHY', 'CUS'])

/** HL7 table 0074 to the national kinds of order. */
function categoryOf({ 'OBR-24': section, message }: RowView<OrderRow>): { code: string; display: string } {
  if (message === 'laboratory') return { code: 'lab', display: '检验' }
  if (section === undefined) return { code: 'other', display: '其他' }
  if (PATHOLOGY.has(section)) return { code: 'pathology', display: '病理' }
  if (EXAMINATION.has(section)) return { code: 'examination', display: '其他检查' }
  return isLaboratory(section) ? { code: 'lab', display: '检验' } : { code: 'imaging', display: '影像检查' }
}

const orderedOf = ({ 'OBR-24': section, message }: RowView<OrderRow>): ReportKind =>
  message === 'laboratory' ? 'laboratory' : kindOf(section)

const ICD10_SHAPE = /^[A-Z]\d{2}(?:[.xX]|$)/

export const order = mapping<OrderRow, ServiceRequest>({
  source: 'hospital/hl7v2/ORC',
  to: 'ServiceRequest',
  profile: 'cn-order-service',
  id: (row, run) => (row.requestNo === undefined ? undefined : keys.request(run.scope, row.requestNo)),
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'requestNo')],
    status: from.value<Status>(['ORC-1', 'ORC-5'], (row) => orderStatus(row['ORC-1'], row['ORC-5'])),
    intent: 'order',
    category: [{ coding: [from.value('OBR-24', (row) => ({ system: CATEGORIES, ...categoryOf(row) }))] }],
    priority: from
      .choice('TQ1-9.1', PRIORITY)
      .or(from.choice('OBR-27.6', PRIORITY))
      .or(from.choice('ORC-7.6', PRIORITY))
      .or(from.choice('OBR-5', PRIORITY)),
    code: from.value(['OBR-4.1', 'OBR-4.2'], (row, run) => ordered(row, run, orderedOf(row))).required(),
    subject: from.patient(),
    encounter: from.encounter(
      'PV1-19.1',
      from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
    ),
    occurrenceDateTime: from.dateTime('TQ1-7').or(from.dateTime('ORC-7.4')),
    authoredOn: from.dateTime('ORC-9').or(from.dateTime('OBR-6')),
    requester: from.practitioner('ORC-12.1', 'ORC-12.2').or(from.practitioner('OBR-16.1', 'OBR-16.2')),
    // A code decides what is sensitive, so that one of a diagnosis stands as such.
    reasonCode: [
      from
        .codeOf(TABLES.icd10, 'OBR-31.1', 'OBR-31.2', CLINICAL_EDITION)
        .when((run) => ICD10_SHAPE.test(run.text('OBR-31.1') ?? ''))
        .or(from.localConcept('order-reason', 'OBR-31.1', 'OBR-31.2')),
      from.localConcept('order-control-reason', 'ORC-16.1', 'ORC-16.2'),
    ],
    specimen: from.value('specimens', (row) => (row.specimens.length > 0 ? row.specimens.map((key) => referTo(key)) : undefined)),
    note: [{ text: from.prose('OBR-13') }, { text: from.value('remarks', (row) => row.remarks?.join('\n') || undefined) }],
  }),
})
