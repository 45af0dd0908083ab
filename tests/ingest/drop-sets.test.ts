/**
 * Documents that lie in a drop folder beside their index: they go together, once all are whole; what is late is waited for, what is never listed is told;
 * each is read once, wherever a process died.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { sourceMapping } from '../../mappings/index.ts'
import { checkZip } from '../../mappings/parsers/zip.ts'
import { DROP_FILES, type DropFileDoc, startDrops } from '../../server/ingest/drop/drops.ts'
import { DropFolder } from '../../server/ingest/drop/folder.ts'
import { packed } from '../../server/ingest/drop/packed.ts'
import { actorOf, decision, rig, type Rig, sourceOf } from './support.ts'

const WAIT_SECONDS = 900
const pdf = (words: string): string => `%PDF-1.4\n% ${words}\n%%EOF\n`
const index = (...rows: string[]): Buffer => iconv.encode(`文件名,文书编号,病案号,就诊流水号\n${rows.join('\n')}\n`, 'gb18030')

let one: Rig
let directory: string
/** of the folder's watch */
let clock: number
beforeAll(async () => {
  one = await rig([sourceOf('files', 'hospital', 'H1', 'hospital/documents')], { mapping: sourceMapping })
})
afterAll(() => one.close())
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-drop-sets-'))
  clock = Date.now()
})
afterEach(() => rm(directory, { recursive: true }))

const files = () => one.store.table<DropFileDoc>(decision, DROP_FILES)

function watching() {
  const together = sourceMapping('hospital/documents')?.together
  if (!together) throw new Error('documents go together')
  const site = {
    source: 'files',
    directory,
    ready: 'rename' as const,
    marker: '.done',
    stableSeconds: 60,
    pollSeconds: 86_400,
    waitSeconds: WAIT_SECONDS,
  }
  return startDrops([{ ...site, actor: actorOf('files-client'), together, charset: 'auto' }], {
    ingest: one.ingest,
    files: files(),
    now: () => new Date(clock),
    log: () => undefined,
  })
}
/** Rounds with the work between them. */
async function rounds(drops: ReturnType<typeof watching>, count = 2): Promise<void> {
  for (let at = 0; at < count; at++) {
    await drops.round()
    await one.ingest.work()
  }
  await drops.round()
}
const put = (name: string, content: string | Uint8Array) => writeFile(join(directory, name), content)
const listed = async (place: string) => (await readdir(join(directory, place)).catch(() => [])).sort()
/** Names in a place without their marks, receipts apart. */
const plain = async (place: string) =>
  (await listed(place))
    .filter((name) => !name.endsWith('.json'))
    .map((name) => name.slice(13))
    .sort()
async function told(place: string): Promise<string[]> {
  const reports = (await listed(place)).filter((name) => name.endsWith('.json'))
  const texts = await Promise.all(reports.map((name) => readFile(join(directory, place, name), 'utf8')))
  return texts.flatMap((text) => {
    const { issue } = JSON.parse(text) as { issue: { severity: string; details: { coding: { code: string }[] } }[] }
    return issue.slice(1).flatMap(({ severity, details }) => (severity === 'error' ? [details.coding[0]?.code ?? ''] : []))
  })
}
const documents = async (number: string) =>
  (await one.all('DocumentReference')).filter((found) => JSON.stringify(found.identifier ?? '').includes(`"${number}"`))

test('an index and what it lists are one payload; all go to done, with one receipt', async () => {
  const drops = watching()
  await put('索引.csv', index('甲.pdf,S1,P1,V1', '乙.pdf,S2,P1,V1'))
  await put('甲.pdf', pdf('S1'))
  await drops.round()
  expect(await listed('processing')).toEqual([])
  await put('乙.pdf', pdf('S2'))
  await rounds(drops)
  expect(await plain('done')).toEqual(['乙.pdf', '甲.pdf', '索引.csv'].sort())
  expect((await listed('done')).filter((name) => name.endsWith('.json'))).toHaveLength(1)
  expect([await listed('processing'), await told('done'), await files().count({})]).toEqual([[], [], 0])
  expect([(await documents('S1')).length, (await documents('S2')).length]).toEqual([1, 1])
  await drops.stop()
})

test('what does not come is told after the time, what no index lists as well; an archive waits for nothing', async () => {
  const drops = watching()
  await put('i.csv', index('there.pdf,T1,P1,V1', 'never.pdf,T2,P1,V1', '../../outside.pdf,T3,P1,V1'))
  await put('there.pdf', pdf('T1'))
  await put('stray.pdf', pdf('stray'))
  await rounds(drops)
  expect([await plain('done'), await plain('failed'), await listed('processing')]).toEqual([[], [], []])
  clock += WAIT_SECONDS * 1000
  await rounds(drops)
  expect(await plain('done')).toEqual(['i.csv', 'there.pdf'])
  expect(await told('done')).toEqual(['document-file-missing', 'document-file-missing'])
  expect(await plain('failed')).toEqual(['stray.pdf'])
  expect(await told('failed')).toEqual(['document-index-missing'])
  expect(await documents('T1')).toHaveLength(1)
  const parts: Uint8Array[] = []
  const content = new Map<string, Uint8Array>([
    ['x.csv', index('x.pdf,T4,P1,V1')],
    ['x.pdf', Buffer.from(pdf('T4'))],
  ])
  for await (const piece of packed([...content.keys()], async function* (name) {
    yield content.get(name) as Uint8Array
  }))
    parts.push(piece)
  await put('day.zip', Buffer.concat(parts))
  await rounds(drops)
  expect(await documents('T4')).toHaveLength(1)
  await drops.stop()
})

test('two servers on one folder, and one that dies in between: each document once, under the same payload', async () => {
  const before = await one.ingest.tables.payloads.count({})
  const [first, second] = [watching(), watching()]
  for (let set = 0; set < 4; set++) {
    await put(`d${set}.pdf`, pdf(`D${set}`))
    await put(`i${set}.csv`, index(`d${set}.pdf,D${set},P2,V2`))
  }
  await Promise.all([first.round(), second.round()])
  // One takes some files and dies before it has received them.
  await put('e.pdf', pdf('E1'))
  await put('ie.csv', index('e.pdf,E1,P2,V2'))
  await files().insert({ _id: 'files|e.pdf', source: 'files', name: 'e.pdf', set: 'ie.csv', since: new Date(clock), payload: null })
  await rename(join(directory, 'e.pdf'), join(directory, 'processing', 'e.pdf'))
  await files().insert({ _id: 'files|ie.csv', source: 'files', name: 'ie.csv', files: ['e.pdf'], since: new Date(clock), payload: null })
  await Promise.all([rounds(first), rounds(second)])
  await rounds(first)
  expect(await one.ingest.tables.payloads.count({})).toBe(before + 5)
  expect(await plain('done')).toHaveLength(10)
  expect([await listed('processing'), await plain('failed'), await files().count({})]).toEqual([[], [], 0])
  for (const number of ['D0', 'D1', 'D2', 'D3', 'E1']) expect(await documents(number)).toHaveLength(1)
  for (const drops of [first, second]) await drops.stop()
})

test('files whose long names end alike stay two, whether they are done or failed', async () => {
  const drops = watching()
  const [a, b] = ['A', 'B'].map((first) => `${first}${'x'.repeat(70)}.pdf`) as [string, string]
  await put('long.csv', index(`${a},L1,P4,V4`, `${b},L2,P4,V4`))
  await put(a, pdf('L1'))
  await put(b, pdf('L2'))
  await rounds(drops)
  const contents = async (place: string) => {
    const names = (await listed(place)).filter((name) => name.endsWith('.pdf'))
    return (await Promise.all(names.map((name) => readFile(join(directory, place, name), 'utf8')))).sort()
  }
  expect(await contents('done')).toEqual([pdf('L1'), pdf('L2')])
  // What is refused is nowhere else.
  const folder = new DropFolder(directory)
  for (const name of [a, b]) {
    await put(name, pdf(name))
    await folder.take(name)
  }
  for (const name of [a, b]) await folder.follow(name, 'failed', 'refused-1')
  expect(await contents('failed')).toEqual([pdf(a), pdf(b)])
  await drops.stop()
})

test('a file is not taken for another one of its name that is still being worked on', async () => {
  const drops = watching()
  await put('a.csv', index('same.pdf,N1,P3,V3'))
  await put('same.pdf', pdf('N1'))
  await drops.round()
  expect(await listed('processing')).toEqual(['a.csv', 'same.pdf'])
  await put('b.csv', index('same.pdf,N2,P3,V3'))
  await put('same.pdf', pdf('N2'))
  await drops.round()
  expect(await listed('processing')).toEqual(['a.csv', 'same.pdf'])
  await one.ingest.work()
  await rounds(drops)
  await rounds(drops)
  expect(await plain('done')).toEqual(['a.csv', 'b.csv', 'same.pdf', 'same.pdf'])
  for (const number of ['N1', 'N2']) {
    const [found] = (await documents(number)) as unknown as [{ content: [{ attachment: { hash: string } }] }]
    expect(found.content[0].attachment.hash).toBe(createHash('sha1').update(pdf(number)).digest('base64'))
  }
  await drops.stop()
})

test('what a process claimed that died before its index had a row is free again', async () => {
  const drops = watching()
  await files().insert({ _id: 'files|left.pdf', source: 'files', name: 'left.pdf', set: 'gone.csv', since: new Date(clock), payload: null })
  await put('left.pdf', pdf('left'))
  await drops.round()
  clock += WAIT_SECONDS * 1000
  await rounds(drops, 3)
  expect([await plain('failed'), await files().count({})]).toEqual([['left.pdf'], 0])
  await drops.stop()
})

test('an archive of files as they are is a sound one, and the same each time', async () => {
  const bytes = new Map([
    ['甲.csv', Buffer.from('x')],
    ['b.pdf', Buffer.alloc(100_000, 7)],
  ])
  const open = async function* (name: string) {
    yield bytes.get(name) as Uint8Array
  }
  const made = async () => {
    const parts: Uint8Array[] = []
    for await (const piece of packed([...bytes.keys()], open)) parts.push(piece)
    return Buffer.concat(parts)
  }
  const archive = await made()
  expect(await made()).toEqual(archive)
  expect(
    await checkZip(
      (async function* () {
        yield archive
      })(),
    ),
  ).toBeUndefined()
})
