/** 4101 and 4101A, settlement list with the home page for payment: Encounter, Condition, Procedure, Claim, benefit, Composition. */
import { referTo } from '../../engine/keys.ts'
import { instantOf, readDate } from '../../engine/values/date.ts'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { condition, type DiseInfo, diagnosisKey, syndromesIn } from '../condition.ts'
import { coverage } from '../coverage.ts'
import { list, listOf, node, text } from '../envelope.ts'
import { homePage, operation, type OperationRow, type SettlementListRow, stay } from '../home-page.ts'
import { noteIcu, SETTLEMENT_LIST_ICU } from '../icu-stay.ts'
import { amount, checkSum, flagAmounts, sum } from '../money.ts'
import { personOfSettlementList } from '../persons.ts'
import { listBenefit, listClaim, type ListMoneyRow } from '../settlement-list.ts'
import { miisKeys } from '../keys.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

const PATH = 'input.setlinfo'

/** 4101A, the form of 2022, has the same nodes without the money; what is missing stays absent. */
export const settlementList = (infno: '4101' | '4101A'): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt, context } = input
    const info = node(request, 'input', 'setlinfo')
    const at = naming(info, PATH)
    const person = personOfSettlementList(info)
    addPerson(input, person, info, PATH, statedAt)
    record.noteRead(at('hi_no'), at('hi_type'))
    const diagnoses = addDiagnoses(input, info)
    const procedures = addOperations(input, info)
    const insutype = text(info, 'hi_type')
    const money: ListMoneyRow = {
      ...withSite<ListMoneyRow>(info, request),
      ...(person.psn_no !== undefined && { psn_no: person.psn_no }),
      ...(insutype !== undefined && { insutype }),
      items: list(request, 'input', 'iteminfo'),
      funds: list(request, 'input', 'payinfo'),
      diagnoses,
    }
    const { psn_no, insuplc } = money
    record.run(
      coverage,
      { ...(psn_no && { psn_no }), ...(insutype && { insutype }), ...(insuplc && { insuplc_admdvs: insuplc }) },
      { statedAt, at },
    )
    // It stands and falls with the settlement whose list it is.
    const settled = money.setl_id === undefined ? undefined : miisKeys.settled(context, money.setl_id)
    // A list whose diagnoses are all void has none, and says so.
    const none = diagnoses.length === 0 && list(request, 'input', 'diseinfo').length > 0
    const without = none ? ['diagnosis'] : []
    const ofPerson = psn_no === undefined ? undefined : miisKeys.insured(context, psn_no)
    const claim = record.run(listClaim, money, {
      ...{ statedAt, at, without },
      ...{ batches: settled ? [settled] : [], apart: settled, ofPerson },
      hears: money.mdtrt_id === undefined ? undefined : miisKeys.claimedOf(miisKeys.visit(context, money.mdtrt_id)),
    })
    // The settlement itself (2304) knows the same money better: its statement is of the settlement's day or later and goes before.
    const benefit = record.run(listBenefit, money, { statedAt: settledAt(money.setl_end_date, context.timezone) ?? statedAt, at })
    const row: SettlementListRow = {
      ...withSite<SettlementListRow>(info, request),
      diagnoses,
      procedures,
      icuStays: list(request, 'input', 'icuinfo'),
      ...(claim && claim !== 'patient' && { claim }),
      ...(benefit && benefit !== 'patient' && { money: benefit }),
    }
    record.run(stay, row, { statedAt, at })
    record.run(homePage, row, { statedAt, at })
    noteIcu(record, listOf(request, 'input', 'icuinfo'), SETTLEMENT_LIST_ICU)
    noteMoney(input, money)
    checkMoney(input, info, money)
  },
})

function settledAt(date: string | undefined, zone: string): string | undefined {
  const day = date === undefined ? undefined : readDate(date).value
  return day === undefined ? undefined : instantOf(day, zone)
}

function addDiagnoses(
  { request, record, context, requestedAt: statedAt }: TransactionInput,
  info: MiisObject,
): SettlementListRow['diagnoses'] {
  const mdtrtId = text(info, 'mdtrt_id')
  const nodes = list(request, 'input', 'diseinfo')
  const rows = nodes.map((one): DiseInfo => ({ ...withSite<DiseInfo>(one, request), ...(mdtrtId !== undefined && { mdtrt_id: mdtrtId }) }))
  const syndromesOf = syndromesIn(rows)
  return rows.flatMap((row, index) => {
    const at = naming(nodes[index] ?? {}, `input.diseinfo[${index}]`)
    for (const one of [row, ...syndromesOf(row)]) record.run(condition, one, { statedAt, at })
    record.noteRead(at('maindiag_flag'), at('mdtrt_id'), at('vali_flag'))
    const key = row.vali_flag === '0' ? undefined : diagnosisKey(row, context)
    if (!key) return []
    const admissionCondition = row.adm_cond_type
    return [{ condition: referTo(key), main: row.maindiag_flag === '1', ...(admissionCondition !== undefined && { admissionCondition }) }]
  })
}

function addOperations({ request, record, requestedAt: statedAt }: TransactionInput, info: MiisObject): SettlementListRow['procedures'] {
  const mdtrtId = text(info, 'mdtrt_id')
  return list(request, 'input', 'oprninfo').flatMap((node, index) => {
    const row: OperationRow = { ...withSite<OperationRow>(node, request), ...(mdtrtId !== undefined && { mdtrt_id: mdtrtId }) }
    const key = record.run(operation, row, { statedAt, at: naming(node, `input.oprninfo[${index}]`) })
    return key && key !== 'patient' ? [referTo(key)] : []
  })
}

const ITEM_AMOUNTS = ['amt', 'claa_sumfee', 'clab_amt', 'fulamt_ownpay_amt', 'oth_amt']
const FUND = ['fund_pay_type', 'fund_payamt']

function noteMoney({ record }: TransactionInput, money: ListMoneyRow): void {
  for (const [index, item] of money.items.entries()) {
    const at = naming(item, `input.iteminfo[${index}]`)
    record.offer(item, at)
    record.noteRead(...['med_chrgitm', ...ITEM_AMOUNTS].map(at))
    // A line of a claim must have a category; that it is the one for others nobody said.
    if (text(item, 'med_chrgitm') === undefined)
      record.issue({ severity: 'information', code: 'mapping-value-assumed', at: at('med_chrgitm') })
    flagAmounts(record, at, item, ITEM_AMOUNTS)
  }
  for (const [index, fund] of money.funds.entries()) {
    const at = naming(fund, `input.payinfo[${index}]`)
    record.offer(fund, at)
    record.noteRead(...FUND.map(at))
    flagAmounts(record, at, fund, ['fund_payamt'])
  }
}

/** Each category is the sum of its parts; all categories are what the funds and the person paid; the person's parts agree. */
function checkMoney({ record }: TransactionInput, info: MiisObject, money: ListMoneyRow): void {
  for (const [index, item] of money.items.entries()) {
    const parts = ['claa_sumfee', 'clab_amt', 'fulamt_ownpay_amt', 'oth_amt'].map((field) => amount(item, field))
    checkSum(record, `input.iteminfo[${index}].amt`, amount(item, 'amt'), parts)
  }
  const own = [amount(info, 'psn_selfpay'), amount(info, 'psn_ownpay')]
  if (money.items.length > 0) {
    const charged = sum(money.items.map((item) => amount(item, 'amt')))
    checkSum(record, 'input.iteminfo', charged, [...money.funds.map((fund) => amount(fund, 'fund_payamt')), ...own])
  }
  if (own.some((part) => part !== undefined))
    checkSum(record, `${PATH}.psn_selfpay`, sum(own), [amount(info, 'acct_pay'), amount(info, 'psn_cashpay')])
}
