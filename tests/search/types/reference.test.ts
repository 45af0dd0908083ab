import { describe, expect, test } from '@jest/globals'
import { finds, parse, refusal, search } from '../ask.ts'

const OWN = 'https://yilian.example/fhir'
const observation = (subject: object) => ({ resourceType: 'Observation', subject })

describe('reference', () => {
  // Rows: what is stored; columns: what is asked.
  test.each([
    [
      'Patient/1',
      {
        subject: 1,
        'Patient/1': 1,
        [`${OWN}/Patient/1`]: 1,
        'Group/1': 0,
        'Patient/1/_history/2': 0,
        'http://x.example/fhir/Patient/1': 0,
      },
    ],
    [`${OWN}/Patient/1`, { subject: 1, 'Patient/1': 1, [`${OWN}/Patient/1`]: 1 }],
    ['Patient/1/_history/2', { subject: 1, 'Patient/1': 1, 'Patient/1/_history/2': 1, 'Patient/1/_history/3': 0 }],
    ['http://x.example/fhir/Patient/1', { subject: 0, 'Patient/1': 0, 'http://x.example/fhir/Patient/1': 1 }],
    [
      'http://x.example/fhir/Patient/1/_history/2',
      {
        'http://x.example/fhir/Patient/1': 1,
        'http://x.example/fhir/Patient/1/_history/2': 1,
        'http://x.example/fhir/Patient/1/_history/3': 0,
        'Patient/1': 0,
        subject: 0,
      },
    ],
    ['urn:uuid:9d9c22a3-3c0a-4f0e-8000-000000000001', { 'urn:uuid:9d9c22a3-3c0a-4f0e-8000-000000000001': 1, subject: 0 }],
  ])('%s', (stored, asked) => {
    for (const [value, expected] of Object.entries(asked)) {
      const query = `subject=${value === 'subject' ? '1' : value}`
      expect([query, finds(observation({ reference: stored }), query)]).toEqual([query, expected === 1])
    }
  })

  test('a type modifier', () => {
    const patient = observation({ reference: 'Patient/1' })
    const group = observation({ reference: 'Group/1' })
    expect(finds(patient, 'subject:Patient=1')).toBe(true)
    expect(finds(group, 'subject:Patient=1')).toBe(false)
    expect(finds(patient, 'subject:Patient=Patient/1')).toBe(true)
    expect(finds(patient, 'subject:Group=Patient/1')).toBe(false)
    expect(refusal('Observation', 'subject:Medication=1')).toBe('modifier-unsupported')
  })

  test('patient is what of subject points to a Patient', () => {
    expect(finds(observation({ reference: 'Patient/1' }), 'patient=1')).toBe(true)
    expect(finds(observation({ reference: 'Group/1' }), 'patient=1')).toBe(false)
    expect(finds(observation({ reference: 'Patient/1' }), 'patient=Patient/1')).toBe(true)
    expect(finds(observation({ reference: 'Group/1' }), 'patient=Group/1')).toBe(false)
    expect(finds(observation({ reference: 'Patient/1' }), 'patient:missing=false')).toBe(true)
    expect(finds(observation({ reference: 'Group/1' }), 'patient:missing=true')).toBe(true)
    expect(finds(observation({ reference: 'Group/1' }), 'subject:missing=true')).toBe(false)
  })

  test.each([
    ['elsewhere', { subject: { reference: 'http://x.example/fhir/Patient/1' } }],
    ['in the resource', { subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] }],
    ['by identifier', { subject: { type: 'Patient', identifier: { value: '1' } } }],
    ['in words', { subject: { type: 'Patient', display: '张三' } }],
  ])('a Patient %s is a value of patient', (_where, elements) => {
    const observed = { resourceType: 'Observation', ...elements }
    for (const code of ['patient', 'subject']) {
      expect(finds(observed, `${code}:missing=false`)).toBe(true)
      expect(finds(observed, `${code}:missing=true`)).toBe(false)
    }
    for (const query of ['patient=1', 'patient=p', 'subject:Patient=1', 'patient=Patient/p']) expect(finds(observed, query)).toBe(false)
  })

  test('a Group elsewhere is no value of patient', () => {
    expect(finds(observation({ reference: 'http://x.example/fhir/Group/1' }), 'patient:missing=true')).toBe(true)
  })

  test('the first entry of a document is a value, also without an id', () => {
    const bundle = { resourceType: 'Bundle', type: 'document', entry: [{ resource: { resourceType: 'Composition' } }] }
    expect(finds(bundle, 'composition:missing=false')).toBe(true)
    expect(finds(bundle, 'composition:missing=true')).toBe(false)
  })

  test('by identifier: system and value of one reference', () => {
    const allergy = {
      resourceType: 'AllergyIntolerance',
      patient: { identifier: { system: 'urn:oid:2.16.156.10011.1.3', value: '11010119491001001X' } },
    }
    expect(finds(allergy, 'patient:identifier=urn:oid:2.16.156.10011.1.3|11010119491001001X')).toBe(true)
    expect(finds(allergy, 'patient:identifier=11010119491001001X')).toBe(true)
    expect(finds(allergy, 'patient:identifier=11010119491001001x')).toBe(false)
    expect(finds(allergy, 'patient:identifier=|11010119491001001X')).toBe(false)
    expect(finds(allergy, 'patient:identifier=urn:oid:2.16.156.10011.1.3|')).toBe(true)
    expect(finds(allergy, 'patient=11010119491001001X')).toBe(false)
    expect(finds(allergy, 'patient:missing=false')).toBe(true)
  })

  test('references by display or to a contained resource are values, but found by no address', () => {
    expect(finds(observation({ display: '张三' }), 'subject:missing=false')).toBe(true)
    expect(finds(observation({ reference: '#p' }), 'subject:missing=false')).toBe(true)
    expect(finds(observation({ reference: '#p' }), 'subject=p')).toBe(false)
    expect(refusal('Observation', 'subject=#p')).toBe('parameter-invalid')
  })

  test('canonicals with and without version', () => {
    const response = { resourceType: 'QuestionnaireResponse', questionnaire: 'http://q.example/Questionnaire/1|2.0' }
    expect(finds(response, 'questionnaire=http://q.example/Questionnaire/1|2.0')).toBe(true)
    expect(finds(response, 'questionnaire=http://q.example/Questionnaire/1')).toBe(true)
    expect(finds(response, 'questionnaire=http://q.example/Questionnaire/1|3.0')).toBe(false)
  })

  test('several values and repeats', () => {
    const o = { resourceType: 'Observation', performer: [{ reference: 'Practitioner/a' }, { reference: 'Organization/b' }] }
    expect(finds(o, 'performer=z,a')).toBe(true)
    expect(finds(o, 'performer=a&performer=b')).toBe(true)
    expect(finds(o, 'performer=a&performer=z')).toBe(false)
  })

  test.each(['subject=', 'subject=a b', 'subject=Patient/', 'subject=/1', 'subject=Patient/1/2'])('%s is invalid', (query) => {
    expect(refusal('Observation', query)).toBe('parameter-invalid')
  })

  test('targets and the keys under which others refer', () => {
    const o = {
      resourceType: 'Observation',
      subject: { reference: `${OWN}/Patient/1` },
      performer: [{ reference: '#x' }, { reference: 'Practitioner/2/_history/1' }],
    }
    expect(search.targets(o, 'subject')).toEqual(['Patient/1'])
    expect(search.targets(o, 'patient')).toEqual(['Patient/1'])
    expect(search.targets(o, 'performer')).toEqual(['Practitioner/2'])
    expect(search.targets(o, 'nothing')).toEqual([])
    expect(search.referenceKeys('patient', 'Patient/1', 'Observation')).toEqual(['subject>Patient/1'])
    expect(search.referenceKeys('patient', 'Patient/1', 'AllergyIntolerance')).toEqual(['patient>Patient/1'])
    expect(search.referenceKeys('patient', 'Patient/1')).toEqual(expect.arrayContaining(['patient>Patient/1', 'subject>Patient/1']))
  })

  test.each([
    ['patient=1', ['1']],
    ['patient=Patient/1,2', ['1', '2']],
    ['subject=Patient/1', ['1']],
    ['subject=1', []],
    ['subject:Patient=1', ['1']],
    ['subject=Patient/1,Group/2', []],
    ['performer=Patient/1', []],
    ['patient=1,2&patient=2,3', ['2']],
    ['patient:identifier=1', []],
    ['patient:missing=false', []],
  ])('%s is bound to the patients %j', (query, expected) => {
    expect(parse('Observation', query).patients).toEqual(expected)
  })

  test('_id on Patient binds too', () => {
    expect(parse('Patient', '_id=a,b').patients).toEqual(['a', 'b'])
    expect(parse('Patient', '_id:not=a').patients).toEqual([])
    expect(parse('Observation', '_id=a').patients).toEqual([])
  })
})
