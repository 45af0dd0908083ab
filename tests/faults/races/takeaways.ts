/** Grants, and the ways in which what they gave is taken away again. */
import { consentOf } from '../../../server/demo/consents.ts'
import { type Caller, type ClientOf, clock, fhirJson, type Reply, sleep } from '../support/client.ts'
import type { Audience } from './denials.ts'
import { LOADER, type Person } from './scene.ts'

export type Kind = 'withdraw' | 'delete' | 'deny' | 'optout' | 'expiry' | 'insurer' | 'share'

/** In the order in which they are taken by turns. */
export const KINDS: readonly Kind[] = ['withdraw', 'share', 'delete', 'insurer', 'deny', 'optout', 'expiry']

export const audienceOf = (kind: Kind): Audience => (kind === 'insurer' ? 'insurer' : kind === 'share' ? 'clinician' : 'researcher')

interface Coding {
  system: string
  code: string
}

const purpose = (code: string): Coding[] => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }]
const types = (...codes: string[]): Coding[] => codes.map((code) => ({ system: 'http://hl7.org/fhir/resource-types', code }))
const role = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }

type Resource = Record<string, unknown> & { id?: string }

const RESEARCH = { purpose: purpose('HRESCH') }

function grantOf(kind: Kind, person: Person, periodEnd: number | undefined): Resource {
  const patient = person.master
  if (kind === 'insurer') {
    const provision = {
      purpose: purpose('HPAYMT'),
      actor: [{ role, reference: { reference: 'Organization/INS' } }],
      class: types('Claim', 'Encounter', 'Condition', 'Observation', 'Patient'),
    }
    return consentOf({ patient, series: `insurer-${person.n}`, scope: 'patient-privacy', policy: 'OPTIN', model: 'broad', provision })
  }
  const extension = ['PSEUD', 'ANON'].map((valueCode) => ({ url: 'https://fhir-cn.example/StructureDefinition/cn-data-form', valueCode }))
  const period = periodEnd === undefined ? {} : { period: { start: '2026-01-01', end: new Date(periodEnd).toISOString() } }
  const provision = { ...RESEARCH, extension, ...period }
  return consentOf({ patient, series: `broad-${person.n}`, scope: 'research', policy: 'OPTIN', model: 'broad', provision })
}

const dissentOf = (kind: Kind, person: Person): Resource => {
  const share = kind === 'share'
  const provision = share ? { purpose: purpose('TREAT') } : RESEARCH
  return consentOf({
    patient: person.master,
    series: `${kind}-no-${person.n}`,
    scope: share ? 'patient-privacy' : 'research',
    policy: 'OPTOUT',
    model: 'opt-out',
    provision,
  })
}

/** The permit stays, with an exception that denies the very purpose. */
const deniedWithin = (consent: Resource): Resource => ({
  ...consent,
  dateTime: new Date().toISOString(),
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTINR' }] },
  provision: { ...(consent.provision as object), provision: [{ type: 'deny', purpose: purpose('HRESCH') }] },
})

const appOf = (person: Person): ClientOf => ({ id: 'patient-app', parameters: { patient: person.master } })

/** A grant in force, and how it is taken back. */
export interface Granted {
  sentAt: number
  /** how long the acknowledgement took; nothing was written: 0 */
  ackMs: number
  /** when it ends by itself */
  endsAt?: number
  /** @returns the moment from which nothing may be seen, and how long the acknowledgement took */
  take(): Promise<{ from: number; ackMs: number | undefined }>
  /** makes the way free for the next grant of the same person */
  undo(at: () => void): Promise<void>
}

/** The shortest life of a grant that ends by itself. */
export const EXPIRES_AFTER_MS = 2500
/** Two processes read one clock, but not at the same moment of their event loops. */
const EXPIRY_TOLERANCE_MS = 20

/** @param lifeMs how long a grant that ends by itself is in force */
export async function grant(caller: Caller, kind: Kind, person: Person, beforeSending: () => void, lifeMs: number): Promise<Granted> {
  const app = appOf(person)
  /** every Consent that comes of it */
  const made: string[] = []
  const undo = (before: () => void): Promise<void> => dropAll(caller, made, before)
  if (kind === 'share') {
    beforeSending()
    return { sentAt: clock(), ackMs: 0, take: () => taken(postNoted(caller, app, dissentOf(kind, person), made)), undo }
  }
  const periodEnd = kind === 'expiry' ? Math.ceil(clock()) + lifeMs : undefined
  const resource = grantOf(kind, person, periodEnd)
  beforeSending()
  const sentAt = clock()
  const answer = await postNoted(caller, app, resource, made)
  if (answer.status !== 201) throw new Error(`grant ${kind}: ${answer.status} ${answer.text.slice(0, 300)}`)
  const consent = JSON.parse(answer.text) as Resource
  const take = () => takeBack({ caller, kind, person, consent, periodEnd, made })
  return { sentAt, ackMs: answer.end - answer.start, ...(periodEnd === undefined ? {} : { endsAt: periodEnd }), take, undo }
}

interface Taking {
  caller: Caller
  kind: Kind
  person: Person
  consent: Resource
  periodEnd: number | undefined
  made: string[]
}

async function takeBack({ caller, kind, person, consent, periodEnd, made }: Taking): Promise<{ from: number; ackMs: number | undefined }> {
  const app = appOf(person)
  if (periodEnd !== undefined) {
    while (clock() <= periodEnd + EXPIRY_TOLERANCE_MS) await sleep(periodEnd + EXPIRY_TOLERANCE_MS + 1 - clock())
    return { from: clock(), ackMs: undefined }
  }
  if (kind === 'delete') return taken(caller.call(LOADER, `/fhir/Consent/${consent.id}`, { method: 'DELETE' }))
  if (kind === 'deny') return taken(put(caller, app, deniedWithin(consent)))
  if (kind === 'optout') return taken(postNoted(caller, app, dissentOf(kind, person), made))
  return taken(put(caller, app, { ...consent, status: 'inactive', dateTime: new Date().toISOString() }))
}

async function taken(sent: Promise<Reply>): Promise<{ from: number; ackMs: number }> {
  const { status, start, end, text } = await sent
  if (status < 200 || status > 299) throw new Error(`take-away: ${status} ${text.slice(0, 300)}`)
  return { from: end, ackMs: end - start }
}

/** Deletes these consents by their ids: a search may not show what was written this instant. */
async function dropAll(caller: Caller, ids: readonly string[], beforeSending: () => void): Promise<void> {
  beforeSending()
  for (const id of ids) {
    const { status } = await caller.call(LOADER, `/fhir/Consent/${id}`, { method: 'DELETE' })
    if (status !== 204 && status !== 200 && status !== 410) throw new Error(`delete of a consent: ${status}`)
  }
}

async function postNoted(caller: Caller, client: ClientOf, resource: Resource, made: string[]): Promise<Reply> {
  const reply = await post(caller, client, resource)
  if (reply.status === 201) made.push((JSON.parse(reply.text) as { id: string }).id)
  return reply
}

const post = (caller: Caller, client: ClientOf, resource: Resource): Promise<Reply> =>
  caller.call(client, `/fhir/${resource.resourceType}`, { method: 'POST', body: JSON.stringify(resource), headers: fhirJson })

const put = (caller: Caller, client: ClientOf, resource: Resource): Promise<Reply> =>
  caller.call(client, `/fhir/${resource.resourceType}/${resource.id}`, { method: 'PUT', body: JSON.stringify(resource), headers: fhirJson })
