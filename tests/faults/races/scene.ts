/** Two server processes on one database, and the persons whose consents will change. */
import { callerOf, type Caller, type ClientOf, each, fhirJson, type Reply } from '../support/client.ts'
import { admission, type Invented, invented, labMessage } from '../support/people.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

export interface Scene {
  servers: ServerProcess[]
  /** where writers and patients go */
  first: Caller
  /** where the readers go */
  second: Caller
  doctor: string
  study: string
}

export interface Person extends Invented {
  /** master Patient */
  master: string
  /** the hospital's record */
  record: string
}

export interface SceneOptions {
  mongodbUri: string
  database: string
  dataDir: string
}

export const ENGINE: ClientOf = { id: 'h1-engine' }
export const LOADER: ClientOf = { id: 'loader' }

export async function openScene(options: SceneOptions): Promise<Scene> {
  const ports = [await freePort(), await freePort()]
  const publicUrl = `http://127.0.0.1:${ports[0]}`
  const environment = {
    MONGODB_URI: options.mongodbUri,
    MONGODB_DATABASE: options.database,
    DATA_DIR: options.dataDir,
    // Both are one site to the outside, as behind a load balancer.
    PUBLIC_URL: publicUrl,
  }
  const servers: ServerProcess[] = []
  for (const port of ports) servers.push(await startServerProcess({ port, environment }))
  const [first, second] = servers.map(({ url }) => callerOf({ publicUrl, sendTo: url, dataDir: options.dataDir })) as [Caller, Caller]
  const doctor = await create(first, { id: 'h2-engine' }, { resourceType: 'Practitioner', active: true, name: [{ text: '林医生' }] })
  const study = await create(first, LOADER, {
    resourceType: 'ResearchStudy',
    status: 'active',
    extension: [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: 'approved' }],
  })
  return { servers, first, second, doctor, study }
}

export async function create(caller: Caller, client: ClientOf, resource: Record<string, unknown>): Promise<string> {
  const answer = await caller.call(client, `/fhir/${resource.resourceType}`, {
    method: 'POST',
    body: JSON.stringify(resource),
    headers: fhirJson,
  })
  if (answer.status !== 201) throw new Error(`create ${resource.resourceType}: ${answer.status} ${answer.text.slice(0, 500)}`)
  return (JSON.parse(answer.text) as { id: string }).id
}

export const hl7 = (caller: Caller, source: string, message: string): Promise<Reply> =>
  caller.call(ENGINE, `/ingest/${source}`, { method: 'POST', body: message, headers: { 'Content-Type': 'application/hl7-v2' } })

/** Persons known by an admission, each with a report, a condition, and an encounter at the other hospital. */
export async function admit(scene: Scene, count: number): Promise<Person[]> {
  const people: Person[] = []
  await each([...Array(count).keys()], 4, async (n) => {
    const person = invented(n)
    await expectOk(hl7(scene.first, 'h1-his', admission(person, `RV${n}`)))
    const answer = await scene.first.call(ENGINE, `/fhir/Patient?identifier=${person.local}`)
    const bundle = JSON.parse(answer.text) as {
      entry?: { resource: { id: string; link?: { type: string; other: { reference: string } }[] } }[]
    }
    const record = bundle.entry?.[0]?.resource
    const master = record?.link?.find(({ type }) => type === 'refer')?.other.reference.split('/')[1]
    if (!record || !master) throw new Error(`person ${n} was not linked: ${answer.status}`)
    const known = { ...person, record: record.id, master }
    await hl7(scene.first, 'h1-lis', reportOf(known, 0))
    await create(scene.first, ENGINE, conditionOf(known))
    await create(scene.first, LOADER, visitElsewhere(scene, known))
    people.push(known)
  })
  return people.sort((a, b) => a.n - b.n)
}

async function expectOk(reply: Promise<Reply>): Promise<void> {
  const { status, text } = await reply
  if (status !== 200) throw new Error(`ingest: ${status} ${text.slice(0, 500)}`)
}

const six = (n: number): string => String(n).padStart(6, '0')

/** The value of each result is the person's mark: it is kept in the pseudonymised form too. */
export const reportOf = (person: Invented, at: number): string =>
  labMessage({
    person,
    report: `RB${person.n}-${at}`,
    panel: `RACE-${six(person.n)}`,
    results: ['WBC', 'RBC'].map((code) => ({ code, value: `7${six(person.n)}` })),
  })

export const observationOf = (person: Person, at: number): Record<string, unknown> => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'urn:oid:1.2.3.4.5', code: `RACE-${six(person.n)}` }] },
  subject: { reference: `Patient/${at % 2 === 0 ? person.master : person.record}` },
  effectiveDateTime: '2026-03-06',
  valueQuantity: { value: Number(`7${six(person.n)}`) },
})

export const conditionOf = (person: Person): Record<string, unknown> => ({
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
  code: { coding: [{ system: 'urn:oid:1.2.3.4.5', code: `RACE-${six(person.n)}` }] },
  subject: { reference: `Patient/${person.master}` },
  recordedDate: '2026-03-05',
})

/** Loaded on behalf of the other hospital: what makes its doctor a treating one. */
const visitElsewhere = (scene: Scene, person: Person): Record<string, unknown> => ({
  resourceType: 'Encounter',
  meta: { source: 'https://fhir-cn.example/Organization/H2' },
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: `Patient/${person.master}` },
  participant: [{ individual: { reference: `Practitioner/${scene.doctor}` } }],
  period: { start: '2026-03-01T08:00:00+08:00' },
  serviceProvider: { reference: 'Organization/H2' },
})

export const codeOf = (person: Invented): string => `RACE-${six(person.n)}`
