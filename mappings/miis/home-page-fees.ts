/** Money of the full home page (4401): its fee classes, each a ChargeItem of the stay's account; they are sums of the lines of 2301, not further ones. */
import type { Account, ChargeItem } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { type Mapping, mapping } from '../engine/mapping.ts'
import type { RecordBuilder } from '../engine/record.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { text } from './envelope.ts'
import { visit } from './keys.ts'
import { amount, checkSum, flagAmounts } from './money.ts'
import type { Site } from './transaction.ts'

export interface FeeClass {
  field: string
  title: string
  /** nhsa-fee-category */
  category: string
  /** the class of which it is a part; it counts there */
  within?: string
}

export const FEES: readonly FeeClass[] = [
  { field: 'ordn_med_servfee', title: '一般医疗服务费', category: '12' },
  { field: 'ordn_trt_oprt_fee', title: '一般治疗操作费', category: '05' },
  { field: 'nurs_fee', title: '护理费', category: '07' },
  { field: 'com_med_serv_oth_fee', title: '综合医疗服务类其他费用', category: '14' },
  { field: 'palg_diag_fee', title: '病理诊断费', category: '03' },
  { field: 'lab_diag_fee', title: '实验室诊断费', category: '04' },
  { field: 'rdhy_diag_fee', title: '影像学诊断费', category: '03' },
  { field: 'clnc_dise_fee', title: '临床诊断项目费', category: '03' },
  { field: 'nsrgtrt_item_fee', title: '非手术治疗项目费', category: '05' },
  { field: 'clnc_phys_trt_fee', title: '临床物理治疗费', category: '05', within: 'nsrgtrt_item_fee' },
  { field: 'rgtrt_trt_fee', title: '手术治疗费', category: '06' },
  { field: 'anst_fee', title: '麻醉费', category: '06', within: 'rgtrt_trt_fee' },
  { field: 'rgtrt_fee', title: '手术费', category: '06', within: 'rgtrt_trt_fee' },
  { field: 'rhab_fee', title: '康复费', category: '05' },
  { field: 'tcm_trt_fee', title: '中医治疗费', category: '05' },
  { field: 'wm_fee', title: '西药费', category: '09' },
  { field: 'abtl_medn_fee', title: '抗菌药物费用', category: '09', within: 'wm_fee' },
  { field: 'tcmpat_fee', title: '中成药费', category: '11' },
  { field: 'tcmherb_fee', title: '中草药费', category: '10' },
  { field: 'blo_fee', title: '血费', category: '14' },
  { field: 'albu_fee', title: '白蛋白类制品费', category: '14' },
  { field: 'glon_fee', title: '球蛋白类制品费', category: '14' },
  { field: 'clotfac_fee', title: '凝血因子类制品费', category: '14' },
  { field: 'cyki_fee', title: '细胞因子类制品费', category: '14' },
  { field: 'exam_dspo_matl_fee', title: '检查用一次性医用材料费', category: '08' },
  { field: 'trt_dspo_matl_fee', title: '治疗用一次性医用材料费', category: '08' },
  { field: 'oprn_dspo_matl_fee', title: '手术用一次性医用材料费', category: '08' },
  { field: 'oth_fee', title: '其他费', category: '14' },
]

export interface FeeRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  dscg_date?: string
  adm_date?: string
  vali_flag?: string
  fee: FeeClass
  amount?: string
}

const visitNo = (row: { mdtrt_sn?: string; mdtrt_id?: string }): string | undefined => row.mdtrt_sn ?? row.mdtrt_id

export const accountKey = (scope: string, row: { mdtrt_sn?: string; mdtrt_id?: string }): ResourceKey | undefined => {
  const no = visitNo(row)
  return no === undefined ? undefined : { type: 'Account', scope, parts: ['home-page', no] }
}

type Visit = { mdtrt_sn?: string; mdtrt_id?: string }

const accountMapping = (source: string): Mapping<Omit<FeeRow, 'fee' | 'amount'>> =>
  mapping<Omit<FeeRow, 'fee' | 'amount'>, Account>({
    source,
    to: 'Account',
    profile: 'cn-account',
    id: (row, run) => accountKey(run.scope, row as Visit),
    organization: 'fixmedins_code',
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      identifier: [
        from.value(['mdtrt_sn', 'mdtrt_id'], (row, run) => {
          const value = visitNo(row as Visit)
          return value === undefined ? undefined : { system: localSystem(run.scope, 'home-page-account'), value }
        }),
      ],
      status: 'inactive',
      type: { coding: [{ system: codeSystem('cn-claim-type'), code: 'inpatient', display: '住院' }] },
      name: '病案首页费用',
      subject: [from.patient()],
      servicePeriod: { start: from.dateTime('adm_date'), end: from.dateTime('dscg_date') },
      owner: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    }),
  })

const feeKey = (row: RowView<FeeRow>, run: Run): ResourceKey | undefined => {
  const no = visitNo(row as Visit)
  return no === undefined ? undefined : { type: 'ChargeItem', scope: run.scope, parts: ['home-page', no, row.fee.field] }
}

const feeMapping = (source: string): Mapping<FeeRow> =>
  mapping<FeeRow, ChargeItem>({
    source,
    to: 'ChargeItem',
    profile: 'cn-chargeitem-minimal',
    id: feeKey,
    organization: 'fixmedins_code',
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      status: 'billed',
      code: from.value('fee', ({ fee }) => ({
        coding: [{ system: codeSystem('home-page-fee'), code: fee.field, display: fee.title }],
        text: fee.title,
      })),
      subject: from.patient(),
      context: from.encounter('mdtrt_sn').or(visit<FeeRow>('mdtrt_id')),
      partOf: [
        from.value('fee', (row, run) => {
          const no = visitNo(row as Visit)
          const whole = row.fee.within
          return no === undefined || whole === undefined
            ? undefined
            : referTo({ type: 'ChargeItem', scope: run.scope, parts: ['home-page', no, whole] })
        }),
      ],
      occurrenceDateTime: from.dateTime('dscg_date').or(from.dateTime('inf_time')),
      quantity: { value: 1 },
      priceOverride: from.money('amount'),
      account: [from.referenceTo(['mdtrt_sn', 'mdtrt_id'], (row, run) => accountKey(run.scope, row as Visit))],
      extension: [
        {
          url: structureDefinition('cn-fee-category'),
          valueCoding: from.value('fee', ({ fee }) => ({ system: codeSystem('nhsa-fee-category'), code: fee.category })),
        },
      ],
    }),
  })

/** Mappings of the fees of a home page, under the name of the source that states them. */
export interface FeeMappings {
  account: Mapping<Omit<FeeRow, 'fee' | 'amount'>>
  fee: Mapping<FeeRow>
}
export const feeMappings = (source: string): FeeMappings => ({ account: accountMapping(source), fee: feeMapping(source) })
const OF_INSURANCE = feeMappings('miis/4401/baseinfo')

/** Account and fees of a home page; what has no amount is absent, never 0. A part without its whole counts for itself. */
export function addFees(
  record: RecordBuilder,
  info: MiisObject,
  row: Omit<FeeRow, 'fee' | 'amount'>,
  options: { statedAt: string; onArrival?: true | undefined; at: (field: string) => string },
  { account, fee: charge }: FeeMappings = OF_INSURANCE,
): ResourceKey[] {
  const filled = FEES.filter(({ field }) => text(info, field) !== undefined)
  const amounts = [...FEES.map(({ field }) => field), 'medfee_sumamt', 'selfpay_amt']
  flagAmounts(record, options.at, info, amounts)
  record.noteRead(...amounts.map(options.at))
  if (filled.length === 0) return []
  const there = new Set(filled.map(({ field }) => field))
  const made = [record.run(account, row, { ...options, offer: false })]
  for (const fee of filled) {
    const { within, ...alone } = fee
    const own = within !== undefined && there.has(within) ? fee : alone
    const sent = text(info, fee.field)
    const at = (field: string): string => options.at(field === 'amount' ? fee.field : field)
    record.run(charge, { ...row, fee: own, ...(sent && { amount: sent }) }, { ...options, at, offer: false })
  }
  const wholes = filled.filter(({ within }) => within === undefined || !there.has(within))
  checkSum(
    record,
    options.at('medfee_sumamt'),
    amount(info, 'medfee_sumamt'),
    wholes.map(({ field }) => amount(info, field)),
  )
  return made.flatMap((key) => (key && key !== 'patient' ? [key] : []))
}
