/** Whichever of a person's Patients a search names, it finds what is the person's; and never tells that a hidden one is linked. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { BOUNDS } from '../../server/config/bounds.ts'
import {
  comparable,
  encounter,
  give,
  idsIn,
  NO_SHARING,
  observation,
  patient,
  practitioner,
  putAll,
  relabelled,
} from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const WANG = '110100195803120019'
/** The sample report: five values of one blood count. */
const SAMPLE = new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url)

let server: TestServer
/** h2's doctor, who treats the patient there */
let doctor: string
/** the master; the record of h1's laboratory; the Patient that h2 wrote */
let ids: { master: string; record: string; written: string }
let everything: string[]

beforeAll(async () => {
  server = await startTestServer()
  const message = await readFile(SAMPLE)
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const sent = await server.call('POST', '/ingest/h1-lis', {
    token: await server.token('h1-engine'),
    body: new Uint8Array(message),
    headers,
  })
  expect(sent.status).toBe(200)
  const wang = {
    resourceType: 'Patient',
    identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: WANG }],
    name: [{ text: '王建国' }],
    gender: 'male',
    birthDate: '1958-03-12',
  }
  const created = await server.call('POST', '/fhir/Patient', { token: await server.token('h2-engine'), body: wang })
  expect(created.status).toBe(201)
  const written: string = created.json.id
  const loader = await server.token('loader')
  const own = { meta: { source: 'https://fhir-cn.example/Organization/H2' } }
  await putAll(server, loader, [
    practitioner('doc-1'),
    practitioner('doc-2'),
    encounter('visit', written, 'H2', 'Practitioner/doc-2'),
    observation('of-h2', written, 'WBC', own),
  ])
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
  const found = await ask('Observation?_count=50')
  const master = found.json.entry
    .map(({ resource }: { resource: { subject: { reference: string } } }) => resource.subject.reference.slice('Patient/'.length))
    .find((id: string) => id !== written)
  const links: string[] = (await ask(`Patient/${master}`)).json.link.map(({ other }: { other: { reference: string } }) => other.reference)
  const record = links.map((reference) => reference.slice('Patient/'.length)).find((id) => id !== written)
  ids = { master, record: record ?? '', written }
  everything = idsIn(found).sort()
}, 60_000)
afterAll(() => server.stop())

const ask = (path: string, token = doctor): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token })
const post = (form: string): Promise<Answer> =>
  server.call('POST', '/fhir/Observation/_search', {
    token: doctor,
    body: form,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })

const FORMS: [string, (id: string) => string][] = [
  ['patient', (id) => `patient=${id}`],
  ['patient with its type', (id) => `patient=Patient/${id}`],
  ['patient:Patient', (id) => `patient:Patient=${id}`],
  ['subject', (id) => `subject=Patient/${id}`],
  ['subject without a type', (id) => `subject=${id}`],
  ['subject:Patient', (id) => `subject:Patient=${id}`],
  ['an address of this server', (id) => `subject=${server.running.url}/fhir/Patient/${id}`],
  ['a chain', (id) => `patient._id=${id}`],
  ['a chain with a type', (id) => `subject:Patient._id=nobody,${id}`],
  ['a filter', (id) => `_filter=patient%20re%20Patient/${id}`],
  ['a filter of several', (id) => `_filter=status%20eq%20nothing%20or%20not%20(not%20(subject%20re%20Patient/${id}))`],
  ['one of several', (id) => `patient=nobody,${id}`],
]

test('the person has three Patients and more than the one value of h2', () => {
  expect(new Set(Object.values(ids)).size).toBe(3)
  expect(everything).toContain('Observation/of-h2')
  expect(everything.length).toBeGreaterThan(1)
})

describe.each(['written', 'record', 'master'] as const)('by the %s one', (which) => {
  test.each(FORMS)('%s', async (_name, form) => {
    const query = `${form(ids[which])}&_count=50`
    const [got, posted] = [await ask(`Observation?${query}`), await post(query)]
    expect(idsIn(got).sort()).toEqual(everything)
    expect(got.json.total).toBe(everything.length)
    expect(idsIn(posted)).toEqual(idsIn(got))
  })
})

describe.each(['written', 'record', 'master'] as const)('the compartment of the %s one', (which) => {
  test('has what is the person’s', async () => {
    const path = `Patient/${ids[which]}/Observation`
    expect(idsIn(await ask(`${path}?_count=50`)).sort()).toEqual(everything)
    const all = idsIn(await ask(`Patient/${ids[which]}/*?_count=500`))
    expect(all.filter((name) => name.startsWith('Observation/')).sort()).toEqual(everything)
    expect(all).toContain('Encounter/visit')
  })
})

test('the self link is what was asked, and pages go on under it', async () => {
  const query = `patient=${ids.written}&_count=1`
  const found: string[] = []
  let path: string | undefined = `/fhir/Observation?${query}`
  while (path !== undefined) {
    const page: Answer = await server.call('GET', path, { token: doctor })
    found.push(...idsIn(page))
    const url = (name: string): string | undefined => page.json.link.find(({ relation }: { relation: string }) => relation === name)?.url
    if (found.length === 1) expect(url('self')?.split('?')[1]).toBe(query)
    path = url('next')?.slice(server.url.length)
  }
  expect(found.sort()).toEqual(everything)
})

test.each([2000, 0])('a chain finds the person by what one of the Patients says, with lists of %i', async (most) => {
  const bounds = BOUNDS as { linkedDocs: number }
  const usual = bounds.linkedDocs
  bounds.linkedDocs = most
  for (const criterion of [`patient.identifier=${WANG}`, 'subject:Patient.birthdate=1958-03-12', 'patient.name=王建国'])
    expect([criterion, idsIn(await ask(`Observation?${criterion}&_count=50`)).sort()]).toEqual([criterion, everything])
  bounds.linkedDocs = usual
})

test('counts and includes', async () => {
  const count = await ask(`Observation?patient=${ids.written}&_summary=count`)
  expect(count.json.total).toBe(everything.length)
  const answer = await ask(`Observation?patient=${ids.written}&_include=Observation:subject&_count=50`)
  expect(idsIn(answer, 'include').sort()).toEqual([`Patient/${ids.master}`, `Patient/${ids.written}`].sort())
})

test('other criteria hold beside it', async () => {
  const answer = await ask(`Observation?patient=${ids.record}&subject=Patient/${ids.written}&_id=of-h2`)
  expect(idsIn(answer)).toEqual(['Observation/of-h2'])
})

test('a criterion that names a record as such is taken literally: the master alone links to what h2 wrote', async () => {
  expect(idsIn(await ask(`Patient?link=Patient/${ids.written}`))).toEqual([`Patient/${ids.master}`])
})

/** As long as the id, which is repeated in the self link. */
const nowhere = (id: string): string => 'x'.repeat(id.length)

test('$everything of a Patient that names another one is its own', async () => {
  await putAll(server, await server.token('loader'), [
    patient('a-other'),
    patient('b-naming', { link: [{ other: { reference: 'Patient/a-other' }, type: 'seealso' }] }),
    encounter('visit-a', 'a-other', 'H2', 'Practitioner/doc-2'),
    encounter('visit-b', 'b-naming', 'H2', 'Practitioner/doc-2'),
    observation('of-b', 'b-naming', 'WBC'),
  ])
  const answer = await ask('Patient/b-naming/$everything')
  expect(idsIn(answer, 'match').sort()).toEqual(['Encounter/visit-b', 'Observation/of-b', 'Patient/b-naming'])
})

test('who may see nothing of the person finds nothing by any of them, as by a Patient that is nowhere', async () => {
  const stranger = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' })
  for (const id of Object.values(ids)) {
    const [hidden, absent] = [await ask(`Observation?patient=${id}`, stranger), await ask(`Observation?patient=${nowhere(id)}`, stranger)]
    expect(comparable(hidden, id)).toBe(comparable(absent, nowhere(id)))
    expect(hidden.json.total).toBe(0)
  }
})

test('in the pseudonymised form no real id is understood', async () => {
  await putAll(server, await server.token('loader'), [
    {
      resourceType: 'ResearchStudy',
      id: 'study-1',
      status: 'active',
      extension: [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: 'waiver' }],
    },
  ])
  const researcher = await server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
  for (const id of Object.values(ids)) expect((await ask(`Observation?patient=${id}`, researcher)).status).toBe(403)
})

/** Last: it changes what h1 may see. */
test('a record that is hidden is not told to be linked to one that is not', async () => {
  const loader = await server.token('loader')
  await putAll(server, loader, [encounter('visit-1', ids.master, 'H1', 'Practitioner/doc-1')])
  await give(server, ids.master, NO_SHARING)
  await relabelled(server)
  const atH1 = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' })
  const byMaster = await ask(`Observation?patient=${ids.master}&_count=50`, atH1)
  expect(idsIn(byMaster).sort()).toEqual(everything.filter((id) => id !== 'Observation/of-h2'))
  expect((await ask(`Patient/${ids.written}`, atH1)).status).toBe(404)
  const hidden = await ask(`Observation?patient=${ids.written}`, atH1)
  const absent = await ask(`Observation?patient=${nowhere(ids.written)}`, atH1)
  expect(comparable(hidden, ids.written)).toBe(comparable(absent, nowhere(ids.written)))
  expect(hidden.json.total).toBe(0)
})
