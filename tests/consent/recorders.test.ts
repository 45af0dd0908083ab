/** What an organisation records about its patient ends nobody's refusal, and opens what is its own (access.md L58). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  BROAD,
  consentOf,
  encounter,
  give,
  INSURER,
  NO_SHARING,
  NOTHING,
  observation,
  patient,
  practitioner,
  purpose,
  putAll,
  recipient,
  relabelled,
  study,
} from './resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
let number = 0

beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [practitioner('doc-2'), practitioner('doc-3'), study('study-1')])
}, 60_000)
afterAll(() => server.stop())

/** A patient of H1 and H2, with an observation of each, whom doctors of H2 and H3 treat. */
async function somebody(): Promise<string> {
  number += 1
  const id = `p${number}`
  await putAll(server, loader, [
    patient(id),
    encounter(`visit-2-${id}`, id, 'H2', 'Practitioner/doc-2'),
    encounter(`visit-3-${id}`, id, 'H3', 'Practitioner/doc-3'),
    observation(`h1-${id}`, id, 'x'),
    observation(`h2-${id}`, id, 'x', { meta: { source: 'https://fhir-cn.example/Organization/H2' } }),
  ])
  return id
}

async function status(id: string, client: string, parameters: object): Promise<number> {
  return (await server.call('GET', `/fhir/Observation/${id}`, { token: await server.token(client, parameters) })).status
}
const atH2 = (id: string) => status(`h1-${id}`, 'h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
const atH3 = (id: string) => status(`h1-${id}`, 'h3-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-3' })
const insurer = (id: string) => status(`h1-${id}`, 'insurer', {})
const researcher = (id: string) => status(id, 'researcher', { data_form: 'PSEUD', research_study: 'study-1' })

async function record(client: string, body: object, parameters: object = {}): Promise<number> {
  const answer = await server.call('POST', '/fhir/Consent', { token: await server.token(client, parameters as never), body })
  await relabelled(server)
  return answer.status
}

const TREAT = { purpose: purpose('TREAT') }
const H2_PERFORMED = { performer: [{ reference: 'Organization/H2' }] }

describe('the refusal of a patient outlives what a hospital writes into its series', () => {
  test.each<[string, Record<string, unknown>]>([
    ['inactive and not verified', { status: 'inactive', ...H2_PERFORMED }],
    ['inactive without anybody', { status: 'inactive', performer: [{ display: '某人' }] }],
    ['inactive in the patients name', { status: 'inactive' }],
    ['inactive and verified', { status: 'inactive', ...H2_PERFORMED, verification: [{ verified: true }] }],
    ['a permit that is not verified', { ...H2_PERFORMED, verification: [{ verified: false }], policy: 'OPTIN' }],
    ['a permit in the patients name', { policy: 'OPTIN' }],
    ['no policy', { policy: 'NOPP' }],
  ])('%s', async (_name, { policy = 'OPTOUT', ...extra }) => {
    const id = await somebody()
    expect([await atH2(id), await atH3(id)]).toEqual([200, 200])
    await give(server, id, NO_SHARING)
    expect([await atH2(id), await atH3(id)]).toEqual([404, 404])
    expect(await record('h2-engine', consentOf(id, { series: 'share', policy: String(policy), provision: TREAT, extra }))).toBe(201)
    expect([await atH2(id), await atH3(id)]).toEqual([404, 404])
    const again = { series: 'share', policy: 'OPTOUT', extra: { status: 'inactive' } }
    expect(await record('patient-app', consentOf(id, again), { patient: id })).toBe(201)
    expect([await atH2(id), await atH3(id)]).toEqual([200, 200])
  })
})

describe('a permit that a hospital records in the patients name opens its own records only', () => {
  test('for research', async () => {
    const id = await somebody()
    expect(await record('h2-engine', consentOf(id, BROAD))).toBe(201)
    expect([await researcher(`h1-${id}`), await researcher(`h2-${id}`)]).toEqual([404, 200])
  })

  test('with a verification, or from the patient: all', async () => {
    const id = await somebody()
    const { extra: _, ...words } = BROAD
    expect(await record('h2-engine', consentOf(id, { ...words, extra: { verification: [{ verified: true }] } }))).toBe(201)
    expect([await researcher(`h1-${id}`), await researcher(`h2-${id}`)]).toEqual([200, 200])
    const other = await somebody()
    await give(server, other, BROAD)
    expect([await researcher(`h1-${other}`), await researcher(`h2-${other}`)]).toEqual([200, 200])
  })

  test('and no exception for a third hospital from what the patient refuses', async () => {
    const id = await somebody()
    await give(server, id, NO_SHARING)
    const exception = { series: 'mine', policy: 'OPTIN', provision: { ...TREAT, actor: recipient('H3') } }
    expect(await record('h2-engine', consentOf(id, exception))).toBe(201)
    expect(await atH3(id)).toBe(404)
  })
})

describe('what is acknowledged has its effect', () => {
  test.each([
    ['with this server’s address', (id: string) => `${server.url}/fhir/Patient/${id}`],
    ['with a version', (id: string) => `Patient/${id}/_history/1`],
  ])('a refusal of a patient named %s', async (_name, named) => {
    const id = await somebody()
    await give(server, id, INSURER)
    expect(await insurer(id)).toBe(200)
    const who = { reference: named(id) }
    expect(await record('patient-app', consentOf(id, { ...NOTHING, extra: { patient: who, performer: [who] } }), { patient: id })).toBe(201)
    expect(await insurer(id)).toBe(404)
  })

  test.each<[string, object | undefined]>([
    ['nobody', undefined],
    ['somebody by a number', { identifier: { value: '1' } }],
    ['somebody elsewhere', { reference: 'https://elsewhere.example/fhir/Patient/1' }],
  ])('a Consent about %s is refused', async (_name, who) => {
    const { patient: _, ...consent } = consentOf('x', NOTHING)
    const answer = await server.call('POST', '/fhir/Consent', { token: loader, body: { ...consent, ...(who ? { patient: who } : {}) } })
    expect(answer.status).toBe(422)
  })

  const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
  const earlier = () => new Date(Date.now() - 1000).toISOString()

  test.each<[string, string, Record<string, unknown>]>([
    ['a withdrawal', 'insurer', { status: 'inactive' }],
    ['a refusal', 'insurer', { policy: 'OPTOUT' }],
    ['a refusal of everything', 'all', { policy: 'OPTOUT', provision: undefined }],
  ])('%s of today, without a time, ends what was given earlier today', async (_name, series, { policy = 'OPTIN', ...extra }) => {
    const id = await somebody()
    await give(server, id, { ...INSURER, extra: { dateTime: earlier() } })
    expect(await insurer(id)).toBe(200)
    const words = { ...INSURER, series, policy: String(policy), extra: { dateTime: today(), ...extra } }
    expect(await record('patient-app', consentOf(id, words), { patient: id })).toBe(201)
    expect(await insurer(id)).toBe(404)
    // What is given afterwards is newer.
    await give(server, id, INSURER)
    if (series === 'all') expect(await insurer(id)).toBe(200)
  })
})
