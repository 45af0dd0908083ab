/** `_filter` (R4 search_filter.html): each operator by the table of 3.1.3.2, parts of composites and chains. */
import { describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { finds, parse, search } from '../ask.ts'
import { matches, type World } from '../naive.ts'

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const concept = (code: string, system = LOINC) => ({ coding: [{ system, code }] })
const patient = {
  resourceType: 'Patient',
  id: 'p',
  active: true,
  gender: 'male',
  birthDate: '1958-03',
  name: [{ family: '王', given: ['Peter', '建国'] }],
  address: [{ city: 'Änderung', text: '北京市海淀区中关村1号' }],
  identifier: [{ system: 'urn:oid:1.2', value: 'A|1' }],
  managingOrganization: { reference: 'Organization/o1' },
} as FhirResource
const observation = {
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  code: { coding: [{ system: LOINC, code: '1234-5' }, { code: 'own' }] },
  subject: { reference: 'Patient/p' },
  performer: [{ reference: 'https://elsewhere.example/fhir/Practitioner/9' }],
  effectivePeriod: { start: '2024-05-01T08:00:00+08:00', end: '2024-05-03T08:00:00+08:00' },
  valueQuantity: { value: 5.4, system: UCUM, code: 'mg' },
  component: [
    { code: concept('8480-6'), valueQuantity: { value: 120, system: UCUM, code: 'mm[Hg]' } },
    { code: concept('8462-4'), valueQuantity: { value: 80, system: UCUM, code: 'mm[Hg]' } },
  ],
} as FhirResource
const condition = {
  resourceType: 'Condition',
  code: concept('A01.0', 'urn:oid:2.16.156.10011.2.3.3.11.3'),
  clinicalStatus: concept('active', 'http://terminology.hl7.org/CodeSystem/condition-clinical'),
  subject: { reference: 'Patient/p' },
} as FhirResource
const risk = { resourceType: 'RiskAssessment', status: 'final', prediction: [{ probabilityDecimal: 0.5 }] } as FhirResource
const group = {
  resourceType: 'Group',
  characteristic: [
    { code: concept('sex', 'urn:s'), valueCodeableConcept: concept('F', 'urn:s') },
    { code: concept('smoker', 'urn:s'), valueBoolean: true },
  ],
} as FhirResource
const document = {
  resourceType: 'DocumentReference',
  relatesTo: [
    { code: 'replaces', target: { reference: 'DocumentReference/1' } },
    { code: 'appends', target: { reference: 'DocumentReference/2' } },
  ],
} as FhirResource
const library = { resourceType: 'Library', url: 'http://x.example/Library/a' } as FhirResource

const answers = (resource: FhirResource, rows: Record<string, boolean>) =>
  expect(Object.fromEntries(Object.keys(rows).map((text) => [text, finds(resource, `_filter=${text}`)]))).toEqual(rows)

describe('operators', () => {
  test('of strings', () => {
    answers(patient, {
      'family eq "王"': true,
      'given eq peter': true,
      'given eq "PETER"': true,
      'given eq pete': false,
      'name eq "王"': true,
      'name eq "王Peter"': false,
      'address-city eq änderung': true,
      'address-city eq ÄNDERUNG': true,
      'address-city eq anderung': false,
      'given ne peter': true,
      'family ne "王"': false,
      'family ne "李"': true,
      'phone ne x': false,
      'name co "ete"': true,
      'name co "国"': true,
      'name co x': false,
      'address co "中关村"': true,
      'name sw Pet': true,
      'name sw eter': false,
      'given ew ETER': true,
      'given ew "国"': true,
      'given ew pet': false,
      // By the first character alone: `p`, and of the other given name `建` and `j`.
      'given gt pz': true,
      'given gt "建"': false,
      'given ge P': true,
      'given lt p': true,
      'given lt j': false,
      'given le ja': true,
    })
  })

  test('of a string that is longer than its key: ew by its end, and not by the digest that stands for the rest', () => {
    const texts = Array.from({ length: 40 }, (_, at) => `${'未见异常。'.repeat(90)}结论${at}：随访。`)
    for (const [at, valueString] of texts.entries()) {
      const report = { ...observation, valueQuantity: undefined, valueString } as FhirResource
      const wrong = [...'0123456789abcdef'].filter((digit) => finds(report, `_filter=value-string ew "${digit}"`))
      expect([at, wrong]).toEqual([at, []])
      expect(finds(report, `_filter=value-string ew "结论${at}：随访。"`)).toBe(true)
      expect(finds(report, `_filter=value-string ew "结论${at}"`)).toBe(false)
    }
  })

  test('of numbers and quantities: those of the prefixes', () => {
    answers(risk, {
      'probability eq 0.5': true,
      'probability eq 0.50': true,
      'probability ne 0.5': false,
      'probability gt 0.4': true,
      'probability le 0.4': false,
      'probability ap 0.52': true,
      'probability sa 0.5': false,
      'probability eb 0.6': true,
    })
    answers(observation, {
      'value-quantity eq 5.4': true,
      'value-quantity eq 5': true,
      'value-quantity eq 5.4||mg': true,
      [`value-quantity eq 5.4|${UCUM}|mg`]: true,
      'value-quantity eq 5.4|ucum|mg': true,
      'value-quantity gt 5|ucum|g': false,
      'value-quantity ge 5.4': true,
      'value-quantity ne 5.4': false,
      'value-quantity lt 5.4': false,
    })
  })

  test('of dates', () => {
    answers(observation, {
      'date eq 2024-05': true,
      'date eq 2024-05-01': false,
      'date ne 2024-05-01': true,
      'date ge 2024-05-01T08:00:00+08:00': true,
      // `+` that arrived as a space
      'date ge 2024-05-01T08:00:00 08:00': true,
      '(date ge 2024-05-01T08:00:00 08:00) and date ge 2024-05-01T08:00 08:00 and date gt 2999-05-01T08:00:00.5 08:00': false,
      'date gt 2024-05-02': true,
      'date sa 2024-05-01': false,
      'date eb 2024-06-01': true,
      'date po 2024-05-02': true,
      'date po 2024-05-03T08:00:00+08:00': true,
      'date po 2024-05-04': false,
      'date po 2024': true,
      'date co 2024-05-02': true,
      'date co 2024-05-03': false,
    })
  })

  test('of tokens', () => {
    answers(observation, {
      'code eq http://loinc.org|1234-5': true,
      'code eq "http://loinc.org|1234-5"': true,
      'code eq loinc|1234-5': true,
      'code eq 1234-5': true,
      'code eq |own': true,
      'code eq |1234-5': false,
      'code eq loinc|': true,
      'code eq snomed|1234-5': false,
      'code ne 1234-5': true,
      'code ne loinc|1234-5': true,
      'code ne loinc|': true,
      'status ne final': false,
      'status ne amended': true,
      'status eq http://hl7.org/fhir/observation-status|final': true,
      'category ne x': false,
      'status in http://hl7.org/fhir/ValueSet/observation-status': true,
      'status ni http://hl7.org/fhir/ValueSet/observation-status': false,
      'category ni http://hl7.org/fhir/ValueSet/observation-status': true,
    })
    answers(patient, {
      'active eq true': true,
      'active ne true': false,
      'identifier eq urn:oid:1.2|A\\|1': true,
      'identifier eq A,1': false,
    })
    const icd = 'urn:oid:2.16.156.10011.2.3.3.11.3'
    answers(condition, {
      [`code ss ${icd}|A01`]: true,
      [`code ss ${icd}|A00-B99`]: true,
      [`code ss ${icd}|A02`]: false,
      [`code sb ${icd}|A01.001`]: true,
      [`code sb ${icd}|A01`]: false,
    })
  })

  test('of references, addresses and what is the resource itself', () => {
    answers(observation, {
      'subject re Patient/p': true,
      'patient re p': true,
      'subject re https://yilian.example/fhir/Patient/p': true,
      'subject re Patient/q': false,
      'performer re https://elsewhere.example/fhir/Practitioner/9': true,
      '_id eq o': true,
      '_id ne o': false,
      '_id eq x,o': false,
      '_lastUpdated ge 2024-07-01': true,
      '_lastUpdated lt 2024-07-01': false,
      '_lastUpdated pr true': true,
    })
    answers(library, {
      'url eq http://x.example/Library/a': true,
      'url eq http://x.example/Library': false,
      'url ne http://x.example/Library/a': false,
      'url ne http://x.example/Library': true,
      'url co Library': true,
    })
  })

  test('pr: of every kind', () => {
    answers(observation, {
      'code pr true': true,
      'code pr false': false,
      'category pr true': false,
      'category pr FALSE': true,
      'value-quantity pr true': true,
      'date pr true': true,
      'subject pr true': true,
      'code-value-quantity pr true': true,
      'component-code-value-concept pr true': false,
      'component-code-value-concept pr false': true,
    })
  })
})

describe('composites', () => {
  test('as a whole, and by their parts within one repetition', () => {
    answers(observation, {
      'component-code-value-quantity eq 8480-6$120': true,
      'component-code-value-quantity eq 8480-6$80': false,
      'component-code-value-quantity eq 8480-6$gt100': true,
      'component-code-value-quantity[component-code eq 8480-6].component-value-quantity gt 100': true,
      'component-code-value-quantity[component-code eq 8462-4].component-value-quantity gt 100': false,
      'component-code-value-quantity[not (component-code eq 8480-6)].component-value-quantity lt 100': true,
      'component-code-value-quantity[component-code eq 8480-6 or component-code eq 8462-4].component-value-quantity lt 90': true,
      'component-code-value-quantity[component-code eq x].component-value-quantity pr true': false,
      'component-code-value-quantity[component-code eq x].component-value-quantity pr false': true,
      'component-code-value-quantity.component-value-quantity eq 80': true,
      'code-value-quantity[code eq loinc|1234-5].value-quantity gt 5': true,
      'combo-code-value-quantity[combo-code eq 1234-5].combo-value-quantity gt 100': false,
      'combo-code-value-quantity[combo-code eq 8480-6].combo-value-quantity gt 100': true,
    })
  })

  test('with the names that R4 gives them here', () => {
    answers(group, {
      'characteristic eq sex': true,
      'characteristic[code eq sex].value eq F': true,
      'characteristic[code eq urn:s|smoker].value eq true': true,
      'characteristic[code eq sex].value eq true': false,
    })
    answers(document, {
      'relatesTo[code eq replaces].target re DocumentReference/1': true,
      'relatesTo[code eq replaces].target re DocumentReference/2': false,
      'relatesTo[code eq appends].target pr true': true,
      'relatesTo[code eq signs].target pr false': true,
    })
  })
})

describe('chains', () => {
  const organizations = [
    { resourceType: 'Organization', id: 'o1', name: '人民医院', active: true, partOf: { reference: 'Organization/o2' } },
    { resourceType: 'Organization', id: 'o2', name: '集团', active: false },
  ] as FhirResource[]
  const all: Record<string, FhirResource[]> = { Organization: organizations, Patient: [patient] }
  const documents = (resources: readonly FhirResource[]) =>
    resources.map((one) => ({ id: one.id ?? '', at: new Date(0), entry: search.index(one, new DecimalTexts()) }))
  const world: World = (type) => documents(all[type] ?? [])
  const holds = (resource: FhirResource, text: string): boolean => {
    const [doc] = documents([resource])
    return doc !== undefined && matches(parse(resource.resourceType, `_filter=${text}`).plan, doc, world)
  }

  test.each<[string, boolean]>([
    ['subject.name co "ete"', true],
    ['subject.name co "x"', false],
    ['patient.organization.name eq "人民医院"', true],
    ['patient.organization.partof.name eq "集团"', true],
    ['patient.organization[active eq true].name sw "人"', true],
    ['patient.organization[active eq false].name sw "人"', false],
    ['patient[gender eq male and birthdate lt 1960].name sw wang', true],
    ['patient[gender eq male].organization[name eq "集团"].active pr true', false],
    ['patient.organization[partof.name eq "集团"].active eq true', true],
    ['patient.phone pr true', false],
    ['patient.phone pr false', true],
    ['not (patient.name co "x") and status eq final', true],
  ])('%s: %s', (text, expected) => {
    expect(holds(observation, text)).toBe(expected)
  })
})
