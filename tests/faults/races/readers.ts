/** Those who read all the time from the second process, each answer looked into. */
import { type CallInit, type ClientOf, type Reply, sleep } from '../support/client.ts'
import type { Random } from '../support/random.ts'
import type { Checker } from './checker.ts'
import type { Audience } from './denials.ts'
import { codeOf, type Person, type Scene } from './scene.ts'

export interface Reading {
  scene: Scene
  checker: Checker
  people: readonly Person[]
  random: Random
  /** person → id of a condition that somebody saw once */
  known: Map<number, string>
  running(): boolean
  /** answers that were neither given nor refused as they may be */
  unexpected(what: string, status: number): void
}

export const clientOf = (scene: Scene, audience: Audience, person?: Person): ClientOf => {
  if (audience === 'insurer') return { id: 'insurer', parameters: { purpose_of_use: 'HPAYMT' } }
  if (audience === 'clinician') {
    const patient = person ? { patient: person.master } : {}
    return { id: 'h2-ward', parameters: { purpose_of_use: 'TREAT', user: scene.doctor, ...patient } }
  }
  return { id: 'researcher', parameters: { purpose_of_use: 'HRESCH', data_form: 'PSEUD', research_study: scene.study } }
}

/** One request of an audience, looked into. @returns the reply, and whose resources it showed */
export async function ask(
  reading: Reading,
  audience: Audience,
  what: string,
  path: string,
  person?: Person,
  init?: CallInit,
): Promise<{ reply: Reply; seen: Set<number> }> {
  const reply = await reading.scene.second.call(clientOf(reading.scene, audience, person), path, init)
  if (reply.status !== 200 && reply.status !== 404 && reply.status !== 202 && reply.status !== 410) reading.unexpected(what, reply.status)
  const text = reply.status === 200 ? reply.text : ''
  return { reply, seen: reading.checker.look({ audience, what, text, start: reply.start, end: reply.end }) }
}

/** The widest question about one person that an audience can ask: what it shows, and what it counts. */
export async function shows(reading: Reading, audience: Audience, person: Person): Promise<boolean> {
  const { reply, seen } = await ask(reading, audience, 'search by code', `/fhir/Condition?code=${codeOf(person)}&_count=5`, person)
  if (reply.status !== 200) return false
  return seen.has(person.n) || (JSON.parse(reply.text) as { total?: number }).total !== 0
}

/** Number of matches that the total of an audience tells. */
export async function total(reading: Reading, audience: Audience, person: Person): Promise<{ total: number; start: number; end: number }> {
  const { reply } = await ask(reading, audience, 'count', `/fhir/Condition?code=${codeOf(person)}&_summary=count`, person)
  const told = reply.status === 200 ? ((JSON.parse(reply.text) as { total?: number }).total ?? 0) : 0
  return { total: told, start: reply.start, end: reply.end }
}

const RESEARCH = [
  ['search', 'Observation?_count=200'],
  ['include', 'DiagnosticReport?_count=50&_include=DiagnosticReport:result&_include=DiagnosticReport:subject'],
  ['revinclude', 'Patient?_count=20&_revinclude=Observation:patient'],
  ['search conditions', 'Condition?_count=200'],
  ['search of several types', '?_type=Observation,Condition&_count=100'],
] as const

const INSURANCE = [
  ['search', 'Condition?_count=200'],
  ['include', 'Condition?_count=100&_include=Condition:subject'],
  ['revinclude', 'Patient?_count=50&_revinclude=Condition:patient'],
  ['search of several types', '?_type=Condition,Patient&_sort=-_lastUpdated&_count=50'],
  ['history of a type', 'Condition/_history?_count=50'],
  ['history of the system', '_history?_count=100'],
] as const

/** Loops until the run ends; each waits for its answer before it asks again. */
export function startReaders(reading: Reading): Promise<unknown> {
  const loops = [
    loop(reading, () => general(reading, 'researcher', RESEARCH)),
    loop(reading, () => general(reading, 'insurer', INSURANCE)),
    loop(reading, () => onePatient(reading)),
    loop(reading, () => byId(reading)),
    loop(reading, () => exporting(reading)),
  ]
  return Promise.all(loops)
}

async function loop(reading: Reading, once: () => Promise<void>): Promise<void> {
  while (reading.running()) {
    await once()
    // Chance decides how the questions fall into the changes.
    await sleep(reading.random.below(20))
  }
}

async function general(reading: Reading, audience: Audience, questions: readonly (readonly [string, string])[]): Promise<void> {
  const [what, path] = reading.random.pick(questions)
  const { reply } = await ask(reading, audience, what, `/fhir/${path}`)
  const next = reply.status === 200 ? nextOf(reply.text) : undefined
  if (next) await ask(reading, audience, `${what}, next page`, next)
}

function nextOf(text: string): string | undefined {
  const { link = [] } = JSON.parse(text) as { link?: { relation: string; url: string }[] }
  return link.find(({ relation }) => relation === 'next')?.url
}

/** The doctor of the other hospital looks at one patient. */
async function onePatient(reading: Reading): Promise<void> {
  const person = reading.random.pick(reading.people)
  const { master } = person
  const questions = [
    ['$everything', `Patient/${master}/$everything`],
    ['search of a patient', `Observation?patient=${master}&_count=100`],
    ['compartment', `Patient/${master}/Observation?_count=100`],
    ['all of a compartment', `Patient/${master}/*?_count=100`],
    ['revinclude of a patient', `Patient?_id=${master}&_revinclude=Condition:patient&_revinclude=Observation:patient`],
  ] as const
  const [what, path] = reading.random.pick(questions)
  await ask(reading, 'clinician', what, `/fhir/${path}`, person)
}

/** A resource that was seen is asked for again by its id, with its versions, and what points to it. */
async function byId(reading: Reading): Promise<void> {
  const person = reading.random.pick(reading.people)
  const audience = reading.random.pick(['insurer', 'clinician'] as const)
  const found = await ask(reading, audience, 'search by code', `/fhir/Condition?code=${codeOf(person)}`, person)
  const bundle = found.reply.status === 200 ? (JSON.parse(found.reply.text) as { entry?: { resource: { id: string } }[] }) : {}
  const id = bundle.entry?.[0]?.resource.id ?? reading.known.get(person.n)
  if (id === undefined) return
  reading.known.set(person.n, id)
  await ask(reading, audience, 'read', `/fhir/Condition/${id}`, person)
  await ask(reading, audience, 'history', `/fhir/Condition/${id}/_history`, person)
  await ask(reading, audience, 'vread', `/fhir/Condition/${id}/_history/1`, person)
}

const EXPORT_POLLS_MAX = 200

/** An export of its own, and its files fetched several times while consents change. */
async function exporting(reading: Reading): Promise<void> {
  const headers = { Prefer: 'respond-async', Accept: 'application/fhir+json' }
  const kickOff = await ask(
    reading,
    'researcher',
    'export',
    '/fhir/$export?_type=Observation,Condition,Patient,DiagnosticReport',
    undefined,
    {
      headers,
    },
  )
  const status = kickOff.reply.headers.get('content-location')
  if (kickOff.reply.status !== 202 || status === null) return
  for (let poll = 0; poll < EXPORT_POLLS_MAX && reading.running(); poll++) {
    const { status: code, text } = await reading.scene.second.call(clientOf(reading.scene, 'researcher'), status)
    if (code === 202) {
      await sleep(50)
      continue
    }
    if (code !== 200) return reading.unexpected('export status', code)
    const files = (JSON.parse(text) as { output: { url: string }[] }).output
    for (let round = 0; round < 3 && reading.running(); round++) {
      for (const { url } of files) {
        await ask(reading, 'researcher', 'download', url, undefined, { headers: { Accept: 'application/fhir+ndjson' } })
      }
      await sleep(reading.random.below(400))
    }
    return
  }
}
