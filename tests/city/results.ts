/** What a server made of a city, read from its database: who is one with whom, and how often each thing stands there. */
import { MongoClient, type Binary } from 'mongodb'
import type { City } from './city.ts'

export interface Results {
  records: number
  /** records whose person is not known from their numbers */
  unknown: number
  precision: number
  recall: number
  truePairs: number
  foundPairs: number
  wrongPairs: number
  tasks: number
  events: number
  duplicates: number
  lost: number
  /** things that should not be there at all */
  strange: number
}

type Row = { _id: string; body: Binary }
interface Resource {
  identifier?: { system?: string; value?: string }[]
}

export async function resultsOf(uri: string, database: string, city: City): Promise<Results> {
  const client = new MongoClient(uri)
  try {
    const db = client.db(database)
    const bodies = async function* (type: string): AsyncGenerator<[string, Resource]> {
      for await (const { _id, body } of db.collection<Row>(type).find({}, { projection: { body: 1 } }))
        if (body) yield [_id, JSON.parse(Buffer.from(body.buffer).toString('utf8')) as Resource]
    }
    const records = new Set(
      (
        await db
          .collection<{ _id: string }>('patient_records')
          .find({ absorbedBy: null }, { projection: { _id: 1 } })
          .toArray()
      ).map(({ _id }) => _id),
    )
    const persons = new Map(
      (await db.collection<{ _id: string; person: string }>('persons').find({}).toArray()).map(({ _id, person }) => [_id, person]),
    )
    const placed: { person: string; truth: number }[] = []
    let unknown = 0
    for await (const [id, patient] of bodies('Patient')) {
      if (!records.has(id)) continue
      const truth = (patient.identifier ?? []).flatMap(({ value }) => city.truth.get(value ?? '') ?? [])[0]
      if (truth === undefined) unknown++
      else placed.push({ person: persons.get(id) ?? id, truth })
    }
    const found = { visits: new Map<string, number>(), insured: new Map<string, number>(), reports: new Map<string, number>() }
    const seen = (counts: Map<string, number>, wanted: ReadonlySet<string>, { identifier = [] }: Resource): boolean => {
      const numbers = new Set(identifier.flatMap(({ value }) => (value !== undefined && wanted.has(value) ? [value] : [])))
      for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
      return numbers.size > 0
    }
    let strange = 0
    for await (const [, resource] of bodies('Encounter')) {
      const known = [seen(found.visits, city.events.visits, resource), seen(found.insured, city.events.insured, resource)]
      // Stays in which newborns were registered end in B and are nobody's here.
      if (!known.includes(true) && !(resource.identifier ?? []).some(({ value }) => value?.endsWith('B'))) strange++
    }
    for await (const [, resource] of bodies('DiagnosticReport')) if (!seen(found.reports, city.events.reports, resource)) strange++
    const counted = (['visits', 'insured', 'reports'] as const).flatMap((kind) =>
      [...city.events[kind]].map((number) => found[kind].get(number) ?? 0),
    )
    return {
      records: placed.length,
      unknown,
      ...linking(placed),
      tasks: await db.collection('link_tasks').countDocuments({ state: 'open' }),
      events: counted.length,
      duplicates: counted.reduce((sum, count) => sum + Math.max(count - 1, 0), 0),
      lost: counted.filter((count) => count === 0).length,
      strange,
    }
  } finally {
    await client.close()
  }
}

const pairs = (count: number): number => (count * (count - 1)) / 2
const sum = (all: Iterable<number>): number => [...all].reduce((so, one) => so + one, 0)

/** Of pairs of records: how many of those that stand as one person are of one, and how many of those that are stand so. */
export function linking(
  placed: readonly { person: string; truth: number }[],
): Pick<Results, 'precision' | 'recall' | 'truePairs' | 'foundPairs' | 'wrongPairs'> {
  const sizes = (key: (one: { person: string; truth: number }) => string): number[] =>
    [...Map.groupBy(placed, key).values()].map(({ length }) => pairs(length))
  const truePairs = sum(sizes(({ truth }) => String(truth)))
  const foundPairs = sum(sizes(({ person }) => person))
  const right = sum(sizes(({ person, truth }) => `${person}|${truth}`))
  return {
    precision: foundPairs === 0 ? 1 : right / foundPairs,
    recall: truePairs === 0 ? 1 : right / truePairs,
    truePairs,
    foundPairs,
    wrongPairs: foundPairs - right,
  }
}
