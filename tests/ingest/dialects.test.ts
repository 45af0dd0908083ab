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
    ['a', { 'columns.csv': 'file,column,table,means\nx,y,TB_NO,KH\n' }, 'a/columns.csv:2: 没有数据表 TB_NO / there is no table TB_NO'],
    ['b', { 'columns.csv': 'file,column,table,means\nx,y,TB_LIS_REPORT,KHX\n' }, 'TB_LIS_REPORT has no column KHX'],
    [
      'c',
      { 'columns.csv': 'file,column,table,means\nx,y,TB_LIS_REPORT,KH\nx,Y,TB_LIS_REPORT,KLX\n' },
      'c/columns.csv:3: 与第 2 行重复 / repeats line 2',
    ],
    ['d', { 'columns.csv': 'file;column\n' }, 'd/columns.csv:1'],
    ['e', { 'values.csv': 'table,column,sent,means\nTB_LIS_REPORT,XGBZ,0\n' }, 'e/values.csv:2: 应有 4 个字段 / must have 4 fields'],
    ['f', { 'dialect.json': '{"delimiter":"||"}' }, 'f/dialect.json delimiter'],
    ['g', { 'dialect.json': '{"separator":"|"}' }, 'g/dialect.json separator'],
    ['h', { 'dialect.json': '[]' }, 'must be one JSON object'],
    ['I_j', {}, 'I_j: 目录名只能含小写字母'],
  ])('%s', async (name, files, message) => {
    expect(await withFiles(name, files)).toThrow(message)
  })

  test('a directory that is not there; none at all is fine', () => {
    expect(() => siteFormats({ DIALECTS_DIR: join(folder, 'none') })).toThrow('there is no such directory')
    expect(siteFormats({}).ids).toContain('rhip/tables')
    expect(siteFormats({ DIALECTS_DIR: DIALECTS }).ids).toContain('rhip/tables/linhai')
  })
})
