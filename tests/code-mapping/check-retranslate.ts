/**
 * `npm run check:retranslate [-- COUNT]`: a code is mapped while 100,000 resources carry it, two server processes serve them, readers
 * and writers are at work, and each process is killed (`kill -9`) and started again. Exits 1 when a reader sees half of one
 * resource, an acknowledged write is lost or doubled, or something is left untranslated.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../server/store/mongod/free-port.ts'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { callerOf, type Caller, type ClientOf, clock, sleep } from '../faults/support/client.ts'
import { type ServerProcess, startServerProcess } from '../faults/support/server-process.ts'
import { labItems, LEUKOCYTES, LOINC, report } from './sending.ts'

const COUNT = Number(process.argv[2] ?? 100_000)
const CODE = 'BULK'
const ROW = `h1-lis|lab-item|${labItems('H1')}|${CODE}`
const SEEDED_TOGETHER = 500
const PATIENTS = 200
/** shares of the work at which a process is killed */
const KILLED_AT = [0.15, 0.4, 0.65]

const LOADER: ClientOf = { id: 'loader' }
const ENGINE: ClientOf = { id: 'h1-engine' }
const PERSON = (id: string): ClientOf => ({ id: 'h1-terms', parameters: { user: `Practitioner/${id}` } })
const nameOf = (at: number): string => `bulk-${String(at).padStart(6, '0')}`
const any = (): number => Math.floor(Math.random() * COUNT)

interface Coded {
  id: string
  meta: { versionId: string }
  code: { coding: { code: string }[] }
  note: { text: string }[]
}

const findings: string[] = []
const found = (text: string): void => {
  if (findings.length < 50) findings.push(text)
}

interface Site {
  servers: ServerProcess[]
  /** one caller for each process */
  callers: Caller[]
  restart(at: number): Promise<void>
}

async function openSite(mongodbUri: string, dataDir: string): Promise<Site> {
  const ports = [await freePort(), await freePort()]
  const publicUrl = `http://127.0.0.1:${ports[0]}`
  const environment = { MONGODB_URI: mongodbUri, MONGODB_DATABASE: 'retranslate', DATA_DIR: dataDir, PUBLIC_URL: publicUrl }
  const start = (at: number) => startServerProcess({ port: ports[at] as number, environment })
  // The first one makes the keys that both use.
  const servers = [await start(0)]
  servers.push(await start(1))
  return {
    servers,
    callers: ports.map((port) => callerOf({ publicUrl, sendTo: `http://127.0.0.1:${port}`, dataDir })),
    async restart(at) {
      await servers[at]?.crash()
      servers[at] = await start(at)
    },
  }
}

/** What must be answered; the processes that are asked are not killed then. */
async function must(caller: Caller, client: ClientOf, path: string, init: object = {}) {
  const reply = await caller.call(client, path, init)
  if (reply.status < 200 || reply.status > 299) throw new Error(`${path} answered ${reply.status} ${reply.text.slice(0, 500)}`)
  return JSON.parse(reply.text)
}

const FHIR = { 'Content-Type': 'application/fhir+json' }
const transaction = (resources: readonly { resourceType: string; id: string }[]) =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } })),
  })

async function seed(caller: Caller): Promise<void> {
  const source = 'https://fhir-cn.example/Organization/H1'
  const write = (resources: { resourceType: string; id: string }[]) =>
    must(caller, LOADER, '/fhir', { method: 'POST', body: transaction(resources), headers: FHIR })
  await write(['wang', 'li'].map((id) => ({ resourceType: 'Practitioner', id, active: true })))
  await write(Array.from({ length: PATIENTS }, (_, at) => ({ resourceType: 'Patient', id: `p${at}`, meta: { source } })))
  const observation = (at: number) => ({
    resourceType: 'Observation',
    id: nameOf(at),
    meta: { source },
    status: 'final',
    code: { coding: [{ system: labItems('H1'), code: CODE }] },
    subject: { reference: `Patient/p${at % PATIENTS}` },
    note: [{ text: 'seed' }],
  })
  for (let at = 0; at < COUNT; at += SEEDED_TOGETHER) {
    await write(Array.from({ length: Math.min(SEEDED_TOGETHER, COUNT - at) }, (_, more) => observation(at + more)))
    if (at % 20_000 === 0) console.log(`seeded ${at} of ${COUNT}`)
  }
  const headers = { 'Content-Type': 'application/hl7-v2' }
  await must(caller, ENGINE, '/ingest/h1-lis', { method: 'POST', body: report('1', [{ code: CODE, name: '白细胞计数' }]), headers })
}

async function map(caller: Caller): Promise<void> {
  const post = (user: string, act: string, body: object) =>
    must(caller, PERSON(user), `/code-mapping/${act}`, { method: 'POST', body: JSON.stringify({ id: ROW, ...body }) })
  const { pending } = await post('wang', 'propose', { system: LOINC, code: LEUKOCYTES, equivalence: 'equivalent' })
  await post('li', 'confirm', { proposal: pending.id })
}

const codesOf = ({ code }: Coded): string => code.coding.map((one) => one.code).join()

/** The newest version that was seen of each, and whether it was translated: no later look may go back behind either. */
const seen = new Map<string, { version: number; codes: string }>()

function look(one: Coded): void {
  const [codes, version] = [codesOf(one), Number(one.meta.versionId)]
  if (codes !== CODE && codes !== `${LEUKOCYTES},${CODE}`) found(`half: ${one.id}/${version} has ${codes}`)
  const before = seen.get(one.id)
  if (before && version === before.version && codes !== before.codes) found(`two contents of ${one.id}/${version}`)
  if (before && version > before.version && before.codes.includes(',') && !codes.includes(',')) found(`back again: ${one.id}/${version}`)
  if (!before || version > before.version) seen.set(one.id, { version, codes })
}

/** By reads, and by searches for the translation, which find nothing that does not have it. */
async function read(caller: Caller, isOn: () => boolean, counts: { reads: number; took: number[] }): Promise<void> {
  while (isOn()) {
    const isSearch = Math.random() < 0.3
    const ids = Array.from({ length: 20 }, () => nameOf(any())).join()
    const path = isSearch ? `/fhir/Observation?_id=${ids}&code=${LOINC}|${LEUKOCYTES}` : `/fhir/Observation/${nameOf(any())}`
    const { status, text, start, end } = await caller.call(ENGINE, path)
    if (status !== 200) {
      // A process that was killed answers nothing until it is started again.
      if (status !== 0 && status !== 503) found(`${path} answered ${status}`)
      await sleep(100)
      continue
    }
    counts.reads++
    counts.took.push(end - start)
    const answer = JSON.parse(text)
    const all: Coded[] = isSearch ? (answer.entry ?? []).map(({ resource }: { resource: Coded }) => resource) : [answer]
    for (const one of all) {
      look(one)
      if (isSearch && !codesOf(one).includes(LEUKOCYTES)) found(`${one.id} was found by a code that it does not have`)
    }
  }
}

/** Marks that were acknowledged, by resource. */
const marks = new Map<string, string[]>()

async function write(caller: Caller, writer: string, isOn: () => boolean, counts: { writes: number; unknown: number }): Promise<void> {
  for (let n = 0; isOn(); n++) {
    const [id, mark] = [nameOf(any()), `${writer}-${n}`]
    const body = JSON.stringify([{ op: 'add', path: '/note/-', value: { text: mark } }])
    const headers = { 'Content-Type': 'application/json-patch+json' }
    const { status, text } = await caller.call(ENGINE, `/fhir/Observation/${id}`, { method: 'PATCH', body, headers })
    if (status === 200) {
      counts.writes++
      marks.set(id, [...(marks.get(id) ?? []), mark])
      look(JSON.parse(text))
    } else if (status === 0 || status === 503) {
      counts.unknown++
      await sleep(100)
    } else found(`a patch of ${id} answered ${status} ${text.slice(0, 200)}`)
  }
}

interface Job {
  status: string
  seen: number
  written: number
  failed: number
}

async function jobNow(site: Site): Promise<Job | undefined> {
  for (const caller of site.callers) {
    const { status, text } = await caller.call(PERSON('wang'), `/code-mapping/code?id=${encodeURIComponent(ROW)}`)
    if (status === 200) return JSON.parse(text).jobs[0]
  }
  return undefined
}

/** Until the job has ended; kills the processes by turns on the way. */
async function follow(site: Site): Promise<Job> {
  let kills = 0
  for (;;) {
    await sleep(500)
    const job = await jobNow(site)
    if (!job) continue
    if (job.status !== 'accepted') return job
    if (job.written > COUNT * (KILLED_AT[kills] ?? Number.POSITIVE_INFINITY)) {
      console.log(`killed process ${kills % 2} at ${job.written} of ${COUNT}`)
      await site.restart(kills % 2)
      kills++
    }
  }
}

/** Everything, page by page. */
async function verify(caller: Caller): Promise<void> {
  let path = `/fhir/Observation?code=${labItems('H1')}|${CODE}&_count=1000&_sort=_id`
  const ids = new Set<string>()
  while (path !== '') {
    const page = await must(caller, ENGINE, path)
    for (const { resource } of (page.entry ?? []) as { resource: Coded }[]) {
      ids.add(resource.id)
      if (codesOf(resource) !== `${LEUKOCYTES},${CODE}`) found(`left: ${resource.id} has ${codesOf(resource)}`)
      const notes = resource.note?.map(({ text }) => text) ?? []
      for (const mark of marks.get(resource.id) ?? [])
        if (notes.filter((note) => note === mark).length !== 1) found(`lost or doubled: ${mark} of ${resource.id}`)
    }
    const next = page.link.find(({ relation }: { relation: string }) => relation === 'next')?.url as string | undefined
    path = next === undefined ? '' : new URL(next).pathname + new URL(next).search
  }
  // The report's own is one of them.
  if (ids.size !== COUNT + 1) found(`${ids.size} resources instead of ${COUNT + 1}`)
}

const share = (values: readonly number[], part: number): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor(part * values.length)] ?? 0)

const folder = await mkdtemp(join(tmpdir(), 'yilian-retranslate-'))
const mongod = await startMongod({ dataDir: folder, log: silentLog })
let site: Site | undefined
try {
  site = await openSite(mongod.uri, folder)
  const [first, second] = site.callers as [Caller, Caller]
  await seed(first)
  let isOn = true
  const counts = { reads: 0, writes: 0, unknown: 0, took: [] as number[] }
  const on = () => isOn
  const beside = [read(first, on, counts), read(second, on, counts), write(first, 'a', on, counts), write(second, 'b', on, counts)]
  const began = clock()
  await map(first)
  const job = await follow(site)
  const seconds = (clock() - began) / 1000
  isOn = false
  await Promise.all(beside)
  await verify(first)
  if (job.status !== 'completed') found(`the job ended as ${job.status}, ${job.failed} failed`)
  if (Math.min(counts.reads, counts.writes) < 100) found('too few reads or writes to show anything')
  for (const server of site.servers) for (const line of server.failures()) found(line)
  console.log(
    `${job.written} versions in ${Math.round(seconds)} s (${Math.round(job.written / seconds)}/s) with ${KILLED_AT.length} kills; ` +
      `${counts.reads} reads (median ${share(counts.took, 0.5)} ms, p95 ${share(counts.took, 0.95)} ms), ` +
      `${counts.writes} writes acknowledged, ${counts.unknown} not answered`,
  )
} finally {
  for (const server of site?.servers ?? []) await server.stop()
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
for (const line of findings) console.log(`WRONG: ${line}`)
console.log(findings.length === 0 ? 'sound' : `${findings.length} findings`)
process.exit(findings.length === 0 ? 0 : 1)
