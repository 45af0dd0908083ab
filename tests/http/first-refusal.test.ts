/** Before anybody refused that his data be collected, no write looks whose it is; the first refusal meets all that is under way (access.md, refusing collection). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { verifyAudit } from '../../server/audit/verify.ts'
import { give, recipient, relabelled, type Words } from '../consent/resources.ts'
import { watchCommands } from '../support/commands.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_BY_H1: Words = { series: 'h1', policy: 'OPTOUT', provision: { action: COLLECT, actor: recipient('H1') } }
const WRITERS = 6

const watch = watchCommands()
let server: TestServer
/** another process on the same database */
let beside: TestServer
let refusing: string
let others: string
beforeAll(async () => {
  server = await startTestServer()
  beside = await startTestServer({ beside: server })
  refusing = await registered()
  others = await registered()
}, 60_000)
afterAll(async () => {
  watch.stop()
  await beside.stop()
  await server.stop()
})

const observation = (patient: string, text: string): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text },
  subject: { reference: `Patient/${patient}` },
})
const create = async (patient: string, text: string, at: TestServer = server): Promise<Answer> =>
  at.call('POST', '/fhir/Observation', { token: await tokenOf(at), body: observation(patient, text) })

/** Each server takes its own tokens. */
const tokens = new Map<TestServer, Promise<string>>()
function tokenOf(at: TestServer): Promise<string> {
  const known = tokens.get(at) ?? at.token('h1-engine')
  tokens.set(at, known)
  return known
}

async function registered(): Promise<string> {
  const made = await server.call('POST', '/fhir/Patient', {
    token: await tokenOf(server),
    body: { resourceType: 'Patient', name: [{ text: '无号' }] },
  })
  expect(made.status).toBe(201)
  return made.json.id
}

async function stored(starting: string): Promise<string[]> {
  const found: string[] = []
  for await (const batch of server.running.store.stream(SYSTEM, 'Observation', { kind: 'everything' }))
    for (const { body } of batch) found.push(JSON.parse(Buffer.from(body).toString()).code.text)
  return found.filter((text) => text.startsWith(starting)).sort()
}

test('while nobody refuses a write looks up no row of those whom it is about', async () => {
  expect((await create(others, 'warm')).status).toBe(201)
  // Whether labels still hold is looked at behind the answer.
  await relabelled(server)
  const commands = await watch.during(async () => {
    await create(others, 'looked at')
    await relabelled(server)
  })
  const of = (table: string): string[] =>
    commands.filter(({ collection, others: beside }) => collection === table || beside?.includes(table)).map(({ name }) => name)
  // What it leans on is its entry in the account of uses.
  expect(of('collection_refusals')).toEqual([])
  // For the labels, and after the commit whether they still hold.
  expect([of('persons'), of('access_state')]).toEqual([
    ['aggregate', 'aggregate'],
    ['aggregate', 'aggregate'],
  ])
})

test('the first refusal meets what was decided before it, of the same process and of another, and lets no write of others fail', async () => {
  const writers = [server, beside].flatMap((at) => Array.from({ length: WRITERS }, () => at))
  let acknowledged = Number.POSITIVE_INFINITY
  let isOver = false
  const loops = writers.map(async (at, writer) => {
    const about = writer % 3 === 0 ? others : refusing
    const sent: { text: string; begun: number; status: number }[] = []
    for (let n = 0; !isOver; n++) {
      const [begun, text] = [performance.now(), `${about === others ? 'other' : 'race'} ${writer} ${n}`]
      sent.push({ text, begun, status: (await create(about, text, at)).status })
    }
    return sent
  })
  const { writer } = server.running.fhir
  const write = writer.write
  // Decided upon while nobody refuses; it is committed when somebody does.
  let held: Promise<Answer> | undefined
  await new Promise<void>((resolve) => {
    writer.write = async (drafts, extra) => {
      const isHeld = drafts.some(({ parsed }) => (parsed?.resource.code as { text?: string } | undefined)?.text === 'held')
      if (isHeld) {
        writer.write = write
        expect(extra?.side).toEqual([{ table: 'collection_refusals', op: 'lean', row: '~nobody' }])
        await give(server, refusing, NOT_BY_H1)
        acknowledged = performance.now()
        resolve()
      }
      return write(drafts, extra)
    }
    held = create(refusing, 'held')
  })
  expect((await held)?.status).toBe(403)
  await relabelled(server)
  isOver = true
  const sent = (await Promise.all(loops)).flat()
  for (const { text, begun, status } of sent) {
    if (text.startsWith('other')) expect([text, status]).toEqual([text, 201])
    else if (begun > acknowledged) expect([text, status]).toEqual([text, 403])
  }
  const acceptedOf = (starting: string) =>
    sent.filter(({ text, status }) => text.startsWith(starting) && status === 201).map(({ text }) => text)
  // What was answered is what is there, and nothing that was held back.
  expect(await stored('race')).toEqual(acceptedOf('race').sort())
  expect(await stored('other')).toEqual(acceptedOf('other').sort())
  expect(await stored('held')).toEqual([])
  expect(acceptedOf('race').length).toBeGreaterThan(0)
})

test('the account of uses tells of it for each chain, without naming anybody, and to nobody of a hospital; the chains are whole', async () => {
  const told: unknown[] = []
  for await (const batch of server.running.store.stream(SYSTEM, 'AuditEvent', { kind: 'everything' }))
    for (const { body } of batch) {
      const event = JSON.parse(Buffer.from(body).toString())
      if (event.outcomeDesc !== 'first-refusal') continue
      expect([event.action, event.subtype[1]?.code, event.entity, event.agent.length]).toEqual(['E', 'first-refusal', undefined, 1])
      expect(JSON.stringify(event)).not.toContain(refusing)
      told.push(event.id)
    }
  expect(told.length).toBeGreaterThanOrEqual(2)
  for (const [client, parameters] of [
    ['auditor', {}],
    ['h1-engine', {}],
    ['patient-app', { patient: refusing }],
  ] as const) {
    const token = await server.token(client, parameters)
    expect((await server.call('GET', '/fhir/AuditEvent?subtype=first-refusal', { token })).json.total ?? 0).toBe(0)
  }
  expect(await verifyAudit(server.running.store)).toMatchObject({ ok: true, problems: [] })
})

test('from then on each person is asked about, by both processes, and by one that starts', async () => {
  for (const at of [server, beside]) {
    expect(at.running.fhir.access.nobodyRefuses()).toBeUndefined()
    expect([(await create(refusing, 'after', at)).status, (await create(others, 'after', at)).status]).toEqual([403, 201])
  }
  const started = await startTestServer({ beside: server })
  try {
    expect(started.running.fhir.access.nobodyRefuses()).toBeUndefined()
    expect((await create(refusing, 'after', started)).status).toBe(403)
  } finally {
    await started.stop()
  }
})

test('a store that has refusals from before there was such a row is asked about each person', async () => {
  const table = server.running.store.table(SYSTEM, 'collection_refusals')
  await table.delete({ ended: { $exists: true } })
  const { v, closed } = (await table.get('~anybody')) as { v?: number; closed?: boolean }
  expect(closed).toBe(true)
  await table.put({ _id: '~anybody', ...(v === undefined ? {} : { v }) })
  const started = await startTestServer({ beside: server })
  try {
    expect([v, started.running.fhir.access.nobodyRefuses()]).toEqual([1, undefined])
    expect((await create(refusing, 'later', started)).status).toBe(403)
    expect(await table.count({ ended: true })).toBeGreaterThan(1)
  } finally {
    await started.stop()
  }
})
