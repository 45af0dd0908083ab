/** `npm run demo`: the main job from end to end, told in the terminal. With `--once` it exits 0 when every statement was true. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sourceMappingIds } from '../../mappings/index.ts'
import { verifyAudit } from '../audit/verify.ts'
import { type Config, loadConfig } from '../config/config.ts'
import { createLog } from '../log.ts'
import { startServer } from '../start.ts'
import { type Bundle, type Cast, createCast, matches } from './cast.ts'
import { consentAct } from './consent-act.ts'
import { ingestAct } from './ingest-act.ts'
import { createNarrator, type Narrator } from './narrator.ts'
import { type Persons, recordAct } from './record-act.ts'

async function main(): Promise<number> {
  const once = process.argv.includes('--once')
  const folder = await mkdtemp(join(tmpdir(), 'yilian-demo-'))
  const config = demoConfig(folder)
  const narrator = createNarrator((line) => console.log(line))
  narrator.say(
    '医联演示：正在启动（首次运行会下载一次 MongoDB）……',
    'Yilian demonstration: starting (the first run provisions MongoDB once) …',
  )
  const running = await startServer(config, createLog(process.env.LOG_LEVEL ?? 'warn'))
  const stop = async () => {
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const cast = createCast({ ...config, publicUrl: running.url }, running.url)
    const persons = await play(cast, narrator, () => verifyAudit(running.store))
    if (once) return narrator.failures === 0 ? 0 : 1
    invite(running.url, persons, config.dataDir)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    return 0
  } finally {
    await stop()
  }
}

/** A database and data folder of its own: the demonstration always tells the same story and touches nothing else. */
function demoConfig(folder: string): Config {
  const environment = {
    ...process.env,
    DATA_DIR: folder,
    MONGODB_DATABASE: `yilian_demo_${process.pid}`,
    YILIAN_CONFIG: '',
    YILIAN_NO_AUTH: '',
  }
  return loadConfig(environment, { mappings: sourceMappingIds() })
}

async function play(cast: Cast, narrator: Narrator, verify: () => ReturnType<typeof verifyAudit>): Promise<Persons> {
  await ingestAct(cast, narrator)
  const persons = await recordAct(cast, narrator)
  await consentAct(cast, narrator, persons)
  await auditAct(cast, narrator, persons, verify)
  narrator.heading(
    `结束：${narrator.checked} 条陈述，${narrator.failures} 条不实`,
    `End: ${narrator.checked} statements, ${narrator.failures} untrue`,
  )
  return persons
}

async function auditAct(cast: Cast, narrator: Narrator, persons: Persons, verify: () => ReturnType<typeof verifyAudit>): Promise<void> {
  narrator.heading('四、每一次使用都有记录', 'IV. Every use is on record')
  const own = await cast.as('patient-app', { patient: persons.wang })
  const account = (await own.search({
    resourceType: 'AuditEvent',
    searchParams: { patient: persons.wang, _count: '200', _sort: '-date' },
  })) as Bundle
  const events = matches(account, 'AuditEvent')
  narrator.check(
    `王建国可以查到 ${account.total ?? events.length} 条对其资料的使用记录`,
    `Wang Jianguo finds ${account.total ?? events.length} uses of his data`,
    events.length > 0,
  )
  for (const event of events.slice(0, 4)) narrator.detail(lineOf(event))
  const chain = await verify()
  narrator.check(`审计链完整：${chain.entries} 条`, `The audit chain is sound: ${chain.entries} entries`, chain.ok)
}

function lineOf(event: Record<string, unknown>): string {
  const agents = (event.agent ?? []) as { who?: { display?: string; identifier?: { value?: string }; reference?: string } }[]
  const subtypes = (event.subtype ?? []) as { code?: string }[]
  const who = agents[0]?.who
  return [
    event.recorded,
    who?.identifier?.value ?? who?.reference ?? who?.display,
    subtypes[0]?.code,
    `outcome ${String(event.outcome)}`,
  ].join('  ')
}

function invite(url: string, persons: Persons, dataDir: string): void {
  const token = (client: string, more = '') => `$(DATA_DIR=${dataDir} PUBLIC_URL=${url} npm run --silent token -- ${client}${more})`
  console.log(`
服务仍在运行，Ctrl-C 结束 / The server stays up, Ctrl-C ends it
  FHIR      ${url}/fhir/metadata
  健康 health ${url}/health   就绪 ready ${url}/ready

  # 患者本人的记录 / the patient's own record
  curl -s -H "Authorization: Bearer ${token('patient-app', ` --patient ${persons.wang}`)}" '${url}/fhir/Patient/${persons.wang}/$everything'
  # 本院质控 / the hospital's own quality work
  curl -s -H "Authorization: Bearer ${token('auditor')}" '${url}/fhir/DiagnosticReport?_count=5'
  # 谁用过我的资料 / who used my data
  curl -s -H "Authorization: Bearer ${token('patient-app', ` --patient ${persons.wang}`)}" '${url}/fhir/AuditEvent?patient=${persons.wang}'
`)
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : 'the demonstration failed')
    process.exit(1)
  },
)
