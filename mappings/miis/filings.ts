/**
 * What is filed with the insurance before care is paid for: a referral to another hospital (2501), a chronic or special disease (2503), a
 * designated institution (2505). Each is known by the number that the insurance gives to the filing, which stands in its answer.
 */
import type { Condition, EpisodeOfCare, ServiceRequest } from '@medplum/fhirtypes'
import { BASE, codeSystem } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { ResourceKey } from '../engine/types.ts'
import { coverageReference } from './coverage.ts'
import { DIVISION, division } from './division.ts'
import { diagnosisConcept } from './diagnosis.ts'
import { doctor, miisKeys } from './keys.ts'
import type { Site } from './transaction.ts'

export interface FilingRow extends Site {
  /** of the answer, or of the reversal */
  trt_dcla_detl_sn?: string
  psn_no?: string
  insutype?: string
  begndate?: string
  enddate?: string
  memo?: string
  /** 2501 */
  diag_code?: string
  diag_name?: string
  dise_cond_dscr?: string
  reflin_medins_no?: string
  reflin_medins_name?: string
  refl_type?: string
  refl_date?: string
  refl_rea?: string
  refl_opnn?: string
  hosp_agre_refl_flag?: string
  /** 2503 */
  opsp_dise_code?: string
  opsp_dise_name?: string
  ide_fixmedins_no?: string
  ide_fixmedins_name?: string
  hosp_ide_date?: string
  diag_dr_codg?: string
  diag_dr_name?: string
  /** 2505 */
  biz_appy_type?: string
  fix_srt_no?: string
}

const FILING_NO = `${BASE}/sid/nhsa/filing-no`
const filingKey =
  (type: string) =>
  (row: RowView<FilingRow>, run: Run): ResourceKey | undefined =>
    row.trt_dcla_detl_sn === undefined ? undefined : miisKeys.filing(run.context, type, row.trt_dcla_detl_sn)

const FILINGS = codeSystem('nhsa-filing')
/** SNOMED CT */
const REFERRAL = { system: 'http://snomed.info/sct', code: '3457005', display: 'Patient referral' }

/** 2501: the hospital that refers asks, the one that takes over performs. */
export const referral = mapping<FilingRow, ServiceRequest>({
  source: 'miis/2501/refmedin',
  to: 'ServiceRequest',
  id: filingKey('ServiceRequest'),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')],
    status: 'active',
    intent: 'order',
    category: [{ coding: [REFERRAL], text: '转院' }],
    code: { coding: [{ system: codeSystem('nhsa-refl-type'), code: from.text('refl_type') }], text: from.const('转院备案') },
    subject: from.patient(),
    occurrencePeriod: { start: from.date('begndate'), end: from.date('enddate') },
    authoredOn: from.date('refl_date'),
    requester: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    performer: [
      from.organization('reflin_medins_no', 'reflin_medins_name'),
      from
        .value('reflin_medins_name', (row) => (row.reflin_medins_name === undefined ? undefined : { display: row.reflin_medins_name }))
        .when((run) => run.text('reflin_medins_no') === undefined),
    ],
    locationCode: [{ coding: [{ system: DIVISION, code: division<FilingRow>('mdtrtarea_admvs') }] }],
    reasonCode: [
      from.value(['diag_code', 'diag_name'], (row, run) => diagnosisConcept(run, 'diag_code', '1', row.diag_code, row.diag_name)),
    ],
    insurance: [from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row))],
    note: [
      { text: from.prose('dise_cond_dscr') },
      { text: from.prose('refl_rea').as((words) => `转院原因：${words}`) },
      { text: from.prose('refl_opnn').as((words) => `转院意见：${words}`) },
      { text: from.choice('hosp_agre_refl_flag', { '1': '医院同意转院', '0': '医院不同意转院' }) },
    ],
  }),
})

/** 2502: what a filing that was taken back keeps. */
export const referralReversal = mapping<FilingRow, ServiceRequest>({
  source: 'miis/2502/data',
  to: 'ServiceRequest',
  id: filingKey('ServiceRequest'),
  organization: 'fixmedins_code',
  yielding: ['category', 'code', 'intent'],
  rules: (from) => ({
    identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')],
    status: 'revoked',
    intent: 'order',
    category: [{ coding: [REFERRAL], text: '转院' }],
    code: { text: from.const('转院备案') },
    subject: from.patient(),
  }),
})

/** 2503: the disease itself, as the hospital found it, independent of any visit. */
export const filedDisease = mapping<FilingRow, Condition>({
  source: 'miis/2503/data',
  to: 'Condition',
  profile: 'cn-condition',
  id: filingKey('Condition'),
  organization: 'ide_fixmedins_no',
  rules: (from) => ({
    identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')],
    // con-3: what stands on the problem list has one. The insurance pays for what goes on.
    clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
    verificationStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }] },
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/condition-category',
            code: 'problem-list-item',
            display: 'Problem List Item',
          },
        ],
      },
    ],
    code: from.codeOf(codeSystem('nhsa-disease'), 'opsp_dise_code', 'opsp_dise_name').required(),
    subject: from.patient(),
    recordedDate: from.date('hosp_ide_date'),
    recorder: doctor<FilingRow>('diag_dr_codg', 'diag_dr_name'),
  }),
})

/** 2504: the filing was all that said so. */
export const filedDiseaseReversal = mapping<FilingRow, Condition>({
  source: 'miis/2504/data',
  to: 'Condition',
  id: filingKey('Condition'),
  organization: 'fixmedins_code',
  withdrawn: () => true,
  rules: (from) => ({ identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')] }),
})

const KINDS = {
  '2503': { code: 'opsp', display: '门诊慢特病备案' },
  '2505': { code: 'designated', display: '定点医药机构备案' },
} as const
const kindOf = (infno: keyof typeof KINDS) => ({ coding: [{ system: FILINGS, ...KINDS[infno] }], text: KINDS[infno].display })

/** How long the insurance pays for it, and at which institution. The disease is named by its Condition alone. */
const entitlement = (infno: keyof typeof KINDS, institution: 'ide_fixmedins_no' | 'fixmedins_code') =>
  mapping<FilingRow, EpisodeOfCare>({
    source: `miis/${infno}/data`,
    to: 'EpisodeOfCare',
    profile: 'cn-episodeofcare',
    id: filingKey('EpisodeOfCare'),
    organization: institution,
    rules: (from) => ({
      identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')],
      status: 'active',
      type: [kindOf(infno), { coding: [{ system: codeSystem('nhsa-biz-appy-type'), code: from.text('biz_appy_type') }] }],
      diagnosis:
        infno === '2503'
          ? from.value('trt_dcla_detl_sn', (row, run) => {
              const disease = filingKey('Condition')(row, run)
              return disease && [{ condition: referTo(disease) }]
            })
          : undefined,
      patient: from.patient(),
      managingOrganization: from
        .value(institution, (row, run) => referTo(keys.organization(run.scope), row.ide_fixmedins_name ?? row.fixmedins_name))
        .required(),
      period: { start: from.date('begndate'), end: from.date('enddate') },
    }),
  })

export const chronicDisease = entitlement('2503', 'ide_fixmedins_no')
export const designation = entitlement('2505', 'fixmedins_code')

/** 2504 and 2506 */
const entitlementReversal = (infno: keyof typeof KINDS) =>
  mapping<FilingRow, EpisodeOfCare>({
    source: `miis/${infno === '2503' ? '2504' : '2506'}/data`,
    to: 'EpisodeOfCare',
    profile: 'cn-episodeofcare',
    id: filingKey('EpisodeOfCare'),
    organization: 'fixmedins_code',
    yielding: ['type', 'managingOrganization'],
    rules: (from) => ({
      identifier: [from.identifier(FILING_NO, 'trt_dcla_detl_sn')],
      status: 'cancelled',
      type: [kindOf(infno)],
      patient: from.patient(),
      managingOrganization: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    }),
  })

export const chronicDiseaseReversal = entitlementReversal('2503')
export const designationReversal = entitlementReversal('2505')
