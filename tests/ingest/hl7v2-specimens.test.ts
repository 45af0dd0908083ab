/** Specimens without a number of their own, of one report in several messages: which result was measured in which; expectations by hand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
afterAll(() => hospital.close())

/** `GLU 5.1 SER 08`: item, value, and type of the specimen with the hour at which it was taken. */
type Measured = string

/** Each in a panel of its own with its specimen (ORU^R01 of v2.5.1). @param isNumbered OBX-4 counts lines */
function oru(hour: string, results: readonly Measured[], standing = 'F', isNumbered = false): string {
  const segments = [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260310${hour}0500||ORU^R01^ORU_R01|R-${hour}|P|2.5.1||||||UNICODE UTF-8`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
  ]
  for (const [line, result] of results.entries()) {
    const [item, value, type, taken] = result.split(' ')
    const at = `20260310${taken}0000`
    segments.push(`OBR|1|SQ1|BG1|PANEL^生化|||${at}|||||||||||||||20260310${hour}0000||CH|${standing}`)
    segments.push(
      `OBX|1|NM|${item}^${item}|${isNumbered ? line + 1 : ''}|${value}|mmol/L||N|||${standing}`,
      `SPM|1|||${type}^${type}|||||||||||||${at}`,
    )
  }
  return segments.join('\r')
}

/** Without OBR-22. */
const untimed = (hour: string, results: readonly Measured[]): string => oru(hour, results).replaceAll(`20260310${hour}0000||CH`, '||CH')

interface Specimen {
  id: string
  type: { coding: { code: string }[] }
  collection: { collectedDateTime: string }
}

/** Each result as it was sent, by the specimen to which it refers; the report names all of these. */
async function after(...messages: string[]): Promise<Measured[]> {
  await hospital.wipe()
  for (const message of messages) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
  const specimens = (await hospital.all('Specimen')) as unknown as Specimen[]
  const [report] = (await hospital.all('DiagnosticReport')) as unknown as { specimen: { reference: string }[] }[]
  expect(report?.specimen.map(({ reference }) => reference).sort()).toEqual(specimens.map(({ id }) => `Specimen/${id}`).sort())
  const results = (await hospital.all('Observation')) as unknown as {
    code: { text: string }
    valueQuantity: { value: number }
    specimen: { reference: string }
  }[]
  return results
    .map(({ code, valueQuantity, specimen }) => {
      const { type, collection } = specimens.find(({ id }) => specimen.reference === `Specimen/${id}`) as Specimen
      return `${code.text} ${valueQuantity.value} ${type.coding.at(-1)?.code} ${collection.collectedDateTime.slice(11, 13)}`
    })
    .sort()
}

test('taken at different times and reported one after the other, in either order', async () => {
  const [fasting, later] = [oru('10', ['GLU 5.1 SER 08']), oru('11', ['GLU 11.2 SER 09'])]
  const expected = ['GLU 11.2 SER 09', 'GLU 5.1 SER 08']
  expect(await after(fasting, later)).toEqual(expected)
  expect(await after(later, fasting)).toEqual(expected)
})

test('of different types taken at one time: what comes again alone, or in another order, leaves the other its specimen', async () => {
  const both = oru('10', ['GLU 5.1 SER 08', 'PRO 1 UR 08'])
  const [anew, corrected] = [oru('11', ['PRO 2 UR 08']), oru('12', ['PRO 3 UR 08', 'GLU 5.2 SER 08'], 'C')]
  expect(await after(both, anew)).toEqual(['GLU 5.1 SER 08', 'PRO 2 UR 08'])
  expect(await after(anew, both)).toEqual(['GLU 5.1 SER 08', 'PRO 2 UR 08'])
  expect(await after(both, corrected)).toEqual(['GLU 5.2 SER 08', 'PRO 3 UR 08'])
  expect(await after(oru('10', ['GLU 5.1 SER 08']), corrected)).toEqual(['GLU 5.2 SER 08', 'PRO 3 UR 08'])
})

test('items and times in any division over messages, which count their lines or not, and in any order: all stand once, each with its specimen', async () => {
  const result = fc.constantFrom('GLU 06', 'GLU 07', 'GLU 08', 'INS 06', 'INS 07', 'INS 08')
  const messages = fc.array(fc.uniqueArray(result, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(messages, fc.boolean(), fc.nat(), async (all, isNumbered, seed) => {
      const newest = new Map<string, Measured>()
      const sent = all.map((some, at) => {
        const results = some.map((one) => one.replace(' ', ` ${at + 1}.5 SER `))
        for (const [place, one] of some.entries()) newest.set(one, results[place] as Measured)
        return oru(String(10 + at), results, 'F', isNumbered)
      })
      const order = [...sent.keys()].sort((a, b) => (((a + 1) * seed) % 7) - (((b + 1) * seed) % 7))
      expect(await after(...order.map((at) => sent[at] as string))).toEqual([...newest.values()].sort())
    }),
    { numRuns: 25 },
  )
})

test('a correction of the type or the time is one of the specimen that there is', async () => {
  expect(await after(oru('10', ['GLU 5.1 SER 08']), oru('11', ['GLU 5.1 PLAS 07'], 'C'))).toEqual(['GLU 5.1 PLAS 07'])
})

test('a correction with a time that nobody knows, where there are several specimens, leaves each result its own', async () => {
  const messages = [oru('10', ['GLU 5.1 SER 08', 'PRO 1 UR 08']), oru('11', ['PRO 3 UR 07'], 'C')]
  for (const order of [messages, messages.toReversed()]) expect(await after(...order)).toContain('GLU 5.1 SER 08')
  expect(await after(...messages)).toEqual(['GLU 5.1 SER 08', 'PRO 3 UR 07'])
})

test('a version that says no time of the report leaves one specimen one', async () => {
  const [first, second] = [untimed('10', ['GLU 5.1 SER 08']), oru('11', ['GLU 5.1 SER 08'])]
  expect(await after(first, second)).toEqual(['GLU 5.1 SER 08'])
  expect(await after(second, first)).toEqual(['GLU 5.1 SER 08'])
})

test('each panel says the tube of its time anew: none of another time takes its place, in either order', async () => {
  const [fasting, later] = [oru('10', ['GLU 5.1 SER 08', 'INS 7 SER 08']), oru('11', ['GLU 11.2 SER 09', 'INS 77 SER 09'])]
  const expected = ['GLU 11.2 SER 09', 'GLU 5.1 SER 08', 'INS 7 SER 08', 'INS 77 SER 09']
  expect(await after(fasting, later)).toEqual(expected)
  expect(await after(later, fasting)).toEqual(expected)
})

test('two of which nothing differs stay two, by their places', async () => {
  await hospital.wipe()
  await hospital.send('his', oru('10', ['GLU 5.1 SER 08', 'K 4 SER 08']))
  expect(await hospital.all('Specimen')).toHaveLength(2)
})
