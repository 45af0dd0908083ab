/** What is hidden while labels are written anew, and has them by the next look at it: it waits, and is not lost. */
import { expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import type { Acc, Decision } from '../../server/access/decision.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { Access } from '../../server/access/types.ts'
import { gate } from '../../server/subscriptions/gate.ts'
import { specOf } from '../../server/subscriptions/spec.ts'
import { eventsOf, subscriptionsOf } from '../../server/subscriptions/tables.ts'
import type { EventRow, SubscriptionRow } from '../../server/subscriptions/types.ts'
import type { Store } from '../../server/store/types.ts'
import { observation } from '../consent/resources.ts'
import { active, plain, put, setting } from './setting.ts'

const held = setting()

test('labels that are written between two looks at an event do not drop it', async () => {
  const subscription = plain(held, 'Observation?code=urn:test|settling', '/hook/settling') as FhirResource
  const id = await active(held, subscription)
  await put(held, observation('settling-1', 'open', 'settling'))
  await held.receiver.until((got) => got.some(({ path }) => path.includes('settling-1')))
  const { fhir } = held.server.running
  const row = (await subscriptionsOf(fhir.store).get(id)) as SubscriptionRow
  const [event] = await eventsOf(fhir.store).find({ sub: id })
  const spec = specOf(subscription)

  const client = new MongoClient(held.server.database.uri)
  const stored = client.db(held.server.database.database).collection<{ _id: string; acc: Acc }>('Observation')
  const stamped = await stored.findOne({ _id: 'settling-1' })
  const NOW = stamped?.acc.e[0] ?? ''
  // As it is behind a consent that has just changed: stamped with the epoch before.
  await stored.updateOne({ _id: 'settling-1' }, { $set: { 'acc.e': ['before'] } })
  const during = (real: Decision): Decision =>
    ({
      ...real,
      permits: (type: string, acc: Acc) => acc.e.includes(NOW) && real.permits(type, acc),
      settling: (acc: Acc) => !acc.e.includes(NOW),
    }) as Decision
  const withDecision: Access['withDecision'] = (actor, asked, run) =>
    fhir.access.withDecision(actor, asked, (decision) => run(during(decision)))
  let looks = 0
  const readMany: Store['readMany'] = async (...asked) => {
    const found = await fhir.store.readMany(...asked)
    // The labels are there behind the first look.
    if (++looks === 1) await stored.updateOne({ _id: 'settling-1' }, { $set: { 'acc.e': [NOW] } })
    return found
  }
  const looking = { ...fhir, store: { ...fhir.store, readMany }, access: { ...fhir.access, withDecision } }
  const pending = { ...(event as EventRow), state: 'pending' as const }
  const first = await gate(looking, row.actor, spec, [pending])
  expect([first.passed.length, first.held.map(({ _id }) => _id)]).toEqual([0, [pending._id]])
  const second = await gate(looking, row.actor, spec, [pending])
  expect(second.passed.map(({ row: passed }) => passed._id)).toEqual([pending._id])
  await client.close()
})
