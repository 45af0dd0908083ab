/** Like results of one report that differ by when their specimen was taken (glucose before a drink, one and two hours after it); expectations by hand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { storedResults } from './stored-results.ts'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
afterAll(() => hospital.close())

const ZHANG = 'PID|1||0001023456^^^0001^PI||王建国||19580312|M'
const LI = 'PID|1||0001099999^^^0001^PI||李娜||19900101|F'

/** `08 5.1 F 2 GLU`: hour at which the specimen was taken (`-`: not told), value, standing, OBX-4 and item. */
type Taken = string

interface Sent {
  /** hour of the report, which is the message's too */
  reported: string
  patient?: string
  /** of the message, where another one says the same */
  control?: string
  /** without OBR-22 */
  isUnreported?: boolean
}

/** Each result in a panel of its own, under one report number. */
function oru({ reported, patient = ZHANG, control = reported, isUnreported = false }: Sent, ...results: Taken[]): string {
  const at = `20260310${reported}0000`
  const segments = [`MSH|^~\\&|LIS|0001|EAI|YILIAN|20260310${reported}0500||ORU^R01|${control} ${results.join()}|P|2.4||||||UTF-8`, patient]
  for (const result of results) {
    const [hour, value, standing = 'F', line = '', item = 'GLU'] = result.split(' ')
    const taken = hour === '-' ? '' : `20260310${hour}0000`
    segments.push(`OBR|1|SQ1|BG1|OGTT^糖耐量|||${taken}|||||||||||||||${isUnreported ? '' : at}||CH|F`)
    segments.push(`OBX|1|NM|${item}^${item}|${line}|${value}|mmol/L||N|||${standing}`)
  }
  return segments.join('\r')
}

interface Result {
  id: string
  status: string
  effectiveDateTime?: string
  valueQuantity?: { value: number }
}

/** Results that are stored, each as its hour, value and standing; every one is in the one report, which names no other. */
const stored = () =>
  storedResults(
    hospital,
    ({ status, effectiveDateTime, valueQuantity }: Result) =>
      `${effectiveDateTime?.slice(11, 13) ?? '-'} ${valueQuantity?.value ?? '-'} ${status}`,
  )

async function after(...messages: string[]): Promise<string[]> {
  await hospital.wipe()
  for (const message of messages) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
  return stored()
}

const both = <T>(a: T, b: T): T[][] => [
  [a, b],
  [b, a],
]

test('each in a message of its own, in either order', async () => {
  for (const order of both(oru({ reported: '10' }, '08 5.1'), oru({ reported: '11' }, '09 11.2')))
    expect(await after(...order)).toEqual(['08 5.1 final', '09 11.2 final'])
})

test('three in one message, and each again in another one', async () => {
  const all = oru({ reported: '11' }, '08 5.1', '09 11.2', '10 7.3')
  const expected = ['08 5.1 final', '09 11.2 final', '10 7.3 final']
  expect(await after(all)).toEqual(expected)
  const single = ['10 7.3', '08 5.1', '09 11.2'].map((result, at) => oru({ reported: `1${at + 2}` }, result))
  expect(await after(all, ...single)).toEqual(expected)
  expect(await after(...single, all)).toEqual(expected)
})

test('one of them is corrected, taken back, and made final alone, in either order', async () => {
  const all = oru({ reported: '11' }, '08 5.1', '09 11.2 P')
  for (const order of both(all, oru({ reported: '12' }, '09 10.9 C')))
    expect(await after(...order)).toEqual(['08 5.1 final', '09 10.9 corrected'])
  for (const order of both(all, oru({ reported: '12' }, '08 5.3 C')))
    expect(await after(...order)).toEqual(['08 5.3 corrected', '09 11.2 preliminary'])
  for (const order of both(all, oru({ reported: '12' }, '09 11.4 F')))
    expect(await after(...order)).toEqual(['08 5.1 final', '09 11.4 final'])
  expect(await after(all, oru({ reported: '12' }, '09 11.2 D'))).toEqual(['- - entered-in-error', '08 5.1 final'])
})

test('a correction may correct the time: nothing is doubled, and the first version that comes again is the same result', async () => {
  const [first, corrected] = [oru({ reported: '10' }, '08 5.1'), oru({ reported: '11' }, '07 5.1 C')]
  expect(await after(first, corrected)).toEqual(['07 5.1 corrected'])
  expect(await after(first, corrected, oru({ reported: '10', control: 'again' }, '08 5.1'))).toEqual(['07 5.1 corrected'])
})

test('a correction with a time that nobody knows, where there are several: it stands by itself, and none of them is overwritten, in any order', async () => {
  const all = oru({ reported: '10' }, '07 5.1', '08 9.1')
  const corrected = oru({ reported: '11' }, '09 9.9 C')
  for (const order of both(all, corrected)) expect(await after(...order)).toEqual(['07 5.1 final', '08 9.1 final', '09 9.9 corrected'])
  const [first, second] = [oru({ reported: '10' }, '07 5.1'), oru({ reported: '10', control: 'second' }, '08 9.1')]
  for (const order of [
    [first, second, corrected],
    [second, first, corrected],
    [corrected, second, first],
  ])
    expect(await after(...order)).toEqual(['07 5.1 final', '08 9.1 final', '09 9.9 corrected'])
  expect(await after(all, corrected, oru({ reported: '12' }, '09 9.8 C'))).toEqual(['07 5.1 final', '08 9.1 final', '09 9.8 corrected'])
  // Another item of the report is none of several.
  expect(await after(oru({ reported: '10' }, '07 5.1', '08 7 F  LAC'), corrected)).toEqual(['08 7 final', '09 9.9 corrected'])
})

test('a withdrawal with a time that nobody knows takes none of several back', async () => {
  await hospital.wipe()
  for (const message of [oru({ reported: '10' }, '07 5.1', '08 9.1'), oru({ reported: '11' }, '09 - D')])
    await hospital.send('his', message)
  const results = (await hospital.all('Observation')) as unknown as Result[]
  expect(results.map(({ status, valueQuantity }) => `${valueQuantity?.value ?? '-'} ${status}`).sort()).toEqual([
    ...['- entered-in-error', '5.1 final', '9.1 final'],
  ])
  expect(await after(oru({ reported: '10' }, '07 5.1'), oru({ reported: '11' }, '09 - D'))).toEqual(['- - entered-in-error'])
})

test('a message that corrects what was known and names another time beside it: both stay, in whichever order it names them', async () => {
  const first = oru({ reported: '10' }, '08 5.1')
  expect(await after(first, oru({ reported: '12' }, '09 9.9 C', '08 5.2 C'))).toEqual(['08 5.2 corrected', '09 9.9 corrected'])
  expect(await after(first, oru({ reported: '12' }, '09 9.9 C', '08 5.2 F'))).toEqual(['08 5.2 final', '09 9.9 corrected'])
  expect(await after(first, oru({ reported: '12' }, '09 9.9 C', '08 - D'))).toEqual(['- - entered-in-error', '09 9.9 corrected'])
})

test('one of two is corrected or taken back alone by the number of its line, in either order', async () => {
  const all = oru({ reported: '11' }, '08 5.1 F 1', '09 9.1 P 2')
  for (const order of both(all, oru({ reported: '12' }, '09 9.9 C 2')))
    expect(await after(...order)).toEqual(['08 5.1 final', '09 9.9 corrected'])
  expect(await after(all, oru({ reported: '12' }, '09 - D 2'))).toEqual(['- - entered-in-error', '08 5.1 final'])
})

test('lines of messages that each name all items of a time: each of them is found alone by its line and its time', async () => {
  const fasting = oru({ reported: '10' }, '08 5.1 F 1', '08 7 F 2 INS')
  const later = oru({ reported: '11' }, '09 9.1 F 1', '09 77 F 2 INS')
  const expected = ['08 5.1 final', '08 7 final', '09 78 corrected', '09 9.1 final']
  const corrected = oru({ reported: '12' }, '09 78 C 2 INS')
  for (const order of [
    [fasting, later, corrected],
    [later, fasting, corrected],
    [corrected, fasting, later],
  ])
    expect(await after(...order)).toEqual(expected)
  expect(await after(fasting, later, oru({ reported: '12' }, '09 - D 2 INS'))).toEqual([
    '- - entered-in-error',
    '08 5.1 final',
    '08 7 final',
    '09 9.1 final',
  ])
  expect(await after(fasting, oru({ reported: '11' }, '09 77 F 2 INS'))).toEqual(['08 5.1 final', '08 7 final', '09 77 final'])
})

test('lines counted over several items at several times: one is corrected by its line, or by the first of a new count, in any order', async () => {
  const all = oru({ reported: '11' }, '08 7 F 1 INS', '08 5.1 F 2', '09 77 F 3 INS', '09 9.1 F 4')
  for (const line of ['1', '4'])
    for (const order of both(all, oru({ reported: '12' }, `09 9.9 C ${line}`)))
      expect(await after(...order)).toEqual(['08 5.1 final', '08 7 final', '09 77 final', '09 9.9 corrected'])
  expect(await after(all, oru({ reported: '12' }, '08 5.2 C 2'))).toEqual(['08 5.2 corrected', '08 7 final', '09 77 final', '09 9.1 final'])
})

test('lines counted anew in the panel of each time: one of them is corrected by its time, with either number, in either order', async () => {
  // Without the second and the fourth OBR there are two panels of two lines.
  const counted = oru({ reported: '11' }, '08 5.1 F 1', '08 7 F 2 INS', '09 9.1 F 1', '09 77 F 2 INS')
  const obrs = counted.split('\r').flatMap((segment, at) => (segment.startsWith('OBR') ? [at] : []))
  const all = counted
    .split('\r')
    .filter((_, at) => at !== obrs[1] && at !== obrs[3])
    .join('\r')
  expect(await after(all)).toEqual(['08 5.1 final', '08 7 final', '09 77 final', '09 9.1 final'])
  for (const line of ['1', '2'])
    for (const order of both(all, oru({ reported: '12' }, `09 78 C ${line} INS`)))
      expect(await after(...order)).toEqual(['08 5.1 final', '08 7 final', '09 78 corrected', '09 9.1 final'])
})

test('the only one of its item and time is found again when there are two of it; of another time it is another one', async () => {
  const some = oru({ reported: '10' }, '08 7 F 1 INS', '08 5.1 P 2')
  const all = (hour: string): string => oru({ reported: '11' }, `${hour} 7.1 F 1 INS`, `${hour} 5.2 F 2`, `${hour} 5.6 F 3`)
  for (const order of both(some, all('08'))) expect(await after(...order)).toEqual(['08 5.2 final', '08 5.6 final', '08 7.1 final'])
  const apart = ['08 5.1 preliminary', '08 7 final', '09 5.2 final', '09 5.6 final', '09 7.1 final']
  expect(await after(some, all('09'))).toEqual(apart)
})

test('a time that is the report’s own, or stands without one, tells no results apart', async () => {
  expect(await after(oru({ reported: '10' }, '10 5.1'), oru({ reported: '11' }, '11 5.4'))).toEqual(['11 5.4 final'])
  const [first, second] = [oru({ reported: '10', isUnreported: true }, '08 5.1'), oru({ reported: '11', isUnreported: true }, '09 5.4')]
  expect(await after(first, second)).toEqual(['09 5.4 final'])
  expect(await after(oru({ reported: '10' }, '- 5.1'), oru({ reported: '11' }, '09 5.4'))).toEqual(['09 5.4 final'])
})

test('another time is another result beside what was stored without one that was kept, as servers of before did', async () => {
  const before = oru({ reported: '10', isUnreported: true }, '08 5.1')
  expect(await after(before, oru({ reported: '11' }, '09 11.2'))).toEqual(['08 5.1 final', '09 11.2 final'])
  expect(await after(before, oru({ reported: '11' }, '08 5.3'))).toEqual(['08 5.3 final'])
  expect(await after(before, oru({ reported: '11' }, '09 11.2 C'))).toEqual(['09 11.2 corrected'])
})

test('what stands under its place in the message stays there', async () => {
  const before = oru({ reported: '10', isUnreported: true }, '08 5.1', '09 11.2')
  expect(await after(before, oru({ reported: '11' }, '08 5.2', '09 11.3'))).toEqual(['08 5.2 final', '09 11.3 final'])
})

test('a report’s number that is used again for another patient makes the result that one’s', async () => {
  expect(await after(oru({ reported: '10' }, '08 5.1'), oru({ reported: '12', patient: LI }, '11 4.4'))).toEqual(['11 4.4 final'])
})

test('however they are divided over messages, and in whatever order these come: each time has its newest value', async () => {
  const hours = fc.constantFrom('06', '07', '08', '09')
  const messages = fc.array(fc.uniqueArray(hours, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(messages, fc.nat(), async (all, seed) => {
      const sent = all.map((taken, at) => oru({ reported: String(10 + at) }, ...taken.map((hour) => `${hour} ${at + 1}.${Number(hour)}`)))
      const order = [...sent.keys()].sort((a, b) => (((a + 1) * seed) % 7) - (((b + 1) * seed) % 7))
      const newest = new Map(all.flatMap((taken, at) => taken.map((hour) => [hour, `${hour} ${at + 1}.${Number(hour)} final`])))
      expect(await after(...order.map((at) => sent[at] as string))).toEqual([...newest.values()].sort())
    }),
    { numRuns: 25 },
  )
})

test('messages about one report that are stored at the same time', async () => {
  for (let time = 0; time < 5; time++) {
    await hospital.wipe()
    const messages = [oru({ reported: '11' }, '08 5.1', '09 11.2'), oru({ reported: '12' }, '09 10.9 C'), oru({ reported: '13' }, '10 7.3')]
    await Promise.all(messages.map((message) => hospital.send('his', message)))
    expect(await stored()).toEqual(['08 5.1 final', '09 10.9 corrected', '10 7.3 final'])
  }
})
