/**
 * What one version of the index makes of resources: where it changes, INDEX_VERSION has to grow, so that what is stored already is
 * told from what is written from then on, and a site knows that it has to be indexed anew (docs/operations.md).
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { INDEX_VERSION } from '../../server/search/index-version.ts'
import { search } from './ask.ts'

const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'))
const DEFINITIONS = /^(StructureDefinition|ValueSet|CodeSystem|SearchParameter|OperationDefinition|ConceptMap|package|\.)/

/** What the examples, which are American, do not have. */
const CHINESE = [
  {
    resourceType: 'Patient',
    id: 'c',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">重庆单雄信，糖尿病</div>' },
    contained: [{ resourceType: 'Organization', id: 'o', name: '单县示例医院（东院）' }],
    extension: [
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-ethnicity',
        valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '01' },
      },
    ],
    identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110100195803120019' }],
    name: [{ text: '单雄信', family: '單', given: ['雄信'] }, { text: '李乾' }, { text: '阿依古丽·买买提' }, { text: 'Weiß' }],
    birthDate: '1958-03-12',
    address: [{ state: '重庆市', city: '重庆市', district: '渝中区', line: ['示例路1号'] }],
    managingOrganization: { reference: '#o' },
  },
  {
    resourceType: 'Observation',
    id: 'c',
    status: 'final',
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/lab-item', code: 'L1', display: '葡萄糖' }], text: '血糖' },
    subject: { reference: 'Patient/c', identifier: { system: 'urn:x', value: '1' } },
    effectivePeriod: { start: '2024-05-01T08:00:00+08:00' },
    valueQuantity: { value: 5.6, comparator: '<', unit: '毫摩尔/升', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    component: [{ code: { text: '餐后' }, valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: 'mg/dL' } }],
  },
  {
    resourceType: 'Coverage',
    id: 'c',
    status: 'active',
    subscriberId: 'Nr-7',
    beneficiary: { reference: 'http://x.example/fhir/Patient/1/_history/2' },
  },
  { resourceType: 'Observation', id: 'long', status: 'final', code: { text: 'CT' }, valueString: '未见异常。'.repeat(90) },
  { resourceType: 'List', id: 'c', status: 'current', mode: 'working', entry: [{ item: { reference: 'Patient/c/_history/2' } }] },
]

/** Every fifth example that is no definition: at least one of each type that has five. */
function digest(): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !DEFINITIONS.test(name))
  const examples = files.sort().filter((_, at) => at % 5 === 0)
  const texts = [
    ...examples.map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    ...CHINESE.map((one) => [one.id, JSON.stringify(one)]),
  ]
  for (const [name, text = ''] of texts) {
    const { resource, decimals } = parseResource(text)
    const { keys, ...rest } = search.index(resource, decimals)
    hash.update(JSON.stringify([name, keys.sort(), rest], ordered))
  }
  return hash.digest('base64url').slice(0, 16)
}

/** Members in one order, whatever the order in which they were found. */
const ordered = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** If this fails, what is stored for searches has changed: let INDEX_VERSION grow by one, and write the new digest beside it. */
test('the index has changed only with its version', () => {
  expect([INDEX_VERSION, digest()]).toEqual([15, 'ssJ-KKAM6L0XSxgG'])
})
