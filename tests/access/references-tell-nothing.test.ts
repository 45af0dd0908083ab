/** A writer learns nothing by referring to what he may not see, and a whole is as closed as its parts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { condition, observation, patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** of H2, which has no record of the patient `victim` of H1 */
let engine: string
const ABSENT = '00000000-0000-4000-8000-000000000000'
const HIV = { source: 'https://fhir-cn.example/Organization/H1', security: [{ code: 'HIV' }] }

beforeAll(async () => {
  server = await startTestServer()
  const ofH1 = { meta: { source: 'https://fhir-cn.example/Organization/H1' } }
  const ofH2 = { meta: { source: 'https://fhir-cn.example/Organization/H2' } }
  await putAll(server, await server.token('loader'), [
    patient('victim', ofH1),
    patient('other', ofH1),
    patient('own', ofH2),
    observation('secret', 'victim', 'x', { meta: HIV }),
    condition('of-other', 'other', 'x'),
  ])
  engine = await server.token('h2-engine')
}, 60_000)
afterAll(() => server.stop())

const post = (body: object, token = engine): Promise<Answer> =>
  server.call('POST', `/fhir/${(body as { resourceType: string }).resourceType}`, { token, body })
const get = (path: string, token: string) => server.call('GET', `/fhir/${path}`, { token })
const code = { coding: [{ system: 'urn:test', code: 'x' }] }
const about = (id: string): object => ({ subject: { reference: `Patient/${id}` } })

const REFERRING: [string, (id: string) => object][] = [
  [
    'Provenance.target',
    (id) => ({
      resourceType: 'Provenance',
      target: [{ reference: `Observation/${id}` }],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { reference: 'Organization/H2' } }],
    }),
  ],
  [
    'Observation.derivedFrom',
    (id) => ({ resourceType: 'Observation', status: 'final', code, derivedFrom: [{ reference: `Observation/${id}` }] }),
  ],
  [
    'Binary.securityContext',
    (id) => ({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==', securityContext: { reference: `Observation/${id}` } }),
  ],
  [
    'List.entry.item',
    (id) => ({ resourceType: 'List', status: 'current', mode: 'working', entry: [{ item: { reference: `Observation/${id}` } }] }),
  ],
  [
    'List.entry.item of a list of an own patient',
    (id) => ({
      resourceType: 'List',
      status: 'current',
      mode: 'working',
      ...about('own'),
      entry: [{ item: { reference: `Observation/${id}` } }],
    }),
  ],
]

describe('a reference to what is hidden answers as one to what is absent', () => {
  test.each(REFERRING)('%s', async (_name, resource) => {
    const [hidden, absent] = [await post(resource('secret')), await post(resource(ABSENT))]
    expect([hidden.status, absent.status]).toEqual([201, 201])
    const { resourceType } = resource('') as { resourceType: string }
    // Nor afterwards: what was written is neither the other's record, nor labelled like it.
    const stored = async (answer: Answer) => (await get(`${resourceType}/${answer.json.id}`, engine)).status
    expect(await stored(hidden)).toBe(await stored(absent))
    const loader = await server.token('patient-app', { patient: 'victim' })
    expect((await get(`${resourceType}/${hidden.json.id}`, loader)).status).toBe(404)
  })
})

describe('a whole with a part of another patient', () => {
  const wholes: [string, object][] = [
    [
      'List',
      {
        resourceType: 'List',
        status: 'current',
        mode: 'working',
        ...about('victim'),
        entry: [{ item: { reference: 'Condition/of-other', display: '丙 阳性' } }],
      },
    ],
    [
      'Composition',
      {
        resourceType: 'Composition',
        status: 'final',
        type: { text: 'x' },
        ...about('victim'),
        date: '2026-01-01',
        author: [{ reference: 'Organization/H1' }],
        title: 'x',
        section: [{ title: 's', section: [{ title: 't', entry: [{ reference: 'Condition/of-other', display: '丙 阳性' }] }] }],
      },
    ],
    [
      'Observation',
      {
        resourceType: 'Observation',
        status: 'final',
        code,
        ...about('victim'),
        focus: [{ identifier: { system: 'urn:oid:2.16.156.10011.1.3', value: '110105198001011234' }, display: '丙某' }],
      },
    ],
  ]
  test.each(wholes)('%s is not shown to the patient of the whole', async (type, body) => {
    const made = await post(body, await server.token('h1-engine'))
    expect(made.status).toBe(201)
    for (const who of ['victim', 'other']) {
      const token = await server.token('patient-app', { patient: who })
      expect((await get(`${type}/${made.json.id}`, token)).status).toBe(404)
    }
  })
})
