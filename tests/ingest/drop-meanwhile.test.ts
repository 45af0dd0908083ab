/**
 * What happens to files of drop folders while they are worked on: the next one of their name comes, they grow, are changed for links, lose their
 * payload; and where names or folders are not what one expects.
 */
import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { sourceMapping } from '../../mappings/index.ts'
import { DROP_FILES, type DropFileDoc, type Drops, startDrops } from '../../server/ingest/drop/drops.ts'
import { DropFolder } from '../../server/ingest/drop/folder.ts'
import type { Ingest } from '../../server/ingest/ingest.ts'
import { actorOf, decision, rig, type Rig, sourceOf } from './support.ts'

const row = (id: string) => `0001,${id},1,V1,2026-03-06 08:00:00,床位费,1.000,1`
const table = (...ids: string[]) => `${['YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ', ...ids.map(row)].join('\n')}\n`

let one: Rig
let directory: string
beforeAll(async () => {
  one = await rig([sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })], { mapping: sourceMapping })
})
afterAll(() => one.close())
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-drop-'))
})
afterEach(() => rm(directory, { recursive: true }))

const files = () => one.store.table<DropFileDoc>(decision, DROP_FILES)

/** Folders of one source; rounds are asked for. */
function watching(ready: 'rename' | 'marker' = 'rename', directories = [directory]) {
  const times = { stableSeconds: 60, pollSeconds: 86_400, waitSeconds: 900 }
  const site = { source: 'rhip', ready, marker: '.done', ...times, actor: actorOf('rhip-client') }
  return startDrops(
    directories.map((each) => ({ ...site, directory: each })),
    { ingest: one.ingest, files: files(), now: () => new Date(), log: () => undefined },
  )
}
const listed = async (place: string) => (existsSync(join(directory, place)) ? (await readdir(join(directory, place))).sort() : [])
/** Of the files in a place, receipts apart. */
const contents = async (place: string) =>
  Promise.all((await listed(place)).filter((name) => !name.endsWith('.json')).map((name) => readFile(join(directory, place, name), 'utf8')))
const payloads = () => one.ingest.tables.payloads.count({})
const put = (name: string, text: string) => writeFile(join(directory, name), text)

test('marker: that of the next file of the name, which comes while the first is worked on, stands for the next alone', async () => {
  const drops = watching('marker')
  await put('again.csv', table('N1'))
  await put('again.csv.done', '')
  await drops.round()
  expect(existsSync(join(directory, 'again.csv.done'))).toBe(false)
  // The first is in work; of the next there is a half, and no word that it is whole.
  await put('again.csv', table('N1', 'N2').slice(0, -30))
  await one.ingest.work()
  await drops.round()
  await drops.round()
  expect([await listed('processing'), (await listed('done')).length]).toEqual([[], 2])
  await put('again.csv', table('N1', 'N2'))
  await put('again.csv.done', '')
  await drops.round()
  // A third one comes whole before the second is done.
  await put('again.csv', table('N3'))
  await put('again.csv.done', '')
  for (let at = 0; at < 3; at++) {
    await one.ingest.work()
    await drops.round()
  }
  expect((await contents('done')).sort()).toEqual([table('N1'), table('N1', 'N2'), table('N3')].sort())
  await drops.stop()
})

test('a file to which more is written when it was read is read again, so that nothing of it is left out', async () => {
  const drops = watching()
  await put('grows.csv', table('G1'))
  await drops.round()
  await one.ingest.work()
  await appendFile(join(directory, 'processing', 'grows.csv'), `${row('G2')}\n`)
  for (let at = 0; at < 2; at++) {
    await drops.round()
    await one.ingest.work()
  }
  await drops.round()
  const [file, report] = await listed('done')
  expect(await readFile(join(directory, 'done', file as string), 'utf8')).toBe(table('G1', 'G2'))
  expect(await readFile(join(directory, 'done', report as string), 'utf8')).toMatch(/"records",\s+"valueInteger": 2/)
  expect(await listed('done')).toHaveLength(2)
  expect(await files().count({})).toBe(0)
  await drops.stop()
})

test('of two files the one that was taken first is received first, whichever server is faster', async () => {
  const { promise, resolve: go } = Promise.withResolvers<void>()
  const receive: Ingest['receive'] = (...said) => promise.then(() => one.ingest.receive(...said))
  const slow = { tables: one.ingest.tables, receive } as Ingest
  const site = { source: 'rhip', ready: 'rename', marker: '', stableSeconds: 60, pollSeconds: 86_400, waitSeconds: 900, directory } as const
  const [first, second] = [slow, one.ingest].map((ingest) =>
    startDrops([{ ...site, actor: actorOf('rhip-client'), inOrder: true }], {
      ingest,
      files: files(),
      now: () => new Date(),
      log: () => undefined,
    }),
  ) as [Drops, Drops]
  await put('01.csv', table('O1'))
  await put('02.csv', table('O2'))
  const round = first.round()
  while ((await files().count({ leaseUntil: { $gt: new Date() } })) === 0) await delay(10)
  await second.round()
  const received = async () =>
    (await one.ingest.tables.payloads.find({ fileName: { $in: ['01.csv', '02.csv'] } }, { sort: { receivedAt: 1 } })).map(
      (doc) => doc.fileName,
    )
  expect(await received()).toEqual([])
  go()
  await round
  await second.round()
  expect(await received()).toEqual(['01.csv', '02.csv'])
  await one.ingest.work()
  await second.round()
  expect(await files().count({})).toBe(0)
  await Promise.all([first.stop(), second.stop()])
})

test('a name in GBK is read as one: the file is taken, with its marker', async () => {
  const drops = watching('marker')
  const foreign = (name: string) => Buffer.concat([Buffer.from(`${directory}/`), iconv.encode(name, 'gbk')])
  await writeFile(foreign('费用明细.csv'), table('GBK1'))
  await writeFile(foreign('费用明细.csv.done'), '')
  // The same name in UTF-8 goes first; neither is taken for the other.
  await put('费用明细.csv', table('GBK2'))
  await put('费用明细.csv.done', '')
  for (let at = 0; at < 4; at++) {
    await drops.round()
    await one.ingest.work()
  }
  expect((await contents('done')).sort()).toEqual([table('GBK1'), table('GBK2')])
  expect((await listed('done')).filter((name) => name.endsWith('_费用明细.csv'))).toHaveLength(2)
  expect((await readdir(directory)).sort()).toEqual(['done', 'failed', 'processing'])
  await drops.stop()
})

test('a file that became a link when it was seen: failed, with the reason, and what it leads to is not read', async () => {
  await writeFile(join(directory, '..', 'secret.csv'), table('L2'))
  const before = await payloads()
  for (const [name, target] of [
    ['swapped.csv', join(directory, '..', 'secret.csv')],
    ['nowhere.csv', join(directory, 'absent')],
  ] as const) {
    await new DropFolder(directory).prepare()
    await files().insert({ _id: `rhip|${name}`, source: 'rhip', name, since: new Date(), payload: null })
    await symlink(target, join(directory, name))
  }
  const drops = watching()
  await drops.round()
  expect(await listed('processing')).toEqual([])
  const reports = (await listed('failed')).filter((name) => name.endsWith('.json'))
  expect(reports.map((name) => name.replace(/^refused-[^_]*_/, '')).sort()).toEqual(['nowhere.csv.report.json', 'swapped.csv.report.json'])
  for (const name of reports) expect(await readFile(join(directory, 'failed', name), 'utf8')).toContain('"drop-file-unreadable"')
  expect([await payloads(), await files().count({})]).toEqual([before, 0])
  await drops.stop()
  await rm(join(directory, '..', 'secret.csv'))
})

test('a file whose payload is there no more is read again, not left where nobody looks', async () => {
  const drops = watching()
  await put('gone.csv', table('P1'))
  await drops.round()
  const [known] = await files().find({})
  await one.ingest.tables.payloads.delete({ _id: known?.payload as string })
  await drops.round()
  await drops.round()
  await one.ingest.work()
  await drops.round()
  expect([await listed('processing'), await contents('done')]).toEqual([[], [table('P1')]])
  await drops.stop()
})

test('two folders of one source: a name that is in both is two files, and each stays in its folder', async () => {
  const second = await mkdtemp(join(tmpdir(), 'yilian-drop-'))
  const drops = watching('rename', [directory, second])
  await put('day.csv', table('F1'))
  await writeFile(join(second, 'day.csv'), table('F2'))
  for (let at = 0; at < 2; at++) {
    await drops.round()
    await one.ingest.work()
  }
  await drops.round()
  expect(await contents('done')).toEqual([table('F1')])
  const there = (await readdir(join(second, 'done'))).sort()
  expect(there).toHaveLength(2)
  expect(await readFile(join(second, 'done', there[0] as string), 'utf8')).toBe(table('F2'))
  expect(await files().count({})).toBe(0)
  await drops.stop()
  await rm(second, { recursive: true })
})
