/** What a server made of a city, read from its database as it streams: who is one with whom, and how often each thing stands there. */
import { type Binary, type Db, MongoClient } from 'mongodb'
import { readName } from '../../mappings/engine/values/name.ts'
import { slipsOf } from './citizens.ts'
import type { City } from './city.ts'
import { type Events, FoundEvents, type Resource } from './events.ts'
import { type Linking, linking, mixed, type Placed, splitOff } from './linking-truth.ts'

export interface Results extends Linking, Events {
  records: number
  /** records whose person is not known from their numbers */
  unknown: number
  /** records of which nothing but their number was said so far: nobody could link them, and they do not count */
  byNumberAlone: number
  /** records that stand apart from most of their person's, by what was wrong with them */
  splitOff: Record<string, number>
  /** under one person: who they are, of the first few */
  mixed: number[][]
  /** pairs that a clerk is asked about */
  tasks: number
  conflicts: number
  /** comparisons and moves that are left to workers */
  jobs: number
  /** records that wait for their patient */
  waiting: number
  /** parts in quarantine, and those of them without a reason */
  quarantine: number
  silent: number
}

type Row = { _id: string; body: Binary }

const MIXED_MAX = 10

/** @param until how many payloads of the city were sent */
export async function resultsOf(uri: string, database: string, city: City, until = city.length): Promise<Results> {
  const client = new MongoClient(uri)
  try {
    const db = client.db(database)
    const persons = await personsIn(db)
    const { placed, unknown, byNumberAlone } = await placedOf(db, city, persons)
    const events = await eventsOf(db, city, until, persons)
    return {
      records: placed.length,
      unknown,
      byNumberAlone,
      ...linking(placed),
      splitOff: splitOff(placed),
      mixed: mixed(placed, MIXED_MAX),
      tasks: await db.collection('link_tasks').countDocuments({ state: 'open' }),
      conflicts: await db.collection('link_conflicts').countDocuments({ state: 'open' }),
      ...events,
      jobs: await db.collection('jobs').countDocuments(),
      waiting: await db.collection('waiting_records').countDocuments(),
      quarantine: await db.collection('quarantine').countDocuments({ state: 'open' }),
      silent: await db.collection('quarantine').countDocuments({ reasons: { $in: ['[]', ''] } }),
    }
  } finally {
    await client.close()
  }
}

/** Waits until workers have done what was left to them. @returns seconds that it took, or undefined: there is still something after `msMax` */
export async function settled(uri: string, database: string, msMax: number): Promise<number | undefined> {
  const client = new MongoClient(uri)
  const started = Date.now()
  try {
    for (;;) {
      if ((await client.db(database).collection('jobs').countDocuments()) === 0) return (Date.now() - started) / 1000
      if (Date.now() - started > msMax) return undefined
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS))
    }
  } finally {
    await client.close()
  }
}

const SETTLE_POLL_MS = 1_000

async function* bodiesOf(db: Db, type: string): AsyncGenerator<[string, Resource]> {
  for await (const { _id, body } of db.collection<Row>(type).find({}, { projection: { body: 1 } }))
    if (body) yield [_id, JSON.parse(Buffer.from(body.buffer).toString('utf8')) as Resource]
}

async function personsIn(db: Db): Promise<Map<string, string>> {
  const persons = new Map<string, string>()
  for await (const { _id, person } of db.collection<{ _id: string; person: string }>('persons').find()) persons.set(_id, person)
  return persons
}

/** Each record of a source with the person under whom it stands and the one who it is. */
async function placedOf(
  db: Db,
  city: City,
  persons: ReadonlyMap<string, string>,
): Promise<{ placed: Placed[]; unknown: number; byNumberAlone: number }> {
  const ids = async (table: string): Promise<Set<string>> => {
    const found = new Set<string>()
    for await (const { _id } of db.collection<{ _id: string }>(table).find({ absorbedBy: null }, { projection: { _id: 1 } })) found.add(_id)
    return found
  }
  const records = await ids('patient_records')
  const placed: Placed[] = []
  let [unknown, byNumberAlone] = [0, 0]
  for await (const [id, { identifier = [], name, birthDate }] of bodiesOf(db, 'Patient')) {
    if (!records.has(id)) continue
    const number = identifier.map(({ value = '' }) => value).find((value) => city.personOf(value) !== undefined)
    const truth = number === undefined ? undefined : city.personOf(number)
    const citizen = truth === undefined ? undefined : city.citizens[truth]
    if (number === undefined || truth === undefined || !citizen) unknown++
    else if (name === undefined && birthDate === undefined) byNumberAlone++
    else placed.push({ person: persons.get(id) ?? id, truth, slips: isStandIn(name) ? ['newborn'] : slipsOf(citizen, number) })
  }
  return { placed, unknown, byNumberAlone }
}

/** Where nobody came with the child's own name since it was born. */
const isStandIn = (names: Resource['name'] = []): boolean => names.some(({ text = '' }) => readName(text).newbornOf !== undefined)

async function eventsOf(db: Db, city: City, until: number, persons: ReadonlyMap<string, string>): Promise<Events> {
  const found = new FoundEvents(city.size.visits)
  for await (const [, resource] of bodiesOf(db, 'Encounter')) found.encounter(resource, (patient) => persons.get(patient) ?? patient)
  for await (const [, resource] of bodiesOf(db, 'DiagnosticReport')) found.report(resource)
  return found.events(city.told(until))
}
