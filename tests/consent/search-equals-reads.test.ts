/** A general law over HTTP: a search finds exactly those resources that single reads of each of them answer. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BOUNDS } from '../../server/config/bounds.ts'
import type { TokenParameters } from '../../server/auth/request-token.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { words } from './random-words.ts'
import {
  condition,
  consentOf,
  custody,
  encounter,
  idsIn,
  observation,
  patient,
  practitioner,
  putAll,
  relabelled,
  study,
} from './resources.ts'

const WORLDS_MAX = 40
const SEED = 20261124

let server: TestServer
let loader: string
const askers: { name: string; token: string; masked: boolean }[] = []

const ASKERS: [name: string, client: string, parameters: TokenParameters][] = [
  ['treating doctor of another hospital', 'h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' }],
  ['the same in an emergency', 'h2-ward', { purpose_of_use: 'ETREAT', user: 'Practitioner/doc-2' }],
  ['attending of the own hospital', 'h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' }],
  ['own quality control', 'auditor', { purpose_of_use: 'HQUALIMP' }],
  ['insurer', 'insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT' }],
  ['researcher', 'researcher', { data_form: 'PSEUD', research_study: 'study-1' }],
  ['researcher, identifiable', 'researcher', { data_form: 'IDENT', research_study: 'study-1' }],
  ['health administration', 'ha', { purpose_of_use: 'PUBHLTH', data_form: 'IDENT' }],
  ['quality audit', 'ha', { purpose_of_use: 'HQUALIMP', data_form: 'PSEUD' }],
]

/** A link to one is a list, one to two is looked up: both ways are gone. */
const bounds = BOUNDS as { linkedDocs: number }
const usual = bounds.linkedDocs

beforeAll(async () => {
  bounds.linkedDocs = 1
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [practitioner('doc-1'), practitioner('doc-2'), study('study-1')])
  for (const [name, client, parameters] of ASKERS) {
    askers.push({ name, token: await server.token(client, parameters), masked: parameters.data_form === 'PSEUD' })
  }
}, 60_000)
afterAll(async () => {
  bounds.linkedDocs = usual
  await server.stop()
})

const labels = fc.subarray(['HIV', 'PSY', 'GDIS'], { maxLength: 1 })
const finding = fc.record({
  isCondition: fc.boolean(),
  custodian: fc.constantFrom('H1', 'H1', 'H2', 'H3'),
  labels,
  year: fc.constantFrom('2019', '2024'),
  subject: fc.constantFrom(0, 1),
})

const world = fc.record({
  findings: fc.array(finding, { minLength: 3, maxLength: 8 }),
  consents: fc.array(fc.record({ subject: fc.constantFrom(0, 1), words }), { maxLength: 4 }),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function resourcesOf(n: number, { findings }: World): { type: string; id: string; resource: object }[] {
  return findings.map((one, at) => {
    const id = `w${n}-${at}`
    const subject = `w${n}-p${one.subject}`
    const meta = custody(one.custodian, ...one.labels)
    const resource = one.isCondition
      ? condition(id, subject, `w${n}`, { meta, recordedDate: `${one.year}-05-01` })
      : observation(id, subject, `w${n}`, { meta, effectiveDateTime: `${one.year}-05-01` })
    return { type: one.isCondition ? 'Condition' : 'Observation', id, resource }
  })
}

async function setUp(n: number, one: World): Promise<void> {
  const persons = [0, 1].flatMap((at) => [
    patient(`w${n}-p${at}`),
    encounter(`w${n}-v${at}`, `w${n}-p${at}`, 'H2', 'Practitioner/doc-2', 'PART'),
    encounter(`w${n}-u${at}`, `w${n}-p${at}`, 'H1', 'Practitioner/doc-1', 'ATND'),
  ])
  await putAll(server, loader, [...persons, ...resourcesOf(n, one).map(({ resource }) => resource)])
  // By the operator, for the patient: the same rules, and no token for each of eighty patients.
  for (const { subject, words: said } of one.consents) {
    const body = consentOf(`w${n}-p${subject}`, said)
    const answer = await server.call('POST', '/fhir/Consent', { token: loader, body })
    if (answer.status !== 201) throw new Error(answer.text)
  }
  await relabelled(server)
}

/** Matches of all pages, however small they are. */
async function allPages(path: string, token: string): Promise<{ names: string[]; total: number; fullUrls: string[] }> {
  const first: Answer = await server.call('GET', path, { token })
  if (first.status !== 200) throw new Error(`${path} answered ${first.status}`)
  const names: string[] = []
  const fullUrls: string[] = []
  let page = first
  for (;;) {
    names.push(...idsIn(page, 'match'))
    fullUrls.push(...(page.json.entry ?? []).map(({ fullUrl }: { fullUrl: string }) => fullUrl))
    const next = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url
    if (!next) return { names, total: first.json.total, fullUrls }
    page = await server.call('GET', next.slice(server.url.length), { token })
  }
}

async function check(n: number, one: World): Promise<{ permitted: number; denied: number }> {
  const stored = resourcesOf(n, one)
  let permitted = 0
  for (const { token, masked, name } of askers) {
    const reads = await Promise.all(stored.map(({ type, id }) => server.call('GET', `/fhir/${type}/${id}`, { token })))
    for (const type of ['Condition', 'Observation']) {
      const found = await allPages(`/fhir/${type}?code=w${n}&_count=2&_total=accurate`, token)
      // The masked form has other ids: those that the reads show.
      const readable = stored.flatMap((known, at) =>
        known.type === type && reads[at]?.status === 200 ? [`${type}/${reads[at].json.id}`] : [],
      )
      expect({ n, name, type, names: found.names.sort(), total: found.total }).toEqual({
        n,
        name,
        type,
        names: readable.sort(),
        total: readable.length,
      })
      expect(found.fullUrls.sort()).toEqual(readable.map((known) => `${server.url}/fhir/${known}`).sort())
      if (masked) for (const { id } of stored) expect(found.fullUrls.join()).not.toContain(`/${id}`)
      permitted += readable.length
    }
    if (!masked) await checkLinks(n, one, reads, token)
    const statuses = new Set(reads.map(({ status }) => status))
    expect([...statuses].every((status) => status === 200 || status === 404)).toBe(true)
  }
  return { permitted, denied: stored.length * askers.length - permitted }
}

/** By links, exactly the Patients that can be read and of which an Observation can, and the Conditions of these. */
async function checkLinks(n: number, one: World, reads: Answer[], token: string): Promise<void> {
  const stored = resourcesOf(n, one)
  const patients = [0, 1].map((at) => `w${n}-p${at}`)
  const answers = await Promise.all(patients.map((id) => server.call('GET', `/fhir/Patient/${id}`, { token })))
  const readable = (type: string) => one.findings.filter((_, at) => stored[at]?.type === type && reads[at]?.status === 200)
  const observed = [0, 1].filter((at) => answers[at]?.status === 200 && readable('Observation').some(({ subject }) => subject === at))
  const found = await allPages(`/fhir/Patient?_has:Observation:patient:code=w${n}&_count=1`, token)
  expect(found.names.sort()).toEqual(observed.map((at) => `Patient/${patients[at]}`))
  const chained = await allPages(`/fhir/Condition?patient._has:Observation:patient:code=w${n}&code=w${n}&_count=2`, token)
  const expected = stored.filter(
    ({ type }, at) => type === 'Condition' && reads[at]?.status === 200 && observed.includes(one.findings[at]?.subject ?? 2),
  )
  expect(chained.names.sort()).toEqual(expected.map(({ type, id }) => `${type}/${id}`).sort())
}

test(`search equals single reads in ${WORLDS_MAX} worlds, for ${ASKERS.length} askers`, async () => {
  const worlds = fc.sample(world, { numRuns: WORLDS_MAX, seed: SEED })
  const sums = { permitted: 0, denied: 0 }
  const left = worlds.map((one, n) => ({ one, n }))
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      await setUp(next.n, next.one)
      const { permitted, denied } = await check(next.n, next.one)
      sums.permitted += permitted
      sums.denied += denied
    }
  }
  await Promise.all([work(), work(), work(), work()])
  // A law that only ever met one answer would say nothing.
  expect(sums.permitted).toBeGreaterThan(100)
  expect(sums.denied).toBeGreaterThan(100)
}, 240_000)
