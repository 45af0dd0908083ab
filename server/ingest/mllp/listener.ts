/** The MLLP listeners of the configuration: sockets, TLS, who is connected, and an end in which nothing acknowledged is lost. */
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { KeyLocks } from '../../writer/key-locks.ts'
import { MLLP_BOUNDS } from './bounds.ts'
import { Connection } from './connection.ts'
import { exchange, type ExchangeDeps } from './exchange.ts'
import { Gate } from './gate.ts'
import { Handshakes } from './handshakes.ts'
import type { Discarded } from './metrics.ts'
import { type Peer, plainAddress, type RegisteredSender } from './senders.ts'

export interface MllpListener {
  host: string
  port: number
  /** PEM files; with `ca`, clients must show a certificate that one of it has signed */
  tls?: { cert: string; key: string; ca?: string }
  idleSeconds: number
  senders: readonly RegisteredSender[]
}

export interface Mllp {
  /** in the order of the configuration; where it says 0 the one that was taken */
  ports: readonly number[]
  /** accepts and reads no more, answers what is in work, and closes */
  stop(): Promise<void>
}

type Shared = Omit<ExchangeDeps, 'senders' | 'turns'>

/** What all listeners share. */
interface House {
  deps: Shared
  turns: KeyLocks
  gate: Gate
  open: Set<Connection>
  handshakes: Handshakes
  /** a stop has begun: who is through with a handshake only now is not let in */
  isClosing: boolean
}

export async function startMllp(listeners: readonly MllpListener[], deps: Shared): Promise<Mllp> {
  const handshakes = new Handshakes(() => discarded(deps, 'tls'))
  const house: House = { deps, turns: new KeyLocks(), gate: new Gate(), open: new Set(), handshakes, isClosing: false }
  const servers: Server[] = []
  const ports: number[] = []
  const stop = async (): Promise<void> => {
    house.isClosing = true
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    house.handshakes.destroy()
    const late = setTimeout(() => {
      for (const connection of house.open) connection.destroy()
    }, MLLP_BOUNDS.stopMs)
    await Promise.all([...house.open].map((connection) => connection.finish()))
    await Promise.all(closed)
    clearTimeout(late)
  }
  try {
    for (const listener of listeners) {
      const server = serverOf(listener, house)
      ports.push(await listening(server, listener))
      servers.push(server)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { ports, stop }
}

/** Unless all places are taken, or a stop has begun. */
function letIn(socket: Socket, { deps, open, handshakes, isClosing }: House): boolean {
  const isFull = open.size + handshakes.size >= MLLP_BOUNDS.connectionsMax
  if (!isFull && !isClosing) return true
  if (isFull) deps.metrics.discarded('too-many')
  socket.on('error', () => undefined)
  socket.destroy()
  return false
}

function accept(socket: Socket, listener: MllpListener, house: House): void {
  if (!letIn(socket, house)) return
  const { deps, gate, turns, open } = house
  const peer = peerOf(socket)
  deps.metrics.connections(1)
  const connection = new Connection(socket, {
    exchange: (bytes, isTooLong) => exchange({ ...deps, senders: listener.senders, turns }, peer, bytes, isTooLong),
    gate,
    idleMs: listener.idleSeconds * 1000,
    discarded: (why) => discarded(deps, why),
    inWork: deps.metrics.inWork,
  })
  open.add(connection)
  socket.once('close', () => {
    open.delete(connection)
    deps.metrics.connections(-1)
  })
}

function discarded(deps: Shared, why: Discarded): void {
  deps.metrics.discarded(why)
  deps.log?.('mllp-discarded', { why })
}

function peerOf(socket: Socket): Peer {
  const address = plainAddress(socket.remoteAddress)
  if (!('authorized' in socket) || !(socket as TLSSocket).authorized) return { address }
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN
  return { address, ...(typeof name === 'string' && { certificate: name }) }
}

function serverOf(listener: MllpListener, house: House): Server {
  // Both halves by themselves: a sender may close its side and still wait for the answer.
  const options = { allowHalfOpen: true, pauseOnConnect: false }
  const { tls } = listener
  if (!tls) return createServer(options, (socket) => accept(socket, listener, house))
  const [cert, key] = [pem(tls.cert, 'cert'), pem(tls.key, 'key')]
  const clients = tls.ca === undefined ? {} : { ca: pem(tls.ca, 'ca'), requestCert: true, rejectUnauthorized: true }
  const server = createTlsServer(
    { ...options, cert, key, ...clients, minVersion: 'TLSv1.2', handshakeTimeout: MLLP_BOUNDS.handshakeMs },
    (socket) => {
      house.handshakes.done(socket)
      accept(socket, listener, house)
    },
  )
  server.on('connection', (socket: Socket) => {
    if (letIn(socket, house)) house.handshakes.begin(socket)
  })
  // Who cannot show a certificate is no sender; there is nobody to be told.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function pem(file: string, name: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new Error(`mllp.tls.${name}: 无法读取该文件 / the file cannot be read`)
  }
}

function listening(server: Server, { host, port }: MllpListener): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`mllp: 端口 ${port} 已被占用 / port ${port} is in use`) : error),
    )
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
