/**
 * The websocket of this process: who is connected, and to which Subscriptions. Plain R4: `bind [id]` is answered with `bound [id]`,
 * and `ping [id]` says that there is something (R4 subscription.html, websockets); the connection has to come with an access token,
 * since an id is no secret. Backport: `bind-with-token [token]`, answered with one handshake for each Subscription.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { SUBSCRIPTION, subscriberOf } from '../access/subscriber.ts'
import type { Actor } from '../auth/actor.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { isId } from '../fhir/ids.ts'
import { auditedRead } from '../interactions/audited.ts'
import { decided } from '../interactions/decided.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { SUBSCRIPTION_BOUNDS as BOUNDS } from './bounds.ts'
import { requestOf } from './gate.ts'
import { load } from './load.ts'
import { inFormat, notificationBundle } from './notification.ts'
import { countOf } from './numbers.ts'
import { SOCKET_PATH, tokenId } from './socket-address.ts'
import { socketTokensOf, subscriptionsOf } from './tables.ts'
import type { SubscriptionDeps, SubscriptionRow } from './types.ts'

export interface Sockets {
  /** answers `false` where the address is none of its own */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, authenticate: Authenticator): Promise<void>
  /** the connection to which this Subscription is bound here */
  of(id: string): WebSocket | undefined
  close(): Promise<void>
}

interface Connection {
  ws: WebSocket
  /** absent: it has shown no access token */
  actor?: Actor
  /** Subscription to the end of the binding, milliseconds since the epoch */
  bound: Map<string, number>
  since: number
  /** it has answered since it was last asked whether it is there */
  answers: boolean
}

/** @param kick somebody may be due */
export function createSockets(deps: SubscriptionDeps, kick: () => void): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: BOUNDS.socketMessageChars, perMessageDeflate: false })
  const connections = new Set<Connection>()
  const sweep = setInterval(() => {
    for (const connection of connections) tend(deps, connections, connection)
  }, BOUNDS.socketIdleMs / 3)
  sweep.unref()

  const begin = (ws: WebSocket, actor: Actor | undefined): void => {
    const connection: Connection = { ws, bound: new Map(), since: Date.now(), answers: true, ...(actor ? { actor } : {}) }
    connections.add(connection)
    // One message after the other, so that a binding is whole before the next one begins. Who sends faster than is answered is not read meanwhile.
    let turn: Promise<void> = Promise.resolve()
    let waiting = 0
    ws.on('message', (data, isBinary) => {
      if (++waiting === BOUNDS.socketWaiting) ws.pause()
      turn = turn
        .then(() => answer(deps, connections, connection, isBinary ? '' : textOf(data), kick))
        .finally(() => {
          if (--waiting === 0) ws.resume()
        })
    })
    ws.on('pong', () => {
      connection.answers = true
    })
    ws.on('error', () => ws.terminate())
    ws.on('close', () => {
      connections.delete(connection)
      for (const id of connection.bound.keys()) void unbind(deps, connections, id)
    })
  }
  return {
    async upgrade(request, socket, head, authenticate) {
      socket.on('error', () => socket.destroy())
      if (request.url?.split('?')[0] !== SOCKET_PATH) return refuse(socket, 404)
      if (connections.size >= BOUNDS.sockets) return refuse(socket, 503)
      try {
        const asks = request.headers.authorization !== undefined || deps.config.noAuth
        const actor = asks ? await authenticate(request) : undefined
        server.handleUpgrade(request, socket, head, (ws) => begin(ws, actor))
      } catch (error) {
        refuse(socket, error instanceof OutcomeError ? error.status : 500)
      }
    },
    of: (id) => lastBound(connections, id)?.ws,
    async close() {
      clearInterval(sweep)
      const ids = [...connections].flatMap(({ bound }) => [...bound.keys()])
      for (const { ws } of connections) ws.terminate()
      await Promise.all(ids.map((id) => unbind(deps, connections, id)))
      server.close()
    },
  }
}

const REASONS: Record<number, string> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' }

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n`,
  )
}

const textOf = (data: RawData): string => (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString('utf8')

/** The connection that bound it last and is still there. */
function lastBound(connections: ReadonlySet<Connection>, id: string): Connection | undefined {
  const now = Date.now()
  return [...connections].findLast(({ bound, ws }) => (bound.get(id) ?? 0) > now && ws.readyState === ws.OPEN)
}

/** Is it still there, and bound to something? */
function tend(deps: SubscriptionDeps, connections: ReadonlySet<Connection>, connection: Connection): void {
  const { ws, bound, since } = connection
  const now = Date.now()
  for (const [id, until] of bound) {
    if (until > now) void hold(deps, id, until).catch(() => undefined)
    else {
      bound.delete(id)
      void unbind(deps, connections, id)
    }
  }
  const isIdle = bound.size === 0 && now - since > BOUNDS.socketIdleMs
  if (!connection.answers || isIdle) ws.terminate()
  else {
    connection.answers = false
    ws.ping()
  }
}

/** What is not let through is told by its code, the same for what is hidden and what is absent. */
async function answer(
  deps: SubscriptionDeps,
  all: ReadonlySet<Connection>,
  connection: Connection,
  text: string,
  kick: () => void,
): Promise<void> {
  const { ws, bound } = connection
  try {
    const ids = await idsOf(deps, connection, text.trim())
    // One that is gone, or off, keeps none of the others from being bound; it is told at the end.
    let refused: unknown
    for (const { id, until } of ids) {
      const others = [...all].filter((one) => one.bound.has(id)).length
      try {
        if (bound.size >= BOUNDS.bindingsOfSocket || others >= BOUNDS.socketsOfSubscription) throw new OutcomeError('busy')
        await bind(deps, connection, id, until)
      } catch (error) {
        refused ??= error
      }
    }
    kick()
    if (refused !== undefined) throw refused
  } catch (error) {
    if (ws.bufferedAmount > BOUNDS.socketUnreadBytes) ws.terminate()
    if (ws.readyState === ws.OPEN) ws.send(`error ${error instanceof OutcomeError ? (error.issues[0]?.code ?? 'internal') : 'internal'}`)
  }
}

interface Binding {
  id: string
  until: number
}

/** Which Subscriptions the message may bind. @throws OutcomeError not-found, unauthenticated, request-malformed */
async function idsOf(deps: SubscriptionDeps, { actor }: Connection, text: string): Promise<Binding[]> {
  const [, plain] = /^bind:?\s+(\S{1,64})$/.exec(text) ?? []
  const [, token] = /^bind-with-token:?\s+(\S{1,512})$/.exec(text) ?? []
  if (plain !== undefined) {
    if (!actor) throw new OutcomeError('unauthenticated')
    await requireOwn(deps, actor, plain)
    return [{ id: plain, until: Date.now() + BOUNDS.socketTokenSeconds * 1000 }]
  }
  if (token === undefined) throw new OutcomeError('request-malformed')
  const row = await socketTokensOf(deps.fhir.store).get(tokenId(token))
  if (!row || row.expires <= deps.fhir.now()) throw new OutcomeError('unauthenticated')
  return row.subscriptions.map((id) => ({ id, until: row.expires.getTime() }))
}

async function requireOwn({ fhir }: SubscriptionDeps, actor: Actor, id: string): Promise<void> {
  if (!isId(id)) throw new OutcomeError('not-found')
  const asked = { interaction: 'subscription-bind', action: 'R', type: SUBSCRIPTION, id } as const
  const request = requestOf(actor, SUBSCRIPTION)
  const seen = await auditedRead(fhir, request, asked, () =>
    decided(fhir, request, [], (decision) => fhir.store.read(decision, SUBSCRIPTION, id)),
  )
  if (seen.value?.deleted !== false || seen.value.acc.o !== subscriberOf(actor)) throw new OutcomeError('not-found')
}

/** The last connection that binds a Subscription is the one that is told. */
async function bind(deps: SubscriptionDeps, { ws, bound }: Connection, id: string, until: number): Promise<void> {
  const rows = subscriptionsOf(deps.fhir.store)
  const row = await rows.get(id)
  const loaded = row && row.state !== 'off' ? await load(deps, row) : {}
  const spec = loaded.spec ?? loaded.waiting
  if (!row || spec?.channel.kind !== 'websocket') throw new OutcomeError('not-found')
  if (spec.topic === undefined) ws.send(`bound ${id}`)
  else {
    const facts = { id, state: row.state, count: await countOf(deps, row), topic: spec.topic }
    ws.send(inFormat(spec.channel.payload, notificationBundle(deps.fhir, row.actor, facts, 'handshake')).body)
  }
  bound.set(id, until)
  await rows.update({ _id: id, life: row.life }, taking(deps, until))
}

/** What makes this process the one that tells it, and wakes it. */
function taking({ fhir, owner }: SubscriptionDeps, until: number): { set: Partial<SubscriptionRow>; inc: { wakes: 1 } } {
  return { set: { socket: owner, socketUntil: leased(until), due: fhir.now() }, inc: { wakes: 1 } }
}

/** A process that was killed says nothing any more: it does not keep a Subscription longer than this. */
const leased = (until: number): Date => new Date(Math.min(until, Date.now() + BOUNDS.socketLeaseMs))

/**
 * A binding has ended. One that is still there stays the one that is told, as where a client has connected again before its old
 * connection was seen to end; without it any process would take the Subscription's turn, and have nobody to tell.
 */
async function unbind(deps: SubscriptionDeps, connections: ReadonlySet<Connection>, id: string): Promise<void> {
  const { fhir, owner } = deps
  const until = lastBound(connections, id)?.bound.get(id)
  const rows = subscriptionsOf(fhir.store)
  const change =
    until === undefined
      ? rows.update({ _id: id, socket: owner }, { unset: ['socket', 'socketUntil'] })
      : rows.update({ _id: id, socket: owner }, taking(deps, until))
  await change.catch(() => undefined)
}

/** This process keeps what it has, and takes over what nobody has any more: a later one at another may have gone since, or have been killed. */
async function hold(deps: SubscriptionDeps, id: string, until: number): Promise<void> {
  const { fhir, owner } = deps
  const rows = subscriptionsOf(fhir.store)
  const now = fhir.now()
  if (await rows.update({ _id: id, socket: owner, socketUntil: { $gt: now } }, { set: { socketUntil: leased(until) } })) return
  await rows.update({ _id: id, $or: [{ socket: { $exists: false } }, { socketUntil: { $lte: now } }] }, taking(deps, until))
}
