/** The TLS port of a listener by itself: whoever is not through with the handshake is no sender, and holds up neither senders nor a stop. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { MLLP_BOUNDS } from '../../../server/ingest/mllp/bounds.ts'
import type { ExchangeDeps } from '../../../server/ingest/mllp/exchange.ts'
import { type Mllp, startMllp } from '../../../server/ingest/mllp/listener.ts'
import { mllpClient } from '../../support/mllp.ts'

const TLS = new URL('../../fixtures/tls/', import.meta.url).pathname
const file = (name: string): Buffer => readFileSync(`${TLS}${name}.pem`)
const identity = (name: string): ConnectionOptions => ({ cert: file(name), key: file(`${name}-key`) })
const TRUST: ConnectionOptions = { ca: file('ca'), servername: 'localhost' }
/** Less than a handshake may take, and than a stop waits for connections. */
const SOON_MS = 5000
/** The first bytes of a ClientHello (RFC 8446, 5.1). */
const HALF_A_HELLO = Buffer.from('1603010200010001fc0303', 'hex')

let running: Mllp | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await running?.stop()
})

/** Nobody is registered: who sends a message is told so. */
async function listening() {
  const discarded: string[] = []
  const open = { now: 0, most: 0 }
  const deps = {
    ingest: { deps: { audit: async () => undefined } },
    timezone: 'Asia/Shanghai',
    now: () => new Date(),
    metrics: {
      connections: (change: number) => {
        open.now += change
        open.most = Math.max(open.most, open.now)
      },
      inWork: () => undefined,
      answered: () => undefined,
      discarded: (why: string) => void discarded.push(why),
    },
  } as unknown as ExchangeDeps
  const tls = { cert: `${TLS}server.pem`, key: `${TLS}server-key.pem`, ca: `${TLS}ca.pem` }
  running = await startMllp([{ host: '127.0.0.1', port: 0, idleSeconds: 60, senders: [], tls }], deps)
  return { port: running.ports[0] as number, mllp: running, discarded, open }
}

interface Bare {
  socket: Socket
  /** whether the other side closes it in time */
  closes: (ms?: number) => Promise<boolean>
}

/** A socket without a handshake. */
async function bare(port: number): Promise<Bare> {
  const socket = connect({ host: '127.0.0.1', port })
  sockets.push(socket)
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
  socket.on('error', () => undefined).resume()
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, closes: (ms = SOON_MS) => Promise.race([closed, delay(ms, false, { ref: false })]) }
}

const isHeard = async (port: number): Promise<boolean> => {
  const client = await mllpClient(port, { ...TRUST, ...identity('h1-lis') })
  const answer = await client.ask('MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306||ORU^R01|1|P|2.4\r')
  client.close()
  return answer.includes('MSA|AR|1')
}

test('plain text, certificates of others and none at all are discarded and counted; a sender beside them is heard', async () => {
  const { port, discarded, open } = await listening()
  const plain = await bare(port)
  plain.socket.write('\u000bMSH|^~\\&|LIS\r\u001c\r')
  expect(await plain.closes()).toBe(true)
  for (const shown of [identity('forged'), {}]) {
    const socket = connectTls({ host: '127.0.0.1', port, ...TRUST, ...shown })
    sockets.push(socket)
    socket.on('error', () => undefined).resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  expect([discarded, open.most]).toEqual([['tls', 'tls', 'tls'], 0])
  expect(await isHeard(port)).toBe(true)
})

test('a sender that closes its side behind its message is answered', async () => {
  const { port } = await listening()
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await mllpClient(port, { ...TRUST, ...identity('h1-lis'), maxVersion })
    const answer = client.next()
    client.socket.end('\u000bMSH|^~\\&|LIS|0001|EAI|YILIAN|20260306||ORU^R01|2|P|2.4\r\u001c\r')
    expect((await answer).toString()).toContain('MSA|AR|2')
    await client.closed
  }
})

test('handshakes that do not go on take places like any other connection, as long as they may take', async () => {
  const { port, discarded } = await listening()
  const half = await bare(port)
  half.socket.write(HALF_A_HELLO)
  const idle: Bare[] = []
  for (let at = 1; at < MLLP_BOUNDS.connectionsMax; at++) idle.push(await bare(port))
  const last = await bare(port)
  expect([await last.closes(), discarded]).toEqual([true, ['too-many']])
  const late = MLLP_BOUNDS.handshakeMs + SOON_MS
  expect(await Promise.all([half, ...idle].map(({ closes }) => closes(late)))).not.toContain(false)
  // Who said nothing, as a probe of the port does, is not told of.
  expect([await isHeard(port), discarded]).toEqual([true, ['too-many', 'tls']])
}, 60_000)

test('a stop waits for no handshake', async () => {
  const { port, mllp } = await listening()
  const idle = await bare(port)
  const begun = await bare(port)
  begun.socket.write(HALF_A_HELLO)
  expect(await isHeard(port)).toBe(true)
  expect(await Promise.race([mllp.stop().then(() => 'stopped'), delay(SOON_MS, 'waits', { ref: false })])).toBe('stopped')
  expect([await idle.closes(), await begun.closes()]).toEqual([true, true])
})
