/**
 * Home pages that do not say when they were written: of two of one stay the one that came last counts, of two in one file the one behind, and it
 * is the same once they are played again, in whatever order. By hand.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { sourceMapping } from '../../mappings/index.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { permutations } from '../support/permutations.ts'
import { actorOf, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
/** Rows of a file of this name come when they are let go. */
const HELD = 'held.csv'
let held: Promise<void> = Promise.resolve()
function mapping(id: string): SourceMapping | undefined {
  const pages = sourceMapping(id)
  return (
    pages && {
      ...pages,
      async *decode(chunks, options) {
        for await (const decoded of pages.decode(chunks, options)) {
          if (options.fileName === HELD) await held
          yield decoded
        }
      },
    }
  )
}
beforeAll(async () => {
  const terminology = createTerminology()
  one = await rig([sourceOf('pages', 'hospital', 'H1', 'hospital/home-page')], {
    mapping,
    translate: (map, code) => terminology.translate(map, code),
  })
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

/** A file with a row for each of the numbers of days. */
const file = (...days: string[]): string =>
  ['A48,A49,B12,B15,B20,C03C,C04N', ...days.map((each) => `K1,1,2026-03-01,2026-03-09,${each},K29.500,胃炎`), ''].join('\n')
async function send(text: string): Promise<string> {
  const { payload, counts } = await one.send('pages', text, 'hqms.csv')
  expect(counts.quarantined).toBe(0)
  return payload._id
}
const days = async (): Promise<unknown> => {
  const [stay, ...others] = await one.all('Encounter')
  expect(others).toEqual([])
  return (stay?.length as { value: number } | undefined)?.value
}
const [FEW, MANY, MOST] = ['7', '8', '9']

test.each(permutations(3).map((order) => [order]))('the one that came last, in the order %j', async (order) => {
  const all = [FEW, MANY, MOST]
  const sent = order.map((at) => all[at] ?? '')
  const payloads: string[] = []
  for (const each of sent) payloads.push(await send(file(each)))
  expect(await days()).toBe(Number(sent.at(-1)))
  for (const again of permutations(3)) {
    for (const at of again) await one.ingest.replay(payloads[at] ?? '')
    expect([again, await days()]).toEqual([again, Number(sent.at(-1))])
  }
})

test.each(permutations(3).map((order) => [order]))('of one file the one behind, in the order %j', async (order) => {
  const all = [FEW, MANY, MOST]
  const rows = order.map((at) => all[at] ?? '')
  const payload = await send(file(...rows))
  expect(await days()).toBe(Number(rows.at(-1)))
  await one.ingest.replay(payload)
  expect(await days()).toBe(Number(rows.at(-1)))
})

test('of a file that is sent again with others behind them it is the same two', async () => {
  await send(file(FEW, MANY))
  await send(`${file(FEW, MANY)}\n`)
  expect(await days()).toBe(Number(MANY))
})

/** A group of rows of other stays. */
const others = (from: number) =>
  Array.from({ length: INGEST_BOUNDS.batchRows }, (_, at) => `O${from + at},1,2026-03-01,2026-03-09,5,K29.500,胃炎`)
const own = (each: string) => `K1,1,2026-03-01,2026-03-09,${each},K29.500,胃炎`
const [head = ''] = file().split('\n')
const ownDays = async () =>
  ((await one.all('Encounter')) as { identifier?: { value: string }[]; length?: { value: number } }[]).find(({ identifier }) =>
    identifier?.some(({ value }) => value.startsWith('K1')),
  )?.length?.value

/** Rows of one stay in the groups that are stored at the same time. */
test('of one file the one behind also where groups of rows lie between them, and once it is played again', async () => {
  const payload = await send([head, own(FEW), ...others(1000), own(MANY), ''].join('\n'))
  expect(await ownDays()).toBe(Number(MANY))
  for (let round = 0; round < 4; round++) {
    await one.ingest.replay(payload)
    await one.ingest.work()
    expect({ round, days: await ownDays() }).toEqual({ round, days: Number(MANY) })
  }
})

test('of a new file the one behind also where it says again, groups later, what was said before another', async () => {
  await send(file(FEW))
  await send([head, own(MANY), ...others(1000), own(FEW), ''].join('\n'))
  expect(await ownDays()).toBe(Number(FEW))
  await send([head, own(MANY), ...others(1000), own(MOST), ...others(2000), own(MANY), ...others(3000), own(MOST), ''].join('\n'))
  expect(await ownDays()).toBe(Number(MOST))
  // Which of its rows were stored last is known as well: what is sent behind them is compared with the right one.
  await send(file(MANY))
  expect(await ownDays()).toBe(Number(MANY))
})

/** Received, and not waited for. */
async function begin(text: string, fileName: string): Promise<string> {
  async function* bytes() {
    yield Buffer.from(text)
  }
  const { payload } = await one.ingest.receive('pages', actorOf('pages-client'), bytes(), { contentType: '', fileName })
  return payload._id
}
const isDone = async (id: string): Promise<boolean> => (await one.ingest.tables.payloads.get(id))?.finishedAt !== null
async function done(id: string): Promise<void> {
  while (!(await isDone(id))) await delay(10)
}

test.each([
  ['what stood before', FEW, FEW],
  ['something else', FEW, MOST],
  ['it for the first time', undefined, MOST],
])('of two files the one that came last where it is done first, and says %s', async (_, before, last) => {
  if (before !== undefined) await send(file(before))
  const { promise, resolve: go } = Promise.withResolvers<void>()
  held = promise
  const first = await begin(file(MANY), HELD)
  // Of one millisecond neither came last.
  await delay(5)
  const second = await begin(`${file(last)}\n\n`, 'hqms.csv')
  await done(second)
  expect([await isDone(first), await days()]).toEqual([false, Number(last)])
  go()
  await done(first)
  expect(await days()).toBe(Number(last))
  // What it said last is known: what is sent behind them is compared with that, and not with what was stored last.
  await send(`${file(MANY)}\n`)
  expect(await days()).toBe(Number(MANY))
  for (const payload of [second, first]) await one.ingest.replay(payload)
  await done(first)
  expect(await days()).toBe(Number(MANY))
})

test('a file comes when all of it is there', async () => {
  const { promise, resolve: end } = Promise.withResolvers<void>()
  async function* slowly() {
    yield Buffer.from(file(MANY))
    await promise
  }
  const upload = one.ingest.receive('pages', actorOf('pages-client'), slowly(), { contentType: '', fileName: 'hqms.csv' })
  await delay(5)
  await send(file(FEW))
  await delay(5)
  end()
  await done((await upload).payload._id)
  expect(await days()).toBe(Number(MANY))
})

describe('what a page names', () => {
  const COLUMNS = 'A48,A49,B12,B15,C03C,C04N,C06x01C,C07x01N,C14x01C,C15x01N,C16x01,XGBZ'
  const NONE = ['', ''].join()
  const DIABETES = 'E11.900,2型糖尿病'
  const BIOPSY = '45.1600x001,胃镜下活组织检查,2026-03-02 08:30:00'
  const page = (further: string, operation: string, state = '1') =>
    `${COLUMNS}\nK1,1,2026-03-01,2026-03-09,K29.500,胃炎,${further},${operation},${state}\n`
  const FULL = page(DIABETES, BIOPSY)
  const LESS = page(NONE, `${NONE},`)
  type Told = { id: string; code?: { coding?: { code: string }[] }; encounter?: unknown; status?: string }
  /** Diagnoses and operations that stand, those that the stay names, and whether the page stands. */
  async function told(): Promise<unknown[]> {
    const conditions = (await one.all('Condition')) as unknown as Told[]
    const procedures = (await one.all('Procedure')) as unknown as Told[]
    const codesOf = (all: readonly Told[]) => all.flatMap(({ code }) => code?.coding?.[0]?.code ?? []).sort()
    const standing = (all: readonly Told[]) => codesOf(all.filter(({ encounter }) => encounter !== undefined))
    const [stay] = (await one.all('Encounter')) as unknown as { diagnosis?: { condition: { reference: string } }[] }[]
    const named = (stay?.diagnosis ?? []).map(({ condition }) => condition.reference)
    const [document] = (await one.all('Composition')) as unknown as Told[]
    const ofStay = codesOf(conditions.filter(({ id }) => named.includes(`Condition/${id}`)))
    return [standing(conditions), standing(procedures), ofStay, document?.status]
  }
  const ALL = [['E11.900', 'K29.500'], ['45.1600x001'], ['E11.900', 'K29.500'], 'final']
  const FEWER = [['K29.500'], [], ['K29.500'], 'final']

  test('and the one that came behind it does not is void; said again it stands again, also once they are played again', async () => {
    const sent: string[] = []
    for (const [text, after] of [
      [FULL, ALL],
      // What stands unchanged was not said anew, and is not taken back by itself.
      [`${FULL}\n`, ALL],
      [LESS, FEWER],
      [`${LESS}\n`, FEWER],
      [`${FULL}\n\n`, ALL],
    ] as const) {
      sent.push(await send(text))
      expect([sent.length, ...(await told())]).toEqual([sent.length, ...after])
    }
    for (const payload of sent.toReversed()) await one.ingest.replay(payload)
    expect(await told()).toEqual(ALL)
  })

  test('is void where the one behind it is done first', async () => {
    const { promise, resolve: go } = Promise.withResolvers<void>()
    held = promise
    const first = await begin(FULL, HELD)
    await delay(5)
    await done(await begin(LESS, 'hqms.csv'))
    go()
    await done(first)
    expect(await told()).toEqual(FEWER)
  })

  test('is void with the page, and stands with one that comes behind', async () => {
    await send(FULL)
    await send(page(DIABETES, BIOPSY, '2'))
    expect(await told()).toEqual([[], [], [], 'entered-in-error'])
    await send(`${FULL}\n`)
    expect(await told()).toEqual(ALL)
  })
})
