/** The city's server: a process of its own on a real mongod, started again where its configuration is mended. */
import { writeFile } from 'node:fs/promises'
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
    return startServerProcess({ port, environment })
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
