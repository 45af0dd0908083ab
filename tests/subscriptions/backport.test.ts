/** Subscriptions R5 Backport 1.1 in its form for R4: topics, notification Bundles, $status, $events, numbers. */
import { describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { consentOf, encounter, give, NO_SHARING, observation } from '../consent/resources.ts'
import { asAbsent } from '../leaks/worlds.ts'
import type { Got } from './receiver.ts'
import { active, plain, put, setting, statusOf, subscribe } from './setting.ts'

const held = setting()
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
const topic = (name: string): string => `https://fhir-cn.example/SubscriptionTopic/${name}`
const at = (path: string): Got[] => held.receiver.at(path)

interface Asked {
  filters?: string[]
  content?: string
  maxCount?: number
  channel?: object
}

function backport(name: string, path: string, { filters = [], content = 'id-only', maxCount, channel = {} }: Asked = {}): object {
  const extension = filters.map((valueString) => ({ url: `${GUIDE}/backport-filter-criteria`, valueString }))
  return {
    resourceType: 'Subscription',
    meta: { profile: [`${GUIDE}/backport-subscription`] },
    status: 'requested',
    reason: 'test',
    criteria: topic(name),
    ...(extension.length > 0 ? { _criteria: { extension } } : {}),
    channel: {
      ...(maxCount === undefined ? {} : { extension: [{ url: `${GUIDE}/backport-max-count`, valuePositiveInt: maxCount }] }),
      type: 'rest-hook',
      endpoint: `${held.receiver.url}${path}`,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: content }] },
      ...channel,
    },
  }
}

interface Parameter {
  name: string
  part?: { name: string; valueString?: string; valueReference?: { reference: string } }[]
  valueCode?: string
  valueString?: string
  valueReference?: { reference: string }
  valueCanonical?: string
}
const parametersOf = (bundle: { entry: { resource: { parameter: Parameter[] } }[] }): Parameter[] =>
  bundle.entry[0]?.resource.parameter ?? []
/** Name and value of all parameters but the events. */
const statusIn = (bundle: Got['json']): Record<string, string> =>
  Object.fromEntries(
    parametersOf(bundle)
      .filter(({ part }) => !part)
      .map((one) => [one.name, one.valueCode ?? one.valueString ?? one.valueCanonical ?? one.valueReference?.reference ?? '']),
  )
/** Number and focus of its events. */
const eventsIn = (bundle: Got['json']): [string | undefined, string | undefined][] =>
  parametersOf(bundle)
    .filter(({ name }) => name === 'notification-event')
    .map(({ part = [] }) => [
      part.find(({ name }) => name === 'event-number')?.valueString,
      part.find(({ name }) => name === 'focus')?.valueReference?.reference.split('/fhir/')[1],
    ])
const notified = (path: string): Got[] => at(path).filter(({ json }) => statusIn(json).type === 'event-notification')
const visit = (id: string, status: string, subject = 'open'): object => ({
  ...encounter(id, subject, 'H2', 'Practitioner/doc-2'),
  status,
})
const change = (id: string, body: object, token = held.engine) =>
  held.server.call('PUT', `/fhir/Subscription/${id}`, { token, body: { ...body, id } })

test('first a handshake, then active; a handshake that fails ends in error, and another try begins anew', async () => {
  held.receiver.answers = () => 500
  const body = backport('encounter-start', '/hook/shake')
  const made = await subscribe(held, body)
  expect([made.status, made.json.status]).toEqual([201, 'requested'])
  const failed = await statusOf(held, made.json.id, 'error')
  expect(failed.json.error).toMatch(/500/)
  held.receiver.answers = () => 200
  expect((await change(made.json.id, body)).json.status).toBe('requested')
  await statusOf(held, made.json.id, 'active')
  const [, second] = at('/hook/shake')
  expect([second?.method, second?.headers['content-type'], second?.json.type]).toEqual(['POST', 'application/fhir+json', 'history'])
  expect(second?.json.meta.profile).toEqual([`${GUIDE}/backport-subscription-notification-r4`])
  expect(second?.json.entry).toHaveLength(1)
  const [entry] = second?.json.entry ?? []
  expect(entry.request).toEqual({ method: 'GET', url: `${held.server.url}/fhir/Subscription/${made.json.id}/$status` })
  expect([entry.resource.resourceType, entry.resource.meta.profile]).toEqual(['Parameters', [`${GUIDE}/backport-subscription-status-r4`]])
  expect(statusIn(second?.json)).toEqual({
    subscription: `${held.server.url}/fhir/Subscription/${made.json.id}`,
    topic: topic('encounter-start'),
    status: 'requested',
    type: 'handshake',
    'events-since-subscription-start': '0',
  })
  // What is sent is what this server would itself take for a Bundle.
  const checked = await held.server.call('POST', '/fhir/Bundle/$validate', { token: held.loader, body: second?.json })
  expect(checked.json.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
})

test('an endpoint that has refused the handshake is told nothing until it has answered one', async () => {
  const body = (path: string) => backport('document-new', path, { filters: ['type=urn:test|shaken'] })
  const id = await active(held, body('/hook/before'))
  held.receiver.answers = ({ path, json }) => (path === '/hook/after' && statusIn(json).type === 'handshake' ? 404 : 200)
  await change(id, body('/hook/after'))
  await statusOf(held, id, 'error')
  const document = (name: string): object => ({
    resourceType: 'DocumentReference',
    id: name,
    meta: { source: 'https://fhir-cn.example/Organization/H2' },
    status: 'current',
    type: { coding: [{ system: 'urn:test', code: 'shaken' }] },
    subject: { reference: 'Patient/open' },
    content: [{ attachment: { title: 'x' } }],
  })
  await put(held, document('shaken-1'))
  await held.receiver.until(() => at('/hook/after').length >= 2)
  expect(at('/hook/after').map(({ json }) => statusIn(json).type)).toEqual(['handshake', 'handshake'])
  expect((await statusOf(held, id, 'error')).json.error).toContain('404')
  held.receiver.answers = () => 200
  await put(held, document('shaken-2'))
  await held.receiver.until(() => notified('/hook/after').flatMap(({ json }) => eventsIn(json)).length >= 2)
  // What came meanwhile was kept, and is told once there is an endpoint that takes it.
  expect(notified('/hook/after').flatMap(({ json }) => eventsIn(json))).toEqual([
    ['1', 'DocumentReference/shaken-1'],
    ['2', 'DocumentReference/shaken-2'],
  ])
  expect((await statusOf(held, id, 'active')).json.error).toBeUndefined()
})

describe('topics', () => {
  test('the start and the end of a visit, when it starts and ends and not again', async () => {
    await active(held, backport('encounter-start', '/hook/start', { filters: ['Encounter?patient=Patient/open'], maxCount: 1 }))
    await active(held, backport('encounter-end', '/hook/end', { filters: ['patient=Patient/open'], maxCount: 1 }))
    await put(held, visit('v-1', 'planned'), visit('v-2', 'in-progress'), visit('v-3', 'in-progress', 'turned'))
    await put(held, visit('v-1', 'in-progress'))
    await put(held, { ...visit('v-1', 'in-progress'), length: { value: 1, unit: 'd' } })
    await put(held, visit('v-1', 'finished'))
    await held.receiver.until(() => notified('/hook/end').length >= 1 && notified('/hook/start').length >= 2)
    expect(notified('/hook/start').flatMap(({ json }) => eventsIn(json))).toEqual([
      ['1', 'Encounter/v-2'],
      ['2', 'Encounter/v-1'],
    ])
    expect(notified('/hook/end').flatMap(({ json }) => eventsIn(json))).toEqual([['1', 'Encounter/v-1']])
  })

  test('documents that are new, laboratory reports that are final, records that change', async () => {
    await active(held, backport('document-new', '/hook/doc'))
    await active(held, backport('laboratory-report', '/hook/lab'))
    await active(held, backport('patient-changed', '/hook/patient', { filters: ['_id=gone-soon'], content: 'full-resource' }))
    const document = { resourceType: 'DocumentReference', id: 'doc-1', status: 'current', content: [{ attachment: { title: 'x' } }] }
    const report = (status: string, code: string) => ({
      resourceType: 'DiagnosticReport',
      id: `report-${code}`,
      status,
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code }] }],
      code: { text: 'x' },
      subject: { reference: 'Patient/open' },
    })
    await put(held, { ...document, subject: { reference: 'Patient/open' } }, report('preliminary', 'LAB'), report('final', 'RAD'))
    await put(held, { ...document, subject: { reference: 'Patient/open' }, description: 'y' }, report('final', 'LAB'))
    await put(held, { resourceType: 'Patient', id: 'gone-soon' }, encounter('visit-gone', 'gone-soon', 'H2', 'Practitioner/doc-2'))
    await held.receiver.until(
      () => notified('/hook/doc').length >= 1 && notified('/hook/lab').length >= 1 && notified('/hook/patient').length >= 1,
    )
    expect(notified('/hook/doc').flatMap(({ json }) => eventsIn(json))).toEqual([['1', 'DocumentReference/doc-1']])
    expect(notified('/hook/lab').flatMap(({ json }) => eventsIn(json))).toEqual([['1', 'DiagnosticReport/report-LAB']])
    expect(notified('/hook/patient').flatMap(({ json }) => eventsIn(json))).toEqual([['1', 'Patient/gone-soon']])
  })

  test('what is deleted is told without what it was', async () => {
    await active(held, backport('consent-changed', '/hook/consent', { content: 'full-resource', maxCount: 1 }))
    await put(held, { resourceType: 'Patient', id: 'giving' }, encounter('visit-giving', 'giving', 'H2', 'Practitioner/doc-2'))
    const token = await held.server.token('patient-app', { patient: 'giving' })
    const made = await held.server.call('POST', '/fhir/Consent', { token, body: consentOf('giving', { series: 'z', policy: 'OPTIN' }) })
    await held.server.call('DELETE', `/fhir/Consent/${made.json.id}`, { token: held.loader })
    await held.receiver.until(() => notified('/hook/consent').length >= 2)
    const entries = notified('/hook/consent').map(({ json }) => json.entry[1])
    expect(entries.map(({ request, response, resource }) => [request.method, response.status, resource?.status])).toEqual([
      ['POST', '201', 'active'],
      ['DELETE', '204', undefined],
    ])
  })

  test('are in the CapabilityStatement, with the profile and the operations', async () => {
    const statement = (await held.server.call('GET', '/fhir/metadata')).json
    const own = statement.rest[0].resource.find(({ type }: { type: string }) => type === 'Subscription')
    expect(own.supportedProfile).toContain(`${GUIDE}/backport-subscription`)
    const url = `${GUIDE}/capabilitystatement-subscriptiontopic-canonical`
    expect(own.extension).toContainEqual({ url, valueCanonical: topic('consent-changed') })
    const names = own.operation.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['status', 'events', 'dead-letters', 'redeliver']))
  })

  test.each([
    ['a topic that there is not', () => backport('nothing', '/exact'), 'subscription-topic'],
    [
      'a filter that it does not offer',
      () => backport('encounter-start', '/exact', { filters: ['Encounter?reason-code=x'] }),
      'subscription-filter',
    ],
    ['a filter of another type', () => backport('encounter-start', '/exact', { filters: ['Patient?patient=x'] }), 'subscription-filter'],
    ['content that is none', () => backport('encounter-start', '/exact', { content: 'all' }), 'subscription-extension'],
    [
      'another channel beside',
      () => backport('encounter-start', '/exact', { channel: { _type: { extension: [{ url: `${GUIDE}/backport-channel-type` }] } } }),
      '',
    ],
  ])('%s is refused', async (_, body, code) => {
    const answer = await subscribe(held, body())
    expect(answer.status).toBe(422)
    if (code !== '') expect(answer.json.issue[0].details.coding[0].code).toBe(code)
  })
})

describe('content', () => {
  test.each(['empty', 'id-only', 'full-resource'])('%s', async (content) => {
    const path = `/hook/${content}`
    await active(held, backport('document-new', path, { content, filters: [`type=urn:test|${content}`] }))
    await put(held, {
      resourceType: 'DocumentReference',
      id: `with-${content}`,
      status: 'current',
      type: { coding: [{ system: 'urn:test', code: content }] },
      subject: { reference: 'Patient/open' },
      content: [{ attachment: { title: 'the title' } }],
    })
    await held.receiver.until(() => notified(path).length >= 1)
    const { json, body } = notified(path)[0] as Got
    const [, only, ...others] = json.entry
    expect(others).toEqual([])
    expect(eventsIn(json)).toEqual([['1', content === 'empty' ? undefined : `DocumentReference/with-${content}`]])
    expect([Boolean(only), only?.resource?.content?.[0].attachment.title]).toEqual([
      content !== 'empty',
      content === 'full-resource' ? 'the title' : undefined,
    ])
    expect(body.includes('with-')).toBe(content !== 'empty')
    if (only) expect(only.fullUrl).toBe(`${held.server.url}/fhir/DocumentReference/with-${content}`)
    const checked = await held.server.call('POST', '/fhir/Bundle/$validate', { token: held.loader, body: json })
    expect(checked.json.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
  })

  test('XML, and several events in one', async () => {
    const channel = { payload: 'application/fhir+xml' }
    await active(held, backport('document-new', '/hook/xml', { channel, filters: ['type=urn:test|xml'] }))
    const document = (id: string) => ({
      resourceType: 'DocumentReference',
      id,
      status: 'current',
      type: { coding: [{ system: 'urn:test', code: 'xml' }] },
      subject: { reference: 'Patient/open' },
      content: [{ attachment: { title: 'x' } }],
    })
    await put(held, document('xml-1'), document('xml-2'))
    await held.receiver.until(() => at('/hook/xml').some(({ body }) => body.includes('xml-2')))
    const last = at('/hook/xml').at(-1)
    expect(last?.headers['content-type']).toBe('application/fhir+xml')
    expect(last?.body).toMatch(/<Bundle xmlns="http:\/\/hl7.org\/fhir"><id /)
    expect(at('/hook/xml').filter(({ body }) => body.includes('event-notification'))).toHaveLength(1)
  })
})

describe('numbers', () => {
  const start = (id: string, subject: string) => visit(id, 'in-progress', subject)

  test('what is hidden has none: no gap in notifications, $status and $events', async () => {
    const id = await active(held, backport('encounter-start', '/hook/gap', { maxCount: 1, filters: ['class=IMP'] }))
    for (const [name, subject] of [
      ['g-1', 'hidden'],
      ['g-2', 'open'],
      ['g-3', 'hidden'],
      ['g-4', 'turned'],
      ['g-5', 'hidden'],
    ] as const)
      await put(held, start(name, subject))
    await held.receiver.until(() => notified('/hook/gap').length >= 2)
    // The hospital's own visits are its own, whatever other hospitals may see: those of H1 are not.
    expect(notified('/hook/gap').length).toBeGreaterThan(1)
    const numbers = notified('/hook/gap').flatMap(({ json }) => eventsIn(json).map(([number]) => Number(number)))
    expect(numbers).toEqual(numbers.map((_, place) => place + 1))
    const status = await held.server.call('GET', `/fhir/Subscription/${id}/$status`, { token: held.engine })
    expect([status.status, status.json.type, status.json.total]).toEqual([200, 'searchset', 1])
    expect(statusIn(status.json)).toMatchObject({ type: 'query-status', status: 'active' })
  })

  test('$events tells again what was told, as it may be told now', async () => {
    const body = plain(held, 'Observation?code=urn:test|again', '/hook/again')
    const id = await active(held, body)
    await put(
      held,
      observation('again-1', 'open', 'again'),
      observation('again-2', 'hidden', 'again'),
      observation('again-3', 'turned', 'again'),
    )
    await put(held, observation('again-4', 'open', 'again'))
    await held.receiver.until(() => at('/hook/again').length >= 3)
    const ask = (query = '', token = held.engine) => held.server.call('GET', `/fhir/Subscription/${id}/$events${query}`, { token })
    const all = await ask()
    expect([all.status, all.json.type, statusIn(all.json).type]).toEqual([200, 'history', 'query-event'])
    expect(statusIn(all.json)['events-since-subscription-start']).toBe('3')
    expect(eventsIn(all.json)).toEqual([
      ['1', 'Observation/again-1'],
      ['2', 'Observation/again-3'],
      ['3', 'Observation/again-4'],
    ])
    expect(all.json.entry.slice(1).map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual([
      'again-1',
      'again-3',
      'again-4',
    ])
    const some = await ask('?eventsSinceNumber=2&eventsUntilNumber=2&content=id-only')
    expect([eventsIn(some.json), some.json.entry[1].resource]).toEqual([[['2', 'Observation/again-3']], undefined])
    expect(eventsIn((await ask('?content=empty&eventsSinceNumber=3')).json)).toEqual([['3', undefined]])
    expect((await ask('?eventsSinceNumber=x')).status).toBe(400)
    expect((await ask('?content=x')).status).toBe(400)
    for (const twice of ['?content=empty&content=id-only', '?content=empty,id-only', '?eventsSinceNumber=1&eventsSinceNumber=2'])
      expect([twice, (await ask(twice)).status]).toEqual([twice, 400])
    await give(held.server, 'turned', NO_SHARING)
    const after = await ask()
    expect([eventsIn(after.json).map(([, focus]) => focus), after.text.includes('turned')]).toEqual([
      ['Observation/again-1', 'Observation/again-4'],
      false,
    ])
    // Another view of the same client, an operator, another client.
    const other = await held.server.token('h2-engine', { purpose_of_use: 'HOPERAT' })
    expect([(await ask('', other)).status, (await ask('', held.loader)).status]).toEqual([403, 403])
    const stranger = await held.server.token('h1-engine')
    const leak = { server: held.server, loader: held.loader, doctor: stranger, researcher: stranger }
    for (const operation of ['$events', '$status']) {
      const names = { hidden: id, absent: 'f1c5a2c4-1f5c-4a5f-9d58-0c3a5b1c7e11' }
      expect((await asAbsent(leak, (name) => `/fhir/Subscription/${name}/${operation}`, names)).status).toBe(404)
    }
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'eventsSinceNumber', valueString: '3' }] }
    const posted = await held.server.call('POST', `/fhir/Subscription/${id}/$events`, { token: held.engine, body: parameters })
    expect(eventsIn(posted.json)).toEqual([['3', 'Observation/again-4']])
    // In a body, too, nothing is passed over where the client asks for that.
    const strict = { token: held.engine, headers: { Prefer: 'handling=strict' } }
    const unknown = { ...parameters, parameter: [{ name: 'eventsFrom', valueString: '3' }] }
    const refused = await held.server.call('POST', `/fhir/Subscription/${id}/$events`, { ...strict, body: unknown })
    expect([refused.status, refused.json.issue[0].expression]).toEqual([400, ['eventsFrom']])
  })

  test('$status of several: those of the caller, by id and status', async () => {
    const ask = async (query: string, token = held.engine) =>
      (await held.server.call('GET', `/fhir/Subscription/$status${query}`, { token })).json
    const all = await ask('')
    expect(all.total).toBeGreaterThan(5)
    const ids = (bundle: { entry?: { resource: { parameter: Parameter[] } }[] }) =>
      (bundle.entry ?? []).map(({ resource }) => resource.parameter[0]?.valueReference?.reference.split('/').pop() ?? '')
    const [first = '', second = ''] = ids(all)
    expect(ids(await ask(`?id=${first}&id=${second}`)).sort()).toEqual([first, second].sort())
    expect((await ask('?status=off')).total).toBe(0)
    expect((await ask('', await held.server.token('h1-engine'))).total).toBe(0)
    expect(ids(await ask(`?id=${first}`, held.loader))).toEqual([first])
  })
})

test('a heartbeat where nothing happened for as long as was asked for', async () => {
  const extension = [{ url: `${GUIDE}/backport-heartbeat-period`, valueUnsignedInt: 60 }]
  const id = await active(held, backport('document-new', '/hook/beat', { channel: { extension }, filters: ['type=urn:test|none'] }))
  const rows = held.server.running.store.table(systemDecision('test'), 'subscriptions')
  const past = new Date(Date.now() - 61_000)
  await rows.update({ _id: id }, { set: { sentAt: past, due: past }, inc: { wakes: 1 } })
  await held.receiver.until(() => at('/hook/beat').length >= 2)
  expect(at('/hook/beat').map(({ json }) => statusIn(json).type)).toEqual(['handshake', 'heartbeat'])
})
