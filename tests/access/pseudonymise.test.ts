/** The pseudonymised form: what stays, what goes, what cannot be joined. */
import { describe, expect, test } from '@jest/globals'
import { createPseudonymiser, openParams } from '../../server/access/pseudonymise.ts'
import type { Acc } from '../../server/access/decision.ts'
import { actor, researcher } from './fixture.ts'

const masker = createPseudonymiser(new Uint8Array(32).fill(3), () => new Date('2025-06-01T00:00:00Z'))
const acc: Acc = { p: ['p1'], s: 1, e: [], o: 'H1' }
const mask = (resource: object | string, who = researcher(), labels = acc) =>
  masker.mask(who, typeof resource === 'string' ? resource : JSON.stringify(resource), labels)
// biome-ignore lint/suspicious/noExplicitAny: the form is looked into by path
const masked = (resource: object, who = researcher(), labels = acc): any => JSON.parse(mask(resource, who, labels))

const person = {
  resourceType: 'Patient',
  id: 'p1',
  meta: { versionId: '3', lastUpdated: '2025-05-01T00:00:00Z', source: 'https://h1.example', security: [{ code: 'HIV' }] },
  text: { status: 'generated', div: '<div>王建国</div>' },
  extension: [{ url: 'https://x.example/ethnicity', valueString: '汉族' }],
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110100195803120019' }],
  name: [{ text: '王建国' }],
  telecom: [{ value: '13800000000' }],
  gender: 'male',
  birthDate: '1958-03-12',
  _birthDate: { extension: [] },
  address: [{ text: '示例市某路1号', line: ['某路1号'], state: '北京市', city: '示例市', district: '某区', postalCode: '100000' }],
  contact: [{ name: { text: '李秀兰' } }],
  link: [{ other: { reference: 'Patient/m1' } }],
  photo: [{ data: 'AA==' }],
}

describe('Patient', () => {
  test('keeps sex, month of birth and prefecture', () => {
    const found = masked(person)
    expect(found).toEqual({
      resourceType: 'Patient',
      id: expect.stringMatching(/^[a-z2-7]{26}$/),
      meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'PSEUDED' }] },
      gender: 'male',
      birthDate: '1958-03',
      address: [{ state: '北京市', city: '示例市' }],
    })
  })

  test('the very old have no date of birth', () => expect(masked({ ...person, birthDate: '1935-01-01' }).birthDate).toBeUndefined())
})

describe('Observation', () => {
  const observation = {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: '血红蛋白' }], text: '血红蛋白 王建国' },
    subject: { reference: 'Patient/p1', display: '王建国' },
    performer: [{ display: '吴医生' }],
    effectiveDateTime: '2024-05-15T08:31:07+08:00',
    note: [{ text: '患者自述' }],
    component: [{ code: { coding: [{ code: 'x' }] }, valueString: '手机 13800000000' }],
  }

  test('texts go, the reference meets the patient under the same pseudonym', () => {
    const found = masked(observation)
    expect(found.code).toEqual({ coding: [{ system: 'http://loinc.org', code: '718-7' }] })
    expect(found.subject).toEqual({ reference: `Patient/${masked(person).id}` })
    expect(found.performer).toBeUndefined()
    expect(found.note).toBeUndefined()
    expect(found.component).toEqual([{ code: { coding: [{ code: 'x' }] } }])
    expect(mask(observation)).not.toMatch(/王建国|吴医生|13800000000|患者/)
  })

  test('dates move by whole weeks, the same for one patient, and times are cut to the hour', () => {
    const shift = (text: string, labels = acc) => {
      const found = masked({ ...observation, effectiveDateTime: text }, researcher(), labels).effectiveDateTime as string
      return { days: (Date.parse(found.slice(0, 10)) - Date.parse(text.slice(0, 10))) / 86_400_000, rest: found.slice(10) }
    }
    const first = shift('2024-05-15T08:31:07+08:00')
    expect(Math.abs(first.days % 7)).toBe(0)
    expect(first.days).not.toBe(0)
    expect(Math.abs(first.days)).toBeLessThanOrEqual(182)
    expect(first.rest).toBe('T08:00:00+08:00')
    expect(shift('2019-01-01').days).toBe(first.days)
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((p) => shift('2019-01-01', { ...acc, p: [p] }).days)
    expect(new Set(others).size).toBeGreaterThan(1)
  })

  test('numbers keep their digits', () => {
    const text =
      '{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.00,"unit":"g/L"},"component":[{"valueQuantity":{"value":12345678901234567890}}]}'
    expect(mask(text)).toContain('"valueQuantity":{"value":1.00,"unit":"g/L"}')
    expect(mask(text)).toContain('"value":12345678901234567890')
  })
})

test('two studies get pseudonyms that cannot be joined, one study always the same', () => {
  const id = (study: string) => masked(person, researcher({ study })).id
  expect(id('S1')).toBe(id('S1'))
  expect(id('S1')).not.toBe(id('S2'))
  expect(masker.maskId(researcher(), 'Patient', 'p1')).toBe(id('S1'))
})

const MASKED = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }] }

test('a type without a rule leaves nothing but that what R4 demands is masked', () => {
  const found = masked({ resourceType: 'Communication', id: 'c', payload: [{ contentString: '王建国' }] })
  expect(Object.keys(found)).toEqual(['resourceType', 'id', 'meta', '_status'])
  expect(found._status).toEqual(MASKED)
})

test('what R4 demands and nothing is left of says that it is masked, the same whether something stood there or not', () => {
  const base = { resourceType: 'Observation', id: 'o', status: 'final' }
  const local = { coding: [{ system: 'https://fhir-cn.example/sid/H1/lab-item-code', code: 'WBC', display: '白细胞' }], text: '白细胞' }
  const found = masked({ ...base, code: local })
  expect(found.code).toEqual(MASKED)
  expect(found).toEqual(masked(base))
})

test('it says so of a choice, of a number inside, and of an object in which something else is demanded', () => {
  expect(masked({ resourceType: 'MedicationRequest', id: 'm' })).toMatchObject({
    _status: MASKED,
    _intent: MASKED,
    medicationCodeableConcept: MASKED,
    subject: MASKED,
  })
  expect(masked({ resourceType: 'ImagingStudy', id: 'i', series: [{ uid: '1.2.3', modality: { code: 'CT' } }] }).series).toEqual([
    { modality: { code: 'CT' }, _uid: MASKED },
  ])
  // A document has content, content an attachment.
  expect(masked({ resourceType: 'DocumentReference', id: 'd', content: [{ attachment: { title: '王建国' } }] }).content).toEqual([
    { attachment: MASKED },
  ])
})

test('definitions pass, the identifiable form passes, the anonymous one is refused', () => {
  const valueSet = '{"resourceType":"ValueSet","id":"v","name":"表"}'
  expect(mask(valueSet, researcher(), { ...acc, p: [] })).toBe(valueSet)
  expect(mask(person, actor('patient', { patient: 'p1' }))).toBe(JSON.stringify(person))
  expect(() => mask(person, researcher({ form: 'ANON' }))).toThrow('forbidden')
})

test('nor can an element that this type does not show, a text, or a group', () => {
  const allowed = (type: string, code: string, modifier?: string) => openParams(researcher(), type)?.(code, modifier)
  expect([allowed('Observation', 'code'), allowed('Observation', 'code', 'not'), allowed('MedicationRequest', 'code')]).toEqual([
    true,
    true,
    true,
  ])
  expect([allowed('Observation', 'code', 'text'), allowed('Condition', 'category', 'text')]).toEqual([false, false])
  for (const [type, code] of [
    ['Practitioner', 'gender'],
    ['RelatedPerson', 'gender'],
    ['Group', 'code'],
    ['Group', 'type'],
    ['List', 'code'],
    ['Task', 'status'],
    ['Observation', 'constructor'],
  ] as const)
    expect([type, code, allowed(type, code)]).toEqual([type, code, false])
  expect([allowed('Group', '_count'), allowed('Task', '_sort')]).toEqual([true, true])
})

test('codes of an organisation go, those of a public classification stay, wherever it is kept', () => {
  const coded = (system: string) => masked({ resourceType: 'Condition', id: 'c', code: { coding: [{ system, code: 'X' }] } }).code
  expect(coded('https://fhir-cn.example/sid/H1/diagnosis')).toBeUndefined()
  expect(coded('http://hl7.org/fhir/sid/us-ssn')).toBeUndefined()
  for (const system of ['http://hl7.org/fhir/sid/icd-10', 'http://hl7.org/fhir/sid/cvx', 'urn:oid:2.16.156.10011.2.3.3.11'])
    expect(coded(system)).toEqual({ coding: [{ system, code: 'X' }] })
})

test('what is masked cannot be searched', () => {
  const allowed = openParams(researcher(), 'Patient')
  expect(
    ['gender', 'name', 'identifier', 'birthdate', '_id', 'telecom', '_has', 'address', '_lastUpdated'].map((code) => allowed?.(code)),
  ).toEqual([true, ...Array.from({ length: 8 }, () => false)])
  expect(openParams(researcher({ form: 'IDENT' }), 'Patient')).toBeUndefined()
})
