/** A hospital's number for whoever has none: ever new persons under it are nobody's record, and nobody else's is drawn into it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { areMany, saidToBe } from '../../server/ingest/link/of-many.ts'
import { observation, type Rig, rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1')])
  await one.ingest.start()
})
afterAll(() => one.close())
beforeEach(() => one.wipe())

/** Check digit of GB 11643: weights 2^(17-n) mod 11. */
function numberOf(year: number, order: string): string {
  const body = `110105${year}0102${order}`
  const sum = [...body].reduce((total, digit, at) => total + Number(digit) * (2 ** (17 - at) % 11), 0)
  return body + '10X98765432'[sum % 11]
}

const NAMES = ['王建国', '李秀兰', '赵一鸣', '钱完全', '孙大海', '周小川']
const person = (at: number) => ({ name: NAMES[at] as string, number: numberOf(1950 + at, `12${at}`) })

interface Says {
  name?: string
  number?: string
}

let count = 0
const said = (local: [kind: string, value: string][], { name, number }: Says, results = 1): object => ({
  deliveryId: `d${++count}`,
  patient: {
    local: local.map(([kind, value]) => ({ kind, value, strong: true })),
    ...(name && { name }),
    ...(number && { legal: { type: '01', number } }),
  },
  resources: [
    {
      key: 'patient',
      resource: { resourceType: 'Patient', ...(name && { name: [{ text: name }] }) },
      state: 'current',
      statedAt: new Date(Date.UTC(2026, 2, 6, 8, 0, count)).toISOString(),
    },
    ...Array.from({ length: results }, (_, n) => observation('H1', `${count}.${n}`, {}, { statedAt: '2026-03-06T08:00:00Z' })),
  ],
})

const codesOf = (payload: { issues: string }): string[] => (JSON.parse(payload.issues) as { code: string }[]).map(({ code }) => code)
const send = async (record: object): Promise<string[]> => codesOf((await one.send('his', [record])).payload)
const subjects = async (): Promise<string[]> =>
  (await one.all('Observation')).map(({ subject }) => (subject as { reference: string }).reference)
const settled = async (): Promise<void> => {
  const jobs = one.store.table(one.ingest.deps.decision, 'jobs')
  while ((await jobs.count({ kind: 'move-patient' })) > 0) await one.ingest.work()
}
const NOBODYS: [string, string][] = [['PI', '0000000']]

describe('ever new persons under one patient number', () => {
  test('are linked with nobody from the fourth on, and what came before is no longer the last one’s', async () => {
    const codes: boolean[] = []
    for (let at = 0; at < 6; at++) codes.push((await send(said(NOBODYS, person(at)))).includes('link-number-of-many'))
    await settled()
    expect(codes).toEqual([false, false, false, true, true, true])
    const [record, ...others] = await one.ingest.tables.records.find({})
    expect([others, record?.person, record?.number]).toEqual([[], null, null])
    expect(new Set(await subjects())).toEqual(new Set([`Patient/${record?._id}`]))
    expect(await one.ingest.tables.persons.count({})).toBe(0)
    expect((await one.ingest.tables.identities.find({})).flatMap(({ linked, statements }) => [...linked, ...statements])).toEqual([])
  })

  test('names alone show it, too', async () => {
    const { number } = person(0)
    for (let at = 0; at < 5; at++) await send(said(NOBODYS, { name: person(at).name, number }))
    expect(await send(said(NOBODYS, { name: '王建国', number }))).toContain('link-number-of-many')
    expect((await one.ingest.tables.records.find({}))[0]).toMatchObject({ person: null })
  })

  test('a further message writes what it says, whatever stands there', async () => {
    for (let at = 0; at < 4; at++) await send(said(NOBODYS, person(at), 20))
    await settled()
    const before = await one.versions()
    await send(said(NOBODYS, person(4), 1))
    await settled()
    // The Observation, and the Patient and the Provenance once more.
    expect((await one.versions()) - before).toBeLessThanOrEqual(3)
  })

  test('a person whom a message names by his own number as well keeps his record', async () => {
    for (let at = 0; at < 4; at++) await send(said(NOBODYS, person(at)))
    await send(said([['IP', '77']], person(5)))
    const [own] = await one.ingest.tables.records.find({ strongKinds: ['IP'] })
    for (const local of [
      [...NOBODYS, ['IP', '77']],
      [['IP', '77'], ...NOBODYS],
    ] as [string, string][][])
      expect(await send(said(local, person(5)))).toContain('link-numbers-disagree')
    await settled()
    const standing = await one.ingest.tables.records.find({ _id: own?._id })
    expect(standing).toMatchObject([{ absorbedBy: null, person: own?.person }])
    expect((await subjects()).filter((subject) => subject === `Patient/${own?.person}`)).toHaveLength(3)
  })

  test('an identity document alone leads to a record of its own, each time the same', async () => {
    for (let at = 0; at < 4; at++) await send(said(NOBODYS, person(at)))
    expect(await send(said([], person(0)))).not.toContain('link-number-of-many')
    await send(said([], person(0)))
    await settled()
    const records = await one.ingest.tables.records.find({})
    expect(records).toHaveLength(2)
    const own = records.find(({ strongKinds }) => strongKinds.length === 0)
    expect(own?.person).toMatch(/./)
    expect((await subjects()).filter((subject) => subject === `Patient/${own?.person}`)).toHaveLength(2)
  })
})

test('a number typed wrongly twice, and a name written otherwise, are one person’s still', async () => {
  for (const at of [0, 1]) await send(said([['PI', '1']], { name: '王建国', number: person(at).number }))
  expect(await send(said([['PI', '1']], { name: '王建國', number: person(2).number }))).not.toContain('link-number-of-many')
  await settled()
  const [record] = await one.ingest.tables.records.find({})
  expect(new Set(await subjects())).toEqual(new Set([`Patient/${record?.person}`]))
  expect(record?.person).not.toBe(record?._id)
})

test('what is remembered is bounded, and more of it never makes a record anybody’s again', () => {
  const { namesInRecordMax, numbersInRecordMax } = INGEST_BOUNDS
  const word = fc.record({
    name: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
    number: fc.option(fc.string(), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      let standing = saidToBe([], {})
      for (const one of words) {
        const next = saidToBe([{ saidToBe: standing, name: null, number: null }], one)
        expect([next.names.length <= namesInRecordMax + 1, next.numbers.length <= numbersInRecordMax + 1]).toEqual([true, true])
        expect(areMany(standing) && !areMany(next)).toBe(false)
        standing = next
      }
      const [names, numbers] = [new Set(words.map(({ name }) => name)), new Set(words.map(({ number }) => number))]
      names.delete(undefined)
      numbers.delete(undefined)
      expect(areMany(standing)).toBe(names.size > namesInRecordMax || numbers.size > numbersInRecordMax)
    }),
  )
})
