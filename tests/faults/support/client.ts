/** Requests as the demonstration configuration's clients make them, each with a bound of time and the moments of its start and end. */
import type { JWK } from 'jose'
import { demoPrivateKey } from '../../../server/auth/demo-keys.ts'
import { requestToken, type TokenParameters } from '../../../server/auth/request-token.ts'

/** Milliseconds since the epoch with fractions, the same for all of one process. */
export const clock = (): number => performance.timeOrigin + performance.now()

export interface Reply {
  /** 0: no answer (connection refused, reset, or not in time) */
  status: number
  text: string
  headers: Headers
  start: number
  end: number
}

export interface CallInit {
  method?: string
  body?: string | Uint8Array
  headers?: Record<string, string>
  millisMax?: number
}

export interface Caller {
  /** one request with a token of this client */
  call(client: ClientOf, path: string, init?: CallInit): Promise<Reply>
}

/** A registered client with the parameters of its tokens. */
export interface ClientOf {
  id: string
  parameters?: TokenParameters
}

const ANSWER_MS_MAX = 60_000
/** Tokens live 300 s. */
const TOKEN_MS_MAX = 200_000
/** What `requestToken` says of an answer of 503: with the OAuth error of it, or the bare status. */
const UNAVAILABLE = /^(503|temporarily_unavailable):/

export interface CallerOptions {
  /** PUBLIC_URL of the servers: the audience of assertions */
  publicUrl: string
  /** where requests go */
  sendTo: string
  dataDir: string
}

export function callerOf(options: CallerOptions): Caller {
  const tokens = new Map<string, { token: Promise<string>; until: number }>()
  const keys = new Map<string, Promise<JWK>>()
  const fresh = async ({ id, parameters = {} }: ClientOf): Promise<string> => {
    const key = await (keys.get(id) ?? keys.set(id, demoPrivateKey(options.dataDir, id)).get(id))
    const { publicUrl, sendTo } = options
    const asked = { publicUrl, clientId: id, key: key as JWK, parameters, sendTo: `${sendTo}/auth/token` }
    return (await requestToken(asked)).access_token
  }
  const tokenOf = (client: ClientOf): Promise<string> => {
    const name = JSON.stringify(client)
    const known = tokens.get(name)
    if (known && known.until > clock()) return known.token
    const token = fresh(client)
    tokens.set(name, { token, until: clock() + TOKEN_MS_MAX })
    token.catch(() => tokens.delete(name))
    return token
  }
  return {
    async call(client, path, init = {}) {
      const token = await tokenOf(client).catch((error: unknown) => {
        // Not reached, not in time, or answered (503) by a server that is still starting or has no database just now.
        const { name, message } = error as Error
        if (['TypeError', 'SyntaxError', 'TimeoutError'].includes(name) || UNAVAILABLE.test(message)) return undefined
        throw error
      })
      const url = path.startsWith('http') ? `${options.sendTo}${new URL(path).pathname}${new URL(path).search}` : `${options.sendTo}${path}`
      if (token === undefined) return { status: 0, text: '', headers: new Headers(), start: clock(), end: clock() }
      return timed(url, { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } })
    },
  }
}

/** One request; a connection that breaks or a bound that passes is status 0. */
export async function timed(url: string, init: CallInit = {}): Promise<Reply> {
  const start = clock()
  try {
    const response = await fetch(url, {
      method: init.method ?? 'GET',
      ...(init.body === undefined ? {} : { body: init.body as string }),
      ...(init.headers ? { headers: init.headers } : {}),
      signal: AbortSignal.timeout(init.millisMax ?? ANSWER_MS_MAX),
    })
    const text = await response.text()
    return { status: response.status, text, headers: response.headers, start, end: clock() }
  } catch {
    return { status: 0, text: '', headers: new Headers(), start, end: clock() }
  }
}

export const fhirJson = { 'Content-Type': 'application/fhir+json' }

/** Runs `work` for each item, at most `width` at a time. */
export async function each<T>(items: readonly T[], width: number, work: (item: T, at: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++
      await work(items[at] as T, at)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
