/** Which modifier goes with which type of parameter (R4 search.html 3.1.1.4.5, and `:code-text` of R5), for every parameter of every type. */
import { describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { r4Definitions } from '../../server/search/definitions.ts'
import { finds, refusal, search } from './ask.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
/** Modifiers, each with a value that has its form. */
const VALUES: Record<string, string> = {
  missing: 'true',
  exact: 'x',
  contains: 'x',
  text: 'x',
  'code-text': 'x',
  not: 'x',
  in: 'http://hl7.org/fhir/ValueSet/administrative-gender',
  'not-in': 'http://hl7.org/fhir/ValueSet/administrative-gender',
  above: `${ICD}|A01.0`,
  below: `${ICD}|A01.0`,
  'of-type': 'a|b|c',
  identifier: 'urn:s|x',
  Patient: 'Patient/1',
}
const ADDRESS = { above: 'http://x.example/a', below: 'http://x.example/a' }
/** Always, and where the elements of the parameter have what it needs. */
const TABLE: Record<string, { always: string[]; some: string[] }> = {
  string: { always: ['missing', 'exact', 'contains'], some: [] },
  token: { always: ['missing', 'code-text', 'not', 'in', 'not-in', 'above', 'below'], some: ['text', 'of-type'] },
  reference: { always: ['missing'], some: ['identifier', 'Patient'] },
  uri: { always: ['missing', 'above', 'below', 'contains'], some: [] },
  date: { always: ['missing'], some: [] },
  number: { always: ['missing'], some: [] },
  quantity: { always: ['missing'], some: [] },
  composite: { always: ['missing'], some: [] },
  special: { always: ['missing'], some: [] },
}
const MIME_TYPES = new Set(['CapabilityStatement.format', 'DocumentReference.contenttype', 'Library.content-type', 'Subscription.payload'])

test('every parameter of every type', () => {
  const wrong: string[] = []
  let asked = 0
  for (const type of r4Definitions().resources)
    for (const { code, type: kind } of search.parameters(type)) {
      if (code === '_id' || code === '_lastUpdated') continue
      // Of texts, which are no strings of the resource, there is no modifier.
      const isText = code === '_text' || code === '_content'
      const row = TABLE[kind]
      for (const [modifier, value] of Object.entries({ ...VALUES, ...(kind === 'uri' ? ADDRESS : {}) })) {
        const isMime = MIME_TYPES.has(`${type}.${code}`) && modifier === 'below'
        const got = refusal(type, `${code}:${modifier}=${isMime ? 'text/xml' : value}`)
        const may = row?.some.includes(modifier) && got === 'modifier-unsupported'
        const expected = !isText && (row?.always.includes(modifier) || row?.some.includes(modifier)) ? undefined : 'modifier-unsupported'
        asked++
        if (got !== expected && !may) wrong.push(`${type}.${code}:${modifier} (${kind}) ${got}`)
      }
    }
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(13 * 1300)
})

test.each<[string, string, boolean]>([
  ['Observation', 'category:text=x', true],
  ['Observation', 'combo-code:text=x', true],
  ['Encounter', 'class:text=x', true],
  ['Patient', 'identifier:text=x', true],
  ['Patient', '_tag:text=x', true],
  ['Patient', 'gender:text=x', false],
  ['Patient', 'active:text=x', false],
  ['Patient', 'telecom:text=x', false],
  ['Patient', 'identifier:of-type=a|b|c', true],
  ['Observation', 'code:of-type=a|b|c', false],
  ['Observation', 'subject:identifier=x', true],
  ['Observation', 'patient:identifier=x', true],
  ['Composition', 'entry:identifier=x', true],
  ['PlanDefinition', 'definition:identifier=x', false],
  ['Observation', 'subject:Patient=1', true],
  ['Observation', 'subject:Practitioner=1', false],
  ['Observation', 'focus:Practitioner=1', true],
  ['Observation', 'subject:text=x', false],
  ['Observation', 'subject:below=x', false],
  ['Patient', '_id:not=x', true],
  ['Patient', '_id:missing=true', true],
  ['Patient', '_id:text=x', false],
  ['Patient', '_lastUpdated:missing=true', true],
  ['Patient', '_lastUpdated:not=2024', false],
  ['AuditEvent', 'subtype:missing=true', true],
  ['AuditEvent', 'subtype:code-text=re', true],
  ['AuditEvent', 'subtype:text=x', false],
  ['AuditEvent', 'date:missing=true', true],
])('%s?%s: %s', (type, query, accepted) => {
  expect(refusal(type, query)).toBe(accepted ? undefined : 'modifier-unsupported')
})

const answers = (resource: FhirResource, rows: Record<string, boolean>) =>
  expect(Object.fromEntries(Object.keys(rows).map((query) => [query, finds(resource, query)]))).toEqual(rows)

describe(':text', () => {
  const observation = {
    resourceType: 'Observation',
    category: [{ coding: [{ code: 'laboratory', display: '實驗室檢查' }], text: 'Laboratory, Chémistry' }],
    code: { text: '血紅蛋白測定' },
    component: [{ code: { coding: [{ code: 'c', display: 'Systolic' }] } }],
    valueCodeableConcept: { coding: [{ code: 'pos', display: '阳性' }] },
  } as FhirResource

  test('begins a display or a text, folded as strings are', () => {
    answers(observation, {
      'category:text=实验室': true,
      'category:text=實驗': true,
      'category:text=laboratory, chem': true,
      'category:text=ＬＡＢ': true,
      'category:text=检查': false,
      'category:text=Chem': false,
      'code:text=血红': true,
      'combo-code:text=systolic': true,
      'component-code:text=sys': true,
      'value-concept:text=阳': true,
      'combo-value-concept:text=阳': true,
      'category:text=x,实验': true,
      'method:text=x': false,
    })
  })

  test('of an identifier it is the text of its type; of a label its display', () => {
    const resource = {
      resourceType: 'Patient',
      meta: { tag: [{ system: 'urn:t', code: 't', display: '随访' }] },
      identifier: [{ type: { text: '病案号', coding: [{ display: 'Medical record' }] }, system: 'urn:s', value: '0012' }],
    } as FhirResource
    answers(resource, {
      'identifier:text=病案': true,
      'identifier:text=0012': false,
      'identifier:text=Medical': false,
      '_tag:text=随': true,
    })
  })

  test('does not change what has a value, nor the order', () => {
    answers({ resourceType: 'Observation', category: [{ text: '只有文字' }] } as FhirResource, {
      'category:missing=true': false,
      'category:not=x': true,
      'category=只有文字': false,
    })
  })
})

test(':code-text begins a code, whatever its case', () => {
  const resource = {
    resourceType: 'Patient',
    identifier: [{ system: 'urn:s', value: 'Ab-12' }],
    gender: 'female',
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'zh-CN' }] } }],
  } as FhirResource
  answers(resource, {
    'language:code-text=ZH': true,
    'language:code-text=zh-cn': true,
    'language:code-text=CN': false,
    'language:code-text=zh-cn-x': false,
    'identifier:code-text=ab': true,
    'identifier:code-text=aB-1': true,
    'identifier:code-text=urn': false,
    'gender:code-text=FEM': true,
    'gender:code-text=male': false,
    'gender:code-text=x,f': true,
    'gender:code-text=.*': false,
  })
})

test(':below of MIME types: with any parameters, of any subtype', () => {
  const document = (contentType: string) =>
    ({ resourceType: 'DocumentReference', content: [{ attachment: { contentType } }] }) as FhirResource
  const found = (contentType: string, value: string) => finds(document(contentType), `contenttype:below=${value}`)
  expect([
    found('text/xml', 'text/xml'),
    found('text/xml; charset=UTF-8', 'text/xml'),
    found('text/xml-external', 'text/xml'),
    found('image/png', 'image'),
    found('image/png', 'image/'),
    found('imagery/png', 'image'),
    found('image/png', 'urn:ietf:bcp:13|image'),
    found('image/png', 'urn:other|image'),
  ]).toEqual([true, true, false, true, true, false, true, false])
  expect(refusal('DocumentReference', 'contenttype:below=a/b/c')).toBe('parameter-invalid')
})

describe('what is missing', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['Observation', { component: [{ code: { text: 'x' }, valueQuantity: { value: 1 } }] }, 'component-code-value-quantity'],
    ['Observation', { code: { coding: [{ code: 'a' }] }, valueQuantity: { value: 1 } }, 'code-value-quantity'],
    ['Observation', { subject: { display: '张三' } }, 'subject'],
    ['Observation', { subject: { reference: 'Patient/1' } }, 'patient'],
    ['Patient', { birthDate: '2024' }, 'birthdate'],
    ['Patient', { active: false }, 'active'],
    ['Patient', { name: [{ family: '王' }] }, 'phonetic'],
    ['RiskAssessment', { prediction: [{ probabilityDecimal: 0 }] }, 'probability'],
    ['ValueSet', { url: 'urn:oid:1' }, 'url'],
    ['Patient', { meta: { tag: [{ code: 'x' }] } }, '_tag'],
  ])('%s %j has %s', (resourceType, elements, code) => {
    answers({ resourceType, ...elements } as FhirResource, { [`${code}:missing=false`]: true, [`${code}:missing=true`]: false })
    answers({ resourceType } as FhirResource, { [`${code}:missing=false`]: false, [`${code}:missing=true`]: true })
  })
})
