/** Thousands of rows that wait for several persons: none is passed over when their numbers become known, however often that breaks off. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const PERSONS = 4
const ROWS = 2_000
/** of each person more than are looked at in one go */
const MANY = PERSONS * (INGEST_BOUNDS.wakeBatch + 50)
const AT = '2026-03-06T08:00:00Z'
const secret = randomBytes(32)

let database: TestDatabase
let rigs: Rig[]
beforeEach(async () => {
  database = await testDatabase()
  rigs = []
})
afterEach(async () => {
  for (const each of rigs) await each.close()
  await database.drop()
})

const table = { ...recordsMapping, id: 'test/table', mode: 'table' as const }
const SOURCES = [sourceOf('rows', 'rhip', 'HA', 'test/table'), sourceOf('gone', 'rhip', 'HA', 'test/table'), sourceOf('rp', 'rhip', 'HA')]
async function server(sources = SOURCES, options: Parameters<typeof rig>[1] = {}): Promise<Rig> {
  const mapping = (id: string) => [table, recordsMapping].find((one) => one.id === id)
  const made = await rig(sources, { mapping, secret, ...options }, database)
  rigs.push(made)
  return made
}

const visit = (person: number) => ({ kind: 'VISIT', value: `V${person}`, strong: false })
const row = (no: number, prefix = 'R') => ({
  deliveryId: `${prefix}${no}`,
  patient: { local: [visit(no % PERSONS)] },
  resources: [observation('H1', `${prefix}${no}`, { valueString: String(no) }, { statedAt: AT })],
})
const admission = (person: number) => ({
  deliveryId: `A${person}`,
  patient: { local: [{ kind: 'CARD', value: `C${person}`, strong: true }, visit(person)] },
  resources: [
    {
      key: 'patient',
      resource: { resourceType: 'Patient', identifier: [{ system: 'c', value: `C${person}` }] },
      state: 'current',
      statedAt: AT,
    },
  ],
})
const rows = (count: number, prefix?: string) => Array.from({ length: count }, (_, at) => row(at, prefix))

/** Everything is there once, and each of its own person. */
async function complete(one: Rig, prefix: string, count: number): Promise<void> {
  const patients = await one.all('Patient')
  const cards = new Map(patients.map(({ id, identifier }) => [`Patient/${id}`, (identifier as { value: string }[])[0]?.value]))
  const found = (await one.all('Observation')) as unknown as {
    code: { text: string }
    subject: { reference: string }
    meta: { versionId: string }
  }[]
  const own = found.filter(({ code }) => code.text.startsWith(prefix))
  const told = own.map(({ code, subject, meta }) => `${code.text} ${cards.get(subject.reference)} ${meta.versionId}`).sort()
  expect(told).toEqual(Array.from({ length: count }, (_, at) => `${prefix}${at} C${at % PERSONS} 1`).sort())
}

test('a process dies again and again in the middle of it', async () => {
  const first = await server()
  await first.ingest.start()
  await first.send('rows', rows(ROWS))
  expect(await first.ingest.tables.waiting.count({})).toBe(ROWS)
  await first.ingest.stop()
  // Of each server the database is away from some write on.
  let left: number
  for (let died = 0; ; died++) {
    left = 2 + died
    const { writer } = (await server()).ingest.deps
    const write: typeof writer.write = (...said) => (left-- > 0 ? writer.write(...said) : Promise.reject(new OutcomeError('unavailable')))
    const one = await server(SOURCES, { writer: { ...writer, write } })
    for (let person = 0; person < PERSONS; person++)
      await one.send('rp', [admission(person)]).catch((error: unknown) => {
        if (!(error instanceof OutcomeError)) throw error
      })
    if (left > 0) break
  }
  const last = await server()
  await last.ingest.start()
  for (let round = 0; round < 3; round++) await last.ingest.work()
  expect(await last.ingest.tables.waiting.count({})).toBe(0)
  await complete(last, 'R', ROWS)
}, 300_000)

test('behind rows of a source that is registered no more', async () => {
  const before = await server()
  await before.ingest.start()
  await before.send('gone', rows(MANY, 'G'))
  const one = await server(SOURCES.filter(({ id }) => id !== 'gone'))
  await one.send('rows', rows(ROWS))
  for (let person = 0; person < PERSONS; person++) await one.send('rp', [admission(person)])
  await complete(one, 'R', ROWS)
  expect(await one.ingest.tables.waiting.count({})).toBe(MANY)
  // Registered again, it finds its own.
  await (await server()).ingest.work()
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
  await complete(one, 'G', MANY)
}, 300_000)
