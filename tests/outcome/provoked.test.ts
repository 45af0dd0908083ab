/** Each of these requests is answered with its code, the status that docs/errors.md says, and both texts. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fill } from '../../server/outcome/render.ts'
import { ISSUES, type IssueCode } from '../../server/outcome/issues.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { admission, labItems, people, post as postMapping, report, send } from '../code-mapping/sending.ts'
import { messageOf, REQUESTS } from './provoked.ts'

let open: TestServer
let guarded: TestServer
/** of a code's meaning, by one who does not confirm it */
let proposal: string

beforeAll(async () => {
  open = await startTestServer({ noAuth: true })
  guarded = await startTestServer()
  const identifier = [{ system: 'urn:x', value: 'many' }]
  const given = { resourceType: 'Patient', id: 'given', identifier, name: [{ text: 'a' }, { text: 'b' }] }
  await open.call('PUT', '/fhir/Patient/given', { body: given })
  await open.call('POST', '/fhir/Patient', { body: { resourceType: 'Patient', identifier } })
  await open.call('PUT', '/fhir/Patient/gone', { body: { resourceType: 'Patient', id: 'gone' } })
  await open.call('DELETE', '/fhir/Patient/gone')
  const link = [{ other: { reference: 'Patient/given' }, type: 'replaced-by' }]
  for (const [id, more] of [
    ['inactive', { active: false }],
    ['replaced', { link }],
  ] as const)
    await open.call('PUT', `/fhir/Patient/${id}`, { body: { resourceType: 'Patient', id, ...more } })
  const text = { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' }
  await open.call('PUT', '/fhir/Patient/narrated', { body: { resourceType: 'Patient', id: 'narrated', text } })
  const section = [{ title: 'x', entry: Array.from({ length: 1000 }, (_, n) => ({ reference: `Basic/b${n}` })) }]
  const written = { status: 'final', type: { text: 'x' }, date: '2024', author: [{ display: 'x' }], title: 'x', section }
  const basics = section[0]?.entry.map(({ reference }) => ({
    resource: { resourceType: 'Basic', id: reference.slice(6), code: { text: 'x' } },
    request: { method: 'PUT', url: reference },
  }))
  await open.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry: basics } })
  await open.call('PUT', '/fhir/Composition/long', { body: { resourceType: 'Composition', id: 'long', ...written } })
  await open.call('POST', '/fhir/$process-message', { body: messageOf({ id: 'sent-before' }, { resourceType: 'Patient', active: true }) })
  await open.call('POST', '/fhir/$closure', {
    body: { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'begun' }] },
  })
  const set = (id: string, compose: object) => ({ resourceType: 'ValueSet', id, url: `urn:provoked:${id}`, status: 'active', compose })
  await open.call('PUT', '/fhir/ValueSet/round', { body: set('round', { include: [{ valueSet: ['urn:provoked:round'] }] }) })
  // In the place of the set to which cn-location binds its type.
  const types = {
    ...set('types', { include: [{ valueSet: ['urn:provoked:round'] }] }),
    url: 'https://fhir-cn.example/ValueSet/cn-location-type',
  }
  await open.call('PUT', '/fhir/ValueSet/types', { body: types })
  const concept = Array.from({ length: 10_001 }, (_, at) => ({ code: `c${at}` }))
  await open.call('PUT', '/fhir/ValueSet/many', { body: set('many', { include: [{ system: 'urn:x', concept }] }) })
  const noted = (count: number) => ({
    body: { resourceType: 'Observation', id: 'noted', status: 'final', code: { text: 'x' }, note: Array(count).fill({ text: 'x' }) },
  })
  for (const count of [1, 10_002]) await open.call('PUT', '/fhir/Observation/noted', noted(count))
  const withdrawn = { status: 'entered-in-error', code: { text: 'withdrawn' }, subject: { reference: 'Patient/given' } }
  await open.call('POST', '/fhir/Observation', { body: { resourceType: 'Observation', ...withdrawn } })
  const many = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/many' } }
  const entry = Array.from({ length: 1001 }, () => ({ resource: many, request: { method: 'POST', url: 'Observation' } }))
  const who = await people(guarded)
  const items = ['P1', 'P2'].map((code) => ({ code, name: code }))
  await send(guarded, 'h1-lis', who.engine, report('1', items))
  await send(guarded, 'h1-his', who.engine, admission('心痛  待查'))
  const proposed = { id: `h1-lis|lab-item|${labItems('H1')}|P2`, equivalence: 'unmatched' }
  proposal = (await postMapping(guarded, who.wang, 'propose', proposed)).json.pending.id
  const own = { resource: { resourceType: 'Patient', id: 'many' }, request: { method: 'PUT', url: 'Patient/many' } }
  await open.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry: [own, ...entry] } })
}, 60_000)
afterAll(async () => {
  await open.stop()
  await guarded.stop()
})

interface Issue {
  code: string
  details: { coding: { system: string; code: string }[]; text: string }
  diagnostics: string
}

type Outcome = { issue?: Issue[] }

/** Of an OperationOutcome, or of the ones in a Bundle. */
function issuesIn(json: Outcome & { entry?: { resource?: Outcome; response?: { outcome?: Outcome } }[] }): Issue[] {
  const inEntries = (json.entry ?? []).flatMap(({ resource, response }) => [resource?.issue ?? [], response?.outcome?.issue ?? []].flat())
  return [...(json.issue ?? []), ...inEntries]
}

test.each(REQUESTS.map((one) => [one.code, one] as const))(
  '%s',
  async (code, { method = 'GET', path = '', root, body, headers = {}, as, status }) => {
    const server = as ? guarded : open
    const token = as?.client ? { token: await guarded.token(as.client, as.parameters ?? {}) } : {}
    const answer = await server.call(method, `${root ? '' : '/fhir'}${path}`, {
      headers,
      ...token,
      ...(body === undefined ? {} : { body: withProposal(body) }),
    })
    const found = issuesIn(answer.json).find(({ details }) => details?.coding[0]?.code === code)
    const { status: own, type, zh, en } = ISSUES[code as IssueCode]
    expect([answer.status, found?.code, found?.details.coding[0]?.system]).toEqual([
      status ?? own,
      type,
      'https://fhir-cn.example/CodeSystem/yilian-issue',
    ])
    // The texts with whatever stands in their places.
    for (const [text, template] of [
      [found?.details.text, zh],
      [found?.diagnostics, en],
    ] as const)
      expect(text).toMatch(new RegExp(`^${fill(escaped(template), {}).replace(/\\\{\w+\\\}/g, '.+')}$`))
  },
)

const withProposal = (body: unknown): unknown =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.parse(JSON.stringify(body).replace('{proposal}', proposal))

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
