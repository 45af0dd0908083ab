/** Daily files of a regional platform, as platforms send them: GB 18030, CRLF. Deterministic: every day has persons and reports of its own. */
import iconv from 'iconv-lite'
import { birthOf, identityNumberOf, nameOf } from './people.ts'

export interface TableFile {
  fileName: string
  body: Buffer
  rows: number
}

interface Item {
  code: string
  name: string
  unit: string
  range: string
  value(n: number): string
}

/** A blood count and what often goes with it; each has a target among the shipped maps, as a site's own codes have once they are mapped. */
const ITEMS: readonly Item[] = [
  { code: 'WBC', name: '白细胞计数', unit: '10^9/L', range: '3.5-9.5', value: (n) => (4 + (n % 500) / 100).toFixed(2) },
  { code: 'RBC', name: '红细胞计数', unit: '10^12/L', range: '4.3-5.8', value: (n) => (4.3 + (n % 140) / 100).toFixed(2) },
  { code: 'HGB', name: '血红蛋白', unit: 'g/L', range: '130-175', value: (n) => String(130 + (n % 45)) },
  { code: 'PLT', name: '血小板计数', unit: '10^9/L', range: '125-350', value: (n) => String(130 + (n % 200)) },
  { code: 'CRP', name: 'C反应蛋白', unit: 'mg/L', range: '<8', value: (n) => (n % 3 === 0 ? '<0.50' : ((n % 70) / 10).toFixed(1)) },
  { code: 'GLU', name: '葡萄糖', unit: 'mmol/L', range: '3.9-6.1', value: (n) => (4 + (n % 20) / 10).toFixed(1) },
  { code: 'HBA1C', name: '糖化血红蛋白', unit: '%', range: '4-6', value: (n) => (4 + (n % 19) / 10).toFixed(1) },
]
export const RESULTS_EACH = ITEMS.length
const REPORTS_EACH = 5
const STAFF = 20
const TIME = '2026-03-06 08:15:00'

const INDICATORS =
  'YLJGYQDM,JYZBLSH,BGDH,BGRQ,SHSJ,MXXMBM,MXXMBMYB,MXXMMC,JYZBDM,JYFF,JYZBMC,JYZBJG,SBBM,YQBH,YQMC,CKZ,JLDW,YCTS,DYXH,JCYHRYID,JCYHRYXM,SHYHRYID,SHYHRYXM,YZID,XGBZ'
const REPORTS =
  'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,HZXM,BRXB,BRNL,SQYHRYID,SQYHRYXM,BGYHRYID,BGYHRYXM,SHYHRYID,SHYHRYXM,SQKS,BQ,CH,BGSJ,SQSJ,CJSJ,JYSJ,SHSJ,YYSJ,BGBZ,BBDM,BBMC,BGDLBBM,BGDLB,WJLJ,XGBZ'
const PATIENTS =
  'YLJGYQDM,KH,KLX,ZJHM,ZJLX,FKDQ,XB,XM,HZLY,HYZK,CSRQ,MZ,GJ,DHHM,SJHM,JZDZ,HKDZ,LXRXM,LXRGX,LXRDH,YWSCSJ,YYDAH,GJJKKID,MJ,XGBZ'

const card = (patient: number): string => `CB${String(patient).padStart(8, '0')}`
const report = (n: number): string => `BGB${String(n).padStart(9, '0')}`

function file(fileName: string, header: string, count: number, line: (at: number) => string): TableFile {
  const lines = Array.from({ length: count }, (_, at) => line(at))
  return { fileName, body: iconv.encode(`${[header, ...lines].join('\r\n')}\r\n`, 'gb18030'), rows: count }
}

/** Patients and reports first, then at least `rows` results; `from`: reports of earlier days. */
export function dayOf(from: number, rows: number): { before: TableFile[]; results: TableFile; reports: number } {
  const reports = Math.ceil(rows / RESULTS_EACH)
  const patientOf = (n: number): number => Math.floor(n / REPORTS_EACH)
  const first = patientOf(from)
  const patients = patientOf(from + reports - 1) - first + 1
  const before = [
    file('TB_YL_PATIENT_INFORMATION.csv', PATIENTS, patients, (at) => {
      const n = first + at
      return `0001,${card(n)},0,${identityNumberOf(n, 'male')},01,110100,1,${nameOf(n)},1,20,${birthOf(n)},01,CHN,-,-,-,-,-,-,-,2026-03-10 01:00:00,${card(n)},-,-,1`
    }),
    file(
      'TB_LIS_REPORT.csv',
      REPORTS,
      reports,
      (at) =>
        `0001,20260306,${report(from + at)},ZYB${from + at},2,${card(patientOf(from + at))},0,-,1,68.00,D0123,赵医生,J0009,钱检验,J0010,陈审核,0305,-,-,${TIME},2026-03-06 06:00:00,2026-03-06 06:30:00,2026-03-06 08:00:00,${TIME},-,-,01,全血,2,血常规,-,1`,
    ),
  ]
  const results = file('TB_LIS_INDICATORS.csv', INDICATORS, reports * RESULTS_EACH, (at) => {
    const n = from + Math.floor(at / RESULTS_EACH)
    const { code, name, unit, range, value } = ITEMS[at % RESULTS_EACH] as Item
    const staff = `J${String(100 + (n % STAFF))},${nameOf(n % STAFF)}`
    return `0001,${report(n)}-${at % RESULTS_EACH},${report(n)},20260306,${TIME},-,-,-,${code},-,${name},${value(n)},-,-,-,${range},${unit},1,${at % RESULTS_EACH},${staff},J0010,陈审核,-,1`
  })
  return { before, results, reports }
}
