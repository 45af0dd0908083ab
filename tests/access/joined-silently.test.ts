/** Persons that are joined where nobody ever said anything: nothing is hidden meanwhile, no room of the overlay is taken, and what is said next holds. */
import { expect, test } from '@jest/globals'
import type { Actor } from '../../server/auth/actor.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import type { TableDoc } from '../../server/store/types.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { consentFromCase } from './consent-from-case.ts'
import { actor, condition, encounter, hospital, patient, SYSTEM, sees, site } from './fixture.ts'

const START = Date.parse('2025-06-01T00:00:00Z')
const clock = { now: new Date(START) }
const at = site({ now: () => clock.now })

const entry = (table: string, id: string) => at.store.table<TableDoc & { epoch: number; done: Date | null }>(SYSTEM, table).get(id)
const stampsOf = async (id: string) => (await at.store.read(SYSTEM, 'Condition', id))?.acc.e
const seen = (who: Actor, id: string) => sees(at.access, at.store, who, 'Condition', id)

/** Nobody but those who treat the patient. */
const refusal = (subject: string) =>
  consentFromCase(
    {
      ...{ id: `${subject}-no`, series: `${subject}-no`, patient: subject, status: 'active', dateTime: '2025-01-01' },
      ...{ performer: 'patient', verified: true, policyRule: 'OPTOUT', provision: {} },
    },
    `${subject}-no`,
  )

/** Two Patients of one house each, both treated at H2. */
async function admit(id: string): Promise<void> {
  await at.put('H1', [patient(id), condition(`${id}-c`, id)])
  await at.put('H2', [encounter(`${id}-e2`, id)])
}

/** A process that writes and never gets to relabelling. */
async function stuck() {
  const { promise: never, reject } = Promise.withResolvers<number>()
  never.catch(() => undefined)
  reject(new Error('no'))
  const access = await at.another({ store: { ...at.store, restamp: () => never } })
  const writer = createWriter({ store: at.store, search: at.search, access })
  const moved = (from: string, to: string) => [{ patient: from, from, to, part: from }]
  return {
    join: async (from: string, to: string) =>
      expect(await writer.write([], { regroup: { kind: 'join', moved: moved(from, to) } })).toMatchObject({ ok: true }),
    async put(resource: Record<string, unknown>, by: Actor) {
      const { resourceType: type, id } = resource as { resourceType: string; id: string }
      const draft = {
        type,
        id,
        method: 'PUT' as const,
        expect: 'any' as const,
        parsed: parseResource(JSON.stringify(resource)),
        custodian: '',
      }
      expect(await writer.write([draft], { actor: by })).toMatchObject({ ok: true })
    },
    stop: () => access.stop(),
  }
}

test('stand in no overlay, show to whom they showed, and are relabelled by whoever comes', async () => {
  for (const id of ['a1', 'a2']) await admit(id)
  const process = await stuck()
  await process.join('a2', 'a1')
  expect([await entry('overlay', 'a1'), await entry('overlay', 'a2')]).toEqual([undefined, undefined])
  expect([(await entry('relabel_grants', 'a1'))?.done, (await entry('relabel_grants', 'a2'))?.done]).toEqual([null, null])
  expect(await stampsOf('a2-c')).toEqual(['a2#0'])
  expect([await seen(hospital('H2'), 'a2-c'), await seen(hospital('H2'), 'a1-c')]).toEqual([true, true])
  await process.stop()
  clock.now = new Date(START + 6_000)
  await at.access.relabelRound()
  expect([await stampsOf('a1-c'), await stampsOf('a2-c')]).toEqual([['a1#1'], ['a1#1']])
  expect([await seen(hospital('H2'), 'a2-c'), await seen(hospital('H2'), 'a1-c')]).toEqual([true, true])
  clock.now = new Date(START + 133_000)
  await at.access.relabelRound()
  expect([await entry('relabel_grants', 'a1'), await entry('relabel_grants', 'a2')]).toEqual([undefined, undefined])
  clock.now = new Date(START)
})

test('what is refused before they are relabelled hides what still stands under the other record', async () => {
  for (const id of ['b1', 'b2']) await admit(id)
  const process = await stuck()
  await process.join('b2', 'b1')
  expect(await seen(hospital('H2'), 'b2-c')).toBe(true)
  await process.put(refusal('b1'), actor('patient', { patient: 'b1' }))
  expect(await stampsOf('b2-c')).toEqual(['b2#0'])
  expect(await entry('overlay', 'b2')).toMatchObject({ epoch: -1 })
  expect([await seen(hospital('H2'), 'b1-c'), await seen(hospital('H2'), 'b2-c')]).toEqual([false, false])
  await process.stop()
  clock.now = new Date(START + 6_000)
  await at.access.relabelRound()
  expect(await stampsOf('b2-c')).toEqual(['b1#2'])
  clock.now = new Date(START)
})

test('where one of them has said something, or has just taken it back, both are hidden until they are relabelled', async () => {
  for (const id of ['c1', 'c2', 'd1', 'd2']) await admit(id)
  await at.put('', [refusal('c1')], actor('patient', { patient: 'c1' }))
  const process = await stuck()
  await process.join('c2', 'c1')
  expect([await entry('overlay', 'c1'), await entry('overlay', 'c2')]).toMatchObject([{ done: null }, { done: null }])
  expect(await entry('relabel_grants', 'c2')).toBeUndefined()
  // An entry of before goes by the epoch of before.
  await at.store.table<TableDoc>(SYSTEM, 'overlay').put({ _id: 'd1', epoch: 0, person: 'd1', since: clock.now, done: null })
  await process.join('d2', 'd1')
  expect(await entry('overlay', 'd1')).toMatchObject({ epoch: 1 })
  expect(await entry('relabel_grants', 'd1')).toBeUndefined()
  await process.stop()
})
