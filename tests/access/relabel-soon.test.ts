import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { ACCESS_BOUNDS } from '../../server/access/bounds.ts'
import { createRelabelSoon } from '../../server/access/relabel-soon.ts'

/** Batches that are under way until they are let go. */
function held() {
  const batches: { persons: readonly string[]; mayGoOn: () => boolean; end(error?: Error): void }[] = []
  const failures: unknown[] = []
  const soon = createRelabelSoon(
    (persons, mayGoOn) =>
      new Promise<void>((resolve, reject) => {
        batches.push({ persons, mayGoOn, end: (error) => (error ? reject(error) : resolve()) })
      }),
    (error) => failures.push(error),
  )
  return { soon, batches, failures }
}

const LONG_MS = 60_000

describe('relabelling behind the answer', () => {
  test('an answer waits until its person is relabelled, and no longer than it may', async () => {
    const { soon, batches } = held()
    const done: string[] = []
    const waiting = soon.relabel(['a'], LONG_MS).then(() => done.push('a'))
    // Whoever comes behind others is not made to wait for them.
    await soon.relabel(['b'], LONG_MS)
    expect(done).toEqual([])
    batches[0]?.end()
    await waiting
    expect(done).toEqual(['a'])
    batches[1]?.end()
    await soon.idle()
    await soon.relabel(['c'], 5)
    expect(batches[2]?.persons).toEqual(['c'])
  })

  test('whoever comes meanwhile goes together into the next batch, each once', async () => {
    const { soon, batches } = held()
    void soon.relabel(['a'], 0)
    for (const persons of [['b', 'c'], ['c'], ['b', 'd']]) void soon.relabel(persons, 0)
    expect(batches.map(({ persons }) => persons)).toEqual([['a']])
    batches[0]?.end()
    await setTimeout(1)
    expect(batches.map(({ persons }) => persons)).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('a person whose consents change again is relabelled again, never twice at the same time', async () => {
    const { soon, batches } = held()
    void soon.relabel(['a'], 0)
    void soon.relabel(['a', 'b'], 0)
    await setTimeout(ACCESS_BOUNDS.relabelSlowMs + 50)
    expect(batches.map(({ persons }) => persons)).toEqual([['a'], ['b']])
    batches[1]?.end()
    batches[0]?.end()
    await setTimeout(1)
    expect(batches.map(({ persons }) => persons)).toEqual([['a'], ['b'], ['a']])
    batches[2]?.end()
    await soon.idle()
  })

  test('batches are bounded, and so are the lanes', async () => {
    const { soon, batches } = held()
    const persons = Array.from({ length: ACCESS_BOUNDS.relabelBatchPersons * 4 }, (_, n) => `p${n}`)
    void soon.relabel(persons, 0)
    void soon.relabel(['late'], 0)
    await setTimeout(ACCESS_BOUNDS.relabelSlowMs + 50)
    expect(batches.map((batch) => batch.persons.length)).toEqual(Array(ACCESS_BOUNDS.relabelLanes).fill(ACCESS_BOUNDS.relabelBatchPersons))
  })

  test('a failure is told, and does not keep others from being relabelled', async () => {
    const { soon, batches, failures } = held()
    const first = soon.relabel(['a'], LONG_MS)
    void soon.relabel(['b'], 0)
    batches[0]?.end(new Error('no'))
    await first
    await setTimeout(1)
    expect([failures.length, batches[1]?.persons]).toEqual([1, ['b']])
    batches[1]?.end()
    await soon.idle()
  })

  test('stopping tells what runs to end, drops what waits, and takes nothing more', async () => {
    const { soon, batches } = held()
    const first = soon.relabel(['a'], LONG_MS)
    void soon.relabel(['b'], LONG_MS)
    const stopped = soon.stop()
    expect(batches[0]?.mayGoOn()).toBe(false)
    batches[0]?.end()
    await Promise.all([first, stopped])
    await soon.relabel(['c'], LONG_MS)
    expect(batches).toHaveLength(1)
  })
})
