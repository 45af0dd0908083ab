/**
 * 2204 and 2301, outpatient and inpatient charge lines: ChargeItem per line, MedicationRequest per drug line. The answer says how the
 * insurance sees each line; it names no visit, so it counts only beside its request.
 */
import type { ChargeItem, MedicationRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { spoken } from '../../engine/spoken.ts'
import { readDose } from '../dosage.ts'
import { lineIdentifier, lineKey, type LineNumbers, lineSets } from '../charge-keys.ts'
import { list, text } from '../envelope.ts'
import { itemConcept, itemKind } from '../../engine/charged-item.ts'
import { doctor, miisKeys, visit } from '../keys.ts'
import { checkLine } from '../money.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

export interface FeeRow extends Site, LineNumbers {
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
  /** of the answer's line */
  chrgitm_lv?: string
  /** 4201 and 4205 have it of the line itself */
  med_chrgitm_type?: string
  selfpay_prop?: string
  pric_uplmt_amt?: string
}

/** Fields that the answer adds to a line. */
const JUDGED = ['chrgitm_lv', 'med_chrgitm_type', 'selfpay_prop', 'pric_uplmt_amt'] as const

export const chargeLine = mapping<FeeRow, ChargeItem>({
  source: 'miis/2204/feedetail',
  to: 'ChargeItem',
  id: (row, run) => lineKey('ChargeItem', row, run),
  organization: 'fixmedins_code',
  batches: lineSets,
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
    context: visit<FeeRow>('mdtrt_id').or(from.encounter('mdtrt_sn')),
    occurrenceDateTime: from.dateTime('fee_ocur_time'),
    performer: [{ actor: doctor<FeeRow>('bilg_dr_codg', 'bilg_dr_name') }],
    requestingOrganization: from.department('bilg_dept_codg', 'bilg_dept_name'),
    performingOrganization: from.department('acord_dept_codg', 'acord_dept_name'),
    quantity: from.quantity('cnt'),
    priceOverride: from.money('det_item_fee_sumamt'),
    extension: [
      { url: structureDefinition('cn-unit-price'), valueMoney: from.money('pric') },
      {
        url: structureDefinition('cn-fee-category'),
        valueCoding: { system: codeSystem('nhsa-fee-category'), code: from.text('med_chrgitm_type') },
      },
      { url: structureDefinition('cn-item-level'), valueCoding: { system: codeSystem('nhsa-chrgitm-lv'), code: from.text('chrgitm_lv') } },
      { url: structureDefinition('cn-self-pay-ratio'), valueDecimal: from.value('selfpay_prop', share) },
      { url: structureDefinition('cn-limit-price'), valueMoney: from.money('pric_uplmt_amt') },
    ],
  }),
})

/** A share that is none (`100`, `-1`) is not guessed at. */
function share(row: RowView<FeeRow>, run: Run) {
  const value = row.selfpay_prop === undefined ? undefined : readDecimal(row.selfpay_prop)
  const isShare = value !== undefined && /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(value.text)
  if (row.selfpay_prop !== undefined && !isShare) run.flaw('selfpay_prop', 'mapping-number-invalid')
  return isShare ? value : undefined
}

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
  id: (row, run) => lineKey('MedicationRequest', row, run),
  organization: 'fixmedins_code',
  when: isDrug,
  batches: lineSets,
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
    encounter: visit<FeeRow>('mdtrt_id').or(from.encounter('mdtrt_sn')),
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

/** Sorts behind a request of the same instant that came without its answer, whose order is empty: it is the letter behind the bar that ends an order. */
const WITH_ANSWER = '}'

/** 2301 spells some fields in another way and refunds by lines of their own; otherwise it is the same list. */
export const chargesTransaction = (infno: '2204' | '2301'): Transaction => ({
  infno,
  long: ['feedetail', 'result'],
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    const lines = list(request, 'input', 'feedetail')
    const first = lines[0]
    if (first) addPerson(input, personOf(first), first, 'input.feedetail[0]', statedAt)
    const person = first && text(first, 'psn_no')
    const judged = judgements(input)
    // The request once more by itself knows less of the same lines; one of another time is a correction.
    const order = input.response ? WITH_ANSWER : ''
    for (const [index, line] of lines.entries()) {
      yield
      const path = `input.feedetail[${index}]`
      const named = naming(line, path)
      record.noteRead(`${path}.psn_no`)
      // One message is one person's: a line of another person would be stored under the wrong one.
      if (text(line, 'psn_no') !== person) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: `${path}.psn_no` })
        continue
      }
      const found = judged.get(text(line, 'feedetl_sn') ?? '')
      const row = { ...withSite<FeeRow>(line, request), ...found?.row }
      const at = judgedAt(named, found)
      record.run(chargeLine, row, { statedAt, at, order })
      record.run(prescriptionLine, row, { statedAt, at, order })
      checkLine(record, `${path}.det_item_fee_sumamt`, line)
    }
  },
})

export interface Judged {
  row: Pick<FeeRow, (typeof JUDGED)[number]>
  path: string
}

/** Fields that the answer adds are named there. */
export const judgedAt =
  (named: (field: string) => string, found: Judged | undefined) =>
  (field: string): string =>
    found && (JUDGED as readonly string[]).includes(field) ? `${found.path}.${field}` : named(field)

/** Lines of the answer by the number of the line; amounts that it repeats are compared with nothing: they are the insurance's. */
export function judgements({ response, record }: TransactionInput, name: 'result' | 'detlcutinfo' = 'result'): Map<string, Judged> {
  return new Map(
    list(response, 'output', name).map((line, at): [string, Judged] => {
      const path = `output.${name}[${at}]`
      record.offer(line, naming(line, path))
      record.noteRead(...['feedetl_sn', 'det_item_fee_sumamt', 'cnt', 'pric'].map((field) => `${path}.${field}`))
      const row = Object.fromEntries(
        JUDGED.flatMap((field) => {
          const value = text(line, field)
          return value === undefined ? [] : [[field, value]]
        }),
      )
      return [text(line, 'feedetl_sn') ?? '', { row, path }]
    }),
  )
}
