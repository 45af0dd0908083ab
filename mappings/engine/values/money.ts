/** Amounts in yuan with decimal arithmetic; what a source counts in other units is declared where it is read (D31, D33, D34). */
import { Decimal, multiply, readDecimal } from './decimal.ts'

export type MoneyUnit = 'yuan' | 'fen' | 'wan'
const FACTOR: Record<MoneyUnit, Decimal> = { yuan: new Decimal('1'), fen: new Decimal('0.01'), wan: new Decimal('10000') }

export interface Money {
  value: Decimal
  currency: 'CNY'
}

/** The amount of a field in yuan; undefined when it is no number. Digits are kept as sent for yuan. */
export function readMoney(text: string, unit: MoneyUnit = 'yuan'): Money | undefined {
  const value = readDecimal(text.replace(/^[¥￥]\s*|\s*元$/g, ''))
  if (!value) return undefined
  return { value: unit === 'yuan' ? value : multiply(value, FACTOR[unit]), currency: 'CNY' }
}
