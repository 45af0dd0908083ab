/** The sample payloads, byte for byte as their sources send them, and the sources that they belong to. */
import { readFile } from 'node:fs/promises'

export interface Payload {
  source: string
  /** client of the demonstration configuration that sends for the source */
  client: string
  file: string
  contentType: string
  zh: string
  en: string
}

const SAMPLES = new URL('../../tests/fixtures/samples/', import.meta.url)

const hl7 = (source: string, file: string, zh: string, en: string): Payload => ({
  source,
  client: 'h1-engine',
  file: `hospital/${file}`,
  contentType: 'application/hl7-v2',
  zh,
  en,
})
const miis = (file: string, zh: string, en: string): Payload => ({
  source: 'miis',
  client: 'mia',
  file: `miis/${file}`,
  contentType: 'application/json',
  zh,
  en,
})
const table = (file: string, zh: string, en: string): Payload => ({
  source: 'rhip',
  client: 'ha',
  file: `rhip/20260310/${file}`,
  contentType: 'text/csv',
  zh,
  en,
})

export const PAYLOADS: readonly Payload[] = [
  hl7('h1-his', 'adt-a01-admission.hl7', '医院：入院登记 ADT^A01（GB 18030）', 'Hospital: admission ADT^A01 (GB 18030)'),
  hl7('h1-lis', 'oru-r01-blood-count.hl7', '医院：血常规 ORU^R01（UTF-8）', 'Hospital: blood count ORU^R01 (UTF-8)'),
  hl7('h1-lis', 'oru-r01-corrected.hl7', '医院：血常规更正', 'Hospital: correction of the blood count'),
  {
    source: 'h1-cda',
    client: 'h1-engine',
    file: 'hospital/cda-c0049-discharge.xml',
    contentType: 'application/xml',
    zh: '医院：出院记录 CDA C0049',
    en: 'Hospital: discharge record CDA C0049',
  },
  miis('2203-outpatient-visit.json', '医保：就诊 2203', 'MIIS: visit 2203'),
  miis('2204-outpatient-charges.json', '医保：费用明细 2204', 'MIIS: charges 2204'),
  miis('2206-outpatient-presettlement.json', '医保：预结算 2206', 'MIIS: pre-settlement 2206'),
  miis('2207-outpatient-settlement.json', '医保：结算 2207', 'MIIS: settlement 2207'),
  miis('2207-response.json', '医保：结算应答', 'MIIS: response to the settlement'),
  miis('4101-settlement-list.json', '医保：结算清单 4101', 'MIIS: settlement list 4101'),
  miis('4502-lab-report.json', '医保：检验报告 4502', 'MIIS: laboratory report 4502'),
  table(
    'TB_LIS_INDICATORS.csv',
    '区域平台：检验结果表（GB 18030，先于报告表到达）',
    'Platform: laboratory results (GB 18030, before their reports)',
  ),
  table('TB_LIS_REPORT.csv', '区域平台：检验报告表', 'Platform: laboratory reports'),
  table('TB_YL_PATIENT_INFORMATION.csv', '区域平台：患者信息表', 'Platform: patients'),
  {
    source: 'rhip2',
    client: 'ha2',
    file: 'rhip/de-coded-lab.xml',
    contentType: 'application/xml',
    zh: '外省平台：数据元编码 XML（GB 18030）',
    en: 'Another province: data-element-coded XML (GB 18030)',
  },
]

export const bytesOf = (payload: Payload): Promise<Buffer> => readFile(new URL(payload.file, SAMPLES))
