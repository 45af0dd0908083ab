/** Loaded systems over HTTP: versions side by side, what another process loads or withdraws, supplements, and a part of a system. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withdraw } from '../../server/terminology-kept/current.ts'
import { icd10Clinical } from '../../server/terminology-kept/formats/icd-10.ts'
import { insuranceDrugs } from '../../server/terminology-kept/formats/insurance.ts'
import { putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf, codesIn, told } from './asking.ts'
import { csv, type Loading, loadingInto, loadText } from './loaded.ts'

let server: TestServer
/** has a store of its own and tells the server nothing, as another process */
let other: Loading
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  other = await loadingInto(server.database)
}, 60_000)
afterAll(async () => {
  await other.stop()
  await server.stop()
})

const get = (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`)
const drugs = (url: string, version: string, rows: [string, string][], more: object = {}) =>
  loadText(other.tables, insuranceDrugs, csv('药品代码,注册名称', rows), { url, version, ...more })
const displayOf = async (url: string, code: string, version?: string) =>
  told(await get(`CodeSystem/$lookup?system=${url}&code=${code}${version === undefined ? '' : `&version=${version}`}`), 'display')

describe('versions', () => {
  const url = 'urn:test:versions'
  beforeAll(async () => {
    await drugs(url, '9', [
      ['A', '旧名'],
      ['GONE', '停用药'],
    ])
    await drugs(url, '10', [['A', '新名']])
  })

  test('stand side by side; without one the newest is meant, and a code that it has not is looked for in the others', async () => {
    expect(await displayOf(url, 'A')).toEqual(['新名'])
    expect(await displayOf(url, 'A', '9')).toEqual(['旧名'])
    expect(told(await get(`CodeSystem/$lookup?system=${url}&code=GONE`), 'version')).toEqual(['9'])
    expect(codeOf(await get(`CodeSystem/$lookup?system=${url}&version=10&code=GONE`))).toBe('concept-unknown')
    expect(codeOf(await get(`CodeSystem/$lookup?system=${url}&version=8&code=A`))).toBe('definition-unknown')
  })

  test.each([
    [url, ['A'], '10'],
    [`${url}|9`, ['A', 'GONE'], '9'],
    [`${url}|10`, ['A'], '10'],
    [`${url}&system-version=${url}|9`, ['A', 'GONE'], '9'],
  ])('$expand of %s', async (set, codes, version) => {
    const answer = await get(`ValueSet/$expand?url=${set}`)
    expect(codesIn(answer)).toEqual(codes)
    expect(answer.json.expansion.parameter).toContainEqual({ name: 'version', valueUri: `${url}|${version}` })
  })
})

describe('what another process does counts for the next question', () => {
  const url = 'urn:test:elsewhere'
  test('another file of the version, a newer version, and versions that are withdrawn', async () => {
    await drugs(url, '1', [['A', '甲']])
    expect(await displayOf(url, 'A')).toEqual(['甲'])
    expect(await displayOf(url, 'A')).toEqual(['甲'])
    await drugs(url, '1', [['A', '乙']])
    expect(await displayOf(url, 'A')).toEqual(['乙'])
    await drugs(url, '2', [['A', '丙']])
    expect(await displayOf(url, 'A')).toEqual(['丙'])
    expect(codesIn(await get(`ValueSet/$expand?url=${url}&filter=bing`))).toEqual(['A'])
    await withdraw(other.tables, url, '2', () => new Date())
    expect(await displayOf(url, 'A')).toEqual(['乙'])
    expect(codesIn(await get(`ValueSet/$expand?url=${url}&filter=bing`))).toEqual([])
    await withdraw(other.tables, url, '1', () => new Date())
    expect(codeOf(await get(`CodeSystem/$lookup?system=${url}&code=A`))).toBe('definition-unknown')
    expect(codeOf(await get(`ValueSet/$expand?url=${url}`))).toBe('definition-unknown')
  })

  test('questions of one moment, more than one query takes, each with its own answer', async () => {
    await drugs(url, '3', [
      ['A', '甲'],
      ['B', '乙'],
    ])
    const ask = (n: number) =>
      get(`CodeSystem/$lookup?system=${n % 3 === 2 ? `urn:test:nothing-${n}` : url}&code=${n % 3 === 0 ? 'A' : 'B'}`)
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => ask(n)))
    for (const [n, answer] of answers.entries()) {
      if (n % 3 === 2) expect(codeOf(answer)).toBe('definition-unknown')
      else expect(told(answer, 'display')).toEqual([n % 3 === 0 ? '甲' : '乙'])
    }
  })
})

describe('supplements', () => {
  const url = 'urn:test:supplemented'
  const supplement = (id: string, more: object) => ({
    resourceType: 'CodeSystem',
    id,
    url: `urn:test:${id}`,
    name: 'S',
    status: 'active',
    content: 'supplement',
    supplements: url,
    ...more,
  })
  const rows: [string, string][] = [
    ['I10', '高血压'],
    ['I20', '心绞痛'],
    ['I21', '心肌梗死'],
  ]
  beforeAll(async () => {
    await loadText(other.tables, icd10Clinical, csv('主要编码,疾病名称', rows), { url, version: '1' })
    await loadText(other.tables, icd10Clinical, csv('主要编码,疾病名称', [['I10', '高血压（二）']]), { url, version: '2' })
    await putAll(server, '', [
      supplement('english', {
        language: 'en',
        supplements: `${url}|1`,
        concept: [
          { code: 'I10', display: 'Hypertension', property: [{ code: 'ward', valueString: 'C3' }] },
          { code: 'I20', designation: [{ language: 'fr', value: 'Angine de poitrine' }], property: [{ code: 'ward', valueString: 'C4' }] },
          { code: 'NONE', display: 'No such code' },
        ],
      }),
      supplement('proposed', { status: 'draft', concept: [{ code: 'I21', designation: [{ language: 'de', value: 'Herzinfarkt' }] }] }),
    ])
  })

  test('$lookup has what they add, in the language that is asked for', async () => {
    expect(await displayOf(url, 'I10&version=1')).toEqual(['高血压'])
    const english = await get(`CodeSystem/$lookup?system=${url}&version=1&code=I10&displayLanguage=en`)
    expect(told(english, 'display')).toEqual(['Hypertension'])
    expect(told(english, 'designation')).toEqual([{ language: 'en', value: 'Hypertension' }])
    expect(told(english, 'property')).toContainEqual({ code: 'ward', value: 'C3' })
    expect(codeOf(await get(`CodeSystem/$lookup?system=${url}&version=1&code=NONE`))).toBe('concept-unknown')
    // It names another version.
    expect(told(await get(`CodeSystem/$lookup?system=${url}&version=2&code=I10&displayLanguage=en`), 'display')).toEqual(['高血压（二）'])
  })

  test.each([
    ['filter=hypert', ['I10']],
    ['filter=angine%20poitrine', ['I20']],
    ['filter=心绞%20angine', ['I20']],
    ['filter=xinjiao', ['I20']],
    ['filter=no%20such', []],
    ['', ['I10', 'I20', 'I21']],
  ])('$expand of version 1 with "%s"', async (query, codes) => {
    const answer = await get(`ValueSet/$expand?url=${url}|1&displayLanguage=en&count=10&${query}`)
    expect([codesIn(answer), answer.json.expansion.total]).toEqual([codes, codes.length])
    const names = answer.json.expansion.contains?.map(({ display }: { display: string }) => display) ?? []
    expect(names).toEqual(codes.map((code) => ({ I10: 'Hypertension', I20: '心绞痛', I21: '心肌梗死' })[code]))
  })

  test('their properties are filtered by as those of the system', async () => {
    const ask = async (op: string, value: string) => {
      const include = [{ system: url, version: '1', filter: [{ property: 'ward', op, value }] }]
      const valueSet = { resourceType: 'ValueSet', status: 'active', compose: { include } }
      const body = { resourceType: 'Parameters', parameter: [{ name: 'valueSet', resource: valueSet }] }
      return codesIn(await server.call('POST', '/fhir/ValueSet/$expand', { body }))
    }
    expect(await ask('=', 'C3')).toEqual(['I10'])
    expect(await ask('in', 'C3,C4')).toEqual(['I10', 'I20'])
    expect(await ask('exists', 'false')).toEqual(['I21'])
    expect(await ask('regex', 'C.')).toEqual(['I10', 'I20'])
  })

  test('useSupplement: a draft is used where it is named; one that is not there is said', async () => {
    const infarct = (more: string) => get(`CodeSystem/$lookup?system=${url}&version=1&code=I21&displayLanguage=de${more}`)
    expect(told(await infarct(''), 'display')).toEqual(['心肌梗死'])
    expect(told(await infarct('&useSupplement=urn:test:proposed'), 'display')).toEqual(['Herzinfarkt'])
    const expanded = await get(`ValueSet/$expand?url=${url}|1&filter=herz&useSupplement=urn:test:proposed`)
    expect(codesIn(expanded)).toEqual(['I21'])
    expect(expanded.json.expansion.parameter).toContainEqual({ name: 'useSupplement', valueUri: 'urn:test:proposed' })
    expect(codesIn(await get(`ValueSet/$expand?url=${url}|1&filter=herz`))).toEqual([])
    for (const path of [`CodeSystem/$lookup?system=${url}&code=I10`, `ValueSet/$expand?url=${url}`]) {
      const answer = await get(`${path}&useSupplement=urn:test:none`)
      expect([answer.status, codeOf(answer)]).toEqual([404, 'definition-unknown'])
    }
  })

  test('a new version of a supplement counts from then on', async () => {
    const now = supplement('english', { language: 'en', concept: [{ code: 'I10', display: 'High blood pressure' }] })
    await putAll(server, '', [now])
    expect(told(await get(`CodeSystem/$lookup?system=${url}&code=I10&displayLanguage=en`), 'display')).toEqual(['High blood pressure'])
    expect(codesIn(await get(`ValueSet/$expand?url=${url}|1&filter=hypert`))).toEqual([])
  })
})

test('of a part of a system nothing that is missing is wrong', async () => {
  const url = 'urn:test:part'
  await drugs(url, '1', [['A', '甲']], { content: 'fragment' })
  const missing = await get(`CodeSystem/$validate-code?url=${url}&code=B`)
  expect(told(missing, 'result')).toEqual([true])
  expect(told(missing, 'message')).toHaveLength(1)
  const expanded = await get(`ValueSet/$expand?url=${url}`)
  expect(codesIn(expanded)).toEqual(['A'])
  expect(expanded.json.expansion.extension).toEqual([
    { url: 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed', valueBoolean: true },
  ])
  // The same file as a whole is another load.
  await drugs(url, '1', [['A', '甲']])
  expect(told(await get(`CodeSystem/$validate-code?url=${url}&code=B`), 'result')).toEqual([false])
})
