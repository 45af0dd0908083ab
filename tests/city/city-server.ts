/** The city's server: a process of its own on a real mongod, started again where its configuration is mended. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../server/store/mongod/free-port.ts'
import { type ServerProcess, startServerProcess } from '../faults/support/server-process.ts'
import { cityConfig } from './feeding.ts'

export const DATABASE = 'city'

export interface CityServer {
  url: string
  process(): ServerProcess
  /** the same with the registration of all sources as it ought to be */
  mend(): Promise<void>
  stop(): Promise<void>
}

export async function startCityServer(folder: string, mongodbUri: string, threshold: number | undefined): Promise<CityServer> {
  const port = await freePort()
  const start = async (isMended: boolean): Promise<ServerProcess> => {
    const path = join(folder, 'city.yaml')
    await writeFile(path, await cityConfig(threshold, isMended))
    const environment = {
      MONGODB_URI: mongodbUri,
      MONGODB_DATABASE: DATABASE,
      DATA_DIR: folder,
      YILIAN_CONFIG: path,
      YILIAN_NO_AUTH: '1',
      NODE_ENV: 'development',
    }
    return startServerProcess({ port, environment, apart: true })
  }
  let running = await start(false)
  return {
    url: running.url,
    process: () => running,
    async mend() {
      await running.stop()
      running = await start(true)
    },
    stop: () => running.stop(),
  }
}

/** /proc counts in hundredths of a second. */
const MS_PER_TICK = 10

/** Processor time of these processes so far, ms; of one that is gone, none. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')))
  // Behind the name, which may have spaces in it: fields 14 and 15 of proc_pid_stat(5).
  const ticks = all
    .map((text) => text.slice(text.lastIndexOf(')') + 2).split(' '))
    .map((fields) => Number(fields[11] ?? 0) + Number(fields[12] ?? 0))
  return ticks.reduce((sum, one) => sum + one, 0) * MS_PER_TICK
}
