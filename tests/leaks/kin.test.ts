/**
 * What a source says about kin opens nobody's record: a mother whom an HL7 v2 message, a CDA document or a newborn's number names, and one whom a
 * hospital writes down itself, see what a stranger sees, until her kinship is verified (docs/access.md, birth and death).
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { comparable, consentOf, idsIn, relabelled, verification } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

const SYSTEM = systemDecision('test')
/** Born on 2015-01-01. */
const CHILD = '11010520150101005X'

let server: TestServer
let hospital: string
beforeAll(async () => {
  server = await startTestServer()
  hospital = await server.token('h1-engine')
  await send('h1-his', admission('13900000009'))
  await send('h1-his', RESULT)
  await relabelled(server)
}, 60_000)
afterAll(() => server.stop())

const HEAD = 'MSH|^~\\&|HIS|0001|EAI|YILIAN|'
const PID = `PID|1||B7001^^^0001^PI~${CHILD}^^^MPS^NI||小明||20150101|M`
let sent = 0
const admission = (phone: string): string =>
  [
    `${HEAD}20260306081${(++sent).toString().padStart(3, '0')}||ADT^A01|K${sent}|P|2.4||||||UNICODE UTF-8`,
    'EVN|A01|20260306081500',
    PID,
    `NK1|1|李芳|MTH^母亲||${phone}`,
    'PV1|1|I|||||||||||||||||V7001',
    '',
  ].join('\r')
const RESULT = [
  `${HEAD}20260306091500||ORU^R01|K900|P|2.4||||||UNICODE UTF-8`,
  PID,
  'PV1|1|I|||||||||||||||||V7001',
  'OBR|1||BG7001|XCG^血常规^L|||20260306063000|||||||||||||||20260306081500|||F',
  'OBX|1|NM|WBC^白细胞^L||5.0|10^9/L||||F',
  '',
].join('\r')

async function send(source: string, body: string, type = 'application/hl7-v2'): Promise<void> {
  const answer = await server.call('POST', `/ingest/${source}`, { token: hospital, body, headers: { 'Content-Type': type } })
  expect([answer.status, answer.text.includes('"severity":"error"')]).toEqual([200, false])
}

async function allOf(type: string): Promise<(FhirResource & { id: string })[]> {
  const found: (FhirResource & { id: string })[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { id, body } of batch) found.push({ ...(JSON.parse(Buffer.from(body).toString()) as FhirResource), id })
  return found
}

const named = async (name: string): Promise<FhirResource & { id: string }> => {
  const found = (await allOf('RelatedPerson')).find((one) => JSON.stringify(one.name ?? []).includes(name))
  if (!found) throw new Error(`no relative ${name}`)
  return found
}
const versionOf = ({ meta }: FhirResource): number => Number((meta as { versionId?: string } | undefined)?.versionId)

const guardian = (related: string): Promise<string> => server.token('guardian-app', { user: `RelatedPerson/${related}` })
const call = (token: string, path: string, method = 'GET', body?: unknown): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { token, ...(body === undefined ? {} : { body }) })

/** All that the relative can ask, as somebody who is no relative at all would be answered. */
async function seesNothing(related: string, patient: string): Promise<void> {
  const [own, nobody] = [await guardian(related), await guardian('not-there')]
  const [observation] = await allOf('Observation')
  const paths = [
    `Patient/${patient}`,
    `Observation/${observation?.id}`,
    'Observation',
    'Observation?_summary=count',
    `Observation?patient=${patient}`,
    `Patient/${patient}/$everything`,
    `RelatedPerson/${related}`,
    'RelatedPerson',
    'Consent',
    'AuditEvent',
  ]
  for (const path of paths) {
    const [asked, stranger] = [await call(own, path), await call(nobody, path)]
    expect([path, comparable(asked)]).toEqual([path, comparable(stranger)])
    expect([path, asked.status === 404 || idsIn(asked).length === 0]).toEqual([path, true])
  }
  const words = { series: 'kin', policy: 'OPTIN', provision: { purpose: [{ code: 'HRESCH' }] } }
  const consent = await call(own, 'Consent', 'POST', consentOf(patient, words))
  expect([consent.status, comparable(consent)]).toEqual([403, comparable(await call(nobody, 'Consent', 'POST', consentOf(patient, words)))])
}

const patientIdOf = (related: FhirResource): string => (related.patient as { reference: string }).reference.replace('Patient/', '')
const opens = async (related: string): Promise<boolean> => idsIn(await call(await guardian(related), 'Observation')).length > 0
const verify = (body: object, token = hospital): Promise<Answer> => call(token, 'VerificationResult', 'POST', { ...body, id: undefined })

describe('a mother whom NK1 names', () => {
  test('is no guardian by that', async () => {
    const mother = await named('李芳')
    expect(mother).toMatchObject({ relationship: [{ coding: expect.arrayContaining([expect.objectContaining({ code: 'MTH' })]) }] })
    await seesNothing(mother.id, patientIdOf(mother))
  })

  test('nor by the word of a hospital that does not answer for it, nor by her own', async () => {
    const mother = await named('李芳')
    await verify(verification(mother.id, versionOf(mother)), await server.token('h2-engine'))
    const own = await verify(verification(mother.id, versionOf(mother)), await guardian(mother.id))
    expect(own.status).toBe(403)
    await relabelled(server)
    await seesNothing(mother.id, patientIdOf(mother))
  })

  test('is one when the hospital has verified it, and no longer when the source says otherwise', async () => {
    const mother = await named('李芳')
    const answer = await verify(verification(mother.id, versionOf(mother)))
    expect([answer.status, codeOf(answer)]).toEqual([201, ''])
    await relabelled(server)
    expect(await opens(mother.id)).toBe(true)
    await send('h1-his', admission('13900000010'))
    const changed = await named('李芳')
    expect([changed.id, versionOf(changed)]).toEqual([mother.id, versionOf(mother) + 1])
    await seesNothing(mother.id, patientIdOf(mother))
  })
})

test('a mother who signed a document is none by that', async () => {
  const sample = readFileSync(new URL('../fixtures/samples/hospital/cda/C0026.xml', import.meta.url), 'utf8')
  const document = sample
    .replaceAll('110100195803120019', '110105201502020057')
    .replace('birthTime value="19580312"', 'birthTime value="20150202"')
    .replaceAll('BA000123', 'BA7002')
    .replace('code="12"', 'code="52"')
    .replace('displayName="妻"', 'displayName="母亲"')
    .replaceAll('李秀兰', '周美玲')
  await send('h1-cda', document, 'application/xml')
  const mother = await named('周美玲')
  expect(mother).toMatchObject({ relationship: [{ coding: expect.arrayContaining([expect.objectContaining({ code: '52' })]) }] })
  await seesNothing(mother.id, patientIdOf(mother))
  // Nothing but the verification is missing.
  expect((await verify(verification(mother.id, versionOf(mother)))).status).toBe(201)
  await relabelled(server)
  expect(idsIn(await call(await guardian(mother.id), 'Composition'))).toHaveLength(1)
})

test('nor one whom a hospital writes down itself, until it is verified; a doubt ends it at once', async () => {
  const [child] = (await allOf('Patient')).filter((one) => JSON.stringify(one).includes('B7001'))
  const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'FTH' }] }]
  const body = { resourceType: 'RelatedPerson', active: true, patient: { reference: `Patient/${child?.id}` }, relationship }
  const father = await call(hospital, 'RelatedPerson', 'POST', { ...body, name: [{ text: '王强' }] })
  expect(father.status).toBe(201)
  const id = father.json.id as string
  await relabelled(server)
  await seesNothing(id, String(child?.id))
  const proof = await verify(verification(id))
  await relabelled(server)
  expect([proof.status, await opens(id)]).toEqual([201, true])
  const doubted = { ...(proof.json as object), status: 'val-fail' }
  expect((await call(hospital, `VerificationResult/${proof.json.id}`, 'PUT', doubted)).status).toBe(200)
  await seesNothing(id, String(child?.id))
})
