/**
 * Amounts with decimal arithmetic; what a source counts in other units is declared where it is read (D31, D33, D34). They are in yuan unless
 * the sender says another currency, beside the amount or in a field of its own.
 */
import { type Currency, currencyOf } from './currency.ts'
import { Decimal, multiply, readDecimal } from './decimal.ts'

export type MoneyUnit = 'yuan' | 'fen' | 'wan'
const FACTOR: Record<MoneyUnit, Decimal> = { yuan: new Decimal('1'), fen: new Decimal('0.01'), wan: new Decimal('10000') }
const YUAN = 'CNY'

export interface Money {
  value: Decimal
  /** absent: it is said, and nobody knows which it is */
  currency?: Currency
}

/**
 * The amount of a field; undefined when it is no number. Digits are kept as sent for yuan.
 * @param currency as the sender says it
 */
export function readMoney(text: string, unit: MoneyUnit = 'yuan', currency?: string): Money | undefined {
  const [amount, besides] = parted(text)
  const value = amount === undefined ? undefined : readDecimal(amount)
  if (!value) return undefined
  const said = currency === undefined ? (besides ?? YUAN) : currencyOf(currency)
  if (besides !== undefined && besides !== said) return undefined
  return { value: unit === 'yuan' ? value : multiply(value, FACTOR[unit]), ...(said !== undefined && { currency: said }) }
}

/** The number, and the currency that stands before or behind it. What stands there and is none makes it no amount. */
function parted(text: string): [amount?: string, currency?: Currency] {
  const [, before = '', amount, behind = ''] = /^([^\d.+-]*)([+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?)([^\d.]*)$/.exec(text) ?? []
  const said = [before, behind].map((word) => word.trim()).filter((word) => word !== '')
  const known = new Set(said.map(currencyOf))
  if (amount === undefined || known.size > 1 || known.has(undefined)) return []
  const [currency] = known
  return currency === undefined ? [amount] : [amount, currency]
}
