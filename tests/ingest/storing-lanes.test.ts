/** Rows wait for those that hold the same things, and for nobody else. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StoringLanes } from '../../server/ingest/storing-lanes.ts'
import { KeyLocks } from '../../server/writer/key-locks.ts'

interface Item {
  name: string
  keys: readonly string[]
  weight: number
}

const item = (name: string, ...keys: string[]): Item => ({ name, keys, weight: 1 })

/** Lanes whose work ends when the test says so; `begun`: the groups in their order. */
function lanesOf(options: { lanes: number; weightMax: number }, locks = new KeyLocks()) {
  const begun: string[][] = []
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()
  const lanes = new StoringLanes<Item>(
    locks,
    (items) => {
      const names = items.map(({ name }) => name)
      begun.push(names)
      return new Promise<void>((resolve, reject) => ends.set(names.join(), { resolve, reject }))
    },
    options,
  )
  const end = async (names: string, error?: Error): Promise<void> => {
    const work = ends.get(names)
    if (!work) throw new Error(`${names} was not begun`)
    if (error) work.reject(error)
    else work.resolve()
    await turns()
  }
  return { lanes, begun, end }
}

/** Everything that is due by now. */
const turns = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('rows that wait to be stored', () => {
  test('those of a second group that nobody holds go at once, and what had to wait goes with what came meanwhile', async () => {
    const { lanes, begun, end } = lanesOf({ lanes: 2, weightMax: 10 })
    const first = lanes.store([item('a', 'p1'), item('b', 'p2')])
    const second = lanes.store([item('c', 'p2'), item('d', 'p3')])
    const third = lanes.store([item('e', 'p4')])
    await turns()
    expect(begun).toEqual([['a', 'b'], ['d']])
    await end('a,b')
    expect(begun.at(-1)).toEqual(['c', 'e'])
    await expect(first).resolves.toBeUndefined()
    await end('d')
    await end('c,e')
    await expect(Promise.all([second, third])).resolves.toHaveLength(2)
  })

  test('who came later on the same thing does not overtake, whatever else it holds', async () => {
    const { lanes, begun, end } = lanesOf({ lanes: 3, weightMax: 10 })
    void lanes.store([item('a', 'p1')])
    void lanes.store([item('b', 'p1', 'p2')])
    void lanes.store([item('c', 'p2')])
    await turns()
    expect(begun).toEqual([['a']])
    await end('a')
    expect(begun).toEqual([['a'], ['b', 'c']])
  })

  test('no more than fits goes together, but for one that does not fit by itself', async () => {
    const { lanes, begun, end } = lanesOf({ lanes: 1, weightMax: 3 })
    void lanes.store([
      { ...item('a', '1'), weight: 2 },
      { ...item('b', '2'), weight: 2 },
      { ...item('c', '3'), weight: 1 },
      { ...item('d', '4'), weight: 9 },
    ])
    await turns()
    expect(begun).toEqual([['a', 'c']])
    await end('a,c')
    await end('b')
    expect(begun).toEqual([['a', 'c'], ['b'], ['d']])
  })

  test('whose sender waits need not stand behind rows of tables, but on what an older one waits for', async () => {
    const { lanes, begun, end } = lanesOf({ lanes: 1, weightMax: 2 })
    void lanes.store(['1', '2', '3', '4'].map((name) => item(name, name)))
    void lanes.store([item('a', 'x'), item('b', '4'), item('c', 'y')], true)
    void lanes.store([item('5', 'z')])
    await turns()
    expect(begun).toEqual([
      ['1', '2'],
      ['a', 'c'],
    ])
    await end('1,2')
    await end('a,c')
    expect(begun.slice(2)).toEqual([['3', '4']])
    await end('3,4')
    expect(begun.slice(3)).toEqual([['b', '5']])
  })

  test('a failure is that of the groups whose rows went with it, told when nothing of theirs is under way', async () => {
    const { lanes, begun, end } = lanesOf({ lanes: 1, weightMax: 2 })
    let told = ''
    const both = lanes.store([item('a', '1'), item('b', '2'), item('c', '3')]).catch((error: Error) => {
      told = error.message
    })
    const other = lanes.store([item('d', '4')])
    await turns()
    await end('a,b', new Error('away'))
    expect(begun).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect(told).toBe('')
    await end('c,d')
    await both
    expect(told).toBe('away')
    await expect(other).resolves.toBeUndefined()
  })

  test('what somebody else holds is waited for, also where no lane is under way', async () => {
    const locks = new KeyLocks()
    const { lanes, begun } = lanesOf({ lanes: 2, weightMax: 10 }, locks)
    let release = () => {}
    const held = locks.run(['p1'], async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
    })
    void lanes.store([item('a', 'p1')])
    void lanes.store([item('b', 'p2')])
    await turns()
    expect(begun).toEqual([['b']])
    release()
    await held
    await turns()
    expect(begun).toEqual([['b'], ['a']])
  })

  test('one whose thing others hold one after the other gets its turn, however many go by', async () => {
    const locks = new KeyLocks()
    const begun: string[] = []
    const lanes = new StoringLanes<Item>(
      locks,
      async (items) => {
        begun.push(...items.map(({ name }) => name))
        await turns()
      },
      { lanes: 2, weightMax: 1 },
    )
    let isStored = false
    // Whoever holds it next waits before the former one is done.
    const holder = async (): Promise<void> => {
      if (!isStored) await locks.run(['hot'], () => Promise.race([holder(), turns().then(turns)]))
    }
    const held = locks.run(['hot'], turns)
    void holder()
    const others = lanes.store(Array.from({ length: 200 }, (_, at) => item(`other ${at}`)))
    void lanes.store([item('hot', 'hot')]).then(() => {
      isStored = true
    })
    await Promise.all(Array.from({ length: 20 }, (_, at) => lanes.store(Array.from({ length: 20 }, (__, no) => item(`later ${at} ${no}`)))))
    await others
    await held
    expect(begun).toHaveLength(601)
    expect(begun.indexOf('hot')).toBeLessThan(300)
  })

  test('nothing is stored twice or left, no thing is in two lanes, and each thing meets its rows in their order', async () => {
    const rows = fc.array(
      fc.record({ keys: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }), weight: fc.integer({ min: 1, max: 4 }) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    )
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat(3)),
        async (drawn, count, size, waits) => {
          const items = drawn.map(({ keys, weight }, at): Item => ({ name: String(at), keys: keys.map(String), weight }))
          const held = new Set<string>()
          const seen: Item[] = []
          let running = 0
          const lanes = new StoringLanes<Item>(
            new KeyLocks(),
            async (group) => {
              expect(++running).toBeLessThanOrEqual(count + 1)
              const keys = new Set(group.flatMap((one) => one.keys))
              for (const key of keys) expect(held.has(key)).toBe(false)
              for (const key of keys) held.add(key)
              expect(group.length === 1 || group.reduce((sum, { weight }) => sum + weight, 0) <= 6).toBe(true)
              seen.push(...group)
              for (let left = waits.next().value as number; left >= 0; left--) await turns()
              for (const key of keys) held.delete(key)
              running--
            },
            { lanes: count, weightMax: 6 },
          )
          const groups = Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
          await Promise.all(groups.map((group, at) => lanes.store(group, at % 3 === 2)))
          expect(seen.map(({ name }) => Number(name)).sort((a, b) => a - b)).toEqual(items.map((_, at) => at))
          for (const key of ['0', '1', '2', '3', '4', '5']) {
            const met = seen.filter(({ keys }) => keys.includes(key)).map(({ name }) => Number(name))
            expect(met).toEqual([...met].sort((a, b) => a - b))
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
