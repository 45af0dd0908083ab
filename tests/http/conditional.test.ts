/** Conditional read, update and delete (R4 http.html#cread, #cond-update, 3.1.0.7.1); with access control: tests/leaks/conditions.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

const basic = (value: string, extra: object = {}): object => ({
  resourceType: 'Basic',
  identifier: [{ system: 'urn:x', value }],
  code: { text: 'x' },
  ...extra,
})

describe('without access control', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ noAuth: true })
  })
  afterAll(() => server.stop())

  test('a version that the caller has already is 304 without a body; another one is sent', async () => {
    const created = await server.call('POST', '/fhir/Basic', { body: basic('r1') })
    const path = `/fhir/Basic/${created.json.id}`
    const modified = created.headers.get('last-modified') as string
    for (const headers of [
      { 'If-None-Match': 'W/"1"' },
      { 'If-None-Match': '"9", W/"1"' },
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': modified },
    ]) {
      const answer = await server.call('GET', path, { headers })
      expect([answer.status, answer.text, answer.headers.get('etag'), answer.headers.get('last-modified')]).toEqual([
        304,
        '',
        'W/"1"',
        modified,
      ])
    }
    const earlier = new Date(Date.parse(modified) - 1000).toUTCString()
    for (const headers of [
      { 'If-None-Match': 'W/"2"' },
      { 'If-Modified-Since': earlier },
      { 'If-Modified-Since': 'never' },
      // A tag decides where there is one.
      { 'If-None-Match': 'W/"2"', 'If-Modified-Since': modified },
    ])
      expect((await server.call('GET', path, { headers: headers as Record<string, string> })).status).toBe(200)
  })

  test('criteria of a create in its address are refused: passed over, each call would make another (fhirpy, get_or_create)', async () => {
    for (const query of ['identifier=urn:x|c1', 'code:text=x', 'author:Practitioner.name=x', '_has:List:item:code=x', '_id=c1']) {
      const answer = await server.call('POST', `/fhir/Basic?${query}`, { body: basic('c1') })
      expect([query, answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([query, 400, 'create-criteria'])
    }
    expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|c1')).json.total).toBe(0)
    const strict = { Prefer: 'handling=strict' }
    const post = (query: string, headers = {}) => server.call('POST', `/fhir/Basic?${query}`, { body: basic('c2'), headers })
    expect([(await post('_format=json&_pretty=true', strict)).status, (await post('nonsense=1')).status]).toEqual([201, 201])
    expect((await post('nonsense=1', strict)).status).toBe(400)
    const entry = [{ resource: basic('c3'), request: { method: 'POST', url: 'Basic?identifier=urn:x|c3' } }]
    const batch = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'batch', entry } })
    expect(batch.json.entry[0].response.status).toBe('400')
    expect((await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })).status).toBe(400)
    expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|c3')).json.total).toBe(0)
  })

  test('an update by criteria: none creates, one is updated, several are refused', async () => {
    const put = (query: string, body: object, headers = {}) => server.call('PUT', `/fhir/Basic?${query}`, { body, headers })
    const first = await put('identifier=urn:x|u1', basic('u1'))
    expect(first.status).toBe(201)
    const second = await put('identifier=urn:x|u1', basic('u1', { created: '2026-01-01' }))
    expect([second.status, second.json.id, second.headers.get('etag')]).toEqual([200, first.json.id, 'W/"2"'])
    const same = await put('identifier=urn:x|u1', basic('u1', { id: first.json.id, created: '2026-01-02' }))
    expect([same.status, same.headers.get('etag')]).toEqual([200, 'W/"3"'])
    const other = await put('identifier=urn:x|u1', basic('u1', { id: 'another' }))
    expect([other.status, other.json.issue[0].details.coding[0].code]).toEqual([400, 'id-mismatch'])
    const stale = await put('identifier=urn:x|u1', basic('u1'), { 'If-Match': 'W/"1"' })
    expect(stale.status).toBe(412)
    await server.call('POST', '/fhir/Basic', { body: basic('u1') })
    const several = await put('identifier=urn:x|u1', basic('u1'))
    expect([several.status, several.json.issue[0].code]).toEqual([412, 'multiple-matches'])
  })

  test('an update that asks that nothing stands there never overwrites', async () => {
    const path = '/fhir/Basic/none-match'
    const put = (value: string, headers: Record<string, string>) =>
      server.call('PUT', path, { body: basic(value, { id: 'none-match' }), headers })
    const statuses = async (...answers: Promise<{ status: number }>[]) => (await Promise.all(answers)).map(({ status }) => status)
    const racing = await statuses(...Array.from({ length: 10 }, (_, n) => put(`r${n}`, { 'If-None-Match': '*' })))
    expect(racing.sort()).toEqual([201, ...Array<number>(9).fill(412)])
    const refused = await put('b', { 'If-None-Match': '*' })
    expect([refused.status, refused.json.issue[0].details.coding[0].code]).toEqual([412, 'version-conflict'])
    expect((await put('b', { 'If-None-Match': '"9", W/"1"' })).status).toBe(412)
    expect((await put('b', { 'If-None-Match': 'W/"2"' })).headers.get('etag')).toBe('W/"2"')
    expect((await server.call('DELETE', path)).status).toBe(204)
    expect((await put('c', { 'If-None-Match': '*' })).headers.get('etag')).toBe('W/"4"')
  })

  test('If-Match: * asks that something stands there', async () => {
    const put = (id: string, headers: Record<string, string>) =>
      server.call('PUT', `/fhir/Basic/${id}`, { body: basic('m', { id }), headers })
    expect((await put('any-match', { 'If-Match': '*' })).status).toBe(412)
    expect((await put('any-match', {})).status).toBe(201)
    const changed = await server.call('PUT', '/fhir/Basic/any-match', {
      body: basic('n', { id: 'any-match' }),
      headers: { 'If-Match': '*' },
    })
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, 'W/"2"'])
    const remove = () => server.call('DELETE', '/fhir/Basic/any-match', { headers: { 'If-Match': '*' } })
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 412])
    expect((await put('any-match', { 'If-Match': '*' })).status).toBe(412)
    const byCriteria = { body: basic('never'), headers: { 'If-Match': '*' } }
    expect((await server.call('PUT', '/fhir/Basic?identifier=urn:x|never', byCriteria)).status).toBe(412)
  })

  test.each(['W/"1', '1"', '1', 'W/1', 'W/"01"', 'W/"0"', '"x"', '', '*, "1"'])('the tag %j is none of a version', async (tag) => {
    const id = 'tagged'
    await server.call('PUT', `/fhir/Basic/${id}`, { body: basic('t', { id }) })
    for (const [method, header] of [
      ['PUT', 'If-Match'],
      ['PUT', 'If-None-Match'],
      ['DELETE', 'If-Match'],
    ] as const) {
      const answer = await server.call(method, `/fhir/Basic/${id}`, {
        headers: { [header]: tag },
        ...(method === 'PUT' ? { body: basic('changed', { id }) } : {}),
      })
      expect([answer.status, answer.json.issue[0].expression]).toEqual([400, [`http.${header}`]])
    }
    expect((await server.call('GET', `/fhir/Basic/${id}`)).headers.get('etag')).toBe('W/"1"')
    for (const version of ['01', '0', '1.0', '+1'])
      expect((await server.call('GET', `/fhir/Basic/${id}/_history/${version}`)).status).toBe(404)
  })

  test('an update by criteria with an id and no match creates under that id', async () => {
    const answer = await server.call('PUT', '/fhir/Basic?identifier=urn:x|with-id', { body: basic('with-id', { id: 'my-own-id' }) })
    expect([answer.status, answer.json.id]).toEqual([201, 'my-own-id'])
  })

  test('an update by criteria with an id and no match replaces nothing that stands under that id', async () => {
    await server.call('PUT', '/fhir/Basic/taken', { body: basic('taken', { id: 'taken' }) })
    const address = 'Basic?identifier=urn:x%7Cnot-taken'
    const body = basic('not-taken', { id: 'taken' })
    const entry = [{ resource: body, request: { method: 'PUT', url: address } }]
    const answers = [
      await server.call('PUT', `/fhir/${address}`, { body }),
      await server.call('PUT', `/fhir/${address}`, { body, headers: { 'If-Match': 'W/"1"' } }),
      await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } }),
    ]
    expect(answers.map(({ status, json }) => [status, json.issue[0].details.coding[0].code])).toEqual(answers.map(() => [409, 'id-taken']))
    const stands = await server.call('GET', '/fhir/Basic/taken')
    expect([stands.headers.get('etag'), stands.json.identifier[0].value]).toEqual(['W/"1"', 'taken'])
    // What was deleted stands there no more.
    await server.call('DELETE', '/fhir/Basic/taken')
    expect((await server.call('PUT', `/fhir/${address}`, { body })).status).toBe(201)
  })

  test('an update by criteria in a transaction does what it does alone, and the others refer to what it means', async () => {
    const URN = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f21'
    const put = (value: string, extra: object = {}, request: object = {}) => ({
      fullUrl: URN,
      resource: basic(value, extra),
      request: { method: 'PUT', url: `Basic?identifier=urn:x%7C${value}`, ...request },
    })
    const pointing = { resource: basic('pointing', { subject: { reference: URN } }), request: { method: 'POST', url: 'Basic' } }
    const send = (...entry: object[]) => server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
    const told = ({ json }: { json: { entry: { response: { status: string }; resource: { id: string; subject?: object } }[] } }) =>
      json.entry.map(({ response, resource }) => [response.status, resource.subject])

    const made = await send(put('t1'), pointing)
    const id = made.json.entry[0].resource.id
    const subject = { reference: `Basic/${id}` }
    expect(told(made)).toEqual([
      ['201', undefined],
      ['201', subject],
    ])
    const changed = await send(pointing, put('t1', { code: { text: 'y' } }))
    expect(told(changed)).toEqual([
      ['201', subject],
      ['200', undefined],
    ])
    expect((await server.call('GET', `/fhir/Basic/${id}`)).json).toMatchObject({ code: { text: 'y' }, meta: { versionId: '2' } })

    // With an id: of the match, or to be created under (R4 http.html#cond-update).
    expect((await send(put('t1', { id }))).json.entry[0].response.etag).toBe('W/"3"')
    expect((await send(put('t2', { id: 'own-id' }))).json.entry[0].response.location).toContain('/Basic/own-id/_history/1')
    const refused = async (code: string, expression: string, ...entry: object[]) => {
      const { status, json } = await send(...entry)
      expect([json.issue[0].details.coding[0].code, json.issue[0].expression[0]]).toEqual([code, expression])
      return status
    }
    expect(await refused('id-mismatch', 'Bundle.entry[0].resource.id', put('t1', { id: 'other' }))).toBe(400)
    expect(
      await refused('conditional-unsupported', 'Bundle.entry[0].request.ifNoneExist', put('t1', {}, { ifNoneExist: 'identifier=x' })),
    ).toBe(400)
    // A condition besides is of the match, as it is alone.
    expect((await send(put('t1', { code: { text: 'z' } }, { ifMatch: 'W/"2"' }))).status).toBe(412)
    expect((await send(put('t1', { code: { text: 'z' } }, { ifNoneMatch: '*' }))).status).toBe(412)
    expect(await refused('version-conflict', 'Bundle.entry[0].request.ifMatch', put('t9', {}, { ifMatch: 'W/"1"' }))).toBe(412)
    expect((await send(put('t1', { code: { text: 'z' } }, { ifMatch: 'W/"3"' }))).json.entry[0].response.etag).toBe('W/"4"')
    expect((await send(put('t4', {}, { ifNoneMatch: '*' }))).json.entry[0].response.status).toBe('201')
    for (const _ of [1, 2]) await server.call('POST', '/fhir/Basic', { body: basic('t3') })
    expect(await refused('criteria-multiple', 'Bundle.entry[1]', { ...pointing, resource: basic('never') }, put('t3'))).toBe(412)
    expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|never')).json.total).toBe(0)
    // Two entries that mean the same resource are no transaction (R4 http.html#trules).
    const twice = { resource: basic('t1', { id }), request: { method: 'PUT', url: `Basic/${id}` } }
    expect(await refused('bundle-duplicate', 'Bundle.entry[1]', put('t1'), twice)).toBe(400)
  })

  describe('deletions and patches by criteria in a transaction', () => {
    const post = (value: string) => server.call('POST', '/fhir/Basic', { body: basic(value) })
    const send = (...entry: object[]) => server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
    const url = (value: string) => `Basic?identifier=urn:x%7C${value}`
    const deletion = (value: string, request: object = {}) => ({ request: { method: 'DELETE', url: url(value), ...request } })
    const making = (value: string) => ({ resource: basic(value), request: { method: 'POST', url: 'Basic' } })
    const patching = (value: string, ...operations: object[]) => {
      const data = Buffer.from(JSON.stringify(operations)).toString('base64')
      const resource = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }
      return { resource, request: { method: 'PATCH', url: url(value) } }
    }
    const text = (value: string) => ({ op: 'replace', path: '/code/text', value })
    const total = async (value: string) => (await server.call('GET', `/fhir/${url(value)}`)).json.total
    const refused = async (...entry: object[]) => {
      const { status, json } = await send(...entry, making('left-out'))
      expect(await total('left-out')).toBe(0)
      return [status, json.issue[0].details.coding[0].code, json.issue[0].expression?.[0]]
    }

    test('a deletion: none is none, one is deleted, several are refused, before anything is made', async () => {
      const { id } = (await post('td1')).json
      // What is made is not what is deleted: the deletions go first.
      const answer = await send(making('td1'), deletion('td1'), deletion('d-none', { ifMatch: 'W/"1"' }))
      expect(answer.json.entry.map(({ response }: { response: object }) => response)).toEqual([
        expect.objectContaining({ status: '201' }),
        { status: '204', etag: 'W/"2"' },
        { status: '204' },
      ])
      expect((await server.call('GET', `/fhir/Basic/${id}`)).status).toBe(410)
      expect(await total('td1')).toBe(1)
      await post('td1')
      expect(await refused(deletion('td1'))).toEqual([412, 'criteria-multiple', 'Bundle.entry[0]'])
      expect(await total('td1')).toBe(2)
    })

    test('a deletion of the match with a condition', async () => {
      await post('td2')
      expect((await refused(deletion('td2', { ifMatch: 'W/"2"' })))[0]).toBe(412)
      expect(await total('td2')).toBe(1)
      expect((await send(deletion('td2', { ifMatch: 'W/"1"' }))).status).toBe(200)
      expect(await total('td2')).toBe(0)
    })

    test('criteria that say nothing would delete everything', async () => {
      for (const all of ['Basic', 'Basic?', 'Basic?_count=1'])
        expect((await refused({ request: { method: 'DELETE', url: all } })).slice(0, 2)).toEqual([400, 'criteria-empty'])
    })

    test('a patch: of the one match; none is not found', async () => {
      const { id } = (await post('p1')).json
      const answer = await send(patching('p1', text('patched')))
      expect([answer.json.entry[0].response.status, answer.json.entry[0].resource.code.text]).toEqual(['200', 'patched'])
      expect(answer.json.entry[0].response.etag).toBe('W/"2"')
      expect(await refused(patching('p-none', text('x')))).toEqual([404, 'not-found', 'Bundle.entry[0]'])
      await post('p1')
      expect(await refused(patching('p1', text('x')))).toEqual([412, 'criteria-multiple', 'Bundle.entry[0]'])
      expect((await server.call('GET', `/fhir/Basic/${id}`)).headers.get('etag')).toBe('W/"2"')
    })

    test('no two entries may mean the same resource, whichever way they name it', async () => {
      const { id } = (await post('o1')).json
      const update = { resource: basic('o1', { id }), request: { method: 'PUT', url: `Basic/${id}` } }
      const byCriteria = { resource: basic('o1'), request: { method: 'PUT', url: url('o1') } }
      const found = { resource: basic('o1'), request: { method: 'POST', url: 'Basic', ifNoneExist: 'identifier=urn:x|o1' } }
      for (const [one, other] of [
        [deletion('o1'), update],
        [deletion('o1'), byCriteria],
        [deletion('o1'), deletion('o1')],
        [patching('o1', text('x')), update],
        [patching('o1', text('x')), deletion('o1')],
        // It would be answered with, and gone.
        [deletion('o1'), found],
      ])
        expect((await refused(one as object, other as object)).slice(0, 2)).toEqual([400, 'bundle-duplicate'])
      expect((await server.call('GET', `/fhir/Basic/${id}`)).headers.get('etag')).toBe('W/"1"')
    })

    test('a search in the same transaction is answered after it', async () => {
      await post('s1')
      const answer = await send({ request: { method: 'GET', url: url('s1') } }, deletion('s1'))
      expect(answer.json.entry[0].resource.total).toBe(0)
      expect(await refused({ request: { method: 'GET', url: 'Basic?identifier:nonsense=1' } }, deletion('s1'))).toContain(400)
    })
  })

  test('20 equal conditional updates make one resource', async () => {
    const sent = Array.from({ length: 20 }, () => server.call('PUT', '/fhir/Basic?identifier=urn:x|c1', { body: basic('c1') }))
    const answers = await Promise.all(sent)
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  test('a delete by criteria: one is deleted, none is no failure, several are refused; without criteria nothing is', async () => {
    const made = await server.call('POST', '/fhir/Basic', { body: basic('d1') })
    const remove = (query: string) => server.call('DELETE', `/fhir/Basic${query}`)
    expect((await remove('?identifier=urn:x|d1')).status).toBe(204)
    expect((await server.call('GET', `/fhir/Basic/${made.json.id}`)).status).toBe(410)
    expect((await remove('?identifier=urn:x|d1')).status).toBe(204)
    for (let n = 0; n < 2; n++) await server.call('POST', '/fhir/Basic', { body: basic('d2') })
    expect((await remove('?identifier=urn:x|d2')).status).toBe(412)
    for (const query of ['', '?', '?_format=json', '?unheard-of=1']) expect((await remove(query)).status).toBe(400)
    expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|d2')).json.total).toBe(2)
  })
})
