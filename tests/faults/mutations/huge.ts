/** The few payloads that are huge, or just not too large: one of each, whatever the seed. */
import { INDICATOR_HEAD } from '../crashes/load.ts'
import type { Mutant } from './mutate.ts'
import type { Sample } from './samples.ts'

const MB = 1024 * 1024
const MESSAGE_HEAD = 'MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306081530||ORU^R01^ORU_R01|HUGE1|P|2.4||||||UNICODE UTF-8\r'

/** `scale` 1 is the full size. */
export function hugeMutants(scale: number): { sample: Pick<Sample, 'path' | 'client' | 'contentType' | 'name'>; mutant: Mutant }[] {
  const hl7 = { name: 'huge HL7', client: 'h1-engine', path: '/ingest/h1-lis', contentType: 'application/hl7-v2' }
  const miis = { name: 'huge MIIS', client: 'mia', path: '/ingest/miis', contentType: 'application/json' }
  const fhir = { name: 'huge FHIR', client: 'loader', path: '/fhir/Observation', contentType: 'application/fhir+json' }
  const cda = { name: 'huge CDA', client: 'h1-engine', path: '/ingest/h1-cda', contentType: 'application/xml' }
  const pid = 'PID|1||HUGE0001^^^0001^PI||测试\rOBR|1|A|HUGE1|X^X^L\r'
  const repeats = Math.round(1_000_000 * scale)
  return [
    { sample: hl7, mutant: { kind: '70 MB body', bytes: Buffer.alloc(70 * MB * scale, 0x41) } },
    { sample: fhir, mutant: { kind: '70 MB body', bytes: Buffer.alloc(70 * MB * scale, 0x20) } },
    {
      sample: hl7,
      mutant: { kind: 'a million OBX', bytes: Buffer.from(`${MESSAGE_HEAD}${pid}${'OBX|1|NM|A^B^L||1|g/L|1-9||||F\r'.repeat(repeats)}`) },
    },
    {
      sample: hl7,
      mutant: { kind: 'a million repetitions', bytes: Buffer.from(`${MESSAGE_HEAD}PID|1||${'A^^^B^PI~'.repeat(repeats)}\r`) },
    },
    { sample: hl7, mutant: { kind: 'one long field', bytes: Buffer.from(`${MESSAGE_HEAD}PID|1||${'9'.repeat(40 * MB * scale)}\r`) } },
    {
      sample: miis,
      mutant: { kind: 'a million array items', bytes: Buffer.from(`{"infno":"2203","input":{"diseinfo":[${'{},'.repeat(repeats)}{}]}}`) },
    },
    {
      sample: fhir,
      mutant: {
        kind: 'a million extensions',
        bytes: Buffer.from(`{"resourceType":"Observation","extension":[${'{},'.repeat(repeats)}{}]}`),
      },
    },
    {
      sample: cda,
      mutant: {
        kind: 'a million elements',
        bytes: Buffer.from(`<ClinicalDocument xmlns="urn:hl7-org:v3">${'<a/>'.repeat(repeats)}</ClinicalDocument>`),
      },
    },
    { sample: cda, mutant: { kind: 'a million attributes', bytes: Buffer.from(`<a ${'b="c" '.repeat(repeats)}/>`) } },
    ...belowBounds(scale, { hl7, miis, cda }),
  ]
}

type Sent = Pick<Sample, 'path' | 'client' | 'contentType' | 'name'>

/** As large as is taken, or as is promised: these are read to their end. */
function belowBounds(scale: number, { hl7, miis, cda }: Record<'hl7' | 'miis' | 'cda', Sent>): { sample: Sent; mutant: Mutant }[] {
  const of = (part: number): number => Math.max(1, Math.round(part * scale))
  const document = (inner: string): Buffer => Buffer.from(`<ClinicalDocument xmlns="urn:hl7-org:v3">${inner}</ClinicalDocument>`)
  const pid = 'PID|1||HUGE0002^^^0001^PI||测试\rOBR|1|A|HUGE2|X^X^L\r'
  const results = Array.from({ length: of(19_000) }, (_, n) => `OBX|${n + 1}|NM|A${n}^项目${n}^L||${n}.5|g/L|1-9||||F\r`).join('')
  const table = { name: 'huge table', client: 'ha', path: '/ingest/rhip', contentType: 'text/csv' }
  return [
    { sample: hl7, mutant: { kind: '19,000 results', bytes: Buffer.from(`${MESSAGE_HEAD.replace('HUGE1', 'HUGE2')}${pid}${results}`) } },
    {
      sample: hl7,
      mutant: {
        kind: 'a text of 31 MB',
        bytes: Buffer.from(`${MESSAGE_HEAD.replace('HUGE1', 'HUGE3')}${pid}OBX|1|TX|A^B^L||${'王'.repeat(of(10 * MB))}\r`),
      },
    },
    { sample: cda, mutant: { kind: 'a text of 31 MB', bytes: document(`<title>${'王'.repeat(of(10 * MB))}</title>`) } },
    { sample: cda, mutant: { kind: '190,000 elements', bytes: document('<component a="1"><b>x</b></component>'.repeat(of(95_000))) } },
    { sample: cda, mutant: { kind: '30 MB of comments and references', bytes: document('<!--x-->&amp;&#x738b;'.repeat(of(1_500_000))) } },
    {
      sample: miis,
      mutant: { kind: 'a text of 60 MB', bytes: Buffer.from(`{"infno":"2203","msgid":"H2","input":{"x":"${'王'.repeat(of(20 * MB))}"}}`) },
    },
    {
      sample: miis,
      mutant: {
        kind: '900,000 values',
        bytes: Buffer.from(
          `{"infno":"2203","msgid":"H3","input":{${Array.from({ length: of(20) }, (_, n) => `"l${n}":[${'"x",'.repeat(45_000)}"x"]`).join(',')}}}`,
        ),
      },
    },
    { sample: miis, mutant: { kind: 'a list of 30 million numbers', bytes: Buffer.from(`[${'1,'.repeat(of(30_000_000))}1]`) } },
    { sample: miis, mutant: { kind: '60 MB of spaces', bytes: Buffer.alloc(of(60 * MB), 0x20) } },
    { sample: hl7, mutant: { kind: '30 MB of line ends', bytes: Buffer.alloc(of(30 * MB), 0x0d) } },
    {
      sample: hl7,
      mutant: {
        kind: '30 MB of empty lines in a message',
        bytes: Buffer.from(`${MESSAGE_HEAD.replace('HUGE1', 'HUGE5')}${pid}${'\r'.repeat(of(30 * MB))}`),
      },
    },
    { sample: hl7, mutant: { kind: '8 million beginnings', bytes: Buffer.from('MSH\r'.repeat(of(8_000_000))) } },
    {
      sample: hl7,
      mutant: { kind: '9,000 messages in one', bytes: Buffer.from(`${MESSAGE_HEAD.replace('HUGE1', 'HUGE4')}${pid}`.repeat(of(9000))) },
    },
    {
      sample: { ...cda, name: 'huge DE', client: 'ha2', path: '/ingest/rhip2' },
      mutant: { kind: '9,000 documents', bytes: Buffer.from(`<HSDB>${'<DOC type="HSDC02.01"/>'.repeat(of(9000))}</HSDB>`) },
    },
    {
      sample: table,
      mutant: {
        kind: '30 MB of blank lines',
        bytes: Buffer.concat([Buffer.from(`${INDICATOR_HEAD}\r\n`), Buffer.alloc(of(30 * MB), 0x0a)]),
      },
    },
    { sample: miis, mutant: { kind: '10,000 charges', bytes: charges(of(10_000)) } },
    {
      sample: table,
      mutant: { kind: 'a row of 60 MB', bytes: Buffer.concat([Buffer.from(`${INDICATOR_HEAD}\r\n`), Buffer.alloc(of(60 * MB), 0x41)]) },
    },
  ]
}

/** A visit's charges, as many lines as are promised. */
function charges(lines: number): Buffer {
  const line = (n: number): object => ({
    ...{
      feedetl_sn: `F${n}`,
      mdtrt_id: '110105G0000000000009',
      psn_no: '31000000000000000000067899',
      chrg_bchno: 'B1',
      dise_codg: 'E11.900',
    },
    ...{ rx_circ_flag: '0', fee_ocur_time: '2026-03-09 10:05:00', med_list_codg: 'XA10BAE045A001010184029', medins_list_codg: `D-${n}` },
    ...{
      det_item_fee_sumamt: '12.50',
      cnt: '1.0000',
      pric: '12.500000',
      bilg_dept_codg: '0305',
      bilg_dept_name: '内分泌科',
      hosp_appr_flag: '1',
    },
  })
  const head = {
    infno: '2204',
    msgid: 'H11010500001202603091012999999',
    mdtrtarea_admvs: '110105',
    insuplc_admdvs: '310100',
    infver: 'V1.0',
  }
  const sent = {
    opter_type: '1',
    opter: 'S0042',
    inf_time: '2026-03-09 10:12:00',
    fixmedins_code: 'H11010500001',
    fixmedins_name: '示例市第一人民医院',
  }
  return Buffer.from(JSON.stringify({ ...head, ...sent, input: { feedetail: Array.from({ length: lines }, (_, n) => line(n)) } }))
}
