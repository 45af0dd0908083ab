/** What happens behind the answer to a consent change, and what does not wait for it (access.md 3.6). */
import { describe, expect, test } from '@jest/globals'
import type { Access } from '../../server/access/types.ts'
import type { Actor } from '../../server/auth/actor.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import type { TableDoc } from '../../server/store/types.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { consentFromCase } from './consent-from-case.ts'
import { actor, condition, encounter, hospital, patient, researcher, SYSTEM, sees, site, study } from './fixture.ts'
import type { CaseConsent } from './case-notation.ts'

const START = Date.parse('2025-06-01T00:00:00Z')
const clock = { now: new Date(START) }
const at = site({ now: () => clock.now })
const later = (ms: number) => {
  clock.now = new Date(START + ms)
}

const consent = (subject: string, id: string, extra: Partial<CaseConsent>): Record<string, unknown> =>
  consentFromCase(
    { id, series: id, patient: subject, status: 'active', dateTime: '2025-01-01', performer: 'patient', verified: true, ...extra },
    id,
  )
const broad = (subject: string, extra: Partial<CaseConsent> = {}) =>
  consent(subject, `${subject}-broad`, { policyRule: 'OPTIN', provision: { purpose: ['HRESCH'], form: ['PSEUD', 'ANON'] }, ...extra })
const withdrawn = (subject: string) => broad(subject, { status: 'inactive', dateTime: '2025-05-01' })
const noResearch = (subject: string) => consent(subject, `${subject}-no`, { policyRule: 'OPTOUT', provision: { purpose: ['HRESCH'] } })

const self = (id: string): Actor => actor('patient', { patient: id })

interface Broken {
  access: Access
  put(resource: object, by: Actor): Promise<void>
  /** the process ends: its calls to the database come to nothing */
  end(): Promise<void>
}

/** A process that writes, and never gets to relabelling: `fails` at once, or `hangs` as with a database that does not answer. */
async function broken(how: 'fails' | 'hangs'): Promise<Broken> {
  const { promise: never, reject: fail } = Promise.withResolvers<number>()
  never.catch(() => undefined)
  if (how === 'fails') fail(new Error('no'))
  const access = await at.another({ store: { ...at.store, restamp: () => never } })
  const writer = createWriter({ store: at.store, search: at.search, access })
  return {
    access,
    async put(resource, by) {
      const { resourceType: type, id } = resource as { resourceType: string; id: string }
      const parsed = parseResource(JSON.stringify(resource))
      const result = await writer.write([{ type, id, method: 'PUT', expect: 'any', parsed, custodian: '' }], { actor: by })
      expect(result.ok).toBe(true)
    },
    async end() {
      fail(new Error('ended'))
      await access.stop()
    },
  }
}

const entry = (table: string, id: string) => at.store.table<TableDoc & { epoch: number; done: Date | null }>(SYSTEM, table).get(id)
const stampsOf = async (type: string, id: string) => (await at.store.read(SYSTEM, type, id))?.acc.e

/** A patient of H1 with a condition, treated at H2 too. */
async function admit(id: string): Promise<void> {
  await at.put('', [study('S1')])
  await at.put('H1', [patient(id), condition(`${id}-c`, id), encounter(`${id}-e1`, id)])
  await at.put('H2', [encounter(`${id}-e2`, id)])
}

describe('a part that became sensitive', () => {
  test('takes the whole that refers to it along, although the process that wrote it ended in between', async () => {
    await admit('k0')
    const whole = { resourceType: 'List', id: 'k0-list', status: 'current', mode: 'working', subject: { reference: 'Patient/k0' } }
    await at.put('H1', [{ ...whole, entry: [{ item: { reference: 'Condition/k0-c' } }] }])
    const seen = (who: Actor) => sees(at.access, at.store, who, 'List', 'k0-list')
    expect(await seen(hospital('H2'))).toBe(true)
    const failing = await broken('fails')
    await expect(failing.put(condition('k0-c', 'k0', 'B20'), actor('operator'))).rejects.toThrow('no')
    await failing.end()
    const left = () => at.store.table(SYSTEM, 'relabel_grants').count({ person: 'k0', anew: true })
    expect([await left(), await sees(at.access, at.store, hospital('H2'), 'Condition', 'k0-c')]).toEqual([1, false])
    later(6_000)
    await at.access.relabelRound()
    expect([await seen(hospital('H2')), await seen(self('k0'))]).toEqual([false, true])
    later(127_000)
    await at.access.relabelRound()
    expect(await left()).toBe(0)
    clock.now = new Date(START)
  })

  test('takes along what refers to that in turn, and what names it in escapes, before the answer', async () => {
    await admit('k01')
    const whole = (id: string, item: string): string =>
      `{"resourceType":"List","id":"${id}","status":"current","mode":"working","subject":{"reference":"Patient/k01"},"entry":[{"item":{"reference":"${item}"}}]}`
    const writer = createWriter({ store: at.store, search: at.search, access: at.access })
    // The outer one stands before the inner one, and is looked at first.
    for (const [id, item] of [
      ['k01-inner', 'Condition/k01-c'],
      ['k01-an-outer', 'List/k01-inner'],
      ['k01-slash', 'Condition\\/k01-c'],
      ['k01-letter', 'Condition/k01\\u002dc'],
    ] as const) {
      const parsed = parseResource(whole(id, item))
      expect((await writer.write([{ type: 'List', id, method: 'PUT', expect: 'any', parsed, custodian: 'H1' }])).ok).toBe(true)
    }
    const lists = ['k01-inner', 'k01-an-outer', 'k01-slash', 'k01-letter']
    const seen = () => Promise.all(lists.map((id) => sees(at.access, at.store, hospital('H2'), 'List', id)))
    expect(await seen()).toEqual([true, true, true, true])
    await at.put('H1', [condition('k01-c', 'k01', 'B20')])
    expect(await seen()).toEqual([false, false, false, false])
  })

  test('is looked for in a long word without going over it again and again', async () => {
    await admit('k02')
    const text = {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${'A'.repeat(200_000)} ${'a/'.repeat(50_000)}</div>`,
    }
    await at.put('H1', [{ ...condition('k02-long', 'k02'), text }])
    const started = performance.now()
    await at.put('H1', [condition('k02-c', 'k02', 'B20')])
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test('and leaves nothing to do where it did not', async () => {
    await admit('k00')
    await at.put('H1', [condition('k00-c', 'k00', 'B20')])
    expect(await at.store.table(SYSTEM, 'relabel_grants').count({ person: 'k00' })).toBe(0)
  })
})

describe('a take-away', () => {
  test('is in force with the answer, although nothing can be relabelled, and the worker of another process finishes', async () => {
    await admit('k1')
    await at.put('', [broad('k1')], self('k1'))
    await at.access.relabelled()
    const seen = (who: Actor) => sees(at.access, at.store, who, 'Condition', 'k1-c')
    expect(await seen(researcher())).toBe(true)
    const stuck = await broken('hangs')
    await stuck.put(withdrawn('k1'), self('k1'))
    expect(await seen(researcher())).toBe(false)
    expect(await stampsOf('Condition', 'k1-c')).toEqual(['k1#1'])
    // Its own relabelling never came to anything.
    await stuck.end()
    expect(await at.access.relabelRound()).toBe(0)
    expect(await stampsOf('Condition', 'k1-c')).toEqual(['k1#1'])
    later(6_000)
    await at.access.relabelRound()
    expect(await stampsOf('Condition', 'k1-c')).toEqual(['k1#2'])
    expect(await entry('overlay', 'k1')).toMatchObject({ epoch: 2, done: clock.now })
    expect([await seen(researcher()), await seen(hospital('H1'))]).toEqual([false, true])
    later(127_000)
    expect(await at.access.relabelRound()).toBe(2)
    expect([await entry('overlay', 'k1'), await entry('relabel_grants', 'k1')]).toEqual([undefined, undefined])
    expect([await seen(researcher()), await seen(hospital('H1'))]).toEqual([false, true])
    clock.now = new Date(START)
  })

  test('is answered although relabelling fails, and the consent itself can be read at once', async () => {
    await admit('k2')
    const failing = await broken('fails')
    await failing.put(noResearch('k2'), self('k2'))
    expect(await entry('overlay', 'k2')).toMatchObject({ epoch: 1, done: null })
    expect(await sees(at.access, at.store, self('k2'), 'Consent', 'k2-no')).toBe(true)
    // Hidden from others; what he sees of himself no consent changes.
    expect(await sees(at.access, at.store, hospital('H1'), 'Condition', 'k2-c')).toBe(false)
    expect(await sees(at.access, at.store, self('k2'), 'Condition', 'k2-c')).toBe(true)
    await failing.end()
  })

  test('reaches older versions of what is another person by now', async () => {
    await admit('k3')
    await admit('k4')
    await at.put('H1', [patient('k5'), condition('k5-c', 'k5'), condition('moved', 'k5')])
    await at.put('H1', [condition('moved', 'k4')])
    await at.put('', [noResearch('k5')], self('k5'))
    await at.access.relabelled()
    const version = await at.store.readVersion(SYSTEM, 'Condition', 'moved', 1)
    expect(version?.acc).toMatchObject({ p: ['k5'], e: ['k5#1'] })
    await at.put('H1', [patient('k6'), { resourceType: 'Basic', id: 'basic-6', code: { text: 'x' }, subject: { reference: 'Patient/k6' } }])
    await at.put('H1', [{ resourceType: 'Basic', id: 'basic-6', code: { text: 'x' }, subject: { reference: 'Patient/k4' } }])
    // Of k6 there is no current Basic any more, only the older version.
    await at.put('', [noResearch('k6')], self('k6'))
    await at.access.relabelled()
    expect((await at.store.readVersion(SYSTEM, 'Basic', 'basic-6', 1))?.acc).toMatchObject({ p: ['k6'], e: ['k6#1'] })
  })
})

describe('the first consent of a person, where it only permits', () => {
  test('hides nothing while it is relabelled, and is seen then', async () => {
    await admit('g1')
    const stuck = await broken('fails')
    await stuck.put(broad('g1'), self('g1'))
    const seen = (who: Actor) => sees(at.access, at.store, who, 'Condition', 'g1-c')
    expect([await entry('overlay', 'g1'), (await entry('relabel_grants', 'g1'))?.done]).toEqual([undefined, null])
    expect([await seen(hospital('H2')), await seen(self('g1')), await seen(researcher())]).toEqual([true, true, false])
    await stuck.end()
    later(6_000)
    await at.access.relabelRound()
    expect([await seen(hospital('H2')), await seen(self('g1')), await seen(researcher())]).toEqual([true, true, true])
    later(127_000)
    await at.access.relabelRound()
    expect(await entry('relabel_grants', 'g1')).toBeUndefined()
    clock.now = new Date(START)
  })

  test('what was written under no consent by a slow writer is swept too', async () => {
    await admit('g2')
    const resource = condition('g2-late', 'g2') as { resourceType: string }
    const prepared = await at.access.prepare([{ type: 'Condition', id: 'g2-late', custodian: 'H1', resource }])
    await at.put('', [broad('g2')], self('g2'))
    await at.access.relabelled()
    const acc = prepared.stamps[0]?.acc
    if (!acc) throw new Error('no stamp')
    const body = () => Buffer.from(JSON.stringify(resource))
    const index = { keys: [], dates: {}, nums: {} }
    await at.store.commit({ writes: [{ type: 'Condition', id: 'g2-late', expect: 'absent', method: 'PUT', body, index, acc }] })
    expect(await stampsOf('Condition', 'g2-late')).toEqual(['g2#0'])
    later(127_000)
    await at.access.relabelRound()
    expect(await stampsOf('Condition', 'g2-late')).toEqual(['g2#1'])
    clock.now = new Date(START)
  })

  test.each<[string, string, (subject: string) => Record<string, unknown>[]]>([
    ['a refusal', 'n1', (id) => [noResearch(id)]],
    [
      'a permit with an exception',
      'n2',
      (id) => [broad(id, { provision: { purpose: ['HRESCH'], provision: [{ type: 'deny', class: ['Observation'] }] } })],
    ],
    ['emergencies only', 'n3', (id) => [consent(id, `${id}-e`, { policyRule: 'EMRGONLY', provision: {} })]],
    ['a refused request', 'n4', (id) => [broad(id, { status: 'rejected' })]],
    ['a permit and a refusal at the same time', 'n5', (id) => [broad(id), noResearch(id)]],
  ])('%s is hidden as every other change', async (_name, id, consents) => {
    await admit(id)
    await at.put('', consents(id), self(id))
    expect(await entry('overlay', id)).toMatchObject({ epoch: 1 })
    expect(await entry('relabel_grants', id)).toBeUndefined()
  })

  test('a second permit is no first one', async () => {
    await admit('n6')
    await at.put('', [broad('n6')], self('n6'))
    await at.put('', [consent('n6', 'n6-more', { policyRule: 'OPTIN', provision: { purpose: ['HQUALIMP'] } })], self('n6'))
    expect(await entry('overlay', 'n6')).toMatchObject({ epoch: 2 })
  })
})
