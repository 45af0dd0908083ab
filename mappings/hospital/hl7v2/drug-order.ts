/** ORC, RXE (or RXO), RXR, RXC and TQ1 of a drug order to cn-medicationrequest (HL7 v2.4, 4.13; v2.5.1, 4A.4). */
import type { MedicationRequest } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { spoken } from '../../engine/spoken.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { readUnit } from '../../engine/values/unit.ts'
import type { Fields } from './fields.ts'
import { orderStatus, PRIORITY } from './order.ts'
import { visitClass } from './visit.ts'
import { table } from '../../engine/values/table.ts'

export const DRUG_ORC = ['ORC-1', 'ORC-2.1', 'ORC-4.1', 'ORC-5', 'ORC-7.2', 'ORC-7.3', 'ORC-7.4', 'ORC-7.5', 'ORC-7.6', 'ORC-9'] as const
export const DRUG_PRESCRIBER = ['ORC-12.1', 'ORC-12.2'] as const
export const RXE = [
  'RXE-1.2',
  'RXE-1.3',
  'RXE-1.4',
  'RXE-1.5',
  'RXE-1.6',
  'RXE-2.1',
  'RXE-2.2',
  'RXE-3',
  'RXE-4',
  'RXE-5.1',
  'RXE-5.2',
  'RXE-6.1',
  'RXE-6.2',
  'RXE-7.1',
  'RXE-7.2',
  'RXE-10',
  'RXE-11.1',
  'RXE-11.2',
  'RXE-12',
  'RXE-15',
  'RXE-21.1',
  'RXE-21.2',
] as const
export const RXR = ['RXR-1.1', 'RXR-1.2'] as const
export const DRUG_TQ1 = ['TQ1-3.1', 'TQ1-6.1', 'TQ1-7', 'TQ1-8', 'TQ1-9.1'] as const

type Field =
  | (typeof DRUG_ORC)[number]
  | (typeof DRUG_PRESCRIBER)[number]
  | (typeof RXE)[number]
  | (typeof RXR)[number]
  | (typeof DRUG_TQ1)[number]
  | 'PV1-2.1'
  | 'PV1-19.1'

export type DrugOrderRow = Fields<Field> & {
  orderNo?: string
  /** NTE behind the RXE */
  remarks: string[]
  /** it is a mixture, whose components were sent (mixture.ts) */
  mixed?: 'yes'
}

/** What a request for a drug (RXO, of ORM^O01) and the order of the pharmacy (RXE) have in common (v2.4, 4.14.1 and 4.14.4). */
export const RXO: Readonly<Record<string, (typeof RXE)[number]>> = table({
  'RXO-1.1': 'RXE-2.1',
  'RXO-1.2': 'RXE-2.2',
  'RXO-2': 'RXE-3',
  'RXO-3': 'RXE-4',
  'RXO-4.1': 'RXE-5.1',
  'RXO-4.2': 'RXE-5.2',
  'RXO-5.1': 'RXE-6.1',
  'RXO-5.2': 'RXE-6.2',
  'RXO-7.1': 'RXE-7.1',
  'RXO-7.2': 'RXE-7.2',
  'RXO-11': 'RXE-10',
  'RXO-12.1': 'RXE-11.1',
  'RXO-12.2': 'RXE-11.2',
  'RXO-13': 'RXE-12',
})

/** The frequency wherever this version says it: TQ1 (v2.5), ORC-7 or RXE-1 (before). */
const FREQUENCY = ['TQ1-3.1', 'ORC-7.2', 'RXE-1.2'] as const
const DURATION = ['TQ1-6.1', 'ORC-7.3', 'RXE-1.3'] as const
const ROUTE = ['RXR-1.1', 'RXR-1.2'] as const

const firstOf = (row: RowView<DrugOrderRow>, fields: readonly Field[]): string | undefined =>
  fields.map((field) => row[field]).find((value) => value !== undefined)

function doseOf(row: RowView<DrugOrderRow>) {
  const value = row['RXE-3'] === undefined ? undefined : readDecimal(row['RXE-3'])
  return value && { value, ...readUnit(row['RXE-5.2'] ?? row['RXE-5.1']) }
}

/** `D7`: seven days (v2.4, 4.3.3); other spans are words. */
function daysOf(row: RowView<DrugOrderRow>) {
  const days = /^D(\d{1,3})$/i.exec(firstOf(row, DURATION) ?? '')?.[1]
  const value = days === undefined ? undefined : readDecimal(days)
  return value && { value, unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }
}

/** Dose, frequency and route as they are read out. */
function instruction(row: RowView<DrugOrderRow>): string | undefined {
  const dose = row['RXE-3'] === undefined ? undefined : `${row['RXE-3']}${row['RXE-5.2'] ?? row['RXE-5.1'] ?? ''}`
  const words = [dose, firstOf(row, FREQUENCY), row['RXR-1.2'] ?? row['RXR-1.1'], row['RXE-7.2'] ?? row['RXE-7.1']]
  return words.filter((word) => word !== undefined).join(' ') || undefined
}

export const drugOrder = mapping<DrugOrderRow, MedicationRequest>({
  source: 'hospital/hl7v2/RXE',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: (row, run) => (row.orderNo === undefined ? undefined : keys.drugOrder(run.scope, row.orderNo)),
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'order-no'), 'orderNo')],
    status: from
      .value<'active' | 'on-hold' | 'revoked' | 'completed'>(['ORC-1', 'ORC-5'], (row) => orderStatus(row['ORC-1'], row['ORC-5']))
      .as((status) => (status === 'revoked' ? 'cancelled' : status)),
    intent: 'order',
    priority: from.choice('TQ1-9.1', PRIORITY).or(from.choice('ORC-7.6', PRIORITY)).or(from.choice('RXE-1.6', PRIORITY)),
    medicationCodeableConcept: from
      .localConcept('drug', 'RXE-2.1', 'RXE-2.2')
      .required()
      .when((run) => run.text('mixed') === undefined),
    medicationReference: from.referenceTo(
      'RXE-2.1',
      (row, run) => (row.mixed === undefined || row.orderNo === undefined ? undefined : keys.mixture(run.scope, row.orderNo)),
      'RXE-2.2',
    ),
    subject: from.patient(),
    encounter: from.encounter(
      'PV1-19.1',
      from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
    ),
    authoredOn: from.dateTime('ORC-9'),
    requester: from.practitioner('ORC-12.1', 'ORC-12.2'),
    groupIdentifier: from
      .identifier((scope) => localSystem(scope, 'rx-no'), 'RXE-15')
      .or(from.identifier((scope) => localSystem(scope, 'rx-no'), 'ORC-4.1')),
    note: [{ text: from.value('remarks', (row) => row.remarks?.join('\n') || undefined) }],
    dosageInstruction: [
      {
        text: from.value('RXE-3', instruction),
        additionalInstruction: [from.localConcept('drug-instruction', 'RXE-7.1', 'RXE-7.2')],
        patientInstruction: from.value(['RXE-21.1', 'RXE-21.2'], (row) => row['RXE-21.2'] ?? row['RXE-21.1']),
        timing: {
          repeat: {
            boundsPeriod: {
              start: from.dateTime('TQ1-7').or(from.dateTime('ORC-7.4')).or(from.dateTime('RXE-1.4')),
              end: from.dateTime('TQ1-8').or(from.dateTime('ORC-7.5')).or(from.dateTime('RXE-1.5')),
            },
          },
          code: from.value([...FREQUENCY], (row, run) => spoken(run, 'frequency', firstOf(row, FREQUENCY))),
        },
        route: from.value([...ROUTE], (row, run) => spoken(run, 'route', row['RXR-1.1'], row['RXR-1.2'])),
        doseAndRate: [{ doseQuantity: from.value(['RXE-3', 'RXE-5.1', 'RXE-5.2'], doseOf) }],
      },
    ],
    dispenseRequest: {
      quantity: from
        .quantity('RXE-10', 'RXE-11.2')
        .when((run) => run.text('RXE-11.2') !== undefined)
        .or(from.quantity('RXE-10', 'RXE-11.1')),
      numberOfRepeatsAllowed: from.integer('RXE-12'),
      expectedSupplyDuration: from.value([...DURATION], daysOf),
    },
  }),
})
