/** 2203 (2203A in some places), outpatient visit and its diagnoses: Encounter, Condition. */
import type { Encounter } from '@medplum/fhirtypes'
import { codeSystem, NATIONAL, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { KeyReference } from '../../engine/types.ts'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { condition, type DiseInfo, diagnosisKey, syndromesIn } from '../condition.ts'
import { encounterClass } from '../encounter-class.ts'
import { list, node, text } from '../envelope.ts'
import { doctor, miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'

interface VisitRow extends Site {
  mdtrt_id?: string
  med_type?: string
  begntime?: string
  main_cond_dscr?: string
  dise_codg?: string
  dise_name?: string
  /** of the first valid diagnosis */
  dise_dor_no?: string
  dise_dor_name?: string
  diagnoses: { condition: KeyReference; rank?: number; main: boolean }[]
}

/** Outpatient diagnoses have no discharge role; the main one is what the insurance pays for. */
const MAIN = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: 'billing', display: 'Billing' }] }

const outpatientVisit = mapping<VisitRow, Encounter>({
  source: 'miis/2203/mdtrtinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row.mdtrt_id === undefined ? undefined : miisKeys.visit(run.context, row.mdtrt_id)),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.mdtrtId, 'mdtrt_id')],
    // The end of an outpatient visit is its settlement (2207), which says `finished`.
    status: 'in-progress',
    class: encounterClass<VisitRow>('med_type'),
    subject: from.patient(),
    period: { start: from.dateTime('begntime') },
    reasonCode: [
      { text: from.prose('main_cond_dscr') },
      { coding: [{ system: codeSystem('nhsa-disease'), code: from.text('dise_codg'), display: from.text('dise_name') }] },
    ],
    participant: [
      {
        type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND', display: 'attender' }] }],
        individual: doctor<VisitRow>('dise_dor_no', 'dise_dor_name'),
      },
    ],
    diagnosis: from.value('diagnoses', (row) =>
      row.diagnoses.length === 0
        ? undefined
        : row.diagnoses.map(({ condition: of, rank, main }) => ({
            condition: of,
            ...(main && { use: MAIN }),
            ...(rank !== undefined && { rank }),
          })),
    ),
    serviceProvider: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
    ],
  }),
})

export const outpatientVisitAndDiagnoses: Transaction = {
  infno: '2203',
  *fill(input) {
    const { request, record, context, requestedAt: statedAt } = input
    const info = node(request, 'input', 'mdtrtinfo')
    addPerson(input, personOf(info), info, 'input.mdtrtinfo', statedAt)
    const nodes = list(request, 'input', 'diseinfo')
    const rows = nodes.map((row) => diagnosisRow(row, info, request))
    const syndromesOf = syndromesIn(rows)
    for (const [index, row] of rows.entries()) {
      const at = naming(nodes[index] ?? {}, `input.diseinfo[${index}]`)
      for (const one of [row, ...syndromesOf(row)]) record.run(condition, one, { statedAt, at })
      yield
    }
    const valid = rows.filter((row) => row.vali_flag !== '0')
    const diagnoses = valid.flatMap((row) => {
      const key = diagnosisKey(row, context)
      const rank = Number(row.diag_srt_no)
      const main = row.maindiag_flag === '1'
      return key ? [{ condition: referTo(key), main, ...(Number.isInteger(rank) && rank > 0 && { rank }) }] : []
    })
    const used = ['vali_flag', 'maindiag_flag', 'diag_srt_no', 'mdtrt_id']
    record.noteRead(...rows.flatMap((_, index) => used.map((field) => `input.diseinfo[${index}].${field}`)))
    const { dise_dor_no, dise_dor_name } = valid[0] ?? {}
    const row: VisitRow = {
      ...withSite<VisitRow>(info, request),
      ...(dise_dor_no && { dise_dor_no }),
      ...(dise_dor_name && { dise_dor_name }),
      diagnoses,
    }
    record.run(outpatientVisit, row, { statedAt, at: naming(info, 'input.mdtrtinfo') })
  },
}

/** A diagnosis row belongs to the visit of its message. */
function diagnosisRow(row: MiisObject, info: MiisObject, request: MiisObject | undefined): DiseInfo {
  const mdtrtId = text(row, 'mdtrt_id') ?? text(info, 'mdtrt_id')
  return { ...withSite<DiseInfo>(row, request), ...(mdtrtId !== undefined && { mdtrt_id: mdtrtId }) }
}
