/** Leak catalogue in XML: what is hidden answers, byte for byte, as what is absent, and a masked form is one in XML too. */
import { describe, expect, test } from '@jest/globals'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { condition, custody, observation } from '../consent/resources.ts'
import { asAbsent, sameInBoth, setting } from './worlds.ts'

const XML = 'application/fhir+xml'
const FHIR = 'xmlns="http://hl7.org/fhir"'
const held = setting(
  (w) => [observation(`open-${w}`, `p1-${w}`, `lab-${w}`)],
  (w) => [
    observation(`hidden-${w}`, `p2-${w}`, `lab-${w}`),
    condition(`hiv-${w}`, `p1-${w}`, `diagnosis-${w}`, { meta: custody('H1', 'HIV') }),
  ],
)
const NAMES = { hidden: 'hidden-a', absent: 'hidden-z' }

describe('one hidden resource', () => {
  test.each(['', '/_history', '/_history/1', '/_history/2', '?_format=xml&_pretty=true', '?_elements=status', '/$validate'])(
    'GET %s',
    async (rest) => {
      const answer = await asAbsent(held, (id) => `/fhir/Observation/${id}${rest}`, NAMES, { headers: { Accept: XML } })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/fhir+xml; charset=utf-8'])
      expect(answer.text).toContain('<code value="not-found"/>')
    },
  )

  test.each(['HEAD', 'DELETE'])('%s', async (method) => {
    expect((await asAbsent(held, (id) => `/fhir/Observation/${id}`, NAMES, { method, headers: { Accept: XML } })).status).toBe(404)
  })

  test('PUT of XML', async () => {
    const ask = (name: string) =>
      held.server.call('PUT', `/fhir/Observation/${name}`, {
        token: held.doctor,
        headers: { Accept: XML, 'Content-Type': XML },
        body: `<Observation ${FHIR}><id value="${name}"/><status value="final"/><code><text value="x"/></code><subject><reference value="Patient/p2-a"/></subject></Observation>`,
      })
    const [hidden, absent] = [await ask(NAMES.hidden), await ask(NAMES.absent)]
    const seen = ({ status, headers, text }: typeof hidden) => [status, ...[...headers].filter(([name]) => name !== 'date'), text]
    expect(hidden.status).toBe(404)
    expect(seen(hidden)).toEqual(seen(absent))
  })
})

describe('among others', () => {
  test.each([
    ['a search', (w: string) => `/fhir/Observation?code=lab-${w}`],
    ['a count', (w: string) => `/fhir/Observation?code=lab-${w}&_summary=count`],
    ['a page', (w: string) => `/fhir/Observation?code=lab-${w}&_count=1&_total=accurate`],
    ['reverse includes', (w: string) => `/fhir/Patient?_id=p1-${w}&_revinclude=Condition:subject&_revinclude=Observation:subject`],
    ['$everything', (w: string) => `/fhir/Patient/p1-${w}/$everything`],
  ])('%s', async (_name, path) => {
    const answer = await sameInBoth(held, path, () => ({ headers: { Accept: XML } }))
    expect(answer.text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><Bundle /)
    expect(answer.text).not.toContain('hidden')
  })

  test('a batch of XML', async () => {
    const get = (url: string) => `<entry><request><method value="GET"/><url value="${url}"/></request></entry>`
    const answer = await sameInBoth(
      held,
      () => '/fhir',
      (w) => ({
        method: 'POST',
        headers: { Accept: XML, 'Content-Type': XML },
        body: `<Bundle ${FHIR}><type value="batch"/>${get(`Observation/hidden-${w}`)}${get(`Condition/hiv-${w}`)}${get(`Observation?code=lab-${w}`)}</Bundle>`,
      }),
    )
    expect(JSON.parse(fromXml(Buffer.from(answer.text))).entry.map((one: { response: { status: string } }) => one.response.status)).toEqual(
      ['404', '404', '200'],
    )
  })
})

test('nobody without a token, in XML', async () => {
  const answer = await held.server.call('GET', '/fhir/Observation/open-a', { headers: { Accept: XML } })
  expect([answer.status, answer.headers.get('www-authenticate'), answer.text.startsWith('<?xml')]).toEqual([401, 'Bearer', true])
})

test('a body is not read before the token is', async () => {
  const ask = (body: string) => held.server.call('POST', '/fhir/Patient', { headers: { Accept: XML, 'Content-Type': XML }, body })
  expect([(await ask('<broken')).status, (await ask(`<Patient ${FHIR}/>`)).status]).toEqual([401, 401])
})

test('the masked form is the same in both', async () => {
  const path = '/fhir/Patient?_count=5'
  const [json, xml] = [
    await held.server.call('GET', path, { token: held.researcher }),
    await held.server.call('GET', path, { token: held.researcher, headers: { Accept: XML } }),
  ]
  expect(JSON.parse(fromXml(Buffer.from(xml.text)))).toEqual(json.json)
})
