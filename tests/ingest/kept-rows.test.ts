/** In which rows it is kept what sources said: together as long as one alone speaks, and of each thing exactly once, whoever speaks of it. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MappedRecord, MappedResource } from '../../mappings/engine/types.ts'
import { keptText, statementsOfEach } from '../../server/ingest/fold/kept.ts'
import { forgetThings, knownOf, thingsIn } from '../../server/ingest/fold/rows.ts'
import type { ContributionsDoc } from '../../server/ingest/tables.ts'
import { watchCommands } from '../support/commands.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { observation, rig, type Rig, sourceOf } from './support.ts'

const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const SOURCES = [sourceOf('his', 'hospital', 'H1'), sourceOf('rp', 'rhip', 'HA'), sourceOf('mi', 'miis', 'MIA')]
const TIMES = ['2026-03-06T08:00:00Z', '2026-03-06T09:00:00Z', '2026-03-06T10:00:00Z']
const secret = randomBytes(32)
const watch = watchCommands()
afterAll(() => watch.stop())

const patient = (name: string): MappedResource => ({
  key: 'patient',
  resource: { resourceType: 'Patient', name: [{ text: name }] },
  state: 'current',
  statedAt: TIMES[0] as string,
})

let deliveries = 0
const message = (local: string, ...resources: MappedResource[]): Partial<MappedRecord> => ({
  deliveryId: `d${deliveries++}`,
  patient: { local: [PI(local)], name: '王建国' },
  resources,
})

const rowsOf = ({ ingest }: Rig): Promise<ContributionsDoc[]> => ingest.tables.contributions.find({}, { sort: { _id: 1 } })

/** Names by row; no name stands twice. */
async function namesOf(one: Rig): Promise<string[][]> {
  const names = (await rowsOf(one)).map((row) => [...thingsIn(row)].sort())
  expect(new Set(names.flat()).size).toBe(names.flat().length)
  return names
}

const idOf = async (one: Rig, code: string): Promise<string> =>
  `Observation/${(await one.all('Observation')).find((found) => (found.code as { text?: string }).text === code)?.id}`

describe('rows', () => {
  let one: Rig
  beforeAll(async () => {
    one = await rig(SOURCES, { secret })
    await one.ingest.start()
  })
  afterAll(() => one.close())

  test('what one record says of its patient first is one row; what is corrected or said by another stands by itself from then on', async () => {
    await one.send('his', [
      message('1', patient('王建国'), ...['o1', 'o2', 'o3'].map((no) => observation('H1', no, { valueString: `${no} first` }))),
    ])
    const [own] = await one.all('Patient')
    const [o1, o2, o3] = await Promise.all(['o1', 'o2', 'o3'].map((no) => idOf(one, no)))
    expect(await namesOf(one)).toEqual([[o1, o2, o3, `Patient/${own?.id}`].sort()])
    await one.send('his', [message('1', observation('H1', 'o2', { valueString: 'o2 second' }, { statedAt: TIMES[1] as string }))])
    expect(await namesOf(one)).toEqual(expect.arrayContaining([[o2], [o1, o3, `Patient/${own?.id}`].sort()]))
    // The platform has a record of its own of whoever it is: it is heard, and nobody is seen for another.
    await one.send('rp', [message('1', observation('H1', 'o3', { valueString: 'o3 of the platform' }))])
    expect((await namesOf(one)).filter((names) => names.length === 1)).toEqual(expect.arrayContaining([[o2], [o3]]))
    const known = await knownOf(one.ingest.tables, [o1, o2, o3, 'Observation/nothing'] as string[])
    expect([...known].map(([name, { statements }]) => [name, statements.map(({ source }) => source)]).sort()).toEqual(
      [
        [o1, ['his']],
        [o2, ['his']],
        [o3, ['his', 'rp']],
      ].sort(),
    )
    expect((await one.all('Observation')).map(({ valueString }) => valueString).sort()).toEqual(['o1 first', 'o2 second', 'o3 first'])
  })

  test('the same said again leaves the row as it is', async () => {
    const said = () => message('2', patient('李秀兰'), observation('H1', 'same', { valueString: 'x' }), observation('H1', 'same2', {}))
    await one.send('his', [said()])
    const before = await rowsOf(one)
    const { payload } = await one.send('his', [
      { ...said(), deliveryId: 'd-same', resources: [{ ...patient('李秀兰'), placeholder: true }] },
    ])
    expect(payload.status).toBe('stored')
    const after = await rowsOf(one)
    expect(after.map(({ _id, rev }) => [_id, rev])).toEqual(before.map(({ _id, rev }) => [_id, rev]))
  })

  test('what leaves a row of which nothing or something is left goes at the first attempt', async () => {
    const numbers = ['l1', 'l2', 'l3', 'l4']
    const said = (at: number, some: string[]) =>
      message('4', ...some.map((no) => observation('H1', no, { valueString: `${no} ${at}` }, { statedAt: TIMES[at] as string })))
    await one.send('his', [said(0, numbers)])
    const commands = await watch.during(async () => {
      await one.send('his', [said(1, ['l1'])])
      await one.send('his', [said(1, ['l2', 'l3', 'l4'])])
    })
    expect(commands.filter(({ name }) => name === 'abortTransaction')).toEqual([])
    const names = new Set(await Promise.all(numbers.map((no) => idOf(one, no))))
    expect((await namesOf(one)).filter((row) => row.some((name) => names.has(name)))).toEqual([...names].sort().map((name) => [name]))
  })

  test('what is forgotten leaves what stood beside it, and a row of which all is forgotten goes', async () => {
    await one.send('his', [message('3', ...['f1', 'f2', 'f3'].map((no) => observation('H1', no, { valueString: no })))])
    const [f1, f2, f3] = (await Promise.all(['f1', 'f2', 'f3'].map((no) => idOf(one, no)))) as [string, string, string]
    const { tables } = one.ingest
    await forgetThings(tables, [f2])
    expect([...(await knownOf(tables, [f1, f2, f3])).keys()].sort()).toEqual([f1, f3].sort())
    expect((await rowsOf(one)).some(({ statements }) => statements.includes('"f2"'))).toBe(false)
    await forgetThings(tables, [f1, f3])
    expect(await tables.contributions.count({ things: { $in: [f1, f2, f3] } })).toBe(0)
  })

  test('no two rows can name the same thing', async () => {
    const { contributions } = one.ingest.tables
    const row = (_id: string): ContributionsDoc => ({
      _id,
      rev: 1,
      things: ['Observation/once'],
      patients: [],
      statements: '[]',
      digests: [''],
    })
    expect([await contributions.insert(row('first')), await contributions.insert(row('second'))]).toEqual([true, false])
    await contributions.delete({ _id: 'first' })
  })
})

describe('two servers that speak of what stands in one row', () => {
  let database: TestDatabase
  let both: [Rig, Rig]
  beforeAll(async () => {
    database = await testDatabase()
    both = [await rig(SOURCES, { secret }, database), await rig(SOURCES, { secret }, database)]
    await both[0].ingest.start()
  })
  afterAll(async () => {
    for (const one of both) await one.close()
    await database.drop()
  })

  test('nothing of what either says is lost', async () => {
    const numbers = Array.from({ length: 12 }, (_, at) => `r${at}`)
    const [a, b] = both
    await a.send('his', [message('9', ...numbers.map((no) => observation('H1', no, { valueString: `${no} first` })))])
    expect((await namesOf(a)).map(({ length }) => length)).toEqual([12])
    // Each number is corrected once, neighbours by different servers at the same time; a value and a note come from different ones.
    await Promise.all(
      numbers.map((no, at) =>
        [a, b][at % 2]?.send('his', [
          message('9', observation('H1', no, { valueString: `${no} second` }, { statedAt: TIMES[1] as string })),
        ]),
      ),
    )
    await Promise.all(
      numbers.map((no, at) =>
        [b, a][at % 2]?.send('his', [
          message('9', observation('H1', no, { note: [{ text: `${no} note` }] }, { statedAt: TIMES[2] as string })),
        ]),
      ),
    )
    const found = (await a.all('Observation')).map(({ valueString, note }) => [valueString, (note as { text: string }[])[0]?.text]).sort()
    expect(found).toEqual(numbers.map((no) => [`${no} second`, `${no} note`]).sort())
    expect((await namesOf(a)).every(({ length }) => length === 1)).toBe(true)
  })
})

interface Step {
  source: number
  local: string
  things: { no: string; time: number; value: string; kind: 'current' | 'withdrawn' | 'mention' }[]
  /** it is said that the hospital's two patients are one */
  joins: boolean
}

const steps = fc.array(
  fc.record({
    source: fc.nat(2),
    local: fc.constantFrom('1', '2'),
    joins: fc.boolean(),
    things: fc.array(
      fc.record({
        no: fc.constantFrom('a', 'b', 'c', 'd'),
        time: fc.nat(2),
        value: fc.constantFrom('x', 'y', 'z'),
        kind: fc.constantFrom('current' as const, 'current' as const, 'withdrawn' as const, 'mention' as const),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { minLength: 3, maxLength: 9 },
)

describe('rows of servers that kept each thing by itself', () => {
  let now: Rig
  let before: Rig
  let minute = 0
  // Both clocks tell the same: what arrives later goes before what is said of the same instant.
  const clock = (): Date => new Date(Date.parse('2026-03-07T00:00:00Z') + 60_000 * minute)
  beforeAll(async () => {
    now = await rig(SOURCES, { secret, now: clock })
    before = await rig(SOURCES, { secret, now: clock })
    for (const one of [now, before]) await one.ingest.start()
  })
  afterAll(async () => {
    for (const one of [now, before]) await one.close()
  })

  test('whatever is said in whatever order: the same resources in as many versions', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (said) => {
        for (const one of [now, before]) await one.wipe()
        for (const [at, step] of said.entries()) {
          minute++
          const body = [bodyOf(step, at)]
          const source = SOURCES[step.source]?.id ?? ''
          const status: string[] = []
          for (const one of [now, before]) status.push((await one.send(source, body)).payload.status)
          expect(status[0]).toBe(status[1])
          await asBefore(before)
        }
        expect(await standing(now)).toEqual(await standing(before))
        expect(await saidIn(now)).toEqual(await saidIn(before))
      }),
      { numRuns: 25 },
    )
  }, 120_000)

  function bodyOf({ source, local, things, joins }: Step, at: number): Partial<MappedRecord> {
    const resources = things.map(({ no, time, value, kind }) =>
      observation('H1', no, kind === 'mention' ? {} : { valueString: value, identifier: [{ system: 'urn:x', value }] }, {
        statedAt: TIMES[time] as string,
        ...(kind === 'withdrawn' && { state: 'withdrawn' as const }),
        ...(kind === 'mention' && { placeholder: true as const }),
      }),
    )
    const replaces = joins && source === 0 && at > 2 ? { replaces: [PI(local === '1' ? '2' : '1')] } : {}
    return {
      deliveryId: `step${at}`,
      patient: { local: [PI(local)], name: '王建国', ...replaces },
      resources: [patient('王建国'), ...resources],
    }
  }
})

/** Each row as servers wrote it that knew no others: one thing, a digest of twice the length. */
async function asBefore(one: Rig): Promise<void> {
  const { contributions } = one.ingest.tables
  for (const row of await rowsOf(one)) {
    if (!row.things) continue
    await contributions.delete({ _id: row._id })
    const said = statementsOfEach(row.statements, row.things.length)
    for (const [at, _id] of row.things.entries()) {
      const statements = said[at] ?? []
      const patients = [...new Set(statements.flatMap((statement) => statement.patient?.id ?? []))].sort()
      const digest = `${row.digests?.[at] ?? ''}${'x'.repeat(21)}`
      expect(await contributions.insert({ _id, rev: row.rev, patients, statements: keptText(statements), digest })).toBe(true)
    }
  }
}

async function standing(one: Rig): Promise<string[]> {
  const all = [...(await one.all('Observation')), ...(await one.all('Patient'))]
  return all.map(({ meta, ...resource }) => JSON.stringify([resource, { ...(meta as object), lastUpdated: undefined }])).sort()
}

async function saidIn(one: Rig): Promise<string[]> {
  const names = (await rowsOf(one)).flatMap(thingsIn)
  const known = await knownOf(one.ingest.tables, names)
  return [...known].map(([name, { statements, digest }]) => JSON.stringify([name, statements, digest])).sort()
}
