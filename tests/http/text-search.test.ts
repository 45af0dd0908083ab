/** `_text` and `_content` over HTTP: of a type, of the system, in compartments, at the other end of references, in order and page by page. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encounter, idsIn, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from '../leaks/worlds.ts'

const narrative = (text: string): object => ({
  text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>` },
})
const report = (id: string, div: string, conclusion: string, issued: string): object => ({
  resourceType: 'DiagnosticReport',
  id,
  meta: { source: 'https://fhir-cn.example/Organization/H2' },
  status: 'final',
  code: { text: '胸部CT平扫' },
  subject: { reference: 'Patient/pat' },
  effectiveDateTime: issued,
  ...narrative(div),
  conclusion,
})

let server: TestServer
let loader: string
let doctor: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [
    practitioner('doc-2'),
    patient('pat', narrative('原发性高血压3级')),
    patient('pat-2'),
    encounter('visit', 'pat', 'H2', 'Practitioner/doc-2'),
    encounter('visit-2', 'pat-2', 'H2', 'Practitioner/doc-2'),
    report('r1', '<p>右肺上叶<b>结</b>节</p>', '考虑良性', '2024-03-01'),
    report('r2', '<p>双肺未见结节</p>', '高血压病', '2024-01-01'),
    report('r3', '<p>肺栓塞</p>', '建议抗凝', '2024-02-01'),
    report('r4', '<p>Pulmonary embolism, COVID-19</p>', '建議複查', '2024-04-01'),
    observation('o1', 'pat', 'x', { note: [{ text: '标本溶血，结节性红斑' }] }),
    observation('o2', 'pat-2', 'x', { note: [{ text: '肺栓塞' }] }),
  ])
  await relabelled(server)
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())

const get = (query: string, token = doctor): Promise<Answer> => server.call('GET', `/fhir/${encodeURI(query)}`, { token })
const found = async (query: string): Promise<string> => {
  const answer = await get(query)
  expect([query, answer.status]).toEqual([query, 200])
  return idsIn(answer, 'match')
    .map((id) => id.split('/')[1])
    .join(' ')
}
const sorted = async (query: string): Promise<string> => (await found(query)).split(' ').sort().join(' ')

describe('a type', () => {
  test.each([
    ['_text=结节', 'r1 r2'],
    ['_text=高血压', ''],
    ['_content=高血压', 'r2'],
    ['_content=结节 -高血压', 'r1'],
    ['_content=结节 良性', 'r1'],
    ['_text=肺栓塞 OR embolism', 'r3 r4'],
    ['_text=肺栓塞,EMBOLISM', 'r3 r4'],
    ['_text=covid-19', 'r4'],
    ['_content=复查', 'r4'],
    ['_content=建议 NOT (肺栓塞)', 'r4'],
    ['_text=双肺', 'r2'],
    ['_text=栓', ''],
    ['_text=结节&_content=良性', 'r1'],
    ['_text=结节&date=ge2024-02', 'r1'],
    ['_text=status', ''],
  ])('DiagnosticReport?%s finds %j', async (query, expected) => {
    expect(await sorted(`DiagnosticReport?${query}`)).toBe(expected)
    const total = expected === '' ? 0 : expected.split(' ').length
    expect((await get(`DiagnosticReport?${query}&_summary=count`)).json.total).toBe(total)
  })

  test('by form, and the self link says how it was understood', async () => {
    const body = new URLSearchParams({ _text: '肺栓塞 OR embolism' }).toString()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answer = await server.call('POST', '/fhir/DiagnosticReport/_search', { token: doctor, body, headers })
    expect(idsIn(answer, 'match').sort()).toEqual(['DiagnosticReport/r3', 'DiagnosticReport/r4'])
    expect(decodeURIComponent(answer.json.link[0].url)).toMatch(/DiagnosticReport\?_text=肺栓塞 OR embolism/)
  })

  test('in order, and page by page', async () => {
    const query = 'DiagnosticReport?_text=结节 OR 肺栓塞 OR embolism'
    expect(await found(`${query}&_sort=date`)).toBe('r2 r3 r1 r4')
    expect(await found(`${query}&_sort=-date`)).toBe('r4 r1 r3 r2')
    const seen: string[] = []
    for (let path = `/fhir/${encodeURI(`${query}&_count=1`)}`; path !== ''; ) {
      const page = await server.call('GET', path, { token: doctor })
      seen.push(...idsIn(page, 'match'))
      path =
        (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url.replace(server.url, '') ??
        ''
    }
    expect(seen).toEqual(['r1', 'r2', 'r3', 'r4'].map((id) => `DiagnosticReport/${id}`))
  })
})

describe('elsewhere', () => {
  test.each([
    ['?_content=肺栓塞&_type=DiagnosticReport,Observation', 'o2 r3'],
    ['?_text=高血压', 'pat'],
    ['?_content=高血压', 'pat r2'],
    ['Patient/pat/DiagnosticReport?_text=肺栓塞', 'r3'],
    ['Patient/pat/*?_content=结节', 'o1 r1 r2'],
    ['Patient/pat/*?_content=结节性', 'o1'],
    ['DiagnosticReport?subject:Patient._text=高血压&_content=良性', 'r1'],
    ['Observation?subject:Patient._text=-高血压', 'o2'],
    ['Patient?_has:Observation:patient:_content=肺栓塞', 'pat-2'],
    ['Patient?_has:DiagnosticReport:patient:_text=结节 高血压', ''],
  ])('%s finds %j', async (query, expected) => {
    expect(await sorted(query)).toBe(expected)
  })
})

describe('what changes', () => {
  test('is found as it is now, in whichever form it came', async () => {
    const xml = (text: string) =>
      `<Practitioner xmlns="http://hl7.org/fhir"><id value="doc-x"/><text><status value="additional"/><div xmlns="http://www.w3.org/1999/xhtml">${text}</div></text></Practitioner>`
    const put = (text: string) =>
      server.call('PUT', '/fhir/Practitioner/doc-x', {
        token: loader,
        body: xml(text),
        headers: { 'Content-Type': 'application/fhir+xml' },
      })
    const ask = async (word: string) => idsIn(await get(`Practitioner?_text=${word}`), 'match')
    expect((await put('系统性<i>红斑</i>狼疮 &lt;3')).status).toBe(201)
    expect([await ask('系统性红斑狼疮'), await ask('lt')]).toEqual([['Practitioner/doc-x'], []])
    expect((await put('帕金森病')).status).toBe(200)
    expect([await ask('红斑'), await ask('帕金森病')]).toEqual([[], ['Practitioner/doc-x']])
    await server.call('DELETE', '/fhir/Practitioner/doc-x', { token: loader })
    expect(await ask('帕金森病')).toEqual([])
  })
})

describe('a wrong query', () => {
  test.each(['a OR', '(a', '"a b"', '-', '...'])('%s is told where it is wrong', async (query) => {
    for (const path of ['DiagnosticReport', '', 'Patient/pat/*']) {
      const answer = await get(`${path}?_text=${query}`)
      expect([path, answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([path, 400, 'text-query', ['_text']])
    }
    const linked = await get(`DiagnosticReport?subject:Patient._text=${query}`)
    expect([linked.status, codeOf(linked)]).toEqual([400, 'text-query'])
  })

  test('AuditEvents are not searched by text', async () => {
    const operator = await get('?_type=AuditEvent&_content=a', loader)
    expect([400, 403]).toContain(operator.status)
  })
})

test('the CapabilityStatement has both, for every type that has them', async () => {
  const { rest } = (await get('metadata')).json
  const named = (params: { name: string; type: string }[] = []) => params.filter(({ name }) => name === '_text' || name === '_content')
  expect(named(rest[0].searchParam).map(({ name, type }) => [name, type])).toEqual([
    ['_text', 'string'],
    ['_content', 'string'],
  ])
  const without = rest[0].resource.filter(
    ({ searchParam }: { searchParam?: { name: string; type: string }[] }) => named(searchParam).length !== 2,
  )
  expect(without.map(({ type }: { type: string }) => type)).toEqual(['AuditEvent'])
})
