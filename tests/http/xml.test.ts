/** XML over HTTP (R4 http.html#mime-type, xml.html): every body that JSON can be, and every answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const FHIR = 'xmlns="http://hl7.org/fhir"'
const XML = 'application/fhir+xml'
const SENT = { 'Content-Type': XML }
const ASKED = { Accept: XML }
const BOTH = { ...SENT, ...ASKED }
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

const call = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Uint8Array): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { headers, ...(body === undefined ? {} : { body }) })
const typeOf = (answer: Answer) => answer.headers.get('content-type')
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
const inXml = (answer: Answer): any => JSON.parse(fromXml(Buffer.from(answer.text)))
const codeIn = (answer: Answer): [number, string] => [answer.status, inXml(answer).issue[0].details.coding[0].code]
const observation = (id: string, value: string) =>
  `<Observation ${FHIR}><id value="${id}"/><status value="final"/><code><text value="钾"/></code><valueQuantity><value value="${value}"/></valueQuantity></Observation>`

describe('write in one, read in the other', () => {
  test('created in XML, read in JSON: digits, extensions and narrative as sent', async () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml">\n<p title=\'a\'>王 &lt; &#160;</p></div>'
    const sent = `<Patient ${FHIR}><text><status value="generated"/>${div}</text><extension url="urn:x"><valueDecimal value="1.00"/></extension><name><given value="a"/><given><extension url="urn:y"><valueCode value="unknown"/></extension></given></name><birthDate id="b" value="1970-03-30"/></Patient>`
    const created = await call('POST', 'Patient', SENT, `<?xml version="1.0" encoding="UTF-8"?>\n${sent}`)
    expect([created.status, typeOf(created)]).toEqual([201, 'application/fhir+json; charset=utf-8'])
    const { text } = await call('GET', `Patient/${created.json.id}`)
    expect(text).toContain('"valueDecimal":1.00')
    expect(text).toContain('"given":["a",null],"_given":[null,{"extension":[{"url":"urn:y","valueCode":"unknown"}]}]')
    expect(text).toContain('"birthDate":"1970-03-30","_birthDate":{"id":"b"}')
    expect(JSON.parse(text).text.div).toBe(div)
    const back = await call('GET', `Patient/${created.json.id}`, ASKED)
    expect(back.text.replace(/<id .*?<\/meta>/, '')).toBe(`<?xml version="1.0" encoding="UTF-8"?>${sent}`)
  })

  test.each([
    ['Patient._text', '"_text":{"id":"a"}'],
    ['Patient.name[0]._id', '"name":[{"id":"a","_id":{"id":"b"},"text":"x"}]'],
    ['Patient.extension[0]._url', '"extension":[{"url":"urn:x","_url":{"id":"a"},"valueCode":"y"}]'],
    ['Patient.text._div', '"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a</div>","_div":{"id":"a"}}'],
  ])('what XML has no place for is not taken in JSON: %s', async (place, member) => {
    const answer = await call('POST', 'Patient', { 'Content-Type': 'application/fhir+json' }, `{"resourceType":"Patient",${member}}`)
    const [issue] = answer.json.issue
    expect([answer.status, issue.details.coding[0].code, issue.expression]).toEqual([400, 'unknown-element', [place]])
  })

  test('created in JSON, read in XML, with the headers of a read', async () => {
    const body = '{"resourceType":"Observation","id":"j1","valueQuantity":{"value":6.50},"code":{"text":"钾\\n<&"},"status":"final"}'
    expect((await call('PUT', 'Observation/j1', {}, body)).status).toBe(201)
    const [json, xml] = [await call('GET', 'Observation/j1'), await call('GET', 'Observation/j1', ASKED)]
    expect([xml.status, typeOf(xml)]).toEqual([200, 'application/fhir+xml; charset=utf-8'])
    expect(xml.text.replace(/<meta>.*<\/meta>/, '')).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><Observation ${FHIR}><id value="j1"/><status value="final"/><code><text value="钾&#10;&lt;&amp;"/></code><valueQuantity><value value="6.50"/></valueQuantity></Observation>`,
    )
    expect(inXml(xml)).toEqual(json.json)
    for (const name of ['etag', 'last-modified']) expect(xml.headers.get(name)).toBe(json.headers.get(name))
    expect(xml.headers.get('content-length')).toBe(String(Buffer.byteLength(xml.text)))
    const head = await call('HEAD', 'Observation/j1', ASKED)
    expect([head.text, head.headers.get('content-length'), typeOf(head)]).toEqual(['', xml.headers.get('content-length'), typeOf(xml)])
    expect((await call('GET', 'Observation/j1', { ...ASKED, 'If-None-Match': 'W/"1"' })).status).toBe(304)
  })

  test('update, vread, history, parts and deletion', async () => {
    expect((await call('PUT', 'Observation/u1', BOTH, observation('u1', '1.0'))).status).toBe(201)
    const second = await call('PUT', 'Observation/u1', { ...BOTH, 'If-Match': 'W/"1"' }, observation('u1', '2.00'))
    expect([second.status, second.headers.get('etag'), second.text.includes('<value value="2.00"/>')]).toEqual([200, 'W/"2"', true])
    expect((await call('PUT', 'Observation/u1', { ...BOTH, 'If-Match': 'W/"1"' }, observation('u1', '3'))).status).toBe(412)
    expect((await call('GET', 'Observation/u1/_history/1', ASKED)).text).toContain('<value value="1.0"/>')
    const history = inXml(await call('GET', 'Observation/u1/_history?_format=xml&_count=1'))
    expect([history.type, history.entry.length, history.link[1].url.endsWith('&_format=xml')]).toEqual(['history', 1, true])
    const part = await call('GET', 'Observation/u1?_elements=status', ASKED)
    expect(part.text).toContain('<code value="SUBSETTED"/>')
    expect(part.text).not.toContain('valueQuantity')
    const minimal = await call('PUT', 'Observation/u1', { ...BOTH, Prefer: 'return=minimal' }, observation('u1', '3'))
    expect([minimal.status, minimal.text]).toEqual([200, ''])
    const said = await call('PUT', 'Observation/u1', { ...BOTH, Prefer: 'return=OperationOutcome' }, observation('u1', '4'))
    expect(inXml(said).issue[0].details.coding[0].code).toBe('stored')
    expect((await call('DELETE', 'Observation/u1', ASKED)).status).toBe(204)
    expect(codeIn(await call('GET', 'Observation/u1', ASKED))).toEqual([410, 'gone'])
  })

  test('by criteria', async () => {
    const basic = (text: string) =>
      `<Basic ${FHIR}><identifier><system value="urn:x"/><value value="x1"/></identifier><code><text value="${text}"/></code></Basic>`
    const create = () => call('POST', 'Basic', { ...BOTH, 'If-None-Exist': 'identifier=urn:x|x1' }, basic('a'))
    const [first, second] = [await create(), await create()]
    expect([first.status, second.status, inXml(second).id]).toEqual([201, 200, inXml(first).id])
    const updated = await call('PUT', 'Basic?identifier=urn:x|x1', BOTH, basic('b'))
    expect([updated.status, inXml(updated).code.text, inXml(updated).id]).toEqual([200, 'b', inXml(first).id])
  })

  test('a JSON patch is answered in XML', async () => {
    await call('PUT', 'Observation/p1', SENT, observation('p1', '1.0'))
    const patch = '[{"op":"replace","path":"/status","value":"amended"}]'
    const patched = await call('PATCH', 'Observation/p1', { ...ASKED, 'Content-Type': 'application/json-patch+json' }, patch)
    expect([patched.status, inXml(patched).status]).toEqual([200, 'amended'])
    // A resource is no patch.
    expect(codeIn(await call('PATCH', 'Observation/p1', BOTH, observation('p1', '2')))).toEqual([400, 'patch-invalid'])
  })
})

describe('Bundles', () => {
  test('a search, its pages, and by POST', async () => {
    for (const n of [1, 2, 3]) await call('PUT', `Observation/s${n}`, SENT, observation(`s${n}`, `${n}.0`).replace('钾', 'searched'))
    const json = await call('GET', 'Observation?code:text=searched&_count=2&_sort=_id')
    const xml = await call('GET', 'Observation?code:text=searched&_count=2&_sort=_id&_format=xml&_pretty=true')
    expect(xml.text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Bundle xmlns="http:\/\/hl7.org\/fhir">\n {2}<type value="searchset"\/>\n/,
    )
    expect(inXml(xml).entry).toEqual(json.json.entry)
    const next = inXml(xml).link.find(({ relation }: { relation: string }) => relation === 'next').url as string
    const page = await server.call('GET', next.slice(server.url.length))
    expect(typeOf(page)).toBe('application/fhir+xml; charset=utf-8')
    expect(inXml(page).entry.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(['s3'])
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(inXml(await call('POST', 'Observation/_search', { ...form, ...ASKED }, '_id=s1')).total).toBe(1)
    expect(typeOf(await call('POST', 'Observation/_search', form, '_id=s1&_format=text/xml'))).toBe('application/fhir+xml; charset=utf-8')
    expect((await call('POST', 'Observation/_search', form, '_id=s1&_format=pdf')).status).toBe(406)
    expect((await call('GET', 'Observation?_id=none', ASKED)).text).toContain('<total value="0"/>')
  })

  test('a transaction with its references, and a batch with a failure', async () => {
    const entry = (resource: string, request: string, url = '') =>
      `<entry>${url}${resource === '' ? '' : `<resource>${resource}</resource>`}<request>${request}</request></entry>`
    const bundle = (type: string, ...entries: string[]) => `<Bundle ${FHIR}><type value="${type}"/>${entries.join('')}</Bundle>`
    const uuid = 'urn:uuid:0b9d5bd0-73f1-4a2a-a0f9-0c8d2a1f0001'
    const post = (type: string) => `<method value="POST"/><url value="${type}"/>`
    const subject = `<Observation><status value="final"/><code><text value="x"/></code><subject><reference value="${uuid}"/></subject><valueQuantity><value value="0.10"/></valueQuantity></Observation>`
    const sent = bundle(
      'transaction',
      entry('<Patient><active value="true"/></Patient>', post('Patient'), `<fullUrl value="${uuid}"/>`),
      entry(subject, post('Observation')),
    )
    const answer = await call('POST', '', BOTH, sent)
    expect(answer.status).toBe(200)
    const { type, entry: answers } = inXml(answer)
    expect([type, answers.map(({ response }: { response: { status: string } }) => response.status)]).toEqual([
      'transaction-response',
      ['201', '201'],
    ])
    const stored = await server.call('GET', `/fhir/${answers[1].response.location.replace(/^.*\/fhir\//, '')}`)
    expect(stored.json.subject.reference).toBe(answers[0].response.location.replace(/^.*\/fhir\//, '').replace(/\/_history.*/, ''))
    expect(stored.text).toContain('"value":0.10')

    const batch = await call(
      'POST',
      '',
      BOTH,
      bundle('batch', entry('', '<method value="GET"/><url value="Patient/none"/>'), entry('<Basic/>', post('Patient'))),
    )
    expect(inXml(batch).entry.map(({ response }: { response: { status: string } }) => response.status)).toEqual(['404', '400'])
    expect(batch.text).toContain('<entry><response><status value="404"/><outcome><OperationOutcome>')
    const wrong = await call('POST', '', BOTH, sent.replace('<active value="true"/>', '<active value="yes"/>'))
    expect([...codeIn(wrong), inXml(wrong).issue[0].expression]).toEqual([400, 'value-format', ['Bundle.entry[0].resource.active']])
  })

  test('a large one takes as long as its parts', async () => {
    const one = (n: number) =>
      `<entry><resource><Basic><code><text value="large ${n}"/></code></Basic></resource><request><method value="POST"/><url value="Basic"/></request></entry>`
    const sent = `<Bundle ${FHIR}><type value="transaction"/>${Array.from({ length: 1000 }, (_, n) => one(n)).join('')}</Bundle>`
    expect(inXml(await call('POST', '', BOTH, sent)).entry).toHaveLength(1000)
    const found = await call('GET', 'Basic?_count=1000', ASKED)
    expect(inXml(found).entry.length).toBe(1000)
  })
})

test('$validate with Parameters, $everything', async () => {
  const sent = `<Parameters ${FHIR}><parameter><name value="resource"/><resource><Patient><gender value="mail"/></Patient></resource></parameter><parameter><name value="mode"/><valueCode value="create"/></parameter></Parameters>`
  const found = inXml(await call('POST', 'Patient/$validate', BOTH, sent))
  expect(found.issue[0]).toMatchObject({ severity: 'error', code: 'code-invalid', expression: ['Patient.gender'] })
  await call('PUT', 'Patient/every', SENT, `<Patient ${FHIR}><id value="every"/><active value="true"/></Patient>`)
  expect(inXml(await call('GET', 'Patient/every/$everything', ASKED)).entry[0].resource.id).toBe('every')
})

test('the CapabilityStatement says so, in XML too', async () => {
  const statement = inXml(await call('GET', 'metadata', ASKED))
  expect(statement).toEqual((await call('GET', 'metadata')).json)
  expect(statement.format).toEqual(['json', 'application/fhir+json', 'xml', 'application/fhir+xml'])
})

describe('which form an answer has', () => {
  const JSON_TYPE = 'application/fhir+json; charset=utf-8'
  const XML_TYPE = 'application/fhir+xml; charset=utf-8'

  test.each([
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['application/fhir+xml', XML_TYPE],
    ['Application/FHIR+XML', XML_TYPE],
    ['application/xml+fhir', XML_TYPE],
    ['application/fhir+xml; fhirVersion=4.0', XML_TYPE],
    ['application/fhir+xml;charset=utf-8', XML_TYPE],
    ['application/xml', 'application/xml; charset=utf-8'],
    ['text/xml', 'text/xml; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['text/*', 'text/json; charset=utf-8'],
    ['application/fhir+json;q=0.5, application/fhir+xml', XML_TYPE],
    ['application/fhir+json, application/fhir+xml;q=0.9', JSON_TYPE],
    ['application/fhir+xml;q=0.2, application/fhir+json;q=0.1', XML_TYPE],
    ['application/fhir+xml, application/fhir+json', JSON_TYPE],
    ['application/fhir+xml, */*', XML_TYPE],
    ['*/*;q=0.1, application/fhir+xml;q=0.1', XML_TYPE],
    ['application/pdf, application/fhir+xml;q=0.1', XML_TYPE],
    ['application/fhir+json;q=0, application/fhir+xml;q=0.1', XML_TYPE],
    ['application/fhir+xml;fhirVersion=5.0, application/fhir+json;q=0.1', JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', JSON_TYPE],
  ])('Accept: %s', async (accept, type) => {
    const answer = await call('GET', 'Patient?_count=1', { Accept: accept })
    expect([answer.status, typeOf(answer)]).toEqual([200, type])
    expect(answer.text.startsWith(type.includes('xml') ? '<?xml' : '{')).toBe(true)
  })

  test.each([
    ['xml', XML_TYPE],
    ['text/xml', XML_TYPE],
    ['application/xml', XML_TYPE],
    ['application/fhir+xml', XML_TYPE],
    ['application/fhir%2Bxml', XML_TYPE],
    ['application/fhir%2Bxml; fhirVersion=4.0', XML_TYPE],
    ['json', JSON_TYPE],
    ['text/json', JSON_TYPE],
    ['application/json', JSON_TYPE],
    ['application/fhir%2Bjson', JSON_TYPE],
    ['', 'application/xml; charset=utf-8'],
  ])('_format=%s goes before the header', async (format, type) => {
    const answer = await call('GET', `Patient?_count=1&_format=${format}`, { Accept: 'application/xml' })
    expect([answer.status, typeOf(answer)]).toEqual([200, type])
  })

  test.each([
    ['application/pdf', ''],
    ['application/fhir+json;q=0', ''],
    ['application/fhir+json;q=0, application/fhir+xml;q=0.0', ''],
    ['*/*;q=0', ''],
    ['application/fhir+xml; fhirVersion=3.0', ''],
    ['application/fhir+xml', 'pdf'],
    ['', 'turtle'],
    ['', 'application/fhir%2Bxml;fhirVersion=5.0'],
  ])('nothing fits %j and _format=%j', async (accept, format) => {
    const answer = await call('GET', `Patient?${format === '' ? '' : `_format=${format}`}`, { Accept: accept })
    expect(answer.status).toBe(406)
    expect(answer.text).toContain('not-acceptable')
  })

  test('errors from every step', async () => {
    const errors = [
      ['GET', 'Patient/none', 404, 'not-found'],
      ['GET', 'Patience', 404, 'resource-type-unknown'],
      ['GET', 'Patient?name=%E0%A4%A', 400, 'url-invalid'],
      ['GET', 'Patient?_count=x', 400, 'parameter-invalid'],
      ['POST', 'metadata', 405, 'method-not-allowed'],
    ] as const
    for (const [method, path, status, code] of errors) {
      const answer = await call(method, path, ASKED)
      expect([path, ...codeIn(answer), typeOf(answer)]).toEqual([path, status, code, XML_TYPE])
    }
  })
})

describe('bodies', () => {
  const body = `<Patient ${FHIR}><active value="true"/></Patient>`
  test.each([
    'application/fhir+xml',
    'application/xml',
    'text/xml',
    'application/fhir+xml; charset=UTF-8; fhirVersion=4.0',
    'APPLICATION/XML',
  ])('%s is read', async (type) => {
    expect((await call('POST', 'Patient', { 'Content-Type': type }, body)).status).toBe(201)
  })

  test.each([
    ['text/plain', 'content-type-unsupported'],
    ['application/xhtml+xml', 'content-type-unsupported'],
    ['application/fhir+xml; charset=gbk', 'content-type-unsupported'],
    ['application/fhir+xml; fhirVersion=5.0', 'fhir-version-unsupported'],
  ])('%s is 415', async (type, code) => {
    expect(codeIn(await call('POST', 'Patient', { ...ASKED, 'Content-Type': type }, body))).toEqual([415, code])
  })

  test('what is wrong is said with its place, and nothing of it', async () => {
    const wrong = async (xml: string | Uint8Array) => await call('POST', 'Patient', BOTH, xml)
    const order = await wrong(`<Patient ${FHIR}><gender value="male"/><active value="true"/></Patient>`)
    expect([...codeIn(order), inXml(order).issue[0].expression]).toEqual([400, 'xml-order', ['Patient.active']])
    expect(codeIn(await wrong(body.replace('true', 'a\u0000b')))).toEqual([400, 'xml-invalid'])
    expect(codeIn(await wrong(`<?xml version="1.0" encoding="GBK"?>${body}`))).toEqual([415, 'xml-encoding'])
    expect(codeIn(await wrong('{"resourceType":"Patient"}'))).toEqual([400, 'xml-invalid'])
    expect(codeIn(await wrong(`<!DOCTYPE x [<!ENTITY a "b">]>${body}`))).toEqual([400, 'xml-doctype'])
    expect(codeIn(await wrong(`<Patient ${FHIR}>${'<extension url="x">'.repeat(500)}`))).toEqual([400, 'xml-depth'])
    expect(codeIn(await wrong(Buffer.concat([Buffer.from(body), Buffer.from([0xff])])))).toEqual([400, 'charset-invalid'])
    const value = await wrong(`<Patient ${FHIR}><gender value="110101199003071233"/></Patient>`)
    expect([...codeIn(value), value.text.includes('110101199003071233')]).toEqual([422, 'binding', false])
    expect(codeIn(await wrong(`<Group ${FHIR}/>`))).toEqual([400, 'resource-type-mismatch'])
    const scripted = `<Patient ${FHIR}><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div></text></Patient>`
    expect(codeIn(await wrong(scripted))).toEqual([422, 'invariant'])
  })

  test('an empty body is as empty as one of JSON', async () => {
    const none = [
      await call('POST', 'Patient', BOTH, ''),
      await call('POST', '', BOTH, ''),
      await server.call('POST', '/fhir/Patient', { body: '' }),
    ]
    expect(none.map((answer) => [answer.status, answer.text.includes('"body-empty"')])).toEqual(Array(3).fill([400, true]))
  })
})
