/**
 * One request to an endpoint. The connection is made first and what is sent is decided then: nothing waits in a buffer while
 * somebody withdraws a consent. No redirect is followed, no connection is kept, and of the answer only its status counts.
 */
import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import type { Sending } from './notification.ts'

/** Why an attempt failed: a word of ours, and nothing that the other side sent. */
export type Failure = 'connect' | 'timeout' | 'closed' | `status-${number}`

export class SendFailed extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure)
    this.failure = failure
  }
}

export interface Target {
  endpoint: string
  headers: readonly (readonly [name: string, value: string])[]
  timeoutSeconds: number
  /** of the sending that will be: the connection is that of its request */
  method: Sending['method']
  path: string
}

export interface Connection {
  /**
   * Sends and waits for the answer.
   * @param stands asked again and again while bytes may still be on their way: where it says no, the connection is cut
   * @throws SendFailed
   */
  send(sending: Pick<Sending, 'body' | 'contentType'>, stands: () => Promise<boolean>): Promise<void>
  close(): void
}

/** @throws SendFailed connect, timeout: not one byte of the request has left */
export async function connectTo(target: Target): Promise<Connection> {
  const start = target.endpoint.startsWith('https:') ? httpsRequest : httpRequest
  const url = target.path === '' ? target.endpoint : target.endpoint.replace(/\/$/, '') + target.path
  const request = start(url, { method: target.method, agent: false })
  const exchange = createExchange(request, target.timeoutSeconds * 1000)
  for (const [name, value] of target.headers) request.appendHeader(name, value)
  await exchange.connected
  return {
    send: (sending, stands) => exchange.send(sending, stands),
    close: () => void request.destroy(),
  }
}

function createExchange(request: ClientRequest, ms: number) {
  let failure: Failure = 'connect'
  const timer = setTimeout(() => {
    failure = 'timeout'
    request.destroy()
  }, ms)
  const connected = new Promise<void>((resolve, reject) => {
    request.once('socket', (socket: Socket) => {
      const isSecure = 'encrypted' in socket
      if (socket.connecting || isSecure) socket.once(isSecure ? 'secureConnect' : 'connect', resolve)
      else resolve()
    })
    request.once('close', () => {
      clearTimeout(timer)
      reject(new SendFailed(failure))
    })
  })
  // What goes wrong is told by the end of the connection.
  request.on('error', () => undefined)
  return {
    connected,
    send: async (sending: Pick<Sending, 'body' | 'contentType'>, stands: () => Promise<boolean>): Promise<void> => {
      if (failure === 'connect') failure = 'closed'
      const answered = answerOf(request, () => failure)
      if (sending.contentType !== undefined) request.setHeader('Content-Type', sending.contentType)
      request.setHeader('Content-Length', Buffer.byteLength(sending.body))
      request.end(sending.body)
      const watch = setInterval(() => void cutUnless(request, stands), SUBSCRIPTION_BOUNDS.watchMs)
      try {
        await answered
      } finally {
        clearInterval(watch)
      }
    },
  }
}

function answerOf(request: ClientRequest, failure: () => Failure): Promise<void> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      const status = response.statusCode ?? 0
      response.destroy()
      if (status >= 200 && status < 300) resolve()
      else reject(new SendFailed(`status-${status}`))
    })
    request.once('close', () => reject(new SendFailed(failure())))
    if (request.destroyed) reject(new SendFailed(failure()))
  })
}

/** A slow reader has not got all of it yet: what may not be told any more does not go on. */
async function cutUnless(request: ClientRequest, stands: () => Promise<boolean>): Promise<void> {
  if ((request.socket?.writableLength ?? 0) === 0) return
  if (!(await stands().catch(() => false))) request.destroy()
}
