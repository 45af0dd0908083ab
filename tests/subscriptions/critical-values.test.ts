/** Critical values: found by a search, and told to who subscribed to them (formats.md D19). */
import { expect, test } from '@jest/globals'
import { active, setting } from './setting.ts'

const held = setting()
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

const oru = (id: string, flag: string, status = 'F'): string =>
  [
    `MSH|^~\\&|LIS|0002|EAI|YILIAN|2026030608153${id}||ORU^R01|K${id}|P|2.4||||||UNICODE UTF-8`,
    'PID|1||K1^^^0002^PI||钱危急||19700101|M',
    'PV1|1|I|||||||||||||||||VK1',
    'OBR|1||BGK1|DJZ^电解质^L|||20260306063000|||||||||||||||20260306081500|||F',
    `OBX|1|NM|K^钾^L||7.1|mmol/L|3.5-5.5|${flag}|||${status}`,
    '',
  ].join('\r')

async function send(body: string): Promise<void> {
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const sent = await held.server.call('POST', '/ingest/h2-his', { token: await held.server.token('h2-engine'), body, headers })
  expect(sent.status).toBe(200)
}
const found = async (): Promise<number> =>
  (
    await held.server.call('GET', '/fhir/Observation?critical-value=true&_total=accurate', {
      token: await held.server.token('h2-engine', { purpose_of_use: 'HOPERAT' }),
    })
  ).json.total

test('a critical value is told to who subscribed to them, and a corrected one is none any more (D19)', async () => {
  await send(oru('0', 'H'))
  expect(await found()).toBe(0)
  await active(
    held,
    {
      resourceType: 'Subscription',
      meta: { profile: [`${GUIDE}/backport-subscription`] },
      status: 'requested',
      reason: 'test',
      criteria: 'https://fhir-cn.example/SubscriptionTopic/critical-value',
      channel: {
        type: 'rest-hook',
        endpoint: `${held.receiver.url}/hook/critical`,
        payload: 'application/fhir+json',
        _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'id-only' }] },
      },
    },
    await held.server.token('h2-engine', { purpose_of_use: 'HOPERAT' }),
  )
  await send(oru('1', 'HH'))
  expect(await found()).toBe(1)
  const got = await held.receiver.until((all) => all.filter(({ path }) => path === '/hook/critical').length > 1)
  const told = got.filter(({ path }) => path === '/hook/critical').at(-1)
  expect(told?.body).toMatch(/Observation\//)
  // The flag is that of the value that it judges: a corrected result does not keep it.
  await send(oru('2', 'N', 'C'))
  expect(await found()).toBe(0)
}, 60_000)
