/** How many messages are held in memory at the same time. */
import { setImmediate as soon } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { IncomingMessages } from '../../server/ingest/incoming.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'

async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

const COUNT = INGEST_BOUNDS.largeMessagesMax + 3
const archive = zipOf([{ name: 'a.xml', content: '<a/>' }])
const half = new Uint8Array(INGEST_BOUNDS.inlineBytesMax / 2 + 1)

test.each([
  ['small ones, all of them', [new Uint8Array(10)], COUNT],
  ['large ones, a few', [half, half], INGEST_BOUNDS.largeMessagesMax],
  [
    'archives, of whatever size, a few',
    [archive.subarray(0, 1), archive.subarray(1, 3), archive.subarray(3)],
    INGEST_BOUNDS.largeMessagesMax,
  ],
])('%s; each has its turn', async (_, message, atOnce) => {
  const incoming = new IncomingMessages()
  const ends: (() => void)[] = []
  const read = Array.from({ length: COUNT }, () =>
    incoming.read(pieces(...message), (bytes) => new Promise<number>((resolve) => ends.push(() => resolve(bytes.byteLength)))),
  )
  await soon()
  expect(ends).toHaveLength(atOnce)
  for (let at = 0; at < COUNT; at++) {
    ends[at]?.()
    await soon()
  }
  const size = message.reduce((sum, piece) => sum + piece.byteLength, 0)
  expect(await Promise.all(read)).toEqual(Array.from({ length: COUNT }, () => size))
})
