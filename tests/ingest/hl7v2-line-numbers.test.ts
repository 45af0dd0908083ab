/** OBX-4 as a sub-id (HL7 v2.4, 7.4.2.4) and as the number of a line, which many senders make of it; expectations by hand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isExpunged } from '../../server/ingest/expunged.ts'
import type { PreparedRecord } from '../../server/ingest/types.ts'
import { storedResults } from './stored-results.ts'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
afterAll(() => hospital.close())

/** `K 4 6.1`: item, OBX-4 (`-`: none) and value, and the standing where it is another than F. */
type Line = string

function oru(hour: string, ...reports: (readonly Line[])[]): string {
  const segments = [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260310${hour}0500||ORU^R01|R-${hour}|P|2.4||||||UTF-8`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
  ]
  for (const [at, lines] of reports.entries()) {
    segments.push(`OBR|1|SQ${at}|BG${at}|PANEL^生化|||20260310000000|||||||||||||||20260310${hour}0000||CH|F`)
    for (const [line, text] of lines.entries()) {
      const [item, subId, value, standing = 'F'] = text.split(' ')
      segments.push(`OBX|${line + 1}|NM|${item}^${item}|${subId === '-' ? '' : subId}|${value}|mmol/L||N|||${standing}`)
    }
  }
  return segments.join('\r')
}

interface Result {
  id: string
  status: string
  code: { text: string }
  valueQuantity?: { value: number }
}

/** Results that are stored, each as its item and value. Every one is in its report, and the report names no other. */
const stored = () => storedResults(hospital, ({ code, valueQuantity, status }: Result) => `${code.text} ${valueQuantity?.value ?? status}`)

async function after(...messages: string[]): Promise<string[]> {
  await hospital.wipe()
  for (const message of messages) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
  return stored()
}

const TWICE = oru('01', ['WBC 1 5', 'GLU 2 6', 'GLU 3 7', 'K 4 6.1'])

test.each(['1', '-', '4'])('a result whose number counts lines is corrected alone, numbered %s, in either order', async (number) => {
  const corrected = oru('02', [`K ${number} 4.2 C`])
  const expected = ['GLU 6', 'GLU 7', 'K 4.2', 'WBC 5']
  expect(await after(TWICE, corrected)).toEqual(expected)
  expect(await after(corrected, TWICE)).toEqual(expected)
})

test('the number of its line finds one of two like results', async () => {
  const corrected = oru('02', ['GLU 3 7.5 C'])
  for (const order of [
    [TWICE, corrected],
    [corrected, TWICE],
  ])
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 7.5', 'K 6.1', 'WBC 5'])
})

test('a report without like results: the number of the line finds its result, and so do both corrections after each other', async () => {
  const report = oru('01', ['WBC 1 5', 'NA 2 140', 'K 3 6.1'])
  const [byLine, anew] = [oru('02', ['K 3 4.2 C']), oru('03', ['K 1 4.4 C'])]
  expect(await after(report, byLine)).toEqual(['K 4.2', 'NA 140', 'WBC 5'])
  expect(await after(byLine, report)).toEqual(['K 4.2', 'NA 140', 'WBC 5'])
  expect(await after(report, anew, byLine)).toEqual(['K 4.4', 'NA 140', 'WBC 5'])
  expect(await after(report, oru('02', ['K 3 - D']))).toEqual(['K entered-in-error', 'NA 140', 'WBC 5'])
})

test('lines counted over the whole message: the only result of its second report is corrected alone', async () => {
  const reports = oru('01', ['WBC 1 5', 'NA 2 140'], ['K 3 6.1'])
  const corrected = oru('02', [], ['K 1 4.2 C'])
  for (const order of [
    [reports, corrected],
    [corrected, reports],
  ])
    expect(await after(...order)).toEqual(['K 4.2', 'NA 140', 'WBC 5'])
})

test('sub-ids that are given one by one tell results apart: none is taken for a correction of another', async () => {
  const [first, second] = [oru('01', ['GLU 1 6']), oru('02', ['GLU 2 7'])]
  expect(await after(first, second)).toEqual(['GLU 6', 'GLU 7'])
  expect(await after(second, first)).toEqual(['GLU 6', 'GLU 7'])
  const [fasting, later] = [oru('01', ['GLU 1 6', 'LAC 1 2']), oru('02', ['GLU 2 7', 'LAC 2 3'])]
  expect(await after(fasting, later)).toEqual(['GLU 6', 'GLU 7', 'LAC 2', 'LAC 3'])
  expect(await after(later, fasting)).toEqual(['GLU 6', 'GLU 7', 'LAC 2', 'LAC 3'])
})

test('the second of two like results is corrected together with another one', async () => {
  const both = oru('01', ['K 1 6.1', 'K 2 4.4', 'NA 1 140'])
  expect(await after(both, oru('02', ['K 2 4.9 C', 'NA 1 141 C']))).toEqual(['K 4.9', 'K 6.1', 'NA 141'])
})

test('a result that stands under its number is found again by the report that counts lines, and by a correction with that number', async () => {
  await hospital.wipe()
  await hospital.send('his', oru('01', ['K 4 6.1']))
  const [{ id = '' } = {}] = await hospital.all('Observation')
  await hospital.send('his', oru('02', ['WBC 1 5', 'GLU 2 6', 'GLU 3 7', 'K 4 6.3']))
  await hospital.send('his', oru('03', ['K 4 6.5 C']))
  expect(await stored()).toEqual(['GLU 6', 'GLU 7', 'K 6.5', 'WBC 5'])
  expect(JSON.parse(await hospital.text('Observation', id))).toMatchObject({ status: 'corrected', valueQuantity: { value: 6.5 } })
})

test('a count that goes on with what was sent before makes other results, in either order', async () => {
  const [first, further] = [oru('01', ['GLU 1 6']), oru('02', ['GLU 2 7', 'LAC 3 2'])]
  for (const order of [
    [first, further],
    [further, first],
  ])
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 7', 'LAC 2'])
})

test('lines of a report that are corrected together, without its first: each is found, in either order', async () => {
  const corrected = oru('02', ['GLU 3 7.5 C', 'K 4 4.2 C'])
  for (const order of [
    [TWICE, corrected],
    [corrected, TWICE],
  ])
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 7.5', 'K 4.2', 'WBC 5'])
})

test('a result that was the only one of its item is found again when there are two of it, in either order', async () => {
  const [some, all] = [oru('01', ['WBC 1 5', 'GLU 2 6 P']), oru('02', ['WBC 1 5.1', 'GLU 2 6.2', 'GLU 3 7'])]
  for (const order of [
    [some, all],
    [all, some],
  ])
    expect(await after(...order)).toEqual(['GLU 6.2', 'GLU 7', 'WBC 5.1'])
  // Counted otherwise, what one message tells apart stays apart.
  expect(await after(some, oru('02', ['GLU 1 5.8', 'GLU 2 6.2', 'WBC 3 5.1']))).toEqual(['GLU 5.8', 'GLU 6.2', 'WBC 5.1'])
})

test('a newer report that is there first names one of two like results: both stand, and later words find each of them', async () => {
  const [both, newer] = [oru('01', ['GLU 1 6', 'GLU 2 7']), oru('02', ['GLU 2 7.7', 'LAC 1 2'])]
  const later = [oru('03', ['GLU 1 6.3 C']), oru('04', ['GLU 2 7.4 C'])]
  for (const order of [
    [both, newer],
    [newer, both],
  ]) {
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 7.7', 'LAC 2'])
    expect(await after(...order, ...later)).toEqual(['GLU 6.3', 'GLU 7.4', 'LAC 2'])
    expect(await after(...order, both, newer)).toEqual(['GLU 6', 'GLU 7.7', 'LAC 2'])
  }
})

test.each([
  ['sorted anew', ['WBC 1 5', 'K 2 4.1', 'GLU 3 6.1'], ['GLU 6.1', 'K 4.1', 'WBC 5'], ['1', '2', '3']],
  ['from the first on', ['K 1 4.1', 'NA 2 140', 'GLU 3 6.1'], ['GLU 6.1', 'K 4.1', 'NA 140'], ['1', '2', '3']],
  ['another part', ['K 2 4.1', 'NA 3 140'], ['GLU 6', 'K 4.1', 'NA 140'], ['2']],
  ['with a further item', ['WBC 1 5', 'GLU 3 6.1', 'LAC 4 2'], ['GLU 6.1', 'K 4', 'LAC 2', 'WBC 5'], ['1', '2', '3']],
])(
  'a part whose lines begin at 2 stands once beside a report that counts them otherwise (%s), in either order',
  async (_, whole, expected, numbers) => {
    const [part, report] = [oru('01', ['GLU 2 6', 'K 3 4']), oru('02', whole)]
    for (const order of [
      [part, report],
      [report, part],
      [part, report, part],
    ])
      expect(await after(...order)).toEqual(expected)
    // Alone it is found by each number that it had, and by any once they are known to say nothing.
    const [value = '', ...others] = expected
    for (const number of numbers)
      for (const order of [
        [part, report],
        [report, part],
      ])
        expect(await after(...order, oru('03', [`GLU ${number} 6.6 C`]))).toEqual([value.replace(/ .*/, ' 6.6'), ...others])
  },
)

test('numbers that contradict nothing are those of other results, and so are those of sub-ids', async () => {
  const [first, further] = [oru('01', ['WBC 1 5', 'GLU 2 6']), oru('02', ['GLU 3 7', 'LAC 4 2'])]
  for (const order of [
    [first, further],
    [further, first],
  ])
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 7', 'LAC 2', 'WBC 5'])
  const both = oru('01', ['GLU 1 6', 'GLU 2 7', 'LAC 1 2', 'LAC 2 3'])
  expect(await after(both, oru('02', ['GLU 3 8']), oru('03', ['LAC 3 4']))).toEqual(['GLU 6', 'GLU 7', 'GLU 8', 'LAC 2', 'LAC 3', 'LAC 4'])
})

test('a part of another time, or of another report of the message, is another result whatever its number', async () => {
  const other = oru('02', [], ['GLU 2 6', 'K 3 4'])
  const whole = oru('01', ['WBC 1 5', 'K 2 4.1', 'GLU 3 6.1'])
  for (const order of [
    [whole, other],
    [other, whole],
  ])
    expect(await after(...order)).toEqual(['GLU 6', 'GLU 6.1', 'K 4', 'K 4.1', 'WBC 5'])
})

/** Both panels of one report, each of which counts its own lines. */
const panels = (hour: string, ...lines: (readonly Line[])[]): string => oru(hour, ...lines).replaceAll(/SQ\d+\|BG\d+/g, 'SQ0|BG0')

test.each(['1', '2', '-'])('lines counted panel by panel: one is corrected alone, numbered %s, in either order', async (number) => {
  const [both, corrected] = [panels('01', ['K 1 4', 'NA 2 140'], ['GLU 1 5', 'INS 2 9']), oru('02', [`NA ${number} 141 C`])]
  for (const order of [
    [both, corrected],
    [corrected, both],
  ])
    expect(await after(...order)).toEqual(['GLU 5', 'INS 9', 'K 4', 'NA 141'])
})

test('lines counted panel by panel, and in the next version over the report, are the same results', async () => {
  const whole = oru('02', ['K 1 4.1', 'NA 2 141', 'GLU 3 5.1', 'INS 4 9.1'])
  const both = panels('01', ['K 1 4', 'NA 2 140'], ['GLU 1 5', 'INS 2 9'])
  for (const order of [
    [both, whole],
    [whole, both],
  ])
    expect(await after(...order)).toEqual(['GLU 5.1', 'INS 9.1', 'K 4.1', 'NA 141'])
})

test('like results that nothing numbers are told apart from the one that a newer report has in a line, in either order', async () => {
  const [both, newer] = [oru('01', ['GLU - 6', 'GLU - 7']), oru('02', ['LAC 1 2', 'GLU 2 7.7'])]
  for (const order of [
    [both, newer],
    [newer, both],
  ])
    expect(await after(...order, oru('03', ['GLU - 6.3 C']))).toEqual(['GLU 6.3', 'GLU 7.7', 'LAC 2'])
})

const OTHER = [
  'PID|1||0001099999^^^0001^PI||李娜||19900101|F',
  'OBR|1|SQ9|BG9|PANEL^生化|||20260310000000|||||||||||||||20260310010000||CH|F',
]
const CONTROL = [...(OTHER.slice(1) as [string]), 'SPM|1|||SER|||||||Q']

test.each([
  ['another patient', OTHER],
  ['a control', CONTROL],
])('lines counted over the whole message, of %s first: a correction that counts anew finds its result', async (_, ahead) => {
  const [msh = '', pid = '', ...segments] = oru('01', ['K 2 6.1', 'NA 3 140']).split('\r')
  const isPatient = ahead === OTHER
  const line = 'OBX|1|NM|NA^NA|1|141|mmol/L||N|||F'
  await hospital.wipe()
  await hospital.send('his', [msh, ...(isPatient ? [...ahead, line, pid] : [pid, ahead[0], line, ahead[1]]), ...segments].join('\r'))
  await hospital.send('his', oru('02', ['K 1 4.2 C', 'NA 2 139 C']))
  expect(await stored()).toEqual([...(isPatient ? ['K 4.2', 'NA 139', 'NA 141'] : ['K 4.2', 'NA 139'])])
})

test('messages about one report that are stored at the same time', async () => {
  for (let time = 0; time < 5; time++) {
    await hospital.wipe()
    await Promise.all([TWICE, oru('02', ['K 4 4.2 C']), oru('03', ['GLU 2 6.6 C'])].map((message) => hospital.send('his', message)))
    expect(await stored()).toEqual(['GLU 6.6', 'GLU 7', 'K 4.2', 'WBC 5'])
  }
})

test('what was expunged under either key does not come back under the other', async () => {
  const record = { statements: [{ type: 'Observation', id: 'own', numbered: 'counted' }] } as unknown as PreparedRecord
  for (const barred of ['Observation/own', 'Observation/counted'])
    expect(await isExpunged({ expunged: async (names) => names.includes(barred) }, record)).toBe(true)
  expect(await isExpunged({ expunged: async (names) => names.includes('Observation/other') }, record)).toBe(false)
})
