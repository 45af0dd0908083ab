/** The gate at collection for what hospitals write by the FHIR API: what a patient refuses is not stored, whichever way it comes (formats.md D49). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { consentOf, give, recipient, relabelled, withdraw, type Words } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_BY_H1: Words = { series: 'h1', policy: 'OPTOUT', provision: { action: COLLECT, actor: recipient('H1') } }
const NOT_AT_ALL: Words = { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } }
const NO_LABORATORY: Words = {
  series: 'lab',
  policy: 'OPTOUT',
  provision: { action: COLLECT, class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] },
}
/** With their check digits (GB 11643). */
const NUMBERS = ['110105197001010011', '11010519700101002X', '11010520150101005X']

let server: TestServer
let h1: string
let h2: string
beforeAll(async () => {
  server = await startTestServer()
  h1 = await server.token('h1-engine')
  h2 = await server.token('h2-engine')
}, 60_000)
afterAll(() => server.stop())

const call = (token: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call(method, `/fhir${path}`, { token, headers, ...(body === undefined ? {} : { body }) })
const codeOf = (answer: Answer): string => answer.json?.issue?.[0]?.details?.coding?.[0]?.code ?? ''
const told = (answer: Answer): [number, string] => [answer.status, codeOf(answer)]
const REFUSED: [number, string] = [403, 'write-not-collected']

const patientOf = (number: string): object => ({
  resourceType: 'Patient',
  name: [{ text: '赵一鸣' }],
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }],
})
const observation = (patient: string, text: string, extra: object = {}): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text },
  subject: { reference: `Patient/${patient}` },
  ...extra,
})
const procedure = (patient: string): object => ({
  resourceType: 'Procedure',
  status: 'completed',
  subject: { reference: `Patient/${patient}` },
})
const transaction = (...resources: object[]): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: resources.map((resource) => ({
    resource,
    request: { method: 'POST', url: (resource as { resourceType: string }).resourceType },
  })),
})

/** Registers somebody at the hospital, of whom something is stored already. */
async function registered(token: string, number?: string): Promise<{ patient: string; stored: Record<string, unknown> & { id: string } }> {
  const made = await call(
    token,
    'POST',
    '/Patient',
    number === undefined ? { resourceType: 'Patient', name: [{ text: '无号' }] } : patientOf(number),
  )
  expect(made.status).toBe(201)
  const stored = await call(token, 'POST', '/Observation', observation(made.json.id, 'before'))
  expect(stored.status).toBe(201)
  return { patient: made.json.id, stored: stored.json }
}

/** The patient refuses; what is stored of him is seen by his hospital as before. */
async function refuse(patient: string, words: Words): ReturnType<typeof give> {
  const consent = await give(server, patient, words)
  await relabelled(server)
  return consent
}

/** What is stored, but for the account of uses. */
async function held(): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const type of ['Patient', 'Observation', 'Procedure', 'Binary', 'Consent']) {
    found[type] = 0
    for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
      found[type] = (found[type] ?? 0) + batch.reduce((n, { v }) => n + v, 0)
  }
  return { ...found, claims: await server.running.store.table(SYSTEM, 'claims').count({}) }
}

describe('a refusal that names an organisation', () => {
  test('stops each way of writing, and nothing is stored but the account', async () => {
    const { patient, stored } = await registered(h1)
    await refuse(patient, NOT_BY_H1)
    const before = await held()
    const patch = [{ op: 'replace', path: '/code/text', value: 'patched' }]
    const ways: [string, Promise<Answer>][] = [
      ['create', call(h1, 'POST', '/Observation', observation(patient, 'after'))],
      ['conditional create', call(h1, 'POST', '/Observation', observation(patient, 'x'), { 'If-None-Exist': 'identifier=urn:x|none' })],
      ['conditional update', call(h1, 'PUT', '/Observation?identifier=urn:x|none', observation(patient, 'x'))],
      ['update', call(h1, 'PUT', `/Observation/${stored.id}`, { ...stored, code: { text: 'other' } })],
      ['patch', call(h1, 'PATCH', `/Observation/${stored.id}`, patch, { 'Content-Type': 'application/json-patch+json' })],
      ['transaction', call(h1, 'POST', '', transaction(procedure(patient), observation(patient, 'x')))],
      ['user', call(await server.token('h1-ward', { user: 'Practitioner/d1' }), 'POST', '/Observation', observation(patient, 'x'))],
    ]
    for (const [way, answer] of ways) {
      const refused = await answer
      expect([way, ...told(refused)]).toEqual([way, ...REFUSED])
      expect(refused.text).not.toMatch(/consent|refus|拒|同意|患者/i)
    }
    expect(await held()).toEqual(before)
    const batch = await call(h1, 'POST', '', { ...transaction(observation(patient, 'x')), type: 'batch' })
    expect([batch.status, batch.json.entry[0].response.status]).toEqual([200, '403'])
    expect(await held()).toEqual(before)
  })

  test('stops neither another organisation, nor what is stored, nor what says who may have it', async () => {
    const number = NUMBERS[0] as string
    const { patient, stored } = await registered(h1, number)
    const other = await registered(h2, number)
    const refusal = await refuse(patient, NOT_BY_H1)
    expect((await call(h2, 'POST', '/Observation', observation(other.patient, 'by H2'))).status).toBe(201)
    expect(told(await call(h1, 'POST', '/Observation', observation(patient, 'by H1')))).toEqual(REFUSED)
    // The same again, and a label more, collect nothing.
    expect((await call(h1, 'PUT', `/Observation/${stored.id}`, stored)).status).toBe(200)
    const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
    const labelled = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { security: [label] } }] }
    expect((await call(h1, 'POST', `/Observation/${stored.id}/$meta-add`, labelled)).status).toBe(200)
    const paper = consentOf(patient, { series: 'paper', policy: 'OPTOUT', extra: { verification: [{ verified: true }] } })
    expect((await call(h1, 'POST', '/Consent', paper)).status).toBe(201)
    await relabelled(server)
    expect((await call(h1, 'DELETE', `/Observation/${stored.id}`)).status).toBe(204)
    await withdraw(server, patient, refusal)
    expect((await call(h1, 'POST', '/Observation', observation(patient, 'again'))).status).toBe(201)
  })

  test('stands in the account of the person, and to others the account does not say why', async () => {
    const { patient } = await registered(h1)
    await refuse(patient, NOT_BY_H1)
    expect(told(await call(h1, 'POST', '/Observation', observation(patient, 'x')))).toEqual(REFUSED)
    const own = await call(await server.token('patient-app', { patient }), 'GET', '/AuditEvent?_count=50')
    expect(own.text).toContain('collection-refused')
    const auditor = await call(await server.token('auditor'), 'GET', '/AuditEvent?_count=500')
    expect(auditor.text).toContain('write-not-collected')
    expect(auditor.text).not.toContain('collection-refused')
  })
})

describe('a refusal of everybody', () => {
  test('holds for who would be somebody else’s relative, as far as her number is said', async () => {
    const number = NUMBERS[0] as string
    const { patient: mother } = await registered(h1, number)
    const { patient: child } = await registered(h1)
    const relative = (value: string): object => ({
      resourceType: 'RelatedPerson',
      identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value }],
      patient: { reference: `Patient/${child}` },
      // Of another name than the one under which she is registered.
      name: [{ text: '赵氏' }],
    })
    const stored = await call(h1, 'POST', '/RelatedPerson', relative(number))
    expect(stored.status).toBe(201)
    const refusal = await refuse(mother, NOT_AT_ALL)
    const before = await held()
    expect(told(await call(h1, 'POST', '/RelatedPerson', relative(number)))).toEqual(REFUSED)
    expect(told(await call(h1, 'POST', '', transaction(observation(child, 'x'), relative(number))))).toEqual(REFUSED)
    expect(await held()).toEqual(before)
    // What stands stays, another's number is no matter of hers, and neither is who has none.
    expect((await call(h1, 'PUT', `/RelatedPerson/${stored.json.id}`, stored.json)).status).toBe(200)
    expect((await call(h1, 'POST', '/RelatedPerson', relative(NUMBERS[2] as string))).status).toBe(201)
    expect((await call(h1, 'POST', '/RelatedPerson', { ...relative(number), identifier: undefined })).status).toBe(201)
    const own = await call(await server.token('patient-app', { patient: mother }), 'GET', '/AuditEvent?_count=50')
    expect(own.text).toContain('collection-refused')
    await withdraw(server, mother, refusal)
    expect((await call(h1, 'POST', '/RelatedPerson', relative(number))).status).toBe(201)
  })

  test('holds for who knows the person by the number alone: not even that is stored', async () => {
    const number = NUMBERS[1] as string
    const { patient } = await registered(h1, number)
    await refuse(patient, NOT_AT_ALL)
    const before = await held()
    expect(told(await call(h2, 'POST', '/Patient', patientOf(number)))).toEqual(REFUSED)
    const uuid = 'urn:uuid:7a1f7e0a-3f3b-4d55-9a36-0f6c3b1f0a01'
    const both = transaction(patientOf(number), observation('x', 'x', { subject: { reference: uuid } })) as { entry: object[] }
    Object.assign(both.entry[0] as object, { fullUrl: uuid })
    expect(told(await call(h2, 'POST', '', both))).toEqual(REFUSED)
    expect(await held()).toEqual(before)
    // A number is put into a record that has none.
    const unnumbered = await registered(h2)
    const named = { ...patientOf(number), id: unnumbered.patient }
    expect(told(await call(h2, 'PUT', `/Patient/${unnumbered.patient}`, named))).toEqual(REFUSED)
  })

  test('of one kind of data lets the others in, alone and beside them', async () => {
    const { patient } = await registered(h1)
    const other = await registered(h1)
    await refuse(patient, NO_LABORATORY)
    expect(told(await call(h1, 'POST', '/Observation', observation(patient, 'x')))).toEqual(REFUSED)
    expect((await call(h1, 'POST', '/Procedure', procedure(patient))).status).toBe(201)
    // In one transaction with another person's laboratory values.
    expect((await call(h1, 'POST', '', transaction(procedure(patient), observation(other.patient, 'x')))).status).toBe(200)
    const refused = await call(h1, 'POST', '', transaction(observation(other.patient, 'x'), observation(patient, 'x')))
    expect([...told(refused), refused.json.issue[0].expression]).toEqual([...REFUSED, ['Bundle.entry[1]']])
  })

  test('who refuses only that others read is written down as before', async () => {
    const { patient } = await registered(h1)
    await refuse(patient, { series: 'all', policy: 'OPTOUT' })
    expect((await call(h1, 'POST', '/Observation', observation(patient, 'x'))).status).toBe(201)
  })
})

test('a refusal between the question and the transaction is met by it', async () => {
  const { patient } = await registered(h1)
  const { access } = server.running.fhir
  const ask = access.mayCollect
  let asked = 0
  access.mayCollect = async (question) => {
    const verdict = await ask(question)
    if (asked++ === 0) await give(server, patient, NOT_BY_H1)
    return verdict
  }
  try {
    const before = (await held()).Observation
    expect(told(await call(h1, 'POST', '/Observation', observation(patient, 'raced')))).toEqual(REFUSED)
    expect([asked > 1, (await held()).Observation]).toEqual([true, before])
  } finally {
    access.mayCollect = ask
  }
})

test('many writes about one person at the same time are all stored', async () => {
  const { patient } = await registered(h1)
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, n) => call(h1, 'POST', '/Observation', observation(patient, `at once ${n}`))),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
})
