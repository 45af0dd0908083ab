/** The full home page (4401) of a stay: what it says of the stay itself, of allergies and infections, and its document C0032. */
import type { AllergyIntolerance, Encounter, Observation } from '@medplum/fhirtypes'
import { codeSystem, localSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys } from '../engine/keys.ts'
import { type Mapping, mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { localCodes } from '../engine/systems.ts'
import type { KeyReference, ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { ADMISSION_CONDITION } from './condition.ts'
import { type DuringStay, duringStay } from './during-stay.ts'
import { HOME_PAGE_ICU, icuStays } from './icu-stay.ts'
import { miisKeys, visit } from './keys.ts'
import type { DocumentKind } from './record-document.ts'
import { providerOf } from './settlement.ts'
import type { Site } from './transaction.ts'
import { saysNoAllergy } from '../engine/values/no-allergy.ts'
import { table } from '../engine/values/table.ts'

export interface HomePageRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  ipt_otp_no?: string
  medcasno?: string
  patn_ipt_cnt?: string
  adm_way_code?: string
  adm_way_name?: string
  adm_caty?: string
  adm_date?: string
  dscg_date?: string
  dscg_caty?: string
  ipt_days?: string
  deptdrt_name?: string
  /** so spelled in the interface */
  chfdr_Name?: string
  atddr_name?: string
  chfpdr_name?: string
  ipt_dr_name?: string
  resp_nurs_name?: string
  codr_name?: string
  dscg_way?: string
  dscg_way_name?: string
  acp_medins_name?: string
  resc_cnt?: string
  resc_succ_cnt?: string
  medfee_paymtd_code?: string
  med_fee_paymtd_name?: string
  vali_flag?: string
  diagnoses: readonly HomePageDiagnosis[]
  icuStays: readonly MiisObject[]
}

export interface HomePageDiagnosis {
  condition: KeyReference
  main: boolean
  admissionCondition?: string
  /** of the admission; one of the discharge otherwise */
  role?: 'AD'
}

type Provider = (row: RowView<Site>, run: Run) => KeyReference | undefined

export const STAY = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' }
const ROLE = 'http://terminology.hl7.org/CodeSystem/diagnosis-role'
const DISCHARGE = { system: ROLE, code: 'DD', display: 'Discharge diagnosis' }
const ADMISSION = { system: ROLE, code: 'AD', display: 'Admission diagnosis' }
const named = (display: string | undefined) => (display === undefined ? undefined : { display })
const participant = (code: string, text_: string) => [{ coding: [{ system: codeSystem('cn-role'), code, display: text_ }] }]
const ATTENDING = [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND', display: 'attender' }] },
]

/** The insurance's number of the visit where there is one; the uninsured have the hospital's alone. */
export const stayKey = (row: { mdtrt_sn?: string; mdtrt_id?: string }, run: Pick<Run, 'scope' | 'context'>): ResourceKey | undefined =>
  row.mdtrt_id !== undefined
    ? miisKeys.visit(run.context, row.mdtrt_id)
    : row.mdtrt_sn === undefined
      ? undefined
      : keys.encounter(run.scope, row.mdtrt_sn)

function diagnosesOf(row: RowView<HomePageRow>) {
  if (row.diagnoses.length === 0) return undefined
  const ordered = [...row.diagnoses.filter((one) => one.main), ...row.diagnoses.filter((one) => !one.main)]
  return ordered.map(({ condition, admissionCondition, role }, at) => ({
    ...(admissionCondition !== undefined && {
      extension: [
        { url: structureDefinition('cn-admission-condition'), valueCoding: { system: ADMISSION_CONDITION, code: admissionCondition } },
      ],
    }),
    condition,
    use: { coding: [role === 'AD' ? ADMISSION : DISCHARGE] },
    rank: at + 1,
  }))
}

const rescues = (name: 'total' | 'successful', count: string | undefined) =>
  count !== undefined && /^\d{1,4}$/.test(count) ? [{ url: name, valueUnsignedInt: Number(count) }] : []

const PAYMENT_METHOD = 'urn:oid:2.16.156.10011.2.3.1.269'
/** A page writes the national code in one digit; its 9 is the 99 there. */
const paymentCode = (sent: string): string => (/^\d$/.test(sent) ? (sent === '9' ? '99' : `0${sent}`) : sent)

/** Extensions that hold several values: rescues, and each stay in an intensive care unit. */
function extensions(row: RowView<HomePageRow>, run: Run) {
  const total = rescues('total', row.resc_cnt)
  const rescued =
    total.length > 0
      ? [{ url: structureDefinition('cn-rescue-count'), extension: [...total, ...rescues('successful', row.resc_succ_cnt)] }]
      : []
  const units = icuStays(row.icuStays, HOME_PAGE_ICU, run.context.timezone)
  const number = row.patn_ipt_cnt !== undefined && /^[1-9]\d{0,3}$/.test(row.patn_ipt_cnt) ? Number(row.patn_ipt_cnt) : undefined
  const counted = number === undefined ? [] : [{ url: structureDefinition('cn-visit-number'), valuePositiveInt: number }]
  const paid =
    row.medfee_paymtd_code === undefined && row.med_fee_paymtd_name === undefined
      ? []
      : [
          {
            url: structureDefinition('cn-payment-method'),
            valueCodeableConcept: {
              ...(row.medfee_paymtd_code !== undefined && {
                coding: [{ system: PAYMENT_METHOD, code: paymentCode(row.medfee_paymtd_code) }],
              }),
              ...(row.med_fee_paymtd_name !== undefined && { text: row.med_fee_paymtd_name }),
            },
          },
        ]
  const all = [...counted, ...paid, ...rescued, ...units]
  return all.length > 0 ? all : undefined
}

export const stayMapping = (source: string, provider: Provider): Mapping<HomePageRow> =>
  mapping<HomePageRow, Encounter>({
    source,
    to: 'Encounter',
    profile: 'cn-encounter-minimal',
    id: (row, run) => stayKey(row as { mdtrt_sn?: string; mdtrt_id?: string }, run),
    organization: 'fixmedins_code',
    // The page is void, not the stay.
    when: (row) => row.vali_flag !== '0',
    rules: (from) => ({
      extension: from.value(['patn_ipt_cnt', 'medfee_paymtd_code', 'resc_cnt', 'icuStays'], extensions),
      identifier: [
        from.identifier(NATIONAL.mdtrtId, 'mdtrt_id'),
        from.identifier((scope) => localSystem(scope, 'visit-no'), 'mdtrt_sn').when((run) => run.text('mdtrt_id') === undefined),
        from.identifier((scope) => localSystem(scope, 'inpatient-no'), 'ipt_otp_no', 'IPNO'),
        from.identifier((scope) => localSystem(scope, 'mrn'), 'medcasno', 'MRN'),
      ],
      status: 'finished',
      class: STAY,
      subject: from.patient(),
      period: { start: from.dateTime('adm_date'), end: from.dateTime('dscg_date').as(notBefore) },
      length: from.quantity('ipt_days', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
      participant: [
        { type: ATTENDING, individual: from.value(['atddr_name', 'chfpdr_name'], (row) => named(row.atddr_name ?? row.chfpdr_name)) },
        {
          type: participant('chief', '主任（副主任）医师'),
          individual: from.value(['chfdr_Name', 'deptdrt_name'], (row) => named(row.chfdr_Name ?? row.deptdrt_name)),
        },
        { type: participant('resident', '住院医师'), individual: from.value('ipt_dr_name', (row) => named(row.ipt_dr_name)) },
        { type: participant('nurse', '责任护士'), individual: from.value('resp_nurs_name', (row) => named(row.resp_nurs_name)) },
        { type: participant('coder', '编码员'), individual: from.value('codr_name', (row) => named(row.codr_name)) },
      ],
      diagnosis: from.value('diagnoses', diagnosesOf),
      hospitalization: {
        admitSource: {
          coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.270', code: from.text('adm_way_code') }],
          text: from.text('adm_way_name'),
        },
        dischargeDisposition: {
          coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: from.text('dscg_way') }],
          text: from.text('dscg_way_name'),
        },
        destination: from.value('acp_medins_name', (row) => named(row.acp_medins_name)),
      },
      serviceType: { coding: [{ system: codeSystem('nhsa-department'), code: from.text('dscg_caty').or(from.text('adm_caty')) }] },
      serviceProvider: from.value('fixmedins_code', provider),
    }),
  })

export const homePageStay = stayMapping('miis/4401/baseinfo', providerOf)

/** An end before the start is stored as sent and flagged (formats.md D7). */
function notBefore(end: string, run: Run): string {
  const [admitted, discharged] = [run.text('adm_date'), run.text('dscg_date')]
  if (admitted !== undefined && discharged !== undefined && discharged < admitted) run.flaw('dscg_date', 'mapping-date-order')
  return end
}

export interface AllergyRow extends Site {
  psn_no?: string
  medcasno?: string
  dicm_drug_name?: string
  vali_flag?: string
}

/** 药物过敏: by its name, of the hospital's own patient number; where the page denies any, it stands in the document alone. */
export const allergyMapping = (source: string): Mapping<AllergyRow> =>
  mapping<AllergyRow, AllergyIntolerance>({
    source,
    to: 'AllergyIntolerance',
    profile: 'cn-allergy',
    id: (row, run) =>
      row.medcasno === undefined || row.dicm_drug_name === undefined
        ? undefined
        : keys.allergy(run.scope, row.medcasno, row.dicm_drug_name),
    organization: 'fixmedins_code',
    // What is taken back is so whatever it says: servers of before kept a denial as an allergy.
    when: (row) => row.dicm_drug_name !== undefined && (row.vali_flag === '0' || !saysNoAllergy(row.dicm_drug_name)),
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] },
      category: ['medication'],
      code: from.coded('allergen', 'dicm_drug_name', 'dicm_drug_name', { system: (scope) => localCodes(scope, 'allergen') }).required(),
      patient: from.patient(),
    }),
  })

export const drugAllergy = allergyMapping('miis/4401/baseinfo')

export interface ScreeningRow extends DuringStay {
  mdtrt_sn?: string
  mdtrt_id?: string
  vali_flag?: string
  screening: (typeof SCREENINGS)[number]
  result?: string
}

/** Tests that the page has a box for: 0 not done, 1 negative, 2 positive. */
export const SCREENINGS = [
  { field: 'hbsag', loinc: '5195-3', text: '乙肝表面抗原（HBsAg）' },
  { field: 'hcv_ab', loinc: '16128-1', text: '丙型肝炎抗体（HCV-Ab）' },
  { field: 'hiv_ab', loinc: '7918-6', text: '艾滋病毒抗体（HIV-Ab）' },
] as const
const RESULTS: Record<string, { code: string; display: string; text: string }> = table({
  '1': { code: '260385009', display: 'Negative', text: '阴性' },
  '2': { code: '10828004', display: 'Positive', text: '阳性' },
})

export const screeningMapping = (source: string): Mapping<ScreeningRow> =>
  mapping<ScreeningRow, Observation>({
    source,
    to: 'Observation',
    profile: 'cn-observation-lab-minimal',
    id: (row, run) => {
      const visitNo = row.mdtrt_sn ?? row.mdtrt_id
      return visitNo === undefined
        ? undefined
        : { type: 'Observation', scope: run.scope, parts: ['home-page', visitNo, row.screening.field] }
    },
    organization: 'fixmedins_code',
    when: (row) => row.result !== undefined && row.result !== '0',
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] },
      ],
      code: from.value('screening', (row) => ({
        coding: [{ system: 'http://loinc.org', code: row.screening.loinc }],
        text: row.screening.text,
      })),
      subject: from.patient(),
      encounter: visit<ScreeningRow>('mdtrt_id').or(from.encounter('mdtrt_sn')),
      effectivePeriod: duringStay(from),
      valueCodeableConcept: from.value('result', (row, run) => {
        const { text: said, ...coding } = RESULTS[row.result ?? ''] ?? {}
        if (said === undefined) run.flaw('result', 'mapping-value-unknown')
        return said === undefined
          ? { text: row.result ?? '' }
          : { coding: [{ system: 'http://snomed.info/sct', ...(coding as { code: string; display: string }) }], text: said }
      }),
    }),
  })

export const screening = screeningMapping('miis/4401/baseinfo')

export const HOME_PAGE: DocumentKind = {
  code: 'C0032',
  title: '住院病案首页',
  profile: 'cn-composition-homepage',
  dates: ['medcas_qlt_date', 'dscg_date'],
  authors: [
    [undefined, 'ipt_dr_name'],
    [undefined, 'atddr_name'],
    [undefined, 'codr_name'],
  ],
  sections: [
    {
      code: '11535-2',
      title: '出院诊断',
      fields: [
        ['cnfm_date', '确诊日期'],
        ['damg_intx_ext_rea', '损伤、中毒的外部原因'],
        ['damg_intx_ext_rea_disecode', '损伤、中毒的外部原因疾病编码'],
        ['patn_dise_diag_crsp', '患者疾病诊断对照'],
        ['patn_dise_diag_crsp_code', '患者疾病诊断对照代码'],
        ['ipt_patn_diag_inscp', '诊断符合情况'],
        ['ipt_patn_diag_inscp_code', '诊断符合情况代码'],
        ['dscg_trt_rslt', '出院治疗结果'],
        ['dscg_trt_rslt_code', '出院治疗结果代码'],
        ['die_code', '死亡标识'],
        ['die_autp_flag', '死亡患者尸检标志'],
      ],
    },
    {
      code: '48765-2',
      title: '过敏',
      fields: [
        ['drug_dicm_flag', '药物过敏标志'],
        ['dicm_drug_name', '过敏药物'],
        ['aise', '过敏源'],
      ],
    },
    { code: '47519-4', title: '手术及操作', fields: [['hosp_dise_fsttime', '手术、治疗、检查、诊断为本院第一例']] },
    {
      code: '48768-6',
      title: '住院费用',
      fields: [
        ['medfee_sumamt', '总费用'],
        ['selfpay_amt', '自付金额'],
        ['hif_pay_way_name', '医保付费方式'],
        ['hif_pay_way_code', '医保付费方式代码'],
        ['med_fee_paymtd_name', '医疗费用支付方式'],
      ],
    },
    {
      code: 'administration',
      title: '住院管理',
      fields: [
        ['age', '年龄'],
        ['ntly_name', '国籍'],
        ['naty_name', '民族'],
        ['mrg_name', '婚姻状况'],
        ['nwb_bir_wt', '新生儿出生体重（g）'],
        ['nwb_adm_wt', '新生儿入院体重（g）'],
        ['empr_addr', '工作单位及地址'],
        ['empr_tel', '工作单位联系电话'],
        ['empr_poscode', '工作单位邮政编码'],
        ['trt_type_name', '治疗类别'],
        ['trt_type', '治疗类别代码'],
        ['adm_ward', '入院病房'],
        ['refldept_caty_name', '转科科别'],
        ['dscg_ward', '出院病房'],
        ['deptdrt_name', '科主任'],
        ['chfpdr_name', '主诊医师'],
        ['train_dr_name', '进修医师'],
        ['intn_dr_name', '实习医师'],
        ['pote_intn_dr_name', '研究生实习医师'],
        ['qltctrl_dr_name', '质控医师'],
        ['qltctrl_nurs_name', '质控护士'],
        ['medcas_qlt_name', '病案质量'],
        ['medcas_qlt_code', '病案质量代码'],
        ['acp_medins_code', '拟接收医疗机构代码'],
        ['dscg_31days_rinp_flag', '出院31天内再住院计划'],
        ['dscg_31days_rinp_pup', '再住院计划目的'],
        ['brn_damg_bfadm_coma_dura', '颅脑损伤患者入院前昏迷时间'],
        ['brn_damg_afadm_coma_dura', '颅脑损伤患者入院后昏迷时间'],
        ['vent_used_time', '呼吸机使用时间'],
      ],
    },
  ],
}
