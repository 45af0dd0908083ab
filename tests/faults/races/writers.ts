/** The hospital goes on writing about the same persons, by REST and by HL7, while their consents change. */
import { type Caller, fhirJson, type Reply, sleep } from '../support/client.ts'
import type { Random } from '../support/random.ts'
import { conditionOf, ENGINE, hl7, observationOf, type Person, reportOf, type Scene } from './scene.ts'

export interface Writing {
  scene: Scene
  people: readonly Person[]
  random: Random
  running(): boolean
  unexpected(what: string, status: number): void
}

/** Loops until the run ends. @returns how many writes were acknowledged */
export async function startWriters(writing: Writing): Promise<number> {
  let serial = 1
  const once = async (): Promise<boolean> => {
    const person = writing.random.pick(writing.people)
    const at = serial++
    const reply = await writeOne(writing, writing.scene.first, person, at)
    const stored = reply.status >= 200 && reply.status <= 202
    if (!stored) writing.unexpected('write', reply.status)
    return stored
  }
  const loop = async (): Promise<number> => {
    let done = 0
    while (writing.running()) {
      if (await once()) done++
      await sleep(writing.random.below(60))
    }
    return done
  }
  return (await Promise.all([loop(), loop()])).reduce((a, b) => a + b, 0)
}

function writeOne(writing: Writing, caller: Caller, person: Person, at: number): Promise<Reply> {
  const kind = writing.random.below(4)
  if (kind === 0) return hl7(caller, 'h1-lis', reportOf(person, at))
  if (kind === 1) return post(caller, conditionOf(person))
  if (kind === 2) return transaction(caller, person, at)
  return post(caller, observationOf(person, at))
}

const post = (caller: Caller, resource: Record<string, unknown>): Promise<Reply> =>
  caller.call(ENGINE, `/fhir/${resource.resourceType}`, { method: 'POST', body: JSON.stringify(resource), headers: fhirJson })

function transaction(caller: Caller, person: Person, at: number): Promise<Reply> {
  const entry = [observationOf(person, at), observationOf(person, at + 1)].map((resource) => ({
    resource,
    request: { method: 'POST', url: 'Observation' },
  }))
  const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })
  return caller.call(ENGINE, '/fhir', { method: 'POST', body, headers: fhirJson })
}
