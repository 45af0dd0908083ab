/** A request with `Prefer: respond-async`, followed until there is its result. */
import type { Answer, CallOptions, TestServer } from './server.ts'

const POLL_MS = 50
const POLLS_MAX = 800

/** @returns path of the status. @throws Error when it is not accepted */
export async function putOff(server: TestServer, method: string, path: string, { headers, ...options }: CallOptions = {}): Promise<string> {
  const answer = await server.call(method, path, { ...options, headers: { Prefer: 'respond-async', ...headers } })
  if (answer.status !== 202) throw new Error(`${method} ${path} answered ${answer.status} ${answer.text}`)
  return (answer.headers.get('content-location') ?? '').slice(server.url.length)
}

/** @throws Error when there is none in time */
export async function resultAt(server: TestServer, status: string, options: CallOptions = {}): Promise<Answer> {
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const answer = await server.call('GET', status, options)
    if (answer.status !== 202) return answer
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error('there was no result')
}
