/** FT1 to ChargeItem (HL7 v2.4, 6.5.1). A credit takes back: its count and amount are negative, as the insurance writes it. */
import type { ChargeItem } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { moneyIn } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { type Decimal, readDecimal } from '../../engine/values/decimal.ts'
import type { Fields } from './fields.ts'
import { visitClass } from './visit.ts'

export const FT1 = [
  'FT1-2',
  'FT1-4',
  'FT1-5',
  'FT1-6',
  'FT1-7.1',
  'FT1-7.2',
  'FT1-8',
  'FT1-10',
  'FT1-11.1',
  'FT1-12.1',
  'FT1-13.1',
  'FT1-13.2',
  'FT1-20.1',
  'FT1-20.2',
  'FT1-21.1',
  'FT1-21.2',
] as const

/** Currencies of amount and price: MO.2 within CP.1. */
export const [AMOUNT_IN, PRICE_IN] = ['FT1-11.1.2', 'FT1-12.1.2'] as const

export type ChargeRow = Fields<(typeof FT1)[number] | 'PV1-2.1' | 'PV1-19.1' | typeof AMOUNT_IN | typeof PRICE_IN>

const IS_POSITIVE = /^\+?\d*[1-9]|^\+?\d*\.\d*[1-9]/

const signed = (text: string, row: RowView<ChargeRow>): string =>
  row['FT1-6'] === 'CD' && IS_POSITIVE.test(text) ? `-${text.replace('+', '')}` : text

const countOf = (row: RowView<ChargeRow>): { value: Decimal } | undefined => {
  const value = readDecimal(signed(row['FT1-10'] ?? '1', row))
  return value && { value }
}

export const charge = mapping<ChargeRow, ChargeItem>({
  source: 'hospital/hl7v2/FT1',
  to: 'ChargeItem',
  id: (row, run) => (row['FT1-2'] === undefined ? undefined : keys.charge(run.scope, row['FT1-2'])),
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'charge-no'), 'FT1-2')],
    status: 'billable',
    code: from
      .localConcept('charge-item', 'FT1-7.1', 'FT1-7.2')
      .or(from.localConcept('charge-item', 'FT1-7.1', 'FT1-8'))
      .required(),
    subject: from.patient(),
    context: from.encounter(
      'PV1-19.1',
      from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
    ),
    occurrenceDateTime: from.dateTime('FT1-4'),
    performer: [{ actor: from.practitioner('FT1-20.1', 'FT1-20.2') }],
    performingOrganization: from.department('FT1-13.1', 'FT1-13.2'),
    quantity: from.value(['FT1-10', 'FT1-6'], (row, run) => {
      const count = countOf(row)
      if (!count) run.flaw('FT1-10', 'mapping-number-invalid')
      return count
    }),
    priceOverride: from.value(['FT1-11.1', 'FT1-6', AMOUNT_IN], (row, run) => {
      const amount = row['FT1-11.1']
      return moneyIn(run, 'FT1-11.1', amount && signed(amount, row), { currency: AMOUNT_IN })
    }),
    extension: [{ url: structureDefinition('cn-unit-price'), valueMoney: from.money('FT1-12.1', 'yuan', PRICE_IN) }],
    enterer: from.practitioner('FT1-21.1', 'FT1-21.2'),
    enteredDate: from.dateTime('FT1-5'),
  }),
})
