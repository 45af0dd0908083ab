/** A message that others hold up: its sender is answered in time, and it is stored for all that. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { InTime } from '../../server/ingest/in-time.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { actorOf, observation, rig, type Rig, sourceOf } from './support.ts'

const validator = createValidator()
/** What is validated waits for it. */
let held = Promise.withResolvers<void>()

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1')], {
    validate: async (resource, decimals) => {
      await held.promise
      return validator.validate(resource, { mode: 'update', decimals }).map((issue) => ({ ...issue, base: issue.kind === 'structure' }))
    },
  })
  await one.ingest.start()
})
afterAll(() => one.close())

const message = (no: string): Buffer =>
  Buffer.from(
    JSON.stringify([
      {
        deliveryId: no,
        patient: { local: [{ kind: 'PI', value: '1', strong: true }] },
        resources: [observation('H1', no, { valueString: 'x' })],
      },
    ]),
  )

const receive = (no: string, answerMsMax: number) =>
  one.ingest.receive(
    'his',
    actorOf('his-client'),
    (async function* () {
      yield message(no)
    })(),
    { contentType: '', fileName: '', answerMsMax },
  )

async function finished(id: string): Promise<PayloadDoc> {
  for (;;) {
    const doc = await one.ingest.tables.payloads.get(id)
    if (doc?.finishedAt) return doc
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('it is accepted, stands in the inbox, and is stored once nothing holds it up', async () => {
  held = Promise.withResolvers()
  const { payload, finished: isFinished, isKept } = await receive('held', 50)
  expect([isFinished, isKept, payload.status]).toEqual([false, true, 'received'])
  expect(await one.ingest.tables.payloads.get(payload._id)).toMatchObject({ hash: payload.hash, finishedAt: null })
  // The same bytes again are no second one.
  expect(await receive('held', 50)).toMatchObject({ finished: false, payload: { _id: payload._id } })
  held.resolve()
  expect(await finished(payload._id)).toMatchObject({ status: 'stored', counts: { total: 1 }, attempts: 0 })
  expect((await one.all('Observation')).map(({ code }) => (code as { text: string }).text)).toEqual(['held'])
})

test('what nothing holds up is answered when it is done', async () => {
  held.resolve()
  const { payload, finished: isFinished } = await receive('free', 20_000)
  expect([isFinished, payload.status]).toEqual([true, 'stored'])
})

test('who stops waits for what goes on behind its answer, and is told of what failed there', async () => {
  const inTime = new InTime()
  const work = Promise.withResolvers<object>()
  const failures: unknown[] = []
  expect(await inTime.wait(work.promise, 1, (error) => failures.push(error))).toBeUndefined()
  let isSettled = false
  const settled = inTime.settle().then(() => {
    isSettled = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isSettled).toBe(false)
  work.reject(new Error('late'))
  await settled
  expect(failures).toEqual([new Error('late')])
  await expect(inTime.wait(Promise.reject(new Error('early')), 1000, () => undefined)).rejects.toThrow('early')
})
