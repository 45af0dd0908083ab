/** A refusal and what arrives at the same time: one of them comes first, and the transaction decides which (formats.md D49). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createIngest } from '../../server/ingest/ingest.ts'
import { rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1'), { ...sourceOf('law', 'hospital', 'H1'), statutory: true }])
}, 60_000)
afterAll(() => one.close())

const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const record = (patient: string, name: string) => ({
  deliveryId: `${patient} ${name}`,
  patient: { local: [PI(patient)], name: '李四' },
  resources: [
    { key: 'patient', state: 'current', statedAt: '2026-03-06T08:00:00Z', resource: { resourceType: 'Patient', name: [{ text: '李四' }] } },
    {
      key: { type: 'Observation', scope: 'H1', parts: [name] },
      state: 'current',
      statedAt: '2026-03-06T08:00:00Z',
      resource: { resourceType: 'Observation', status: 'final', code: { text: name }, subject: { $patient: true } },
    },
  ],
})

/** Every Patient of the store refuses, or no longer does. */
async function refuse(id: string, patient: string, status = 'active'): Promise<void> {
  const consent = {
    resourceType: 'Consent',
    identifier: [{ value: id }],
    status,
    scope: { coding: [{ code: 'patient-privacy' }] },
    category: [{ text: 'privacy' }],
    patient: { reference: `Patient/${patient}` },
    dateTime: new Date().toISOString(),
    performer: [{ reference: `Patient/${patient}` }],
    policyRule: { coding: [{ code: 'OPTOUT' }] },
    provision: { action: [{ coding: [{ code: 'collect' }] }] },
  }
  const draft = { type: 'Consent', id, method: 'PUT' as const, expect: 'any' as const, text: JSON.stringify(consent), custodian: '' }
  expect((await one.ingest.deps.writer.write([draft])).ok).toBe(true)
}

const patientIds = async (): Promise<string[]> => (await one.all('Patient')).map(({ id }) => String(id))
const observed = async (): Promise<string[]> => (await one.all('Observation')).map(({ code }) => (code as { text: string }).text).sort()
const rows = async (): Promise<number> => {
  const kept = await one.ingest.tables.payloads.find({})
  return kept.filter(({ inline }) => inline !== null).length
}

test('a refusal between the look and the transaction is met by it, alone and in a group', async () => {
  await one.send('his', [record('1', 'first')])
  const [patient] = await patientIds()
  const { deps } = one.ingest
  const ask = deps.mayCollect as NonNullable<typeof deps.mayCollect>
  for (const [n, names] of [['alone'], ['grouped', 'and another']].entries()) {
    let isRefused = false
    deps.mayCollect = async (asked) => {
      const verdict = await ask(asked)
      if (!isRefused && verdict.refusers.length === 0) {
        isRefused = true
        await refuse(`refusal-${n}`, patient as string)
      }
      return verdict
    }
    const before = await rows()
    const { payload, counts } = await one.send(
      'his',
      names.map((name) => record('1', name)),
    )
    expect([payload.status, counts.refused, counts.stored]).toEqual(['rejected', names.length, 0])
    expect(await rows()).toBe(before)
    deps.mayCollect = ask
    await refuse(`refusal-${n}`, patient as string, 'inactive')
  }
  expect(await observed()).toEqual(['first'])
  expect(one.events.filter(({ reason }) => reason === 'collection-refused').length).toBeGreaterThan(0)
})

test('after the refusal was acknowledged nothing is stored, whoever arrives at the same time', async () => {
  const [patient] = await patientIds()
  let acknowledged = Number.POSITIVE_INFINITY
  const results = await Promise.all([
    ...Array.from({ length: 30 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 3))
      const begun = performance.now()
      const { payload } = await one.send('his', [record('1', `race ${n}`)])
      return { n, begun, status: payload.status }
    }),
    (async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      await refuse('race', patient as string)
      acknowledged = performance.now()
      return undefined
    })(),
  ])
  const sent = results.filter((result) => result !== undefined)
  for (const { begun, status } of sent) if (begun > acknowledged) expect(status).toBe('rejected')
  // What the receipts say is what is there.
  const stored = sent.filter(({ status }) => status !== 'rejected').map(({ n }) => `race ${n}`)
  expect(await observed()).toEqual(['first', ...stored].sort())
  await refuse('race', patient as string, 'inactive')
})

test('a record that waited for its patient is refused when he is known, and its bytes go', async () => {
  const [patient] = await patientIds()
  const waiting = {
    deliveryId: 'waits',
    patient: { local: [{ kind: 'REPORT', value: 'BG9', strong: false }] },
    resources: record('1', 'waited').resources.slice(1),
  }
  const { payload, counts } = await one.send('his', [waiting])
  expect(counts.waiting).toBe(1)
  await refuse('late', patient as string)
  // The report's number becomes known by a source of the same hospital that is not stopped.
  await one.send('law', [
    { ...record('1', 'named'), patient: { local: [PI('1'), { kind: 'REPORT', value: 'BG9', strong: false }], name: '李四' } },
  ])
  const after = await one.ingest.tables.payloads.get(payload._id)
  expect([after?.status, after?.inline, after?.counts.refused]).toEqual(['rejected', null, 1])
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
  expect(await observed()).toEqual(expect.arrayContaining(['named']))
  expect(await observed()).not.toContain('waited')
})

test('bytes that a process left behind the end of a payload are forgotten by the next one', async () => {
  const { payload } = await one.send('his', [record('2', 'left behind')])
  await one.ingest.tables.refusedParts.insert({ _id: `${payload._id}|`, payload: payload._id, digest: '' })
  const next = createIngest(one.ingest.deps)
  await next.work()
  const after = await one.ingest.tables.payloads.get(payload._id)
  expect([after?.inline, after?.fileName, await one.ingest.tables.refusedParts.count({})]).toEqual([null, '', 0])
})

test('a payload is done when what was refused of it is gone: who takes over in between reads none of it anew', async () => {
  await one.send('his', [record('3', 'known')])
  const [patient] = (await one.all('Observation')).flatMap(({ code, subject }) =>
    (code as { text: string }).text === 'known' ? [(subject as { reference: string }).reference.slice('Patient/'.length)] : [],
  )
  const body = [record('3', 'refused'), record('4', 'stored beside it')]
  const { deps, tables } = one.ingest
  // Refused behind the look at the message, so that it is kept.
  deps.anybodyRefuses = async () => false
  await refuse('third', patient as string)
  const put = tables.payloads.update
  const seen: (string | undefined)[] = []
  tables.payloads.update = async (where, change, options) => {
    if (change.set && 'inline' in change.set) {
      const row = await tables.payloads.get(String(where._id))
      seen.push(row?.status)
      // The process ends here.
      if (seen.length === 1) throw new TypeError('killed')
    }
    return put(where, change, options)
  }
  await expect(one.send('his', body)).rejects.toThrow('killed')
  const [left] = await tables.payloads.find({ status: 'processing' })
  await put({ _id: left?._id }, { set: { leaseUntil: new Date(0) } })
  while ((await one.ingest.work()) > 0);
  Object.assign(tables.payloads, { update: put })
  Object.assign(deps, { anybodyRefuses: () => one.access.anybodyRefuses() })
  const after = await tables.payloads.get(String(left?._id))
  expect([seen, after?.status, after?.inline, after?.counts.refused]).toEqual([['processing', 'processing'], 'stored', null, 1])
  expect(await observed()).toEqual(expect.arrayContaining(['stored beside it']))
  expect(await observed()).not.toContain('refused')
})
