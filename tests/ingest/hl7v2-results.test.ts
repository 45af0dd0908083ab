/** What several messages about one result leave of it, in any order; expectations by hand from HL7 v2.4, table 0085. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
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
