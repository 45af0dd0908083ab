/** Many questions about a generated world, without access control and under random consents. */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { encounter, practitioner, putAll, relabelled, consentOf } from '../../consent/resources.ts'
import { randomWords } from '../../consent/random-words.ts'
import type { TestServer } from '../../support/server.ts'
import { type Asker, difference } from './compare.ts'
import { Dice } from './dice.ts'
import { World } from './evaluator.ts'
import { generated } from './generated.ts'
import { Questions } from './questions.ts'

export interface Tally {
  searches: number
  /** that find something, and that leave something out */
  nonEmpty: number
  matches: number
  problems: string[]
}

export const noTally = (): Tally => ({ searches: 0, nonEmpty: 0, matches: 0, problems: [] })

const AT_ONCE = 6
/** So many differences say enough. */
const PROBLEMS_MAX = 20

interface Round {
  server: TestServer
  askers: readonly { asker: Asker; world: World }[]
  questions: Questions
  count: number
}

async function askAll({ server, askers, questions, count }: Round, tally: Tally): Promise<void> {
  let left = count
  const work = async (): Promise<void> => {
    while (left > 0 && tally.problems.length < PROBLEMS_MAX) {
      left--
      const question = questions.next()
      const { asker, world } = askers[left % askers.length] as Round['askers'][number]
      const { found, problem } = await difference(server, asker, world, question)
      tally.searches++
      tally.matches += found
      if (found > 0) tally.nonEmpty++
      if (problem !== undefined) tally.problems.push(problem)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Larger than a page, so that there are pages; small enough to be looked at one by one. */
const COUNTS = {
  Organization: 12,
  Practitioner: 12,
  Patient: 30,
  Encounter: 30,
  Condition: 30,
  Observation: 60,
  RiskAssessment: 15,
  ValueSet: 20,
}

/** On a server without access control. */
export async function openRound(server: TestServer, seed: number, count: number): Promise<Tally> {
  const dice = new Dice(seed)
  const base = `${server.url}/fhir`
  const resources = generated({ dice, prefix: 'o-', base, counts: COUNTS })
  await putAll(server, '', resources)
  const world = new World(await readable(server, [...resources, ...OWN]), base)
  const tally = noTally()
  await askAll({ server, askers: [{ asker: { name: 'nobody' }, world }], questions: new Questions(dice, world), count }, tally)
  return tally
}

const SMALL = {
  Organization: 6,
  Practitioner: 6,
  Patient: 12,
  Encounter: 24,
  Condition: 30,
  Observation: 45,
  RiskAssessment: 10,
  ValueSet: 5,
}
const ASKERS = [
  { name: 'treating doctor of another hospital', client: 'h2-ward', parameters: { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' } },
  { name: 'the same in an emergency', client: 'h2-ward', parameters: { purpose_of_use: 'ETREAT', user: 'Practitioner/doc-2' } },
  { name: 'doctor of the own hospital', client: 'h1-ward', parameters: { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' } },
  { name: 'own quality control', client: 'auditor', parameters: { purpose_of_use: 'HQUALIMP' } },
  { name: 'insurer', client: 'insurer', parameters: { purpose_of_use: 'HPAYMT', data_form: 'IDENT' } },
  { name: 'researcher', client: 'researcher', parameters: { data_form: 'IDENT', research_study: 'study-1' } },
]

/**
 * Under `worlds` sets of random consents. What an asker may see is what he can read by id, one by one: reads do not use the
 * filter of searches.
 */
export async function consentedRound(server: TestServer, seed: number, count: number, worlds: number): Promise<Tally> {
  const dice = new Dice(seed)
  const base = `${server.url}/fhir`
  const loader = await server.token('loader')
  const prefix = 'c-'
  const resources = generated({ dice, prefix, base, counts: SMALL })
  const patients = resources.filter(({ resourceType }) => resourceType === 'Patient')
  const treated = patients.flatMap(({ id = '' }, at) => [
    ...(at % 3 === 0 ? [] : [encounter(`${prefix}v-${at}`, id, 'H2', 'Practitioner/doc-2', dice.pick(['ATND', 'PART']))]),
    ...(at % 4 === 0 ? [] : [encounter(`${prefix}u-${at}`, id, 'H1', 'Practitioner/doc-1')]),
  ]) as FhirResource[]
  await putAll(server, loader, [practitioner('doc-1'), practitioner('doc-2'), STUDY])
  await putAll(server, loader, [...resources, ...treated])
  const values = new World([...resources, ...treated], base)
  const questions = new Questions(dice, values)
  const tokens = await Promise.all(ASKERS.map(({ client, parameters }) => server.token(client, parameters)))
  const tally = noTally()
  for (let world = 0; world < worlds; world++) {
    await newConsents(server, loader, patients, seed + world)
    const askers = await Promise.all(
      ASKERS.map(async ({ name }, at) => ({
        asker: { name, token: tokens[at] as string },
        world: new World(await readable(server, [...resources, ...treated, ...KNOWN], tokens[at] as string), base),
      })),
    )
    await askAll({ server, askers, questions, count: Math.ceil(count / worlds) }, tally)
  }
  return tally
}

const STUDY = {
  resourceType: 'ResearchStudy',
  id: 'study-1',
  status: 'active',
  extension: [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: 'approved' }],
}

/** The organizations of the configuration are there from the start. */
const OWN: FhirResource[] = ['H1', 'H2', 'H3', 'MIA', 'HA', 'HA2', 'U1', 'INS', 'PH', 'COURT'].map((id) => ({
  resourceType: 'Organization',
  id,
}))
const KNOWN = [...OWN, practitioner('doc-1'), practitioner('doc-2')] as FhirResource[]

async function newConsents(server: TestServer, loader: string, patients: readonly FhirResource[], seed: number): Promise<void> {
  const dice = new Dice(seed)
  for (const words of randomWords(seed, patients.length)) {
    const body = consentOf(dice.pick(patients).id as string, words)
    const answer = await server.call('POST', '/fhir/Consent', { token: loader, body })
    if (answer.status !== 201) throw new Error(answer.text)
  }
  await relabelled(server)
}

/** Each read by itself; in batches, so that it is fewer requests. */
async function readable(server: TestServer, resources: readonly FhirResource[], token?: string): Promise<FhirResource[]> {
  const entry = resources.map(({ resourceType, id }) => ({ request: { method: 'GET', url: `${resourceType}/${id}` } }))
  const body = { resourceType: 'Bundle', type: 'batch', entry }
  const answer = await server.call('POST', '/fhir', { body, ...(token === undefined ? {} : { token }) })
  if (answer.status !== 200) throw new Error(`reads answered ${answer.status} ${answer.text}`)
  return (answer.json.entry as { resource?: FhirResource; response: { status: string } }[]).flatMap(({ resource, response }) => {
    if (!/^(?:200|403|404)/.test(response.status)) throw new Error(`a read answered ${response.status}`)
    return response.status.startsWith('200') && resource ? [resource] : []
  })
}
