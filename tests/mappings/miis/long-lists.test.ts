/** Lists with more members than a visit has: gone through in steps, or refused, so that nobody waits behind them. */
import { expect, test } from '@jest/globals'
import type { DecodeResult, MappedRecord, RejectedRecord } from '../../../mappings/engine/types.ts'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { context, isRejected, readAll, sample } from '../support.ts'

type Node = Record<string, unknown>
const message = (name: string) => JSON.parse(sample(`miis/${name}.json`).toString()) as { input: Record<string, Node[]> }

test.each([
  ['2402-discharge', 'diseinfo'],
  ['4101-settlement-list', 'iteminfo'],
  ['4701-medical-record', 'coursrinfo'],
  ['4501-examination-report', 'imageinfo'],
])('%s: what is gone through in one piece has a thousand members at most', async (name, list) => {
  const body = message(name)
  body.input[list] = Array.from({ length: 1_000 }, () => ({}))
  const { rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected.filter(({ reason }) => reason.code === 'payload-too-large')).toEqual([])
  body.input[list] = Array.from({ length: 1_001 }, () => ({}))
  const { mapped, rejected: tooLong } = await readAll(miisInterface, JSON.stringify(body))
  expect(mapped).toEqual([])
  expect(tooLong.map(({ at, reason }) => [at, reason.code, reason.at])).toEqual([['message 1', 'payload-too-large', `input.${list}`]])
})

test('a list under a name that is none is told without it', async () => {
  const body = message('2402-discharge')
  body.input.王建国 = Array.from({ length: 1_001 }, () => ({}))
  const { rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['payload-too-large', 'input']])
})

test.each([
  ['2204-outpatient-charges', 'feedetail'],
  ['4502-lab-report', 'iteminfo'],
  ['4402-orders', 'data'],
])('%s: others have their turn between the lines, also those of another person', async (name, list) => {
  const body = message(name)
  const [line = {}] = body.input[list] ?? []
  body.input[list] = [line, ...Array.from({ length: 1_500 }, () => ({ psn_no: 'another' }))]
  const steps = await stepsOf(JSON.stringify(body))
  expect(steps.count).toBeGreaterThan(1_500)
  expect(isRejected(steps.end)).toBe(false)
})

async function stepsOf(text: string): Promise<{ count: number; end: MappedRecord | RejectedRecord }> {
  const decoded: DecodeResult[] = []
  const bytes = async function* () {
    yield Buffer.from(text)
  }
  for await (const one of miisInterface.decode(bytes(), { charset: 'auto' })) decoded.push(one)
  const [one] = decoded
  if (!one?.ok || !miisInterface.mapInSteps) throw new Error('not read')
  const steps = miisInterface.mapInSteps(one.record, one.recordType, one.at, context('miis'))
  for (let count = 0; ; count++) {
    const step = steps.next()
    if (step.done) return { count, end: step.value }
  }
}
