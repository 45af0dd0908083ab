/** Requests that bring about one code each; what is not said of a request is as the row before the table says. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { BROKEN } from './provoked-definitions.ts'
import { labItems } from '../code-mapping/sending.ts'

export interface Provoked {
  code: string
  method?: string
  /** below /fhir, or below the root where `root` says so */
  path?: string
  root?: true
  body?: unknown
  headers?: Record<string, string>
  /** client of the demonstration configuration; without one there is no access control */
  as?: { client: string; parameters?: Record<string, string> }
  /** of the answer, where it is not that of the code */
  status?: number
}

const JSON_PATCH = { 'Content-Type': 'application/json-patch+json' }
const FHIR = { 'Content-Type': 'application/fhir+json' }
const bundle = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry })
const entry = (method: string, url: string, resource?: object) => ({ ...(resource ? { resource } : {}), request: { method, url } })
const post = (code: string, body: unknown, path = '/Patient', headers: Record<string, string> = {}): Provoked => ({
  code,
  method: 'POST',
  path,
  body,
  headers,
})
const XHTML = 'http://www.w3.org/1999/xhtml'
const HL7 = 'http://hl7.org/fhir/StructureDefinition/'
/** What no write is refused for. */
const validated = (code: string, body: unknown, path = '/Patient'): Provoked => ({ ...post(code, body, `${path}/$validate`), status: 200 })
const get = (code: string, path: string, headers: Record<string, string> = {}): Provoked => ({ code, path, headers })
/** Of patient data; what is refused is answered by a message. */
export const messageOf = (header: object, ...resources: object[]): object => ({
  ...bundle('message'),
  entry: [
    {
      resource: {
        resourceType: 'MessageHeader',
        id: 'provoked',
        eventUri: 'https://fhir-cn.example/CodeSystem/yilian-message-event#patient-data',
        source: { endpoint: 'urn:x:sender' },
        ...header,
      },
    },
    ...resources.map((resource) => ({ resource })),
  ],
})
const message = (code: string, header: object, ...resources: object[]): Provoked =>
  post(code, messageOf(header, ...resources), '/$process-message')
const merging = (code: string, source: string | undefined, target: string, ...more: object[]): Provoked => {
  const role = (name: string, id: string) => ({ name: `${name}-patient`, valueReference: { reference: `Patient/${id}` } })
  const parameter = [...(source === undefined ? [] : [role('source', source)]), role('target', target), ...more]
  return post(code, { resourceType: 'Parameters', parameter }, '/Patient/$merge')
}
const deciding = (code: string, act: string): Provoked => ({
  code,
  method: 'POST',
  path: `/linking/${act}`,
  root: true,
  body: { id: 'x', link: 'x', comment: 'x' },
  as: { client: 'loader' },
})
const REGISTRAR = { client: 'h1-registry', parameters: { user: 'Practitioner/nobody' } }
const TERMINOLOGIST = (user: string) => ({ client: 'h1-terms', parameters: { user: `Practitioner/${user}` } })
const MEANING = { system: 'http://loinc.org', code: '6690-2', equivalence: 'equal' }
/** Of codes that a laboratory sent before; P2 is proposed. */
const mapping = (code: string, act: string, item: string, more: object): Provoked => ({
  ...post(code, { id: `h1-lis|lab-item|${labItems('H1')}|${item}`, ...more }, `/code-mapping/${act}`),
  root: true,
  as: TERMINOLOGIST('li'),
})
const fhirPatch = (code: string, type: string, parts: object): Provoked => ({
  code,
  method: 'PATCH',
  path: '/Patient/given',
  headers: FHIR,
  body: {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [{ name: 'type', valueCode: type }, ...Object.entries(parts).map(([name, value]) => ({ name, ...value }))],
      },
    ],
  },
})
const path = (valueString: string) => ({ path: { valueString } })
const jsonPatch = (code: string, body: unknown): Provoked => ({ code, method: 'PATCH', path: '/Patient/given', headers: JSON_PATCH, body })
const patient = (more: object) => ({ resourceType: 'Patient', ...more })
const BY_CRITERIA = patient({ managingOrganization: { reference: 'Organization?name=none' } })
const strict = { Prefer: 'handling=strict' }
const subscription = (more: object) => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'x',
  criteria: 'Patient?name=x',
  channel: { type: 'websocket' },
  ...more,
})
const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-'
const CONSENTS = 'https://fhir-cn.example/SubscriptionTopic/consent-changed'
const extended = (name: string, type: string, value: string) => ({ extension: [{ url: BACKPORT + name, [`value${type}`]: value }] })
const backport = (more: object) =>
  subscription({
    meta: { profile: [`${BACKPORT}subscription`] },
    channel: { type: 'websocket', payload: 'application/fhir+json' },
    ...more,
  })

const coded = (system: string, code: string) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] })
/** Whose patient is of another server: nobody's rule could follow from it. */
const foreignConsent = {
  resourceType: 'Consent',
  status: 'active',
  scope: coded('consentscope', 'patient-privacy'),
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'http://other.example/Patient/1' },
  dateTime: '2020-01-01',
  policyRule: coded('v3-ActCode', 'OPTOUT'),
}
/** Of an operator, in force where nothing is wrong with it. */
const searchParameter = (more: object) => ({
  resourceType: 'SearchParameter',
  url: 'urn:x:wrong',
  name: 'x',
  status: 'active',
  description: 'x',
  code: 'wrong',
  base: ['Patient'],
  type: 'string',
  expression: 'Patient.photo.title',
  ...more,
})
const parameter = (code: string, more: object) => post(code, searchParameter(more), '/SearchParameter')
const SAMPLE = new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url)
const sample = readFileSync(SAMPLE, 'utf8')
const FACTS = '王建国||19580312|M'
/** The sample of a laboratory, with something changed in what it says of its patient. */
const ingested = (code: string, from = '', to = ''): Provoked => ({
  code,
  method: 'POST',
  root: true,
  path: '/ingest/h1-lis',
  body: sample.replace(from, to),
  headers: { 'Content-Type': 'application/hl7-v2; charset=utf-8' },
  as: { client: 'h1-engine' },
  status: 200,
})
/**
 * Patient/many has more Observations than one answer includes. Patient/given stands there with two names and one identifier, whose value two others have as well; Patient/gone was deleted.
 * A body is sent by the method that is named, as FHIR JSON.
 */
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const parametersOf = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
const expanded = (code: string, include: object, ...more: object[]): Provoked => {
  const resource = { resourceType: 'ValueSet', status: 'active', compose: { include: [include] } }
  return post(code, parametersOf({ name: 'valueSet', resource }, ...more), '/ValueSet/$expand')
}

export const REQUESTS: readonly Provoked[] = [
  post('charset-invalid', new Uint8Array([0x7b, 0xff, 0x7d])),
  post('body-empty', ''),
  post('json-invalid', '{'),
  post('json-not-object', '[]'),
  post('json-depth', '['.repeat(70) + ']'.repeat(70)),
  post('json-duplicate-key', '{"resourceType":"Patient","id":"a","id":"b"}'),
  post('json-forbidden-key', '{"resourceType":"Patient","__proto__":{}}'),
  post('json-items', `{"resourceType":"Patient","name":[${'{},'.repeat(50_000)}{}]}`),
  post(
    'json-nodes',
    `{"resourceType":"Patient","name":[${Array(11)
      .fill(`[${'{},'.repeat(49_000)}{}]`)
      .join(',')}]}`,
  ),
  post('resource-type-missing', '{}'),
  post('resource-type-unknown', '{}', '/Patience'),
  post('resource-type-mismatch', '{"resourceType":"Group"}'),
  { code: 'id-mismatch', method: 'PUT', path: '/Patient/given', body: patient({ id: 'other' }) },
  { code: 'id-invalid', method: 'PUT', path: '/Patient/a_b', body: patient({ id: 'a_b' }) },
  get('not-found', '/Patient/absent'),
  get('gone', '/Patient/gone'),
  post('subsetted', patient({ meta: { tag: [{ code: 'SUBSETTED' }] } })),
  jsonPatch('patch-invalid', '{}'),
  jsonPatch('patch-path', '[{"op":"remove","path":"/active"}]'),
  jsonPatch('patch-test', '[{"op":"test","path":"/id","value":"x"}]'),
  fhirPatch('patch-expression', 'delete', path('Patient..')),
  fhirPatch('patch-several', 'delete', path('Patient.name')),
  fhirPatch('patch-list', 'move', { ...path('Patient.name[0]'), source: { valueInteger: 0 }, destination: { valueInteger: 0 } }),
  post('narrative-active', {
    resourceType: 'Patient',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x">x</a></div>' },
  }),
  { ...jsonPatch('patch-narrative', '[{"op":"add","path":"/active","value":true}]'), path: '/Patient/narrated' },
  fhirPatch('patch-index', 'move', { ...path('Patient.name'), source: { valueInteger: 2 }, destination: { valueInteger: 0 } }),
  fhirPatch('patch-type', 'replace', { ...path('Patient.identifier'), value: { valueBoolean: true } }),
  fhirPatch('patch-exists', 'add', { ...path('Patient'), name: { valueString: 'id' }, value: { valueId: 'x' } }),
  { code: 'version-conflict', method: 'DELETE', path: '/Patient/given', headers: { 'If-Match': '"99"' } },
  { code: 'precondition-invalid', method: 'DELETE', path: '/Patient/given', headers: { 'If-Match': 'x' } },
  { code: 'criteria-multiple', method: 'DELETE', path: '/Patient?identifier=urn:x|many' },
  { code: 'id-taken', method: 'PUT', path: '/Patient?identifier=urn:x|none', body: { resourceType: 'Patient', id: 'given' } },
  { code: 'criteria-empty', method: 'DELETE', path: '/Patient?_format=json' },
  post('create-criteria', patient({}), '/Patient?identifier=x'),
  post('header-unsupported', patient({}), '/Patient', { 'X-Provenance': '{}' }),
  post('criteria-elsewhere', patient({}), '/Patient', { 'If-None-Exist': 'Observation?identifier=x' }),
  post('content-type-unsupported', 'x', '/Patient', { 'Content-Type': 'text/plain' }),
  post('content-encoding-unsupported', 'x', '/Patient', { 'Content-Encoding': 'br' }),
  post('content-encoding-invalid', 'x', '/Patient', { 'Content-Encoding': 'gzip' }),
  post('body-ratio', new Uint8Array(gzipSync(Buffer.alloc(4 * 1024 * 1024))), '/Patient', { 'Content-Encoding': 'gzip' }),
  post('fhir-version-unsupported', '{}', '/Patient', { 'Content-Type': 'application/fhir+json; fhirVersion=5.0' }),
  post('query-encoding', patient({}), '/Patient', { 'If-None-Exist': 'name=%ff' }),
  post('subscription-channel', subscription({ channel: { type: 'sms' } }), '/Subscription'),
  post('subscription-endpoint', subscription({ channel: { type: 'rest-hook', endpoint: 'https://x.example/' } }), '/Subscription'),
  post('subscription-payload', subscription({ channel: { type: 'websocket', payload: 'text/plain' } }), '/Subscription'),
  post('subscription-header', subscription({ channel: { type: 'websocket', header: ['Host: x'] } }), '/Subscription'),
  post('subscription-criteria', subscription({ criteria: 'Patient?_sort=name' }), '/Subscription'),
  post('subscription-end', subscription({ end: '2020-01-01T00:00:00Z' }), '/Subscription'),
  post('subscription-topic', backport({}), '/Subscription'),
  post(
    'subscription-filter',
    backport({ criteria: CONSENTS, _criteria: extended('filter-criteria', 'String', 'purpose=x') }),
    '/Subscription',
  ),
  post('subscription-extension', backport({ criteria: CONSENTS }), '/Subscription'),
  post('subscription-limit', bundle('transaction', ...Array(101).fill(entry('POST', 'Subscription', subscription({})))), ''),
  get('url-invalid', '/Patient/%ff'),
  get('not-acceptable', '/Patient', { Accept: 'application/pdf' }),
  { code: 'method-not-allowed', method: 'DELETE', path: '/metadata' },
  get('export-async-only', '/$export'),
  get('accepted', '/$export?_type=Group', { Prefer: 'respond-async' }),
  get('operation-unknown', '/Patient/$nothing'),
  get('graphql-invalid', '/$graphql?query=%7B'),
  get('graphql-costly', `/$graphql?query=%7B${Array.from({ length: 101 }, (_, n) => `a${n}:PatientList%7Bid%7D`).join('+')}%7D`),
  get('diff-large', '/Observation/noted/$diff'),
  get('document-entries', '/Composition/long/$document'),
  get('parameter-missing', '/Observation/$lastn?code=x'),
  get('parameter-unknown', '/Patient?nonsense=1', strict),
  get('parameter-invalid', '/Patient?birthdate=x'),
  get('parameter-unsupported', '/Patient?_query=x'),
  get(
    'values-many',
    `/Patient?${Array(9)
      .fill(`_tag=${Array(256).fill('x').join(',')}`)
      .join('&')}`,
  ),
  get('text-query', '/Patient?_text=a%20OR'),
  get('modifier-unsupported', '/Patient?name:above=x'),
  get('filter-syntax', '/Patient?_filter=name'),
  get('filter-large', `/Patient?_filter=${'('.repeat(21)}name%20eq%20x`),
  get('filter-parameter', '/Patient?_filter=nonsense%20eq%20x'),
  get('filter-operator', '/Patient?_filter=gender%20gt%20x'),
  get('filter-value', '/Patient?_filter=birthdate%20eq%20x'),
  get('contained-parameter', '/Medication?_contained=true&_sort=code'),
  get('sort-composite', '/Observation?_sort=code-value-quantity'),
  get('list-functional', '/Patient?_list=$current-problems'),
  get('page-invalid', '/Patient?_page=AAAA'),
  post('bundle-invalid', bundle('transaction', {}), ''),
  post('bundle-type', bundle('history'), ''),
  post('transaction-operation', bundle('transaction', entry('POST', 'Patient/$validate', patient({}))), ''),
  post('bundle-entries', bundle('batch', ...Array(10_001).fill({})), ''),
  post('bundle-duplicate', bundle('transaction', ...Array(2).fill(entry('PUT', 'Patient/twice', patient({ id: 'twice' })))), ''),
  post('reference-unresolved', bundle('transaction', entry('POST', 'Patient', BY_CRITERIA)), ''),
  post('reference-conditional', BY_CRITERIA),
  post('conditional-unsupported', bundle('transaction', { request: { method: 'DELETE', url: 'Patient?_id=x', ifNoneExist: 'x' } }), ''),
  message('message-event', { eventUri: 'urn:x:event' }),
  message('message-content', {}, { resourceType: 'Observation', status: 'final', code: { text: 'x' } }),
  message('message-identifier', {}, { resourceType: 'Organization', name: 'x' }),
  message('message-response', { response: { identifier: 'x', code: 'ok' } }),
  message('message-reused', { id: 'sent-before' }, patient({ active: false })),
  merging('merge-same', 'given', 'given'),
  merging('merge-unknown', 'absent', 'given'),
  merging('merge-several', undefined, 'given', { name: 'source-patient-identifier', valueIdentifier: { system: 'urn:x', value: 'many' } }),
  merging('merge-mismatch', 'given', 'many', { name: 'source-patient-identifier', valueIdentifier: { system: 'urn:x', value: 'no' } }),
  merging('merge-replaced', 'replaced', 'given'),
  merging('merge-inactive', 'given', 'inactive'),
  merging('merge-result', 'given', 'many', { name: 'result-patient', resource: { resourceType: 'Patient', id: 'many' } }),
  { code: 'mapping-code-unknown', path: '/code-mapping/code?id=x', root: true, as: { client: 'loader' } },
  { ...mapping('mapping-user-missing', 'propose', 'P1', MEANING), as: { client: 'loader' } },
  mapping('mapping-proposal-open', 'propose', 'P2', MEANING),
  mapping('mapping-proposal-none', 'confirm', 'P1', { proposal: 'x' }),
  mapping('mapping-nothing', 'withdraw', 'P1', {}),
  mapping('mapping-target', 'propose', 'P1', { ...MEANING, system: 'urn:x' }),
  {
    ...mapping('mapping-source-code', 'propose', '', {
      ...MEANING,
      id: 'h1-his|diagnosis|https://fhir-cn.example/sid/H1/diagnosis-code|心痛  待查',
    }),
  },
  { ...mapping('mapping-same-person', 'confirm', 'P2', { proposal: '{proposal}' }), as: TERMINOLOGIST('wang') },
  { code: 'linking-patient-unknown', path: '/linking/graph?patient=x', root: true, as: { client: 'loader' } },
  deciding('linking-task-unknown', 'keep-apart'),
  deciding('linking-link-unknown', 'part'),
  { code: 'linking-user-missing', method: 'POST', path: '/linking/link', root: true, body: {}, as: REGISTRAR },
  { code: 'read-only', method: 'DELETE', path: '/AuditEvent/x' },
  { ...post('valid', patient({ active: true }), '/Patient/$validate'), status: 200 },
  { ...post('stored', patient({ active: true }), '/Patient', { Prefer: 'return=OperationOutcome' }), status: 201 },
  { ...get('search-outcome', '/Patient?nonsense=1'), status: 200 },
  post('structure', patient({ name: [] })),
  post('type', patient({ active: 'x' })),
  post('unknown-element', patient({ nmae: 'x' })),
  post('value-format', patient({ birthDate: 'x' })),
  post('number-range', '{"resourceType":"Patient","multipleBirthInteger":1e400}'),
  { ...post('required', { resourceType: 'Observation', status: 'final' }, '/Observation'), status: 422 },
  { ...post('cardinality', patient({ deceasedBoolean: true, deceasedDateTime: '2020' })), status: 422 },
  post('binding', patient({ gender: 'x' })),
  validated(
    'code-unknown',
    patient({ maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0063', code: 'x' }] } }),
  ),
  validated('uri-form', patient({ implicitRules: 'urn:uuid:x' })),
  validated('canonical-relative', patient({ meta: { profile: ['StructureDefinition/x'] } })),
  validated('identifier-uri', patient({ identifier: [{ system: 'x', value: 'y' }] })),
  validated('attachment-hash', patient({ photo: [{ data: 'eA==', hash: 'eA==' }] })),
  validated('narrative-link', patient({ text: { status: 'generated', div: `<div xmlns="${XHTML}"><a href="#x">x</a></div>` } })),
  validated('full-url', { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient({}) }] }, '/Bundle'),
  ...BROKEN.map(({ code, resource }) => validated(code, resource, `/${resource.resourceType}`)),
  validated('reference-type', patient({ managingOrganization: { reference: 'Patient/x' } })),
  validated('extension-place', patient({ extension: [{ url: `${HL7}iso21090-ADXP-streetName`, valueString: 'x' }] })),
  validated(
    'extension-unknown',
    patient({ extension: [{ url: `${HL7}patient-nationality`, extension: [{ url: 'x', valueString: 'x' }] }] }),
  ),
  post('invariant', patient({ contact: [{ gender: 'male' }] })),
  { ...get('lastn-retracted', '/Observation/$lastn?patient=given&code:text=withdrawn'), status: 200 },
  { ...get('include-limit', '/Patient?_id=many&_revinclude=Observation:subject'), status: 200 },
  { ...post('rule', foreignConsent, '/Consent'), as: { client: 'loader' } },
  parameter('search-parameter-code', { code: 'gender' }),
  parameter('search-parameter-base', { base: ['Person'] }),
  parameter('search-parameter-expression', { expression: 'Patient.nmae' }),
  parameter('search-parameter-type', { type: 'date' }),
  parameter('search-parameter-component', {
    type: 'composite',
    expression: 'Patient',
    component: [1, 2].map(() => ({ definition: 'urn:x:none', expression: 'gender' })),
  }),
  post(
    'search-parameters-many',
    bundle(
      'transaction',
      ...Array.from({ length: 201 }, (_, at) =>
        entry('POST', 'SearchParameter', searchParameter({ code: `many-${at}`, url: `urn:x:${at}` })),
      ),
    ),
    '',
  ),
  get('definition-unknown', '/ValueSet/$expand?url=urn:nowhere'),
  get('concept-unknown', '/CodeSystem/$lookup?system=urn:oid:2.16.156.10011.2.3.3.4&code=x'),
  get('parameters-exclusive', '/ValueSet/x/$expand?url=urn:nowhere'),
  post('closure-unknown', parametersOf({ name: 'name', valueString: 'unheard' }, { name: 'version', valueString: '1' }), '/$closure'),
  post(
    'closure-full',
    parametersOf(
      { name: 'name', valueString: 'begun' },
      ...Array.from({ length: 2_001 }, (_, at) => ({ name: 'concept', valueCoding: { system: 'urn:x', code: `c${at}` } })),
    ),
    '/$closure',
  ),
  expanded('code-system-content', { system: 'http://unitsofmeasure.org' }),
  expanded('value-set-filter', { system: ACT_CODE, filter: [{ property: 'wings', op: '=', value: '2' }] }),
  expanded('code-system-version', { system: ACT_CODE, version: '1' }, { name: 'check-system-version', valueUri: `${ACT_CODE}|2018-08-12` }),
  validated(
    'binding-unchecked',
    {
      resourceType: 'Location',
      meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-location'] },
      physicalType: { coding: [{ system: 'urn:x', code: 'x' }] },
    },
    '/Location',
  ),
  get('value-set-cycle', '/ValueSet/$expand?url=urn:provoked:round'),
  get('expansion-costly', '/ValueSet/$expand?url=urn:provoked:many'),
  { code: 'source-unknown', root: true, path: '/ingest/nobody/payloads', as: { client: 'h1-engine' } },
  { code: 'payload-unknown', root: true, path: '/ingest/h1-lis/payloads/absent', as: { client: 'h1-engine' } },
  { code: 'replay-unknown', root: true, path: '/ingest/inbox/replays/absent', as: { client: 'loader' } },
  ingested('ingest-summary'),
  ingested('mapping-clock', '20260306081530||ORU', '20990306081530||ORU'),
  { ...ingested('mapping-organization', '|LIS|0001|', '|LIS|H11010500002|'), status: 422 },
  ingested('mapping-field-unread'),
  ingested('link-birth-date', FACTS, '王建国||19590312|M'),
  ingested('link-gender', FACTS, '王建国||19580312|F'),
  ingested('link-newborn', FACTS, '王建国之子||20260310|M'),
  { code: 'unauthenticated', path: '/Patient', as: { client: '' } },
  { code: 'forbidden', path: '/Patient', as: { client: 'h1-engine', parameters: { scope: 'system/Observation.rs' } } },
  {
    code: 'not-permitted',
    method: 'POST',
    path: '/Observation',
    body: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/nobody' } },
    as: { client: 'h1-engine' },
  },
  { code: 'parameter-forbidden', path: '/Patient?name=x', as: { client: 'researcher', parameters: { data_form: 'PSEUD' } } },
  { code: 'purpose-not-permitted', path: '/Patient', headers: { 'X-Purpose-Of-Use': 'HMARKT' }, as: { client: 'h1-engine' } },
]
