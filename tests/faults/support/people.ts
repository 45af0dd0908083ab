/** Invented persons, and what a hospital sends of them in HL7 v2. */
import { idCheckCharacter } from '../../../server/fhir/identity-number.ts'

export interface Invented {
  n: number
  /** a sound identity number */
  number: string
  /** the hospital's own number */
  local: string
  name: string
}

/** Person `n`, below 1,000,000; all are adults. */
export function invented(n: number): Invented {
  const year = 1950 + (n % 40)
  const month = String(1 + (Math.floor(n / 40) % 12)).padStart(2, '0')
  const day = String(1 + (Math.floor(n / 480) % 28)).padStart(2, '0')
  const first17 = `110101${year}${month}${day}${String(1 + (n % 998)).padStart(3, '0')}`
  return { n, number: first17 + idCheckCharacter(first17), local: `F${String(n).padStart(9, '0')}`, name: `测试${n}` }
}

const pid = ({ number, local, name }: Invented): string =>
  `PID|1||${local}^^^0001^PI~${number}^^^MPS^NI||${name}||${number.slice(6, 14)}|${Number(number[16]) % 2 === 1 ? 'M' : 'F'}`

const head = (type: string, control: string, at: string): string =>
  `MSH|^~\\&|LIS|0001|EAI|YILIAN|${at}||${type}|${control}|P|2.4||||||UNICODE UTF-8`

/** Admission: makes the person known under both numbers. */
export function admission(person: Invented, visit: string): string {
  const at = '20260305093012'
  const lines = [
    head('ADT^A01^ADT_A01', `ADT${visit}`, at),
    'EVN|A01|20260305093000',
    pid(person),
    `PV1|1|I|0305^心内科^12|${'|'.repeat(15)}${visit}`,
  ]
  return `${lines.join('\r')}\r`
}

export interface LabMessage {
  person: Invented
  /** number of the report */
  report: string
  /** code and value of each result */
  results: readonly { code: string; value: string }[]
  /** code of the panel */
  panel?: string
  /** instant of the message, YYYYMMDDHHMMSS */
  at?: string
}

/** A laboratory report with its results. */
export function labMessage({ person, report, results, panel = 'XCG', at = '20260306081530' }: LabMessage): string {
  const lines = [
    head('ORU^R01^ORU_R01', `LIS${report}`, at),
    pid(person),
    `OBR|1|SQ${report}|${report}|${panel}^检验^L|||20260306063000||||||||||||||${'|'}${at}||HM|F`,
    ...results.map(({ code, value }, i) => `OBX|${i + 1}|NM|${code}^项目^L||${value}|g/L|1-9||||F|||20260306080000`),
  ]
  return `${lines.join('\r')}\r`
}
