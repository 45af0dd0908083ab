/**
 * Visits whose patients pay for themselves (4202 a stay, 4205 an outpatient visit): cn-encounter under the hospital's own number, for the
 * insurance has none of it. All that belongs to such a visit stands in one set, which 4206 takes back.
 */
import type { Encounter } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { participation } from '../engine/systems.ts'
import type { ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { condition, type DiseInfo, diagnosisKey, syndromesIn } from './condition.ts'
import { encounterClass } from './encounter-class.ts'
import { list, text } from './envelope.ts'
import { doctor } from './keys.ts'
import { personOf } from './persons.ts'
import { providerOf } from './settlement.ts'
import { bedsOf, diagnosesOf, DISPOSITION, notBefore, placeOf, stayClass, type StayDiagnosis, type StayRow } from './stay.ts'
import { addPerson, respelled, type TransactionInput } from './transaction.ts'
import { table } from '../engine/values/table.ts'

export interface SelfPaidRow extends StayRow {
  mdtrt_sn?: string
  vali_flag?: string
}

/** Everything of the visit. */
export const selfPaidSet = (scope: string, visitNo: string): ResourceKey => ({
  type: 'Encounter',
  scope,
  parts: ['self-paid', 'visit', visitNo],
})

const visitKey = (row: RowView<SelfPaidRow>, run: Run): ResourceKey | undefined =>
  row.mdtrt_sn === undefined ? undefined : keys.encounter(run.scope, row.mdtrt_sn)

const visitNo = (scope: string): string => localSystem(scope, 'visit-no')

export const selfPaidStay = mapping<SelfPaidRow, Encounter>({
  source: 'miis/4202',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: visitKey,
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [
      from.identifier(visitNo, 'mdtrt_sn'),
      from.identifier((scope) => localSystem(scope, 'inpatient-no'), 'ipt_otp_no', 'IPNO'),
      from.identifier((scope) => localSystem(scope, 'mrn'), 'medrcdno', 'MRN'),
    ],
    status: from.value('endtime', (row) => (row.endtime === undefined ? 'in-progress' : 'finished')),
    class: stayClass,
    subject: from.patient(),
    participant: [{ type: participation('ATND', 'attender'), individual: doctor<SelfPaidRow>('atddr_no', 'chfpdr_name') }],
    period: { start: from.dateTime('begntime'), end: from.dateTime('endtime').as(notBefore) },
    reasonCode: [
      { text: from.prose('main_cond_dscr') },
      { text: from.prose('adm_diag_dscr') },
      { coding: [{ system: codeSystem('nhsa-disease'), code: from.text('dise_codg'), display: from.text('dise_name') }] },
    ],
    diagnosis: from.value('diagnoses', diagnosesOf),
    hospitalization: { dischargeDisposition: { coding: [{ system: DISPOSITION, code: from.text('dscg_way') }] } },
    serviceType: {
      coding: [{ system: codeSystem('nhsa-department'), code: from.text('dscg_dept_code').or(from.text('adm_dept_codg')) }],
      text: from.text('dscg_dept_name').or(from.text('adm_dept_name')),
    },
    location: from.value(['adm_bed', 'dscg_bed'], bedsOf),
    serviceProvider: from.value('fixmedins_code', providerOf),
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
    ],
  }),
})

/** It is sent with its charges, when it is over. */
export const selfPaidVisit = mapping<SelfPaidRow, Encounter>({
  source: 'miis/4205/mdtrtinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: visitKey,
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(visitNo, 'mdtrt_sn')],
    status: 'finished',
    class: encounterClass<SelfPaidRow>('med_type'),
    subject: from.patient(),
    period: { start: from.dateTime('begntime'), end: from.dateTime('endtime').as(notBefore) },
    reasonCode: [
      { text: from.prose('main_cond_dscr') },
      { coding: [{ system: codeSystem('nhsa-disease'), code: from.text('dise_codg'), display: from.text('dise_name') }] },
    ],
    diagnosis: from.value('diagnoses', (row) =>
      row.diagnoses.length === 0 ? undefined : row.diagnoses.map((one, at) => ({ condition: one.condition, rank: at + 1 })),
    ),
    serviceProvider: from.value('fixmedins_code', providerOf),
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
    ],
  }),
})

/** Known by his certificate; his telephone stands without a name of whose it would be, unless that is there. */
export function addSelfPaidPerson(input: TransactionInput, info: MiisObject, path: string, statedAt: string): void {
  const person = personOf(info)
  const address = person.coner_name === undefined ? undefined : text(info, 'addr')
  addPerson(input, { ...person, ...(address !== undefined && { coner_addr: address }) }, info, path, statedAt)
}

const DIAGNOSIS = { dise_dor_no: 'diag_dr_code', dise_dor_name: 'diag_dr_name' }
/** inout_diag_type: 1 of admission, 2 of discharge */
const ROLES: Readonly<Record<string, StayDiagnosis['role']>> = table({ '1': 'AD', '2': 'DD' })

export function selfPaidDiagnoses(input: TransactionInput, node: string, scope: string, visit: string): StayDiagnosis[] {
  const { request, record, context, requestedAt: statedAt } = input
  const nodes = list(request, 'input', node)
  const read = nodes.map((one, at) => respelled<DiseInfo>(one, `input.${node}[${at}]`, request, DIAGNOSIS))
  const rows = read.map(({ row }): DiseInfo => ({ ...row, mdtrt_sn: visit }))
  const syndromesOf = syndromesIn(rows)
  return rows.flatMap((row, index) => {
    const at = read[index]?.at ?? ((field) => field)
    for (const one of [row, ...syndromesOf(row)]) record.run(condition, one, { statedAt, at, batches: [selfPaidSet(scope, visit)] })
    record.noteRead(...['vali_flag', 'maindiag_flag', 'diag_srt_no', 'inout_diag_type', 'mdtrt_sn'].map(at))
    const key = row.vali_flag === '0' ? undefined : diagnosisKey(row, context)
    const role = ROLES[text(nodes[index], 'inout_diag_type') ?? ''] ?? 'DD'
    return key ? [{ condition: referTo(key), role, main: row.maindiag_flag === '1', ...placeOf(row.diag_srt_no) }] : []
  })
}
