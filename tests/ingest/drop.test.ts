/** Drop folders on a real file system and a real database: only whole files, each once, by one process, wherever another died. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import type { DropSite } from '../../server/config/config.ts'
import { DROP_FILES, type DropDeps, type DropFileDoc, startDrops } from '../../server/ingest/drop/drops.ts'
import { DropFolder, FileChanged } from '../../server/ingest/drop/folder.ts'
import { Readiness } from '../../server/ingest/drop/ready.ts'
import { actorOf, decision, rig, type Rig, sourceOf } from './support.ts'

const HEADER = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ'
const row = (id: string) => `0001,${id},1,V1,2026-03-06 08:00:00,床位费,1.000,1`
const table = (...ids: string[]) => `${[HEADER, ...ids.map(row)].join('\n')}\n`

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
const NEVER = 86_400

/** A process that watches the folder, as far as the folder is concerned; rounds are asked for. */
function watching(site: Partial<DropSite> = {}, more: Partial<DropDeps> = {}) {
  const drop = {
    source: 'rhip',
    directory,
    ready: 'rename' as const,
    marker: '.done',
    stableSeconds: 60,
    pollSeconds: NEVER,
    waitSeconds: 900,
    ...site,
  }
  return startDrops([{ ...drop, actor: actorOf('rhip-client') }], {
    ingest: one.ingest,
    files: files(),
    now: () => new Date(),
    log: () => undefined,
    ...more,
  })
}
const listed = async (place: string) => (existsSync(join(directory, place)) ? (await readdir(join(directory, place))).sort() : [])
/** A file that was taken. */
const doc = (name: string, payload: string | null): DropFileDoc => ({
  _id: `rhip|${name}`,
  source: 'rhip',
  name,
  since: new Date(),
  payload,
})
const payloads = () => one.ingest.tables.payloads.count({})
const put = (name: string, text: string) => writeFile(join(directory, name), text)

test('a table goes to done with its receipt, a file of nonsense to failed with the reason', async () => {
  const drops = watching()
  await put('TB_HIS_ZY_FEE_DETAIL_FS.csv', table('D1', 'D2'))
  await put('nonsense.csv', 'A,B\n1,2\n')
  expect(await drops.round()).toBe(0)
  expect(await listed('processing')).toEqual(['TB_HIS_ZY_FEE_DETAIL_FS.csv', 'nonsense.csv'])
  await one.ingest.work()
  expect(await drops.round()).toBe(2)
  expect(await listed('processing')).toEqual([])
  const [file, report] = await listed('done')
  expect(file).toMatch(/^.{12}_TB_HIS_ZY_FEE_DETAIL_FS\.csv$/)
  expect(report).toBe(`${file}.report.json`)
  expect(await readFile(join(directory, 'done', file as string), 'utf8')).toBe(table('D1', 'D2'))
  const receipt = JSON.parse(await readFile(join(directory, 'done', report as string), 'utf8'))
  expect(receipt).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(JSON.stringify(receipt.extension)).toContain('{"url":"records","valueInteger":2}')
  const failed = await listed('failed')
  expect(failed).toHaveLength(2)
  expect(await readFile(join(directory, 'failed', failed[1] as string), 'utf8')).toContain('table-unknown')
  expect(await files().count({})).toBe(0)
  await drops.stop()
})

describe('only whole files', () => {
  test('rename: not while the name is that of an upload', async () => {
    const drops = watching()
    await put('a.csv.filepart', table('R1'))
    await put('.hidden.csv', table('R1'))
    await drops.round()
    expect(await listed('processing')).toEqual([])
    await rename(join(directory, 'a.csv.filepart'), join(directory, 'a.csv'))
    await drops.round()
    expect(await listed('processing')).toEqual(['a.csv'])
    // No markers are used here: this is a file like any other, and does not go with the first.
    await put('a.csv.done', table('R2'))
    await one.ingest.work()
    await drops.round()
    await one.ingest.work()
    await drops.round()
    expect(
      (await listed('done'))
        .filter((name) => !name.endsWith('.json'))
        .map((name) => name.slice(13))
        .sort(),
    ).toEqual(['a.csv', 'a.csv.done'])
    await drops.stop()
  })

  test('marker: not before the file beside it is there, which goes with it', async () => {
    const drops = watching({ ready: 'marker' })
    await put('b.csv', table('M1'))
    await drops.round()
    expect(await listed('processing')).toEqual([])
    await put('b.csv.done', '')
    await drops.round()
    await one.ingest.work()
    await drops.round()
    expect(await listed('done')).toHaveLength(2)
    expect(existsSync(join(directory, 'b.csv.done'))).toBe(false)
    await drops.stop()
  })

  test('stable: not before nobody has written to it for the time', () => {
    const readiness = new Readiness({ ready: 'stable', marker: '.done', stableMs: 60_000 })
    const seen = (bytes: number, changed: number) => [{ name: 'c.csv', bytes, changed }]
    expect(readiness.whole(seen(10, 1), 0)).toEqual([])
    expect(readiness.whole(seen(20, 1), 30_000)).toEqual([])
    expect(readiness.whole(seen(20, 1), 89_999)).toEqual([])
    expect(readiness.whole(seen(20, 1), 90_000)).toEqual(['c.csv'])
    expect(readiness.whole([], 91_000)).toEqual([])
    expect(readiness.whole(seen(20, 1), 92_000)).toEqual([])
  })

  test('a file that is written to while it is read is none, and nothing of it is kept', async () => {
    const folder = new DropFolder(directory)
    await folder.prepare()
    await put('d.csv', table('W1'))
    await folder.take('d.csv')
    const reading = async () => {
      for await (const _ of folder.content('d.csv')) await appendFile(join(directory, 'processing', 'd.csv'), `${row('W2')}\n`)
    }
    await expect(reading()).rejects.toThrow(FileChanged)
  })

  test('a link is no file of the sender', async () => {
    await writeFile(join(directory, '..', 'outside.csv'), table('L1'))
    await symlink(join(directory, '..', 'outside.csv'), join(directory, 'link.csv'))
    await mkdir(join(directory, 'sub.csv'))
    const drops = watching()
    await drops.round()
    expect(await listed('processing')).toEqual([])
    await drops.stop()
    await rm(join(directory, '..', 'outside.csv'))
  })
})

describe('nothing twice', () => {
  test('two servers on one folder: each file is read by one of them', async () => {
    const read: string[] = []
    const counting = {
      ...one.ingest,
      tables: one.ingest.tables,
      receive: (...args: Parameters<typeof one.ingest.receive>) => {
        read.push(args[3].fileName)
        return one.ingest.receive(...args)
      },
    } as DropDeps['ingest']
    const both = [watching({}, { ingest: counting }), watching({}, { ingest: counting })]
    const names = Array.from({ length: 12 }, (_, at) => `t${String(at).padStart(2, '0')}.csv`)
    for (const name of names) await put(name, table(`T-${name}`))
    await Promise.all(both.map((drops) => drops.round()))
    expect(read.sort()).toEqual(names)
    await one.ingest.work()
    await Promise.all(both.map((drops) => drops.round()))
    expect((await listed('done')).filter((name) => !name.endsWith('.json'))).toHaveLength(12)
    for (const drops of both) await drops.stop()
  })

  /** Each state of folder and row in which a process can be killed. */
  const STEPS: [string, (name: string) => Promise<void>][] = [
    ['behind the row', async (name) => void (await files().insert(doc(name, null)))],
    [
      'behind the move',
      async (name) => {
        await files().insert(doc(name, null))
        await new DropFolder(directory).take(name)
      },
    ],
    [
      'behind the receipt of the bytes',
      async (name) => {
        await files().insert(doc(name, null))
        await new DropFolder(directory).take(name)
        await one.ingest.receive('rhip', actorOf('rhip-client'), new DropFolder(directory).content(name), {
          contentType: '',
          fileName: name,
        })
      },
    ],
    [
      'behind the last move',
      async (name) => {
        const folder = new DropFolder(directory)
        await folder.take(name)
        const { payload } = await one.ingest.receive('rhip', actorOf('rhip-client'), folder.content(name), {
          contentType: '',
          fileName: name,
        })
        await files().insert(doc(name, payload._id))
        await one.ingest.work()
        await folder.finish(name, 'done', payload._id.slice(0, 12), { resourceType: 'OperationOutcome' })
      },
    ],
  ]
  test.each(STEPS)('killed %s', async (step, die) => {
    const before = await payloads()
    await new DropFolder(directory).prepare()
    const name = `${step.replaceAll(' ', '-')}.csv`
    await put(name, table(`K-${step}`))
    await die(name)
    const drops = watching()
    await drops.round()
    await one.ingest.work()
    await drops.round()
    expect(await payloads()).toBe(before + 1)
    expect(await listed('processing')).toEqual([])
    expect(await listed('done')).toHaveLength(2)
    expect(await files().count({})).toBe(0)
    await drops.stop()
  })
})

test('the same bytes under two names are one payload, of which each file has the receipt', async () => {
  const before = await payloads()
  const drops = watching()
  for (const name of ['one.csv', 'two.csv']) await put(name, table('B1', 'B2'))
  await drops.round()
  await one.ingest.work()
  await drops.round()
  expect(await payloads()).toBe(before + 1)
  expect((await listed('done')).map((name) => name.slice(13))).toEqual(['one.csv', 'one.csv.report.json', 'two.csv', 'two.csv.report.json'])
  await drops.stop()
})

test('the same name again, with other content and with the same, is another file in done', async () => {
  const drops = watching()
  for (const text of [table('S1'), table('S1', 'S2'), table('S1')]) {
    await put('same.csv', text)
    await drops.round()
    await one.ingest.work()
    await drops.round()
  }
  expect((await listed('done')).filter((name) => !name.endsWith('.json'))).toHaveLength(2)
  await drops.stop()
})

test('a sender whose rights do not suffice: failed, with the reason, and nothing kept', async () => {
  const before = await payloads()
  const drops = startDrops(
    [
      {
        source: 'rhip',
        directory,
        ready: 'rename',
        marker: '.done',
        stableSeconds: 60,
        pollSeconds: NEVER,
        waitSeconds: 900,
        actor: { ...actorOf('rhip-client'), scopes: [] },
      },
    ],
    { ingest: one.ingest, files: files(), now: () => new Date(), log: () => undefined },
  )
  await put('x.csv', table('X1'))
  await drops.round()
  const failed = await listed('failed')
  expect(failed[0]).toMatch(/^refused-.*_x\.csv$/)
  expect(await readFile(join(directory, 'failed', failed[1] as string), 'utf8')).toContain('"forbidden"')
  expect(await payloads()).toBe(before)
  await drops.stop()
})

test('a receipt that cannot be written: why is told, nothing is lost, and it goes on once it can', async () => {
  const logged: unknown[] = []
  const drops = watching({}, { log: (event, { cause }) => void logged.push([event, cause]) })
  await put('full.csv', table('FULL1'))
  await drops.round()
  await one.ingest.work()
  const [known] = await files().find({})
  const draft = join(directory, 'done', `${known?.payload?.slice(0, 12)}_full.csv.report.tmp`)
  await mkdir(draft)
  await drops.round()
  expect([logged, await listed('processing')]).toEqual([[['drop-file-failed', 'ERR_FS_EISDIR']], ['full.csv']])
  await rm(draft, { recursive: true })
  expect([await drops.round(), await listed('processing'), (await listed('done')).length]).toEqual([1, [], 2])
  await drops.stop()
})

describe('names that are longer than the file system takes once they are written in its charset', () => {
  /** A name in GBK: each of these characters has two bytes there, and three in UTF-8. */
  const inGbk = (end: string, count = 120) =>
    Buffer.concat([Buffer.from(`${directory}/`), Buffer.alloc(2 * count, Buffer.from([0xb2, 0xe2])), Buffer.from(end)])
  const long = (end: string, count = 120) => '测'.repeat(count) + end
  const endsOf = (names: readonly string[]) => names.map((name) => name.replace(/^.*测/, '')).sort()

  test.each(['rename', 'marker'] as const)('in GBK, %s', async (ready) => {
    const drops = watching({ ready })
    expect(Buffer.byteLength(long('1.csv'))).toBeGreaterThan(255)
    for (const [at, end] of ['1.csv', '2.csv'].entries()) {
      await writeFile(inGbk(end), table(`L${ready}${at}`))
      if (ready === 'marker') await writeFile(inGbk(`${end}.done`), '')
    }
    // What has the name that the first one gets there is another file.
    const taken = `long~${createHash('sha256').update(long('1.csv')).digest('hex')}_${long('1.csv').slice(-60)}`
    await put(taken, table(`L${ready}3`))
    if (ready === 'marker') await put(`${taken}.done`, '')
    await drops.round()
    await one.ingest.work()
    await drops.round()
    await one.ingest.work()
    await drops.round()
    const left = (await readdir(directory)).filter((name) => !['processing', 'done', 'failed'].includes(name))
    expect([left, await listed('processing'), await listed('failed')]).toEqual([[], [], []])
    const done = await listed('done')
    expect(endsOf(done)).toEqual(['1.csv', '1.csv', '1.csv.report.json', '1.csv.report.json', '2.csv', '2.csv.report.json'])
    const contents = await Promise.all(
      done.filter((name) => name.endsWith('.csv')).map((name) => readFile(join(directory, 'done', name), 'utf8')),
    )
    expect(contents.sort()).toEqual([0, 1, 3].map((at) => table(`L${ready}${at}`)))
  })

  test.each([56, 57, 83])('%d characters and their end in UTF-8', async (count) => {
    const drops = watching()
    const name = long('.csv', count)
    await put(name, table(`U${count}`))
    await drops.round()
    await one.ingest.work()
    expect(await drops.round()).toBe(1)
    expect([await listed('processing'), endsOf(await listed('done'))]).toEqual([[], ['.csv', '.csv.report.json']])
  })

  test('one that was taken and that nobody knows is taken up again, and one that is being worked on is left to who works on it', async () => {
    const [known, left] = [long('3.csv'), long('4.csv')]
    const drops = watching({ stableSeconds: 0 })
    await writeFile(inGbk('3.csv'), table('LONG3'))
    await drops.round()
    const fitted = (name: string) => `long~${createHash('sha256').update(name).digest('hex')}_${name.slice(-60)}`
    await writeFile(join(directory, 'processing', fitted(left)), table('LONG4'))
    expect(await listed('processing')).toEqual([fitted(known), fitted(left)].sort())
    const payloads = await one.ingest.tables.payloads.count({})
    // The first is in work: its row knows it by its own name.
    await drops.round()
    await drops.round()
    await one.ingest.work()
    await drops.round()
    expect((await one.ingest.tables.payloads.count({})) - payloads).toBe(1)
    expect([await listed('processing'), await files().count({})]).toEqual([[], 0])
    const done = (await listed('done')).filter((name) => /[34]\.csv$/.test(name))
    expect(done).toHaveLength(2)
    expect(await Promise.all(done.map((name) => readFile(join(directory, 'done', name), 'utf8')))).toEqual(
      expect.arrayContaining([table('LONG3'), table('LONG4')]),
    )
    await drops.stop()
  })

  test('a marker that would be too long is none', async () => {
    const folder = new DropFolder(directory)
    await folder.prepare()
    const name = `${'a'.repeat(251)}.csv`
    await put(name, 'x')
    expect(await folder.take(name, `${name}.done`)).toBe(true)
    expect(await listed('processing')).toEqual([name])
  })
})
