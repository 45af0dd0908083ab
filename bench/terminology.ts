/**
 * `npm run bench:terminology`: a code system of 1,000,000 codes: time and memory of the load (a process of its own, as the command runs),
 * `$expand` with a filter, a page of all, `$lookup`, memory of the server; each beside a bare find behind Express in the same run.
 * Writes bench/results/terminology.json. Smaller: BENCH_CODES.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { insuranceDrugs } from '../server/terminology-kept/formats/insurance.ts'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { syllablesOf } from '../server/terminology-service/words.ts'
import { type BenchRow, measure, printTable, row } from './measure.ts'
import { residentMb } from './memory.ts'
import { startBaseline, startYilian } from './servers.ts'

const CODES = Number(process.env.BENCH_CODES ?? 1_000_000)
const DATABASE = 'yilian_terminology'
const CLIENTS = 8
const SECONDS = 20
const CHARACTERS =
  '急慢性化脓阑尾炎伴穿孔注射用头孢曲松钠高血压糖尿病肾骨折关节置换心肌梗死脑肺肝胆胃肠癌瘤结核感染综合征先天畸形出障碍功能不全损伤后遗症左右上下肢复发多单侧原继周围神经动静脉瓣膜狭窄闭锁缺片胶囊颗粒口服液缓释控滴眼软膏氨氯地平阿司匹林美托洛尔二甲双胍格列'
/** Words of two or three characters; the first ones come most often. */
const WORDS = 1500

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.floor((state / 0x8000_0000) * below)
  }
}

const next = numbers(1)
const character = () => CHARACTERS.charAt(next(CHARACTERS.length))
const words = Array.from({ length: WORDS }, () => character() + character() + (next(3) === 0 ? character() : ''))
const word = () => words[next(1 + next(WORDS))] ?? ''
const codeAt = (n: number) => `XA${String(n % 97).padStart(2, '0')}B${String(n).padStart(15, '0')}`

async function writeTable(file: string): Promise<string[]> {
  const out = createWriteStream(file)
  const displays: string[] = []
  out.write('药品代码,注册名称,注册剂型,药品企业,批准文号\n')
  for (let n = 0; n < CODES; n++) {
    const display = Array.from({ length: 2 + next(3) }, word).join('')
    if (n % 997 === 0) displays.push(display)
    const line = `${codeAt(n)},${display},${words[next(30)]},企业${next(3000)},国药准字H${n}\n`
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return displays
}

interface Loaded {
  seconds: number
  peakMb: number
}

function runLoad(file: string, uri: string): Promise<Loaded> {
  const started = Date.now()
  const args = ['--max-old-space-size=256', 'server/terminology-kept/cli/load.ts', '--system', insuranceDrugs.id, '--version', '1', file]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MONGODB_URI: uri, MONGODB_DATABASE: DATABASE },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  let peakMb = 0
  const watch = setInterval(() => {
    void residentMb(child.pid ?? 0).then((mb) => {
      peakMb = Math.max(peakMb, mb)
    })
  }, 200)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      clearInterval(watch)
      if (code === 0) resolve({ seconds: (Date.now() - started) / 1000, peakMb })
      else reject(new Error(`the load ended with ${code}`))
    })
  })
}

/** What people type: words, parts of names, initials, full pinyin, two words, beginnings of codes; no two the same. */
function filters(displays: readonly string[]): string[] {
  const initials = (text: string) =>
    syllablesOf(text)
      .map((one) => one.charAt(0))
      .join('')
  return displays.flatMap((display, n) => {
    const from = next(Math.max(1, display.length - 4))
    const kinds = [
      display.slice(from, from + 2),
      display.slice(from, from + 3),
      display.slice(from, from + 4),
      initials(display.slice(from, from + 3)),
      initials(display.slice(from, from + 5)),
      syllablesOf(display.slice(from, from + 2)).join(''),
      syllablesOf(display.slice(from, from + 3)).join(''),
      `${display.slice(0, 2)} ${display.slice(-2)}`,
      codeAt(n * 997).slice(0, 17),
    ]
    return kinds[n % kinds.length] ?? []
  })
}

const expandPath = (query: string) => `/fhir/ValueSet/$expand?url=urn:bench:drugs&${query}`

async function asked(uri: string, displays: readonly string[]): Promise<BenchRow[]> {
  const yilian = await startYilian({ MONGODB_URI: uri, MONGODB_DATABASE: DATABASE, YILIAN_NO_AUTH: '1' })
  const baseline = await startBaseline(uri, DATABASE, 'terminology-baseline.ts')
  try {
    const set = {
      resourceType: 'ValueSet',
      id: 'drugs',
      url: 'urn:bench:drugs',
      status: 'active',
      compose: { include: [{ system: insuranceDrugs.url }] },
    }
    const put = { method: 'PUT', headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify(set) }
    await fetch(`${yilian.url}/fhir/ValueSet/drugs`, put)
    const texts = filters(displays)
    const load = { url: yilian.url, clients: 1, seconds: SECONDS }
    const times = await timesOf(texts.map((text) => yilian.url + expandPath(`filter=${encodeURIComponent(text)}&count=20`)))
    const bare = await timesOf(texts.slice(0, 18).map((text) => `${baseline.url}/filter?text=${encodeURIComponent(text)}`))
    const paged = await measure({
      ...load,
      paths: Array.from({ length: 50 }, (_, n) => expandPath(`offset=${(n * 19_997) % CODES}&count=20`)),
    })
    const codes = Array.from({ length: 1000 }, (_, n) => codeAt((n * 997) % CODES))
    const lookups = await measure({
      ...load,
      clients: CLIENTS,
      paths: codes.map((code) => `/fhir/CodeSystem/$lookup?system=${encodeURIComponent(insuranceDrugs.url)}&code=${code}`),
    })
    const found = await measure({ ...load, url: baseline.url, clients: CLIENTS, paths: codes.map((code) => `/lookup?code=${code}`) })
    if (paged.failures + lookups.failures + found.failures > 0) throw new Error('some answers were wrong')
    return [
      row('$expand with filter, first time, p50', at(times, 0.5), 'ms', { name: 'expression over displays, p50', value: at(bare, 0.5) }),
      row('$expand with filter, first time, p95', at(times, 0.95), 'ms', { name: 'expression over displays, p95', value: at(bare, 0.95) }),
      row('$expand, a page of all, p50', paged.p50Ms, 'ms'),
      row('$lookup', lookups.perSecond, 'requests/s', { name: 'find by id behind Express', value: found.perSecond }),
      row('memory of the server', await residentMb(yilian.pid), 'MB'),
    ]
  } finally {
    await baseline.stop()
    await yilian.stop()
  }
}

/** One after the other, each once: nothing has been asked before. */
async function timesOf(urls: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const [n, url] of [urls[0] as string, ...urls].entries()) {
    const from = performance.now()
    const answer = await fetch(url)
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} for ${url}: ${text}`)
    // The first opens connections.
    if (n > 0) times.push(performance.now() - from)
  }
  return times.sort((a, b) => a - b)
}

const at = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0

const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-terminology-'))
const mongod = await startMongod({ dataDir: join(folder, 'db'), log: silentLog })
try {
  const file = join(folder, 'drugs.csv')
  const displays = await writeTable(file)
  const { seconds, peakMb } = await runLoad(file, mongod.uri)
  const rows = [
    row(`load of ${CODES} codes`, seconds, 's'),
    row('codes loaded', CODES / seconds, 'codes/s'),
    row('highest memory of the load', peakMb, 'MB'),
    ...(await asked(mongod.uri, displays)),
  ]
  printTable(rows)
  await mkdir('bench/results', { recursive: true })
  await writeFile('bench/results/terminology.json', `${JSON.stringify({ codes: CODES, rows }, null, 2)}\n`)
} finally {
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
