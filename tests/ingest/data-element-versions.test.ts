/** Versions of one report in XML of data elements: which of them counts, in whatever order they come, and once they are played again. By hand. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { permutations } from '../support/permutations.ts'
import { rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  const terminology = createTerminology()
  one = await rig([sourceOf('rhip', 'rhip', 'HA', 'rhip/de-xml', { '12110000000000001N': 'H1' })], {
    mapping: sourceMapping,
    translate: (map, code) => terminology.translate(map, code),
  })
  await one.ingest.start()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const [SAMPLED, REPORTED, SIGNED] = ['DE04.50.137.00', 'DE04.50.133.00', 'DE09.00.053.00']
const element = (name: string, value: string): string => `<${name}>${value}</${name}>`
/** A document with its value of the one result. */
const version = (value: string, times: Record<string, string>): string => {
  const head = Object.entries({
    'DE02.01.030.00': '110100195803120019',
    'DE02.01.039.00': '王建国',
    'DE08.10.052.00': '12110000000000001N',
    'DE01.00.018.00': 'R1',
    [SAMPLED]: '20260306T063000',
    ...times,
  }).map(([name, text]) => element(name, text))
  const item = [element('DE04.30.019.00', 'WBC'), element('DE04.30.020.00', '白细胞计数'), element('DE04.30.015.00', value)]
  return `<HSDB><DOC type="HSDC02.01">${head.join('')}<ITEM>${item.join('')}</ITEM></DOC></HSDB>`
}

async function sendAll(documents: readonly string[]): Promise<string[]> {
  const payloads: string[] = []
  for (const each of documents) {
    const { payload, counts } = await one.send('rhip', each)
    expect(counts.quarantined).toBe(0)
    payloads.push(payload._id)
  }
  return payloads
}
/** What the result and the report say. */
async function outcome(): Promise<unknown[]> {
  const [[result, ...others], [report]] = [await one.all('Observation'), await one.all('DiagnosticReport')]
  expect(others).toEqual([])
  return [(result?.valueQuantity as { value: number } | undefined)?.value, report?.effectiveDateTime]
}
const SAMPLING = '2026-03-06T06:30:00+08:00'

test.each([
  ['the later day of report', { [REPORTED]: '20260306' }, { [REPORTED]: '20260307' }],
  [
    'the later signature of one day',
    { [REPORTED]: '20260306', [SIGNED]: '20260306T090000' },
    { [REPORTED]: '20260306', [SIGNED]: '20260306T101500' },
  ],
  [
    'the later signature, whatever was sampled when',
    { [SIGNED]: '20260306T090000', [SAMPLED]: '20260306T070000' },
    { [SIGNED]: '20260306T101500' },
  ],
])('%s counts, in whatever order they come', async (_, first, corrected) => {
  const documents = [version('10', first), version('11', corrected)]
  for (const order of permutations(2)) {
    await one.wipe()
    await sendAll(order.map((at) => documents[at] ?? ''))
    expect([order, ...(await outcome())]).toEqual([order, 11, SAMPLING])
  }
})

test.each([
  ['without a time of its own, even if it moves the sampling back', {}],
  ['of the same day of report', { [REPORTED]: '20260306' }],
])('%s the one that came last counts, also once all are played again', async (_, times) => {
  const documents = [version('10', { ...times, [SAMPLED]: '20260306T073000' }), version('11', times)]
  const payloads = await sendAll(documents)
  expect(await outcome()).toEqual([11, SAMPLING])
  for (const order of permutations(2)) {
    for (const at of order) await one.ingest.replay(payloads[at] ?? '')
    expect([order, ...(await outcome())]).toEqual([order, 11, SAMPLING])
  }
})

test('the time of report is that of the report where it is one', async () => {
  await sendAll([version('10', { [REPORTED]: '20260306T101500' })])
  expect((await one.all('DiagnosticReport'))[0]).toMatchObject({ issued: '2026-03-06T10:15:00+08:00' })
  await one.wipe()
  const { payload } = await one.send('rhip', version('10', { [REPORTED]: '20260306', [SIGNED]: '20260306T101500' }))
  expect((await one.all('DiagnosticReport'))[0]).not.toHaveProperty('issued')
  expect(payload.issues).not.toContain('mapping-unread')
})

test.each([
  ['without a time', {}],
  ['of one day of report', { [REPORTED]: '20260306' }],
  ['of one day of signature', { [SIGNED]: '20260306' }],
])('of documents %s in one file the one behind counts, also once it is played again', async (_, times) => {
  const both = (...values: string[]) => `<HSDB>${values.map((value) => version(value, times).replace(/<\/?HSDB>/g, '')).join('')}</HSDB>`
  for (const values of [
    ['10', '11'],
    ['11', '10'],
    ['12', '13', '14'],
    ['14', '13', '12'],
  ]) {
    await one.wipe()
    const [payload = ''] = await sendAll([both(...values)])
    expect((await outcome())[0]).toBe(Number(values.at(-1)))
    await one.ingest.replay(payload)
    expect((await outcome())[0]).toBe(Number(values.at(-1)))
  }
})

test('of documents of one day in one file the one behind counts, that says again what was said in a file before', async () => {
  const day = { [REPORTED]: '20260306' }
  await sendAll([version('10', day)])
  await sendAll([version('11', day).replace('</HSDB>', version('10', day).replace('<HSDB>', ''))])
  expect((await outcome())[0]).toBe(10)
  // What it said last is known: another file that says what it said before that is news.
  await sendAll([`${version('11', day)}\n`])
  expect((await outcome())[0]).toBe(11)
})
