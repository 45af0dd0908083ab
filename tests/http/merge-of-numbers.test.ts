/** ADT^A40 (HL7 v2.4, 3.3.40) beside $merge: what an operator joined is not the sender's to join otherwise, as long as it stands. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { custody, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import { merged, unmerged } from '../support/merge.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  engine = await server.token('h1-engine')
})
afterAll(() => server.stop())

interface Received {
  id: string
  issues: string[]
}

const codesIn = (receipt: { details?: { coding?: { code: string }[] } }[] = []): string[] =>
  receipt.flatMap(({ details }) => details?.coding?.map(({ code }) => code) ?? [])

async function post(path: string, token: string, body?: string): Promise<Received> {
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const answer = await server.call('POST', path, { token, headers, ...(body !== undefined && { body: Buffer.from(body) }) })
  expect(answer.status).toBe(200)
  return { id: answer.json.id, issues: codesIn(answer.json.issue) }
}

const adt = (event: string, id: string, number: string, ...segments: string[]): string =>
  [
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260307101500||ADT^${event}|${id}|P|2.4||||||UTF-8`,
    `EVN|${event}|20260307101500`,
    `PID|1||${number}^^^0001^PI||赵一鸣||19700101|M`,
    ...segments,
  ].join('\r')

const send = (text: string): Promise<Received> => post('/ingest/h1-lis', engine, text)
const replay = async (id: string): Promise<string[]> => (await post(`/ingest/h1-lis/payloads/${id}/$replay`, loader)).issues

async function recordOf(number: string): Promise<string> {
  const found = await server.call('GET', `/fhir/Patient?identifier=${number}`, { token: engine })
  const [entry, ...others] = found.json.entry.filter(({ resource }: { resource: { active?: boolean } }) => resource.active !== false)
  expect(others).toEqual([])
  return entry.resource.id
}

const reading = async (id: string): Promise<{ active?: boolean; link?: { type: string; other: { reference: string } }[] }> =>
  (await server.call('GET', `/fhir/Patient/${id}`, { token: engine })).json

test.each([
  ['goes on', (target: string) => target],
  ['ends', (_: string, source: string) => source],
])(
  'a merge of numbers of which the record that %s is joined by an operator is told, and carried out by a replay once that is undone',
  async (name, whose) => {
    const [kept, ended, third] = [`K-${name.length}`, `E-${name.length}`, `third-${name.length}`]
    await send(adt('A08', `1-${name}`, kept))
    await send(adt('A08', `2-${name}`, ended))
    const [target, source] = [await recordOf(kept), await recordOf(ended)]
    const joined = whose(target, source)
    await putAll(server, loader, [patient(third, { meta: custody('H1') })])
    await putAll(server, loader, [observation(`o-${third}`, third, 'WBC')])
    await merged(server, third, joined)
    await relabelled(server)

    const { id, issues } = await send(adt('A40', `3-${name}`, kept, `MRG|${ended}^^^0001^PI`))
    expect(issues).toContain('link-numbers-disagree')
    // As long as it stands a replay changes nothing.
    expect(await replay(id)).toContain('link-numbers-disagree')
    expect((await reading(source)).active).not.toBe(false)

    await unmerged(server, third, joined)
    await relabelled(server)
    expect(await replay(id)).not.toContain('link-numbers-disagree')
    const replaced = await reading(source)
    expect([replaced.active, replaced.link]).toEqual([false, [{ other: { reference: `Patient/${target}` }, type: 'replaced-by' }]])
    expect(await recordOf(ended)).toBe(target)
    const { access } = server.running.fhir
    expect([...(await access.personsOf([source, target, third])).values()]).toEqual([target, target, third])

    const version = await reading(target)
    expect(await replay(id)).not.toContain('link-numbers-disagree')
    expect(await reading(target)).toEqual(version)
  },
  60_000,
)
