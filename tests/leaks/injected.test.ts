/** Leak catalogue L73 and L74: what is sent must not become a header or an address, nor anything that acts in a reader's browser. */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await server.call('PUT', '/fhir/Patient/known', { body: '{"resourceType":"Patient","id":"known","name":[{"text":"王建国"}]}' })
  await server.call('PUT', '/fhir/Composition/known', { body: COMPOSITION })
})
afterAll(() => server.stop())

const COMPOSITION = {
  resourceType: 'Composition',
  id: 'known',
  status: 'final',
  type: { text: 'x' },
  subject: { reference: 'Patient/known' },
  date: '2024-05-01',
  author: [{ display: 'x' }],
  title: 'x',
}
const EVIL = 'evil.example'
/** Every header by which a proxy, or who pretends to be one, names another host, path or method. */
const FOREIGN = [
  `Host: ${EVIL}`,
  `X-Forwarded-Host: ${EVIL}`,
  'X-Forwarded-Proto: gopher',
  'X-Forwarded-Port: 6666',
  `X-Forwarded-Prefix: /${EVIL}`,
  `X-Forwarded-Server: ${EVIL}`,
  `Forwarded: host=${EVIL};proto=gopher`,
  `X-Original-Host: ${EVIL}`,
  `X-Original-URL: /fhir/${EVIL}`,
  `X-Rewrite-URL: /fhir/${EVIL}`,
  `X-Host: ${EVIL}`,
  'X-HTTP-Method-Override: DELETE',
  `Referer: http://${EVIL}/`,
  `Origin: http://${EVIL}`,
].join('\r\n')

/** Bytes as they are, which a client would mend; head and body of the answer. */
function raw(text: string): Promise<{ head: string; body: string }> {
  const { port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8')
    })
    socket.on('end', () => {
      const at = answer.indexOf('\r\n\r\n')
      resolve({ head: answer.slice(0, at), body: answer.slice(at + 4) })
    })
    socket.on('error', reject)
  })
}

const request = (method: string, path: string, headers: string[] = [], body = '') =>
  [
    `${method} ${path} HTTP/1.1`,
    ...headers,
    'Connection: close',
    ...(body === '' ? [] : ['Content-Type: application/fhir+json', `Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body,
  ].join('\r\n')

describe('L73 foreign hosts', () => {
  const patient = '{"resourceType":"Patient"}'
  const batch = JSON.stringify({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } }],
  })
  test.each<[string, string, string[], string]>([
    ['GET', '/fhir/metadata', [], ''],
    ['GET', '/fhir/.well-known/smart-configuration', [], ''],
    ['GET', '/fhir/Patient?_count=1&_sort=_id', [], ''],
    ['GET', '/fhir/Patient?_count=1', ['Prefer: respond-async'], ''],
    ['GET', '/fhir/Patient/known', [], ''],
    ['GET', '/fhir/Patient/known/_history', [], ''],
    ['GET', '/fhir/_history?_count=1', [], ''],
    ['GET', '/fhir/Patient/known/$everything?_count=1', [], ''],
    ['GET', '/fhir/$export?_type=Patient', ['Prefer: respond-async'], ''],
    ['GET', '/fhir/Composition/known/$document', [], ''],
    ['POST', '/fhir/Composition/known/$document?persist=true', [], ''],
    ['POST', '/fhir/Patient', [], patient],
    ['POST', '/fhir/Patient', ['Prefer: return=OperationOutcome'], patient],
    ['POST', '/fhir', [], batch],
    ['POST', '/fhir/$reindex?_type=Patient', [], ''],
    ['GET', '/fhir/Patient/absent', [], ''],
    ['GET', '/nowhere', [], ''],
  ])('%s %s %j names this server only', async (method, path, headers, body) => {
    const answer = await raw(request(method, path, [FOREIGN, ...headers], body))
    expect(answer.head).toMatch(/^HTTP\/1\.1 (200|201|202|404) /)
    expect(`${answer.head}${answer.body}`).not.toMatch(/evil|gopher|6666/)
  })

  test('an address with a host of its own is that of this server', async () => {
    const { head, body } = await raw(request('GET', `http://${EVIL}/fhir/Patient?_count=1`, [`Host: ${EVIL}`]))
    expect(`${head}${body}`).not.toContain('evil')
  })

  test('files of an export and pages are found under the configured address', async () => {
    const kickOff = await raw(request('GET', '/fhir/$export?_type=Patient', [FOREIGN, 'Prefer: respond-async']))
    const status = /content-location: (\S+)/i.exec(kickOff.head)?.[1] ?? ''
    expect(status.startsWith(`${server.url}/fhir/$export-status/`)).toBe(true)
    let manifest = await raw(request('GET', new URL(status).pathname, [FOREIGN]))
    while (manifest.head.startsWith('HTTP/1.1 202')) manifest = await raw(request('GET', new URL(status).pathname, [FOREIGN]))
    const { output, request: asked } = JSON.parse(manifest.body) as { output: { url: string }[]; request: string }
    for (const url of [asked, ...output.map((one) => one.url)]) expect(url.startsWith(`${server.url}/fhir/`)).toBe(true)
    const page = JSON.parse((await raw(request('GET', '/fhir/Patient?_count=1', [FOREIGN]))).body) as { link: { url: string }[] }
    expect(page.link.length).toBeGreaterThan(1)
    for (const { url } of page.link) expect(url.startsWith(`${server.url}/fhir/Patient?`)).toBe(true)
  })

  test('a sign-in leads nowhere', async () => {
    const query = `response_type=code&client_id=x&redirect_uri=${encodeURIComponent(`https://${EVIL}/`)}`
    const answer = await server.call('GET', `/auth/authorize?${query}`, { headers: {} })
    expect([answer.status >= 400, answer.headers.get('location'), answer.text.includes(EVIL)]).toEqual([true, null, false])
  })
})

describe('L73 line ends', () => {
  const INTO = '%0d%0aX-Evil:%201%0d%0a%0d%0a<script>'
  test.each([
    `/fhir/Patient?name=a${INTO}`,
    `/fhir/Patient?_count=1&name=a${INTO}`,
    `/fhir/Patient?_page=${INTO}`,
    `/fhir/Patient?_format=json${INTO}`,
    `/fhir/Patient?_sort=${INTO}`,
    `/fhir/Patient/${INTO}`,
    `/fhir/Patient/known/_history/${INTO}`,
    `/fhir/${INTO}`,
    `/fhir/$export-status/${INTO}`,
    `/fhir/$export-file/x/${INTO}`,
    `/fhir/_async/${INTO}`,
    `/fhir/Patient/known/${INTO}`,
    `/fhir/Patient/known/$everything?_type=${INTO}`,
    `/${INTO}`,
    `/ingest/${INTO}`,
  ])('GET %s', async (path) => {
    const { head } = await raw(request('GET', path, ['Host: x']))
    expect(head).toMatch(/^HTTP\/1\.1 (200|40[0-9]) /)
    expect(head).not.toMatch(/evil|script/i)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('%s to an id of such', async (method) => {
    const { head } = await raw(
      request(method, `/fhir/Patient/${INTO}`, ['Host: x'], method === 'DELETE' ? '' : '{"resourceType":"Patient"}'),
    )
    // Where nothing is, nothing has to be deleted.
    expect(head).toMatch(method === 'DELETE' ? /^HTTP\/1\.1 204 / : /^HTTP\/1\.1 4\d\d /)
    expect(head).not.toMatch(/evil|script/i)
  })

  test('in If-None-Exist, a media type, a purpose, a preference', async () => {
    const body = '{"resourceType":"Patient"}'
    for (const header of [
      `If-None-Exist: name=a${INTO}`,
      `If-None-Exist: http://${EVIL}/fhir/Patient?identifier=urn:x|new`,
      `Accept: application/fhir+json;x="${INTO}"`,
      `Prefer: return=minimal;x="${INTO}"`,
      `X-Request-Id: ${INTO}`,
      `If-Match: W/"${INTO}"`,
    ]) {
      const { head } = await raw(request('POST', '/fhir/Patient', ['Host: x', header], body))
      expect(head).toMatch(/^HTTP\/1\.1 (20[01]|4\d\d) /)
      expect(head).not.toMatch(/evil|script/i)
    }
  })

  test('an id in a body, and in a transaction, makes no Location of its own', async () => {
    const id = 'a\r\nX-Evil: 1'
    const put = await server.call('PUT', `/fhir/Patient/${encodeURIComponent(id)}`, { body: { resourceType: 'Patient', id } })
    expect([put.status, put.headers.get('location')]).toEqual([400, null])
    const entry = [{ resource: { resourceType: 'Patient', id }, request: { method: 'PUT', url: `Patient/${encodeURIComponent(id)}` } }]
    const made = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
    expect(made.status).toBe(400)
  })
})

const XHTML = (content: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`
const narrated = (div: string): object => ({ resourceType: 'Patient', text: { status: 'generated', div } })

describe('L74 narrative', () => {
  test.each([
    '<script>x</script>',
    '<SCRIPT>x</SCRIPT>',
    '<svg onload="x"/>',
    '<svg><a href="javascript:x">x</a></svg>',
    '<math><mi>x</mi></math>',
    '<iframe src="http://evil.example/"/>',
    '<object data="x"/>',
    '<embed src="x"/>',
    '<form action="http://evil.example/"><input/></form>',
    '<link rel="stylesheet" href="x"/>',
    '<base href="http://evil.example/"/>',
    '<meta http-equiv="refresh" content="0"/>',
    '<style>p { background: url(x) }</style>',
    '<p onclick="x">x</p>',
    '<img src="x" onerror="x"/>',
    '<p xmlns:s="http://www.w3.org/2000/svg"><s:script>x</s:script></p>',
    '<p xmlns="http://www.w3.org/2000/svg">x</p>',
    '<a href="javascript:x">x</a>',
    '<a href="JaVaScRiPt:x">x</a>',
    '<a href=" javascript:x">x</a>',
    '<a href="java&#10;script:x">x</a>',
    '<a href="java&#x9;script:x">x</a>',
    '<a href="&#106;avascript:x">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<a href="blob:x">x</a>',
    '<a href="view-source:x">x</a>',
    '<img src="javascript:x"/>',
    '<img src="data:image/svg+xml;base64,AAAA"/>',
    '<img src="data:text/html;base64,AAAA"/>',
    '<img src="x" longdesc="javascript:x"/>',
    '<q cite="javascript:x">x</q>',
    '<p style="background: url(javascript:x)">x</p>',
    '<p style="background: url( &quot;javascript:x&quot; )">x</p>',
    '<p style="width: expression(x)">x</p>',
    '<p style="width: e\\xpression(x)">x</p>',
    '<p style="width: exp/**/ression(x)">x</p>',
    '<p style="-moz-binding: url(http://evil.example/x)">x</p>',
    '<p style="behavior: url(x)">x</p>',
    '<!--><script>x</script>-->',
    '<!---><script>x</script>-->',
    '<?x ><script>x</script>?>',
    '<![CDATA[<script>x</script>',
    '<p title="<![CDATA[x]]>">x</p>',
    '<a href="x" style="color: red" onfocus="x">x</a>',
    '<p>&nbsp;</p>',
    '<p><b>x</p></b>',
  ])('%s is refused', async (content) => {
    const answer = await server.call('POST', '/fhir/Patient', { body: narrated(XHTML(content)) })
    expect([answer.status, answer.json.issue[0].expression]).toEqual([422, ['Patient.text.div']])
    expect(answer.text).not.toMatch(/script:x|evil|onerror/)
  })

  test.each([
    '<p>王建国 &lt;script&gt; &amp; <b>x</b><br/></p>',
    '<a href="#p1">x</a><a name="p1">x</a>',
    '<a href="Patient/known">x</a><a href="//example.org/x">x</a><a href="?a=b:c">x</a>',
    '<a href="https://example.org/">x</a><a href="mailto:a@example.org">x</a><a href="tel:010">x</a><a href="urn:oid:1.2">x</a>',
    '<img src="data:image/png;base64,AAAA" alt="x"/><img src="data: image/png;base64,AAAA" alt="x"/>',
    '<table border="1"><tr><td style="color: red; background-image: url(data:image/png;base64,AAAA)">x</td></tr></table>',
    '<!-- a note --><p>x</p>',
  ])('%s is taken, and comes back as it was', async (content) => {
    const made = await server.call('POST', '/fhir/Patient', { body: narrated(XHTML(content)) })
    expect([made.status, made.json.text.div]).toEqual([201, XHTML(content)])
  })

  // As HTML a section ends at its first `>`, and what follows is markup.
  test.each(['<script>x</script>', '> <img src="x" onerror="x"/>', ']]&gt;<script>x</script>', '--><svg onload="x"/>'])(
    'CDATA of %s is kept as text, in which nothing is markup',
    async (words) => {
      const made = await server.call('POST', '/fhir/Patient', { body: narrated(XHTML(`<p><![CDATA[${words}]]></p>`)) })
      const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      expect([made.status, made.json.text.div]).toEqual([201, XHTML(`<p>${text}</p>`)])
    },
  )

  test.each([
    [
      'a patch',
      'PATCH',
      '/Patient/known',
      [{ op: 'add', path: '/text', value: { status: 'generated', div: XHTML('<a href="javascript:x">x</a>') } }],
    ],
    ['a merge patch', 'PATCH', '/Patient/known', narrated(XHTML('<img src="x" onerror="x"/>'))],
    [
      'a contained resource',
      'POST',
      '/Basic',
      {
        resourceType: 'Basic',
        code: { text: 'x' },
        contained: [{ ...narrated(XHTML('<a href="javascript:x">x</a>')), id: 'p' }],
        subject: { reference: '#p' },
      },
    ],
    [
      'a section',
      'PUT',
      '/Composition/known',
      { ...COMPOSITION, section: [{ title: 'x', text: { status: 'generated', div: XHTML('<a href="javascript:x">x</a>') } }] },
    ],
    [
      'a stored Bundle',
      'POST',
      '/Bundle',
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ fullUrl: `urn:uuid:${randomUUID()}`, resource: narrated(XHTML('<a href="data:text/html,x">x</a>')) }],
      },
    ],
    [
      'a transaction',
      'POST',
      '',
      {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [{ resource: narrated(XHTML('<script/>')), request: { method: 'POST', url: 'Patient' } }],
      },
    ],
  ])('by %s', async (_name, method, path, body) => {
    const type =
      method === 'PATCH' ? (Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json') : 'application/fhir+json'
    const answer = await server.call(method, `/fhir${path}`, { body, headers: { 'Content-Type': type } })
    expect([answer.status, ['narrative-active', 'invariant'].includes(codeOf(answer))]).toEqual([422, true])
  })

  test('by XML', async () => {
    const body = `<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/>${XHTML('<a href="java&#10;script:x">x</a>')}</text></Patient>`
    const answer = await server.call('POST', '/fhir/Patient', { body, headers: { 'Content-Type': 'application/fhir+xml' } })
    expect([answer.status, codeOf(answer)]).toEqual([422, 'narrative-active'])
  })
})

describe('L74 no answer is a page', () => {
  const POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
  test.each<[string, Record<string, string>]>([
    ['/fhir/Patient/known', {}],
    ['/fhir/Patient/known', { Accept: 'text/html,application/xml;q=0.9,*/*;q=0.8' }],
    ['/fhir/Patient?name=<script>x</script>', {}],
    ['/fhir/metadata', {}],
    ['/fhir/Patient/absent', {}],
    ['/fhir/$export-status/absent', {}],
    ['/nowhere/<script>', {}],
    ['/health', {}],
    ['/metrics', {}],
    ['/auth/jwks', {}],
    ['/auth/authorize', {}],
    ['/ingest/nowhere/payloads', {}],
    ['/%E0%A4%A', {}],
    ['/fhir/Patient', { Expect: 'x' }],
  ])('%s %j', async (path, headers) => {
    const { head } = await raw(
      request('GET', path.replaceAll('<', '%3C').replaceAll('>', '%3E'), [
        'Host: x',
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ]),
    )
    expect(head).toContain(`Content-Security-Policy: ${POLICY}`)
    expect(head).toContain('X-Content-Type-Options: nosniff')
    expect(head).not.toMatch(/content-type: text\/html/i)
  })

  test('nor that to what is no request', async () => {
    const { head } = await raw('NONSENSE\r\n\r\n')
    expect(head).toContain(`Content-Security-Policy: ${POLICY}`)
    expect(head).toContain('X-Content-Type-Options: nosniff')
  })

  test.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/javascript', 'text/xml; charset=utf-8'])(
    'a Binary of %s is a file and no page of ours, by whichever way it came',
    async (contentType) => {
      const content = '<svg xmlns="http://www.w3.org/2000/svg" onload="x"><script>x</script></svg>'
      const data = Buffer.from(content).toString('base64')
      const ways = [
        await server.call('POST', '/fhir/Binary', { body: { resourceType: 'Binary', contentType, data } }),
        await server.call('POST', '/fhir/Binary', { body: Buffer.from(content), headers: { 'Content-Type': contentType } }),
      ]
      for (const { status, json } of ways) {
        expect(status).toBe(201)
        const path = `/fhir/Binary/${json.id}`
        const [type = ''] = contentType.split(';')
        for (const [address, accept] of [
          [path, type],
          [`${path}/_history/1`, `${type}, */*;q=0.1`],
          // A script is what a page asks for by this.
          ...(type === 'text/javascript' ? [] : [[path, '*/*'] as const]),
        ] as const) {
          const { status: read, headers, text } = await server.call('GET', address, { headers: { Accept: accept } })
          expect([read, headers.get('content-type'), text]).toEqual([200, contentType, content])
          expect(headers.get('content-disposition')).toBe('attachment; filename="binary"')
          expect(headers.get('content-security-policy')).toBe(POLICY)
          expect(headers.get('x-content-type-options')).toBe('nosniff')
        }
        for (const accept of ['application/fhir+json', ...(type === 'text/javascript' ? ['*/*', 'text/html, */*;q=0.8'] : [])]) {
          const asked = await server.call('GET', path, { headers: { Accept: accept } })
          expect(asked.headers.get('content-type')).toMatch(/^application\/fhir\+json/)
        }
      }
    },
  )
})
