/** A document that its source takes back: no byte of it can be read any more, whatever the cancellation brings and whichever came first. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import { rig, type Rig, sourceOf } from './support.ts'

const PDF = Buffer.from('%PDF-1.4\n%secret\n%%EOF\n').toString('base64')
const BYTES = [`OBX|1|ED|PDF^原文||^application^pdf^Base64^${PDF}||||||F`, `OBX|2|ED|PDF^附页||^application^pdf^Base64^${PDF}||||||F`]
const WORDS = ['OBX|3|TX|T^内容||患者入院||||||F']

/** @param at of the message, HHmm */
const mdm = (event: string, documentNo: string, at: string, obx: string[] = [], availability = 'AV'): string =>
  [
    `MSH|^~\\&|EMR|0001|EAI|YILIAN|20260310${at}00||MDM^${event}|${documentNo}${at}|P|2.4||||||UTF-8`,
    `EVN|${event}|20260310${at}00`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    'PV1|1|I|||||||||||||||||ZY1',
    `TXA|1|CYJL^出院记录|AP|||20260310153000|||D0123^赵医生|||${documentNo}||||出院记录.pdf|AU||${availability}`,
    ...obx,
    '',
  ].join('\r')

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1', 'hospital/hl7v2')], { mapping: sourceMapping })
})
afterAll(() => one.close())

async function send(...messages: string[]): Promise<void> {
  for (const text of messages)
    expect((await one.send('his', text)).counts).toMatchObject({ records: 1, quarantined: 0, waiting: 0, refused: 0, nothing: 0 })
}
/** What its DocumentReference says, and all bytes that are kept: each test leaves none but those that it expects. */
async function contents(documentNo: string): Promise<{ status: unknown; data: unknown[] }> {
  const document = (await one.all('DocumentReference')).find(({ masterIdentifier, identifier }) =>
    JSON.stringify([masterIdentifier, identifier]).includes(`"${documentNo}"`),
  )
  const binaries = await one.all('Binary')
  return { status: document?.status, data: binaries.filter(({ data }) => data !== undefined) }
}

test.each<[string, (no: string) => string[]]>([
  ['T11', (no) => [mdm('T02', no, '1600', [...BYTES, ...WORDS]), mdm('T11', no, '1700')]],
  ['T11 that came first', (no) => [mdm('T11', no, '1700'), mdm('T02', no, '1600', [...BYTES, ...WORDS])]],
  ['TXA-19 CA', (no) => [mdm('T02', no, '1600', [...BYTES, ...WORDS]), mdm('T01', no, '1700', [], 'CA')]],
])('%s: all its contents are void with the document', async (kind, messages) => {
  const documentNo = `V${kind.replaceAll(/\W/g, '')}`
  await send(...messages(documentNo))
  expect(await contents(documentNo)).toEqual({ status: 'entered-in-error', data: [] })
  // Whoever sent them sends the older ones again: nothing comes back.
  await send(mdm('T02', documentNo, '1630', BYTES))
  expect(await contents(documentNo)).toEqual({ status: 'entered-in-error', data: [] })
})

test('a newer document under its number stands with its bytes', async () => {
  await send(mdm('T02', 'N1', '1600', BYTES), mdm('T11', 'N1', '1700'), mdm('T02', 'N1', '1800', BYTES))
  const { status, data } = await contents('N1')
  expect([status, data]).toEqual(['current', [expect.objectContaining({ data: PDF }), expect.objectContaining({ data: PDF })]])
})

test('a document that was never sent leaves nothing but that it was taken back', async () => {
  const before = (await one.all('Binary')).length
  await send(mdm('T11', 'U1', '1700'))
  expect([(await one.all('Binary')).length, (await contents('U1')).status]).toEqual([before, 'entered-in-error'])
})
