/** 2204 and 2301, outpatient and inpatient charge lines: ChargeItem per line, MedicationRequest per drug line. */
import type { ChargeItem, MedicationRequest } from '@medplum/fhirtypes'
import { BASE, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { spoken } from '../../engine/spoken.ts'
import { readDose } from '../dosage.ts'
import { list, text } from '../envelope.ts'
import { itemConcept, itemKind } from '../../engine/charged-item.ts'
import { doctor, miisKeys, visit } from '../keys.ts'
import { checkLine } from '../money.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'

interface FeeRow extends Site {
  feedetl_sn?: string
  mdtrt_id?: string
  chrg_bchno?: string
  rxno?: string
  fee_ocur_time?: string
  cnt?: string
  pric?: string
  det_item_fee_sumamt?: string
  med_list_codg?: string
  medins_list_codg?: string
  medins_list_name?: string
  bilg_dept_codg?: string
  bilg_dept_name?: string
  bilg_dr_codg?: string
  bilg_dr_name?: string
  acord_dept_codg?: string
  acord_dept_name?: string
  sin_dos_dscr?: string
  used_frqu_dscr?: string
  prd_days?: string
  medc_way_dscr?: string
  /** 2301: the line that this one refunds */
  init_feedetl_sn?: string
  /** 2301: its own spelling of dose, frequency and days */
  sin_dos?: string
  sin_dosunt?: string
  frqu_dscr?: string
  used_days?: string
}

const lineNo = (row: RowView<FeeRow>): [string, string] | undefined =>
  row.mdtrt_id === undefined || row.feedetl_sn === undefined ? undefined : [row.mdtrt_id, row.feedetl_sn]

/** feedetl_sn is unique within a visit only, so the identifier carries the visit. */
const lineIdentifier = (row: RowView<FeeRow>) => {
  const parts = lineNo(row)
  return parts && { system: `${BASE}/sid/nhsa/feedetl-sn`, value: parts.join('.') }
}

export const chargeLine = mapping<FeeRow, ChargeItem>({
  source: 'miis/2204/feedetail',
  to: 'ChargeItem',
  id: (row, run) => {
    const parts = lineNo(row)
    return parts && miisKeys.charge(run.context, ...parts)
  },
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.value('feedetl_sn', lineIdentifier)],
    status: 'billable',
    partOf: [
      from.value('init_feedetl_sn', (row, run) =>
        row.mdtrt_id === undefined || row.init_feedetl_sn === undefined
          ? undefined
          : referTo(miisKeys.charge(run.context, row.mdtrt_id, row.init_feedetl_sn)),
      ),
    ],
    code: from
      .value(['med_list_codg', 'medins_list_codg', 'medins_list_name'], (row, run) =>
        itemConcept(run, row.med_list_codg, row.medins_list_codg, row.medins_list_name),
      )
      .required(),
    subject: from.patient(),
    context: visit<FeeRow>('mdtrt_id'),
    occurrenceDateTime: from.dateTime('fee_ocur_time'),
    performer: [{ actor: doctor<FeeRow>('bilg_dr_codg', 'bilg_dr_name') }],
    requestingOrganization: from.department('bilg_dept_codg', 'bilg_dept_name'),
    performingOrganization: from.department('acord_dept_codg', 'acord_dept_name'),
    quantity: from.quantity('cnt'),
    priceOverride: from.money('det_item_fee_sumamt'),
    extension: [{ url: structureDefinition('cn-unit-price'), valueMoney: from.money('pric') }],
  }),
})

/** A refund (negative count) takes money back; it prescribes nothing. */
const isDrug = (row: RowView<FeeRow>): boolean =>
  !row.cnt?.startsWith('-') &&
  (itemKind(row.med_list_codg) === 'drug' || [dose(row), frequency(row), row.medc_way_dscr].some((part) => part !== undefined))

const dose = (row: RowView<FeeRow>): string | undefined =>
  row.sin_dos_dscr ?? (row.sin_dos === undefined ? undefined : `${row.sin_dos}${row.sin_dosunt ?? ''}`)
const frequency = (row: RowView<FeeRow>): string | undefined => row.used_frqu_dscr ?? row.frqu_dscr

const DAYS = { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' } as const

export const prescriptionLine = mapping<FeeRow, MedicationRequest>({
  source: 'miis/2204/feedetail',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: (row, run) => {
    const parts = lineNo(row)
    return parts && miisKeys.prescription(run.context, ...parts)
  },
  organization: 'fixmedins_code',
  when: isDrug,
  rules: (from) => ({
    identifier: [from.value('feedetl_sn', lineIdentifier)],
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: from
      .value(['med_list_codg', 'medins_list_codg', 'medins_list_name'], (row, run) =>
        itemConcept(run, row.med_list_codg, row.medins_list_codg, row.medins_list_name),
      )
      .required(),
    subject: from.patient(),
    encounter: visit<FeeRow>('mdtrt_id'),
    authoredOn: from.dateTime('fee_ocur_time'),
    requester: doctor<FeeRow>('bilg_dr_codg', 'bilg_dr_name'),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'rx-no'), 'rxno'),
    dosageInstruction: [
      {
        text: from.value(['sin_dos_dscr', 'used_frqu_dscr', 'medc_way_dscr'], (row) => {
          const words = [dose(row), frequency(row), row.medc_way_dscr].filter((word) => word !== undefined)
          return words.length > 0 ? words.join(' ') : undefined
        }),
        timing: { code: from.value('used_frqu_dscr', (row, run) => spoken(run, 'frequency', frequency(row))) },
        route: from.value('medc_way_dscr', (row, run) => spoken(run, 'route', row.medc_way_dscr)),
        doseAndRate: [{ doseQuantity: from.value('sin_dos_dscr', (row) => readDose(dose(row))) }],
      },
    ],
    dispenseRequest: {
      quantity: from.quantity('cnt'),
      expectedSupplyDuration: from.quantity('prd_days', undefined, DAYS).or(from.quantity('used_days', undefined, DAYS)),
    },
  }),
})

/** 2301 spells some fields in another way and refunds by lines of their own; otherwise it is the same list. */
export const chargesTransaction = (infno: '2204' | '2301'): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const lines = list(request, 'input', 'feedetail')
    const first = lines[0]
    if (first) addPerson(input, personOf(first), first, 'input.feedetail[0]', statedAt)
    const person = first && text(first, 'psn_no')
    for (const [at, line] of lines.entries()) {
      const path = `input.feedetail[${at}]`
      const named = naming(line, path)
      record.noteRead(`${path}.psn_no`)
      // One message is one person's: a line of another person would be stored under the wrong one.
      if (text(line, 'psn_no') !== person) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: `${path}.psn_no` })
        continue
      }
      const row = withSite<FeeRow>(line, request)
      record.run(chargeLine, row, { statedAt, at: named })
      record.run(prescriptionLine, row, { statedAt, at: named })
      checkLine(record, `${path}.det_item_fee_sumamt`, line)
    }
  },
})
