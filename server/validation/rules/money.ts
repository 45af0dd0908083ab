/** Sums of money, in whole ten-thousandths of a yuan (unit prices have four decimals), never in binary fractions. */
import { codeSystem } from '../../fhir/canonical.ts'
import type { DecimalTexts } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { Finding } from './finding.ts'

const DECIMALS = 4
/** One fen: sources round each line. */
const TOLERANCE = 100n

type Json = Record<string, unknown>

/** Amount of a Money in ten-thousandths of a yuan; digits beyond the fourth decimal are rounded. */
export function amountOf(money: unknown, decimals: DecimalTexts | undefined): bigint | undefined {
  if (money === null || typeof money !== 'object' || typeof (money as Json).value !== 'number') return undefined
  const text = decimals ? decimals.text(money, 'value') : String((money as Json).value)
  return parseAmount(text)
}

/** `-12.3`, `1e2` to ten-thousandths; undefined for what is no decimal of a bounded size. */
export function parseAmount(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,18})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = DECIMALS - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : rounded(digits, 10n ** BigInt(-shift))
  return sign === '-' ? -value : value
}

const rounded = (digits: bigint, unit: bigint): bigint => (digits + unit / 2n) / unit

const near = (a: bigint, b: bigint): boolean => (a > b ? a - b : b - a) <= TOLERANCE

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

const broken = (rule: string, expression: string): Finding[] => [{ rule, code: 'facts-disagree', severity: 'error', expression }]

/** cn-clm-1: the total is the sum of the items, when every item says its amount. */
export function claimTotal(resource: FhirResource, decimals: DecimalTexts | undefined): Finding[] {
  const total = amountOf(resource.total, decimals)
  const items = (Array.isArray(resource.item) ? resource.item : []) as Json[]
  const amounts = items.map((item) => amountOf(item.net, decimals))
  if (total === undefined || amounts.length === 0 || amounts.includes(undefined)) return []
  return near(total, sum(amounts as bigint[])) ? [] : broken('cn-clm-1', 'Claim.total')
}

const TOTALS = codeSystem('nhsa-settlement-total')
const FUNDS_DETAIL = codeSystem('nhsa-fund-pay-type')
const FUNDS = ['hifp_pay', 'cvlserv_pay', 'hifes_pay', 'hifmi_pay', 'hifob_pay', 'hifdm_pay', 'maf_pay', 'oth_pay']

/**
 * The equations of a settlement (formats.md A): cn-eob-1 the funds add up to fund_pay_sumamt; cn-eob-2 medfee_sumamt is
 * paid by funds, person and hospital; cn-eob-3 the person pays from account, family account and cash; cn-eob-9 setldetail
 * adds up to fund_pay_sumamt. An equation is only looked at when its sum and at least one part are known.
 */
export function settlementTotals(resource: FhirResource, decimals: DecimalTexts | undefined): Finding[] {
  const totals = byCode(resource.total, TOTALS, decimals)
  const at = (code: string): bigint | undefined => totals.get(code)?.amount
  const where = (code: string): string => `ExplanationOfBenefit.total[${totals.get(code)?.index ?? 0}]`
  const equation = (rule: string, whole: string, parts: readonly (bigint | undefined)[]): Finding[] => {
    const [expected, known] = [at(whole), parts.filter((part) => part !== undefined)]
    return expected === undefined || known.length === 0 || near(expected, sum(known)) ? [] : broken(rule, where(whole))
  }
  const person = at('psn_part_amt')
  const funds = at('fund_pay_sumamt')
  const detail = amounts(resource.adjudication, FUNDS_DETAIL, decimals)
  return [
    ...equation('cn-eob-1', 'fund_pay_sumamt', FUNDS.map(at)),
    ...(person === undefined || funds === undefined ? [] : equation('cn-eob-2', 'medfee_sumamt', [funds, person, at('hosp_part_amt')])),
    ...(at('psn_cash_pay') === undefined
      ? []
      : equation('cn-eob-3', 'psn_part_amt', ['acct_pay', 'psn_cash_pay', 'acct_mulaid_pay'].map(at))),
    ...equation('cn-eob-9', 'fund_pay_sumamt', detail),
  ]
}

interface Total {
  amount: bigint
  index: number
}

function byCode(list: unknown, system: string, decimals: DecimalTexts | undefined): Map<string, Total> {
  const found = new Map<string, Total>()
  ;((Array.isArray(list) ? list : []) as Json[]).forEach((entry, index) => {
    const code = codeOf(entry.category, system)
    const amount = amountOf(entry.amount, decimals)
    if (code !== undefined && amount !== undefined) found.set(code, { amount, index })
  })
  return found
}

function amounts(list: unknown, system: string, decimals: DecimalTexts | undefined): bigint[] {
  const entries = ((Array.isArray(list) ? list : []) as Json[]).filter((entry) => codeOf(entry.category, system) !== undefined)
  return entries.map((entry) => amountOf(entry.amount, decimals)).filter((amount) => amount !== undefined)
}

function codeOf(category: unknown, system: string): string | undefined {
  const codings = ((category as { coding?: Json[] } | undefined)?.coding ?? []).filter((coding) => coding.system === system)
  return typeof codings[0]?.code === 'string' ? codings[0].code : undefined
}
