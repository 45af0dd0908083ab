/**
 * One visit that the hospital and the insurance tell of, each under its own number, is one Encounter: in whatever order, at once, again; never across
 * two persons, hospitals or a visit that nobody insures. What must stand was worked out by hand.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { settleVisits } from '../../server/ingest/visit/settle.ts'
import type { Rig } from './support.ts'
import {
  admission,
  cardMention,
  cancelled,
  charges,
  HOME,
  labReport,
  LI,
  mention,
  outpatientVisit,
  ownVisit,
  registration,
  selfPaidVisit,
  selfPaidReversal,
  stay,
  undone,
  visitRig,
  WANG,
} from './visit-messages.ts'

let one: Rig
beforeAll(async () => {
  one = await visitRig()
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

type Message = readonly [source: string, body: unknown]

async function sendAll(...messages: Message[]): Promise<void> {
  for (const [source, body] of messages) expect((await one.send(source, body)).counts.quarantined).toBe(0)
}

const standing = (resources: FhirResource[]): FhirResource[] => resources.filter(({ status }) => status !== 'entered-in-error')
const visits = async (): Promise<FhirResource[]> => standing(await one.all('Encounter'))
const numbersOf = ({ identifier }: FhirResource): string[] => ((identifier ?? []) as { value: string }[]).map(({ value }) => value).sort()
const numbers = async (): Promise<string[][]> => (await visits()).map(numbersOf).sort()
const codesOf = (payload: { issues: string }): string[] => (JSON.parse(payload.issues) as { code: string }[]).map(({ code }) => code)

/** Without what tells when it came, and the id of the master, which is drawn. */
const content = ({ meta, subject: _, ...rest }: FhirResource): object => ({ ...rest, source: meta?.source })

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((item, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]))

describe('hospital, registration, visit and report', () => {
  const all: Record<string, Message> = {
    hospital: admission(),
    registration: registration(),
    visit: outpatientVisit(),
    report: labReport(),
  }
  const orders = permutations(Object.keys(all))
  let first: object | undefined

  test.each(orders.map((order) => [order.join(', ')]))('%s', async (order) => {
    await sendAll(...order.split(', ').map((name) => all[name] as Message))
    const [visit, ...others] = await visits()
    expect(others).toEqual([])
    expect(numbersOf(visit as FhirResource)).toEqual(expect.arrayContaining(['M1', 'V1']))
    // The hospital goes first: as it has admitted him, and when.
    expect(visit).toMatchObject({ status: 'in-progress', period: { start: '2026-03-09T09:30:00+08:00' } })
    first ??= content(visit as FhirResource)
    expect(content(visit as FhirResource)).toEqual(first)
    const reference = `Encounter/${visit?.id}`
    for (const type of ['DiagnosticReport', 'Condition'])
      expect((await one.all(type)).map(({ encounter }) => encounter)).toEqual([{ reference }])
    // By which messages either is known, also of what was told under the former number.
    const provenances = await one.all('Provenance')
    const told = (id: string): object[] => provenances.filter((each) => JSON.stringify(each.target).includes(`Encounter/${id}`))
    const formers = provenances.flatMap(({ entity }) =>
      [...JSON.stringify(entity).matchAll(/"Encounter\/(\w+)"/g)].map(([, id = '']) => id),
    )
    expect(
      new Set([String(visit?.id), ...formers].flatMap(told).map((each) => JSON.stringify(each).match(/"display":"([^"]+)"/)?.[1])),
    ).toEqual(new Set([...['his ADT^A01', 'miis 2201', 'miis 2203', 'miis 4502'], ...(formers.length > 0 ? [undefined] : [])]))
    expect(await one.ingest.tables.visits.find({})).toMatchObject([{ visit: visit?.id, left: [] }])
    // Whoever kept the former id is told which one it is now.
    for (const former of (await one.all('Encounter')).filter(({ id }) => id !== visit?.id)) {
      expect(former).toMatchObject({ status: 'entered-in-error', partOf: { reference } })
      expect(Object.keys(former).sort()).toEqual(['class', 'id', 'meta', 'partOf', 'resourceType', 'status'])
    }
  })

  test('at once, and each of them twice', async () => {
    const twice = [...Object.values(all), ...Object.values(all)]
    await Promise.all(twice.map(([source, body]) => one.send(source, body)))
    while ((await one.ingest.work()) > 0);
    expect(await numbers()).toEqual([expect.arrayContaining(['M1', 'V1'])])
  })

  test('a visit of the second of its registration is under way, whichever of the two came last', async () => {
    const second = [registration({ hour: '09:45' }), outpatientVisit()]
    for (const messages of [second, second.toReversed()]) {
      await one.wipe()
      await sendAll(...messages)
      expect(await visits()).toMatchObject([{ status: 'in-progress', period: { start: '2026-03-09T09:40:00+08:00' } }])
    }
  })

  test('a visit that is only mentioned is one with the insured one as soon as it is mentioned of that person', async () => {
    await sendAll(registration(), cardMention(), labReport())
    expect(await visits()).toHaveLength(2)
    await sendAll(mention())
    expect(await numbers()).toEqual([expect.arrayContaining(['M1', 'V1'])])
  })

  test('the same again changes nothing', async () => {
    await sendAll(...Object.values(all))
    const before = await one.versions()
    await sendAll(...Object.values(all))
    await settleVisits(one.ingest.deps, one.ingest.tables, [String((await visits())[0]?.id)])
    expect(await one.versions()).toBe(before)
  })

  test('what comes of the visit later, by either number, is of it', async () => {
    await sendAll(...Object.values(all), charges())
    const [visit] = await visits()
    expect((await one.all('ChargeItem')).map(({ context }) => context)).toEqual([{ reference: `Encounter/${visit?.id}` }])
    const sources = (await one.all('Provenance')).filter(({ target }) => JSON.stringify(target).includes(String(visit?.id)))
    expect(sources.length).toBeGreaterThanOrEqual(4)
  })
})

test('without a word of which numbers are one visit there are two', async () => {
  await sendAll(admission(), outpatientVisit())
  expect(await numbers()).toEqual([['M1'], ['V1']])
})

test.each([[0], [1]])('the equal number of another hospital is another visit, in order %i', async (at) => {
  const messages = [admission(), registration({ home: HOME.other })]
  await sendAll(...(at === 0 ? messages : messages.toReversed()))
  expect(await numbers()).toEqual([['M1', 'V1'], ['V1']])
})

describe('two persons', () => {
  test.each([[0], [1]])('are not mixed in one visit, in order %i', async (at) => {
    const messages = [admission(), labReport({ person: LI })]
    await sendAll(...(at === 0 ? messages : messages.toReversed()), outpatientVisit({ person: LI }))
    const all = await visits()
    const of = (number: string): FhirResource | undefined => all.find((visit) => numbersOf(visit).includes(number))
    expect(of('V1')?.id).not.toBe(of('M1')?.id)
    expect(JSON.stringify(of('V1'))).not.toMatch(/复诊/)
    expect(JSON.stringify(of('M1'))).toMatch(/复诊/)
  })

  test('are one visit once they turn out to be one person', async () => {
    await sendAll(admission({ person: { ...WANG, number: '' } }), labReport(), outpatientVisit())
    expect((await numbers()).length).toBe(2)
    await sendAll(admission({ id: 'ADT2', at: '20260309101500' }))
    expect(await numbers()).toEqual([expect.arrayContaining(['M1', 'V1'])])
    // The number was another's: they part, and what each said is there as before.
    await sendAll(admission({ id: 'ADT3', at: '20260309111500', person: { ...WANG, name: LI.name, number: LI.number, birth: LI.birth } }))
    const parted = await visits()
    expect(parted.map(numbersOf).sort()).toEqual([['M1'], ['V1']])
    expect(JSON.stringify(parted.find((visit) => numbersOf(visit).includes('M1')))).toMatch(/复诊/)
  })
})

describe('contradictions', () => {
  test.each(permutations([0, 1, 2, 3]).map((order) => [order]))('the newest word counts, in order %j', async (order) => {
    const messages = [
      admission(),
      admission({ visit: 'V2', id: 'ADT2' }),
      labReport({ hour: '10:00' }),
      labReport({ hour: '12:00', visit: 'V2', report: 'R2' }),
    ]
    const issues: string[] = []
    for (const at of order) {
      const [source, body] = messages[at] as Message
      issues.push(...codesOf((await one.send(source, body)).payload))
    }
    await sendAll(outpatientVisit())
    expect(await numbers()).toEqual([['M1', 'V2'], ['V1']])
    expect(issues.filter((code) => code === 'visit-numbers-contradict')).toHaveLength(1)
    const reports = await one.all('DiagnosticReport')
    expect(reports).toHaveLength(2)
  })

  test('a stay that is settled in parts is one stay under the numbers of both', async () => {
    await sendAll(
      admission({ stay: true }),
      stay({ visit: 'M1', began: '2026-03-09 09:30:00' }),
      stay({ visit: 'M2', began: '2026-03-20 08:00:00', hour: '12:00' }),
    )
    expect(await numbers()).toEqual([expect.arrayContaining(['M1', 'M2', 'V1'])])
    // One of the parts is cancelled: the stay is not.
    await sendAll(cancelled('M2'))
    expect((await visits()).map(({ status }) => status)).toEqual(['in-progress'])
  })

  test('a number that is of another stay too joins only the one that the hospital tells of', async () => {
    await sendAll(stay({ visit: 'M1', began: '2026-01-05 09:30:00' }), stay({ visit: 'M2', began: '2026-03-09 10:00:00', hour: '12:00' }))
    expect((await numbers()).length).toBe(2)
    await sendAll(admission({ stay: true }))
    const all = await numbers()
    expect(all).toHaveLength(2)
    expect(all.find((one) => one.includes('M2'))).toContain('V1')
    expect(all.find((one) => one.includes('M1'))).not.toContain('M2')
  })
})

describe('taken back by one of them', () => {
  test('the insurance: the visit stays as the hospital has it', async () => {
    await sendAll(admission({ stay: true }), stay(), undone(stay()))
    const [visit] = await visits()
    expect(numbersOf(visit as FhirResource)).toEqual(['V1'])
    expect(visit).toMatchObject({ status: 'in-progress', subject: expect.anything() })
  })

  test.each([
    ['is the one of its number', labReport()],
    ['may be another one', registration()],
  ])('the hospital, where the visit %s: what the insurance says of it stands', async (_, word) => {
    await sendAll(ownVisit('current'), word, outpatientVisit())
    const [joined, ...others] = await visits()
    expect(others).toEqual([])
    expect(joined).toMatchObject({ reasonCode: [{ text: '误登记' }] })
    await sendAll(ownVisit('withdrawn'))
    const [left, ...more] = await visits()
    expect(more).toEqual([])
    expect(numbersOf(left as FhirResource)).toContain('M1')
    expect(JSON.stringify(left)).toMatch(/复诊/)
    expect(JSON.stringify(left)).not.toMatch(/误登记/)
    expect((await one.all('Condition')).map(({ encounter }) => encounter)).toEqual([{ reference: `Encounter/${left?.id}` }])
  })

  test('by the insurance, and cancelled by the hospital: nobody says that it is', async () => {
    await sendAll(stay(), admission({ stay: true }), undone(stay()))
    await sendAll(admission({ stay: true, event: 'A11', id: 'ADT9', at: '20260309140000' }))
    expect((await one.all('Encounter')).filter(({ status }) => status === 'in-progress')).toEqual([])
  })
})

describe('a visit that nobody insures', () => {
  test.each([[0], [1]])('is not joined to one that is insured, in order %i', async (at) => {
    const messages = [selfPaidVisit(), labReport()]
    await sendAll(admission(), ...(at === 0 ? messages : messages.toReversed()), outpatientVisit())
    const all = await visits()
    expect(all.map(numbersOf).sort()).toEqual([['M1'], ['V1']])
    // Taken back, for the insurance pays after all.
    await sendAll(selfPaidReversal())
    expect(await numbers()).toEqual([expect.arrayContaining(['M1', 'V1'])])
  })
})
