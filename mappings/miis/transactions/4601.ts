/** 4601, transfusions: a Procedure each, with the blood groups that were found; 4602, a nurse's record of vital signs. */
import type { Observation, Procedure } from '@medplum/fhirtypes'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { bloodGroup, type BloodGroupRow } from '../blood-group.ts'
import { listOf, type Named, text } from '../envelope.ts'
import { visit } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, type TransactionInput, withSite } from '../transaction.ts'
import { addVitalSigns, type SignRow } from '../vital-signs.ts'

interface TransfusionRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  bld_natu_code?: string
  bld_abo_code?: string
  bld_rh_code?: string
  bld_cat_code?: string
  bld_amt?: string
  bld_amt_unt?: string
  bld_defs_type_code?: string
  bld_cnt?: string
  bld_time?: string
  bld_rea?: string
  vali_flag?: string
}

/** Transfusions have no numbers: they are known by what was given when. */
function transfusionKey(row: RowView<TransfusionRow>, run: Run): ResourceKey | undefined {
  const visitNo = row.mdtrt_sn ?? row.mdtrt_id
  if (visitNo === undefined || row.bld_time === undefined) return undefined
  return { type: 'Procedure', scope: run.scope, parts: ['transfusion', visitNo, row.bld_time, row.bld_cat_code ?? '~'] }
}

const TRANSFUSION = { system: 'http://snomed.info/sct', code: '116859006', display: 'Transfusion of blood product' }
const note = (title: string) => (text: string) => `${title}：${text}`

export const transfusion = mapping<TransfusionRow, Procedure>({
  source: 'miis/4601/data',
  to: 'Procedure',
  profile: 'cn-procedure',
  id: transfusionKey,
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    status: 'completed',
    category: { coding: [{ system: codeSystem('cn-service-category'), code: 'transfusion', display: '输血' }] },
    code: { coding: [TRANSFUSION], text: '输血' },
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<TransfusionRow>('mdtrt_id')),
    performedDateTime: from.dateTime('bld_time'),
    reasonCode: [{ text: from.text('bld_rea') }],
    complication: [
      {
        coding: [
          {
            system: codeSystem('nhsa-transfusion-reaction'),
            code: from.text('bld_defs_type_code').when((run) => run.text('bld_defs_type_code') !== '0'),
          },
        ],
      },
    ],
    usedCode: [{ coding: [{ system: codeSystem('nhsa-blood-product'), code: from.text('bld_cat_code') }] }],
    note: [
      {
        text: from.value(['bld_amt', 'bld_amt_unt'], (row) =>
          row.bld_amt === undefined ? undefined : `输血量：${row.bld_amt}${row.bld_amt_unt ?? ''}`,
        ),
      },
      { text: from.text('bld_cnt').as(note('输血次数')) },
      { text: from.text('bld_natu_code').as(note('输血性质代码')) },
      { text: from.text('bld_abo_code').as(note('输入血液的 ABO 血型代码')) },
      { text: from.text('bld_rh_code').as(note('输入血液的 Rh 血型代码')) },
    ],
  }),
})

/** Lines of one person; one of another person would be stored under the wrong one. */
function ownLines(input: TransactionInput): Named[] {
  const { request, record, requestedAt } = input
  const lines = listOf(request, 'input', 'data')
  const [first] = lines
  if (first) addPerson(input, personOf(first.node), first.node, first.path, requestedAt)
  return lines.filter(({ node, path }) => {
    const isOwn = text(node, 'psn_no') === text(first?.node, 'psn_no')
    if (!isOwn) record.issue({ severity: 'error', code: 'mapping-conflict', at: `${path}.psn_no` })
    record.noteRead(`${path}.psn_no`, `${path}.mdtrt_id`, `${path}.vali_flag`)
    return isOwn
  })
}

export const transfusions: Transaction = {
  infno: '4601',
  long: ['data'],
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    for (const { node, path } of ownLines(input)) {
      yield
      const at = naming(node, path)
      record.run(transfusion, withSite<TransfusionRow>(node, request), { statedAt, at })
      const time = text(node, 'bld_time')
      for (const [field, kind] of [
        ['abo_code', 'abo'],
        ['rh_code', 'rh'],
      ] as const) {
        const code = text(node, field)
        if (code === undefined || text(node, 'vali_flag') === '0') continue
        const row: BloodGroupRow = { ...withSite<BloodGroupRow>(node, request), kind, code, ...(time && { time }) }
        record.run<BloodGroupRow>(bloodGroup, row, { statedAt, at: (name) => at(name === 'code' ? field : name), offer: false })
      }
    }
  },
}

const SIGNS = {
  temperature: 'tprt',
  pulse: 'pule',
  respiration: 'vent_frqu',
  systolic: 'systolic_pre',
  diastolic: 'dstl_pre',
  weight: 'wt',
  girth: 'abde',
} as const

interface NursingRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  rcd_time?: string
  nurscare_obsv_item_name?: string
  nurscare_obsv_rslt?: string
  nurs_name?: string
  vali_flag?: string
}

/** What a nurse observed beside the signs: by its name and in her words. */
const nursingObservation = mapping<NursingRow, Observation>({
  source: 'miis/4602/data',
  to: 'Observation',
  id: (row, run) => {
    const visitNo = row.mdtrt_sn ?? row.mdtrt_id
    if (visitNo === undefined || row.rcd_time === undefined || row.nurscare_obsv_item_name === undefined) return undefined
    return { type: 'Observation', scope: run.scope, parts: ['nursing', visitNo, row.nurscare_obsv_item_name, row.rcd_time] }
  },
  organization: 'fixmedins_code',
  when: (row) => row.nurscare_obsv_item_name !== undefined && row.nurscare_obsv_rslt !== undefined,
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey', display: 'Survey' }] }],
    code: { text: from.text('nurscare_obsv_item_name').required() },
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<NursingRow>('mdtrt_id')),
    effectiveDateTime: from.dateTime('rcd_time'),
    performer: [from.value('nurs_name', (row) => (row.nurs_name === undefined ? undefined : { display: row.nurs_name }))],
    valueString: from.prose('nurscare_obsv_rslt'),
  }),
})

export const nursingRecord: Transaction = {
  infno: '4602',
  long: ['data'],
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    for (const { node, path } of ownLines(input)) {
      yield
      const at = naming(node, path)
      record.offer(node, at)
      const { mdtrt_sn, mdtrt_id, rcd_time, vali_flag, nurs_name, fixmedins_code } = withSite<NursingRow>(node, request)
      const row: Omit<SignRow, 'sign'> = {
        ...(mdtrt_sn && { mdtrt_sn }),
        ...(mdtrt_id && { mdtrt_id }),
        ...(rcd_time && { time: rcd_time }),
        ...(vali_flag && { vali_flag }),
        ...(nurs_name && { nurse: nurs_name }),
        ...(fixmedins_code && { fixmedins_code }),
      }
      const names: Record<string, string> = { time: 'rcd_time', nurse: 'nurs_name' }
      addVitalSigns(record, node, SIGNS, row, { statedAt, at: (field) => at(names[field] ?? field) })
      record.run(nursingObservation, withSite<NursingRow>(node, request), { statedAt, at, offer: false })
      record.noteRead(at('mdtrt_sn'), at('rcd_time'))
    }
  },
}
