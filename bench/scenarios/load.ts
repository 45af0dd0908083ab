/** Load by transactions, against a bare insertMany of the very same documents with the same indexes. */
import { setTimeout } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type BenchRow, row } from '../measure.ts'
import { ALL, consents, observations, patients, type Span } from '../data.ts'

const BUNDLE = 250
const WRITERS = 4
const INSERT_BATCH = 1000
const OVERLAY_POLL_MS = 2_000
const OVERLAY_WAIT_MS_MAX = 600_000

export async function loadAll(url: string, uri: string, database: string, span: Span = ALL): Promise<BenchRow[]> {
  await loadEntries(url, patients(span))
  const consentRate = await loadEntries(url, consents(span))
  const rate = await loadEntries(url, observations(span))
  await overlayEmpty(uri, database)
  const bare = await insertMany(uri, database)
  const baseline = { name: 'bare insertMany, same documents and indexes', value: bare }
  return [
    row(baseline.name, bare, 'resources/s'),
    row('transaction load', rate, 'resources/s', baseline),
    row(`consents of ${span.to - span.from} patients`, consentRate, 'consents/s'),
  ]
}

/** The consents were written just now: a server in daily use has a handful of patients in its overlay, not all of them. */
async function overlayEmpty(uri: string, database: string): Promise<void> {
  const client = await new MongoClient(uri).connect()
  const tables = ['overlay', 'relabel_grants'].map((name) => client.db(database).collection<{ _id: string }>(name))
  // Persons' ids sort before the mark of the newest policy class.
  const left = async () => (await Promise.all(tables.map((table) => table.countDocuments({ _id: { $lt: '~' } })))).some((n) => n > 0)
  for (let waited = 0; await left(); waited += OVERLAY_POLL_MS) {
    if (waited > OVERLAY_WAIT_MS_MAX) throw new Error('the overlay does not get empty')
    await setTimeout(OVERLAY_POLL_MS)
  }
  await client.close()
}

/** @returns resources per second */
async function loadEntries(url: string, entries: Iterable<unknown>): Promise<number> {
  const source = batches(entries, BUNDLE)
  const started = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (let next = source.next(); !next.done; next = source.next()) {
        await send(url, next.value)
        count += next.value.length
      }
    }),
  )
  return (count * 1000) / (performance.now() - started)
}

async function send(url: string, entry: unknown[]): Promise<void> {
  const answer = await fetch(`${url}/fhir`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/fhir+json', Prefer: 'return=minimal' },
    body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`load: ${answer.status} ${text.slice(0, 500)}`)
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function insertMany(uri: string, database: string): Promise<number> {
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority', journal: true } }).connect()
  const db = client.db(database)
  const [from, to] = [db.collection('Observation'), db.collection('bench_bare')]
  const indexes = (await from.indexes()).filter(({ name }) => name !== '_id_')
  if (indexes.length > 0)
    await to.createIndexes(
      indexes.map(({ key, name, ...rest }) => ({
        key,
        name: name as string,
        ...(rest.wildcardProjection ? { wildcardProjection: rest.wildcardProjection } : {}),
      })),
    )
  const docs = await from.find().limit(40_000).toArray()
  const started = performance.now()
  for (const batch of batches(docs, INSERT_BATCH)) await to.insertMany(batch, { ordered: false })
  const rate = (docs.length * 1000) / (performance.now() - started)
  await to.drop()
  await client.close()
  return rate
}
