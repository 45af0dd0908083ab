/** One connection by itself, its socket and its clock in the test's hand: how much it takes up at once, and how long it waits for what. */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as soon } from 'node:timers/promises'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { MLLP_BOUNDS } from '../../../server/ingest/mllp/bounds.ts'
import { Connection } from '../../../server/ingest/mllp/connection.ts'
import { Gate } from '../../../server/ingest/mllp/gate.ts'
import { frame } from '../../support/mllp.ts'

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] }))
afterEach(() => void jest.useRealTimers())

/**
 * A connection whose messages are answered with themselves, when `answer` is called.
 * @param isRead whether the other side reads its answers
 */
function connected(gate = new Gate(), isRead = true) {
  const written: string[] = []
  const discarded: string[] = []
  const waiting: (() => void)[] = []
  let inWork = 0
  let most = 0
  const socket = new Duplex({
    allowHalfOpen: true,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString().slice(1, -2))
      if (isRead) done()
    },
  })
  Object.assign(socket, { setNoDelay: () => socket, setKeepAlive: () => socket, setTimeout: () => socket })
  const connection = new Connection(socket as Socket, {
    exchange: (bytes) => ({
      commit: Promise.resolve(undefined),
      application: new Promise((resolve) => {
        waiting.push(() => resolve(bytes))
      }),
    }),
    gate,
    idleMs: 60_000,
    discarded: (why) => void discarded.push(why),
    inWork: (change) => {
      inWork += change
      most = Math.max(most, inWork)
    },
  })
  return {
    ...{ socket, connection, written, discarded },
    mostInWork: () => most,
    inWork: () => inWork,
    /** what is in work is answered */
    async answer() {
      for (const one of waiting.splice(0)) one()
      await soon()
    },
  }
}
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`)
const all = (texts: readonly string[]) => Buffer.concat(texts.map((text) => frame(text)))

test('of thousands of messages in one write no more are in work than may be, and each is answered in its turn, behind the end too', async () => {
  const one = connected()
  const texts = numbered(3000)
  one.socket.push(all(texts))
  one.socket.push(null)
  await soon()
  for (let at = 0; one.written.length < texts.length && at < texts.length; at++) await one.answer()
  expect(one.written).toEqual(texts)
  expect(one.mostInWork()).toBe(MLLP_BOUNDS.connectionMessagesMax)
  expect(one.socket.writableEnded).toBe(true)
})

test('all connections together keep to the room of the house', async () => {
  const gate = new Gate()
  const many = Array.from({ length: 40 }, () => connected(gate))
  for (const { socket } of many) socket.push(all(numbered(30)))
  await soon()
  const together = () => many.reduce((sum, { inWork }) => sum + inWork(), 0)
  // What a connection was reading when the house was full it takes up all the same.
  let most = 0
  for (let at = 0; at < 100; at++) {
    most = Math.max(most, together())
    for (const one of many) await one.answer()
  }
  expect(most).toBeGreaterThanOrEqual(MLLP_BOUNDS.messagesMax)
  expect(most).toBeLessThanOrEqual(MLLP_BOUNDS.messagesMax + many.length)
  for (const { written } of many) expect(written).toEqual(numbered(30))
})

test('a stop answers what is in work; what waits behind it is not begun, so that its sender has it still', async () => {
  const one = connected()
  one.socket.push(all(numbered(100)))
  await soon()
  const finished = one.connection.finish()
  for (let at = 0; at < 5; at++) await one.answer()
  await finished
  expect(one.written).toEqual(numbered(MLLP_BOUNDS.connectionMessagesMax))
  expect(one.inWork()).toBe(0)
})

const HALF = MLLP_BOUNDS.messageMs / 2 + 1000

test('each message has its own time: who sends one behind the other without a gap is not cut off', async () => {
  const one = connected()
  const cut = (text: string) => [frame(text).subarray(0, 5), frame(text).subarray(5)] as const
  const texts = ['message 0', 'message 1', 'message 2', 'message 3']
  one.socket.push(cut(texts[0] as string)[0])
  for (const [at, text] of texts.entries()) {
    await soon()
    jest.advanceTimersByTime(HALF)
    const next = texts[at + 1]
    one.socket.push(Buffer.concat([cut(text)[1], ...(next === undefined ? [] : [cut(next)[0]])]))
    await soon()
    await one.answer()
  }
  expect([one.written, one.discarded, one.socket.destroyed]).toEqual([texts, [], false])
})

test('one that does not end in its time is given up, however its bytes drip', async () => {
  const one = connected()
  one.socket.push(Buffer.from('\u000bMSH'))
  await soon()
  jest.advanceTimersByTime(HALF)
  one.socket.push(Buffer.from('more'))
  await soon()
  expect(one.discarded).toEqual([])
  jest.advanceTimersByTime(HALF)
  expect([one.discarded, one.socket.destroyed]).toEqual([['unfinished'], true])
})

test('a sender that leaves out the CR behind FS and waits is answered; where it comes late it means nothing', async () => {
  const one = connected()
  one.socket.push(frame('a').subarray(0, -1))
  await soon()
  jest.advanceTimersByTime(MLLP_BOUNDS.lastByteMs - 1)
  expect(one.inWork()).toBe(0)
  jest.advanceTimersByTime(1)
  await one.answer()
  expect(one.written).toEqual(['a'])
  one.socket.push(Buffer.concat([Buffer.from('\r'), frame('b').subarray(0, -1)]))
  await soon()
  one.socket.push(Buffer.from('\r'))
  await soon()
  jest.advanceTimersByTime(2 * MLLP_BOUNDS.lastByteMs)
  await one.answer()
  expect([one.written, one.discarded]).toEqual([['a', 'b'], []])
})

test('the time of a message whose last byte is waited for goes on where more of it comes', async () => {
  const one = connected()
  one.socket.push(Buffer.from('\u000ba\u001c'))
  await soon()
  jest.advanceTimersByTime(MLLP_BOUNDS.lastByteMs - 1)
  one.socket.push(Buffer.from('b'))
  await soon()
  jest.advanceTimersByTime(2 * MLLP_BOUNDS.lastByteMs)
  one.socket.push(Buffer.from('\u001c\r'))
  await soon()
  await one.answer()
  expect(one.written).toEqual(['a\u001cb'])
})

test('one answer may be longer than what may wait to be read (that of a batch), but nothing is written behind it until it is', async () => {
  const long = 'a'.repeat(MLLP_BOUNDS.unreadAnswerBytesMax + 1)
  const slow = connected(new Gate(), false)
  slow.socket.push(all([long, 'b']))
  await soon()
  expect(slow.inWork()).toBe(2)
  await slow.answer()
  expect(slow.written).toEqual([long])
  expect(slow.discarded).toEqual(['given-up'])
  const alone = connected(new Gate(), false)
  alone.socket.push(all([long]))
  await soon()
  await alone.answer()
  expect(alone.written).toEqual([long])
  expect([alone.discarded, alone.socket.destroyed]).toEqual([[], false])
})
