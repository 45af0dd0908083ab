/** 4301, the record of an outpatient visit: document C0002, diagnoses, prescriptions. Its visit is the hospital's (`mdtrt_sn`). */
import type { MedicationRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { itemConcept } from '../../engine/charged-item.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { spoken } from '../../engine/spoken.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { readUnit } from '../../engine/values/unit.ts'
import { listOf, nodeOf, text } from '../envelope.ts'
import { visit } from '../keys.ts'
import { personOf } from '../persons.ts'
import { recordDiagnoses, type VisitNumbers } from '../record-diagnoses.ts'
import { documentMapping, type DocumentRow } from '../record-document.ts'
import { OUTPATIENT } from '../outpatient-document.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'

interface PrescriptionRow extends Site, VisitNumbers {
  rxno?: string
  rx_detl_id?: string
  rx_detl_name?: string
  rx_prsc_time?: string
  drug_dosform_name?: string
  drug_spec?: string
  drug_used_frqu?: string
  drug_used_sdose?: string
  drug_used_dosunt?: string
  drug_used_way_code?: string
  drug_medc_way?: string
  skintst_dicm?: string
  tcmherb_foote?: string
  medc_begntime?: string
  medc_endtime?: string
  medc_days?: string
  vali_flag?: string
}

/** 皮试判别 */
const SKIN_TEST = { '1': 'negative', '2': 'positive', '3': 'exempt', 阴性: 'negative', 阳性: 'positive', 免试: 'exempt' } as const
const words = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined).join(' ') || undefined

export const outpatientPrescription = mapping<PrescriptionRow, MedicationRequest>({
  source: 'miis/4301/rxinfo',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: (row, run) => {
    const parts = [row.rxno, row.rx_detl_id].filter((part) => part !== undefined)
    return parts.length === 0 ? undefined : keys.drugOrder(run.scope, parts.join('.'))
  },
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-skin-test'), valueCode: from.choice('skintst_dicm', SKIN_TEST) },
      { url: structureDefinition('cn-decoction-usage'), valueString: from.text('tcmherb_foote') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'rx-line-no'), 'rx_detl_id')],
    status: 'active',
    intent: 'order',
    category: [{ coding: [{ system: codeSystem('cn-prescription-category'), code: 'outpatient', display: '门诊处方' }] }],
    medicationCodeableConcept: from
      .value('rx_detl_name', (row, run) => itemConcept(run, undefined, undefined, row.rx_detl_name))
      .required(),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<PrescriptionRow>('mdtrt_id')),
    authoredOn: from.dateTime('rx_prsc_time'),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'rx-no'), 'rxno'),
    dosageInstruction: [
      {
        text: from.value(['drug_used_sdose', 'drug_used_dosunt', 'drug_used_frqu', 'drug_medc_way'], (row) =>
          words(
            row.drug_used_sdose === undefined ? undefined : `${row.drug_used_sdose}${row.drug_used_dosunt ?? ''}`,
            row.drug_used_frqu,
            row.drug_medc_way,
          ),
        ),
        timing: {
          repeat: { boundsPeriod: { start: from.dateTime('medc_begntime'), end: from.dateTime('medc_endtime') } },
          code: from.value('drug_used_frqu', (row, run) => spoken(run, 'frequency', row.drug_used_frqu)),
        },
        route: from.value(['drug_used_way_code', 'drug_medc_way'], (row, run) =>
          spoken(run, 'route', row.drug_used_way_code, row.drug_medc_way),
        ),
        doseAndRate: [
          {
            doseQuantity: from.value('drug_used_sdose', (row) => {
              const value = row.drug_used_sdose === undefined ? undefined : readDecimal(row.drug_used_sdose)
              return value && { value, ...readUnit(row.drug_used_dosunt) }
            }),
          },
        ],
      },
    ],
    dispenseRequest: {
      expectedSupplyDuration: from.quantity('medc_days', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
    },
    note: [{ text: from.value(['drug_dosform_name', 'drug_spec'], (row) => words(row.drug_dosform_name, row.drug_spec)) }],
  }),
})

const caseRecord = documentMapping(OUTPATIENT, 'miis/4301/caseinfo')

export const outpatientRecord: Transaction = {
  infno: '4301',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'rgstinfo')
    addPerson(input, personOf(info), info, path, statedAt)
    record.offer(info, naming(info, path))
    record.noteRead(`${path}.mdtrt_sn`, `${path}.vali_flag`)
    const [own, insured] = [text(info, 'mdtrt_sn'), text(info, 'mdtrt_id')]
    const numbers: VisitNumbers = { ...(own && { mdtrt_sn: own }), ...(insured && { mdtrt_id: insured }) }
    const diagnoses = recordDiagnoses(input, numbers, { code: 'diag_code', name: 'diag_name' })
    const cases = listOf(request, 'input', 'caseinfo')
    for (const { node, path: at } of cases) {
      const number = cases.length > 1 ? text(node, 'mdtrt_date')?.replace(/\D/g, '') : undefined
      const row: DocumentRow = {
        ...withSite<DocumentRow>(node, request),
        ...numbers,
        ...(number !== undefined && { number }),
        entries: { '29548-5': diagnoses },
      }
      record.run(caseRecord, row, { statedAt, at: naming(node, at, [info, path]) })
      record.noteRead(`${at}.number`)
    }
    for (const { node, path: at } of listOf(request, 'input', 'rxinfo'))
      record.run(
        outpatientPrescription,
        { ...withSite<PrescriptionRow>(node, request), ...numbers },
        { statedAt, at: naming(node, at, [info, path]) },
      )
  },
}
