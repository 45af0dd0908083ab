/**
 * A visit that is joined to one of the insurance is seen by its administration as an insured one is, as long as it is one, and by nobody else than before.
 * One that the patient pays for himself is not joined: of that the administration learns nothing. What either says of the visit that is
 * sensitive makes the whole of it so.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { comparable, encounter, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { admission, charges, labReport, outpatientVisit, registration, selfPaidVisit, stay, undone } from '../ingest/visit-messages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Message = readonly [source: string, body: unknown]
type Found = Record<string, unknown> & { id: string }
const ABSENT = 'a'.repeat(26)

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let administration: string
let person: string
beforeAll(async () => {
  server = await startTestServer()
  reader = await startTestServer({ beside: server, noAuth: true })
  administration = await server.token('mia')
  await send(diagnosed(admission({ stay: true })))
  person = String((await visitOf('V1')).subject).replace('Patient/', '')
  await putAll(server, await server.token('loader'), [practitioner('doc-2'), encounter('visit-h2', person, 'H2', 'Practitioner/doc-2')])
}, 90_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
})

/** With a diagnosis of the hospital's own. */
const diagnosed = ([source, body]: Message, code = 'K29.500'): Message => [source, `${body}\rDG1|1||${code}^慢性胃炎^I10|||A`]

async function send([source, body]: Message): Promise<void> {
  const isHospital = source === 'his'
  const token = await server.token(isHospital ? 'h1-engine' : 'mia')
  const sent = await server.call('POST', `/ingest/${isHospital ? 'h1-his' : source}`, {
    token,
    body: new Uint8Array(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))),
    headers: { 'Content-Type': isHospital ? 'application/hl7-v2' : 'application/json' },
  })
  expect(sent.status).toBe(200)
  await relabelled(server)
}

const listed = (json: { entry?: { resource: Found }[] }): Found[] => (json.entry ?? []).map(({ resource }) => resource)
const search = async (path: string, token?: string): Promise<Found[]> =>
  listed((await (token === undefined ? reader : server).call('GET', `/fhir/${path}`, token === undefined ? {} : { token })).json)

async function visitOf(number: string): Promise<{ id: string; subject: string }> {
  const [found] = (await search(`Encounter?identifier=${number}`)).filter(({ status }) => status !== 'entered-in-error')
  return { id: String(found?.id), subject: String((found?.subject as { reference?: string } | undefined)?.reference) }
}

const seenOf = async (id: string, token = administration): Promise<string[]> =>
  (await search(`Condition?encounter=Encounter/${id}`, token)).map((one) => JSON.stringify(one.code)).sort()

async function expectAbsent(type: string, id: string, token = administration): Promise<void> {
  const [hidden, absent] = [
    await server.call('GET', `/fhir/${type}/${id}`, { token }),
    await server.call('GET', `/fhir/${type}/${ABSENT}`, { token }),
  ]
  expect(comparable(hidden, id)).toBe(comparable(absent, ABSENT))
}

test('the administration sees what the hospital has of a visit while it is insured, and not before or after', async () => {
  const { id } = await visitOf('V1')
  await expectAbsent('Encounter', id)
  expect(await seenOf(id)).toEqual([])
  await send(stay())
  expect((await visitOf('M1')).id).toBe(id)
  expect((await server.call('GET', `/fhir/Encounter/${id}`, { token: administration })).status).toBe(200)
  expect(await seenOf(id)).toEqual([expect.stringContaining('慢性胃炎')])
  await send(undone(stay()))
  expect((await visitOf('V1')).id).toBe(id)
  await expectAbsent('Encounter', id)
  expect(await seenOf(id)).toEqual([])
  for (const { id: condition } of await search(`Condition?encounter=Encounter/${id}`)) await expectAbsent('Condition', condition)
})

test('a visit that the patient pays for himself stays his and the hospital s', async () => {
  const of = (message: Message): Message => renumbered(message, '2')
  await send(of(diagnosed(admission({ id: 'ADT2' }))))
  await send(of(selfPaidVisit()))
  const { id } = await visitOf('V2')
  await send(of(labReport()))
  await send(of(outpatientVisit()))
  await send(of(registration()))
  await send(of(charges()))
  expect((await visitOf('M2')).id).not.toBe(id)
  expect(await seenOf(id)).toEqual([])
  const conditions = await search(`Condition?encounter=Encounter/${id}`)
  expect(conditions.length).toBeGreaterThan(0)
  for (const { id: condition } of conditions) await expectAbsent('Condition', condition)
})

test('what the insurance says of it that is sensitive hides the visit as if the hospital had said it', async () => {
  const doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
  const of = (message: Message): Message => renumbered(message, '3')
  await send(of(admission({ id: 'ADT3' })))
  const { id } = await visitOf('V3')
  expect((await server.call('GET', `/fhir/Encounter/${id}`, { token: doctor })).status).toBe(200)
  const [source, body] = of(outpatientVisit())
  await send([source, String(body).replace('I10.x00', 'B20.100').replace('高血压病', '人类免疫缺陷病毒病')])
  await send(of(registration()))
  expect((await visitOf('M3')).id).toBe(id)
  await expectAbsent('Encounter', id, doctor)
  // Nor is there a trace of the number under which it was known.
  expect(await search('Encounter?identifier=M3', doctor)).toEqual([])
  const formers = (await search('Encounter?_count=100')).filter((one) => JSON.stringify(one.partOf ?? '').includes(id))
  expect(formers).toHaveLength(1)
  for (const former of formers) await expectAbsent('Encounter', former.id, doctor)
})

/** The same of another visit. */
function renumbered([source, body]: Message, n: string): Message {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return [
    source,
    text
      .replace(/(?<!P)V1\b/g, `V${n}`)
      .replace(/\bM1\b/g, `M${n}`)
      .replace(/"msgid":"/g, `"msgid":"N${n}`),
  ]
}
