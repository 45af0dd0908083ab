/**
 * Money blocks of the home pages C0032 and C0033: one Invoice per document with a line per fee. It is the hospital's own bill and no Claim: a
 * Claim says that the insurance is asked, and would be shown to it for patients who pay themselves.
 */
import type { Invoice } from '@medplum/fhirtypes'
import { codeSystem, localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { type Money, readMoney } from '../../engine/values/money.ts'
import type { Statement } from './statement.ts'
import type { FactRow, Facts } from './facts.ts'
import { HOME_PAGE_FEES, SELF_PAID, TOTALS } from './fees.ts'

interface BillRow extends FactRow {
  fees: Statement[]
  total?: Statement
  selfPaid?: Statement
  payment?: string
  date?: string
}

const DATA_SET = 'urn:oid:2.16.156.10011.2.2.4'
const FEE_CATEGORY = codeSystem('nhsa-fee-category')

/** Its currency is the unit of an MO; of another type (a PQ in 元) the unit is none by itself. */
function amount(run: Run, field: string, stated: RowView<Statement> | undefined): Money | undefined {
  if (stated?.text === undefined) return undefined
  const read = readMoney(stated.text, 'yuan', stated.unit)
  if (!read) run.flaw(field, 'mapping-number-invalid')
  else if (read.currency === undefined) run.flaw(field, 'mapping-value-unknown')
  return read
}

const feeConcept = ({ element, name }: Statement) => {
  const category = HOME_PAGE_FEES[element]?.category
  const own = { system: DATA_SET, code: element, display: name }
  return { coding: [own, ...(category ? [{ system: FEE_CATEGORY, code: category }] : [])], text: name }
}

/** Fees by the fee that contains them; those that none of these contains stand under ''. */
function byWhole(fees: readonly Statement[]): Map<string, Statement[]> {
  const present = new Set(fees.map(({ element }) => element))
  return Map.groupBy(fees, ({ element }) => {
    const whole = HOME_PAGE_FEES[element]?.partOf
    return whole !== undefined && present.has(whole) ? whole : ''
  })
}

/** A fee that is part of another one only informs beside it, so that nobody adds it twice. */
function lines({ fees }: RowView<BillRow>, run: Run) {
  const groups = byWhole(fees)
  const made = (groups.get('') ?? []).flatMap((fee, at) => {
    const net = amount(run, 'fees', fee)
    const parts = groups.get(fee.element) ?? []
    groups.delete(fee.element)
    const informed = parts.flatMap((one) => {
      const part = amount(run, 'fees', one)
      return part ? [{ type: 'informational' as const, code: feeConcept(one), amount: part }] : []
    })
    const components = [...(net ? [{ type: 'base' as const, amount: net }] : []), ...informed]
    return [{ sequence: at + 1, chargeItemCodeableConcept: feeConcept(fee), ...(components.length > 0 && { priceComponent: components }) }]
  })
  return made.length > 0 ? made : undefined
}

const bill = mapping<BillRow, Invoice>({
  source: 'hospital/cda/home-page-fees',
  to: 'Invoice',
  id: (row, run) => keys.documentFact('Invoice', run.scope, row.documentNo ?? '', 'fees'),
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'document-no'), 'documentNo')],
    status: 'issued',
    type: { coding: [{ system: codeSystem('cn-claim-type'), code: 'inpatient', display: '住院' }] },
    subject: from.patient(),
    date: from.dateTime('date'),
    issuer: from.organization(),
    lineItem: from.value('fees', lines) as never,
    totalPriceComponent: from.value('selfPaid', (row, run) => {
      const paid = amount(run, 'selfPaid', row.selfPaid)
      return paid && [{ type: 'informational' as const, code: { text: '自付金额' }, amount: paid }]
    }) as never,
    totalGross: from.value('total', (row, run) => amount(run, 'total', row.total)),
    paymentTerms: from.text('payment').as((text) => `医疗付款方式：${text}`),
  }),
})

export function bills(facts: Facts): void {
  if (!facts.kind.bill) return
  const all = [...facts.of('money')].filter(({ one }) => one.text !== undefined)
  const [first] = all
  if (!first) return
  facts.take(...all.map(({ one }) => one))
  const named = (codes: readonly string[]): Statement | undefined => all.find(({ one }) => codes.includes(one.element))?.one
  const [total, selfPaid, payment] = [named(TOTALS), named(SELF_PAID), facts.find('DE07.00.007.00')]
  const row: BillRow = {
    ...facts.row('fees', first.one.at),
    fees: all.flatMap(({ one }) => (one === total || one === selfPaid ? [] : [one])),
    ...(total && { total }),
    ...(selfPaid && { selfPaid }),
    ...(payment?.text !== undefined && { payment: payment.text }),
    ...(facts.document.effectiveTime !== undefined && { date: facts.document.effectiveTime }),
  }
  facts.run(bill, row, row.at, first.section)
}
