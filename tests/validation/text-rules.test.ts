/** Rules that stand in the text of R4 alone: what breaks each, where, and what does not. */
import { describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'

const validator = createValidator()

/** What is found of the codes asked for. */
const found = (resource: object, ...codes: string[]): string[] =>
  validator
    .validate(resource as FhirResource, { mode: 'create' })
    .filter(({ code }) => codes.includes(code))
    .map(({ severity, code, expression }) => `${severity} ${code} ${expression}`)

const BASE = 'http://example.org/fhir/'
const UUID = (n: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`
const entry = (fullUrl: string, resource: object) => ({ fullUrl, resource })
const subject = (reference: string) => ({ resourceType: 'Basic', code: { text: 'x' }, subject: { reference } })

const composition = (section: string) => ({
  resourceType: 'Composition',
  id: 'c',
  status: 'final',
  type: { text: 'x' },
  date: '2026-01-01',
  author: [{ display: 'x' }],
  title: 'x',
  section: [{ entry: [{ reference: section }] }],
})
const document = (...entries: object[]) => ({
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'urn:x', value: '1' },
  timestamp: '2026-01-01T00:00:00Z',
  entry: entries,
})
const message = (...entries: object[]) => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [
    entry(UUID(0), {
      resourceType: 'MessageHeader',
      eventUri: 'urn:x',
      source: { endpoint: 'urn:x' },
      focus: [{ reference: UUID(1) }],
    }),
    ...entries,
  ],
})

describe('entries of documents and messages', () => {
  const patient = { resourceType: 'Patient', id: 'p' }
  const other = { resourceType: 'Patient', id: 'q' }
  const links = (bundle: object): string[] => found(bundle, 'bundle-link', 'bundle-unreached')

  test('are reached directly or through others, by absolute and by relative references', () => {
    const whole = document(
      entry(`${BASE}Composition/c`, composition('Basic/b')),
      entry(`${BASE}Basic/b`, { ...subject(UUID(1)), id: 'b' }),
      entry(UUID(1), subject(`${BASE}Patient/p`)),
      entry(`${BASE}Patient/p`, patient),
    )
    expect(links(whole)).toEqual([])
  })

  test('that nothing leads to are said of a document as an error, of a message as a warning', () => {
    const [first, last] = [entry(`${BASE}Composition/c`, composition('Patient/p')), entry(`${BASE}Patient/q`, other)]
    expect(links(document(first, entry(`${BASE}Patient/p`, patient), last))).toEqual(['error bundle-unreached Bundle.entry[2]'])
    expect(links(message(entry(UUID(1), patient), last))).toEqual(['warning bundle-unreached Bundle.entry[2]'])
  })

  test('may be stylesheets and the provenance of what is in the document', () => {
    const provenance = (target: string) => ({
      resourceType: 'Provenance',
      target: [{ reference: target }],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'x' } }],
    })
    const around = [
      entry(`${BASE}Composition/c`, composition('Patient/p')),
      entry(`${BASE}Patient/p`, patient),
      entry(UUID(1), { resourceType: 'Binary', contentType: 'text/css' }),
    ]
    expect(links(document(...around, entry(UUID(2), provenance(`${BASE}Patient/p`))))).toEqual([])
    expect(links(document(...around, entry(UUID(2), provenance(`${BASE}Patient/q`))))).toEqual(['error bundle-unreached Bundle.entry[3]'])
  })

  test('are not meant by a relative reference of an entry without a base, or of another server', () => {
    const of = (fullUrl: string) =>
      document(
        entry(`${BASE}Composition/c`, { ...composition(fullUrl), subject: { reference: 'Patient/p' } }),
        entry(fullUrl, subject('Patient/p')),
        entry(`${BASE}Patient/p`, patient),
      )
    expect(links(of(UUID(1)))).toEqual(['error bundle-link Bundle.entry[1].resource.subject'])
    expect(links(of('http://other.example/Basic/b'))).toEqual(['error bundle-link Bundle.entry[1].resource.subject'])
    expect(links(of(`${BASE}Basic/b`))).toEqual([])
  })

  test('may be named with their version', () => {
    const versioned = { ...patient, meta: { versionId: '2' } }
    const of = (version: string) =>
      document(entry(`${BASE}Composition/c`, composition(`Patient/p/_history/${version}`)), entry(`${BASE}Patient/p`, versioned))
    expect(links(of('2'))).toEqual([])
    expect(links(of('1'))).toEqual(['error bundle-unreached Bundle.entry[1]'])
  })

  test('stand as they like in a collection', () => {
    expect(links({ resourceType: 'Bundle', type: 'collection', entry: [entry(UUID(1), patient), entry(UUID(2), other)] })).toEqual([])
  })
})

describe('the paths of a StructureMap', () => {
  const map = (rule: object, structure?: object[]) => ({
    resourceType: 'StructureMap',
    url: 'urn:x',
    name: 'x',
    status: 'draft',
    ...(structure ? { structure } : {}),
    group: [
      {
        name: 'g',
        typeMode: 'none',
        input: [
          { name: 'source', type: 'Patient', mode: 'source' },
          { name: 'target', type: 'Person', mode: 'target' },
        ],
        rule: [{ name: 'r', ...rule }],
      },
    ],
  })
  const paths = (rule: object, structure?: object[]): string[] => found(map(rule, structure), 'map-path')
  const source = (more: object) => [{ context: 'source', ...more }]
  const target = (more: object) => [{ context: 'target', contextType: 'variable', ...more }]

  test('begin at an input or a variable of the rule or of one around it', () => {
    const inner = (context: string) => ({
      source: source({ element: 'name', variable: 'n' }),
      rule: [{ name: 'i', source: [{ context, element: 'family' }] }],
    })
    expect(paths(inner('n'))).toEqual([])
    expect(paths(inner('m'))).toEqual(['error map-path StructureMap.group[0].rule[0].rule[0].source[0]'])
    expect(paths({ source: source({}), target: [{ context: 'Bundle', contextType: 'type' }] })).toEqual([])
  })

  test('name elements of the type, a choice without its type', () => {
    expect(paths({ source: source({ element: 'deceased' }), target: target({ element: 'birthDate' }) })).toEqual([])
    expect(paths({ source: source({ element: 'deceasedBoolean' }), target: target({ element: 'name.family' }) })).toEqual([
      'error map-path StructureMap.group[0].rule[0].source[0]',
    ])
    expect(paths({ source: source({}), target: target({ element: 'name.nickname' }) })).toEqual([
      'error map-path StructureMap.group[0].rule[0].target[0]',
    ])
  })

  test('are not known where the type is a logical model', () => {
    const structure = [{ url: 'http://example.org/StructureDefinition/Form', mode: 'source', alias: 'Patient' }]
    expect(paths({ source: source({ element: 'box' }) }, structure)).toEqual([])
  })
})

describe('definitions', () => {
  const profile = (more: object, ...elements: object[]) => ({
    resourceType: 'StructureDefinition',
    url: 'http://example.org/StructureDefinition/x',
    name: 'X',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    snapshot: { element: [{ id: 'Patient', path: 'Patient', min: 0, max: '*' }, ...elements] },
    ...more,
  })

  test('have the kind of the type that they constrain', () => {
    expect(found(profile({}), 'definition-kind')).toEqual([])
    expect(found(profile({ kind: 'complex-type' }), 'definition-kind')).toEqual(['error definition-kind StructureDefinition.kind'])
    expect(found(profile({ type: 'HumanName' }), 'definition-kind')).toEqual(['error definition-kind StructureDefinition.kind'])
    expect(found(profile({ type: 'string', kind: 'primitive-type' }), 'definition-kind')).toEqual([])
  })

  test('bind to value sets, not to code systems', () => {
    const bound = (valueSet: string) => profile({}, { id: 'x', path: 'Patient.gender', binding: { strength: 'required', valueSet } })
    expect(found(bound('http://hl7.org/fhir/ValueSet/administrative-gender'), 'reference-type')).toEqual([])
    expect(found(bound('http://hl7.org/fhir/administrative-gender|4.0.1'), 'reference-type')).toEqual([
      'error reference-type StructureDefinition.snapshot.element[1].binding.valueSet',
    ])
  })

  test('say how slices are told apart before the first of them', () => {
    const [first, slice] = [
      { id: 'Patient.name', path: 'Patient.name', slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' } },
      { id: 'Patient.name:a', path: 'Patient.name', sliceName: 'a' },
    ]
    expect(found(profile({}, first, slice), 'definition-slicing')).toEqual([])
    expect(found(profile({}, slice), 'definition-slicing')).toEqual(['error definition-slicing StructureDefinition.snapshot.element[1]'])
  })

  test.each([
    ['Patient.name.family', []],
    ["Patient.name.where(use = 'official').family | Person.name", []],
    ['name.family', []],
    ['Patient.name.hasFamily()', ['error value-format SearchParameter.expression']],
    ['Patient.name.(', ['error value-format SearchParameter.expression']],
    ['Patient.name | Group.name', ['error reference-type SearchParameter.expression']],
  ])('search by %s', (expression, expected) => {
    const parameter = {
      resourceType: 'SearchParameter',
      url: 'urn:x',
      name: 'x',
      status: 'draft',
      description: 'x',
      code: 'x',
      base: ['Patient', 'Person'],
      type: 'string',
      expression,
    }
    expect(found(parameter, 'value-format', 'reference-type')).toEqual(expected)
  })
})

describe('extensions', () => {
  const patient = (more: object) => ({ resourceType: 'Patient', ...more })
  const codes = ['modifier-unknown', 'extension-place']
  const unknown = [{ url: 'http://example.org/unknown', valueBoolean: true }]
  const plain = [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { text: 'x' } }]

  test('that are not known are an error where they change the meaning', () => {
    expect(found(patient({ extension: unknown }), ...codes)).toEqual([])
    expect(found(patient({ modifierExtension: unknown }), ...codes)).toEqual(['error modifier-unknown Patient.modifierExtension[0]'])
  })

  test('that change no meaning are no modifiers', () => {
    expect(found(patient({ extension: plain }), ...codes)).toEqual([])
    expect(found(patient({ modifierExtension: plain }), ...codes)).toEqual(['error extension-place Patient.modifierExtension[0]'])
  })
})

describe('an extension whose definition says when it may be used', () => {
  const questionnaire = (type: string, ...extension: object[]) => ({
    resourceType: 'Questionnaire',
    status: 'draft',
    item: [{ linkId: '1', type, extension }],
  })
  const hl7 = (name: string, more: object) => ({ url: `http://hl7.org/fhir/StructureDefinition/questionnaire-${name}`, ...more })
  const unit = hl7('unit', { valueCoding: { code: 'kg' } })
  const place = (resource: object): string[] => found(resource, 'extension-place')

  test('is refused where the element is another', () => {
    expect(place(questionnaire('decimal', unit))).toEqual([])
    expect(place(questionnaire('string', unit))).toEqual(['error extension-place Questionnaire.item[0].extension[0]'])
  })

  test('may ask what it says itself', () => {
    const of = (valueInteger: number) => questionnaire('string', hl7('maxOccurs', { valueInteger }))
    expect(place(of(1))).toEqual([])
    expect(place({ ...of(2), item: [{ ...of(2).item[0], repeats: false }] })).toEqual([
      'error extension-place Questionnaire.item[0].extension[0]',
    ])
  })
})

describe('an extensible binding', () => {
  const marital = (...coding: object[]) => found({ resourceType: 'Patient', maritalStatus: { coding } }, 'binding', 'binding-extensible')
  const inside = { system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M' }

  test('takes a code of its own, alone or beside others', () => {
    expect(marital(inside)).toEqual([])
    expect(marital(inside, { system: 'urn:x', code: 'x' })).toEqual([])
  })

  test('warns of a code that its systems do not have otherwise than of one of another system', () => {
    expect(marital({ ...inside, code: 'x' })).toEqual(['warning binding Patient.maritalStatus'])
    expect(marital({ system: 'urn:x', code: 'x' })).toEqual(['warning binding-extensible Patient.maritalStatus'])
  })
})

describe('the expression of a constraint', () => {
  const of = (expression: string, path = 'Patient', part = 'differential') => ({
    resourceType: 'StructureDefinition',
    url: 'urn:x',
    name: 'x',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: path.split('.')[0],
    [part]: { element: [{ id: path, path, constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }] }] },
  })

  test.each([
    ['nickname.exists()', 'Patient'],
    ['name.where(nick.exists()).exists()', 'Patient'],
    ['Patient.contact.nick.empty()', 'Patient'],
    ['name.first().nick.empty() or active', 'Patient'],
    ['name.exists()', 'Patient.contact.period'],
    ['contact[0].nick.exists()', 'Patient'],
  ])('%s at %s names what is not there', (expression, path) => {
    for (const part of ['snapshot', 'differential'])
      expect(found(of(expression, path, part), 'definition-expression')).toEqual([
        `error definition-expression StructureDefinition.${part}.element[0].constraint[0]`,
      ])
  })

  test.each([
    ["name.where(use = 'official').given.exists() and deceased.exists()", 'Patient'],
    ['deceased.ofType(dateTime).anything.exists()', 'Patient'],
    ['generalPractitioner.resolve().nick.exists()', 'Patient'],
    ['contained.nick.exists() or %resource.nick.exists() or descendants().nick.exists()', 'Patient'],
    ["extension.where(url = 'urn:x').value.nick.exists() and $this.id.exists()", 'Patient'],
    ['nick.exists()', 'Patient.deceased[x]'],
    ['item.item.linkId.exists()', 'Questionnaire'],
    ['not an expression (', 'Patient'],
    ['nick.exists()', 'MyModel'],
  ])('of %s at %s nothing is said', (expression, path) => {
    expect(found(of(expression, path), 'definition-expression')).toEqual([])
  })
})

describe('a base binding is settled by the profile of an element', () => {
  const married = (code: string, profile?: string) =>
    found(
      {
        resourceType: 'Patient',
        ...(profile && { meta: { profile: [`https://fhir-cn.example/StructureDefinition/${profile}`] } }),
        maritalStatus: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.5', code }] },
      },
      'binding',
      'binding-extensible',
    )

  test('where its value set has the code', () => {
    expect(married('20')).toEqual(['warning binding-extensible Patient.maritalStatus'])
    expect(married('20', 'cn-patient')).toEqual([])
  })

  test('not where its value set has it not', () => {
    const both = ['warning binding-extensible Patient.maritalStatus', 'warning binding Patient.maritalStatus']
    expect(married('99', 'cn-patient')).toEqual(both)
  })

  test('and not where the profile says nothing of it', () => {
    expect(married('20', 'cn-patient-deid')).toContain('warning binding-extensible Patient.maritalStatus')
  })
})

test('an amount has a currency of ISO 4217', () => {
  const invoice = (currency: string) => ({ resourceType: 'Invoice', status: 'draft', totalNet: { value: 1, currency } })
  // Of today, of the time of R4, and since 2025.
  for (const code of ['CNY', 'HRK', 'XAD']) expect(found(invoice(code), 'binding')).toEqual([])
  expect(found(invoice('RMB'), 'binding')).toEqual(['error binding Invoice.totalNet.currency'])
})

test('the type that a reference says is that of its literal', () => {
  const about = (more: object) => found({ resourceType: 'Basic', code: { text: 'x' }, subject: more }, 'reference-type')
  expect(about({ reference: 'Patient/1', type: 'Patient' })).toEqual([])
  expect(about({ reference: 'Patient/1', type: 'Device' })).toEqual(['error reference-type Basic.subject'])
  expect(about({ reference: 'urn:uuid:00000000-0000-4000-8000-000000000001', type: 'Device' })).toEqual([])
})

test('the div of a narrative is in the namespace of XHTML', () => {
  const told = (div: string) => found({ resourceType: 'Basic', code: { text: 'x' }, text: { status: 'generated', div } }, 'structure')
  expect(told('<div xmlns="http://www.w3.org/1999/xhtml">x</div>')).toEqual([])
  expect(told("<div lang='zh' xmlns = 'http://www.w3.org/1999/xhtml'>x</div>")).toEqual([])
  expect(told('<div>x</div>')).toEqual(['error structure Basic.text.div'])
  expect(told('<div xmlns="http://www.w3.org/1999/html">x</div>')).toEqual(['error structure Basic.text.div'])
})
