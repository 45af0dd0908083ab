/** A consent that takes something away is in force when its write is acknowledged, in every process (access.md 3.6). */
import { describe, expect, test } from '@jest/globals'
import { consentFromCase } from './consent-from-case.ts'
import { actor, condition, encounter, hospital, patient, researcher, SYSTEM, sees, site, study } from './fixture.ts'
import type { CaseConsent } from './case-notation.ts'

const clock = { now: new Date('2025-06-01T00:00:00Z') }
const at = site({ now: () => clock.now })

const consent = (patientId: string, id: string, extra: Partial<CaseConsent>): Record<string, unknown> =>
  consentFromCase(
    { id, series: id, patient: patientId, status: 'active', dateTime: '2025-01-01', performer: 'patient', verified: true, ...extra },
    id,
  )

const broad = (patientId: string, id: string, extra: Partial<CaseConsent> = {}) =>
  consent(patientId, id, { policyRule: 'OPTIN', provision: { purpose: ['HRESCH'], form: ['PSEUD', 'ANON'] }, ...extra })

const optOut = (patientId: string, id: string, extra: Partial<CaseConsent> = {}) =>
  consent(patientId, id, { policyRule: 'OPTOUT', provision: {}, ...extra })

const self = (id: string) => actor('patient', { patient: id })

describe('research', () => {
  test('before consent, after consent, after withdrawal: at once, in two processes', async () => {
    await at.put('', [study('S1')])
    await at.put('H1', [patient('w1'), condition('w1-c', 'w1')])
    const other = await at.another()
    const both = async () => [
      await sees(at.access, at.store, researcher(), 'Condition', 'w1-c'),
      await sees(other, at.store, researcher(), 'Condition', 'w1-c'),
    ]
    expect(await both()).toEqual([false, false])
    await at.put('', [broad('w1', 'w1-broad')], self('w1'))
    await at.access.relabelled()
    expect(await both()).toEqual([true, true])
    await at.put('', [broad('w1', 'w1-broad', { status: 'inactive', dateTime: '2025-05-01' })], self('w1'))
    expect(await both()).toEqual([false, false])
  })

  test('a deleted consent permits no more', async () => {
    await at.put('H1', [patient('w2'), condition('w2-c', 'w2')])
    await at.put('', [broad('w2', 'w2-broad')], self('w2'))
    await at.access.relabelled()
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'w2-c')).toBe(true)
    await at.remove('Consent', 'w2-broad', self('w2'))
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'w2-c')).toBe(false)
  })

  test('a consent that expires permits no more, with nothing rewritten', async () => {
    await at.put('H1', [patient('w3'), condition('w3-c', 'w3')])
    await at.put('', [broad('w3', 'w3-broad', { period: ['2025-01-01', '2025-06-30'] })], self('w3'))
    await at.access.relabelled()
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'w3-c')).toBe(true)
    clock.now = new Date('2025-07-01T00:00:00Z')
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'w3-c')).toBe(false)
    clock.now = new Date('2025-06-01T00:00:00Z')
  })

  test('a hospital cannot consent for itself, nor end a dissent for itself', async () => {
    await at.put('H1', [patient('w4'), condition('w4-c', 'w4')])
    await at.put('U1', [{ ...broad('w4', 'w4-own'), verification: [{ verified: true }] }], hospital('U1'))
    await at.access.relabelled()
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'w4-c')).toBe(false)
    expect(await sees(at.access, at.store, researcher({ organization: 'U2' }), 'Condition', 'w4-c')).toBe(true)
    await at.put('H2', [patient('w5'), condition('w5-c', 'w5'), encounter('w5-e', 'w5')])
    await at.put('H1', [condition('w5-h1', 'w5')])
    await at.put('', [optOut('w5', 'w5-no')], self('w5'))
    expect(await sees(at.access, at.store, hospital('H2'), 'Condition', 'w5-h1')).toBe(false)
    const ended = {
      ...optOut('w5', 'w5-end', { status: 'inactive', dateTime: '2025-05-01' }),
      identifier: optOut('w5', 'w5-no').identifier,
    }
    await at.put('H2', [ended], hospital('H2'))
    expect(await sees(at.access, at.store, hospital('H2'), 'Condition', 'w5-h1')).toBe(false)
  })

  test('the study decides at the moment of the request', async () => {
    await at.put('H1', [patient('w6'), condition('w6-c', 'w6')])
    await at.put('', [broad('w6', 'w6-broad'), study('S6')], self('w6'))
    await at.access.relabelled()
    expect(await sees(at.access, at.store, researcher({ study: 'S6' }), 'Condition', 'w6-c')).toBe(true)
    await at.put('', [study('S6', 'approved', { status: 'withdrawn' })])
    clock.now = new Date('2025-06-01T00:00:10Z')
    expect(await sees(at.access, at.store, researcher({ study: 'S6' }), 'Condition', 'w6-c')).toBe(false)
  })
})

describe('overlay', () => {
  test('a document that was written under the old consent by a slow writer stays hidden, and the sweep relabels it', async () => {
    await at.put('H1', [patient('o1'), condition('o1-c', 'o1')])
    await at.put('', [broad('o1', 'o1-broad')], self('o1'))
    const resource = condition('o1-late', 'o1') as { resourceType: string }
    const prepared = await at.access.prepare([{ type: 'Condition', id: 'o1-late', custodian: 'H1', resource }])
    await at.put('', [broad('o1', 'o1-broad', { status: 'inactive', dateTime: '2025-05-01' })], self('o1'))
    const acc = prepared.stamps[0]?.acc
    if (!acc) throw new Error('no stamp')
    const body = () => Buffer.from(JSON.stringify(resource))
    const index = { keys: [], dates: {}, nums: {} }
    const result = await at.store.commit({
      writes: [{ type: 'Condition', id: 'o1-late', expect: 'absent', method: 'PUT', body, index, acc }],
    })
    expect(result.ok).toBe(true)
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'o1-late')).toBe(false)
    await at.access.relabelled()
    clock.now = new Date('2025-06-01T00:05:00Z')
    await at.access.relabelRound()
    expect(await at.store.table(SYSTEM, 'overlay').get('o1')).toBeUndefined()
    expect((await at.store.read(SYSTEM, 'Condition', 'o1-late'))?.acc.e).toEqual(['o1#2'])
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'o1-late')).toBe(false)
  })

  describe.each([
    ['before the answer', false],
    ['behind it', true],
  ])('the writer itself mends what moved meanwhile, %s', (_when, isAlone) => {
    /** What stands when `meanwhile` comes between the labels and the commit. */
    async function straggler(of: string, meanwhile: () => Promise<unknown>) {
      const [id, name] = [`${of}-c`, `${of}-${isAlone}`]
      await at.put('H1', [patient(name)])
      const input = {
        type: 'Condition',
        id: `${id}-${isAlone}`,
        custodian: 'H1',
        resource: condition(`${id}-${isAlone}`, name) as { resourceType: string },
      }
      const prepared = await at.access.prepare([input])
      await meanwhile()
      const acc = prepared.stamps[0]?.acc
      if (!acc) throw new Error('no stamp')
      const body = () => Buffer.from(JSON.stringify(input.resource))
      const index = { keys: [], dates: {}, nums: {} }
      await at.store.commit({ writes: [{ type: 'Condition', id: input.id, expect: 'absent', method: 'PUT', body, index, acc }] })
      const seenAtOnce = await sees(at.access, at.store, researcher(), 'Condition', input.id)
      await at.access.settle(prepared.pending, [{ type: 'Condition', id: input.id, v: 1 }], isAlone)
      if (isAlone) await at.access.relabelled()
      return { seenAtOnce, acc: (await at.store.read(SYSTEM, 'Condition', input.id))?.acc }
    }

    test('a consent', async () => {
      const name = `o2-${isAlone}`
      const { acc } = await straggler('o2', () => at.put('', [optOut(name, `${name}-no`)], self(name)))
      expect(acc?.e).toEqual([`${name}#1`])
    })

    test('a withdrawal, seen by nobody in between', async () => {
      const name = `o4-${isAlone}`
      await at.put('', [study('S1')])
      await at.put('H1', [patient(name)])
      await at.put('', [broad(name, `${name}-broad`)], self(name))
      await at.access.relabelled()
      const withdrawn = [broad(name, `${name}-broad`, { status: 'inactive', dateTime: '2025-05-01' })]
      const { seenAtOnce, acc } = await straggler('o4', async () => {
        await at.put('', withdrawn, self(name))
        await at.access.relabelled()
      })
      expect([seenAtOnce, acc?.e]).toEqual([false, [`${name}#2`]])
    })

    test('a link', async () => {
      const name = `o5-${isAlone}`
      const { acc } = await straggler('o5', () => at.access.relink(name, name, `${name}-master`))
      expect(acc?.p).toEqual([`${name}-master`])
    })
  })

  test('old versions and deleted resources follow the consent', async () => {
    await at.put('H1', [patient('o3'), condition('o3-c', 'o3')])
    await at.put('H1', [condition('o3-c', 'o3', 'I11')])
    await at.put('', [broad('o3', 'o3-broad')], self('o3'))
    await at.access.relabelled()
    const version = () => at.access.withDecision(researcher(), {}, (decision) => at.store.readVersion(decision, 'Condition', 'o3-c', 1))
    expect(await version()).toBeDefined()
    await at.put('', [broad('o3', 'o3-broad', { status: 'inactive', dateTime: '2025-05-01' })], self('o3'))
    expect(await version()).toBeUndefined()
    await at.remove('Condition', 'o3-c')
    expect(await sees(at.access, at.store, researcher(), 'Condition', 'o3-c')).toBe(false)
  })

  test('a consent given under a linked record holds for the master, and hides what still stands under the record', async () => {
    await at.put('H1', [patient('o4'), condition('o4-c', 'o4'), encounter('o4-e', 'o4')])
    await at.put('H2', [patient('o4b'), encounter('o4b-e', 'o4b')])
    await at.put('', [optOut('o4b', 'o4b-no')], self('o4b'))
    expect(await sees(at.access, at.store, hospital('H2'), 'Condition', 'o4-c')).toBe(false)
    await at.access.relink('o4', 'o4', 'm4')
    expect(await sees(at.access, at.store, hospital('H1'), 'Condition', 'o4-c')).toBe(true)
    await at.access.relink('o4b', 'o4b', 'm4')
    expect(await sees(at.access, at.store, hospital('H2'), 'Condition', 'o4-c')).toBe(false)
    expect(await sees(at.access, at.store, hospital('H1'), 'Condition', 'o4-c')).toBe(true)
  })

  test('two consents at the same time are both kept', async () => {
    await at.put('H1', [patient('o5'), condition('o5-c', 'o5')])
    await Promise.all(
      [1, 2, 3, 4, 5].map((n) => at.put('', [optOut('o5', `o5-no${n}`, { provision: { purpose: ['HRESCH'] } })], self('o5'))),
    )
    const state = await at.store.table<{ _id: string; consents: string; epoch: number }>(SYSTEM, 'access_state').get('o5')
    expect(JSON.parse(state?.consents ?? '[]')).toHaveLength(5)
    expect(state?.epoch).toBe(5)
  })
})
