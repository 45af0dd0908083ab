/**
 * FHIRPath Patch on the text of a resource, operation by operation, as R4 fhirpatch.html says; what comes out is written by hand,
 * text by text, so that digits and the order of elements count.
 */
import { describe, expect, test } from '@jest/globals'
import { applyFhirPathPatch, parseFhirPathPatch } from '../../server/interactions/fhirpath-patch.ts'
import { add, apply, four, insert, move, order, type Parts, patient, remove, replace } from './operations.ts'

describe('add', () => {
  test.each<[string, string, Parts, string]>([
    ['a primitive', '', add('Patient', 'birthDate', { valueDate: '1930-01-01' }), '"birthDate":"1930-01-01"'],
    ['a boolean', '', add('Patient', 'active', { valueBoolean: false }), '"active":false'],
    [
      'where its definition has it among the others',
      '"id":"a","name":[{"text":"x"}],"birthDate":"1930"',
      add('Patient', 'gender', { valueCode: 'male' }),
      '"id":"a","name":[{"text":"x"}],"gender":"male","birthDate":"1930"',
    ],
    [
      'a datatype',
      '',
      add('Patient', 'maritalStatus', { valueCodeableConcept: { text: 'married' } }),
      '"maritalStatus":{"text":"married"}',
    ],
    ['the first item of a list', '', add('Patient', 'identifier', { valueIdentifier: { value: '1' } }), '"identifier":[{"value":"1"}]'],
    [
      'behind the last item',
      '"identifier":[{"value":"1"}]',
      add('Patient', 'identifier', { valueIdentifier: { value: '2' } }),
      '"identifier":[{"value":"1"},{"value":"2"}]',
    ],
    [
      'to an item that a condition names',
      '"name":[{"use":"usual"},{"use":"official"}]',
      add("Patient.name.where(use = 'official')", 'family', { valueString: '王' }),
      '"name":[{"use":"usual"},{"use":"official","family":"王"}]',
    ],
    [
      'an item of a list of primitives',
      '"name":[{"given":["a"]}]',
      add('Patient.name.first()', 'given', { valueString: 'b' }),
      '"name":[{"given":["a","b"]}]',
    ],
    [
      'a primitive with an extension beside it',
      '"name":[{"given":["a"]}]',
      add('Patient.name', 'given', { valueString: 'b', _valueString: { id: 'g' } }),
      '"name":[{"given":["a","b"],"_given":[null,{"id":"g"}]}]',
    ],
    ['a choice by its plain name', '', add('Patient', 'deceased', { valueBoolean: true }), '"deceasedBoolean":true'],
    ['a choice with its brackets', '', add('Patient', 'deceased[x]', { valueDateTime: '2020' }), '"deceasedDateTime":"2020"'],
    ['a choice by its full name', '', add('Patient', 'deceasedBoolean', { valueBoolean: true }), '"deceasedBoolean":true'],
    [
      'an element without a datatype of its own, by parts',
      '',
      add('Patient', 'contact', {
        part: [
          { name: 'name', valueHumanName: { text: 'n' } },
          { name: 'gender', valueCode: 'female' },
        ],
      }),
      '"contact":[{"name":{"text":"n"},"gender":"female"}]',
    ],
    [
      'a part that repeats',
      '',
      add('Patient', 'contact', {
        part: [
          { name: 'telecom', valueContactPoint: { value: '1' } },
          { name: 'telecom', valueContactPoint: { value: '2' } },
        ],
      }),
      '"contact":[{"telecom":[{"value":"1"},{"value":"2"}]}]',
    ],
    [
      'a datatype by parts',
      '',
      add('Patient', 'maritalStatus', {
        part: [
          { name: 'coding', part: [{ name: 'code', valueCode: 'M' }] },
          { name: 'text', valueString: 'm' },
        ],
      }),
      '"maritalStatus":{"coding":[{"code":"M"}],"text":"m"}',
    ],
    [
      'an extension, which value[x] cannot hold',
      '',
      add('Patient', 'extension', {
        part: [
          { name: 'url', valueUri: 'urn:e' },
          { name: 'value', valueString: 's' },
        ],
      }),
      '"extension":[{"url":"urn:e","valueString":"s"}]',
    ],
    [
      'an extension to a primitive',
      '"birthDate":"1930","address":[{"text":"x"}]',
      add('Patient.birthDate', 'extension', {
        part: [
          { name: 'url', valueUri: 'urn:e' },
          { name: 'value', valueCode: 'c' },
        ],
      }),
      '"birthDate":"1930","address":[{"text":"x"}],"_birthDate":{"extension":[{"url":"urn:e","valueCode":"c"}]}',
    ],
    [
      'a resource that is contained',
      '',
      add('Patient', 'contained', { resource: { resourceType: 'Organization', id: 'o', name: 'O' } }),
      '"contained":[{"resourceType":"Organization","id":"o","name":"O"}]',
    ],
    [
      'to a resource that is contained',
      '"contained":[{"resourceType":"Organization","id":"o"}]',
      add("Patient.contained.where(id = 'o')", 'name', { valueString: 'O' }),
      '"contained":[{"resourceType":"Organization","id":"o","name":"O"}]',
    ],
  ])('%s', (_name, before, parts, after) => {
    expect(apply(patient(before), parts)).toBe(patient(after))
  })

  test('backbone elements in backbone elements, as deep as they go', () => {
    const item = (linkId: string, ...inner: object[]) => [{ name: 'linkId', valueString: linkId }, ...inner]
    const value = { part: item('1', { name: 'item', part: item('1.1', { name: 'item', part: item('1.1.1') }) }) }
    expect(apply({ resourceType: 'QuestionnaireResponse' }, add('QuestionnaireResponse', 'item', value))).toBe(
      '{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","item":[{"linkId":"1.1","item":[{"linkId":"1.1.1"}]}]}]}',
    )
  })
})

/** A value of each datatype that Parameters may have, at an element of that datatype. */
const DATATYPES: [type: string, resource: string, element: string, value: string][] = [
  ['Base64Binary', 'Binary', 'data', '"QQ=="'],
  ['Boolean', 'Patient', 'active', 'true'],
  ['Canonical', 'Questionnaire', 'derivedFrom', '"urn:c"'],
  ['Code', 'Patient', 'gender', '"male"'],
  ['Date', 'Patient', 'birthDate', '"1930"'],
  ['DateTime', 'Condition', 'recordedDate', '"1930-01-01T08:00:00+08:00"'],
  ['Instant', 'Observation', 'issued', '"2020-01-01T00:00:00Z"'],
  ['Markdown', 'Questionnaire', 'description', '"*m*"'],
  ['String', 'Questionnaire', 'title', '"t"'],
  ['UnsignedInt', 'ImagingStudy', 'numberOfSeries', '3'],
  ['Uri', 'Questionnaire', 'url', '"urn:u"'],
  ['Address', 'Location', 'address', '{"text":"a"}'],
  ['Age', 'Condition', 'onset', '{"value":1.50}'],
  ['Annotation', 'Observation', 'note', '{"text":"n"}'],
  ['Attachment', 'Patient', 'photo', '{"title":"t"}'],
  ['CodeableConcept', 'Observation', 'code', '{"text":"c"}'],
  ['Coding', 'Encounter', 'class', '{"code":"AMB"}'],
  ['ContactPoint', 'Patient', 'telecom', '{"value":"1"}'],
  ['Duration', 'Encounter', 'length', '{"value":1.0}'],
  ['HumanName', 'Patient', 'name', '{"text":"n"}'],
  ['Identifier', 'Patient', 'identifier', '{"value":"1"}'],
  ['Money', 'Claim', 'total', '{"value":10.00,"currency":"CNY"}'],
  ['Period', 'Encounter', 'period', '{"start":"2020"}'],
  ['Quantity', 'Observation', 'value', '{"value":6.50}'],
  ['Range', 'Observation', 'value', '{"low":{"value":1.0}}'],
  ['Ratio', 'Observation', 'value', '{"numerator":{"value":1.0}}'],
  ['Reference', 'Observation', 'subject', '{"reference":"Patient/1"}'],
  ['SampledData', 'Observation', 'value', '{"origin":{"value":0.0},"period":10.0,"dimensions":1}'],
  ['Signature', 'Provenance', 'signature', '{"when":"2020-01-01T00:00:00Z"}'],
  ['Timing', 'ServiceRequest', 'occurrence', '{"event":["2020"]}'],
  ['ContactDetail', 'Questionnaire', 'contact', '{"name":"n"}'],
  ['RelatedArtifact', 'Library', 'relatedArtifact', '{"type":"citation"}'],
  ['UsageContext', 'Questionnaire', 'useContext', '{"code":{"code":"x"}}'],
  ['Dosage', 'MedicationRequest', 'dosageInstruction', '{"text":"d"}'],
  ['Meta', 'Patient', 'meta', '{"profile":["urn:p"]}'],
]
const REPEATS = new Set(['derivedFrom', 'note', 'photo', 'telecom', 'name', 'identifier', 'signature', 'contact', 'relatedArtifact'])
  .add('useContext')
  .add('dosageInstruction')
const CHOICES = new Set(['onset', 'value', 'occurrence'])

describe('each datatype, with its digits', () => {
  test.each(DATATYPES.filter(([, , element]) => element !== 'x' && !element.includes('.')))('%s', (type, resource, element, value) => {
    const sent = `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},
      {"name":"path","valueString":"${resource}"},{"name":"name","valueString":"${element}"},{"name":"value","value${type}":${value}}]}]}`
    const after = applyFhirPathPatch(`{"resourceType":"${resource}"}`, parseFhirPathPatch(Buffer.from(sent)))
    const key = CHOICES.has(element) ? element + type : element
    expect(after).toBe(`{"resourceType":"${resource}","${key}":${REPEATS.has(element) ? `[${value}]` : value}}`)
  })
})

test.each([
  ['Integer', '12'],
  ['Time', '"10:00:00"'],
  ['String', '"s"'],
  ['Boolean', 'true'],
  ['DateTime', '"2020"'],
])('each datatype of a choice: %s', (type, value) => {
  const after = apply('{"resourceType":"Observation"}', add('Observation', 'value', { [`value${type}`]: JSON.parse(value) }))
  expect(after).toBe(`{"resourceType":"Observation","value${type}":${value}}`)
})

test.each([
  ['a decimal', 'Decimal', 'value', '1.500'],
  ['an integer where a decimal is', 'Integer', 'value', '2'],
  ['a code', 'Code', 'code', '"g"'],
  ['a string where a code is', 'String', 'code', '"g"'],
  ['a uri', 'Uri', 'system', '"urn:u"'],
])('in a datatype: %s', (_name, type, element, value) => {
  const sent = parseFhirPathPatch(
    Buffer.from(
      `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":
      "Observation.value"},{"name":"name","valueString":"${element}"},{"name":"value","value${type}":${value}}]}]}`,
    ),
  )
  const before = '{"resourceType":"Observation","valueQuantity":{"unit":"g"}}'
  const [first, second] = element === 'value' ? [`"${element}":${value}`, '"unit":"g"'] : ['"unit":"g"', `"${element}":${value}`]
  expect(applyFhirPathPatch(before, sent)).toBe(`{"resourceType":"Observation","valueQuantity":{${first},${second}}}`)
})

describe('replace', () => {
  test.each<[string, string, Parts, string]>([
    [
      'a primitive',
      '"birthDate":"1920","active":true',
      replace('Patient.birthDate', { valueDate: '1930' }),
      '"birthDate":"1930","active":true',
    ],
    [
      'a primitive with its extensions, which are of the old value',
      '"birthDate":"1920","_birthDate":{"id":"b"},"active":true',
      replace('Patient.birthDate', { valueDate: '1930' }),
      '"birthDate":"1930","active":true',
    ],
    [
      'an element within',
      '"contact":[{"name":{"text":"a"},"gender":"male"}]',
      replace('Patient.contact[0].name.text', { valueString: 'b' }),
      '"contact":[{"name":{"text":"b"},"gender":"male"}]',
    ],
    [
      'an item',
      '"name":[{"text":"a"},{"text":"b"}]',
      replace("Patient.name.where(text = 'a')", { valueHumanName: { text: 'c' } }),
      '"name":[{"text":"c"},{"text":"b"}]',
    ],
    [
      'an item of a list of primitives, by its value',
      '"name":[{"given":["a","b"],"_given":[null,{"id":"g"}]}]',
      replace("Patient.name.given.where($this = 'b')", { valueString: 'c' }),
      '"name":[{"given":["a","c"]}]',
    ],
    [
      'a choice by one of another type, in its place',
      '"birthDate":"1920","deceasedBoolean":true,"address":[{"text":"x"}]',
      replace('Patient.deceased', { valueDateTime: '2020' }),
      '"birthDate":"1920","deceasedDateTime":"2020","address":[{"text":"x"}]',
    ],
    [
      'a value of an extension',
      '"extension":[{"url":"urn:a","valueString":"x"},{"url":"urn:b","valueString":"y"}]',
      replace("Patient.extension('urn:b').value", { valueInteger: 7 }),
      '"extension":[{"url":"urn:a","valueString":"x"},{"url":"urn:b","valueInteger":7}]',
    ],
    [
      'what is in an extension of a primitive',
      '"birthDate":"1920","_birthDate":{"extension":[{"url":"urn:a","valueString":"x"}]}',
      replace('Patient.birthDate.extension.value', { valueString: 'y' }),
      '"birthDate":"1920","_birthDate":{"extension":[{"url":"urn:a","valueString":"y"}]}',
    ],
    [
      'a narrative, whose type value[x] does not have',
      '"text":{"status":"generated","div":"<div/>"}',
      replace('Patient.text.div', { valueString: '<div>x</div>' }),
      '"text":{"status":"generated","div":"<div>x</div>"}',
    ],
    [
      'what a text names in which an element stands',
      '"name":[{"text":"a.div"},{"text":"b"}]',
      replace("Patient.name.where(text = 'a.div').text", { valueString: 'c' }),
      '"name":[{"text":"c"},{"text":"b"}]',
    ],
    [
      'an element by parts',
      '"contact":[{"gender":"male"}]',
      replace('Patient.contact', { part: [{ name: 'gender', valueCode: 'female' }] }),
      '"contact":[{"gender":"female"}]',
    ],
  ])('%s', (_name, before, parts, after) => {
    expect(apply(patient(before), parts)).toBe(patient(after))
  })
})

describe('delete', () => {
  test.each<[string, string, string, string]>([
    ['a primitive with its extensions', '"birthDate":"1920","_birthDate":{"id":"b"},"active":true', 'Patient.birthDate', '"active":true'],
    ['nothing', '"active":true', 'Patient.birthDate', '"active":true'],
    ['nothing, of a list', '"name":[{"text":"a"}]', "Patient.name.where(use = 'old')", '"name":[{"text":"a"}]'],
    ['an item', '"name":[{"text":"a"},{"text":"b"}]', 'Patient.name[0]', '"name":[{"text":"b"}]'],
    ['the last item and its list', '"name":[{"text":"a"}],"active":true', 'Patient.name[0]', '"active":true'],
    ['the only item without its index', '"name":[{"text":"a"}],"active":true', 'Patient.name', '"active":true'],
    [
      'what is empty then goes too',
      '"contact":[{"name":{"text":"a"},"gender":"male"},{"name":{"text":"b"}}]',
      'Patient.contact[1].name.text',
      '"contact":[{"name":{"text":"a"},"gender":"male"}]',
    ],
    [
      'an item of a list of primitives, with what is beside it',
      '"name":[{"given":["a","b","c"],"_given":[null,{"id":"x"},{"id":"y"}]}]',
      'Patient.name.given[1]',
      '"name":[{"given":["a","c"],"_given":[null,{"id":"y"}]}]',
    ],
    [
      'the last extension of a primitive, whose value stays',
      '"birthDate":"1920","_birthDate":{"extension":[{"url":"urn:a","valueString":"x"}]}',
      'Patient.birthDate.extension[0]',
      '"birthDate":"1920"',
    ],
    [
      'the last extension of a primitive that has no value',
      '"active":true,"_birthDate":{"extension":[{"url":"urn:a","valueString":"x"}]}',
      'Patient.birthDate.extension[0]',
      '"active":true',
    ],
    [
      'the extension of an item',
      '"name":[{"given":["a","b"],"_given":[null,{"extension":[{"url":"urn:a","valueString":"x"}]}]}]',
      'Patient.name.given.extension',
      '"name":[{"given":["a","b"]}]',
    ],
    ['a choice', '"deceasedBoolean":true', 'Patient.deceased', ''],
  ])('%s', (_name, before, path, after) => {
    expect(apply(patient(before), remove(path))).toBe(patient(after))
  })
})

describe('insert and move', () => {
  test.each([
    [0, '51234'],
    [2, '12534'],
    [4, '12345'],
  ])('insert at %i', (index, after) => {
    expect(order(apply(four, insert('Patient.identifier', index, { valueIdentifier: { value: '5' } })))).toBe(after)
  })

  test.each([
    ['Patient.telecom', { valueContactPoint: { value: '1' } }, '"name":[{"family":"a"}],"telecom":[{"value":"1"}]'],
    ['Patient.name[0].given', { valueString: 'b' }, '"name":[{"family":"a","given":["b"]}]'],
    ['Patient.contact', { part: [{ name: 'gender', valueCode: 'male' }] }, '"name":[{"family":"a"}],"contact":[{"gender":"male"}]'],
    ["Patient.name.where(family = 'a.b' or family = 'a').given", { valueString: 'b' }, '"name":[{"family":"a","given":["b"]}]'],
  ])('insert at the beginning of %s, which is not there, makes the list', (path, value, after) => {
    expect(apply(patient('"name":[{"family":"a"}]'), insert(path, 0, value))).toBe(patient(after))
  })

  test('insert into a list of primitives keeps each with what is beside it', () => {
    const before = patient('"name":[{"given":["a","b"],"_given":[null,{"id":"b"}]}]')
    expect(apply(before, insert('Patient.name.given', 1, { valueString: 'c' }))).toBe(
      patient('"name":[{"given":["a","c","b"],"_given":[null,null,{"id":"b"}]}]'),
    )
  })

  test.each([
    [3, 1, '1423'],
    [3, 0, '4123'],
    [0, 3, '2341'],
    [1, 2, '1324'],
    [2, 2, '1234'],
  ])('move from %i to %i', (source, destination, after) => {
    expect(order(apply(four, move('Patient.identifier', source, destination)))).toBe(after)
  })

  test('one operation sees what the one before it did', () => {
    expect(order(apply(four, move('Patient.identifier', 3, 0), move('Patient.identifier', 3, 1), move('Patient.identifier', 3, 2)))).toBe(
      '4321',
    )
    const both = [add('Patient', 'contact', { part: [{ name: 'gender', valueCode: 'male' }] }), remove('Patient.contact.gender')]
    expect(apply(patient(''), ...both)).toBe(patient(''))
  })
})

test('no operations change nothing, not even a digit or the place of an element', () => {
  const text = '{"resourceType":"Observation","valueQuantity":{"unit":"g","value":1.500},"status":"final","id":"x"}'
  expect(apply(text)).toBe(text)
  expect(apply(text, replace('Observation.status', { valueCode: 'amended' }))).toBe(text.replace('final', 'amended'))
})

test('numbers are compared as numbers in a condition', () => {
  const text = '{"resourceType":"Observation","component":[{"valueQuantity":{"value":6.50}},{"valueQuantity":{"value":60.00}}]}'
  expect(apply(text, remove('Observation.component.where(value.value > 10.0)'))).toBe(
    '{"resourceType":"Observation","component":[{"valueQuantity":{"value":6.50}}]}',
  )
})
