/** A new place is a folder (tests/fixtures/dialects/linhai): its files go in over HTTP without a line of code. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { readDialects, siteFormats } from '../../server/ingest/dialects.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DIALECTS = fileURLToPath(new URL('../fixtures/dialects', import.meta.url))

describe('a place that has its own names, codes, separator, and no headers', () => {
  let server: TestServer
  let ha: string
  beforeAll(async () => {
    const config = readFileSync(DEMO_CONFIG_FILE, 'utf8').replaceAll('rhip/tables', 'rhip/tables/linhai')
    server = await startTestServer({ config, environment: { DIALECTS_DIR: DIALECTS } })
    ha = await server.token('ha')
  })
  afterAll(() => server.stop())

  test('files with its names of columns and codes become the same resources', async () => {
    const person = '0001~C900001~社保卡~110100195803120019~王建国~1~19580312~2026-03-10 01:00:00~0\n'
    const stay = '0001~Z9001~C900001~社保卡~2026-03-05 09:30:00~\n'
    const charge = [
      '0001~F1~N~Z9001~2026-03-06 08:00:00~"特需"床位费~1.000~40.000~0',
      '0001~F2~N~Z9001~2026-03-06 08:00:00~护理费~1.000~20.000~1',
      '0001~F3~N~Z9001~2026-03-06 08:00:00~护理费~1.000',
    ]
    const archive = zipOf([
      { name: 'charge_20260310.txt', content: iconv.encode(charge.join('\n'), 'gb18030') },
      { name: 'stay_20260310.txt', content: iconv.encode(stay, 'gb18030') },
      { name: 'person_20260310.txt', content: iconv.encode(person, 'gb18030') },
    ])
    const sent = await server.call('POST', '/ingest/rhip', { token: ha, body: archive, headers: { 'Content-Type': 'application/zip' } })
    expect(sent.status).toBe(202)
    let receipt = sent
    while (receipt.status === 202) {
      await setTimeout(100)
      receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token: ha })
    }
    const errors = (receipt.json.issue as { severity: string; details: { coding: { code: string }[] }; expression?: string[] }[])
      .filter(({ severity }) => severity === 'error')
      .map(({ details, expression }) => [details.coding[0]?.code, expression?.[0]])
    expect(errors).toEqual([['table-row-fields', 'charge_20260310.txt row 3']])
    // Money is not for a health administration to read, so the store is asked.
    const charges: [unknown, unknown][] = []
    for await (const batch of server.running.store.stream(systemDecision('test'), 'ChargeItem', { kind: 'everything' })) {
      for (const { body } of batch) {
        const charge = JSON.parse(Buffer.from(body).toString()) as { status: string; code?: { text: string } }
        charges.push([charge.status, charge.code?.text])
      }
    }
    expect(charges.sort()).toEqual([
      ['billable', '"特需"床位费'],
      ['entered-in-error', '护理费'],
    ])
    const stays = (await server.call('GET', '/fhir/Encounter', { token: ha })).json.entry
    expect(stays).toHaveLength(1)
    expect(stays[0].resource).toMatchObject({ status: 'in-progress', class: { code: 'IMP' } })
  })
})

describe('a folder that is wrong stops the start and names each line', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yilian-dialects-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const withFiles = async (name: string, files: Record<string, string>): Promise<() => unknown> => {
    const place = join(folder, name)
    await mkdir(join(place, name), { recursive: true })
    for (const [file, text] of Object.entries(files)) await writeFile(join(place, name, file), text)
    return () => readDialects(place)
  }

  test.each<[string, Record<string, string>, string]>([
    [
      'a',
      { 'columns.csv': 'file,column,table,means\nx,y,TB_NO,KH\n' },
      'a/columns.csv:2: 没有数据表 TB_NO；可用：TB_YL_PATIENT_INFORMATION,',
    ],
    ['b', { 'columns.csv': 'file,column,table,means\nx,y,TB_LIS_REPORT,KHX\n' }, 'TB_LIS_REPORT has no column KHX'],
    [
      'c',
      { 'columns.csv': 'file,column,table,means\nx,y,TB_LIS_REPORT,KH\nX,z,TB_LIS_REPORT,KH\n' },
      'c/columns.csv:3: 与第 2 行重复 / repeats line 2',
    ],
    ['d', { 'columns.csv': 'file;column\n' }, 'd/columns.csv:1'],
    ['e', { 'values.csv': 'table,column,sent,means\nTB_LIS_REPORT,XGBZ,0\n' }, 'e/values.csv:2: 应有 4 个字段 / must have 4 fields'],
    ['f', { 'dialect.json': '{"delimiter":"||"}' }, 'f/dialect.json delimiter: 应为一个字符 / must be one character'],
    ['g', { 'dialect.json': '{"separator":"|"}' }, 'g/dialect.json separator: 没有此项；可用：delimiter, header, quotes, dates'],
    ['f2', { 'dialect.json': '{"dates":"DD/MM/YYYY"}' }, 'f2/dialect.json dates: 应为日期格式的列表，如 ["DD/MM/YYYY"]'],
    ['f3', { 'dialect.json': '{"dates":["DD/MM"]}' }, 'f3/dialect.json dates: 日期格式 DD/MM 无效'],
    // The line is that of the file, whatever lines without anything stand before it.
    ['n', { 'columns.csv': 'file,column,table,means\n\n,,,\nx,y,TB_NO,KH\n' }, 'n/columns.csv:4: 没有数据表 TB_NO'],
    [
      'o',
      { 'columns.csv': 'file,column,table,means\n', 'column.csv': '' },
      'o/column.csv: 此目录不读取该文件；可用：columns.csv, values.csv, rows.csv, dialect.json',
    ],
    ['p', { 'segments.csv': 'segment,field,to,type,code,name,unit\n', 'columns.csv': '' }, 'p/columns.csv: 此目录不读取该文件'],
    ['q', { 'fields.csv': 'from,to,as\nOBR-18,OBR-2,\nZPI-4,PID-3,\n' }, 'q/fields.csv:3: 移到 PID-3 要写明号码类型'],
    ['r', { 'values.csv': 'field,sent,means\nPID-8,,M\n' }, 'r/values.csv:2: 发送值和含义都不能为空'],
    ['s', { 'codes.csv': 'what,sent,means\noid,1.2.3,mrn\n' }, 's/codes.csv:2: 含义应为OID'],
    ['t', { 'values.csv': 'table,column,sent,means\n*,XGBZ,Y,0\n' }, 't/values.csv:2: XGBZ 只能是 1 或 2'],
    [
      'v',
      { 'columns.csv': 'file,column,table,means,as\nfee,sum,TB_HIS_ZY_FEE_DETAIL_FS,MXXMJE,jiao\n' },
      'v/columns.csv:2: 不能按 jiao 读取；可用：fen, wan, before X, after X, range',
    ],
    ['w', { 'columns.csv': 'file,column,table,means,unit\n' }, 'w/columns.csv:1: 表头应为 file,column,table,means[,as]'],
    [
      'x',
      { 'columns.csv': 'file,column,table,means\n', 'rows.csv': 'file,column,sent,table\n\nfee,kind,1,TB_LIS_REPORT\n' },
      'x/rows.csv:3: columns.csv 没有文件 fee',
    ],
    ['h', { 'dialect.json': '[]' }, 'must be one JSON object'],
    ['I_j', {}, 'I_j: 目录名只能含小写字母'],
    [
      'u',
      { 'columns.csv': 'file,column,table,means\nlab,a+b,TB_LIS_REPORT,BGDH\n' },
      'u/columns.csv:2: 文件 lab 没有列是 TB_LIS_REPORT 的 YLJGYQDM 或 YLJGDM',
    ],
  ])('%s', async (name, files, message) => {
    expect(await withFiles(name, files)).toThrow(message)
  })

  test('what people leave beside the tables is passed over', async () => {
    const files = { 'README.md': 'x', '~$columns.csv': 'x', '.DS_Store': 'x', 'values.csv': 'table,column,sent,means\n' }
    expect(await withFiles('left', files)).not.toThrow()
  })

  test('all that is wrong is told at once', async () => {
    const files = { 'columns.csv': 'file,column,table,means\nx,y,TB_NO,KH\nx,z,TB_LIS_REPORT,KHX\n', 'dialect.json': '[]' }
    const read = await withFiles('all', files)
    for (const message of ['columns.csv:2', 'columns.csv:3', 'dialect.json']) expect(read).toThrow(`all/${message}`)
  })

  test('of a table that is none no keys are asked for', async () => {
    const files = { 'columns.csv': 'file,column,table,means\nx,y,TB_NO,KH\n', 'dialect.json': '{"header":"none"}' }
    expect(await withFiles('no-table', files)).toThrow('配置有 1 处错误')
  })

  test('a directory that is not there; none at all is fine', () => {
    expect(() => siteFormats({ DIALECTS_DIR: join(folder, 'none') })).toThrow('there is no such directory')
    expect(siteFormats({}).ids).toContain('rhip/tables')
    const made = ['rhip/tables/linhai', 'hospital/tables/yiwu-lab', 'hospital/hl7v2/shaoxing', 'hospital/cda/xiehe', 'rhip/cda/xiehe']
    expect(siteFormats({ DIALECTS_DIR: DIALECTS }).ids).toEqual(expect.arrayContaining(made))
  })
})
