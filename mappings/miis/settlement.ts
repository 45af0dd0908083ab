/** The money of a settlement, `setlinfo` and `setldetail[]` of 2207, 2208, 2304 and 2305: cn-eob-settlement. */
import type { ExplanationOfBenefit } from '@medplum/fhirtypes'
import { codeSystem, localSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { moneyIn } from '../engine/from.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import { BEFORE_ALL } from '../engine/mention.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { KeyReference } from '../engine/types.ts'
import { readDateTime } from '../engine/values/date.ts'
import { readDecimal } from '../engine/values/decimal.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { type ClaimKind, claimType, NORMAL_PRIORITY } from './claim-type.ts'
import { coverageReference } from './coverage.ts'
import { areProvincesApart, division, poolArea } from './division.ts'
import { text } from './envelope.ts'
import { administration, miisKeys } from './keys.ts'
import { moneyOf } from './money.ts'
import type { Site } from './transaction.ts'
import { table } from '../engine/values/table.ts'

export interface SettlementRow extends Site, ClaimKind {
  mdtrt_id?: string
  setl_id?: string
  psn_no?: string
  insutype?: string
  med_type?: string
  setl_time?: string
  medfee_sumamt?: string
  fund_pay_sumamt?: string
  pool_prop_selfpay?: string
  clr_optins?: string
  medins_setl_id?: string
  /** batch of a settlement in mid-stay */
  chrg_bchno?: string
  /** the settlement that this one takes back (2208, 2305) */
  reversed_setl_id?: string
  details: MiisObject[]
}

/** nhsa-settlement-total in the order of the interface; psn_part_am is another spelling of psn_part_amt. */
export const TOTALS = [
  'medfee_sumamt',
  'fulamt_ownpay_amt',
  'overlmt_selfpay',
  'preselfpay_amt',
  'inscp_scp_amt',
  'act_pay_dedc',
  'hifp_pay',
  'cvlserv_pay',
  'hifes_pay',
  'hifmi_pay',
  'hifob_pay',
  'hifdm_pay',
  'maf_pay',
  'oth_pay',
  'fund_pay_sumamt',
  'psn_part_amt',
  'acct_pay',
  'psn_cash_pay',
  'acct_mulaid_pay',
  'hosp_part_amt',
] as const
const SPELLING: Record<string, string> = table({ psn_part_am: 'psn_part_amt' })

/** Totals that were sent; a missing amount is absent, never 0 (formats.md D33). */
function totals(_: RowView<SettlementRow>, run: Run) {
  const named = [...TOTALS, ...Object.keys(SPELLING)].flatMap((field) => {
    const code = SPELLING[field] ?? field
    if (code !== field && run.text(code) !== undefined) return []
    const sent = run.text(field)
    const amount = moneyIn(run, field, sent)
    return amount ? [{ category: { coding: [{ system: codeSystem('nhsa-settlement-total'), code }] }, amount }] : []
  })
  return named.length > 0 ? named : undefined
}

/** The fund that paid. An amount whose fund is not named is money all the same. */
export function fundCategory(
  code?: string,
  display?: string,
): { coding?: { system: string; code?: string; display?: string }[]; text?: string } {
  if (code === undefined && display === undefined) return { text: '基金支付类型未说明' }
  return { coding: [{ system: codeSystem('nhsa-fund-pay-type'), ...(code && { code }), ...(display && { display }) }] }
}

function fundPayments(row: RowView<SettlementRow>, run: Run) {
  const funds = row.details.flatMap((detail) => {
    const code = text(detail, 'fund_pay_type')
    const display = text(detail, 'fund_pay_type_name')
    const amount = moneyOf(detail, 'fund_payamt', run.text('currency'))
    return code === undefined && display === undefined && !amount
      ? []
      : [{ category: fundCategory(code, display), ...(amount && { amount }) }]
  })
  const proportion = row.pool_prop_selfpay === undefined ? undefined : readDecimal(row.pool_prop_selfpay)
  const all = [...funds, ...(proportion ? [{ category: { text: '基本医疗保险统筹基金支付比例' }, value: proportion }] : [])]
  return all.length > 0 ? all : undefined
}

export function providerOf(row: RowView<Site>, run: Run): KeyReference | undefined {
  return row.fixmedins_code === undefined ? undefined : referTo(keys.organization(run.scope), row.fixmedins_name)
}

/** The answer to a reversal is one whatever its sum: that of a settlement of nothing has no sign. */
export const isRefund = ({
  medfee_sumamt,
  reversed_setl_id,
}: { [sent in 'medfee_sumamt' | 'reversed_setl_id']?: string | undefined }): boolean =>
  reversed_setl_id !== undefined || Number(readDecimal(medfee_sumamt ?? '')?.text ?? 0) < 0

export const settlement = mapping<SettlementRow, ExplanationOfBenefit>({
  source: 'miis/setlinfo',
  to: 'ExplanationOfBenefit',
  profile: 'cn-eob-settlement',
  id: (row, run) => (row.setl_id === undefined ? undefined : miisKeys.settlement(run.context, row.setl_id)),
  organization: 'fixmedins_code',
  // The clearing agency stands in for the place of the insurance, which an answer that comes alone does not name.
  yielding: (row) => (row.insuplc_admdvs === undefined ? ['insurer'] : []),
  rules: (from) => ({
    identifier: [
      from.identifier(NATIONAL.setlId, 'setl_id'),
      from.identifier((scope) => localSystem(scope, 'medins-setl-id'), 'medins_setl_id'),
    ],
    status: 'active',
    type: claimType<SettlementRow>('med_type'),
    use: 'claim',
    patient: from.patient(),
    created: from.dateTime('setl_time').or(from.dateTime('inf_time')).required(),
    // The funds are those of the insurance place; where the care was elsewhere, its administration advanced what they pay.
    insurer: from.value(['insuplc_admdvs', 'clr_optins'], (row, run) => administration(run, row.insuplc_admdvs ?? row.clr_optins)),
    payee: from.value(['insuplc_admdvs', 'mdtrtarea_admvs'], (row, run) =>
      isOffsite(row, run) ? { type: OTHER_PAYEE, party: administration(run, row.mdtrtarea_admvs) } : undefined,
    ),
    related: [
      {
        relationship: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship', code: 'prior' }] },
        reference: from.identifier(NATIONAL.setlId, 'reversed_setl_id'),
      },
    ],
    provider: from.value('fixmedins_code', providerOf).default({ display: '定点医药机构' }),
    claim: from.value('mdtrt_id', claimOf),
    outcome: 'complete',
    insurance: [{ focal: true, coverage: from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row)) }],
    adjudication: from.value('details', fundPayments),
    total: from.value('medfee_sumamt', totals),
    payment: { date: from.date('setl_time'), amount: from.money('fund_pay_sumamt') },
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
      poolArea<SettlementRow>('insuplc_admdvs'),
      { url: structureDefinition('cn-clearing-agency'), valueString: from.text('clr_optins') },
      {
        url: structureDefinition('cn-refund'),
        valueBoolean: from.value(['medfee_sumamt', 'reversed_setl_id'], (row) => (isRefund(row) ? true : undefined)),
      },
      { url: structureDefinition('cn-offsite'), valueBoolean: from.value(['insuplc_admdvs', 'mdtrtarea_admvs'], isOffsite) },
    ],
  }),
})

const INSURED = division<SettlementRow>('insuplc_admdvs')
const CARED_FOR = division<SettlementRow>('mdtrtarea_admvs')
/** Of whoever advanced what the funds pay. */
export const OTHER_PAYEE = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/payeetype', code: 'other' }] }

/** Insured in another province than cared for. */
function isOffsite(_: RowView<SettlementRow>, run: Run): boolean | undefined {
  return areProvincesApart(INSURED.evaluate(run), CARED_FOR.evaluate(run))
}

/** The claim of the visit, mentioned: a response may come before its request, or without it. */
function claimOf(row: RowView<SettlementRow>, run: Run): KeyReference | undefined {
  if (row.mdtrt_id === undefined) return undefined
  const key = miisKeys.claim(run.context, row.mdtrt_id, row.chrg_bchno)
  run.mention({
    key,
    state: 'current',
    statedAt: BEFORE_ALL,
    placeholder: true,
    resource: {
      resourceType: 'Claim',
      meta: { profile: [structureDefinition('cn-claim')] },
      status: 'active',
      type: claimType<SettlementRow>('med_type').evaluate(run) ?? {},
      use: 'claim',
      patient: { $patient: true },
      // The request says when it was created; until it comes, the settlement's own time is the latest that it can be.
      created: readDateTime(row.setl_time ?? row.inf_time ?? '', run.context.timezone).value ?? BEFORE_ALL,
      provider: providerOf(row, run) ?? { display: '定点医药机构' },
      priority: NORMAL_PRIORITY,
      insurance: [{ sequence: 1, focal: true, coverage: coverageReference(run.context, row) }],
    },
  })
  return referTo(key)
}
