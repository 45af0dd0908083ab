/** What several messages about one result leave of it, in any order; expectations by hand from HL7 v2.4, table 0085. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { permutations } from '../support/permutations.ts'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
afterAll(() => hospital.close())

const oru = (hour: string, standing: string, ...results: string[]): string =>
  [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260310${hour}0500||ORU^R01|R-${hour}|P|2.4||||||UTF-8`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    `OBR|1|SQ1|BG1|K^钾|||20260310000000|||||||||||||||20260310${hour}0000||CH|${standing}`,
    ...results,
  ].join('\r')

async function resultAfter(messages: readonly string[]): Promise<Record<string, unknown>> {
  await hospital.wipe()
  for (const message of messages) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
  const [found] = await hospital.all('Observation')
  return found as unknown as Record<string, unknown>
}

const PRELIMINARY = oru('01', 'P', 'OBX|1|NM|K^钾||6.1|mmol/L|3.5-5.3|H|||P', 'NTE|1||溶血，建议复查')

test('a result that becomes final without being sent again (U) keeps its value, its flag and its remark', async () => {
  const messages = [PRELIMINARY, oru('02', 'F', 'OBX|1|NM|K^钾||||||||U')]
  for (const order of [messages, messages.toReversed()]) {
    const result = await resultAfter(order)
    expect(result).toMatchObject({
      ...{ status: 'final', valueQuantity: { value: 6.1 }, interpretation: [{ coding: [{ code: 'H' }] }] },
      ...{ note: [{ text: '溶血，建议复查' }], referenceRange: [{ text: '3.5-5.3' }] },
    })
    expect(result).not.toHaveProperty('dataAbsentReason')
  }
  expect(await resultAfter(messages.slice(1))).toMatchObject({ status: 'final', dataAbsentReason: {} })
})

test('the remark on a value goes with the value that was wrong', async () => {
  const corrected = oru('02', 'C', 'OBX|1|NM|K^钾||4.2|mmol/L|3.5-5.3|N|||C')
  for (const order of [
    [PRELIMINARY, corrected],
    [corrected, PRELIMINARY],
  ]) {
    const result = await resultAfter(order)
    expect(result).toMatchObject({ status: 'corrected', valueQuantity: { value: 4.2 }, interpretation: [{ coding: [{ code: 'N' }] }] })
    expect(result).not.toHaveProperty('note')
  }
  const remarked = oru('02', 'C', 'OBX|1|NM|K^钾||4.2|mmol/L|3.5-5.3|N|||C', 'NTE|1||已复查')
  expect(await resultAfter([PRELIMINARY, remarked])).toMatchObject({ note: [{ text: '已复查' }] })
})

test('a correction of the second result of an item does not touch the first, in whatever order they come', async () => {
  const both = oru('01', 'F', 'OBX|1|NM|K^钾|1|6.1|mmol/L|3.5-5.3|H|||F', 'OBX|2|NM|K^钾|2|4.4|mmol/L|3.5-5.3|N|||F')
  for (const setId of ['1', '2']) {
    const second = oru('02', 'C', `OBX|${setId}|NM|K^钾|2|4.9|mmol/L|3.5-5.3|N|||C`)
    for (const order of [
      [both, second],
      [second, both],
    ]) {
      await resultAfter(order)
      const found = (await hospital.all('Observation')) as unknown as { status: string; valueQuantity: { value: number } }[]
      const told = found.map(({ status, valueQuantity }) => `${valueQuantity.value} ${status}`)
      expect(told.sort()).toEqual(['4.9 corrected', '6.1 final'])
    }
  }
})

test('a correction of the first, with its sub-id or without one, is one of the first', async () => {
  const both = oru('01', 'F', 'OBX|1|NM|K^钾|1|6.1|mmol/L|3.5-5.3|H|||F', 'OBX|2|NM|K^钾|2|4.4|mmol/L|3.5-5.3|N|||F')
  for (const subId of ['1', '']) {
    await resultAfter([both, oru('02', 'C', `OBX|1|NM|K^钾|${subId}|5.0|mmol/L|3.5-5.3|N|||C`)])
    const found = (await hospital.all('Observation')) as unknown as { valueQuantity: { value: number } }[]
    expect(found.map(({ valueQuantity }) => valueQuantity.value).sort()).toEqual([4.4, 5])
  }
})

test('a report is the same one whether the analyser sends it by its specimen (OUL^R22) or the laboratory as such (ORU^R01)', async () => {
  const said = (hour: string, type: string, ...more: string[]): string =>
    [
      `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260310${hour}0500||${type}|O-${hour}|P|2.5.1||||||UNICODE UTF-8`,
      'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
      ...more,
    ].join('\r')
  const spm = 'SPM|1|BB1||BLD^全血'
  const obr = (hour: string, standing: string) => `OBR|1|SQ1|BG1|K^钾|||20260310000000|||||||||||||||20260310${hour}0000||CH|${standing}`
  const messages = [
    said('01', 'OUL^R22', spm, 'SAC|||G1', obr('01', 'P'), 'OBX|1|NM|K^钾||6.1|mmol/L|||||P'),
    said('02', 'ORU^R01', obr('02', 'F'), 'OBX|1|NM|K^钾||4.2|mmol/L|||||F', spm),
  ]
  for (const order of [messages, messages.toReversed()]) {
    await hospital.wipe()
    for (const message of order) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
    const [specimens, results, reports] = [
      await hospital.all('Specimen'),
      await hospital.all('Observation'),
      await hospital.all('DiagnosticReport'),
    ]
    expect([specimens.length, results.length, reports.length]).toEqual([1, 1, 1])
    // What the analyser alone says of the tube stands beside what both say.
    expect(specimens[0]).toMatchObject({ identifier: [{ value: 'BB1' }], container: [{ identifier: [{ value: 'G1' }] }] })
    const specimen = { reference: `Specimen/${specimens[0]?.id}` }
    expect(results[0]).toMatchObject({ status: 'final', valueQuantity: { value: 4.2 }, specimen })
    expect(reports[0]).toMatchObject({ status: 'final', specimen: [specimen], result: [{ reference: `Observation/${results[0]?.id}` }] })
  }
})

/** Of each result that is stored, its item and its value or standing. */
async function toldAfter(...messages: string[]): Promise<string[]> {
  await resultAfter(messages)
  const found = (await hospital.all('Observation')) as unknown as {
    status: string
    code: { text: string }
    valueQuantity?: { value: number }
  }[]
  return found.map(({ code, valueQuantity, status }) => `${code.text} ${valueQuantity?.value ?? status}`).sort()
}

const OBX = (item: string, value: string, standing = 'F') => `OBX|1|NM|${item}^${item}||${value}|mmol/L||N|||${standing}`

test.each(['D', 'W', 'X'])(
  'a report that is taken back (%s) without a result takes all that it had with it, in any order',
  async (standing) => {
    const [report, back] = [oru('01', 'F', OBX('K', '4'), OBX('NA', '140')), oru('02', standing)]
    const again = oru('03', 'F', OBX('K', '4.4'))
    for (const order of [
      [report, back],
      [back, report],
      [report, back, back.replace('R-02', 'R-02b'), report.replace('R-01', 'R-01b')],
    ])
      expect(await toldAfter(...order)).toEqual(['K entered-in-error', 'NA entered-in-error'])
    // What is reported anew stands; what is not said again does not.
    for (const at of permutations(3)) {
      const messages = [report, back, again]
      expect(await toldAfter(...at.map((place) => messages[place] as string))).toEqual(['K 4.4', 'NA entered-in-error'])
    }
  },
)

test('a withdrawal that names results takes these back alone, and one of another report none', async () => {
  const report = oru('01', 'F', OBX('K', '4'), OBX('NA', '140'))
  expect(await toldAfter(report, oru('02', 'D', OBX('K', '4', 'D')))).toEqual(['K entered-in-error', 'NA 140'])
  expect(await toldAfter(report, oru('02', 'D').replace('BG1', 'BG2'))).toEqual(['K 4', 'NA 140'])
})

test('a report of another patient under the same number does not lose its results to the withdrawal of the first', async () => {
  const [report, back] = [oru('01', 'F', OBX('K', '4')), oru('02', 'D')]
  const other = oru('03', 'F', OBX('NA', '140')).replace(/PID[^\r]*/, 'PID|1||0001099999^^^0001^PI||李娜||19900101|F')
  expect(await toldAfter(report, other, back)).toEqual(['K entered-in-error', 'NA 140'])
})

test('one time of the report in all messages: what is reported again after it was taken back stands, in any order', async () => {
  const at = (hour: string, ...more: Parameters<typeof oru> extends [string, ...infer Rest] ? Rest : never): string =>
    oru(hour, ...more).replace(`20260310${hour}0000||CH`, '20260310000100||CH')
  const [report, back, again] = [at('01', 'F', OBX('K', '4')), at('02', 'D', OBX('K', '4', 'D')), at('03', 'F', OBX('K', '4.4'))]
  for (const order of permutations(3)) {
    const messages = [report, back, again]
    expect(await toldAfter(...order.map((place) => messages[place] as string))).toEqual(['K 4.4'])
  }
  // Without a result named, too; and of two that were sent at once the withdrawal counts.
  const [whole, atOnce] = [at('02', 'D'), at('01', 'D', OBX('K', '4', 'D')).replace('R-01', 'R-01b')]
  for (const order of permutations(3)) {
    const messages = [report, whole, again]
    expect(await toldAfter(...order.map((place) => messages[place] as string))).toEqual(['K 4.4'])
  }
  for (const order of [
    [report, back],
    [back, report],
    [report, atOnce],
    [atOnce, report],
  ])
    expect(await toldAfter(...order)).toEqual(['K entered-in-error'])
})

test('of a text that is sent in lines a shorter version leaves none of the longer one, in either order', async () => {
  const lines = (...texts: string[]) => texts.map((text, at) => `OBX|${at + 1}|TX|SJ^所见||${text}||||||F`)
  const messages = [oru('01', 'P', ...lines('一', '二', '三')), oru('02', 'F', ...lines('甲', '乙'))]
  for (const order of [messages, messages.toReversed()]) {
    await resultAfter(order)
    expect(await hospital.all('Observation')).toMatchObject([{ valueString: '甲\n乙' }])
  }
})
