/** Messages, interface calls and files of an invented city, in the form in which their senders write them (formats.md A to C). */
import iconv from 'iconv-lite'
import type { Random } from '../faults/support/random.ts'
import type { House, Known, Payload } from './types.ts'

const FACILITY: Record<House, string> = { H1: '0001', H2: '0002', H3: '0003' }
const INSTITUTION: Record<House, string> = { H1: 'H11010500001', H2: 'H11010500002', H3: 'H11010500003' }

let messages = 0
const messageId = (): string => `CITY${++messages}`

const timeOf = (random: Random): string => {
  const day = new Date(Date.UTC(2026, 0, 1 + random.below(85), random.below(24), random.below(60)))
  return day.toISOString().replace(/[-:T]/g, '').slice(0, 14)
}

function identification(house: House, { number, registration }: Known, broken: boolean): string {
  const { name, sex, birth, number: card, phone = '', address = '' } = registration
  const numbers = broken ? '' : [`${number}^^^${FACILITY[house]}^PI`, ...(card === undefined ? [] : [`${card}^^^MPS^NI`])].join('~')
  return `PID|1||${numbers}||${name}||${birth.replaceAll('-', '')}|${sex === 'male' ? 'M' : 'F'}|||${address}||${phone}`
}

/** A broken one names no patient. */
export function admission(house: House, known: Known, visit: string, random: Random, broken = false): Payload {
  const time = timeOf(random)
  const segments = [
    `MSH|^~\\&|HIS|${FACILITY[house]}|EAI|YILIAN|${time}||ADT^A01^ADT_A01|${messageId()}|P|2.4||||||UNICODE UTF-8`,
    `EVN|A01|${time}`,
    identification(house, known, broken),
    ...(broken ? [] : [`PV1|1|O|0305^心内科^12||||||||||||||||${visit}|||||||||||||||||||||||||${time}`]),
  ]
  return { source: `${house.toLowerCase()}-his`, contentType: 'application/hl7-v2', body: segments.join('\r') }
}

export function report(house: House, known: Known, visit: string, number: string, random: Random, broken = false, status = 'F'): Payload {
  // A correction is later than any first report.
  const time = status === 'F' ? timeOf(random) : '20260401080000'
  const segments = [
    `MSH|^~\\&|LIS|${FACILITY[house]}|EAI|YILIAN|${time}||ORU^R01^ORU_R01|${messageId()}|P|2.4||||||UNICODE UTF-8`,
    identification(house, known, broken),
    // By its visit a report would find its patient too.
    ...(broken ? [] : [`PV1|1|O|0305^心内科^12||||||||||||||||${visit}`]),
    `ORC|RE|S${number}|${number}||CM`,
    `OBR|1|S${number}|${number}|XCG^血常规^L|||${time}|||||||${time}|||||||||${time}||HM|${status}`,
    `OBX|1|NM|WBC^白细胞计数^L||${3 + random.below(90) / 10}|10^9/L|3.5-9.5|N|||${status}|||${time}`,
  ]
  return { source: `${house.toLowerCase()}-his`, contentType: 'application/hl7-v2', body: segments.join('\r') }
}

function envelope(infno: string, house: House, input: object): Payload {
  const body = {
    infno,
    msgid: `${INSTITUTION[house]}${messageId()}`,
    mdtrtarea_admvs: '110105',
    insuplc_admdvs: '110100',
    recer_sys_code: 'MBS',
    signtype: 'SM3',
    infver: 'V1.0',
    opter_type: '1',
    opter: 'S0042',
    opter_name: '周收费',
    inf_time: '2026-03-09 10:12:00',
    fixmedins_code: INSTITUTION[house],
    fixmedins_name: '示例医院',
    sign_no: '100000000001',
    input,
  }
  return { source: 'miis', contentType: 'application/json', body: JSON.stringify(body) }
}

/** A broken one lacks the number of the visit. */
export function insuredVisit(house: House, { number, registration }: Known, care: string, broken = false): Payload {
  const { name, sex, birth, number: card } = registration
  const legal = card === undefined ? {} : { psn_cert_type: '01', certno: card }
  const person = { psn_no: number, psn_name: name, gend: sex === 'male' ? '1' : '2', brdy: birth, ...legal }
  const visit = { ...(broken ? {} : { mdtrt_id: care }), med_type: '11', begntime: '2026-03-09 09:40:00', main_cond_dscr: '复诊' }
  return envelope('2203', house, { mdtrtinfo: { ...(broken ? {} : person), ...visit }, diseinfo: [] })
}

export function insuredReport(house: House, { number }: Known, care: string, visit: string, report: string): Payload {
  const labinfo = {
    mdtrt_sn: visit,
    mdtrt_id: care,
    psn_no: number,
    appy_no: `S${report}`,
    exam_org_code: INSTITUTION[house],
    rpotc_no: report,
    exam_item_code: '002503020010000-250302001',
    exam_item_name: '血常规',
    rpt_date: '2026-03-09',
    vali_flag: '1',
  }
  return envelope('4502', house, { labinfo, iteminfo: [], sampleinfo: [] })
}

const HEADERS = {
  TB_YL_PATIENT_INFORMATION:
    'YLJGYQDM,KH,KLX,ZJHM,ZJLX,FKDQ,XB,XM,HZLY,HYZK,CSRQ,MZ,GJ,DHHM,SJHM,JZDZ,HKDZ,LXRXM,LXRGX,LXRDH,YWSCSJ,YYDAH,GJJKKID,MJ,XGBZ',
  TB_YL_MZ_MEDICAL_RECORD: 'YLJGDM,JZLSH,KH,KLX,HZXM,XB,CSRQ,JZLX,JZKSBM,JZKSMC,JZKSRQ,ZZYSGH,ZZYSXM,JZZDBM,JZZDSM,ZS,XGBZ',
  TB_LIS_REPORT:
    'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,HZXM,BRXB,BRNL,SQYHRYID,SQYHRYXM,BGYHRYID,BGYHRYXM,SHYHRYID,SHYHRYXM,SQKS,BQ,CH,BGSJ,SQSJ,CJSJ,JYSJ,SHSJ,YYSJ,BGBZ,BBDM,BBMC,BGDLBBM,BGDLB,WJLJ,XGBZ',
} as const
export type TableName = keyof typeof HEADERS

export function file(table: TableName, rows: readonly string[]): Payload {
  const body = iconv.encode(`${[HEADERS[table], ...rows].join('\r\n')}\r\n`, 'gb18030')
  return { source: 'rhip', contentType: 'text/csv', fileName: `${table}.csv`, body }
}

const sexOf = (sex: string): string => (sex === 'male' ? '1' : '2')
const text = (value: string | undefined): string => value ?? '-'
/** KLX 0: a card of the region's; 2: a hospital's own number. */
const cardOf = ({ number }: Known, regional: boolean): string => (regional ? `${number},0` : `${number},2`)

export function patientRow(house: House, card: Known, regional: boolean): string {
  const { name, sex, birth, number, phone, address } = card.registration
  const facts = `${text(number)},01,110100,${sexOf(sex)},${name},1,20,${birth.replaceAll('-', '')},01,CHN,-,${text(phone)},${text(address)}`
  return `${FACILITY[house]},${cardOf(card, regional)},${facts},-,-,-,-,2026-03-10 01:00:00,-,-,-,1`
}

export function visitRow(house: House, card: Known, regional: boolean, visit: string, random: Random): string {
  const { name, sex, birth } = card.registration
  const day = timeOf(random).replace(/^(\d{4})(\d\d)(\d\d).*/, '$1-$2-$3 09:10:00')
  return `${FACILITY[house]},${visit},${cardOf(card, regional)},${name},${sexOf(sex)},${birth.replaceAll('-', '')},100,0305,心内科,${day},D0123,赵医生,-,-,复诊,1`
}

export function reportRow(house: House, card: Known, regional: boolean, visit: string, report: string): string {
  const times = Array(5).fill('2026-03-09 11:05:00').join(',')
  const front = `${FACILITY[house]},20260309,${report},${visit},1,${cardOf(card, regional)},-,${sexOf(card.registration.sex)},50`
  return `${front},D0123,赵医生,J0009,钱检验,J0010,陈审核,0305,-,-,${times},-,-,01,全血,2,血常规,-,1`
}
