/** What is loaded answers in every operation and search, for everybody alike; who may load, and what is told about it. */
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { condition, custody, patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf, codesIn, told } from './asking.ts'
import { csv } from './loaded.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const URL_AT = 'urn:test:icd'
let server: TestServer
let loader: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
}, 60_000)
afterAll(() => server.stop())

const get = (path: string, token = loader): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token })
const post = (path: string, parameter: object[], token = loader): Promise<Answer> =>
  server.call('POST', `/fhir/${path}`, { token, body: { resourceType: 'Parameters', parameter } })
const text = (name: string, valueString: string) => ({ name, valueString })
const file = (bytes: Uint8Array) => ({ name: 'file', valueAttachment: { data: Buffer.from(bytes).toString('base64') } })
const table = csv('主要编码,疾病名称', [
  ['I10-I15', '高血压病'],
  ['I10', '特发性高血压'],
  ['I10.x00', '高血压'],
  ['I10.x00x002', '高血压危象'],
  ['I20', '心绞痛'],
  ['', '无编码'],
])

async function ended(begun: Answer): Promise<Answer> {
  expect([begun.status, begun.text]).toEqual([202, ''])
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  for (;;) {
    const answer = await server.call('GET', path, { token: loader })
    if (answer.status !== 202) return answer
    await setTimeout(50)
  }
}

describe('$terminology-load', () => {
  test('a packed file in GB18030: what was loaded, and which row was not', async () => {
    const bytes = gzipSync(iconv.encode(table, 'gb18030'))
    const answer = await ended(await post('$terminology-load', [text('system', 'icd-10-clinical'), text('url', URL_AT), file(bytes)]))
    expect([told(answer, 'status'), told(answer, 'codes'), told(answer, 'badRow')]).toEqual([
      ['completed'],
      [5],
      [{ row: 6, problem: 'row-code-missing' }],
    ])
    expect([told(answer, 'url'), told(answer, 'version')]).toEqual([[URL_AT], ['clinical-2.0']])
  })

  test('a file that is none fails and says why', async () => {
    const answer = await ended(
      await post('$terminology-load', [text('system', 'atc'), text('version', '1'), file(Buffer.from('a,b\n1,2\n'))]),
    )
    expect([told(answer, 'status'), told(answer, 'problem')]).toEqual([['failed'], ['table-unknown']])
  })

  test.each<[string, object[], string]>([
    ['no system', [file(Buffer.from('x'))], 'parameter-missing'],
    ['no such system', [text('system', 'x'), file(Buffer.from('x'))], 'parameter-invalid'],
    ['no version', [text('system', 'atc'), file(Buffer.from('x'))], 'parameter-missing'],
    ['no file', [text('system', 'atc'), text('version', '1')], 'parameter-missing'],
    ['no base64', [text('system', 'atc'), text('version', '1'), { name: 'file', valueAttachment: { data: '%' } }], 'parameter-invalid'],
    ['no gzip', [text('system', 'atc'), text('version', '1'), file(Buffer.from([0x1f, 0x8b, 1]))], 'parameter-invalid'],
    ['no address', [text('system', 'atc'), text('version', '1'), text('url', 'x'), file(Buffer.from('x'))], 'parameter-invalid'],
    ['no charset', [text('system', 'atc'), text('version', '1'), text('charset', 'x'), file(Buffer.from('x'))], 'parameter-invalid'],
    ['no number', [text('system', 'atc'), text('version', '1'), text('badRows', 'x'), file(Buffer.from('x'))], 'parameter-invalid'],
  ])('%s is refused', async (_name, parameter, code) => {
    const answer = await post('$terminology-load', parameter)
    expect([answer.status, codeOf(answer)]).toEqual([400, code])
  })

  test('only operators with the scope; others learn nothing of jobs', async () => {
    const asked = [text('system', 'atc'), text('version', '1'), file(Buffer.from('x'))]
    const engine = await server.token('h1-engine')
    const reader = await server.token('loader', { scope: 'system/CodeSystem.rs' })
    expect((await post('$terminology-load', asked, engine)).status).toBe(403)
    expect(codeOf(await post('$terminology-load', asked, reader))).toBe('forbidden')
    for (const token of [engine, reader]) expect((await get('$terminology-load-status/x', token)).status).toBe(403)
    expect((await get('$terminology-load-status/x')).status).toBe(404)
  })

  test('is on record', async () => {
    const found = await get('AuditEvent?entity-type=http://terminology.hl7.org/CodeSystem/audit-entity-type|2&_count=50')
    expect(found.text).toContain('terminology-load')
  })
})

describe('what was loaded', () => {
  const at = (path: string) => path.replaceAll('{s}', URL_AT)

  test('$lookup, $validate-code, $subsumes, for who has the scope', async () => {
    const doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    const found = await get(at('CodeSystem/$lookup?system={s}&code=I10.x00'), doctor)
    expect([told(found, 'display'), told(found, 'version')]).toEqual([['高血压'], ['clinical-2.0']])
    expect(told(found, 'property')).toEqual([
      { code: 'parent', value: 'I10', description: '特发性高血压' },
      { code: 'child', value: 'I10.x00x002', description: '高血压危象' },
    ])
    expect(told(await get(at('CodeSystem/$validate-code?url={s}&code=I20&display=心绞痛')), 'result')).toEqual([true])
    expect(told(await get(at('CodeSystem/$validate-code?url={s}&code=I21')), 'result')).toEqual([false])
    expect(told(await get(at('CodeSystem/$subsumes?system={s}&codeA=I10-I15&codeB=I10.x00x002')), 'outcome')).toEqual(['subsumes'])
    expect(codeOf(await get(at('CodeSystem/$lookup?system={s}&code=x')))).toBe('concept-unknown')
    const without = await server.token('loader', { scope: 'system/Patient.rs' })
    expect(codeOf(await get(at('CodeSystem/$lookup?system={s}&code=I10'), without))).toBe('forbidden')
  })

  test.each([
    ['', ['I10-I15', 'I10', 'I10.x00', 'I10.x00x002', 'I20'], 5],
    ['filter=gaoxueya', ['I10-I15', 'I10', 'I10.x00', 'I10.x00x002'], 4],
    ['filter=gxyw', ['I10.x00x002'], 1],
    ['filter=高血压&offset=1&count=2', ['I10', 'I10.x00'], 4],
    ['count=0', [], 5],
    ['offset=9', [], 5],
  ])('$expand of all with "%s"', async (query, codes, total) => {
    const set = { resourceType: 'ValueSet', status: 'active', url: 'urn:x', compose: { include: [{ system: URL_AT }] } }
    const asked = new URLSearchParams(query)
    const parameter = [...asked].map(([name, value]) => (name === 'filter' ? text(name, value) : { name, valueInteger: Number(value) }))
    const answer = await post('ValueSet/$expand', [{ name: 'valueSet', resource: set }, ...parameter])
    expect([codesIn(answer), answer.json.expansion.total]).toEqual([codes, total])
    expect(answer.json.expansion.parameter).toContainEqual({ name: 'version', valueUri: `${URL_AT}|clinical-2.0` })
    // Without a page they stand under each other.
    if (query === '') expect(answer.json.expansion.contains).toHaveLength(2)
  })

  test('sets by filters, several parts and exclusions; searches by them', async () => {
    const part = (op: string, value: string) => ({ system: URL_AT, filter: [{ property: 'concept', op, value }] })
    const set = (id: string, compose: object) => ({ resourceType: 'ValueSet', id, url: `urn:test:${id}`, status: 'active', compose })
    await putAll(server, loader, [
      set('hypertension', { include: [part('is-a', 'I10')] }),
      set('mixed', { include: [part('descendent-of', 'I10'), part('=', 'I20')], exclude: [part('is-a', 'I10.x00x002')] }),
      patient('p1', { meta: custody('H1') }),
      condition('c1', 'p1', 'I10.x00x002', { meta: custody('H1'), code: { coding: [{ system: URL_AT, code: 'I10.x00x002' }] } }),
      condition('c2', 'p1', 'I20', { meta: custody('H1'), code: { coding: [{ system: URL_AT, code: 'I20' }] } }),
    ])
    expect(codesIn(await get('ValueSet/mixed/$expand'))).toEqual(['I10.x00', 'I20'])
    const doctor = await server.token('auditor')
    const ids = async (query: string) => {
      const answer = await get(`Condition?${query}`, doctor)
      expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
      return (answer.json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id)
    }
    expect(await ids('code:in=urn:test:hypertension')).toEqual(['c1'])
    expect(await ids('code:not-in=urn:test:hypertension')).toEqual(['c2'])
    expect(await ids(`code:below=${URL_AT}|I10`)).toEqual(['c1'])
    expect(await ids(`code:above=${URL_AT}|I20`)).toEqual(['c2'])
  })

  test('stands in the TerminologyCapabilities', async () => {
    const statement = await server.call('GET', '/fhir/metadata?mode=terminology')
    expect(statement.json.codeSystem).toContainEqual({
      uri: URL_AT,
      version: [{ code: 'clinical-2.0', isDefault: true }],
      subsumption: true,
    })
  })

  test('goes before what comes with the server, version by version', async () => {
    const shipped = await get(`CodeSystem/$lookup?system=${ICD}&version=clinical-2.0&code=I10.x00`)
    const bytes = Buffer.from(csv('主要编码,疾病名称', [['I10.x00', '载入的']]))
    await ended(await post('$terminology-load', [text('system', 'icd-10-clinical'), file(bytes)]))
    expect(told(await get(`CodeSystem/$lookup?system=${ICD}&version=clinical-2.0&code=I10.x00`), 'display')).toEqual(['载入的'])
    expect(shipped.text).not.toContain('载入的')
    expect(told(await get(`CodeSystem/$validate-code?url=${ICD}&version=insurance-2.0&code=I10-I15`), 'result')).toHaveLength(1)
  })
})
