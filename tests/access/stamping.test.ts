/** Labels of stored resources: persons, sensitivity, inheritance, classes. */
import { describe, expect, test } from '@jest/globals'
import type { Acc } from '../../server/access/decision.ts'
import { condition, encounter, patient, SYSTEM, site } from './fixture.ts'

const at = site()

async function accOf(type: string, id: string): Promise<Acc> {
  const doc = await at.store.read(SYSTEM, type, id)
  if (!doc) throw new Error('not stored')
  return doc.acc
}

async function classOf(type: string, id: string): Promise<Record<string, unknown>> {
  const { s } = await accOf(type, id)
  const doc = await at.store.table<{ _id: number; def: string }>(SYSTEM, 'policy_classes').get(s)
  return JSON.parse(doc?.def ?? '{}') as Record<string, unknown>
}

describe('persons', () => {
  test('a resource belongs to all patients that it refers to', async () => {
    await at.put('H1', [patient('p1'), patient('p2')])
    await at.put('H1', [
      { resourceType: 'List', id: 'l1', subject: { reference: 'Patient/p1' }, entry: [{ item: { reference: 'Patient/p2' } }] },
    ])
    expect(await accOf('List', 'l1')).toMatchObject({ p: ['p1', 'p2'], e: ['p1#0', 'p2#0'], o: 'H1' })
  })

  test.each([
    ['a foreign patient', { subject: { reference: 'https://elsewhere.example/fhir/Patient/9' } }],
    ['a patient by identifier', { subject: { identifier: { value: '110' }, type: 'Patient' } }],
    ['a patient by name only', { subject: { display: '张三' } }],
    ['a contained patient', { subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] }],
    ['nobody, where somebody must be', {}],
    [
      'another one in focus, by number',
      { subject: { reference: 'Patient/p1' }, focus: [{ identifier: { value: '110' }, display: '丙某' }] },
    ],
    ['a patient by name and type, anywhere', { subject: { reference: 'Patient/p1' }, performer: [{ type: 'Patient', display: '丙某' }] }],
  ])('%s is a person whom the server cannot name', async (_name, extra) => {
    await at.put('H1', [{ resourceType: 'Observation', id: 'o-unknown', status: 'final', ...extra }])
    expect((await accOf('Observation', 'o-unknown')).p).toContain('~unknown')
  })

  test('a reference under the own base is local', async () => {
    await at.put('H1', [{ resourceType: 'Observation', id: 'o-own', subject: { reference: 'http://127.0.0.1/fhir/Patient/p1' } }])
    expect((await accOf('Observation', 'o-own')).p).toEqual(['p1'])
  })

  test('an organisation is about nobody', async () => {
    await at.put('H1', [{ resourceType: 'Organization', id: 'H9', name: '某院' }])
    expect((await accOf('Organization', 'H9')).p).toEqual([])
  })

  test('what names no patient takes the persons of what it refers to, stored or in the same batch', async () => {
    await at.put('H1', [
      { resourceType: 'DocumentReference', id: 'd1', subject: { reference: 'Patient/p2' } },
      { resourceType: 'Binary', id: 'b1', contentType: 'text/plain', securityContext: { reference: 'DocumentReference/d1' } },
    ])
    await at.put('H1', [
      { resourceType: 'Provenance', id: 'v1', target: [{ reference: 'DocumentReference/d1' }, { reference: 'Patient/p1' }] },
    ])
    await at.put('H1', [{ resourceType: 'Provenance', id: 'v2', target: [{ reference: 'DocumentReference/d1' }] }])
    expect((await accOf('Binary', 'b1')).p).toEqual(['p2'])
    expect((await accOf('Provenance', 'v1')).p).toEqual(['p1'])
    expect((await accOf('Provenance', 'v2')).p).toEqual(['p2'])
  })

  test.each(['List', 'Composition'])('a %s belongs to the persons of its parts too', async (type) => {
    await at.put('H1', [patient('p1'), patient('p2'), condition('of-p2', 'p2'), condition('of-p1', 'p1')])
    const parts = (id: string) =>
      type === 'List'
        ? { entry: [{ item: { reference: `Condition/${id}`, display: '丙 阳性' } }] }
        : { section: [{ section: [{ entry: [{ reference: `Condition/${id}` }] }] }] }
    const whole = (id: string, part: string) => ({ resourceType: type, id, subject: { reference: 'Patient/p1' }, ...parts(part) })
    await at.put('H1', [whole('both', 'of-p2'), whole('one', 'of-p1')])
    expect((await accOf(type, 'both')).p).toEqual(['p1', 'p2'])
    expect((await accOf(type, 'one')).p).toEqual(['p1'])
  })

  test('by referring to another organisation’s resource nothing becomes the record of somebody who is unknown here', async () => {
    await at.put('H1', [patient('p9'), condition('of-p9', 'p9', 'B24', { meta: { security: [{ code: 'HIV' }] } })])
    const target = { derivedFrom: [{ reference: 'Condition/of-p9' }] }
    await at.put('H2', [patient('own9'), { resourceType: 'Observation', id: 'planted', status: 'final', ...target }])
    await at.put('H2', [{ resourceType: 'Observation', id: 'beside', status: 'final', subject: { reference: 'Patient/own9' }, ...target }])
    expect((await accOf('Observation', 'planted')).p).toEqual(['~unknown'])
    expect((await accOf('Observation', 'beside')).p).toEqual(['own9'])
    expect((await classOf('Observation', 'beside')).labels).toEqual([])
    // One of its persons is known: the label is taken, the stranger is not.
    const shared = { extension: [{ url: 'urn:x', valueReference: { reference: 'Patient/own9' } }], meta: { security: [{ code: 'HIV' }] } }
    await at.put('H1', [condition('of-two', 'p9', 'B24', shared)])
    const list = {
      resourceType: 'List',
      id: 'part',
      subject: { reference: 'Patient/own9' },
      entry: [{ item: { reference: 'Condition/of-two' } }],
    }
    await at.put('H2', [list])
    expect((await accOf('List', 'part')).p).toEqual(['own9'])
    expect((await classOf('List', 'part')).labels).toContain('HIV')
    await at.put('H2', [encounter('visit9', 'p9')])
    await at.put('H2', [{ resourceType: 'Observation', id: 'told', status: 'final', ...target }])
    expect(await accOf('Observation', 'told')).toMatchObject({ p: ['p9'], o: 'H2' })
  })

  test('a linked record is its master, also in the search keys', async () => {
    await at.put('H1', [patient('record1')])
    await at.put('H1', [condition('c-linked', 'record1')])
    await at.access.relink('record1', 'record1', 'master1')
    await at.put('H1', [condition('c-later', 'record1')])
    for (const id of ['c-linked', 'c-later']) {
      expect((await accOf('Condition', id)).p).toEqual(['master1'])
      const plan = { kind: 'keys' as const, keys: at.search.referenceKeys('subject', 'Patient/master1') }
      const page = await at.store.search(SYSTEM, { type: 'Condition', plan, sort: [], count: 10, total: 'none' })
      expect(page.rows.map((row) => row.id)).toContain(id)
    }
    await at.access.relink('record1', 'master1', 'record1')
    expect((await accOf('Condition', 'c-linked')).p).toEqual(['record1'])
  })
})

describe('labels', () => {
  test.each([
    ['B20.0', ['HIV']],
    ['Z21', ['HIV']],
    ['A52.1', ['STD']],
    ['F32.1', ['PSY']],
    ['F10.2', ['SUD']],
    ['O04.9', ['SEX']],
    ['Q90', ['GDIS']],
    ['I10', []],
  ])('ICD-10 %s', async (code, labels) => {
    await at.put('H1', [condition('c-label', 'p1', code)])
    expect((await classOf('Condition', 'c-label')).labels).toEqual(labels)
  })

  test('words of a code that nobody mapped', async () => {
    await at.put('H1', [
      condition('c-words', 'p1', 'X-17', { code: { coding: [{ system: 'urn:h1:local', code: '4711' }], text: 'HIV抗体（初筛）' } }),
    ])
    expect((await classOf('Condition', 'c-words')).labels).toEqual(['HIV'])
  })

  test('a sender may add, never remove', async () => {
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'MH' }]
    await at.put('H1', [condition('c-sent', 'p1', 'B20', { meta: { security } })])
    expect((await classOf('Condition', 'c-sent')).labels).toEqual(['HIV', 'MH', 'PSY'])
  })

  test('flow along references, whichever came first', async () => {
    const report = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      subject: { reference: 'Patient/p1' },
      result: [{ reference: 'Observation/hiv1' }],
    }
    const observation = {
      resourceType: 'Observation',
      id: 'hiv1',
      subject: { reference: 'Patient/p1' },
      code: { coding: [{ system: 'http://loinc.org', code: '56888-1' }] },
    }
    await at.put('H1', [report])
    expect((await classOf('DiagnosticReport', 'r1')).labels).toEqual([])
    await at.put('H1', [observation])
    expect((await classOf('DiagnosticReport', 'r1')).labels).toEqual(['HIV'])
    await at.put('H1', [{ ...report, id: 'r2' }])
    expect((await classOf('DiagnosticReport', 'r2')).labels).toEqual(['HIV'])
  })

  test('a test of HIV antibodies is one of HIV, whatever it is called', async () => {
    const code = { coding: [{ system: 'http://loinc.org', code: '7918-6' }] }
    await at.put('H1', [{ resourceType: 'Observation', id: 'antibodies', subject: { reference: 'Patient/p1' }, code }])
    expect((await classOf('Observation', 'antibodies')).labels).toEqual(['HIV'])
  })

  test('an insured visit makes what belongs to it insured', async () => {
    const identifier = [{ system: 'https://fhir-cn.example/sid/nhsa/mdtrt-id', value: '110105G001' }]
    await at.put('H1', [
      encounter('e-ins', 'p1', { identifier }),
      condition('c-ins', 'p1', 'I10', { encounter: { reference: 'Encounter/e-ins' } }),
    ])
    expect(await classOf('Condition', 'c-ins')).toMatchObject({ insured: true, fromInsurance: false })
    expect(await classOf('Condition', 'c-label')).toMatchObject({ insured: false })
  })

  test('a visit of which the insurance system tells without a number of its own is not insured, nor what the hospital has of it', async () => {
    const meta = { source: 'https://fhir-cn.example/source/miis/miis' }
    await at.put('MIA', [
      condition('c-told', 'p1', 'K35', { meta, encounter: { reference: 'Encounter/e-told' } }),
      encounter('e-told', 'p1', { meta, diagnosis: [{ condition: { reference: 'Condition/c-told' } }] }),
    ])
    await at.put('H1', [condition('c-own', 'p1', 'K36', { encounter: { reference: 'Encounter/e-told' } })])
    expect(await classOf('Encounter', 'e-told')).toMatchObject({ insured: false, fromInsurance: true })
    expect(await classOf('Condition', 'c-told')).toMatchObject({ insured: false, fromInsurance: true })
    expect(await classOf('Condition', 'c-own')).toMatchObject({ insured: false, fromInsurance: false })
  })

  test('a disease that must be reported', async () => {
    await at.put('H1', [condition('c-not', 'p1', 'A15.0')])
    expect((await classOf('Condition', 'c-not')).notifiable).toBe(true)
  })
})

describe('classes', () => {
  test('patients without consents share one, and it has one number in every process', async () => {
    await at.put('H1', [condition('k1', 'p1', 'I10'), condition('k2', 'p2', 'J18')])
    const [one, two] = [await accOf('Condition', 'k1'), await accOf('Condition', 'k2')]
    expect(one.s).toBe(two.s)
    const others = await Promise.all([at.another(), at.another(), at.another()])
    const inputs = ['F20', 'B20', 'O04', 'I10'].map((code) => {
      const resource = condition('same', 'p1', code, { meta: { security: [{ code: 'SDV' }] } }) as never
      return { type: 'Condition', id: 'same', custodian: 'H1', resource }
    })
    const stamped = await Promise.all(others.map((access) => access.stamp(inputs)))
    const numbers = stamped.map((list) => list.map(({ acc }) => acc.s))
    expect(numbers[1]).toEqual(numbers[0])
    expect(numbers[2]).toEqual(numbers[0])
    expect(new Set(numbers[0]).size).toBe(4)
  })
})
