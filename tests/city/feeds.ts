/** Messages, interface calls and files of an invented city, in the form in which their senders write them (formats.md A to C). */
import iconv from 'iconv-lite'
import type { Citizen } from './citizens.ts'
import { registerNewborn } from './registrations.ts'
import type { Fate, Fault, House, Known, Payload } from './types.ts'
import type { Telling, Visit } from './visits.ts'

const FACILITY: Record<House, string> = { H1: '0001', H2: '0002', H3: '0003' }
/** whom each of them takes itself for where it errs: another of the three */
const OTHER: Record<House, House> = { H1: 'H2', H2: 'H3', H3: 'H1' }
const INSTITUTION: Record<House, string> = { H1: 'H11010500001', H2: 'H11010500002', H3: 'H11010500003' }
/** later than any first report */
const CORRECTED_AT = '20260401080000'
/** earlier than anything else that is said */
const CONTRADICTED_AT = '20251220080000'

const FATES: Partial<Record<Fault, Fate>> = { broken: 'quarantined', unreadable: 'quarantined', organization: 'refused' }

export const fateOf = (fault: Fault | undefined): Fate => (fault && FATES[fault]) ?? 'stored'

/** A payload that is sent again is the same in all its bytes. */
export function message(visit: Visit, { matter, fault: why }: Telling): Payload {
  const fault = why === 'repeated' || why === 'late' ? undefined : why
  const id = `CITY${matter[0]}${matter.length}.${visit.n}${fault ?? ''}`
  const made =
    matter === 'admission'
      ? admission(visit, id, fault)
      : matter === 'report'
        ? report(visit, id, fault)
        : matter === 'registration'
          ? careRegistration(visit, id, fault)
          : matter === 'care'
            ? care(visit, id, fault)
            : careReport(visit, id)
  return { ...made, body: inBytes(made.body, fault), ...(why && { fault: why }), fate: fateOf(fault) }
}

type Made = Pick<Payload, 'source' | 'contentType'> & { body: string }

/** What says that it is UTF-8 and is GB 18030; or whose last name is cut within a character. */
function inBytes(body: string, fault: Fault | undefined): Uint8Array | string {
  if (fault === 'charset') return iconv.encode(body, 'gb18030')
  if (fault !== 'unreadable') return body
  const bytes = Buffer.from(body)
  const at = bytes.findLastIndex((byte) => byte >= 0xe0)
  return Buffer.concat([bytes.subarray(0, at + 2), bytes.subarray(at + 3)])
}

function hl7(house: House, type: string, id: string, time: string, fault: Fault | undefined, segments: readonly string[]): Made {
  const facility = fault === 'organization' ? INSTITUTION[OTHER[house]] : FACILITY[house]
  const header = `MSH|^~\\&|HIS|${facility}|EAI|YILIAN|${time}||${type}|${id}|P|2.4||||||UNICODE UTF-8`
  return { source: `${house.toLowerCase()}-his`, contentType: 'application/hl7-v2', body: [header, ...segments].join('\r') }
}

function identification(house: House, { number, registration }: Known, fault?: Fault): string {
  const { name, sex, birth, number: card, phone = '', address = '' } = registration
  const numbers =
    fault === 'broken' ? '' : [`${number}^^^${FACILITY[house]}^PI`, ...(card === undefined ? [] : [`${card}^^^MPS^NI`])].join('~')
  const letter = (sex === 'male') !== (fault === 'contradicted') ? 'M' : 'F'
  return `PID|1||${numbers}||${name}||${birth.replaceAll('-', '')}|${fault === 'code' ? `第${letter}类` : letter}|||${address}||${phone}`
}

const stay = (number: string, time = ''): string =>
  `PV1|1|O|0305^心内科^12||||||||||||||||${number}${time === '' ? '' : `|||||||||||||||||||||||||${time}`}`

type Stay = Pick<Visit, 'house' | 'known' | 'number' | 'time'>

/** By its visit a message would find its patient too: a broken one has none. */
function admission({ house, known, number, time: at }: Stay, id: string, fault?: Fault): Made {
  const time = fault === 'contradicted' ? CONTRADICTED_AT : at
  const place = fault === 'broken' ? [] : [stay(number, time)]
  return hl7(house, 'ADT^A01^ADT_A01', id, time, fault, [`EVN|A01|${time}`, identification(house, known, fault), ...place])
}

function report({ house, known, number: visit, report: told }: Visit, id: string, fault?: Fault): Made {
  if (!told) throw new TypeError('no report')
  const { number, value } = told
  const time = fault === 'corrected' ? CORRECTED_AT : fault === 'contradicted' ? CONTRADICTED_AT : told.time
  const status = fault === 'corrected' ? 'C' : 'F'
  const said = (fault === 'corrected' ? value + 1 : fault === 'contradicted' ? value + 2 : value).toFixed(1)
  const item = fault === 'code' ? `QX${Number(number.slice(3)) % 50}^本院自定项目^L` : 'WBC^白细胞计数^L'
  return hl7(house, 'ORU^R01^ORU_R01', id, time, fault, [
    identification(house, known, fault === 'code' ? undefined : fault),
    ...(fault === 'broken' ? [] : [stay(visit)]),
    `ORC|RE|S${number}|${number}||CM`,
    `OBR|1|S${number}|${number}|XCG^血常规^L|||${time}|||||||${time}|||||||||${time}||HM|${status}`,
    `OBX|1|NM|${item}||${said}|10^9/L|3.5-9.5|N|||${status}|||${time}`,
  ])
}

function envelope(infno: string, house: House, id: string, fault: Fault | undefined, input: object): Made {
  const body = {
    infno,
    msgid: `${INSTITUTION[house]}${id}`,
    mdtrtarea_admvs: '110105',
    insuplc_admdvs: '110100',
    recer_sys_code: 'MBS',
    signtype: 'SM3',
    infver: 'V1.0',
    opter_type: '1',
    opter: 'S0042',
    opter_name: '周收费',
    inf_time: fault === 'contradicted' ? '2026-03-08 10:12:00' : '2026-03-09 10:12:00',
    fixmedins_code: INSTITUTION[house],
    fixmedins_name: '示例医院',
    sign_no: '100000000001',
    input,
  }
  return { source: 'miis', contentType: 'application/json', body: JSON.stringify(body) }
}

function insuredAs({ insurance }: Citizen): object {
  if (!insurance) throw new TypeError('not insured')
  const { name, sex, birth, number: card } = insurance.registration
  const legal = card === undefined ? {} : { psn_cert_type: '01', certno: card }
  return { psn_no: insurance.number, psn_name: name, gend: sex === 'male' ? '1' : '2', brdy: birth, ...legal }
}

const spoken = (time: string): string => time.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3 $4:$5:$6')

/** With its answer, which gives the visit its number: as a copy of the traffic has both. */
function careRegistration({ house, citizen, care, number: ipt_otp_no, time }: Visit, id: string, fault?: Fault): Made {
  const isBroken = fault === 'broken'
  const mdtrtinfo = { ...(isBroken ? {} : insuredAs(citizen)), ipt_otp_no, begntime: spoken(time) }
  const { body, ...sent } = envelope('2201', house, id, fault, { mdtrtinfo })
  const psn_no = isBroken ? undefined : citizen.insurance?.number
  const response = {
    infcode: '0',
    inf_refmsgid: `${INSTITUTION[house]}${id}R`,
    respond_time: '20260309101201000',
    output: { data: { mdtrt_id: care, psn_no, ipt_otp_no } },
  }
  return { ...sent, body: JSON.stringify({ request: JSON.parse(body), response }) }
}

function care({ house, citizen, care: number, time }: Visit, id: string, fault?: Fault): Made {
  const person = insuredAs(citizen)
  const isBroken = fault === 'broken'
  const what = { med_type: fault === 'code' ? '9988' : '11', begntime: spoken(time) }
  const visit = { ...(isBroken ? {} : { mdtrt_id: number }), ...what, main_cond_dscr: fault === 'contradicted' ? '初诊' : '复诊' }
  return envelope('2203', house, id, fault, { mdtrtinfo: { ...(isBroken ? {} : person), ...visit }, diseinfo: [] })
}

function careReport({ house, citizen: { insurance }, care: number, number: visit, report: told }: Visit, id: string): Made {
  const labinfo = {
    mdtrt_sn: visit,
    mdtrt_id: number,
    psn_no: insurance?.number,
    appy_no: `S${told?.number}`,
    exam_org_code: INSTITUTION[house],
    rpotc_no: told?.number,
    exam_item_code: '002503020010000-250302001',
    exam_item_name: '血常规',
    rpt_date: '2026-03-09',
    vali_flag: '1',
  }
  return envelope('4502', house, id, undefined, { labinfo, iteminfo: [], sampleinfo: [] })
}

/** Newborns are registered before they have a name, in a stay of their own that ends in B and is nobody's event here. */
export function newborn({ person, houses }: Citizen, time: string): Payload {
  const [first] = [...houses]
  if (!first) throw new TypeError('registered nowhere')
  const [house, { number }] = first
  const known = { number, registration: registerNewborn(person), slips: [] }
  return { ...admission({ house, known, number: `${number}B`, time }, `CITYb${person.id}`), fate: 'stored' }
}

const HEADERS = {
  TB_YL_PATIENT_INFORMATION:
    'YLJGYQDM,KH,KLX,ZJHM,ZJLX,FKDQ,XB,XM,HZLY,HYZK,CSRQ,MZ,GJ,DHHM,SJHM,JZDZ,HKDZ,LXRXM,LXRGX,LXRDH,YWSCSJ,YYDAH,GJJKKID,MJ,XGBZ',
  TB_YL_MZ_MEDICAL_RECORD: 'YLJGDM,JZLSH,KH,KLX,HZXM,XB,CSRQ,JZLX,JZKSBM,JZKSMC,JZKSRQ,ZZYSGH,ZZYSXM,JZZDBM,JZZDSM,ZS,XGBZ',
  TB_LIS_REPORT:
    'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,HZXM,BRXB,BRNL,SQYHRYID,SQYHRYXM,BGYHRYID,BGYHRYXM,SHYHRYID,SHYHRYXM,SQKS,BQ,CH,BGSJ,SQSJ,CJSJ,JYSJ,SHSJ,YYSJ,BGBZ,BBDM,BBMC,BGDLBBM,BGDLB,WJLJ,XGBZ',
} as const
export type TableName = keyof typeof HEADERS

/** Registered as UTF-8 by mistake: nothing that it sends can be read before that is mended (feeding.ts). */
export const MISREGISTERED = 'rhip-branch'

/** @param isMisregistered its source is the one above */
export function file(table: TableName, rows: readonly string[], isMisregistered = false): Payload {
  const body = iconv.encode(`${[HEADERS[table], ...rows].join('\r\n')}\r\n`, 'gb18030')
  const how = isMisregistered
    ? { source: MISREGISTERED, fault: 'charset' as const, fate: 'quarantined' as const }
    : { source: 'rhip', fate: 'stored' as const }
  return { ...how, contentType: 'text/csv', fileName: `${table}.csv`, body }
}

const sexOf = (sex: string): string => (sex === 'male' ? '1' : '2')
const text = (value: string | undefined): string => value ?? '-'
/** KLX 0: a card of the region's; 2: a hospital's own number. */
const cardOf = ({ card, regional }: Citizen): string => (regional ? `${card.number},0` : `${card.number},2`)

export function patientRow(house: House, citizen: Citizen): string {
  const { name, sex, birth, number, phone, address } = citizen.card.registration
  const facts = `${text(number)},01,110100,${sexOf(sex)},${name},1,20,${birth.replaceAll('-', '')},01,CHN,-,${text(phone)},${text(address)}`
  return `${FACILITY[house]},${cardOf(citizen)},${facts},-,-,-,-,2026-03-10 01:00:00,-,-,-,1`
}

export function visitRow({ house, citizen, number, time }: Visit): string {
  const { name, sex, birth } = citizen.card.registration
  const day = time.replace(/^(\d{4})(\d\d)(\d\d).*/, '$1-$2-$3 09:10:00')
  return `${FACILITY[house]},${number},${cardOf(citizen)},${name},${sexOf(sex)},${birth.replaceAll('-', '')},100,0305,心内科,${day},D0123,赵医生,-,-,复诊,1`
}

export function reportRow({ house, citizen, number, report: told }: Visit): string {
  const times = Array(5).fill('2026-03-09 11:05:00').join(',')
  const front = `${FACILITY[house]},20260309,${told?.number},${number},1,${cardOf(citizen)},-,${sexOf(citizen.card.registration.sex)},50`
  return `${front},D0123,赵医生,J0009,钱检验,J0010,陈审核,0305,-,-,${times},-,-,01,全血,2,血常规,-,1`
}
