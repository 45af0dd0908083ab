/** The money blocks of a settlement list (4101): a claim with one item per fee category, and what paid for it. */
import type { Claim, ExplanationOfBenefit } from '@medplum/fhirtypes'
import { codeSystem, localSystem, NATIONAL } from '../../server/fhir/canonical.ts'
import { moneyIn } from '../engine/from.ts'
import { referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { KeyReference } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { NORMAL_PRIORITY } from './claim-type.ts'
import { coverageReference } from './coverage.ts'
import { text } from './envelope.ts'
import { poolArea } from './division.ts'
import { administration, miisKeys } from './keys.ts'
import { moneyOf } from './money.ts'
import { fundCategory, providerOf } from './settlement.ts'
import type { Site } from './transaction.ts'

export interface ListMoneyRow extends Site {
  mdtrt_id?: string
  setl_id?: string
  psn_no?: string
  insutype?: string
  insuplc?: string
  hsorg?: string
  bill_code?: string
  bill_no?: string
  biz_sn?: string
  setl_begn_date?: string
  setl_end_date?: string
  dcla_time?: string
  acct_pay?: string
  psn_cashpay?: string
  psn_ownpay?: string
  /** no field of the interface */
  currency?: string
  hi_paymtd?: string
  items: MiisObject[]
  funds: MiisObject[]
  diagnoses: { condition: KeyReference; main: boolean }[]
}

const INPATIENT = { coding: [{ system: codeSystem('cn-claim-type'), code: 'inpatient', display: '住院' }] }
const OTHER_FEE = '14'
const feeCategory = (item: MiisObject) => ({
  coding: [{ system: codeSystem('nhsa-fee-category'), code: text(item, 'med_chrgitm') ?? OTHER_FEE }],
})

function claimItems(row: RowView<ListMoneyRow>) {
  const items = row.items.map((item, at) => {
    const net = moneyOf(item, 'amt', row.currency)
    return { sequence: at + 1, category: feeCategory(item), productOrService: feeCategory(item), ...(net && { net }) }
  })
  return items.length > 0 ? items : undefined
}

const DIAGNOSIS_TYPE = 'http://terminology.hl7.org/CodeSystem/ex-diagnosistype'

export const listClaim = mapping<ListMoneyRow, Claim>({
  source: 'miis/4101/iteminfo',
  to: 'Claim',
  profile: 'cn-claim',
  id: (row, run) => (row.mdtrt_id === undefined ? undefined : miisKeys.claim(run.context, row.mdtrt_id)),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [
      from.identifier((scope) => localSystem(scope, 'bill-no'), 'bill_no'),
      from.identifier((scope) => localSystem(scope, 'bill-code'), 'bill_code'),
      from.identifier((scope) => localSystem(scope, 'business-no'), 'biz_sn'),
    ],
    status: 'active',
    type: INPATIENT,
    subType: from.value('hi_paymtd', (row) =>
      row.hi_paymtd === undefined ? undefined : { coding: [{ system: codeSystem('nhsa-hi-paymtd'), code: row.hi_paymtd }] },
    ),
    use: 'claim',
    patient: from.patient(),
    billablePeriod: { start: from.date('setl_begn_date'), end: from.date('setl_end_date') },
    created: from.dateTime('dcla_time').or(from.dateTime('inf_time')).required(),
    insurer: from
      .value(['insuplc', 'hsorg'], (row, run) => administration(run, row.insuplc ?? row.hsorg))
      .when((run) => run.text('insuplc') !== undefined || run.text('hsorg') !== undefined),
    provider: from.value('fixmedins_code', providerOf).required(),
    priority: NORMAL_PRIORITY,
    insurance: [
      { sequence: 1, focal: true, coverage: from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row)) },
    ],
    diagnosis: from.value('diagnoses', (row) =>
      row.diagnoses.length === 0
        ? undefined
        : row.diagnoses.map(({ condition, main }, at) => ({
            sequence: at + 1,
            diagnosisReference: condition,
            ...(main && { type: [{ coding: [{ system: DIAGNOSIS_TYPE, code: 'principal', display: 'Principal Diagnosis' }] }] }),
          })),
    ),
    item: from.value('items', claimItems),
    extension: [poolArea<ListMoneyRow>('insuplc')],
  }),
})

/** Class A, class B, self-paid and other parts of one fee category. */
const PARTS: [string, string][] = [
  ['claa_sumfee', '甲类费用'],
  ['clab_amt', '乙类费用'],
  ['fulamt_ownpay_amt', '全自费'],
  ['oth_amt', '其他'],
]

function benefitItems(row: RowView<ListMoneyRow>) {
  const items = row.items.map((item, at) => {
    const parts = PARTS.flatMap(([field, name]) => {
      const value = moneyOf(item, field, row.currency)
      return value ? [{ category: { coding: [{ system: codeSystem('nhsa-fee-part'), code: field, display: name }] }, amount: value }] : []
    })
    const net = moneyOf(item, 'amt', row.currency)
    return {
      sequence: at + 1,
      category: feeCategory(item),
      productOrService: feeCategory(item),
      ...(net && { net }),
      ...(parts.length > 0 && { adjudication: parts }),
    }
  })
  return items.length > 0 ? items : undefined
}

function funds(row: RowView<ListMoneyRow>) {
  const paid = row.funds.flatMap((fund) => {
    const code = text(fund, 'fund_pay_type')
    const value = moneyOf(fund, 'fund_payamt', row.currency)
    return value ? [{ category: fundCategory(code), amount: value }] : []
  })
  return paid.length > 0 ? paid : undefined
}

/** psn_cashpay here is psn_cash_pay in a settlement, psn_ownpay is fulamt_ownpay_amt. */
function totals(row: RowView<ListMoneyRow>, run: Run) {
  const sent: [string, string, string | undefined][] = [
    ['acct_pay', 'acct_pay', row.acct_pay],
    ['psn_cashpay', 'psn_cash_pay', row.psn_cashpay],
    ['psn_ownpay', 'fulamt_ownpay_amt', row.psn_ownpay],
  ]
  const named = sent.flatMap(([field, code, value]) => {
    const of = moneyIn(run, field, value)
    return of ? [{ category: { coding: [{ system: codeSystem('nhsa-settlement-total'), code }] }, amount: of }] : []
  })
  return named.length > 0 ? named : undefined
}

export const listBenefit = mapping<ListMoneyRow, ExplanationOfBenefit>({
  source: 'miis/4101/payinfo',
  to: 'ExplanationOfBenefit',
  profile: 'cn-eob-settlement',
  id: (row, run) => (row.setl_id === undefined ? undefined : miisKeys.settlement(run.context, row.setl_id)),
  organization: 'fixmedins_code',
  when: (row) => [row.acct_pay, row.psn_cashpay, row.psn_ownpay].some((part) => part !== undefined),
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.setlId, 'setl_id')],
    status: 'active',
    type: INPATIENT,
    use: 'claim',
    patient: from.patient(),
    billablePeriod: { start: from.date('setl_begn_date'), end: from.date('setl_end_date') },
    created: from.dateTime('dcla_time').or(from.dateTime('inf_time')).required(),
    insurer: from.value(['insuplc', 'hsorg'], (row, run) => administration(run, row.insuplc ?? row.hsorg)),
    provider: from.value('fixmedins_code', providerOf).required(),
    claim: from.value('mdtrt_id', (row, run) =>
      row.mdtrt_id === undefined ? undefined : referTo(miisKeys.claim(run.context, row.mdtrt_id)),
    ),
    outcome: 'complete',
    insurance: [{ focal: true, coverage: from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row)) }],
    item: from.value('items', benefitItems),
    adjudication: from.value('funds', funds),
    total: from.value(['acct_pay', 'psn_cashpay', 'psn_ownpay'], totals),
    payment: { date: from.date('setl_end_date') },
    extension: [poolArea<ListMoneyRow>('insuplc')],
  }),
})
