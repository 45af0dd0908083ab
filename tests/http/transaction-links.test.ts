/** Links of a transaction (R4 http.html#trules, "Replacing hyperlinks and full-urls"; bundle.html#references). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

const URN = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f11'
const ELSEWHERE = 'http://hapi.example/fhir'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

interface Entry {
  fullUrl: string
  resource: { resourceType: string; [element: string]: unknown }
}

/** What is looked at of what was made. */
interface Created {
  id: string
  subject: { reference: string }
  performer: { reference: string }[]
  text: { div: string }
  extension: object[]
  instantiatesUri: string[]
  instantiatesCanonical: string[]
}

/** Creates them in one transaction. */
async function created(...entries: Entry[]): Promise<Created[]> {
  const entry = entries.map((one) => ({ ...one, request: { method: 'POST', url: one.resource.resourceType } }))
  const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
  expect(answer.status).toBe(200)
  return answer.json.entry.map(({ resource }: { resource: Created }) => resource)
}

const person = (fullUrl: string): Entry => ({ fullUrl, resource: { resourceType: 'Patient', id: '77', active: true } })
const finding = (fullUrl: string, extra: object): Entry => ({
  fullUrl,
  resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...extra },
})

test('a relative reference belongs to the base of its entry, not to this server', async () => {
  // Another person of the same id stands here already.
  await server.call('PUT', '/fhir/Patient/77', { body: { resourceType: 'Patient', id: '77' } })
  const [patient, observation] = await created(
    person(`${ELSEWHERE}/Patient/77`),
    finding(`${ELSEWHERE}/Observation/1`, { subject: { reference: 'Patient/77' }, performer: [{ reference: 'Practitioner/77' }] }),
  )
  expect(patient?.id).not.toBe('77')
  expect(observation?.subject.reference).toBe(`Patient/${patient?.id}`)
  // What is no entry is left untouched.
  expect(observation?.performer[0]?.reference).toBe('Practitioner/77')
})

test('where the entry has no such base, or another one, a relative reference is to this server', async () => {
  for (const fullUrl of [URN, 'http://third.example/fhir/Observation/1']) {
    const [, observation] = await created(person(`${ELSEWHERE}/Patient/77`), finding(fullUrl, { subject: { reference: 'Patient/77' } }))
    expect(observation?.subject.reference).toBe('Patient/77')
  }
})

// "Version-specific references should remain as version-specific references after the references have been updated."
test('a reference to a version of an entry is to the version that it becomes here', async () => {
  const text = {
    status: 'additional',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="Patient/77/_history/3#x">1</a></div>`,
  }
  for (const reference of ['Patient/77/_history/3', `${ELSEWHERE}/Patient/77/_history/3`]) {
    const observation = finding(`${ELSEWHERE}/Observation/1`, {
      text,
      subject: { reference },
      performer: [{ reference: `${ELSEWHERE}/Practitioner/77/_history/3` }],
    })
    const [patient, made] = await created(person(`${ELSEWHERE}/Patient/77`), observation)
    expect(made?.subject.reference).toBe(`Patient/${patient?.id}/_history/1`)
    expect(made?.text.div).toContain(`href="Patient/${patient?.id}/_history/1#x"`)
    const found = await server.call('GET', `/fhir/Observation?subject=Patient/${patient?.id}`)
    expect(found.json.entry.map(({ resource }: { resource: Created }) => resource.id)).toEqual([made?.id])
    expect(made?.performer[0]?.reference).toBe(`${ELSEWHERE}/Practitioner/77/_history/3`)
  }
})

describe('a reference to the version that the sender has of', () => {
  /** What the reference of the Observation becomes, and the version that the Patient has then. */
  async function sent(request: object, resource: object): Promise<[string, string]> {
    const { resource: pointing } = finding('', { subject: { reference: `${ELSEWHERE}/Patient/u/_history/17` } })
    const entry = [
      { resource: pointing, request: { method: 'POST', url: 'Observation' } },
      { fullUrl: `${ELSEWHERE}/Patient/u`, resource: { resourceType: 'Patient', ...resource }, request },
    ]
    const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
    expect(answer.status).toBe(200)
    const { reference } = answer.json.entry[0].resource.subject
    const read = await server.call('GET', `/fhir/${reference}`)
    return [reference, read.json.meta.versionId]
  }

  test('an update is to its new version, which is made also where nothing else changes', async () => {
    const put = { method: 'PUT', url: 'Patient/u' }
    expect(await sent(put, { id: 'u' })).toEqual(['Patient/u/_history/1', '1'])
    expect(await sent(put, { id: 'u', active: true })).toEqual(['Patient/u/_history/2', '2'])
    expect(await sent(put, { id: 'u', active: true })).toEqual(['Patient/u/_history/3', '3'])
    await server.call('DELETE', '/fhir/Patient/u')
    expect(await sent(put, { id: 'u' })).toEqual(['Patient/u/_history/5', '5'])
    expect(await sent({ ...put, ifMatch: 'W/"5"' }, { id: 'u', active: true })).toEqual(['Patient/u/_history/6', '6'])
  })

  test('a create that finds its match is to the version that it found', async () => {
    const identifier = [{ system: 'urn:links', value: 'there' }]
    for (const active of [true, false])
      await server.call('PUT', '/fhir/Patient/there', { body: { resourceType: 'Patient', id: 'there', identifier, active } })
    const ifNoneExist = 'identifier=urn:links|there'
    expect(await sent({ method: 'POST', url: 'Patient', ifNoneExist }, { identifier })).toEqual(['Patient/there/_history/2', '2'])
    expect(await sent({ method: 'PUT', url: `Patient?${ifNoneExist}` }, { identifier, gender: 'male' })).toEqual([
      'Patient/there/_history/3',
      '3',
    ])
  })

  test('an update that nothing refers to by version still makes none where nothing changes', async () => {
    const resource = { resourceType: 'Patient', id: 'same' }
    const entry = [{ fullUrl: `${ELSEWHERE}/Patient/same`, resource, request: { method: 'PUT', url: 'Patient/same' } }]
    const versions: string[] = []
    for (let n = 0; n < 2; n++) {
      const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
      versions.push(answer.json.entry[0].response.etag)
    }
    expect(versions).toEqual(['W/"1"', 'W/"1"'])
  })
})

test('a version of this server stays the one that is meant', async () => {
  const own = `${server.url}/fhir`
  await server.call('PUT', '/fhir/Patient/78', { body: { resourceType: 'Patient', id: '78' } })
  const update = {
    fullUrl: `${own}/Patient/78`,
    resource: { resourceType: 'Patient', id: '78', active: false },
    request: { method: 'PUT', url: 'Patient/78' },
  }
  for (const reference of ['Patient/78/_history/1', `${own}/Patient/78/_history/1`]) {
    const { resource } = finding('', { subject: { reference } })
    const pointing = { fullUrl: `${own}/Observation/1`, resource, request: { method: 'POST', url: 'Observation' } }
    const answer = await server.call('POST', '/fhir', {
      body: { resourceType: 'Bundle', type: 'transaction', entry: [update, pointing] },
    })
    expect(answer.json.entry[1].resource.subject.reference).toBe('Patient/78/_history/1')
  }
})

test('links of the narrative are replaced in quotes of both kinds, whatever they are written as', async () => {
  const div = (to: string, other: string) =>
    `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${to}">1</a><a href='${to}'>2</a><a href="${other}">3</a> ${URN}</div>`
  const text = { status: 'additional', div: div(URN, `${ELSEWHERE}/Patient/5`) }
  const [patient, observation] = await created(person(URN), finding(`${ELSEWHERE}/Observation/1`, { text }))
  expect(observation?.text.div).toBe(div(`Patient/${patient?.id}`, `${ELSEWHERE}/Patient/5`))
  const [moved, other] = await created(
    person(`${ELSEWHERE}/Patient/5`),
    finding(`${ELSEWHERE}/Observation/1`, { text: { status: 'additional', div: div('Patient/5', `${ELSEWHERE}/Patient/5`) } }),
  )
  expect(other?.text.div).toBe(div(`Patient/${moved?.id}`, `Patient/${moved?.id}`))
})

test('elements of type uri are replaced where they repeat, too; canonicals and texts are not', async () => {
  const extension = [
    { url: 'http://x.example/uri', valueUri: URN },
    { url: 'http://x.example/canonical', valueCanonical: URN },
    { url: 'http://x.example/string', valueString: URN },
  ]
  const [patient, plan] = await created(person(URN), {
    fullUrl: `${ELSEWHERE}/CarePlan/1`,
    resource: {
      resourceType: 'CarePlan',
      status: 'active',
      intent: 'plan',
      subject: { reference: URN },
      extension,
      instantiatesUri: ['http://x.example/protocol', URN],
      instantiatesCanonical: [URN],
    },
  })
  const name = `Patient/${patient?.id}`
  expect(plan?.instantiatesUri).toEqual(['http://x.example/protocol', name])
  expect(plan?.instantiatesCanonical).toEqual([URN])
  expect(plan?.extension.map((one: object) => Object.values(one)[1])).toEqual([name, URN, URN])
})

test('the canonical of an entry stays what it is, also where its fullUrl is the same', async () => {
  const url = 'http://vendor.example/fhir/StructureDefinition/shoe-size'
  const definition = {
    fullUrl: url,
    resource: {
      resourceType: 'StructureDefinition',
      url,
      name: 'ShoeSize',
      status: 'draft',
      kind: 'complex-type',
      abstract: false,
      type: 'Extension',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
      derivation: 'constraint',
      context: [{ type: 'element', expression: 'Observation' }],
      differential: { element: [{ id: 'Extension', path: 'Extension' }] },
    },
  }
  const protocol = { url: 'http://x.example/uri', valueUri: url }
  const [made, observation] = await created(
    definition,
    finding(`${ELSEWHERE}/Observation/1`, {
      extension: [{ url, valueInteger: 43 }, protocol],
      focus: [{ reference: url }],
    }),
  )
  expect(made).toMatchObject({ url })
  expect(observation).toMatchObject({
    extension: [{ url, valueInteger: 43 }, protocol],
    // A reference is to the resource.
    focus: [{ reference: `StructureDefinition/${made?.id}` }],
  })
})

test('a text of many quotes takes no longer than its length, and a link may be as long as a request', async () => {
  const started = Date.now()
  const quotes = '"'.repeat(200_000)
  const long = `http://x.example/${'a'.repeat(8_000_000)}\\`
  const [made] = await created(
    finding(URN, {
      valueString: quotes,
      extension: [
        { url: 'http://x.example/uri', valueUri: long },
        { url: 'http://x.example/refers', valueReference: { reference: URN } },
      ],
    }),
  )
  expect(made).toMatchObject({
    valueString: quotes,
    extension: [{ valueUri: long }, { valueReference: { reference: `Observation/${made?.id}` } }],
  })
  // The square of it takes minutes.
  expect(Date.now() - started).toBeLessThan(20_000)
})

test('a key in escapes is the same key', async () => {
  const body = `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"${URN}","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
    {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"ref\\u0065rence":"${URN}"}},"request":{"method":"POST","url":"Observation"}}]}`
  const { json } = await server.call('POST', '/fhir', { body })
  expect(json.entry[1].resource.subject).toEqual({ reference: `Patient/${json.entry[0].resource.id}` })
})
