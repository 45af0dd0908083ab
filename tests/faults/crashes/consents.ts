/** Patients change their minds while processes are killed: the last acknowledged word is the one that is in force. */
import { broadConsent } from '../../../server/demo/consents.ts'
import { type Caller, type ClientOf, fhirJson, sleep } from '../support/client.ts'
import { invented } from '../support/people.ts'
import type { Random } from '../support/random.ts'

export interface Consents {
  /** acknowledged changes */
  changes(): number
  stop(): Promise<void>
  /** consents that do not stand as they were acknowledged last */
  check(): Promise<string[]>
}

interface State {
  master?: string | undefined
  id?: string
  /** status that was acknowledged last */
  said?: string
  /** status of a change without an answer: it may hold, or not */
  maybe?: string
}

const PERSONS = 10

export function startConsents({ caller, random }: { caller: Caller; random: Random }): Consents {
  const states: State[] = Array.from({ length: PERSONS }, () => ({}))
  let running = true
  let changes = 0
  const loop = async (): Promise<void> => {
    while (running) {
      const n = random.below(PERSONS)
      if (await change(caller, n, states[n] as State)) changes++
      await sleep(100 + random.below(200))
    }
  }
  const work = loop()
  return {
    changes: () => changes,
    async stop() {
      running = false
      await work
    },
    async check() {
      const wrong: string[] = []
      for (const [n, { id, said, maybe, master }] of states.entries()) {
        if (id === undefined || master === undefined) continue
        const { text } = await caller.call(appOf(master), `/fhir/Consent/${id}`)
        const status = /"status":"(\w+)"/.exec(text)?.[1]
        if (status !== said && status !== maybe) wrong.push(`consent of person ${n}: ${said} was acknowledged, ${status} stands`)
      }
      return wrong
    },
  }
}

const appOf = (patient: string): ClientOf => ({ id: 'patient-app', parameters: { patient } })

/** @returns whether a change was acknowledged */
async function change(caller: Caller, n: number, state: State): Promise<boolean> {
  state.master ??= await masterOf(caller, n)
  if (state.master === undefined) return false
  const status = state.said === 'active' ? 'inactive' : 'active'
  const body = { ...broadConsent(state.master), status, ...(state.id === undefined ? {} : { id: state.id }) }
  const path = state.id === undefined ? '/fhir/Consent' : `/fhir/Consent/${state.id}`
  const method = state.id === undefined ? 'POST' : 'PUT'
  const reply = await caller.call(appOf(state.master), path, { method, body: JSON.stringify(body), headers: fhirJson, millisMax: 40_000 })
  if (reply.status !== 200 && reply.status !== 201) {
    if (state.id !== undefined) state.maybe = status
    return false
  }
  state.id ??= (JSON.parse(reply.text) as { id: string }).id
  state.said = status
  delete state.maybe
  return true
}

async function masterOf(caller: Caller, n: number): Promise<string | undefined> {
  const { status, text } = await caller.call({ id: 'h1-engine' }, `/fhir/Patient?identifier=${invented(n).local}`)
  if (status !== 200) return undefined
  const bundle = JSON.parse(text) as { entry?: { resource: { link?: { type: string; other: { reference: string } }[] } }[] }
  const links = bundle.entry?.[0]?.resource.link ?? []
  return links.find(({ type }) => type === 'refer')?.other.reference.split('/')[1]
}
