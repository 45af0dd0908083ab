/** A server whose clients may subscribe, an endpoint, and the persons and consents that the tests are about. */
import { afterAll, beforeAll } from '@jest/globals'
import { encounter, give, NO_SHARING, patient, practitioner, putAll, relabelled, study } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { configWith, type Receiver, startReceiver } from './receiver.ts'

export interface Setting {
  server: TestServer
  receiver: Receiver
  loader: string
  /** the systems of H2: as TREAT they see what the doctors there see */
  engine: string
  researcher: string
}

export function setting(policy: Record<string, unknown> = {}): Setting {
  const held = {} as Setting
  beforeAll(async () => {
    held.receiver = await startReceiver()
    const hooks = { subscriptionEndpoints: [`${held.receiver.url}/hook/*`, `${held.receiver.url}/exact`] }
    const config = configWith(
      {
        'h2-engine': hooks,
        'h1-engine': hooks,
        loader: hooks,
        'patient-app': { ...hooks, scopes: 'patient/*.rs patient/Consent.cru patient/Subscription.cruds' },
        researcher: { ...hooks, scopes: 'system/*.rs system/Subscription.cruds' },
      },
      { subscriptionRetrySeconds: 1, subscriptionAttempts: 2, ...policy },
    )
    held.server = await startTestServer({ config })
    held.loader = await held.server.token('loader')
    const persons = ['open', 'hidden', 'turned'].flatMap((id) => [patient(id), encounter(`visit-${id}`, id, 'H2', 'Practitioner/doc-2')])
    await putAll(held.server, held.loader, [practitioner('doc-2'), study('study-1'), ...persons])
    await give(held.server, 'hidden', NO_SHARING)
    await relabelled(held.server)
    held.engine = await held.server.token('h2-engine', { purpose_of_use: 'TREAT' })
    held.researcher = await held.server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
  }, 60_000)
  afterAll(async () => {
    await held.server.stop()
    await held.receiver.stop()
  })
  return held
}

export const put = (held: Setting, ...resources: object[]): Promise<void> => putAll(held.server, held.loader, resources)

/** R4's own form. */
export const plain = (held: Setting, criteria: string, path: string, channel: object = {}): object => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'test',
  criteria,
  channel: { type: 'rest-hook', endpoint: `${held.receiver.url}${path}`, payload: 'application/fhir+json', ...channel },
})

export const subscribe = (held: Setting, body: object, token = held.engine): Promise<Answer> =>
  held.server.call('POST', '/fhir/Subscription', { token, body })

/** Waits for a status of the Subscription. */
export async function statusOf(held: Setting, id: string, wanted: string, token = held.engine): Promise<Answer> {
  let answer = await held.server.call('GET', `/fhir/Subscription/${id}`, { token })
  for (let tries = 0; tries < 400 && answer.json?.status !== wanted; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25))
    answer = await held.server.call('GET', `/fhir/Subscription/${id}`, { token })
  }
  return answer
}

/** Made, and waited for. */
export async function active(held: Setting, body: object, token = held.engine): Promise<string> {
  const made = await subscribe(held, body, token)
  if (made.status !== 201) throw new Error(`subscription answered ${made.status} ${made.text}`)
  const answer = await statusOf(held, made.json.id, 'active', token)
  if (answer.json?.status !== 'active') throw new Error(`subscription is ${answer.text}`)
  return made.json.id
}
