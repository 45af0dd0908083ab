/** Rows and messages that go into one transaction: what fails for one is its own affair. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createValidator } from '../../server/validation/validator.ts'
import { observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
/** how often the gate is still to fail */
let failing = 0
beforeAll(async () => {
  const validator = createValidator()
  one = await rig(
    [sourceOf('lis', 'rhip', 'HA', 'test/table'), sourceOf('ris', 'rhip', 'HA2', 'test/table'), sourceOf('his', 'hospital', 'H1')],
    {
      mapping: (id) => (id === 'test/table' ? { ...recordsMapping, id, kind: 'rhip', mode: 'table' } : recordsMapping),
      mayCollect: async () => {
        if (failing > 0 && failing-- > 0) throw new TypeError('a bug at the gate')
        return { refusers: [], nobody: true, side: [] }
      },
      validate: async (resource, decimals) => {
        if (resource.valueString === 'a bug') throw new TypeError('a bug in a rule')
        return validator.validate(resource, { mode: 'update', decimals }).map((issue) => ({ ...issue, base: issue.kind === 'structure' }))
      },
    },
  )
})
afterAll(() => one.close())

const row = (no: string, valueString = no) => ({
  deliveryId: no,
  patient: { local: [{ kind: 'PI', value: `p${no}`, strong: true }] },
  resources: [observation('H1', no, { valueString })],
})
const rows = (name: string, count: number) => Array.from({ length: count }, (_, at) => row(`${name}${at}`))

test('of two files at once the one row that breaks a rule itself is in quarantine, and all others are stored', async () => {
  const broken = [...rows('a', 10), row('broken', 'a bug'), ...rows('b', 10)]
  const [first, second] = await Promise.all([one.send('lis', broken), one.send('ris', rows('c', 20))])
  expect(first.counts).toMatchObject({ records: 21, stored: 20, quarantined: 1 })
  expect(second.counts).toMatchObject({ records: 20, stored: 20, quarantined: 0 })
  expect([first, second].map(({ payload }) => payload.attempts)).toEqual([1, 1])
  expect(JSON.stringify(first.payload.issues)).toContain('record-failed')
})

test('of messages at once, too', async () => {
  const sent = [...rows('m', 8).map((one) => [one]), [row('wrong', 'a bug')], ...rows('n', 8).map((one) => [one])]
  const answers = await Promise.all(sent.map((body) => one.send('his', body)))
  expect(answers.map(({ payload }) => payload.status)).toEqual(sent.map((_, at) => (at === 8 ? 'quarantined' : 'stored')))
})

test('what fails when one of a group is linked leaves the others in it, and that one is tried alone', async () => {
  failing = 1
  const { payload, counts } = await one.send('lis', rows('l', 12))
  expect(failing).toBe(0)
  expect(counts).toMatchObject({ records: 12, stored: 12 })
  expect(payload.attempts).toBe(1)
})
