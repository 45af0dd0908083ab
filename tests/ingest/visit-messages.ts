/** Messages of a hospital and of the insurance about one visit: V1 is the hospital's number of it, M1 that of the insurance. */
import { sourceMapping } from '../../mappings/index.ts'
import type { IngestDeps } from '../../server/ingest/types.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import type { TestDatabase } from '../support/mongo.ts'
import { recordsMapping, type Rig, rig, sourceOf } from './support.ts'

export interface Person {
  name: string
  number: string
  birth: string
  local: string
  psn: string
}

export const WANG: Person = {
  name: '王建国',
  number: '110100195803120019',
  birth: '1958-03-12',
  local: '100',
  psn: '31000000000000000000000001',
}
export const LI: Person = {
  name: '李秀兰',
  number: '310100196511080248',
  birth: '1965-11-08',
  local: '200',
  psn: '31000000000000000000000002',
}

/** Institution codes: of the hospital that sends, and of another one. */
export const HOME = { own: 'H11010500001', other: 'H11010500002' }

export const visitRig = (options: Partial<IngestDeps> = {}, shared?: TestDatabase): Promise<Rig> => {
  const terminology = createTerminology()
  const sources = [
    sourceOf('his', 'hospital', 'H1', 'hospital/hl7v2'),
    sourceOf('miis', 'miis', 'MIA', 'miis/interface'),
    sourceOf('own', 'hospital', 'H1'),
    sourceOf('area', 'rhip', 'HA'),
  ]
  const mapping: IngestDeps['mapping'] = (id) => (id === recordsMapping.id ? recordsMapping : sourceMapping(id))
  return rig(sources, { mapping, translate: (map, code) => terminology.translate(map as never, code), ...options }, shared)
}

interface Admission {
  person?: Person
  visit?: string
  id?: string
  /** of the message, YYYYMMDDhhmmss */
  at?: string
  stay?: boolean
  event?: 'A01' | 'A11'
}

type Message = readonly [source: string, body: unknown]

export function admission({
  person = WANG,
  visit = 'V1',
  id = 'ADT1',
  at = '20260309093000',
  stay: isStay = false,
  event = 'A01',
}: Admission = {}): Message {
  const numbers = [`${person.local}^^^0001^PI`, ...(person.number === '' ? [] : [`${person.number}^^^MPS^NI`])].join('~')
  return [
    'his',
    [
      `MSH|^~\\&|HIS|0001|EAI|YILIAN|${at}||ADT^${event}^ADT_A01|${id}|P|2.4||||||UNICODE UTF-8`,
      `EVN|${event}|${at}`,
      `PID|1||${numbers}||${person.name}||${person.birth.replaceAll('-', '')}|M`,
      `PV1|1|${isStay ? 'I' : 'O'}|0305^心内科^12||||||||||||||||${visit}|||||||||||||||||||||||||20260309093000`,
    ].join('\r'),
  ]
}

/** ORU^R01 of a report in the visit, of which it says nothing but the number. */
export function mention(): Message {
  return [
    'his',
    [
      'MSH|^~\\&|HIS|0001|EAI|YILIAN|20260309120000||ORU^R01^ORU_R01|ORU1|P|2.4||||||UNICODE UTF-8',
      `PID|1||${WANG.local}^^^0001^PI~${WANG.number}^^^MPS^NI||${WANG.name}||${WANG.birth.replaceAll('-', '')}|M`,
      'PV1|1|O|0305^心内科^12||||||||||||||||V1',
      'OBR|1|S1|R1|XCG^血常规^L|||20260309120000|||||||20260309120000|||||||||20260309120000||HM|F',
      'OBX|1|NM|WBC^白细胞计数^L||5.0|10^9/L|3.5-9.5|N|||F|||20260309120000',
    ].join('\r'),
  ]
}

/** Of a platform, which mentions the visit beside a card of which nothing else is known. */
export function cardMention(): Message {
  const visit = {
    resourceType: 'Encounter',
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/visit-no', value: 'V1' }],
    status: 'unknown',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK' },
    subject: { $patient: true },
  }
  const key = { type: 'Encounter', scope: 'H1', parts: ['V1'] }
  const resources = [{ key, resource: visit, state: 'current', statedAt: '2026-03-09T02:00:00Z', placeholder: true }]
  return ['area', [{ deliveryId: 'area', patient: { local: [{ kind: 'CARD', value: '0|C9', strong: true }] }, resources }]]
}

const request = (infno: string, hour: string, input: object, home = HOME.own): object => ({
  infno,
  msgid: `${home}20260309${hour.replace(':', '')}00${infno.slice(0, 4)}`,
  insuplc_admdvs: '110105',
  mdtrtarea_admvs: '110105',
  inf_time: `2026-03-09 ${hour}:00`,
  fixmedins_code: home,
  input,
})
const answer = (hour: string, output: object): object => ({
  infcode: '0',
  inf_refmsgid: `R${hour}`,
  respond_time: `20260309${hour.replace(':', '')}01000`,
  output,
})
const insured = ({ psn, name, number, birth }: Person): object => ({
  psn_no: psn,
  psn_name: name,
  gend: '1',
  brdy: birth,
  psn_cert_type: '01',
  certno: number,
  insutype: '310',
})

interface Registration {
  person?: Person
  home?: string
  hour?: string
}

/** 2201 with its answer: ipt_otp_no and mdtrt_id. */
export function registration({ person = WANG, home = HOME.own, hour = '09:00' }: Registration = {}): Message {
  const mdtrtinfo = { ...insured(person), ipt_otp_no: 'V1', begntime: '2026-03-09 09:00:00', dept_name: '心内科' }
  const data = { mdtrt_id: 'M1', psn_no: person.psn, ipt_otp_no: 'V1' }
  return ['miis', { request: request('2201', hour, { mdtrtinfo }, home), response: answer(hour, { data }) }]
}

/** 2203: mdtrt_id alone. */
export function outpatientVisit({ person = WANG }: { person?: Person } = {}): Message {
  const mdtrtinfo = { ...insured(person), mdtrt_id: 'M1', med_type: '11', begntime: '2026-03-09 09:40:00', main_cond_dscr: '复诊' }
  const diseinfo = [
    {
      diag_type: '1',
      maindiag_flag: '1',
      diag_srt_no: '1',
      diag_code: 'I10.x00',
      diag_name: '高血压病',
      vali_flag: '1',
      diag_time: '2026-03-09 09:50:00',
    },
  ]
  return ['miis', request('2203', '09:45', { mdtrtinfo, diseinfo })]
}

interface Report {
  person?: Person
  visit?: string
  report?: string
  hour?: string
}

/** 4502: mdtrt_sn and mdtrt_id. */
export function labReport({ person = WANG, visit = 'V1', report = 'R1', hour = '10:30' }: Report = {}): Message {
  const labinfo = {
    mdtrt_sn: visit,
    mdtrt_id: 'M1',
    psn_no: person.psn,
    appy_no: `S${report}`,
    exam_org_code: HOME.own,
    rpotc_no: report,
    exam_item_code: '002503020010000-250302001',
    exam_item_name: '血常规',
    rpt_date: '2026-03-09',
    vali_flag: '1',
  }
  return ['miis', request('4502', hour, { labinfo, iteminfo: [], sampleinfo: [] })]
}

/** 2204: mdtrt_id alone. */
export function charges(): Message {
  const line = {
    feedetl_sn: 'F1',
    chrg_bchno: 'B1',
    mdtrt_id: 'M1',
    psn_no: WANG.psn,
    fee_ocur_time: '2026-03-09 10:00:00',
    cnt: '1',
    pric: '10',
    det_item_fee_sumamt: '10',
    medins_list_codg: 'XM1',
    medins_list_name: '治疗',
  }
  return ['miis', request('2204', '11:00', { feedetail: [line] })]
}

/** 2401 with its answer. */
export function stay({ visit = 'M1', began = '2026-03-09 09:30:00', hour = '09:35' } = {}): Message {
  const mdtrtinfo = { ...insured(WANG), med_type: '21', ipt_otp_no: 'V1', begntime: began, adm_dept_name: '心内科' }
  return ['miis', { request: request('2401', hour, { mdtrtinfo, diseinfo: [] }), response: answer(hour, { result: { mdtrt_id: visit } }) }]
}

/** 2404 */
export const cancelled = (visit: string): Message => ['miis', request('2404', '15:00', { data: { mdtrt_id: visit, psn_no: WANG.psn } })]

/** Of a hospital's system that takes back what it said itself. */
export function ownVisit(state: 'current' | 'withdrawn'): Message {
  const visit = {
    resourceType: 'Encounter',
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/visit-no', value: 'V1' }],
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { $patient: true },
    period: { start: '2026-03-09T09:30:00+08:00' },
    reasonCode: [{ text: '误登记' }],
  }
  const statedAt = state === 'current' ? '2026-03-09T01:30:00Z' : '2026-03-09T06:00:00Z'
  return [
    'own',
    [
      {
        deliveryId: `own ${state}`,
        patient: { local: [{ kind: 'PI', value: WANG.local, strong: true }], legal: { type: '01', number: WANG.number }, name: WANG.name },
        resources: [{ key: { type: 'Encounter', scope: 'H1', parts: ['V1'] }, resource: visit, state, statedAt }],
      },
    ],
  ]
}

/** 2601 of a message. */
export function undone([source, body]: Message): Message {
  const { infno, msgid, ...rest } = (body as { request: { infno: string; msgid: string } }).request
  const data = { psn_no: WANG.psn, omsgid: msgid, oinfno: infno }
  return [source, { ...rest, infno: '2601', msgid: `${msgid}U`, inf_time: '2026-03-09 13:00:00', input: { data } }]
}

/** 4205: by the hospital's number, for the insurance has none of it. */
export function selfPaidVisit(): Message {
  const { name, number, birth } = WANG
  const mdtrtinfo = {
    mdtrt_sn: 'V1',
    fixmedins_mdtrt_id: 'V1',
    psn_cert_type: '01',
    certno: number,
    psn_name: name,
    gend: '1',
    brdy: birth,
    med_type: '11',
    begntime: '2026-03-09 09:40:00',
  }
  return ['miis', request('4205', '10:10', { mdtrtinfo, diseinfo: [], feedetail: [] })]
}

/** 4206 */
export const selfPaidReversal = (): Message => [
  'miis',
  request('4206', '16:00', { data: { mdtrt_sn: 'V1', fixmedins_mdtrt_id: 'V1', certno: WANG.number, psn_cert_type: '01' } }),
]

/** The n-th visit, told of by both before it is said that they are one: of two patients whose visits these are by turns. */
export function numbered(n: number): Message[] {
  const person = n % 2 === 0 ? WANG : LI
  const named = ([source, body]: Message): Message => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const own = text
      .replace(/(?<!P)V1\b/g, `V${n}`)
      .replace(/\bM1\b/g, `M${n}`)
      .replace('ADT1', `ADT${n}`)
      .replace(/"msgid":"/g, `"msgid":"N${n}`)
    return [source, own]
  }
  const told = [admission({ person }), outpatientVisit({ person })]
  return [...(n % 3 === 0 ? told.toReversed() : told), registration({ person })].map(named)
}
