/** The equations that hold in sound settlements (formats.md A), with decimal arithmetic. Broken: stored, flagged, counted. */
import type { MiisObject } from '../parsers/miis-json.ts'
import type { RecordBuilder } from '../engine/record.ts'
import { add, Decimal, multiply, within } from '../engine/values/decimal.ts'
import { type Money, readMoney } from '../engine/values/money.ts'
import { text } from './envelope.ts'

/** Amounts are rounded to the fen by each system on its own. */
const TOLERANCE = new Decimal('0.01')
const ZERO = new Decimal('0')

export const amount = (holder: MiisObject, field: string): Decimal | undefined => moneyOf(holder, field)?.value

/** With its currency, where a sender adds one. @param besides the currency of the message, where it names one */
export function moneyOf(holder: MiisObject, field: string, besides?: string): Money | undefined {
  const sent = text(holder, field)
  return sent === undefined ? undefined : readMoney(sent, 'yuan', text(holder, 'currency') ?? besides)
}

/** Amounts of a row that are no numbers: they are absent from what is stored, and that is said. Nor is it known what an unknown currency is. */
export function flagAmounts(record: RecordBuilder, at: (field: string) => string, row: MiisObject, fields: readonly string[]): void {
  record.noteRead(at('currency'))
  for (const field of fields) {
    const money = moneyOf(row, field)
    if (text(row, field) !== undefined && !money) record.issue({ severity: 'error', code: 'mapping-number-invalid', at: at(field) })
    if (money && money.currency === undefined) record.issue({ severity: 'error', code: 'mapping-value-unknown', at: at('currency') })
  }
}

/** Sum of what is there; a part that was not sent counts nothing. */
export const sum = (parts: readonly (Decimal | undefined)[]): Decimal => add(ZERO, ...parts.filter((part) => part !== undefined))

/** Flags `at` when total and sum of parts differ by more than a fen. A total that was not sent is not compared. */
export function checkSum(record: RecordBuilder, at: string, total: Decimal | undefined, parts: readonly (Decimal | undefined)[]): void {
  if (total === undefined || parts.every((part) => part === undefined)) return
  if (!within(total, sum(parts), TOLERANCE)) record.issue({ severity: 'warning', code: 'mapping-sum', at })
}

/** cnt × pric = det_item_fee_sumamt within 0.01 */
export function checkLine(record: RecordBuilder, at: string, row: MiisObject): void {
  const [count, price, total] = [amount(row, 'cnt'), amount(row, 'pric'), amount(row, 'det_item_fee_sumamt')]
  if (count && price && total && !within(multiply(count, price), total, TOLERANCE))
    record.issue({ severity: 'warning', code: 'mapping-sum', at })
}

/** psn_part_amt is spelled psn_part_am in some places. */
export const personalPart = (settlement: MiisObject): Decimal | undefined =>
  amount(settlement, 'psn_part_amt') ?? amount(settlement, 'psn_part_am')

export function checkSettlement(record: RecordBuilder, path: string, settlement: MiisObject, details: readonly MiisObject[]): void {
  const of = (field: string): Decimal | undefined => amount(settlement, field)
  const personal = personalPart(settlement)
  if (details.length > 0) {
    checkSum(
      record,
      `${path}.fund_pay_sumamt`,
      of('fund_pay_sumamt'),
      details.map((row) => amount(row, 'fund_payamt')),
    )
  }
  checkSum(record, `${path}.medfee_sumamt`, of('medfee_sumamt'), [of('fund_pay_sumamt'), personal, of('hosp_part_amt')])
  checkSum(record, `${path}.psn_part_amt`, personal, [of('acct_pay'), of('psn_cash_pay'), of('acct_mulaid_pay')])
}
