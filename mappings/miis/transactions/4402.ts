/** 4402, medical orders of a stay: drugs to MedicationRequest, everything else to ServiceRequest. */
import type { MedicationRequest, ServiceRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { itemConcept } from '../../engine/charged-item.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { spoken } from '../../engine/spoken.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { readUnit } from '../../engine/values/unit.ts'
import { listOf, text } from '../envelope.ts'
import { visit } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'

interface OrderRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  medcas_drord_detl_id?: string
  drord_no?: string
  drord_grpno?: string
  /** 下达时间, so spelled */
  drord_isu_no?: string
  drord_endtime?: string
  drord_type?: string
  drord_item_type?: string
  drord_item_name?: string
  drord_detl_code?: string
  drord_detl_name?: string
  drord_chker_name?: string
  drord_ptr_name?: string
  isu_dept_code?: string
  exe_dept_code?: string
  exedept_name?: string
  medn_type_code?: string
  medn_type_name?: string
  drug_dosform?: string
  drug_dosform_name?: string
  drug_spec?: string
  dismed_cnt?: string
  dismed_cnt_unt?: string
  medn_use_frqu?: string
  medn_used_dosunt?: string
  drug_used_sdose?: string
  drug_used_idose?: string
  drug_used_way_code?: string
  drug_used_way?: string
  medc_days?: string
  medc_begntime?: string
  medc_endtime?: string
  skintst_dicm?: string
  tcmherb_foote?: string
  vali_flag?: string
  /** the order's own number, or that of the line where several lines of the message share one */
  orderNo?: string
  /** of the message, ISO instant */
  statedAt?: string
}

/** A drug is told by what only drugs have: the interface's own classification differs from place to place. */
const DRUG_FIELDS = [
  'medn_type_code',
  'medn_type_name',
  'drug_dosform',
  'drug_used_sdose',
  'drug_used_idose',
  'drug_used_way_code',
  'drug_used_way',
] as const
const isDrug = (row: RowView<OrderRow>): boolean => DRUG_FIELDS.some((field) => row[field] !== undefined)

/** 1 长期医嘱, 2 临时医嘱 */
const KIND = {
  '1': 'long-term',
  '2': 'temporary',
  长期: 'long-term',
  临时: 'temporary',
  长期医嘱: 'long-term',
  临时医嘱: 'temporary',
} as const
/** 皮试判别 */
const SKIN_TEST = { '1': 'negative', '2': 'positive', '3': 'exempt', 阴性: 'negative', 阳性: 'positive', 免试: 'exempt' } as const

/** Done once its end has come for its sender: a course of seven days is ordered with its last day, and taken until then. */
function status(row: RowView<OrderRow>, run: Run): 'active' | 'completed' {
  const { timezone } = run.context
  const hasCome = (end: string | undefined): boolean => {
    const { value } = readDateTime(end ?? '', timezone)
    return value !== undefined && instantOf(value, timezone) <= (row.statedAt ?? '')
  }
  return [row.drord_endtime, row.medc_endtime].some(hasCome) ? 'completed' : 'active'
}

function dose(row: RowView<OrderRow>) {
  const value = row.drug_used_sdose === undefined ? undefined : readDecimal(row.drug_used_sdose)
  return value && { value, ...readUnit(row.medn_used_dosunt) }
}

const words = (...parts: readonly (string | undefined)[]): string | undefined => {
  const said = parts.filter((part) => part !== undefined)
  return said.length > 0 ? said.join(' ') : undefined
}

const FIELDS = ['drord_detl_code', 'drord_detl_name'] as const
const ordered = (row: RowView<OrderRow>, run: Run) => {
  const { drord_detl_code: code, drord_detl_name: name } = row
  const isNational = code !== undefined && /^[XZTC\d][A-Z0-9]{11,}/.test(code)
  return itemConcept(run, isNational ? code : undefined, isNational ? undefined : code, name)
}

const CATEGORIES: readonly [RegExp, string][] = [
  [/检验|化验/, 'lab'],
  [/影像|放射|超声|CT|磁共振/, 'imaging'],
  [/病理/, 'pathology'],
  [/检查/, 'examination'],
  [/手术/, 'surgery'],
  [/治疗|处置/, 'treatment'],
  [/护理/, 'nursing'],
  [/膳食|饮食/, 'diet'],
  [/会诊/, 'consult'],
  [/输血|血/, 'transfusion'],
]

/** By the name of the class; its codes differ from place to place. */
const categoryOf = (row: RowView<OrderRow>): string =>
  CATEGORIES.find(([pattern]) =>
    pattern.test(`${row.drord_item_name ?? ''} ${row.drord_item_name === undefined ? (row.drord_detl_name ?? '') : ''}`),
  )?.[1] ?? 'other'

export const drugOrder = mapping<OrderRow, MedicationRequest>({
  source: 'miis/4402/data',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: (row, run) => (row.orderNo === undefined ? undefined : keys.drugOrder(run.scope, row.orderNo)),
  organization: 'fixmedins_code',
  when: isDrug,
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.choice('drord_type', KIND) },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('drord_endtime') },
      { url: structureDefinition('cn-skin-test'), valueCode: from.choice('skintst_dicm', SKIN_TEST) },
      { url: structureDefinition('cn-decoction-usage'), valueString: from.text('tcmherb_foote') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'order-no'), 'orderNo')],
    status: from.value(['drord_endtime', 'medc_endtime'], status),
    intent: 'order',
    category: [{ coding: [{ system: codeSystem('cn-prescription-category'), code: 'inpatient', display: '住院医嘱' }] }],
    medicationCodeableConcept: from.value(FIELDS, ordered).required(),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<OrderRow>('mdtrt_id')),
    authoredOn: from.dateTime('drord_isu_no').or(from.dateTime('medc_begntime')),
    performer: from.department('exe_dept_code', 'exedept_name'),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'drord_grpno'),
    dosageInstruction: [
      {
        text: from.value(['drug_used_sdose', 'medn_used_dosunt', 'medn_use_frqu', 'drug_used_way'], (row) =>
          words(
            row.drug_used_sdose === undefined ? undefined : `${row.drug_used_sdose}${row.medn_used_dosunt ?? ''}`,
            row.medn_use_frqu,
            row.drug_used_way ?? row.drug_used_way_code,
          ),
        ),
        timing: {
          repeat: { boundsPeriod: { start: from.dateTime('medc_begntime'), end: from.dateTime('medc_endtime') } },
          code: from.value('medn_use_frqu', (row, run) => spoken(run, 'frequency', row.medn_use_frqu)),
        },
        route: from.value(['drug_used_way_code', 'drug_used_way'], (row, run) =>
          spoken(run, 'route', row.drug_used_way_code, row.drug_used_way),
        ),
        doseAndRate: [{ doseQuantity: from.value('drug_used_sdose', dose) }],
      },
    ],
    dispenseRequest: {
      quantity: from.quantity('dismed_cnt', 'dismed_cnt_unt'),
      expectedSupplyDuration: from.quantity('medc_days', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
    },
    note: [
      { text: from.value(['drug_dosform_name', 'drug_spec'], (row) => words(row.drug_dosform_name ?? row.drug_dosform, row.drug_spec)) },
      { text: from.text('drug_used_idose').as((total) => `总剂量：${total}`) },
      { text: from.text('drord_chker_name').as((name) => `医嘱审核人：${name}`) },
      { text: from.text('drord_ptr_name').as((name) => `执行人：${name}`) },
    ],
  }),
})

export const serviceOrder = mapping<OrderRow, ServiceRequest>({
  source: 'miis/4402/data',
  to: 'ServiceRequest',
  profile: 'cn-order-service',
  id: (row, run) => (row.orderNo === undefined ? undefined : keys.request(run.scope, row.orderNo)),
  organization: 'fixmedins_code',
  when: (row) => !isDrug(row),
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-order-kind'), valueCode: from.choice('drord_type', KIND) },
      { url: structureDefinition('cn-stop-time'), valueDateTime: from.dateTime('drord_endtime') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'orderNo')],
    status: from.value(['drord_endtime', 'medc_endtime'], status),
    intent: 'order',
    category: [
      {
        coding: [
          { system: codeSystem('cn-service-category'), code: from.value('drord_item_name', categoryOf) },
          { system: codeSystem('nhsa-drord-item-type'), code: from.text('drord_item_type'), display: from.text('drord_item_name') },
        ],
      },
    ],
    code: from.value(FIELDS, ordered).required(),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<OrderRow>('mdtrt_id')),
    occurrencePeriod: { start: from.dateTime('medc_begntime'), end: from.dateTime('medc_endtime') },
    authoredOn: from.dateTime('drord_isu_no'),
    requisition: from.identifier((scope) => localSystem(scope, 'order-group-no'), 'drord_grpno'),
    performer: [
      from.department('exe_dept_code', 'exedept_name'),
      from.value('drord_ptr_name', (row) => (row.drord_ptr_name === undefined ? undefined : { display: row.drord_ptr_name })),
    ],
    note: [{ text: from.text('drord_chker_name').as((name) => `医嘱审核人：${name}`) }],
  }),
})

export const medicalOrders: Transaction = {
  infno: '4402',
  long: ['data'],
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    const lines = listOf(request, 'input', 'data')
    const [first] = lines
    if (first) addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    const person = text(first?.node, 'psn_no')
    const own = lines.filter(({ node }) => text(node, 'psn_no') === person)
    const sharing = Map.groupBy(own, ({ node }) => text(node, 'drord_no'))
    for (const { node, path } of lines) {
      yield
      const at = naming(node, path)
      record.noteRead(
        ...['psn_no', 'ipt_bedno', 'ipt_dept_code', 'medins_orgcode', 'medcas_drord_detl_id', 'orderNo', 'statedAt', 'vali_flag'].map(at),
      )
      // One message is one person's: a line of another person would be stored under the wrong one.
      if (text(node, 'psn_no') !== person) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const [order, detail] = [text(node, 'drord_no'), text(node, 'medcas_drord_detl_id')]
      const isAlone = order !== undefined && sharing.get(order)?.length === 1
      const orderNo = isAlone ? order : order === undefined ? detail : detail === undefined ? undefined : `${order}.${detail}`
      const row: OrderRow = { ...withSite<OrderRow>(node, request), ...(orderNo !== undefined && { orderNo }), statedAt }
      if (orderNo === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: at('medcas_drord_detl_id') })
      else for (const map of [drugOrder, serviceOrder]) record.run(map, row, { statedAt, at })
    }
  },
}
