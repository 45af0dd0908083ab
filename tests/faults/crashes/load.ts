/** What is sent while processes are killed: each sender repeats what was not acknowledged, as real ones do, or gives it up. */
import { type Caller, fhirJson, type Reply, sleep } from '../support/client.ts'
import { invented, labMessage } from '../support/people.ts'
import type { Random } from '../support/random.ts'

export interface Sent {
  kind: 'hl7' | 'miis' | 'table'
  /** distinguishes it from all others */
  n: number
  source: string
  client: string
  body: string
  contentType: string
  fileName?: string
  /** records that it holds */
  records: number
  acknowledged: boolean
  /** id of the kept payload, as acknowledged */
  payload?: string
}

/** A resource written by REST: the versions that were acknowledged, and the last that was tried. */
export interface Kept {
  n: number
  id?: string
  acknowledged: number
  tried: number
}

export interface Load {
  sent: Sent[]
  kept: Kept[]
  /** answers that no sender should ever get */
  odd: Record<string, number>
  /** attempts without an answer: the faults were felt */
  broken: number
  stop(): Promise<void>
}

export const RESULTS = ['WBC', 'RBC', 'HGB', 'PLT']

export const reportNumber = (n: number): string => `CB${String(n).padStart(6, '0')}`

const hl7Of = (n: number): Sent => ({
  kind: 'hl7',
  n,
  source: 'h1-lis',
  client: 'h1-engine',
  contentType: 'application/hl7-v2',
  body: labMessage({
    // Several reports of one person, so that messages meet at the same resources.
    person: invented(n % 50),
    report: reportNumber(n),
    results: RESULTS.map((code, at) => ({ code, value: `${n}.${at}0` })),
  }),
  records: 1,
  acknowledged: false,
})

/** A visit of the insurance interface (2203) with one diagnosis. */
const miisOf = (n: number): Sent => {
  const serial = String(n).padStart(6, '0')
  const body = {
    infno: '2203',
    msgid: `H11010500001202603091012${serial}`,
    mdtrtarea_admvs: '110105',
    insuplc_admdvs: '310100',
    recer_sys_code: 'MBS',
    infver: 'V1.0',
    opter_type: '1',
    opter: 'S0042',
    inf_time: '2026-03-09 10:12:00',
    fixmedins_code: 'H11010500001',
    fixmedins_name: '示例市第一人民医院',
    sign_no: '100000000001',
    input: {
      mdtrtinfo: { mdtrt_id: `110105C${serial}`, psn_no: `3100000000${serial}`, med_type: '11', begntime: '2026-03-09 09:40:00' },
      diseinfo: [
        {
          diag_type: '1',
          diag_srt_no: '1',
          diag_code: 'E11.900',
          diag_name: '2型糖尿病',
          diag_dept: '内分泌科',
          dise_dor_no: 'D110105000001',
          dise_dor_name: '吴医生',
          diag_time: '2026-03-09 09:55:00',
          vali_flag: '1',
          maindiag_flag: '1',
        },
      ],
    },
  }
  const text = JSON.stringify(body)
  return { kind: 'miis', n, source: 'miis', client: 'mia', contentType: 'application/json', body: text, records: 1, acknowledged: false }
}

export const INDICATOR_HEAD =
  'YLJGYQDM,JYZBLSH,BGDH,BGRQ,SHSJ,MXXMBM,MXXMBMYB,MXXMMC,JYZBDM,JYFF,JYZBMC,JYZBJG,SBBM,YQBH,YQMC,CKZ,JLDW,YCTS,DYXH,JCYHRYID,JCYHRYXM,SHYHRYID,SHYHRYXM,YZID,XGBZ'
export const REPORT_HEAD =
  'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,HZXM,BRXB,BRNL,SQYHRYID,SQYHRYXM,BGYHRYID,BGYHRYXM,SHYHRYID,SHYHRYXM,SQKS,BQ,CH,BGSJ,SQSJ,CJSJ,JYSJ,SHSJ,YYSJ,BGBZ,BBDM,BBMC,BGDLBBM,BGDLB,WJLJ,XGBZ'
export const PATIENT_HEAD =
  'YLJGYQDM,KH,KLX,ZJHM,ZJLX,FKDQ,XB,XM,HZLY,HYZK,CSRQ,MZ,GJ,DHHM,SJHM,JZDZ,HKDZ,LXRXM,LXRGX,LXRDH,YWSCSJ,YYDAH,GJJKKID,MJ,XGBZ'

export const tableReport = (n: number, at: number): string => `CT${n}R${at}`
export const ROWS_PER_REPORT = 10

/** The three files of one day: patients, reports and their results, the results first. */
function tablesOf(n: number, rows: number): Sent[] {
  const reports = Math.ceil(rows / ROWS_PER_REPORT)
  const card = (at: number): string => `C9${n}${String(at % 40).padStart(4, '0')}`
  const each = (count: number, line: (at: number) => string): string[] => Array.from({ length: count }, (_, at) => line(at))
  const when = '2026-03-06 08:15:00'
  const results = each(rows, (at) => {
    const report = Math.floor(at / ROWS_PER_REPORT)
    const code = `T${at % ROWS_PER_REPORT}`
    return `0001,${tableReport(n, report)}-${at},${tableReport(n, report)},20260306,${when},-,-,-,${code},-,项目,${at}.50,-,-,-,1-9,g/L,1,${at},J0009,钱检验,J0010,陈审核,-,1`
  })
  const heads = each(
    reports,
    (at) =>
      `0001,20260306,${tableReport(n, at)},ZY${n}${at},2,${card(at)},0,-,1,68.00,D0123,赵医生,J0009,钱检验,J0010,陈审核,0305,-,-,${when},2026-03-06 06:00:00,2026-03-06 06:30:00,2026-03-06 08:00:00,${when},-,-,01,全血,2,血常规,-,1`,
  )
  const persons = each(Math.min(40, reports), (at) => {
    const { number, name } = invented(500 + at)
    return `0001,${card(at)},0,${number},01,110100,1,${name},1,20,${number.slice(6, 14)},01,CHN,-,-,-,-,-,-,-,2026-03-10 01:00:00,${card(at)},-,-,1`
  })
  const file = (fileName: string, head: string, lines: string[]): Sent => ({
    kind: 'table',
    n,
    source: 'rhip',
    client: 'ha',
    contentType: 'text/csv',
    fileName,
    body: `${[head, ...lines].join('\r\n')}\r\n`,
    records: lines.length,
    acknowledged: false,
  })
  return [
    file('TB_LIS_INDICATORS.csv', INDICATOR_HEAD, results),
    file('TB_LIS_REPORT.csv', REPORT_HEAD, heads),
    file('TB_YL_PATIENT_INFORMATION.csv', PATIENT_HEAD, persons),
  ]
}

export interface LoadOptions {
  caller: Caller
  random: Random
  /** result rows of each table batch */
  tableRows: number
  /** batches, spread over the run */
  tables: number
  /** ms between two messages of a sender */
  pauseMs: number
}

/** The insurance's own envelope comes with 200 whatever became of the payload: `infcode` says it. */
const isTaken = ({ kind }: Sent, { status, text }: Reply): boolean =>
  kind === 'miis' && status === 200 ? (JSON.parse(text) as { infcode?: unknown }).infcode === '0' : status === 200 || status === 202

const GIVE_UP_AFTER = 60
const RETRY_MS = 150

export function startLoad(options: LoadOptions): Load {
  const { caller, random } = options
  const load = { sent: [] as Sent[], kept: [] as Kept[], odd: {} as Record<string, number>, broken: 0 }
  let running = true
  let serial = 0
  const note = (what: string, reply: Reply): void => {
    if (reply.status === 0 || reply.status === 503 || (what === 'miis' && reply.status === 200)) load.broken++
    else load.odd[`${what} ${reply.status}`] = (load.odd[`${what} ${reply.status}`] ?? 0) + 1
  }
  const deliver = async (item: Sent): Promise<void> => {
    load.sent.push(item)
    for (let attempt = 0; attempt < GIVE_UP_AFTER; attempt++) {
      const reply = await send(caller, item)
      if (isTaken(item, reply)) {
        item.acknowledged = true
        item.payload = reply.headers.get('content-location')?.split('/').at(-1) ?? ''
        return
      }
      note(item.kind, reply)
      // Some senders give up: then all of it may be there, or nothing.
      if (!running || random.below(10) === 0) return
      await sleep(RETRY_MS)
    }
  }
  const loop = async (make: (n: number) => Sent): Promise<void> => {
    while (running) {
      await deliver(make(serial++))
      await sleep(random.below(options.pauseMs))
    }
  }
  const batches = async (): Promise<void> => {
    for (let n = 0; n < options.tables && running; n++) {
      for (const item of tablesOf(n, options.tableRows)) await deliver(item)
      await sleep(500)
    }
  }
  const work = [loop(hl7Of), loop(hl7Of), loop(miisOf), batches(), restLoop(options, load.kept, () => running, note)]
  return {
    get sent() {
      return load.sent
    },
    get kept() {
      return load.kept
    },
    get odd() {
      return load.odd
    },
    get broken() {
      return load.broken
    },
    async stop() {
      running = false
      await Promise.all(work)
    },
  }
}

function send(caller: Caller, item: Sent): Promise<Reply> {
  const disposition = item.fileName === undefined ? {} : { 'Content-Disposition': `attachment; filename="${item.fileName}"` }
  const headers = { 'Content-Type': item.contentType, ...disposition }
  return caller.call({ id: item.client }, `/ingest/${item.source}`, { method: 'POST', body: item.body, headers, millisMax: 40_000 })
}

const UPDATES_MAX = 5

/** Creates a resource and writes it anew several times, each version naming its number. */
async function restLoop(
  { caller, random, pauseMs }: LoadOptions,
  kept: Kept[],
  running: () => boolean,
  note: (what: string, reply: Reply) => void,
): Promise<void> {
  for (let n = 0; running(); n++) {
    const item: Kept = { n, acknowledged: 0, tried: 0 }
    kept.push(item)
    while (running() && item.tried < UPDATES_MAX) {
      item.tried++
      const reply = await writeVersion(caller, item)
      if (reply.status === 200 || reply.status === 201) {
        item.acknowledged = item.tried
        item.id ??= (JSON.parse(reply.text) as { id: string }).id
      } else {
        note('rest', reply)
        if (item.id === undefined) break
        await sleep(RETRY_MS)
      }
      await sleep(random.below(pauseMs))
    }
  }
}

export const keptCode = (n: number): string => `KEPT-${n}`

function writeVersion(caller: Caller, item: Kept): Promise<Reply> {
  const resource = {
    resourceType: 'Basic',
    ...(item.id === undefined ? {} : { id: item.id }),
    identifier: [{ system: 'urn:oid:1.2.3.4.5', value: keptCode(item.n) }],
    code: { coding: [{ system: 'urn:oid:1.2.3.4.5', code: `version-${item.tried}` }] },
  }
  const path = item.id === undefined ? '/fhir/Basic' : `/fhir/Basic/${item.id}`
  const method = item.id === undefined ? 'POST' : 'PUT'
  return caller.call({ id: 'loader' }, path, { method, body: JSON.stringify(resource), headers: fhirJson, millisMax: 40_000 })
}
