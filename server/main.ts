/** `npm start`: reads the configuration, starts the server, stops it on a signal. */
import { setFlagsFromString } from 'node:v8'
import { BOUNDS } from './config/bounds.ts'
import { ConfigError, loadConfig } from './config/config.ts'
import { siteFormats } from './ingest/dialects.ts'
import { boundHeapGrowth } from './heap-growth.ts'
import { createLog, endLog } from './log.ts'
import { startServer } from './start.ts'
import { KNOWN_RULES } from './validation/known-rules.ts'

// Bodies pass through as buffers outside of V8's heap. By default each 64 MB of them start a collection of the whole heap, several times
// a second under load, which every request that is under way waits for; so counted they belong to the heap's own limit.
setFlagsFromString('--external-memory-accounted-in-global-limit')
boundHeapGrowth()

async function main(): Promise<void> {
  const config = loadConfig(process.env, { mappings: siteFormats(process.env).ids, validation: KNOWN_RULES })
  const log = createLog(config.logLevel)
  if (config.demonstration)
    log.warn('未指定 YILIAN_CONFIG：使用演示配置 / YILIAN_CONFIG is not set: the demonstration configuration is in force')
  if (config.noAuth) log.warn('YILIAN_NO_AUTH=1：不校验身份，不执行同意，仅限开发 / no authentication, no consent: development only')
  const running = await startServer(config, log)
  log.info({ address: running.url, fhir: `${running.url}/fhir` }, 'ready')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(running, log))
}

async function stop(running: Awaited<ReturnType<typeof startServer>>, log: ReturnType<typeof createLog>): Promise<void> {
  // Whoever sent the signal waits: what can not be ended, because the database is gone, is left as a crash would leave it.
  const late = setTimeout(() => {
    log.error('not stopped in time')
    void endLog().finally(() => process.exit(1))
  }, BOUNDS.stopMs)
  await running.stop().catch((error: unknown) => log.error({ kind: error instanceof Error ? error.name : 'unknown' }, 'stopping failed'))
  clearTimeout(late)
  await endLog()
  process.exit(0)
}

main().catch((error: unknown) => {
  // A wrong configuration is the operator's to read; anything else names its kind and place.
  console.error(error instanceof ConfigError ? error.message : error instanceof Error ? error.message : 'the start failed')
  process.exit(1)
})
