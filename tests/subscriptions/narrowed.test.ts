/** What a client's registration says counts at each delivery, not only when it subscribed: also of the types that chains lead through. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encounter, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { configWith, type Receiver, startReceiver } from './receiver.ts'
import { active, plain, statusOf } from './setting.ts'

let receiver: Receiver
let wide: TestServer
let narrow: TestServer

const withScopes = (more: object): Promise<TestServer> => {
  const engine = { subscriptionEndpoints: [`${receiver.url}/hook/*`], ...more }
  return startTestServer({ config: configWith({ 'h2-engine': engine }), ...(wide ? { beside: wide } : {}) })
}
const settingOf = async (server: TestServer) => {
  const [loader, engine] = [await server.token('loader'), await server.token('h2-engine', { purpose_of_use: 'TREAT' })]
  return { server, receiver, loader, engine, researcher: '' }
}

beforeAll(async () => {
  receiver = await startReceiver()
  wide = await withScopes({})
}, 60_000)
afterAll(async () => {
  await narrow.stop()
  await wide.database.drop()
  await receiver.stop()
})

test('a client that may search Patients no more is told by no chain through them', async () => {
  const before = await settingOf(wide)
  const visit = encounter('visit-p', 'p', 'H2', 'Practitioner/doc-2')
  await putAll(wide, before.loader, [practitioner('doc-2'), patient('p', { name: [{ text: '王建国' }] }), visit])
  await relabelled(wide)
  const chained = await active(before, plain(before, 'Observation?code=x&patient.name=王', '/hook/chained'))
  await active(before, plain(before, 'Observation?code=x', '/hook/direct'))
  await putAll(wide, before.loader, [observation('o1', 'p', 'x')])
  await receiver.until(() => receiver.at('/hook/chained').length + receiver.at('/hook/direct').length >= 2)
  await wide.running.stop()

  narrow = await withScopes({ scopes: 'system/Observation.rs system/Subscription.cruds' })
  const after = await settingOf(narrow)
  await putAll(narrow, after.loader, [observation('o2', 'p', 'x')])
  expect((await statusOf(after, chained, 'off')).json.status).toBe('off')
  await receiver.until(() => receiver.at('/hook/direct').length >= 2)
  expect(receiver.at('/hook/chained').map(({ path }) => path)).toEqual(['/hook/chained/Observation/o1'])
}, 60_000)
