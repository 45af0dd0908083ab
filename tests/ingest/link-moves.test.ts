/** What follows a changed link, of a person of whom more is known than is gone through before an answer. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { movePatient } from '../../server/ingest/link/follow.ts'
import { moveJob, whileShort } from '../../server/ingest/link/move-job.ts'
import { TABLES } from '../../server/ingest/tables.ts'
import { observation, type Rig, rig, sourceOf } from './support.ts'

const WANG = '110100195803120019'
/** more than three transactions of what is folded again */
const RESULTS = 3 * INGEST_BOUNDS.refoldBatch + 20

let at: Rig
beforeAll(async () => {
  at = await rig([sourceOf('his', 'hospital', 'H1')])
  await at.ingest.start()
})
afterAll(() => at.close())

const message = (deliveryId: string, no: string, number: string | undefined, statedAt: string, results = 0): object => ({
  deliveryId,
  patient: { local: [{ kind: 'PI', value: no, strong: true }], name: '王建国', ...(number && { legal: { type: '01', number } }) },
  resources: [
    { key: 'patient', resource: { resourceType: 'Patient', name: [{ text: '王建国' }] }, state: 'current', statedAt },
    ...Array.from({ length: results }, (_, n) => observation('H1', `${no}.${n}`, {}, { statedAt })),
  ],
})

const subjects = async (): Promise<string[]> =>
  (await at.all('Observation')).map(({ subject }) => (subject as { reference: string }).reference)

/** Goes on for as many looks as it is told, then for none. */
function looks(count: number): () => boolean {
  let left = count
  return () => left-- > 0
}

test('it stops where it is told to, goes on behind what is done, and ends at the person as it is now', async () => {
  await at.send('his', [message('m1', '1', undefined, '2026-03-06T08:00:00Z', RESULTS)])
  const [record] = await at.ingest.tables.records.find({})
  const patient = record?._id ?? ''
  expect(new Set(await subjects())).toEqual(new Set([`Patient/${patient}`]))
  // The link step of a process that ended before it did what follows.
  const { deps, tables } = at.ingest
  const person = 'a-master'
  const { write, doc } = moveJob({ patient, from: patient, to: person, into: '' }, new Date())
  const jobs = deps.store.table(deps.decision, TABLES.jobs)
  const links = { table: TABLES.persons, op: 'put' as const, doc: { _id: patient, person } }
  const known = { table: TABLES.records, op: 'update' as const, where: { _id: patient }, set: { person } }
  expect(await deps.writer.write([], { side: [write, links, known] })).toMatchObject({ ok: true })

  expect(await movePatient(deps, tables, doc, () => false)).toBe(false)
  expect(new Set(await subjects())).toEqual(new Set([`Patient/${patient}`]))
  // Labels first, all types and versions of them; then two of four transactions.
  while (!(await deps.relink(patient, patient, person, () => true)));
  expect(await movePatient(deps, tables, doc, looks(2))).toBe(false)
  const between = Map.groupBy(await subjects(), (subject) => subject)
  expect([...between.keys()].sort()).toEqual([`Patient/${person}`, `Patient/${patient}`].sort())
  const { after } = (await jobs.get(doc._id)) as unknown as { after: string }
  expect(typeof after).toBe('string')

  // The row is due once its lease is over; here it is given up at once.
  await jobs.update({ _id: doc._id }, { set: { leaseUntil: new Date(0) } })
  while ((await jobs.get(doc._id)) !== undefined) await at.ingest.work()
  expect(new Set(await subjects())).toEqual(new Set([`Patient/${person}`]))
  expect((await subjects()).length).toBe(RESULTS)
  // Each was written once more and no oftener.
  const versions = await Promise.all((await at.all('Observation')).map(async ({ id }) => (await current(id ?? '')).meta?.versionId))
  expect(new Set(versions)).toEqual(new Set(['2']))
})

const current = async (id: string): Promise<FhirResource> => JSON.parse(await at.text('Observation', id)) as FhirResource

test('a job that was put anew while it was worked off stands', async () => {
  const { deps, tables } = at.ingest
  const jobs = deps.store.table(deps.decision, TABLES.jobs)
  const move = { patient: 'nobody', from: 'nobody', to: 'somebody', into: '' }
  const [first, second] = [moveJob(move, new Date(0)), moveJob(move, new Date(0))]
  expect(first.doc._id).toBe(second.doc._id)
  await deps.writer.write([], { side: [first.write] })
  await deps.writer.write([], { side: [second.write] })
  await movePatient(deps, tables, first.doc, () => true)
  await jobs.delete({ _id: first.doc._id, mark: first.doc.mark })
  expect(await jobs.get(second.doc._id)).toMatchObject({ mark: second.doc.mark })
  while ((await jobs.get(second.doc._id)) !== undefined) await at.ingest.work()
})

test('a person with few documents is followed at once however slow it is; what hides him stands in any case', async () => {
  const few = whileShort()
  expect([few(INGEST_BOUNDS.followedDocuments - 1), few(1)]).toEqual([true, true])
  await at.send('his', [message('m2', '2', undefined, '2026-03-06T08:00:00Z', 3)])
  await at.send('his', [message('m3', '2', WANG, '2026-03-06T09:00:00Z')])
  const [identity] = await at.ingest.tables.identities.find({ number: WANG })
  const mine = (await subjects()).filter((subject) => subject === `Patient/${identity?.master}`)
  expect(mine).toHaveLength(3)
  expect(await at.store.table(at.ingest.deps.decision, TABLES.jobs).count({ kind: 'move-patient' })).toBe(0)
})
