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
  /** paths, asked for in turn; every client begins at another one, so that no two ask for the same at the same moment */
  paths: string[]
  clients: number
  seconds: number
  headers?: Record<string, string>
}

export interface Measured {
  perSecond: number
  p50Ms: number
  p99Ms: number
  failures: number
}

const WARM_UP_SECONDS = 2

/** Requests per second of correct answers; anything but 2xx counts as a failure. */
export async function measure(load: Load): Promise<Measured> {
  await fire(load, WARM_UP_SECONDS)
  const result = await fire(load, load.seconds)
  return {
    perSecond: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
  }
}

function fire({ url, paths, clients, headers }: Load, seconds: number): Promise<autocannon.Result> {
  const requests = paths.map((path) => ({ method: 'GET', path, ...(headers ? { headers } : {}) }))
  let set = 0
  return autocannon({
    url,
    connections: clients,
    duration: seconds,
    requests,
    setupClient(client) {
      const from = Math.floor((set++ * requests.length) / clients)
      client.setRequests([...requests.slice(from), ...requests.slice(0, from)])
    },
  })
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
