/** Load of one address for a bounded time, and the result rows that a run is made of. */
import autocannon from 'autocannon'

export interface BenchRow {
  name: string
  value: number
  unit: string
  /** name of the row that `ratio` is against */
  baseline: string | null
  ratio: number | null
}

export interface Load {
  url: string
  /** paths or requests, asked for in turn; every client begins at another one, so that no two ask for the same at the same moment */
  paths: readonly (string | Asked)[]
  clients: number
  seconds: number
  headers?: Record<string, string>
}

export interface Asked {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  body?: string
}

export interface Measured {
  perSecond: number
  p50Ms: number
  p99Ms: number
  failures: number
  /** right answers, those of the warm-up too */
  answered: number
}

const WARM_UP_SECONDS = 2
const ROTATED_MAX = 10_000

/** Requests per second of correct answers; anything but 2xx counts as a failure. */
export async function measure(load: Load): Promise<Measured> {
  const warm = await fire(load, WARM_UP_SECONDS)
  const times: number[] = []
  const result = await fire(load, load.seconds, times)
  times.sort((a, b) => a - b)
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0
  return {
    perSecond: result['2xx'] / result.duration,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failures: result.non2xx + result.errors + result.timeouts,
    answered: warm['2xx'] + result['2xx'],
  }
}

/** @param times gets the milliseconds of each answer: the histogram of the library knows whole ones only */
function fire({ url, paths, clients, headers }: Load, seconds: number, times?: number[]): Promise<autocannon.Result> {
  const requests = paths.map((asked) => {
    const { method, path, body } = typeof asked === 'string' ? { method: 'GET', path: asked, body: undefined } : asked
    const type = body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }
    return { method, path, headers: { ...headers, ...type }, ...(body === undefined ? {} : { body }) }
  })
  let set = 0
  const running = autocannon({
    url,
    connections: clients,
    duration: seconds,
    requests,
    setupClient(client) {
      const from = Math.floor((set++ * requests.length) / clients)
      // Long lists are dealt out: to make all of them ready for each client takes longer than a request may.
      const isLong = requests.length > ROTATED_MAX
      const part = Math.ceil(requests.length / clients)
      client.setRequests(isLong ? requests.slice(from, from + part) : [...requests.slice(from), ...requests.slice(0, from)])
    },
  })
  if (times) running.on('response', (_client, _status, _bytes, ms) => times.push(ms))
  return running
}

export function row(name: string, value: number, unit: string, against?: { name: string; value: number }): BenchRow {
  return {
    name,
    value: round(value),
    unit,
    baseline: against?.name ?? null,
    ratio: against ? round(value / against.value) : null,
  }
}

const round = (value: number): number => Number(value.toPrecision(4))

export function printTable(rows: readonly BenchRow[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, value, unit, ratio, baseline } of rows) {
    const compared = ratio === null ? '' : `  ${ratio.toFixed(2)} × ${baseline}`
    console.log(`${name.padEnd(width)}  ${String(value).padStart(9)} ${unit.padEnd(14)}${compared}`)
  }
}
