/** What the programs `check:…` share: a folder of their own, the seed, the summary, and the exit code. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../../server/store/log.ts'
import { startMongod } from '../../../server/store/mongod/start.ts'
import { seedOf } from './random.ts'

export interface Told {
  lines: string[]
  sound: boolean
}

/**
 * Runs the proof on an empty folder, prints what it tells, and ends the process: 1 when it is not sound or fails.
 * @param usualSeed where none is given; absent: another one each time
 */
export async function runCheck(name: string, proof: (dataDir: string, seed: number) => Promise<Told>, usualSeed?: number): Promise<never> {
  const folder = await mkdtemp(join(tmpdir(), `yilian-${name}-`))
  const seed = seedOf(process.argv, process.env, usualSeed)
  console.log(`check:${name} --seed ${seed}`)
  let sound = false
  try {
    const told = await proof(folder, seed)
    for (const line of told.lines) console.log(line)
    sound = told.sound
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  process.exit(sound ? 0 : 1)
}

/** A database of its own in that folder, stopped when `run` ends. */
export async function withMongod<T>(dataDir: string, run: (mongodbUri: string) => Promise<T>): Promise<T> {
  const mongod = await startMongod({ dataDir, log: silentLog })
  try {
    return await run(mongod.uri)
  } finally {
    await mongod.stop()
  }
}
