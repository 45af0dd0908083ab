/** Drop folders that vanish and come again, and links in them: nothing is lost, and nothing is written elsewhere. */
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import { DROP_FILES, type DropFileDoc, startDrops } from '../../server/ingest/drop/drops.ts'
import { actorOf, decision, rig, type Rig, sourceOf } from './support.ts'

const NAME = 'TB_HIS_ZY_FEE_DETAIL_FS.csv'
const table = (id: string) => `YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ\n0001,${id},1,V1,2026-03-06 08:00:00,床位费,1.000,1\n`
const STABLE_SECONDS = 60

let one: Rig
let home: string
let directory: string
let logged: [string, unknown][]
let clock: number
beforeAll(async () => {
  one = await rig([sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })], { mapping: sourceMapping })
})
afterAll(() => one.close())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'yilian-drop-'))
  directory = join(home, 'in')
  await mkdir(directory)
  logged = []
  clock = Date.now()
})
afterEach(() => rm(home, { recursive: true }))

const files = () => one.store.table<DropFileDoc>(decision, DROP_FILES)
const watching = () =>
  startDrops(
    [
      {
        ...{
          source: 'rhip',
          directory,
          ready: 'rename',
          marker: '.done',
          stableSeconds: STABLE_SECONDS,
          pollSeconds: 86_400,
          waitSeconds: 900,
        },
        actor: actorOf('rhip-client'),
      },
    ],
    { ingest: one.ingest, files: files(), now: () => new Date(clock), log: (event, { cause = '' }) => void logged.push([event, cause]) },
  )
const put = (id: string) => writeFile(join(directory, NAME), table(id))
const listed = async (place: string) => (await readdir(join(directory, place))).filter((name) => !name.endsWith('.json'))

/** Rounds until it is still, with the time that a file must stand still between them. */
async function rounds(drops: ReturnType<typeof watching>): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await drops.round()
    await one.ingest.work()
    clock += STABLE_SECONDS * 1000
  }
}

test('a folder that vanishes is not made anew, and what was taken is gone on with when it is there again', async () => {
  const drops = watching()
  await put('A1')
  await drops.round()
  expect(await listed('processing')).toEqual([NAME])
  await rename(directory, join(home, 'away'))
  await drops.round()
  expect(existsSync(directory)).toBe(false)
  expect(logged).toEqual([['drop-folder-failed', 'ENOENT']])
  await rename(join(home, 'away'), directory)
  await rounds(drops)
  expect(await listed('processing')).toEqual([])
  expect(await listed('done')).toEqual([expect.stringMatching(`_${NAME}$`)])
  await drops.stop()
})

test('where an empty folder stood in its place meanwhile, what was taken is found again, and is one payload', async () => {
  const drops = watching()
  await put('A2')
  await drops.round()
  const payloads = await one.ingest.tables.payloads.count({})
  await rename(directory, join(home, 'away'))
  await mkdir(directory)
  await one.ingest.work()
  await rounds(drops)
  expect(await files().count({})).toBe(0)
  await rm(directory, { recursive: true })
  await rename(join(home, 'away'), directory)
  await rounds(drops)
  expect(await listed('processing')).toEqual([])
  expect(await listed('done')).toEqual([expect.stringMatching(`_${NAME}$`)])
  expect(await one.ingest.tables.payloads.count({})).toBe(payloads)
  await drops.stop()
})

test.each(['processing', 'done', 'failed'])('a link in the place of %s: nothing goes where it leads, and the file stays', async (place) => {
  const elsewhere = join(home, 'elsewhere')
  await mkdir(elsewhere)
  await symlink(elsewhere, join(directory, place))
  const drops = watching()
  await put(`B-${place}`)
  await rounds(drops)
  expect(await readdir(elsewhere)).toEqual([])
  expect(await readFile(join(directory, NAME), 'utf8')).toBe(table(`B-${place}`))
  expect(new Set(logged.map(([event, cause]) => `${event} ${cause}`))).toEqual(new Set(['drop-folder-failed ENOTDIR']))
  await drops.stop()
})

test('a link in the place of a receipt: what it leads to is not written over', async () => {
  const drops = watching()
  await put('C1')
  await rounds(drops)
  const [file = ''] = await listed('done')
  const other = join(home, 'other')
  await writeFile(other, 'not the sender’s')
  // The same bytes again have the same receipt, so that its name can be told beforehand.
  await symlink(other, join(directory, 'done', `${file}.report.tmp`))
  await put('C1')
  await rounds(drops)
  expect(await readFile(other, 'utf8')).toBe('not the sender’s')
  expect((await lstat(join(directory, 'done', `${file}.report.json`))).isFile()).toBe(true)
  expect(await files().count({})).toBe(0)
  await drops.stop()
})
