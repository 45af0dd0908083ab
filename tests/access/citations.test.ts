/** The account of uses names the consents that stand now, also when a new version says the same as the former one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { give, INSURER, NO_SHARING, observation, patient, putAll, relabelled, withdraw } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const P = 'person-9'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [patient(P), observation('finding-9', P, 'code-9')])
})
afterAll(() => server.stop())

/** Consents that the newest entry about the insurer's read names. */
async function cited(): Promise<string[]> {
  const insurer = await server.token('insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT' })
  expect((await server.call('GET', '/fhir/Observation/finding-9', { token: insurer })).status).toBe(200)
  const token = await server.token('patient-app', { patient: P })
  const { json } = await server.call(
    'GET',
    `/fhir/AuditEvent?patient=${P}&entity=Observation/finding-9&subtype=read&_sort=-date&_count=1`,
    {
      token,
    },
  )
  const { entity } = json.entry[0].resource as { entity: { what?: { reference: string } }[] }
  return entity.flatMap(({ what }) => (what?.reference.startsWith('Consent/') ? [what.reference] : []))
}

test('a version that says the same, a second consent that says the same, and the end of the first', async () => {
  const first = await give(server, P, INSURER)
  expect(await cited()).toEqual([`Consent/${first.id}/_history/1`])
  const token = await server.token('patient-app', { patient: P })
  const again = await server.call('PUT', `/fhir/Consent/${first.id}`, { token, body: { ...first, dateTime: new Date().toISOString() } })
  expect(again.status).toBe(200)
  await relabelled(server)
  expect(await cited()).toEqual([`Consent/${first.id}/_history/2`])
  const second = await give(server, P, { ...INSURER, series: 'insurer-again' })
  expect(await cited()).toEqual([`Consent/${first.id}/_history/2`, `Consent/${second.id}/_history/1`].sort())
  await withdraw(server, P, again.json)
  await relabelled(server)
  expect(await cited()).toEqual([`Consent/${second.id}/_history/1`])
})

test('a version that says the same, while the person is still in the overlay, hides nothing for long', async () => {
  await give(server, P, NO_SHARING)
  await relabelled(server)
  const third = await give(server, P, { ...INSURER, series: 'insurer-third' })
  const token = await server.token('patient-app', { patient: P })
  await server.call('PUT', `/fhir/Consent/${third.id}`, { token, body: { ...third, dateTime: new Date().toISOString() } })
  await relabelled(server)
  expect(await cited()).toContain(`Consent/${third.id}/_history/2`)
})
