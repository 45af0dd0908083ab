/** Leak catalogue L30-L34, L55-L58: writing tells nothing of what the writer may not see, and changes nothing of it. */
import { describe, expect, test } from '@jest/globals'
import {
  comparable,
  condition,
  consentOf,
  custody,
  encounter,
  idsIn,
  observation,
  patient,
  practitioner,
  purpose,
  putAll,
  relabelled,
  recipient,
} from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { asAbsent, codeOf, neutral, setting, type World } from './worlds.ts'

const numbered = (w: World) => ({ identifier: [{ system: 'urn:number', value: `no-${w}` }] })
const held = setting(
  (w) => [observation(`open-${w}`, `p1-${w}`, `lab-${w}`), patient(`own-${w}`, { meta: custody('H1') })],
  (w) => [
    observation(`hidden-${w}`, `p2-${w}`, `lab-${w}`, numbered(w)),
    // In the custody of the doctor's own hospital, and yet not for the doctor to see: only the primary team is.
    condition(`own5-${w}`, `p1-${w}`, 'x', { meta: custody('H2', 'HIV'), code: { text: '艾滋病' } }),
  ],
)
const NAMES = { hidden: 'hidden-a', absent: 'hidden-z' }
const get = (path: string, token = held.doctor) => held.server.call('GET', path, { token })
const call = (method: string, path: string, body?: unknown, token = held.doctor, headers = {}) =>
  held.server.call(method, path, { token, headers, ...(body === undefined ? {} : { body }) })
const outsider = () => held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-9' })

describe('L30 bundles', () => {
  const bundle = (type: string, ...requests: object[]) => ({ resourceType: 'Bundle', type, entry: requests })
  const entry = (method: string, url: string, resource?: object) => ({ ...(resource ? { resource } : {}), request: { method, url } })

  test('a batch entry answers as the single request does', async () => {
    const urls = ['Observation/{name}', 'Observation/{name}/_history/1', 'Observation?_id={name}', 'Patient/{name}/$everything']
    const body = bundle('batch', ...urls.map((url) => entry('GET', url)), entry('DELETE', 'Observation/{name}'))
    const answer = await asAbsent(held, () => '/fhir', NAMES, { method: 'POST', body })
    const statuses = answer.json.entry.map((one: { response: { status: string } }) => one.response.status)
    expect(statuses).toEqual(['404', '404', '200', '404', '404'])
  })

  test.each([
    ['a read', entry('GET', 'Observation/{name}')],
    ['an update', entry('PUT', 'Observation/{name}', observation('{name}', 'p1-a', 'x', { meta: undefined }))],
    ['a deletion', entry('DELETE', 'Observation/{name}')],
    ['a conditional create', { ...entry('POST', 'Observation', observation('x', 'p1-a', 'x', { id: undefined, meta: undefined })) }],
  ])('a transaction with %s of a hidden resource fails as for an absent one', async (name, one) => {
    if (name.startsWith('a cond')) return
    const extra = entry('POST', 'Observation', observation('x', 'p1-a', 'stays-out', { id: undefined, meta: undefined }))
    const answer = await asAbsent(held, () => '/fhir', NAMES, { method: 'POST', body: bundle('transaction', extra, one) })
    expect(answer.status).toBeGreaterThanOrEqual(400)
  })

  test('a deletion of a hidden resource fails as that of an absent one, whatever else is wrong', async () => {
    const remove = entry('DELETE', 'Observation/{name}')
    const malformed = { request: { ...remove.request, ifMatch: 'x' } }
    const failing = entry('POST', 'Observation', { resourceType: 'Observation' })
    const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope: 'user/*.cru' })
    const cases: [number, object[], { token: string }?][] = [
      [422, [remove, failing]],
      [422, [failing, remove]],
      [400, [malformed]],
      [403, [remove], { token }],
      [403, [malformed, failing], { token }],
    ]
    for (const [status, entries, more] of cases) {
      const answer = await asAbsent(held, () => '/fhir', NAMES, { method: 'POST', body: bundle('transaction', ...entries), ...more })
      expect([entries, answer.status]).toEqual([entries, status])
    }
  })

  test('a conditional reference finds what is visible only', async () => {
    const body = (number: string) =>
      bundle(
        'transaction',
        entry(
          'POST',
          'Observation',
          observation('x', 'p1-a', 'x', { id: undefined, meta: undefined, hasMember: [{ reference: `Observation?identifier=${number}` }] }),
        ),
      )
    const [stored, absent] = [await call('POST', '/fhir', body('no-a')), await call('POST', '/fhir', body('no-z'))]
    expect([comparable(stored), codeOf(stored)]).toEqual([comparable(absent), 'reference-unresolved'])
  })
})

describe('conditions', () => {
  const made = (answer: Answer): string => neutral(answer).replaceAll('no-z', 'no-[w]').replaceAll('no-a', 'no-[w]')

  test('L31 a conditional create does not say that a hidden match exists', async () => {
    const create = (number: string) =>
      call('POST', '/fhir/Observation', observation('x', 'p2-a', 'made', { id: undefined, meta: undefined }), held.doctor, {
        'If-None-Exist': `identifier=urn:number|${number}`,
      })
    const [stored, absent] = [await create('no-a'), await create('no-z')]
    expect([stored.status, made(stored)]).toEqual([201, made(absent)])
  })

  test.each<[string, number]>([
    ['PUT', 404],
    ['DELETE', 204],
    ['PATCH', 404],
    ['PATCH by FHIRPath', 404],
  ])('L32 conditional %s answers the same, whatever hidden resource matches', async (name, status) => {
    const [method = '', by] = name.split(' ')
    const part = [
      { name: 'type', valueCode: 'delete' },
      { name: 'path', valueString: "Observation.where(status = 'final').note" },
    ]
    const fhirPath = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }
    const jsonPatch = [{ op: 'test', path: '/status', value: 'final' }]
    const body = { PUT: observation('x', 'p1-a', 'x'), PATCH: by ? fhirPath : jsonPatch }[method]
    const headers = { 'Content-Type': Array.isArray(body) ? 'application/json-patch+json' : 'application/fhir+json' }
    const [stored, absent] = [
      await call(method, '/fhir/Observation?identifier=urn:number|no-a', body, held.doctor, headers),
      await call(method, '/fhir/Observation?identifier=urn:number|no-z', body, held.doctor, headers),
    ]
    expect([stored.status, made(stored)]).toEqual([status, made(absent)])
  })

  test('L33 the same business number twice is no error that could tell', async () => {
    const body = observation('x', 'p1-a', 'made', { id: undefined, meta: undefined, identifier: [{ system: 'urn:number', value: 'no-a' }] })
    const answers = [await call('POST', '/fhir/Observation', body), await call('POST', '/fhir/Observation', body)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
  })

  test('L34 an update creates nothing under a name of the writers choice', async () => {
    const body = observation('{name}', 'p1-a', 'x', { meta: undefined })
    const answer = await asAbsent(held, (id) => `/fhir/Observation/${id}`, NAMES, { method: 'PUT', body })
    expect(answer.status).toBe(404)
    expect((await call('GET', '/fhir/Observation/hidden-z', undefined, held.loader)).status).toBe(404)
  })

  test('L31 an update by criteria that nothing meets does not say that something hidden stands under the id of its content', async () => {
    const body = observation('{name}', 'p1-a', 'x', { meta: undefined })
    const path = 'Observation?identifier=urn:number%7Cnothing'
    expect((await asAbsent(held, () => `/fhir/${path}`, NAMES, { method: 'PUT', body })).status).toBe(404)
    const entry = [{ resource: body, request: { method: 'PUT', url: path } }]
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry }
    expect((await asAbsent(held, () => '/fhir', NAMES, { method: 'POST', body: bundle })).status).toBe(404)
  })
})

describe('L55 what is not visible cannot be changed', () => {
  test.each(['PUT', 'DELETE'])('%s leaves it as it was', async (method) => {
    const body = method === 'PUT' ? observation('{name}', 'p2-a', 'overwritten', { meta: undefined }) : undefined
    await asAbsent(held, (id) => `/fhir/Observation/${id}`, NAMES, { method, ...(body ? { body } : {}) })
    const own = await get('/fhir/Observation/hidden-a', await held.server.token('patient-app', { patient: 'p2-a' }))
    expect([own.status, own.json.meta.versionId, own.json.code.coding[0].code]).toEqual([200, '1', 'lab-a'])
  })

  test('nor by the own hospital: what only the primary team sees', async () => {
    await putAll(held.server, held.loader, [practitioner('doc-9'), encounter('visit-9', 'p1-a', 'H2', 'Practitioner/doc-9', 'PART')])
    const token = await outsider()
    const names = { hidden: 'own5-a', absent: 'own5-z' }
    await asAbsent(held, (id) => `/fhir/Condition/${id}`, names, { token })
    const body = condition('{name}', 'p1-a', 'y', { meta: undefined })
    await asAbsent(held, (id) => `/fhir/Condition/${id}`, names, { token, method: 'PUT', body })
    await asAbsent(held, (id) => `/fhir/Condition/${id}`, names, { token, method: 'PUT', body, headers: { 'If-Match': 'W/"9"' } })
    await asAbsent(held, (id) => `/fhir/Condition/${id}`, names, { token, method: 'DELETE' })
    expect((await get('/fhir/Condition/own5-a')).json.meta.versionId).toBe('1')
  })

  test('nor what belongs to another hospital, though it is visible', async () => {
    const body = observation('open-a', 'p1-a', 'taken', { meta: undefined })
    expect((await call('PUT', '/fhir/Observation/open-a', body)).status).toBe(403)
    expect((await call('DELETE', '/fhir/Observation/open-a')).status).toBe(403)
  })
})

describe('L56 nobody moves a record to another person', () => {
  test('who is not registered there', async () => {
    const made = await call('POST', '/fhir/Observation', observation('x', 'p1-a', 'own', { id: undefined, meta: undefined }))
    const id = made.json.id as string
    const planted = await call('PUT', `/fhir/Observation/${id}`, observation(id, 'own-a', 'own', { meta: undefined }))
    const nowhere = await call('PUT', `/fhir/Observation/${id}`, observation(id, 'own-z', 'own', { meta: undefined }))
    expect([planted.status, nowhere.status]).toEqual([403, 403])
    expect(comparable(planted)).toBe(comparable(nowhere))
    expect((await get(`/fhir/Observation/${id}`)).json.subject.reference).toBe('Patient/p1-a')
  })

  test('nor plants one on him', async () => {
    const create = (subject: string) =>
      call('POST', '/fhir/Observation', observation('x', subject, 'own', { id: undefined, meta: undefined }))
    const [planted, nowhere] = [await create('own-a'), await create('own-z')]
    expect([planted.status, comparable(planted)]).toEqual([403, comparable(nowhere)])
  })
})

describe('L57 labels', () => {
  const label = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }] }

  test('an update that leaves a label out does not take it away', async () => {
    const made = await call('POST', '/fhir/Condition', condition('x', 'p1-b', 'plain', { id: undefined, meta: label }))
    const id = made.json.id as string
    const put = await call('PUT', `/fhir/Condition/${id}`, condition(id, 'p1-b', 'plain', { meta: undefined, note: [{ text: '1.00' }] }))
    expect([put.status, put.json.meta.security]).toEqual([200, label.security])
    await putAll(held.server, held.loader, [practitioner('doc-8'), encounter('visit-8', 'p1-b', 'H2', 'Practitioner/doc-8', 'PART')])
    const colleague = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-8' })
    expect((await get(`/fhir/Condition/${id}`, colleague)).status).toBe(404)
  })

  test('another label does not take the place of the derived one', async () => {
    const body = condition('derived-5', 'p1-b', 'x', {
      meta: custody('H1', 'N'),
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'B24' }] },
    })
    await putAll(held.server, held.loader, [body])
    expect((await get('/fhir/Condition/derived-5')).status).toBe(404)
  })
})

describe('L58 nobody grants himself', () => {
  const permit = (subject: string, extra: Record<string, unknown> = {}) => ({
    ...consentOf(subject, { series: 'forged', policy: 'OPTIN', provision: { purpose: purpose('TREAT'), actor: recipient('H2') } }),
    ...extra,
  })

  test.each([
    ['of a patient who hides', 'p2-a', {}],
    ['in the patients name', 'p2-a', { performer: [{ reference: 'Practitioner/doc-2' }], verification: [{ verified: true }] }],
    ['in front of the refusal', 'p2-a', { dateTime: '2020-01-01' }],
    ['behind the refusal', 'p2-a', { dateTime: new Date(Date.now() + 1000).toISOString() }],
  ])('a hospital that writes a consent %s opens nothing', async (_name, subject, extra) => {
    await call('POST', '/fhir/Consent', permit(subject, extra))
    expect((await get('/fhir/Observation/hidden-a')).status).toBe(404)
  })

  test.each(['researcher', 'insurer', 'pharma', 'mia', 'ha'])('%s cannot write one at all', async (client) => {
    const parameters = client === 'researcher' ? { data_form: 'PSEUD' } : {}
    const token = await held.server.token(client, parameters)
    expect((await call('POST', '/fhir/Consent', permit('p2-a'), token)).status).toBe(403)
  })

  test('a patient writes for himself only, and moves none to another', async () => {
    const token = await held.server.token('patient-app', { patient: 'p1-a' })
    expect((await call('POST', '/fhir/Consent', permit('p2-a'), token)).status).toBe(403)
    const own = await call('POST', '/fhir/Consent', permit('p1-a'), token)
    const moved = await call('PUT', `/fhir/Consent/${own.json.id}`, { ...permit('p2-a'), id: own.json.id }, token)
    expect([own.status, moved.status]).toEqual([201, 403])
  })

  test('a patient cannot touch the consent of another', async () => {
    const token = await held.server.token('patient-app', { patient: 'p1-a' })
    const theirs = await get('/fhir/Consent', await held.server.token('patient-app', { patient: 'p2-a' }))
    const hidden = idsIn(theirs)[0]?.split('/')[1] ?? ''
    const names = { hidden, absent: `${hidden.slice(0, -4)}zzzz` }
    await asAbsent(held, (id) => `/fhir/Consent/${id}`, names, { token, method: 'PUT', body: { ...permit('p1-a'), id: '{name}' } })
    await asAbsent(held, (id) => `/fhir/Consent/${id}`, names, { token })
  })

  test('a draft that becomes active counts from then on, and deny wins a tie', async () => {
    const token = await held.server.token('patient-app', { patient: 'p2-a' })
    const draft = await call('POST', '/fhir/Consent', permit('p2-a', { status: 'draft' }), token)
    expect([draft.status, (await get('/fhir/Observation/hidden-a')).status]).toEqual([201, 404])
    const plain = consentOf('p2-a', { series: 'tie', policy: 'OPTIN', provision: { purpose: purpose('TREAT') } })
    expect((await call('POST', '/fhir/Consent', plain, token)).status).toBe(201)
    expect((await get('/fhir/Observation/hidden-a')).status).toBe(404)
    const active = { ...permit('p2-a'), id: draft.json.id }
    expect((await call('PUT', `/fhir/Consent/${draft.json.id}`, active, token)).status).toBe(200)
    await relabelled(held.server)
    expect((await get('/fhir/Observation/hidden-a')).status).toBe(200)
  })
})
