/** An endpoint on the loopback that keeps what it gets, and answers as the test says. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'

export interface Got {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into notifications by path
  json: any
  at: number
}

export interface Receiver {
  url: string
  got: Got[]
  /** what is answered to the next requests, by their path */
  answers: (got: Got) => number | Promise<number>
  /** waits until what was got is so; the state at the end when it never is */
  until(so: (got: Got[]) => boolean, ms?: number): Promise<Got[]>
  /** what has come to this path */
  at(path: string): Got[]
  stop(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const got: Got[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const one: Got = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: body.startsWith('{') ? JSON.parse(body) : undefined,
        at: Date.now(),
      }
      got.push(one)
      const status = await receiver.answers(one)
      response.writeHead(status, status >= 300 && status < 400 ? { Location: `${receiver.url}/elsewhere` } : {}).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    got,
    answers: () => 200,
    async until(so, ms = 15_000) {
      const end = Date.now() + ms
      while (!so(got) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 25))
      return got
    },
    at: (path) => got.filter((one) => one.path.startsWith(path)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}

/** The demonstration configuration, with addresses and scopes for the clients named. */
export function configWith(clients: Record<string, Record<string, unknown>>, policy: Record<string, unknown> = {}): string {
  const config = parse(readFileSync(DEMO_CONFIG_FILE, 'utf8')) as { clients: { client_id: string }[]; policy?: object }
  config.clients = config.clients.map((client) => ({ ...client, ...clients[client.client_id] }))
  config.policy = { ...config.policy, ...policy }
  return stringify(config)
}
