/** A load of 110,000 rows that is killed in the middle goes on where it was: each row once, and never half of them to be seen. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { insuranceDrugs } from '../../server/terminology-kept/formats/insurance.ts'
import { csv, type Loading, loadingInto, loadText } from './loaded.ts'

const ROWS = 110_000
const HEADER = '药品代码,注册名称'
let held: Loading
let folder: string
beforeAll(async () => {
  held = await loadingInto()
  folder = await mkdtemp(join(tmpdir(), 'yilian-load-'))
}, 60_000)
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await held.stop()
})

const begun = (file: string): ChildProcess => {
  const { uri, database } = held.database
  const args = ['tests/terminology/load-child.ts', uri, database, insuranceDrugs.id, '2', file]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Lines that the process says, until one is as asked. */
async function until(child: ChildProcess, isIt: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = []
  for await (const chunk of child.stdout ?? []) {
    lines.push(...String(chunk).trim().split('\n'))
    if (lines.some(isIt)) break
  }
  return lines
}

test('killed behind a checkpoint, with rows of the next segment there', async () => {
  const file = join(folder, 'drugs.csv')
  await writeFile(
    file,
    csv(
      HEADER,
      Array.from({ length: ROWS }, (_, n) => [`D${n}`, `p${n % 1000}`]),
    ),
  )
  await loadText(held.tables, insuranceDrugs, csv(HEADER, [['OLD', '旧']]), { version: '2' })
  const seen = async () => {
    const [system, ...others] = await held.kept.systems(insuranceDrugs.url)
    const page = await system?.page?.({ filters: [], offset: 0, count: 1, activeOnly: false, selectableOnly: false })
    return [others.length, page?.total]
  }
  const killed = begun(file)
  await until(killed, (line) => Number(line) >= 65_536)
  const client = new MongoClient(held.database.uri)
  const concepts = client.db(held.database.database).collection('terminology_concepts')
  // Rows of the next segment are there already.
  while ((await concepts.countDocuments({ n: { $gte: 65_536 } })) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  expect(await seen()).toEqual([0, 1])

  const second = begun(file)
  const lines = await until(second, (line) => Number(line) === ROWS)
  // It did not begin anew. Killed once more, while what its codes are found by is brought together.
  expect(Number(lines[0])).toBeGreaterThan(65_536)
  second.kill('SIGKILL')
  await once(second, 'exit')
  expect(await seen()).toEqual([0, 1])
  const resumed = begun(file)
  const exited = once(resumed, 'exit')
  expect((await until(resumed, (line) => line === 'ready')).at(-1)).toBe('ready')
  await exited
  expect(await seen()).toEqual([0, ROWS])
  const [{ s } = { s: 0 }] = await held.tables.loads.find({ version: '2', status: 'ready' })
  expect(await concepts.countDocuments({ s })).toBe(ROWS)
  const places = await concepts.distinct('n', { s, n: { $lt: 70_000, $gte: 30_000 } })
  expect(places).toHaveLength(40_000)
  const found = (await held.kept.systems(insuranceDrugs.url))[0]
  const page = await found?.page?.({ filters: [], text: 'p999', offset: 0, count: 200, activeOnly: false, selectableOnly: false })
  expect(page?.total).toBe(ROWS / 1000)
  expect(page?.concepts.map(({ code }) => code)).toEqual(Array.from({ length: 110 }, (_, n) => `D${n * 1000 + 999}`))
  await client.close()
}, 120_000)
