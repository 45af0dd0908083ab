/** The part of autocannon that the benchmarks use. */
declare module 'autocannon' {
  interface Request {
    method: string
    path: string
    headers?: Record<string, string>
    body?: string | Uint8Array
  }
  interface Client {
    setRequests(requests: Request[]): void
  }
  interface Options {
    url: string
    connections: number
    duration?: number
    amount?: number
    requests: Request[]
    setupClient?: (client: Client) => void
  }
  namespace autocannon {
    interface Result {
      duration: number
      '2xx': number
      non2xx: number
      errors: number
      timeouts: number
      latency: { p50: number; p99: number }
    }
  }
  interface Running extends Promise<autocannon.Result> {
    on(event: 'response', heard: (client: unknown, status: number, bytes: number, ms: number) => void): void
  }
  function autocannon(options: Options): Running
  export = autocannon
}
