/** The samples of the hospital, with what must come of them written by hand from the messages. */
import { describe, expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { brokenRules, context, ofType, plain, readAll, sample } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')
const read = async (name: string): Promise<MappedRecord> => {
  const { mapped, rejected } = await readAll(hospitalHl7v2, sample(`hospital/${name}`), { context: hospital })
  expect(rejected).toEqual([])
  expect(mapped).toHaveLength(1)
  return mapped[0] as MappedRecord
}
const KEY = (type: string, ...parts: string[]) => ({ $key: { type, scope: 'H1', parts } })
const BASE = 'https://fhir-cn.example'

describe.each(['adt-a01-admission.hl7', 'oru-r01-blood-count.hl7', 'oru-r01-corrected.hl7'])('%s', (name) => {
  test('keeps the rules of every record', async () => {
    const record = await read(name)
    expect(brokenRules(record)).toEqual([])
    expect(unresolved(record)).toEqual([])
    expect(invalid(record)).toEqual([])
    expect(record.issues).toEqual([])
  })

  test('knows the patient by every number that PID has', async () => {
    expect((await read(name)).patient).toEqual({
      local: [
        { kind: 'PI', value: '0001023456', strong: true },
        { kind: 'HC', value: 'HC110000012345', strong: false },
        { kind: 'VISIT', value: 'ZY20260305001', strong: false },
      ],
      legal: { type: '01', number: '110100195803120019' },
      name: '王建国',
      birthDate: '1958-03-12',
      gender: 'male',
    })
  })

  test('maps the patient', async () => {
    const patient = plain(ofType(await read(name), 'Patient')[0])
    expect(patient).toMatchObject({
      name: [{ use: 'official', text: '王建国' }],
      gender: 'male',
      birthDate: '1958-03-12',
      telecom: [{ system: 'phone', value: '13800000001', use: 'mobile' }],
      address: [{ use: 'home', text: '北京市朝阳区示例街道 1 号', city: '北京市', state: '北京', postalCode: '100020', country: 'CHN' }],
      maritalStatus: { coding: [{ code: 'M' }, { code: 'M', display: '已婚' }], text: '已婚' },
    })
    expect((patient.identifier as { system: string; value: string }[]).map(({ system, value }) => [system, value])).toEqual([
      [`${BASE}/sid/H1/mrn`, '0001023456'],
      ['urn:oid:2.16.156.10011.1.3', '110100195803120019'],
      ['urn:oid:2.16.156.10011.1.19', 'HC110000012345'],
    ])
  })
})

describe('admission ADT^A01 in GB 18030', () => {
  test('what it is made of, and what nobody reads', async () => {
    const record = await read('adt-a01-admission.hl7')
    expect([record.recordType, record.deliveryId, record.at]).toEqual(['ADT^A01', 'ADT202603050001', 'message 1'])
    expect(record.resources.map(({ resource, placeholder }) => resource.resourceType + (placeholder ? '?' : ''))).toEqual([
      'Patient',
      'Encounter',
      'Practitioner?',
      'Location',
      'Organization?',
      'Condition',
      'RelatedPerson',
      'AllergyIntolerance',
    ])
    expect(record.unread).toEqual(['EVN-5.1', 'EVN-5.2', 'PV1-3.4', 'DG1-4'])
    expect(record.unmapped).toEqual([{ map: 'allergen', system: `${BASE}/sid/H1/allergen-code`, code: 'J01CA', display: '青霉素类' }])
    // MSH-7 is 09:30:12 in Shanghai.
    expect(record.resources[0]?.statedAt).toBe('2026-03-05T01:30:12.000Z')
  })

  test('the stay', async () => {
    const record = await read('adt-a01-admission.hl7')
    const [encounter] = ofType(record, 'Encounter')
    expect(encounter?.key).toEqual(KEY('Encounter', 'ZY20260305001').$key)
    expect(plain(encounter)).toEqual({
      resourceType: 'Encounter',
      meta: { source: `${BASE}/source/hospital/hospital-source`, profile: [`${BASE}/StructureDefinition/cn-encounter-minimal`] },
      identifier: [{ system: `${BASE}/sid/H1/visit-no`, value: 'ZY20260305001' }],
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' },
      serviceType: { coding: [{ system: `${BASE}/sid/H1/department-code`, code: '0305', display: '心内科' }], text: '心内科' },
      subject: { $patient: true },
      participant: [
        {
          type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND', display: 'attender' }] }],
          individual: { ...KEY('Practitioner', 'D0123', '赵医生'), display: '赵医生' },
        },
      ],
      period: { start: '2026-03-05T09:15:00+08:00' },
      diagnosis: [
        {
          condition: { ...KEY('Condition', 'ZY20260305001', 'I20.000'), display: '不稳定型心绞痛' },
          use: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: 'AD', display: 'Admission diagnosis' }] },
        },
      ],
      hospitalization: { admitSource: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.270', code: '1' }] } },
      location: [
        {
          location: KEY('Location', '0305', '12'),
          physicalType: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'bd', display: 'Bed' }],
          },
        },
      ],
      serviceProvider: KEY('Organization'),
    })
    expect(plain(ofType(record, 'Location')[0])).toMatchObject({ name: '心内科病区 12 床', managingOrganization: { display: '心内科' } })
  })

  test('diagnosis, relative, allergy', async () => {
    const record = await read('adt-a01-admission.hl7')
    expect(plain(ofType(record, 'Condition')[0])).toMatchObject({
      code: {
        coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'I20.000', display: '不稳定型心绞痛' }],
      },
      verificationStatus: { coding: [{ code: 'provisional' }] },
      encounter: KEY('Encounter', 'ZY20260305001'),
      recordedDate: '2026-03-05',
    })
    expect(plain(ofType(record, 'RelatedPerson')[0])).toMatchObject({
      // Table 0063 has children, and no sons.
      relationship: [
        { coding: [{ code: 'SON' }, { system: `${BASE}/sid/H1/relationship-code`, code: 'SON', display: '儿子' }], text: '儿子' },
      ],
      name: [{ text: '王小明' }],
      telecom: [{ value: '13800000003' }],
    })
    expect(plain(ofType(record, 'AllergyIntolerance')[0])).toMatchObject({
      category: ['medication'],
      code: { text: '青霉素类' },
      reaction: [{ manifestation: [{ text: '皮疹' }], severity: 'moderate' }],
    })
  })
})

describe('blood count ORU^R01', () => {
  test('the report', async () => {
    const record = await read('oru-r01-blood-count.hl7')
    const [report] = ofType(record, 'DiagnosticReport')
    expect(report?.key).toEqual(KEY('DiagnosticReport', 'BG2026030600077').$key)
    expect(report?.statedAt).toBe('2026-03-06T00:15:00.000Z')
    expect(plain(report)).toMatchObject({
      identifier: [{ system: `${BASE}/sid/H1/lab-report-no`, value: 'BG2026030600077' }],
      basedOn: [KEY('ServiceRequest', 'SQ2026030500042')],
      status: 'final',
      code: { coding: [{ system: `${BASE}/sid/H1/lab-panel-code`, code: 'XCG', display: '血常规' }], text: '血常规' },
      encounter: KEY('Encounter', 'ZY20260305001'),
      effectiveDateTime: '2026-03-06T06:30:00+08:00',
      issued: '2026-03-06T08:15:00+08:00',
      specimen: [KEY('Specimen', 'report', 'BG2026030600077')],
      result: ['WBC', 'RBC', 'HGB', 'PLT', 'CRP', 'HBSAG'].map((item) => KEY('Observation', 'BG2026030600077', item)),
      conclusion: '标本轻度溶血\n建议复查',
    })
  })

  test.each([
    [
      'WBC',
      '"valueQuantity":{"value":11.20,"unit":"10^9/L","system":"http://unitsofmeasure.org","code":"10*9/L"}',
      '6690-2',
      'H',
      [3.5, 9.5],
    ],
    [
      'RBC',
      '"valueQuantity":{"value":4.50,"unit":"10^12/L","system":"http://unitsofmeasure.org","code":"10*12/L"}',
      '789-8',
      undefined,
      [4.3, 5.8],
    ],
    ['HGB', '"valueQuantity":{"value":132,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}', '718-7', undefined, [130, 175]],
    ['PLT', '"valueQuantity":{"value":95,"unit":"10^9/L","system":"http://unitsofmeasure.org","code":"10*9/L"}', '777-3', 'L', [125, 350]],
    [
      'CRP',
      '"valueQuantity":{"value":0.50,"comparator":"<","unit":"mg/L","system":"http://unitsofmeasure.org","code":"mg/L"}',
      '1988-5',
      'N',
      [undefined, 8],
    ],
    ['HBSAG', '"code":"negative","display":"阴性"}],"text":"阴性"}', '5195-3', undefined, [undefined, undefined]],
  ] as const)('result %s', async (item, value, loinc, flag, bounds) => {
    const record = await read('oru-r01-blood-count.hl7')
    const found = ofType(record, 'Observation').find(({ key }) => key !== 'patient' && key.parts[1] === item)
    expect(JSON.stringify(found?.resource)).toContain(value)
    const observation = plain(found) as {
      status: string
      code: { coding: { system: string; code: string }[] }
      interpretation?: { coding: { code: string }[] }[]
      referenceRange: { low?: { value: number }; high?: { value: number } }[]
    }
    expect(observation.status).toBe('final')
    expect(observation.code.coding.map(({ code }) => code)).toEqual([loinc, item])
    expect(observation.interpretation?.[0]?.coding[0]?.code).toBe(flag)
    expect([observation.referenceRange[0]?.low?.value, observation.referenceRange[0]?.high?.value]).toEqual(bounds)
  })

  test('request and specimen; the visit is only mentioned', async () => {
    const record = await read('oru-r01-blood-count.hl7')
    expect(plain(ofType(record, 'ServiceRequest')[0])).toMatchObject({
      status: 'completed',
      requester: { display: '赵医生' },
      code: { text: '血常规' },
    })
    expect(plain(ofType(record, 'Specimen')[0])).toMatchObject({
      type: { coding: [{ code: 'BLD', display: 'Whole blood' }, { code: 'BLD' }], text: '全血' },
      receivedTime: '2026-03-06T06:55:00+08:00',
      collection: { collectedDateTime: '2026-03-06T06:30:00+08:00' },
    })
    expect(ofType(record, 'Encounter')[0]).toMatchObject({ placeholder: true, resource: { status: 'unknown', class: { code: 'IMP' } } })
  })
})

test('the correction: the same keys, a later statement, status corrected, 10.90', async () => {
  const record = await read('oru-r01-corrected.hl7')
  const [report] = ofType(record, 'DiagnosticReport')
  const results = ofType(record, 'Observation')
  expect(report).toMatchObject({
    key: KEY('DiagnosticReport', 'BG2026030600077').$key,
    statedAt: '2026-03-06T02:55:00.000Z',
    resource: { status: 'corrected' },
  })
  expect(results).toHaveLength(1)
  expect(results[0]).toMatchObject({
    key: KEY('Observation', 'BG2026030600077', 'WBC').$key,
    state: 'current',
    resource: { status: 'corrected' },
  })
  expect(JSON.stringify(results[0]?.resource)).toContain('"value":10.90')
})
