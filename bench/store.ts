/**
 * The store against what it is built on: bare driver calls on the same mongod in the same run. Prints and answers
 * `{name, value, unit, baseline, ratio}`. Run alone: `node bench/store.ts`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import { systemDecision } from '../server/access/decision.ts'
import { createAudit } from '../server/audit/audit.ts'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { createStore } from '../server/store/store.ts'
import type { Store, Write } from '../server/store/types.ts'

export interface Measured {
  name: string
  value: number
  unit: string
  baseline: string | null
  ratio: number | null
}

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3)
const D = systemDecision('bench')
const DURABLE = { writeConcern: { w: 'majority' as const, journal: true } }
const newId = () => randomBytes(13).toString('hex')

/** 1 KB body, 8 keys, one date. */
function observation(n: number): Write {
  const patient = `p${n % 5000}`
  const at = new Date(1.7e12 + n * 1000)
  const keys = [
    `subject>Patient/${patient}`,
    `subject>${patient}`,
    `patient>Patient/${patient}`,
    `patient>${patient}`,
    `code:${n % 300}`,
    `code=http://loinc.org|${n % 300}`,
    'status:final',
    `encounter>Encounter/e${n % 9000}`,
  ]
  const body = Buffer.from(`{"resourceType":"Observation","note":"${randomBytes(480).toString('hex')}"}`)
  return {
    type: 'Observation',
    id: newId(),
    expect: 'absent',
    method: 'POST',
    body: () => body,
    index: { keys, dates: { date: [{ lo: at, hi: new Date(at.getTime() + 1000) }] }, nums: {}, sd: at },
    acc: { p: [patient], s: 3, e: [`${patient}#1`], o: 'H1' },
  }
}

function bareDocument(write: Write, at = new Date()) {
  return { _id: write.id as never, v: 1, at, body: write.body?.(1, at), ...write.index, acc: write.acc, m: 'POST' }
}

/** Operations per second of `clients` loops. */
async function rate(clients: number, operation: () => Promise<unknown>): Promise<number> {
  let done = 0
  const start = performance.now()
  const end = start + SECONDS * 1000
  const loop = async () => {
    while (performance.now() < end) {
      await operation()
      done++
    }
  }
  await Promise.all(Array.from({ length: clients }, loop))
  return (done / (performance.now() - start)) * 1000
}

export async function benchStore(uri: string): Promise<Measured[]> {
  const client = new MongoClient(uri, { ...DURABLE, readConcern: { level: 'majority' } })
  const bare = client.db('bench_bare')
  await bare.dropDatabase()
  await client.db('bench_store').dropDatabase()
  const store = await createStore({ uri, database: 'bench_store', log: silentLog })
  const results: Measured[] = []
  const note = (name: string, value: number, baseline?: { name: string; value: number }) => {
    const measured: Measured = {
      name,
      value: Math.round(value),
      unit: '1/s',
      baseline: baseline?.name ?? null,
      ratio: baseline ? value / baseline.value : null,
    }
    results.push(measured)
    console.log(`${name.padEnd(58)} ${String(measured.value).padStart(8)}/s ${measured.ratio === null ? '' : measured.ratio.toFixed(2)}`)
    return { name, value }
  }
  await prepareBare(bare)
  let n = 0
  const audit = createAudit({ store, now: () => new Date(), newId, node: 'bench', queryKey: new Uint8Array(32) })
  const entry = () => {
    const patient = `p${n++ % 5000}`
    return audit.record({
      interaction: 'read',
      action: 'R',
      outcome: '0',
      reason: 'treatment',
      actor: { clientId: 'ward', party: 'hospital', organization: 'H1', role: 'clinician', purpose: 'TREAT', form: 'IDENT', scopes: [] },
      patients: [patient],
      resources: [`Observation/${newId()}`],
      acc: { p: [patient], s: 3, e: [`${patient}#1`], o: 'H1' },
    })
  }

  for (const clients of [1, 8, 32]) {
    const single = note(
      `bare: journaled insert, ${clients} clients`,
      await rate(clients, () => bare.collection('single').insertOne(bareDocument(observation(n++)))),
    )
    const transaction = note(
      `bare: transaction of resource + audit, ${clients} clients`,
      await rate(clients, () => bareTransaction(client, bare, n++)),
    )
    note(
      `store: create + audit, ${clients} clients`,
      await rate(clients, () => store.commit({ writes: [observation(n++)], audit: [entry()] })),
      transaction,
    )
    note(`store: audit entry, ${clients} clients`, await rate(clients, () => store.audit.append([entry()])), single)
  }
  for (const size of [100, 500]) {
    const docs = (count: number) => Array.from({ length: count }, () => observation(n++))
    const insert = await rate(1, () => bare.collection('loaded').insertMany(docs(size).map((write) => bareDocument(write)) as never[]))
    const baseline = note(`bare: insertMany of ${size} with keys, resources`, insert * size)
    note(
      `store: unit of ${size}, resources`,
      (await rate(1, () => store.commit({ writes: docs(size), audit: [entry()] }))) * size,
      baseline,
    )
    note(
      `store: unit of ${size}, 2 clients, resources`,
      (await rate(2, () => store.commit({ writes: docs(size), audit: [entry()] }))) * size,
      baseline,
    )
  }
  await benchReads(store, bare, note)
  await store.close()
  await client.close()
  return results
}

async function prepareBare(bare: Db): Promise<void> {
  for (const name of ['single', 'audit', 'loaded']) {
    await bare.createCollection(name)
    await bare.collection(name).createIndexes([{ key: { keys: 1, sd: -1, _id: 1 } }])
  }
}

async function bareTransaction(client: MongoClient, bare: Db, n: number): Promise<void> {
  const session = client.startSession()
  try {
    await session.withTransaction(
      async () => {
        await bare.collection('single').insertOne(bareDocument(observation(n)), { session })
        await bare.collection('audit').insertOne(bareDocument(observation(n)), { session })
      },
      { readConcern: { level: 'snapshot' }, ...DURABLE },
    )
  } finally {
    await session.endSession()
  }
}

type Note = (name: string, value: number, baseline?: { name: string; value: number }) => { name: string; value: number }

async function benchReads(store: Store, bare: Db, note: Note): Promise<void> {
  const ids = (
    await bare
      .collection('loaded')
      .find({}, { projection: { _id: 1 }, limit: 5000 })
      .toArray()
  ).map(({ _id }) => String(_id))
  const stored: string[] = []
  for await (const batch of store.stream(D, 'Observation', { kind: 'everything' })) {
    stored.push(...batch.map(({ id }) => id))
    if (stored.length >= 5000) break
  }
  const pick = (from: string[]) => from[Math.floor(Math.random() * from.length)] as string
  for (const clients of [1, 8, 32]) {
    const find = await rate(clients, () => bare.collection('loaded').findOne({ _id: pick(ids) as never }))
    note(
      `store: read by id, ${clients} clients`,
      await rate(clients, () => store.read(D, 'Observation', pick(stored))),
      note(`bare: findOne, ${clients} clients`, find),
    )
    const page = () =>
      bare
        .collection('loaded')
        .find({ keys: `code:${Math.floor(Math.random() * 300)}` }, { sort: { sd: -1 }, limit: 50 })
        .toArray()
    const search = () =>
      store.search(D, {
        type: 'Observation',
        plan: { kind: 'keys', keys: [`code:${Math.floor(Math.random() * 300)}`] },
        sort: [{ by: 'mainDate', param: '', descending: true }],
        count: 50,
        total: 'none',
      })
    note(
      `store: page of 50, ${clients} clients`,
      await rate(clients, search),
      note(`bare: page of 50, ${clients} clients`, await rate(clients, page)),
    )
  }
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  await benchStore(mongod.uri)
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
