/** The embedded mongod: a one-member replica set on the loopback interface, kept running while the server lives. */
import { totalmem } from 'node:os'
import { BOUNDS } from '../../config/bounds.ts'
import type { StoreLog } from '../log.ts'
import { findMongod } from './binary.ts'
import { type DataFolder, isAlive, openFolder, type Serving } from './folder.ts'
import { servesFolder, ensurePrimary } from './replica.ts'
import { spawnMongod, terminate } from './spawn.ts'

export interface EmbeddedMongod {
  uri: string
  /** pid of the mongod that serves now; it changes when the database had to be restarted */
  pid(): number
  /** Leaves the database; the last process that uses the folder also shuts it down, cleanly. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  dataDir: string
  log: StoreLog
  cacheGb?: number
}

/** How often it is looked whether the mongod still runs. */
const WATCH_MS = 250

/**
 * Starts a mongod on `dataDir`, or joins the one that already serves it (left behind by a killed server, or started by
 * another process of this one). It is started again whenever it dies.
 * @throws Error with a text for the operator when no mongod could be found or started
 */
export async function startMongod(options: EmbeddedOptions): Promise<EmbeddedMongod> {
  const folder = await openFolder(options.dataDir)
  await folder.join()
  let serving = await folder.exclusively(() => joinOrStart(folder, options, undefined))
  const watch = keepRunning(
    () => serving,
    async () => {
      serving = await folder.exclusively(() => joinOrStart(folder, options, serving.port))
    },
    options.log,
  )
  const onExit = () => {
    if (!folder.leave()) terminate(serving.pid)
  }
  process.once('exit', onExit)
  return {
    uri: `mongodb://127.0.0.1:${serving.port}/?replicaSet=rs0`,
    pid: () => serving.pid,
    async stop() {
      process.off('exit', onExit)
      await watch.stop()
      await folder.exclusively(async () => {
        if (folder.leave()) return
        await shutDown(serving.pid, options.log)
      })
    },
  }
}

/** What does not fit is read from disk again and again: with ten times of what fits, loads take half as long again and more. */
function usualCacheGb(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  const gb = (memory / 1024 ** 3) * BOUNDS.mongodCachePart
  return Number(Math.min(Math.max(gb, BOUNDS.mongodCacheGbMin), BOUNDS.mongodCacheGbMax).toFixed(2))
}

/** `port`: the one that this process' clients know. They find a restarted database by themselves, but only there. */
async function joinOrStart(folder: DataFolder, options: EmbeddedOptions, port: number | undefined): Promise<Serving> {
  const known = await folder.serving()
  if (known && isAlive(known.pid) && (await servesFolder(known.port, folder.dbPath))) {
    await ensurePrimary(known.port)
    return known
  }
  const binary = await findMongod(options.log)
  const serving = await spawnMongod({
    binary,
    dbPath: folder.dbPath,
    logPath: folder.logPath,
    cacheGb: options.cacheGb ?? Number(process.env.MONGOD_CACHE_GB ?? usualCacheGb()),
    ...(port === undefined ? {} : { preferredPort: port, keepPort: true }),
    ...(port === undefined && known ? { preferredPort: known.port } : {}),
  })
  await folder.setServing(serving)
  await ensurePrimary(serving.port)
  options.log.info({ pid: serving.pid, port: serving.port }, 'embedded mongod is primary')
  return serving
}

function keepRunning(current: () => Serving, restart: () => Promise<void>, log: StoreLog): { stop(): Promise<void> } {
  let stopped = false
  let wake = () => {}
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const watching = (async () => {
    let delay: number = BOUNDS.mongodRestartDelayMinMs
    while (!stopped) {
      await pause(WATCH_MS)
      if (stopped || isAlive(current().pid)) {
        delay = BOUNDS.mongodRestartDelayMinMs
        continue
      }
      log.error({ pid: current().pid }, 'embedded mongod has died: restarting it')
      await restart().catch(async (error: unknown) => {
        log.error({ reason: (error as Error).message }, 'embedded mongod could not be restarted')
        await pause(delay)
        delay = Math.min(delay * 2, BOUNDS.mongodRestartDelayMaxMs)
      })
    }
  })()
  return {
    async stop() {
      stopped = true
      wake()
      await watching
    },
  }
}

async function shutDown(pid: number, log: StoreLog): Promise<void> {
  terminate(pid)
  const deadline = Date.now() + BOUNDS.mongodStopMs
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
  if (!isAlive(pid)) return
  // The journal makes this safe; an operator should still know of it.
  log.warn({ pid }, 'embedded mongod did not stop in time: killed')
  terminate(pid, 'SIGKILL')
}
