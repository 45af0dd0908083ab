/** A sender over MLLP, as far as tests and benchmarks need one: it says what bytes go when, and sees what comes back. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

const ANSWER_MS_MAX = 30_000

export interface MllpClient {
  socket: Socket
  /** raw bytes, framed by the caller */
  write(bytes: Uint8Array): void
  /** the next message that comes back, in its bytes without the frame */
  next(): Promise<Buffer>
  /** one message, framed, and its first answer */
  ask(message: Uint8Array | string): Promise<string>
  /** resolves when the other side has closed */
  closed: Promise<void>
  close(): void
}

export const frame = (message: Uint8Array | string): Buffer =>
  Buffer.concat([Buffer.from([0x0b]), Buffer.from(message as string), Buffer.from([0x1c, 0x0d])])

/** @param answerMsMax how long an answer is waited for */
export async function mllpClient(port: number, tls?: ConnectionOptions, answerMsMax = ANSWER_MS_MAX): Promise<MllpClient> {
  const socket = tls ? connectTls({ host: '127.0.0.1', port, ...tls }) : connect({ host: '127.0.0.1', port })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  socket.setNoDelay(true)
  let rest = Buffer.alloc(0)
  const messages: Buffer[] = []
  const waiting: ((message: Buffer) => void)[] = []
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf('\u001c\r'); end >= 0; end = rest.indexOf('\u001c\r')) {
      if (rest[0] !== 0x0b) throw new Error('an answer without its frame')
      const message = rest.subarray(1, end)
      rest = rest.subarray(end + 2)
      const first = waiting.shift()
      if (first) first(message)
      else messages.push(message)
    }
  })
  const next = (): Promise<Buffer> => {
    const known = messages.shift()
    if (known) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), answerMsMax)
      const fail = (): void => {
        clearTimeout(timer)
        reject(new Error('closed without an answer'))
      }
      socket.once('close', fail)
      waiting.push((message) => {
        clearTimeout(timer)
        socket.off('close', fail)
        resolve(message)
      })
    })
  }
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    next,
    async ask(message) {
      const answer = next()
      socket.write(frame(message))
      return (await answer).toString('utf8')
    },
    closed,
    close: () => socket.destroy(),
  }
}
