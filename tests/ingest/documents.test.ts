/**
 * Documents that a hospital exports as files with an index, in a ZIP archive over HTTP and from a drop folder: what is whole is stored byte by byte and
 * linked to its patient and visit; whatever is wrong is told by itself.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { type ZipFile, zipOf } from '../mappings/parsers/zip-files.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const DIALECTS = fileURLToPath(new URL('../fixtures/dialects', import.meta.url))
const pdf = (words: string): Buffer => Buffer.from(`%PDF-1.4\n% ${words}\n%%EOF\n`)
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 9])
const TIFF = Buffer.from([0x49, 0x49, 0x2a, 0x00, 8, 7])
const gbk = (text: string): Buffer => iconv.encode(text, 'gb18030')
const entry = (name: string | Uint8Array, content: string | Uint8Array): ZipFile => ({ name, content })
const HEADER = '文件名,文书编号,病案号,身份证号,就诊流水号,文书类型,标题,文书时间,作者工号,作者,科室,摘要,更新时间,状态'

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-documents-'))
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8').replace(
    '\nsources:\n',
    [
      '\nsources:',
      '  - { id: h1-files, kind: hospital, mapping: hospital/documents, organization: H1, client: h1-engine }',
      '  - { id: h1-own, kind: hospital, mapping: hospital/documents/wenling, organization: H1, client: h1-engine }',
      '',
    ].join('\n'),
  )
  const drops = `\ndrops:\n  - { source: h1-files, directory: ${directory}, ready: rename, pollSeconds: 1 }\n`
  server = await startTestServer({ config: config + drops, environment: { DIALECTS_DIR: DIALECTS } })
  reader = await startTestServer({ beside: server, noAuth: true })
}, 60_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
  await rm(directory, { recursive: true })
})

async function send(files: readonly ZipFile[] | Uint8Array, { source = 'h1-files', client = 'h1-engine' } = {}): Promise<Answer> {
  const token = await server.token(client)
  const body = new Uint8Array(files instanceof Uint8Array ? files : zipOf(files))
  const sent = await server.call('POST', `/ingest/${source}?filename=day.zip`, {
    token,
    body,
    headers: { 'Content-Type': 'application/zip' },
  })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}

interface Receipt {
  extension: { extension: { url: string; valueCode?: string; valueInteger?: number }[] }[]
  issue: { severity: string; details: { coding: { code: string }[] }; expression?: string[] }[]
}
const counts = ({ json }: Pick<Answer, 'json'>) =>
  Object.fromEntries(
    ((json as Receipt).extension[0]?.extension ?? []).map(({ url, valueCode, valueInteger }) => [url, valueCode ?? valueInteger]),
  )
const errors = ({ json }: Pick<Answer, 'json'>) =>
  (json as Receipt).issue
    .slice(1)
    .flatMap(({ severity, details, expression }) => (severity === 'error' ? [[details.coding[0]?.code, expression?.[0]]] : []))

type Found = Record<string, unknown> & { id: string; meta: { versionId: string } }
const documents = async (number: string): Promise<Found[]> => {
  const { json } = await reader.call(
    'GET',
    `/fhir/DocumentReference?identifier=${encodeURIComponent(`https://fhir-cn.example/sid/H1/document-no|${number}`)}`,
  )
  return ((json.entry ?? []) as { resource: Found }[]).map(({ resource }) => resource)
}
interface Attachment {
  url: string
  contentType: string
  size: number
  hash: string
  title: string
}
const attachment = (document: Found | undefined): Attachment =>
  (document as unknown as { content: [{ attachment: Attachment }] }).content[0].attachment
const bytesOf = async (document: Found | undefined): Promise<Buffer> => {
  const { json } = await reader.call('GET', `/fhir/${attachment(document).url}`, { headers: { Accept: 'application/fhir+json' } })
  return Buffer.from((json.data as string | undefined) ?? '', 'base64')
}

const row = (
  file: string,
  number: string,
  more: Partial<Record<'mrn' | 'card' | 'visit' | 'type' | 'title' | 'time' | 'hash' | 'written' | 'state', string>> = {},
): string =>
  [
    file,
    number,
    more.mrn ?? 'F100',
    more.card ?? '',
    more.visit ?? 'ZYF100',
    more.type ?? 'C0049',
    more.title ?? '出院记录',
    more.time ?? '2026-03-10 15:30:00',
    'D0123',
    '赵医生',
    '心内科',
    more.hash ?? '',
    more.written ?? '',
    more.state ?? '',
  ].join(',')
const index = (...rows: string[]): ZipFile => entry(gbk('索引.csv'), gbk(`${[HEADER, ...rows].join('\n')}\n`))

test('a day of documents: PDF, JPEG, PNG and TIFF, names and index in GBK, each byte by byte, with patient, visit, type and author', async () => {
  const content = pdf('出院记录 F1')
  const receipt = await send([
    index(
      row('出院记录.pdf', 'F1', { card: '310100196511080248', hash: createHash('sha256').update(content).digest('hex') }),
      row('扫描/同意书.JPG', 'F2', { type: 'C0026', hash: createHash('md5').update(JPEG).digest('hex').toUpperCase() }),
      row('心电.png', 'F3', { type: 'XDT' }),
      row('病理.tif', 'F4', { type: 'C0006' }),
    ),
    entry(gbk('出院记录.pdf'), content),
    entry(gbk('扫描/同意书.JPG'), JPEG),
    entry(gbk('心电.png'), PNG),
    entry(gbk('病理.tif'), TIFF),
  ])
  expect([receipt.status, errors(receipt), counts(receipt)]).toMatchObject([200, [], { records: 4, quarantined: 0, waiting: 0 }])
  const [document] = await documents('F1')
  expect(document).toMatchObject({
    status: 'current',
    docStatus: 'final',
    type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0049' }] },
    subject: { reference: expect.stringMatching(/^Patient\//) },
    date: '2026-03-10T15:30:00+08:00',
    author: [{ display: '赵医生' }],
    custodian: { reference: 'Organization/H1' },
    context: { encounter: [{ reference: expect.stringMatching(/^Encounter\//) }], practiceSetting: { text: '心内科' } },
  })
  expect(attachment(document)).toMatchObject({
    contentType: 'application/pdf',
    title: '出院记录',
    size: content.length,
    hash: createHash('sha1').update(content).digest('base64'),
  })
  const kinds = await Promise.all(['F1', 'F2', 'F3', 'F4'].map(async (number) => (await documents(number))[0]))
  expect(kinds.map((one) => attachment(one).contentType)).toEqual(['application/pdf', 'image/jpeg', 'image/png', 'image/tiff'])
  expect(await Promise.all(kinds.map(bytesOf))).toEqual([content, JPEG, PNG, TIFF])
  // A kind of document that is the hospital's own stays its own.
  expect(kinds[2]?.type).toMatchObject({ coding: [{ system: 'https://fhir-cn.example/sid/H1/document-type-code', code: 'XDT' }] })
})

test('whatever is wrong is told with its reason, by itself, and nothing of a person is said; the others are stored', async () => {
  const receipt = await send([
    index(
      row('good.pdf', 'W1'),
      row('missing.pdf', 'W2', { title: '秘密' }),
      row('changed.pdf', 'W3', { hash: 'a'.repeat(64) }),
      row('nohash.pdf', 'W4', { hash: 'xyz' }),
      row('text.pdf', 'W5'),
      row('renamed.jpg', 'W6'),
      row('twice.pdf', 'W7'),
      row('TWICE.pdf', 'W8'),
      row('same1.pdf', 'W9'),
      row('same2.pdf', 'W9'),
      row('../../etc/passwd.pdf', 'W10'),
      row('nobody.pdf', 'W11', { mrn: '', visit: '' }),
      row('state.pdf', 'W12', { state: '9' }),
      'short.pdf,W13',
    ),
    entry('good.pdf', pdf('W1')),
    ...['changed', 'nohash', 'twice', 'same1', 'same2', 'nobody', 'state', 'unlisted'].map((name) => entry(`${name}.pdf`, pdf(name))),
    entry('text.pdf', 'no document'),
    entry('renamed.jpg', pdf('renamed')),
  ])
  const at = (n: number) => `索引.csv row ${n}`
  expect(errors(receipt).sort()).toEqual(
    [
      ['document-file-missing', at(2)],
      ['document-hash', at(3)],
      ['document-hash', at(4)],
      ['document-kind', at(5)],
      ['document-kind', at(6)],
      ['document-listed-twice', at(7)],
      ['document-listed-twice', at(8)],
      ['document-listed-twice', at(9)],
      ['document-listed-twice', at(10)],
      ['document-file-missing', at(11)],
      ['mapping-required', `${at(12)}: BAH`],
      ['mapping-required', `${at(13)}: XGBZ`],
      ['table-row-fields', at(14)],
      // Their rows are in quarantine, and so are they: by their places in the archive, since names of files may be those of patients.
      ['document-not-listed', 'file 5'],
      ['document-not-listed', 'file 6'],
      ['document-not-listed', 'file 7'],
      ['document-not-listed', 'file 10'],
    ].sort(),
  )
  expect(receipt.text).not.toContain('秘密')
  expect(await documents('W1')).toHaveLength(1)
  expect((await Promise.all(['W2', 'W3', 'W5', 'W7', 'W9', 'W10', 'W11'].map(documents))).flat()).toEqual([])
})

test.each<[string, () => readonly ZipFile[] | Uint8Array, string]>([
  ['no index', () => [entry('a.pdf', pdf('a'))], 'document-index-missing'],
  ['two', () => [index(row('a.pdf', 'X1')), entry('other.txt', 'x'), entry('a.pdf', pdf('a'))], 'document-index-missing'],
  ['a way out', () => [index(row('a.pdf', 'X1')), entry('../a.pdf', pdf('a'))], 'archive-path'],
  ['twins', () => [index(row('a.pdf', 'X1')), entry('a.pdf', pdf('a')), entry('A.PDF', pdf('b'))], 'archive-entry-repeated'],
  ['a bomb', () => [index(row('秘密.pdf', 'X1')), entry('秘密.pdf', Buffer.alloc(24 * 1024 * 1024))], 'archive-bomb'],
  ['a cut archive', () => zipOf([index(row('a.pdf', 'X1')), entry('a.pdf', pdf('a'))]).subarray(0, -30), 'archive-damaged'],
  ['a document alone', () => pdf('alone'), 'document-index-missing'],
  ['an index of no known columns', () => [entry('i.csv', 'x,y\n1,2\n')], 'table-unknown'],
])('refused: %s', async (_, files, code) => {
  const receipt = await send(files())
  expect(errors(receipt).map(([found]) => found)).toContain(code)
  expect(receipt.text).not.toContain('秘密')
  expect(await documents('X1')).toEqual([])
})

test('the same again changes nothing; a correction replaces; one that is taken back is void, with its bytes; what is older does not come back', async () => {
  const first = [index(row('r.pdf', 'R1', { written: '2026-03-10 16:00:00' })), entry('r.pdf', pdf('one'))]
  await send(first)
  const [before] = await documents('R1')
  expect((await send(first)).status).toBe(200)
  // In another archive the same document is the same.
  const again = await send([...first, entry('unlisted.pdf', pdf('x'))])
  expect(counts(again)).toMatchObject({ unchanged: 1 })
  expect((await documents('R1'))[0]?.meta.versionId).toBe(before?.meta.versionId)
  await send([index(row('r2.pdf', 'R1', { written: '2026-03-11 09:00:00', title: '出院记录（更正）' })), entry('r2.pdf', pdf('two'))])
  const [corrected] = await documents('R1')
  expect([attachment(corrected).title, await bytesOf(corrected)]).toEqual(['出院记录（更正）', pdf('two')])
  await send([index(row('r.pdf', 'R1', { written: '2026-03-10 17:00:00', title: '旧' })), entry('r.pdf', pdf('old'))])
  expect(attachment((await documents('R1'))[0]).title).toBe('出院记录（更正）')
  const { url } = attachment(corrected)
  const taken = await send([index(row('r2.pdf', 'R1', { written: '2026-03-12 09:00:00', state: '2' }))])
  expect(errors(taken)).toEqual([])
  expect((await documents('R1'))[0]).toMatchObject({ status: 'entered-in-error' })
  const bytes = await reader.call('GET', `/fhir/${url}`, { headers: { Accept: 'application/fhir+json' } })
  expect(bytes.json).not.toHaveProperty('data')
})

test('a file of the largest size is kept, one that is a byte larger is told', async () => {
  const filled = (bytes: number): Buffer => Buffer.concat([pdf('large'), Buffer.alloc(bytes)]).subarray(0, bytes)
  const largest = 8 * 1024 * 1024
  const receipt = await send([
    index(row('l.pdf', 'L1'), row('m.pdf', 'L2')),
    entry('l.pdf', filled(largest)),
    entry('m.pdf', filled(largest + 1)),
  ])
  expect(errors(receipt)).toEqual([['payload-too-large', '索引.csv row 2']])
  expect((await bytesOf((await documents('L1'))[0])).equals(filled(largest))).toBe(true)
  expect(await documents('L2')).toEqual([])
}, 60_000)

test('with the number of the visit alone it waits for its patient, and is his when he comes', async () => {
  const waiting = await send([index(row('v.pdf', 'V1', { mrn: '', visit: 'ZY-LATER-1' })), entry('v.pdf', pdf('v'))])
  expect(counts(waiting)).toMatchObject({ waiting: 1 })
  expect(await documents('V1')).toEqual([])
  const known = await send([index(row('w.pdf', 'V2', { mrn: 'F777', visit: 'ZY-LATER-1' })), entry('w.pdf', pdf('w'))])
  expect(errors(known)).toEqual([])
  const [one, other] = [(await documents('V1'))[0], (await documents('V2'))[0]]
  expect(one?.subject).toEqual(other?.subject)
})

test('by the folder of a hospital: its columns, words and dates', async () => {
  const list = '影像号|住院号|文件|类别|日期|作废\nWL1|F100|wl.pdf|CYJL|10/03/2026|否\n'
  const receipt = await send([entry('目录.txt', gbk(list)), entry('wl.pdf', pdf('wl'))], { source: 'h1-own' })
  expect(errors(receipt)).toEqual([])
  expect((await documents('WL1'))[0]).toMatchObject({ type: { coding: [{ code: 'C0049' }] } })
})

test('an archive from the drop folder goes to done with its receipt', async () => {
  await writeFile(join(directory, 'day.zip.part'), zipOf([index(row('d.pdf', 'D1')), entry('d.pdf', pdf('d'))]))
  await rename(join(directory, 'day.zip.part'), join(directory, 'day.zip'))
  const done = async () => (await readdir(join(directory, 'done')).catch(() => [])).sort()
  while ((await done()).length < 2) await delay(100)
  const [, report = ''] = await done()
  expect(errors({ json: JSON.parse(await readFile(join(directory, 'done', report), 'utf8')) })).toEqual([])
  expect(await bytesOf((await documents('D1'))[0])).toEqual(pdf('d'))
})
