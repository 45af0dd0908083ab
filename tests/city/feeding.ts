/** A city is sent to a real server over HTTP, in the order in which it comes, by many senders at the same time, until it ends or its time is up. */
import { readFile } from 'node:fs/promises'
import type { City } from './city.ts'
import { MISREGISTERED } from './feeds.ts'
import type { Fate, Payload } from './types.ts'

/** Three hospitals, the insurance and one platform with a branch; the threshold of a city of this size. */
export async function cityConfig(threshold: number | undefined, isMended = false): Promise<string> {
  const demo = await readFile(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  const h3 =
    '  - { id: h3-his, kind: hospital, mapping: hospital/hl7v2, organization: H3, client: h1-engine, charset: auto, organizationCodes: { "0003": H3 } }\n'
  const codes = '{ "0001": H1, "0002": H2, "0003": H3 }'
  const charset = isMended ? 'gb18030' : 'utf-8'
  const branch = `  - { id: ${MISREGISTERED}, kind: rhip, mapping: rhip/tables, organization: HA, client: ha, charset: ${charset}, organizationCodes: ${codes} }\n`
  return demo
    .replace(/^ {2}- \{ id: miis,/m, `${h3}${branch}  - { id: miis,`)
    .replace(/(id: rhip,.*)\{ "0001": H1 \}/, `$1${codes}`)
    .replace(/^policy:$/m, threshold === undefined ? 'policy:' : `policy:\n  linkThreshold: ${threshold}`)
}

export interface Fed {
  /** all payloads before this place were answered for, none behind it was sent */
  until: number
  seconds: number
  fates: Record<Fate, number>
  /** payloads with something wrong, by what it is */
  faults: Record<string, number>
  /** answers that are none of a server that works, and fates that ought to be others */
  failures: string[]
  failed: number
  stretches: Stretch[]
}

export interface Feeding {
  from?: number
  senders?: number
  /** epoch, ms */
  deadline?: number
  /** nothing more is sent once it is aborted */
  signal?: AbortSignal
  /** called for each stretch of the run: every payload before `place` is answered for */
  progress?(told: Stretch): void
  stretchMs?: number
  /** of the processes that do the work, ms so far */
  cpuMs?(): Promise<number>
}

export interface Stretch {
  /** where it ended */
  place: number
  perSecond: number
  /** of its messages, ms */
  median: number
  p99: number
  /** processor time for each payload: where others use the machine too it says more than the clock */
  cpuMs: number
}

const SENDERS = 12
const STRETCH_MS = 15_000
const STATUS_POLL_MS = 500
const FAILURES_MAX = 20
/** A server that is too busy says so, and its senders come again. */
const BUSY_STATUS: ReadonlySet<number> = new Set([429, 503])
const BUSY_ATTEMPTS_MAX = 20
const BUSY_MS = 500
const FILE_MS_MAX = 1_800_000

export const feed = (url: string, city: City, feeding: Feeding = {}): Promise<Fed> => new Feed(url, city, feeding).run()

class Feed {
  readonly #url: string
  readonly #city: City
  readonly #feeding: Feeding
  readonly #fed: Fed
  readonly #under = new Set<number>()
  #next: number
  #since: number
  #cpuMs = 0
  #done = 0
  #took: number[] = []

  constructor(url: string, city: City, feeding: Feeding) {
    this.#url = url
    this.#city = city
    this.#feeding = feeding
    this.#next = feeding.from ?? 0
    this.#since = performance.now()
    this.#fed = {
      until: this.#next,
      seconds: 0,
      fates: { stored: 0, quarantined: 0, refused: 0 },
      faults: {},
      failures: [],
      failed: 0,
      stretches: [],
    }
  }

  async run(): Promise<Fed> {
    const { senders = SENDERS, stretchMs = STRETCH_MS, cpuMs } = this.#feeding
    const started = performance.now()
    this.#cpuMs = (await cpuMs?.()) ?? 0
    const timer = setInterval(() => void this.#stretch(), stretchMs)
    try {
      await Promise.all(Array.from({ length: senders }, () => this.#sender()))
    } finally {
      clearInterval(timer)
    }
    await this.#stretch()
    return { ...this.#fed, until: this.#next, seconds: (performance.now() - started) / 1000 }
  }

  async #sender(): Promise<void> {
    const { deadline = Number.POSITIVE_INFINITY, signal } = this.#feeding
    while (this.#next < this.#city.length && Date.now() < deadline && !signal?.aborted) {
      const place = this.#next++
      this.#under.add(place)
      await this.#sendOne(this.#city.at(place), place)
      this.#under.delete(place)
      this.#done++
    }
  }

  async #sendOne(payload: Payload, place: number): Promise<void> {
    const started = performance.now()
    const { fate, told } = await fateOf(this.#url, payload)
    if (payload.fileName === undefined) this.#took.push(performance.now() - started)
    const { fates, faults, failures } = this.#fed
    if (fate) fates[fate]++
    if (payload.fault) faults[payload.fault] = (faults[payload.fault] ?? 0) + 1
    if (fate === payload.fate) return
    this.#fed.failed++
    if (failures.length < FAILURES_MAX) failures.push(`${place} ${payload.source} ${payload.fault ?? ''} not ${payload.fate} but ${told}`)
  }

  async #stretch(): Promise<void> {
    const now = performance.now()
    const place = Math.min(this.#next, ...this.#under)
    const [done, seconds] = [this.#done, (now - this.#since) / 1000]
    const took = this.#took.sort((a, b) => a - b)
    const at = (share: number): number => Math.round(took[Math.floor(took.length * share)] ?? 0)
    const told = { place, perSecond: rounded(done / seconds), median: at(0.5), p99: at(0.99) }
    this.#since = now
    this.#done = 0
    this.#took = []
    const cpuMs = (await this.#feeding.cpuMs?.()) ?? 0
    const stretch = { ...told, cpuMs: done === 0 ? 0 : rounded((cpuMs - this.#cpuMs) / done) }
    this.#cpuMs = cpuMs
    if (done > 0) this.#fed.stretches.push(stretch)
    this.#feeding.progress?.(stretch)
  }
}

const rounded = (value: number): number => Math.round(value * 10) / 10

/** What became of a payload, with the answer where it is none. */
async function fateOf(url: string, payload: Payload): Promise<{ fate?: Fate; told: string }> {
  const { source, contentType, fileName, body } = payload
  const headers = { 'Content-Type': contentType, ...(fileName === undefined ? {} : { 'X-File-Name': fileName }) }
  let answer = await ask(url, `/ingest/${source}`, { method: 'POST', body: body as string, headers })
  for (let attempt = 1; BUSY_STATUS.has(answer.status) && attempt < BUSY_ATTEMPTS_MAX; attempt++) {
    await pause(BUSY_MS * attempt)
    answer = await ask(url, `/ingest/${source}`, { method: 'POST', body: body as string, headers })
  }
  const last = await finished(url, answer)
  const fate = fateIn(last)
  return { ...(fate && { fate }), told: `${last.status} ${last.text.slice(0, 300)}` }
}

function fateIn({ status, json }: Answer): Fate | undefined {
  // The insurance reads in its own envelope whether it was stored: infcode 0.
  if (status === 200 && json?.infcode !== undefined) return Number(json.infcode) === 0 ? 'stored' : 'quarantined'
  const receipt = receiptOf(json)
  if (receipt) return receipt.status === 'quarantined' ? 'quarantined' : receipt.status.startsWith('stored') ? 'stored' : undefined
  return status === 422 ? 'refused' : undefined
}

interface Answer {
  status: number
  text: string
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by path
  json: any
}

/** Status and counts of an OperationOutcome that is a receipt. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function receiptOf(json: any): { status: string; counts: Record<string, number> } | undefined {
  const parts = json?.extension?.find((one: { url: string }) => one.url.endsWith('/ingest-receipt'))?.extension as
    | { url: string; valueCode?: string; valueInteger?: number }[]
    | undefined
  const status = parts?.find((one) => one.url === 'status')?.valueCode
  if (!parts || status === undefined) return undefined
  return {
    status,
    counts: Object.fromEntries(parts.flatMap((one) => (one.valueInteger === undefined ? [] : [[one.url, one.valueInteger]]))),
  }
}

/** Files, and what could not be done at once, are accepted, and worked off behind the answer. */
async function finished(url: string, answer: Answer): Promise<Answer> {
  const place = answer.headers.get('content-location')
  let last = answer
  for (const until = Date.now() + FILE_MS_MAX; last.status === 202 && place && Date.now() < until; ) {
    await pause(STATUS_POLL_MS)
    last = await ask(url, place)
  }
  return last
}

export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url + path, init)
    const text = await response.text()
    return { status: response.status, text, headers: response.headers, json: parsed(text) }
  } catch (error) {
    return { status: 0, text: error instanceof Error ? error.message : '', headers: new Headers(), json: undefined }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
