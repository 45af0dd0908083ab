/**
 * The search parameters of the Chinese profiles find what came of the samples (tests/fixtures/samples); expected values are read
 * off those files. What no sample has is written beside them as the profiles have it.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { r4Definitions } from '../../server/search/definitions.ts'
import { codeOf } from '../leaks/worlds.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const SAMPLES: readonly [source: string, file: string, contentType: string][] = [
  ['h1-his', 'hospital/adt-a01-admission.hl7', 'application/hl7-v2'],
  ['h1-cda', 'hospital/cda-c0049-discharge.xml', 'application/xml'],
  ['miis', 'miis/2203-outpatient-visit.json', 'application/json'],
  ['miis', 'miis/2204-outpatient-charges.json', 'application/json'],
  ['miis', 'miis/2207-outpatient-settlement.json', 'application/json'],
  ['miis', 'miis/2207-response.json', 'application/json'],
  ['miis', 'miis/4101-settlement-list.json', 'application/json'],
]
const BASE = 'https://fhir-cn.example'
const ext = (id: string, value: object) => ({ url: `${BASE}/StructureDefinition/${id}`, ...value })
const coded = (system: string, code: string) => ({ coding: [{ system, code }] })

/** What the samples do not have. */
const OTHERS: object[] = [
  {
    resourceType: 'Patient',
    id: 'person',
    extension: [
      ext('cn-education', { valueCodeableConcept: coded('urn:oid:2.16.156.10011.2.3.3.6', '20') }),
      ext('cn-occupation', { valueCodeableConcept: coded('urn:oid:2.16.156.10011.2.3.3.7', '17') }),
      ext('cn-household-register', { valueCodeableConcept: coded(`${BASE}/CodeSystem/cn-household-kind`, 'urban') }),
      {
        url: 'http://hl7.org/fhir/StructureDefinition/patient-nationality',
        extension: [{ url: 'code', valueCodeableConcept: coded('urn:iso:std:iso:3166', 'CN') }],
      },
    ],
  },
  {
    resourceType: 'Organization',
    id: 'hospital',
    name: '示例医院',
    extension: [
      ext('cn-hospital-level', { valueCode: '3A' }),
      ext('cn-admin-level', { valueCode: 'provincial' }),
      ext('cn-admin-division', { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.2', code: '110105' } }),
      ext('cn-supervised-by', { valueReference: { reference: 'Organization/HA' } }),
      ext('cn-mi-designated', { valueBoolean: true }),
      ext('cn-ownership', { valueCode: 'public' }),
      ext('cn-record-custodian', { valueReference: { reference: 'Organization/HA' } }),
    ],
  },
  {
    resourceType: 'Encounter',
    id: 'stay',
    status: 'finished',
    class: { code: 'IMP' },
    subject: { reference: 'Patient/person' },
    extension: [
      ext('cn-triage-level', { valueCoding: { system: `${BASE}/CodeSystem/cn-triage-level`, code: '2' } }),
      ext('cn-clinical-pathway', { valueCode: 'varied' }),
      ext('cn-visit-number', { valuePositiveInt: 3 }),
      ext('cn-payment-method', { valueCodeableConcept: coded('urn:oid:2.16.156.10011.2.3.1.269', '1') }),
    ],
  },
  {
    resourceType: 'MedicationRequest',
    id: 'order',
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { text: 'x' },
    subject: { reference: 'Patient/person' },
    extension: [
      ext('cn-order-kind', { valueCode: 'temporary' }),
      ext('cn-skin-test', { valueCode: 'negative' }),
      ext('cn-audit-pharmacist', { valueReference: { reference: 'Practitioner/guest' } }),
      ext('cn-item-level', { valueCoding: { system: `${BASE}/CodeSystem/nhsa-item-level`, code: '02' } }),
    ],
  },
  {
    resourceType: 'Observation',
    id: 'recognised',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/person' },
    extension: [ext('cn-mutual-recognition', { valueBoolean: true })],
  },
  {
    resourceType: 'ExplanationOfBenefit',
    id: 'refund',
    status: 'active',
    type: coded(`${BASE}/CodeSystem/cn-claim-type`, 'pharmacy'),
    use: 'claim',
    patient: { reference: 'Patient/person' },
    created: '2026-03-01',
    insurer: { display: 'x' },
    provider: { display: 'x' },
    outcome: 'complete',
    insurance: [{ focal: true, coverage: { display: 'x' } }],
    extension: [
      ext('cn-refund', { valueBoolean: true }),
      ext('cn-offsite', { valueBoolean: true }),
      ext('cn-disease-no', { valueCoding: { system: `${BASE}/CodeSystem/nhsa-disease`, code: 'M03900' } }),
    ],
  },
  {
    resourceType: 'ResearchStudy',
    id: 'approved',
    status: 'active',
    extension: [
      ext('cn-data-form', { valueCode: 'PSEUD' }),
      ext('cn-foreign-party', { valueBoolean: false }),
      ext('cn-recipient', { valueReference: { reference: 'Organization/hospital' } }),
      {
        url: `${BASE}/StructureDefinition/cn-ethics-approval`,
        extension: [
          { url: 'number', valueString: '2026伦审第8号' },
          { url: 'expiry', valueDate: '2027-06-30' },
        ],
      },
    ],
  },
  {
    resourceType: 'RelatedPerson',
    id: 'guardian',
    patient: { reference: 'Patient/person' },
    extension: [{ url: `${BASE}/StructureDefinition/cn-guardianship`, extension: [{ url: 'basis', valueCode: 'appointed' }] }],
  },
  {
    resourceType: 'Practitioner',
    id: 'guest',
    extension: [
      {
        url: `${BASE}/StructureDefinition/cn-multi-site`,
        extension: [{ url: 'organization', valueReference: { reference: 'Organization/hospital' } }],
      },
    ],
  },
  {
    resourceType: 'Organization',
    id: 'commission',
    name: '示例市卫生健康委员会',
    extension: [ext('cn-authority-level', { valueCode: 'prefectural' })],
  },
  {
    resourceType: 'Procedure',
    id: 'operation',
    status: 'completed',
    subject: { reference: 'Patient/person' },
    extension: [
      ext('cn-surgery-level', { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.258', code: '3' } }),
      ext('cn-surgery-timing', { valueCode: 'limited' }),
      ext('cn-unplanned-return', { valueBoolean: true }),
      ext('cn-incision-class', { valueCode: 'II' }),
      ext('cn-healing-grade', { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.257', code: '1' } }),
      ext('cn-anaesthesia-method', { valueCodeableConcept: coded('urn:oid:2.16.156.10011.2.3.1.159', '11') }),
      ext('cn-asa-class', { valueCode: 'II' }),
    ],
  },
  {
    resourceType: 'DiagnosticReport',
    id: 'critical',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/person' },
    extension: [
      ext('cn-positive-finding', { valueBoolean: true }),
      { url: `${BASE}/StructureDefinition/cn-critical-value`, extension: [{ url: 'found', valueBoolean: true }] },
    ],
  },
  {
    resourceType: 'ServiceRequest',
    id: 'nursing',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/person' },
    extension: [ext('cn-nursing-grade', { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.259', code: '2' } })],
  },
  {
    resourceType: 'AllergyIntolerance',
    id: 'allergy',
    patient: { reference: 'Patient/person' },
    clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', 'active'),
    extension: [ext('cn-allergy-source', { valueCode: 'skin-test' })],
  },
  {
    resourceType: 'Immunization',
    id: 'vaccination',
    status: 'completed',
    vaccineCode: { text: 'x' },
    patient: { reference: 'Patient/person' },
    occurrenceDateTime: '2026',
    extension: [ext('cn-vaccine-category', { valueCode: 'programme' })],
  },
  {
    resourceType: 'Medication',
    id: 'herb',
    code: { text: 'x' },
    extension: [ext('cn-essential-drug', { valueBoolean: true }), ext('cn-herbal-piece', { valueBoolean: true })],
  },
  {
    resourceType: 'DocumentReference',
    id: 'signed',
    status: 'current',
    subject: { reference: 'Patient/person' },
    content: [{ attachment: { url: 'urn:x' } }],
    extension: [ext('cn-signature-state', { valueCode: 'verified' })],
  },
  {
    resourceType: 'Composition',
    id: 'rescue',
    status: 'final',
    type: { text: 'x' },
    subject: { reference: 'Patient/person' },
    date: '2026',
    author: [{ display: 'x' }],
    title: 'x',
    extension: [ext('cn-substitute-signing', { valueCode: 'rescue' })],
  },
  {
    resourceType: 'Coverage',
    id: 'officer',
    status: 'active',
    beneficiary: { reference: 'Patient/person' },
    payor: [{ display: 'x' }],
    extension: [ext('cn-civil-servant', { valueBoolean: true })],
  },
  {
    resourceType: 'MeasureReport',
    id: 'audit',
    status: 'complete',
    type: 'summary',
    measure: `${BASE}/Measure/dq-c1`,
    period: { start: '2026' },
    extension: [ext('cn-grade', { valueCode: 'B' }), ext('cn-audited-source', { valueCode: 'rhip' })],
  },
]

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  for (const [source, file, contentType] of SAMPLES) {
    const body = new Uint8Array(await readFile(new URL(`../fixtures/samples/${file}`, import.meta.url)))
    const answer = await server.call('POST', `/ingest/${source}`, { body, headers: { 'Content-Type': contentType } })
    expect([file, answer.status]).toEqual([file, 200])
  }
  for (const resource of OTHERS) {
    const { resourceType, id } = resource as { resourceType: string; id: string }
    const answer = await server.call('PUT', `/fhir/${resourceType}/${id}`, { body: resource })
    expect([id, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([id, 201, ''])
  }
}, 60_000)
afterAll(() => server.stop())

const total = async (query: string): Promise<number> => {
  const answer = await server.call('GET', `/fhir/${encodeURI(query)}`, { headers: { Prefer: 'handling=strict' } })
  expect([query, answer.status]).toEqual([query, 200])
  return answer.json.total
}

/** A search that finds something, and one like it that finds nothing. */
const FOUND: readonly [code: string, found: string, none: string][] = [
  ['ethnicity', 'Patient?ethnicity=urn:oid:2.16.156.10011.2.3.3.3|01', 'Patient?ethnicity=02'],
  ['nationality', 'Patient?nationality=CN', 'Patient?nationality=FR'],
  ['occupation', 'Patient?occupation=17', 'Patient?occupation=18'],
  ['employment-status', 'Patient?employment-status=80', 'Patient?employment-status=11'],
  ['household', 'Patient?household=urban', 'Patient?household=rural'],
  ['professional-title', 'Practitioner?professional-title=主任医师', 'Practitioner?professional-title=护士'],
  ['hospital-level', 'Organization?hospital-level=3A', 'Organization?hospital-level=2A'],
  ['admin-level', 'Organization?admin-level=provincial', 'Organization?admin-level=military'],
  ['admin-division', 'Organization?admin-division=110105', 'Organization?admin-division=440300'],
  ['supervised-by', 'Organization?supervised-by=HA', 'Organization?supervised-by=MIA'],
  ['mi-designated', 'Organization?mi-designated=true', 'Organization?mi-designated=false'],
  ['med-type', 'Encounter?med-type=11', 'Encounter?med-type=99'],
  ['payment-method', 'Encounter?payment-method=1', 'Encounter?payment-method=2'],
  ['visit-number', 'Encounter?visit-number=ge3', 'Encounter?visit-number=gt3'],
  ['admission-condition', 'Encounter?admission-condition=1', 'Encounter?admission-condition=4'],
  ['admit-source', 'Encounter?admit-source=urn:oid:2.16.156.10011.2.3.1.270|2', 'Encounter?admit-source=9'],
  ['discharge-disposition', 'Encounter?discharge-disposition=urn:oid:2.16.156.10011.2.3.1.265|1', 'Encounter?discharge-disposition=5'],
  ['order-kind', 'MedicationRequest?order-kind=temporary', 'MedicationRequest?order-kind=long-term'],
  ['mutual-recognition', 'Observation?mutual-recognition=true', 'Observation?mutual-recognition=false'],
  ['template-id', 'Composition?template-id=urn:oid:2.16.156.10011.2.1.1.69', 'Composition?template-id=urn:oid:1.2.3'],
  ['subscriber-id', 'Coverage?subscriber-id=31000000000000000000067890', 'Coverage?subscriber-id=1'],
  ['pool-area', 'Claim?pool-area=310100', 'ExplanationOfBenefit?pool-area=440100'],
  ['person-type', 'Coverage?person-type=21', 'Coverage?person-type=11'],
  ['type', 'ExplanationOfBenefit?type=outpatient', 'ExplanationOfBenefit?type=maternity'],
  ['offsite', 'ExplanationOfBenefit?offsite=true', 'Claim?offsite=false'],
  ['refund', 'ExplanationOfBenefit?refund=true', 'Claim?refund=true'],
  ['clearing-agency', 'ExplanationOfBenefit?clearing-agency=310100', 'ExplanationOfBenefit?clearing-agency=440100'],
  ['payment-date', 'ExplanationOfBenefit?payment-date=2026-03-09', 'ExplanationOfBenefit?payment-date=2026-03-10'],
  ['total-category', 'ExplanationOfBenefit?total-category=medfee_sumamt', 'ExplanationOfBenefit?total-category=none'],
  ['total-amount', 'ExplanationOfBenefit?total-amount=128.5', 'ExplanationOfBenefit?total-amount=128.6'],
  ['settlement-total', 'ExplanationOfBenefit?settlement-total=hifp_pay$58.2', 'ExplanationOfBenefit?settlement-total=hifp_pay$128.5'],
  ['fee-category', 'Claim?fee-category=09', 'Claim?fee-category=99'],
  ['item-level', 'MedicationRequest?item-level=02', 'MedicationRequest?item-level=03'],
  ['ethics-number', 'ResearchStudy?ethics-number=2026伦审第8号', 'ResearchStudy?ethics-number=1'],
  ['ethics-expiry', 'ResearchStudy?ethics-expiry=2027-06-30', 'ResearchStudy?ethics-expiry=lt2027'],
  ['education', 'Patient?education=20', 'Patient?education=10'],
  ['guardianship-basis', 'RelatedPerson?guardianship-basis=appointed', 'RelatedPerson?guardianship-basis=kin'],
  ['multi-site', 'Practitioner?multi-site=Organization/hospital', 'Practitioner?multi-site=HA'],
  ['ownership', 'Organization?ownership=public', 'Organization?ownership=private'],
  ['authority-level', 'Organization?authority-level=prefectural', 'Organization?authority-level=national'],
  ['record-custodian', 'Organization?record-custodian=HA', 'Organization?record-custodian=hospital'],
  ['triage-level', 'Encounter?triage-level=2', 'Encounter?triage-level=1'],
  ['clinical-pathway', 'Encounter?clinical-pathway=varied', 'Encounter?clinical-pathway=left'],
  ['surgery-level', 'Procedure?surgery-level=3', 'Procedure?surgery-level=4'],
  ['surgery-timing', 'Procedure?surgery-timing=limited', 'Procedure?surgery-timing=emergency'],
  ['unplanned-return', 'Procedure?unplanned-return=true', 'Procedure?unplanned-return=false'],
  ['incision-class', 'Procedure?incision-class=II', 'Procedure?incision-class=III'],
  ['healing-grade', 'Procedure?healing-grade=1', 'Procedure?healing-grade=2'],
  ['anaesthesia-method', 'Procedure?anaesthesia-method=urn:oid:2.16.156.10011.2.3.1.159|11', 'Procedure?anaesthesia-method=12'],
  ['asa-class', 'Procedure?asa-class=II', 'Procedure?asa-class=I'],
  ['positive-finding', 'DiagnosticReport?positive-finding=true', 'DiagnosticReport?positive-finding=false'],
  ['critical-value', 'DiagnosticReport?critical-value=true', 'Observation?critical-value=true'],
  ['nursing-grade', 'ServiceRequest?nursing-grade=2', 'CarePlan?nursing-grade=2'],
  ['allergy-source', 'AllergyIntolerance?allergy-source=skin-test', 'AllergyIntolerance?allergy-source=told'],
  ['vaccine-category', 'Immunization?vaccine-category=programme', 'Immunization?vaccine-category=other'],
  ['essential-drug', 'Medication?essential-drug=true', 'Medication?essential-drug=false'],
  ['herbal-piece', 'Medication?herbal-piece=true', 'Medication?herbal-piece=false'],
  ['skin-test', 'MedicationRequest?skin-test=negative', 'MedicationRequest?skin-test=positive'],
  ['audit-pharmacist', 'MedicationRequest?audit-pharmacist=Practitioner/guest', 'MedicationRequest?audit-pharmacist=Practitioner/x'],
  ['signature-state', 'DocumentReference?signature-state=verified', 'DocumentReference?signature-state=invalid'],
  ['substitute-signing', 'Composition?substitute-signing=rescue', 'Composition?substitute-signing=incapable'],
  ['civil-servant', 'Coverage?civil-servant=true', 'Coverage?civil-servant=x'],
  ['disease-no', 'ExplanationOfBenefit?disease-no=M03900', 'Claim?disease-no=M03900'],
  ['data-form', 'ResearchStudy?data-form=PSEUD', 'ResearchStudy?data-form=IDENT'],
  ['foreign-party', 'ResearchStudy?foreign-party=false', 'ResearchStudy?foreign-party=true'],
  ['recipient', 'ResearchStudy?recipient=Organization/hospital', 'ResearchStudy?recipient=HA'],
  ['grade', 'MeasureReport?grade=B', 'MeasureReport?grade=A'],
  ['audited-source', 'MeasureReport?audited-source=rhip', 'MeasureReport?audited-source=miis'],
]

test.each(FOUND)('%s finds %s', async (_, found, none) => {
  expect([(await total(found)) > 0, await total(none)]).toEqual([true, 0])
})

test('these are all', () => {
  const own = r4Definitions().parameters.filter(({ url }) => url.startsWith(BASE))
  expect(own.map(({ code }) => code).sort()).toEqual(FOUND.map(([code]) => code).sort())
})

test('numbers need none: identifiers have systems', async () => {
  const queries = [
    'Patient?identifier=urn:oid:2.16.156.10011.1.3|310100196511080248',
    `Patient?identifier=${BASE}/sid/nhsa/psn-no|31000000000000000000067890`,
    `ExplanationOfBenefit?identifier=${BASE}/sid/nhsa/setl-id|110105S0000000000001`,
    `Encounter?identifier=${BASE}/sid/nhsa/mdtrt-id|110105G0000000000001`,
    'Composition?type=urn:oid:2.16.156.10011.2.4|C0049',
  ]
  for (const query of queries) expect([query, (await total(query)) > 0]).toEqual([query, true])
})

test('they are chained, sorted by, and stand in the CapabilityStatement by their canonical', async () => {
  expect(await total('ExplanationOfBenefit?patient.ethnicity=01&_sort=payment-date')).toBeGreaterThan(0)
  const { json } = await server.call('GET', '/fhir/metadata')
  const of = json.rest[0].resource.find(({ type }: { type: string }) => type === 'Patient')
  expect(of.searchParam).toContainEqual({ name: 'ethnicity', type: 'token', definition: `${BASE}/SearchParameter/cn-ethnicity` })
})

describe('an operator cannot take their names', () => {
  test('on their types', async () => {
    const body = { resourceType: 'SearchParameter', url: 'urn:x', name: 'x', status: 'active', description: 'x', code: 'ethnicity' }
    const definition = { ...body, base: ['Patient'], type: 'token', expression: 'Patient.gender' }
    const answer = await server.call('POST', '/fhir/SearchParameter', { body: definition })
    expect([answer.status, codeOf(answer)]).toEqual([422, 'search-parameter-code'])
  })
})
