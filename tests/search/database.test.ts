import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BOUNDS } from '../../server/config/bounds.ts'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { needsLooking, planMatches } from '../../server/search/matches.ts'
import type { IndexEntry, PlanNode } from '../../server/search/plan.ts'
import { opened, put, SYSTEM } from '../store/fixture.ts'
import { arbitraryCode, arbitraryDate, arbitraryDecimal, arbitrarySystem, arbitraryUnit, DATE_PREFIXES } from './arbitrary.ts'
import { parse, search } from './ask.ts'
import { matches, type World } from './naive.ts'

/** The same plans, evaluated by the real database and in memory, over generated resources: the answers must be equal. */
const SEED = 20_240_701
const context = opened()
const entries = new Map<string, Map<string, IndexEntry>>()

const coding = fc
  .record({ system: arbitrarySystem, code: arbitraryCode })
  .map(({ system, code }) => (system === '' ? { code } : { system, code }))
const quantity = fc.record({ value: arbitraryDecimal.map(Number), system: fc.constant('http://unitsofmeasure.org'), code: arbitraryUnit })
const concept = fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }) })
const reference = fc.constantFrom(
  'Patient/1',
  'Patient/2',
  'Patient/r1',
  'Patient/r2',
  'Patient/r3/_history/1',
  'https://yilian.example/fhir/Patient/r4',
  'Device/r1',
  'Group/1',
  'http://x.example/fhir/Patient/1',
  'urn:uuid:a',
  'https://yilian.example/fhir/Patient/2',
)
const observation = fc.record(
  {
    resourceType: fc.constant('Observation'),
    status: fc.constantFrom('final', 'amended'),
    code: fc.record({ coding: fc.array(coding, { maxLength: 3 }) }),
    subject: fc.oneof(
      reference.map((r) => ({ reference: r })),
      fc.constant({ identifier: { system: 'urn:oid:1.2', value: 'A|1' } }),
      fc.constant({ display: '张三' }),
    ),
    effectivePeriod: fc.record({ start: arbitraryDate, end: arbitraryDate }, { requiredKeys: [] }),
    valueQuantity: quantity,
    text: fc.subarray(['高血压病', '肺栓塞', 'pain']).map((words) => ({ status: 'generated', div: `<div>${words.join('，')}</div>` })),
    note: fc.subarray(['糖尿病', '高血压']).map((words) => words.map((text) => ({ text }))),
    component: fc.array(
      fc.oneof(
        quantity.map((q) => ({ valueQuantity: q })),
        fc.record({ code: concept, valueQuantity: quantity }),
        fc.record({ code: concept, valueCodeableConcept: concept }),
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['resourceType'] },
)
const han = fc.constantFrom('王', '单', '曾', '張', '张', '欧阳', 'Müller', 'ＷＡＮＧ', '\u{20000}', 'x.*')
const patient = fc.record(
  {
    resourceType: fc.constant('Patient'),
    name: fc.array(
      fc.record({ family: han, given: fc.array(fc.constantFrom('建国', '三', '学友', 'Jo'), { maxLength: 2 }) }, { requiredKeys: [] }),
      { maxLength: 2 },
    ),
    birthDate: arbitraryDate.filter((d) => !d.includes('T')),
    active: fc.boolean(),
    gender: fc.constantFrom('male', 'female', 'unknown'),
    identifier: fc.array(
      fc.record({ type: fc.record({ coding: fc.array(coding, { maxLength: 2 }) }), value: arbitraryCode }, { requiredKeys: ['value'] }),
      { maxLength: 2 },
    ),
    managingOrganization: fc.constantFrom('r0', 'r1', 'r2', 'r9').map((id) => ({ reference: `Organization/${id}` })),
  },
  { requiredKeys: ['resourceType'] },
)
const organizations: FhirResource[] = [
  { resourceType: 'Organization', name: '王府医院', partOf: { reference: 'Organization/r2' } },
  { resourceType: 'Organization', name: '张江医院' },
  { resourceType: 'Organization', name: '集团', partOf: { reference: 'Organization/r2' } },
]

const prefix = fc.constantFrom('', ...DATE_PREFIXES, 'ap')
const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
const tokenValue = fc
  .tuple(arbitrarySystem, arbitraryCode, fc.integer({ min: 0, max: 3 }))
  .map(([s, c, form]) => [escaped(c), `${s}|${escaped(c)}`, `|${escaped(c)}`, `${s || 'urn:oid:1.2'}|`][form] as string)
const composite = (name: string, second: fc.Arbitrary<string>) =>
  fc
    .array(
      fc.tuple(tokenValue, second).map((parts) => parts.join('$')),
      { minLength: 1, maxLength: 3 },
    )
    .map((values) => `${name}=${values.join(',')}`)
const quantityValue = fc
  .tuple(prefix, arbitraryDecimal, fc.option(arbitraryUnit), fc.constantFrom('', 'http://unitsofmeasure.org'))
  .map(([p, n, u, s]) => `${p}${n}${u === null ? '' : `|${s}|${u}`}`)
const observationQuery = fc.oneof(
  fc
    .constantFrom('code-value-quantity', 'component-code-value-quantity', 'combo-code-value-quantity')
    .chain((n) => composite(n, quantityValue)),
  fc.constantFrom('component-code-value-concept', 'combo-code-value-concept').chain((n) => composite(n, tokenValue)),
  fc
    .tuple(fc.constantFrom('code', 'code:not', 'combo-code'), fc.array(tokenValue, { minLength: 1, maxLength: 3 }))
    .map(([n, v]) => `${n}=${v.join(',')}`),
  fc.tuple(prefix, arbitraryDate).map(([p, d]) => `date=${p}${d}`),
  fc.tuple(fc.constantFrom('value-quantity', 'component-value-quantity'), quantityValue).map((parts) => parts.join('=')),
  fc.constantFrom(
    'subject=1',
    'patient=1',
    'subject=Patient/1',
    'patient=1,2',
    'subject:Group=1',
    'subject=urn:uuid:a',
    'subject=http://x.example/fhir/Patient/1',
  ),
  fc.constantFrom(
    'subject:identifier=A\\|1',
    'subject:identifier=urn:oid:1.2|A\\|1',
    'subject:identifier=urn:oid:1.2|',
    'subject:identifier=|A\\|1',
  ),
  fc
    .tuple(
      fc.constantFrom(
        'code',
        'subject',
        'patient',
        'date',
        'component-value-quantity',
        'combo-code',
        'status',
        'code-value-quantity',
        'component-code-value-concept',
        'combo-code-value-quantity',
      ),
      fc.boolean(),
    )
    .map(([n, b]) => `${n}:missing=${b}`),
  fc
    .tuple(
      fc.constantFrom('_text', '_content'),
      fc.constantFrom('高血压', '-高血压', '肺栓塞 OR 糖尿病', '高血压 糖尿病', '(pain or 血压) -肺栓塞', 'pain,糖尿病'),
    )
    .map((parts) => parts.join('=')),
  fc
    .tuple(fc.constantFrom('code', 'combo-code', 'status'), fc.constantFrom('a', 'A', 'AB', 'a\\|', '$', '甲', 'FIN', '.'))
    .map(([n, v]) => `${n}:code-text=${v}`),
  fc.constantFrom('status=final', 'status:not=final', '_id=r1,r2,r30', '_id:not=r1', '_id=$x'),
)
/** `_filter`, whose operators ask for what no ordinary parameter asks for. */
const filterOf = (...tests: fc.Arbitrary<string>[]) =>
  fc
    .array(fc.tuple(fc.constantFrom('and', 'or'), fc.oneof(...tests), fc.boolean()), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.map(([word, one, not], at) => `${at === 0 ? '' : ` ${word} `}${not ? `not (${one})` : one}`).join(''))
    .map((text) => `_filter=${text}`)
const tokenText = tokenValue.filter((value) => !/[\s)\]]/.test(value))
const observationFilter = filterOf(
  fc.tuple(fc.constantFrom('code', 'combo-code', 'status'), fc.constantFrom('eq', 'ne'), tokenText).map((t) => t.join(' ')),
  fc.tuple(fc.constantFrom('po', 'co', ...DATE_PREFIXES), arbitraryDate).map(([op, d]) => `date ${op} ${d}`),
  fc.tuple(fc.constantFrom(...DATE_PREFIXES), arbitraryDecimal).map(([op, n]) => `value-quantity ${op} ${n}`),
  fc
    .tuple(tokenText, fc.constantFrom('gt', 'lt', 'ne', 'eq'), arbitraryDecimal)
    .map(([c, op, n]) => `component-code-value-quantity[component-code eq ${c}].component-value-quantity ${op} ${n}`),
  fc.constantFrom('subject re Patient/1', 'patient pr false', 'patient.name co "王"', 'patient[active eq true].organization.name sw "王"'),
)
const patientFilter = filterOf(
  fc
    .tuple(
      fc.constantFrom('family', 'given', 'name'),
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le'),
      fc.constantFrom('王', 'WANG', 'müller', 'MÜLLER', 'jo', '建国', '国', 'x.*', '.*', '\u{20000}', '张', 'w'),
    )
    .map((t) => t.join(' ')),
  fc.constantFrom('organization.name pr true', 'organization.name pr false', 'organization[name co "江"].name sw "张"', 'active ne true'),
)
const nameValue = fc.constantFrom(
  '王',
  '王建',
  'wang',
  'shan',
  'z',
  'zhangxueyou',
  '张学友',
  'mul',
  'mül',
  'x.',
  '\u{20000}',
  '建国',
  'jg',
  '.',
  '[',
  'ouyang',
  '国',
)
const patientQuery = fc.oneof(
  fc.tuple(fc.constantFrom('name', 'family', 'given', 'name:contains', 'family:exact', 'phonetic'), nameValue).map(([n, v]) => `${n}=${v}`),
  fc.tuple(prefix, arbitraryDate).map(([p, d]) => `birthdate=${p}${d}`),
  fc
    .tuple(arbitrarySystem, arbitraryCode, arbitraryCode)
    .map(([s, c, v]) => `identifier:of-type=${s || 'urn:oid:1.2'}|${escaped(c)}|${escaped(v)}`),
  fc.constantFrom(
    'gender:in=http://hl7.org/fhir/ValueSet/administrative-gender',
    'gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender',
    'active=true',
    'active:not=true',
    'name:missing=true',
    'family:missing=false',
    'birthdate:missing=true',
    'deceased=false',
  ),
)

async function store(type: string, resources: FhirResource[]): Promise<void> {
  const byId = new Map<string, IndexEntry>()
  const writes = resources.map((resource, i) => {
    const entry = search.index(resource, new DecimalTexts())
    byId.set(`r${i}`, entry)
    return put(`r${i}`, '{}', { type, index: entry })
  })
  entries.set(type, byId)
  const result = await context.store.commit({ writes })
  expect(result.ok).toBe(true)
}

beforeAll(async () => {
  await store('Observation', fc.sample(observation, { numRuns: 150, seed: SEED }) as FhirResource[])
  await store('Organization', organizations)
  await store('Patient', fc.sample(patient, { numRuns: 100, seed: SEED }) as FhirResource[])
})

const world: World = (type) => [...(entries.get(type) ?? [])].map(([id, entry]) => ({ id, at: new Date(), entry }))

/** As a version that has just been committed is asked, without the database (subscriptions). */
const foundOneByOne = (type: string, plan: PlanNode): string[] =>
  [...(entries.get(type) as Map<string, IndexEntry>)]
    .filter(([id, index]) => planMatches(plan, { id, at: new Date(), index }))
    .map(([id]) => id)
    .sort()

/** `order`: the parameter by which the page is sorted */
async function compare(type: string, query: string, order = '_id'): Promise<number> {
  const { plan, sort } = parse(type, `${query}&_sort=${order}`)
  const page = await context.store.search(SYSTEM, {
    type,
    plan,
    sort,
    count: 500,
    total: 'accurate',
  })
  const expected = [...(entries.get(type) as Map<string, IndexEntry>)]
    .filter(([id, entry]) => matches(plan, { id, at: new Date(), entry }, world))
    .map(([id]) => id)
    .sort()
  expect([query, page.rows.map((r) => r.id).sort()]).toEqual([query, expected])
  expect([query, page.total]).toEqual([query, expected.length])
  if (!needsLooking(plan)) expect([query, foundOneByOne(type, plan)]).toEqual([query, expected])
  return expected.length
}

const ofPatient = fc.constantFrom(
  ...['name=王', 'name=zhang', 'active=true', 'active:not=true', 'birthdate:missing=true', 'family:missing=false', '_id=r1,r3'],
  ...['organization.name=王', 'organization.partof.name=集团', 'organization=r1', 'organization:missing=true'],
  ...['_has:Observation:patient:_text=高血压', '_has:Observation:patient:_content=糖尿病 -pain'],
  ...['_has:Observation:patient:status=final', '_has:Observation:subject:code:missing=true', 'organization.partof.partof._id=r2'],
)
const ofObservation = fc.oneof(
  observationQuery,
  fc.tuple(fc.constantFrom('subject:Patient', 'patient', 'subject'), ofPatient).map(([p, q]) => `${p}.${q}`),
)
const linkedQueries: Record<string, fc.Arbitrary<string>> = {
  Observation: fc.tuple(fc.constantFrom('subject:Patient', 'patient', 'subject'), ofPatient).map(([p, q]) => `${p}.${q}`),
  Patient: fc.oneof(
    fc.tuple(fc.constantFrom('patient', 'subject'), ofObservation).map(([p, q]) => `_has:Observation:${p}:${q}`),
    ofPatient,
  ),
  Organization: fc.oneof(
    ofPatient.map((q) => `_has:Patient:organization:${q}`),
    fc.constantFrom(
      'partof.name=集团',
      'partof.partof.name=集团',
      '_has:Organization:partof:name=王',
      '_has:Organization:partof:partof.name=集团',
    ),
  ),
}

/** Few at the other end are named in a list, more are looked up for each candidate: the answers are the same. */
describe.each([2000, 3, 0])('links are followed, with lists of %i', (most) => {
  const bounds = BOUNDS as { linkedDocs: number; wideLinks: number }
  const usual = { linkedDocs: bounds.linkedDocs, wideLinks: bounds.wideLinks }
  beforeAll(() => {
    // What is few here would be many: they are not refused.
    Object.assign(bounds, { linkedDocs: most, wideLinks: 100 })
  })
  afterAll(() => {
    Object.assign(bounds, usual)
  })

  test.each(Object.keys(linkedQueries))('%s', async (type) => {
    const queries = fc.sample(linkedQueries[type] as fc.Arbitrary<string>, { numRuns: 300, seed: SEED })
    let nonEmpty = 0
    for (const query of new Set(queries)) if ((await compare(type, query)) > 0) nonEmpty++
    expect(nonEmpty).toBeGreaterThan(10)
  })

  // Look-ups come behind an order that has to be worked out: what else is asked, and what is asked instead of a link, must hold there too.
  test.each([
    [
      'Observation',
      'subject:Patient.name:missing=false',
      ['date:missing=false', 'value-quantity:missing=true', '_lastUpdated=ge2000', 'code:missing=false', '_id=r1,r2,r3,r4,r5,r6,r7,r8'],
    ],
    [
      'Observation',
      '_filter=subject.name pr true or (date ge 2000-01-01 and status pr true)',
      ['date:missing=true', 'value-quantity:missing=false'],
    ],
    ['Patient', '_has:Observation:patient:status:missing=false', ['birthdate:missing=false', 'active:not=true', '_lastUpdated=ge2000']],
  ])('%s?%s beside others, in an order of its own', async (type, link, others) => {
    let found = 0
    for (const other of ['', ...others])
      for (const order of type === 'Patient' ? ['name', '-birthdate', 'organization'] : ['status', '-code', 'value-quantity'])
        found += await compare(type, other === '' ? link : `${link}&${other}`, order)
    expect(found).toBeGreaterThan(10)
  })
})

describe('the database answers a plan as it reads', () => {
  test.each([
    ['Observation', observationQuery],
    ['Patient', patientQuery],
    ['Observation', observationFilter],
    ['Patient', patientFilter],
  ])('%s', async (type, arbitrary) => {
    const queries = fc
      .sample(fc.array(arbitrary, { minLength: 1, maxLength: 2 }), { numRuns: 300, seed: SEED })
      .map((parts) => parts.join('&'))
    let nonEmpty = 0
    for (const query of new Set(queries)) if ((await compare(type, query)) > 0) nonEmpty++
    // The values meet often enough for the comparison to mean something.
    expect(nonEmpty).toBeGreaterThan(60)
  })
})
