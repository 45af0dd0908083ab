/** Narratives over HTTP, in both forms: what R4 has is kept, CDATA as the text that it stands for, and nothing that acts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
const XML = { 'Content-Type': 'application/fhir+xml' }
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code
const asJson = (div: string) =>
  server.call('POST', '/fhir/Patient', { body: { resourceType: 'Patient', text: { status: 'additional', div } } })
const asXml = (div: string) =>
  server.call('POST', '/fhir/Patient', {
    headers: { ...XML, Accept: 'application/fhir+json' },
    body: `<Patient xmlns="http://hl7.org/fhir"><text><status value="additional"/>${div}</text></Patient>`,
  })
const FORMS: [string, (div: string) => Promise<Answer>][] = [
  ['JSON', asJson],
  ['XML', asXml],
]

describe.each(FORMS)('sent in %s', (_form, send) => {
  test('links with rel and lists with start are kept as they are', async () => {
    const div = `<div ${XHTML}><ol start="3"><li value="5"><a href="http://x.example/" rel="nofollow">x</a></li></ol></div>`
    const made = await send(div)
    expect([made.status, made.json.text.div]).toEqual([201, div])
  })

  test('CDATA is kept as text, and comes back the same from either form', async () => {
    const plain = `<div ${XHTML}><pre>if (a &lt; b &amp;&amp; c &gt; d) 病历</pre></div>`
    const made = await send(`<div ${XHTML}><pre>if (a <![CDATA[< b && c > d)]]> 病历</pre></div>`)
    expect([made.status, made.json.text.div]).toEqual([201, plain])
    const path = `/fhir/Patient/${made.json.id}`
    const xml = await server.call('GET', path, { headers: { Accept: 'application/fhir+xml' } })
    expect(xml.text).toContain(plain)
    const again = await server.call('PUT', path, { headers: { ...XML, Accept: 'application/fhir+json' }, body: xml.text })
    expect([again.status, again.json.text.div]).toEqual([200, plain])
    expect((await server.call('GET', '/fhir/Patient?_text=病历&_summary=count')).json.total).toBeGreaterThan(0)
  })

  test.each([
    ['a script', '<script>x</script>', 'invariant'],
    ['an event', '<p onclick="x">x</p>', 'invariant'],
    ['a link that acts', '<a rel="nofollow" href="javascript:x">x</a>', 'narrative-active'],
    ['a style that acts', '<ol start="1" style="behavior:url(x)"><li>x</li></ol>', 'narrative-active'],
    ['blanks in CDATA', '<![CDATA[ \n ]]>', 'invariant'],
  ])('%s is refused', async (_what, content, code) => {
    const answer = await send(`<div ${XHTML}>${content}</div>`)
    expect([answer.status, codeOf(answer)]).toEqual([422, code])
  })

  test('markup in CDATA is text to every reader', async () => {
    const made = await send(`<div ${XHTML}><![CDATA[> <img src=x onerror=alert(1)> <script>x</script>]]></div>`)
    expect([made.status, made.json.text.div]).toEqual([
      201,
      `<div ${XHTML}>&gt; &lt;img src=x onerror=alert(1)&gt; &lt;script&gt;x&lt;/script&gt;</div>`,
    ])
  })
})

test('CDATA in an entry of a transaction, in a patch and in $convert becomes text as well', async () => {
  const div = `<div ${XHTML}><![CDATA[a > b]]></div>`
  const plain = `<div ${XHTML}>a &gt; b</div>`
  const patient = { resourceType: 'Patient', text: { status: 'additional', div } }
  const entry = [{ resource: patient, request: { method: 'POST', url: 'Patient' } }]
  const done = await server.call('POST', '/fhir', {
    body: { resourceType: 'Bundle', type: 'transaction', entry },
    headers: { Prefer: 'return=representation' },
  })
  expect(done.json.entry[0].resource.text.div).toBe(plain)
  const path = `/fhir/Patient/${done.json.entry[0].resource.id}`
  const patched = await server.call('PATCH', path, {
    headers: { 'Content-Type': 'application/json-patch+json' },
    body: [{ op: 'replace', path: '/text/div', value: div.replace('b', 'c') }],
  })
  expect([patched.status, patched.json.text.div]).toEqual([200, plain.replace('b', 'c')])
  const converted = await server.call('POST', '/fhir/$convert', { body: patient, headers: { Accept: 'application/fhir+xml' } })
  expect(converted.text).toContain(plain)
})

test('a section that does not end is refused', async () => {
  const answer = await asJson(`<div ${XHTML}>x<![CDATA[y</div>`)
  expect([answer.status, codeOf(answer)]).toEqual([422, 'invariant'])
})
