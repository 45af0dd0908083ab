/** HL7 v2 messages of one patient's stay in hospital, from his admission to his discharge, in the order in which they are sent. */

/** the number of them */
export const STAY_MESSAGES = 10

/** Of ten messages five are ADT, two are reports with four results each, and one each orders tests, orders drugs and charges. */
export function stayMessages(n: number): { id: string; text: string }[] {
  const patient = `PID|1||S${String(n).padStart(9, '0')}^^^0001^PI||测试${n}||19580312|M`
  const place = (bed: string, left = '') =>
    `PV1|1|I|0305^心内科^${bed}||||D0123^赵医生||||||||||||ZYS${n}|||||||||||||||||||||||||20260305101500${left}`
  const adt = (event: string, time: string, ...rest: string[]) => [`ADT^${event}`, time, `EVN|${event}|${time}`, patient, ...rest] as const
  const diagnosis = 'DG1|1||I21.9^急性心肌梗死^ICD10|急性心肌梗死|20260305103000|A'
  const report = (k: number, time: string) =>
    [
      'ORU^R01^ORU_R01',
      time,
      patient,
      place('12'),
      `OBR|1|SQS${n}.${k}|BGS${n}.${k}|XCG^血常规^L|||${time}|||||||${time}|BLD^全血|D0123^赵医生||||||${time}||HM|F`,
      `OBX|1|NM|WBC^白细胞计数^L||${11 - k}.20|10^9/L|3.5-9.5|H|||F|||${time}`,
      'OBX|2|NM|RBC^红细胞计数^L||4.50|10^12/L|4.3-5.8||||F',
      'OBX|3|NM|HGB^血红蛋白^L||132|g/L|130-175||||F',
      'OBX|4|NM|PLT^血小板计数^L||95|10^9/L|125-350|L|||F',
    ] as const
  const stay = [
    adt('A01', '20260305101500', place('12')),
    adt('A08', '20260305103000', place('12'), diagnosis),
    [
      'ORM^O01',
      '20260305104000',
      patient,
      place('12'),
      `ORC|NW|SQS${n}.1`,
      `OBR|1|SQS${n}.1||XCG^血常规^L|R|||||||||||||||||||HM`,
    ] as const,
    report(1, '20260305120000'),
    [
      'RDE^O11',
      '20260305123000',
      patient,
      place('12'),
      `ORC|NW|YZS${n}||CF${n}|||^BID^D7^20260305110000^20260312110000^R||20260305102500|||D0123^赵医生`,
      'RXE|^BID^D7^20260305110000^^R|YP1^阿司匹林肠溶片^L|0.1||g^克|||||14|片^片|0',
      'RXR|PO^口服',
    ] as const,
    [
      'DFT^P03',
      '20260305140000',
      'EVN|P03|20260305140000',
      patient,
      place('12'),
      `FT1|1|FYS${n}||20260305123000|20260305140000|CG|250101015^血细胞分析^L|||1|20.00|20.00|0305^心内科`,
    ] as const,
    adt('A02', '20260306090000', place('15')),
    report(2, '20260307080000'),
    adt('A08', '20260308090000', place('15'), diagnosis),
    adt('A03', '20260309100000', place('15', '|20260309100000')),
  ]
  return stay.map(([type, time, ...segments], at) => {
    const id = `STAY${n}.${at}`
    return { id, text: [`MSH|^~\\&|LIS|0001|EAI|YILIAN|${time}||${type}|${id}|P|2.4||||||UNICODE UTF-8`, ...segments, ''].join('\r') }
  })
}
