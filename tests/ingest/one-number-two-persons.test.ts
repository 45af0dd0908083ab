/** One report number that two sources use for two persons: nothing of the one is seen in the other's, and whoever said it last is told. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { rig, type Rig, sourceOf } from './support.ts'

const WANG = '110100195803120019'
const LI = '310100196511080248'
let one: Rig

beforeAll(async () => {
  one = await rig([sourceOf('lis', 'hospital', 'H1'), sourceOf('mi', 'miis', 'MIA')])
  await one.ingest.start()
})
afterAll(() => one.close())
beforeEach(() => one.wipe())

let count = 0
const said = (number: string, local: string, words: object, at: string): object => ({
  deliveryId: `d${count++}`,
  patient: { local: [{ kind: 'PI', value: local, strong: true }], ...(number !== '' && { legal: { type: '01', number } }) },
  resources: [
    {
      key: { type: 'DiagnosticReport', scope: 'H1', parts: ['BG1'] },
      resource: { resourceType: 'DiagnosticReport', status: 'final', code: { text: '血常规' }, subject: { $patient: true }, ...words },
      state: 'current',
      statedAt: at,
    },
  ],
})
const codesOf = (payload: { issues: string }): string[] => (JSON.parse(payload.issues) as { code: string }[]).map(({ code }) => code)

const HOSPITAL = ['lis', said(WANG, '1', { conclusion: '王' }, '2026-03-06T08:00:00Z')] as const
const INSURANCE = ['mi', said(LI, '2', { conclusion: '李', effectiveDateTime: '2026-03-05' }, '2026-03-07T08:00:00Z')] as const

test.each([
  ['the hospital first', [HOSPITAL, INSURANCE], 1],
  ['the insurance first', [INSURANCE, HOSPITAL], undefined],
] as const)('%s: the report is the one of whom the hospital says it, and of nobody else', async (_name, order, told) => {
  const codes: string[][] = []
  for (const [source, record] of order) codes.push(codesOf((await one.send(source, [record])).payload))
  const [report, ...others] = await one.all('DiagnosticReport')
  expect(others).toEqual([])
  expect(report).toMatchObject({ conclusion: '王' })
  expect(JSON.stringify(report)).not.toMatch(/李|2026-03-05/)
  if (told !== undefined) expect(codes[told]).toContain('other-person')
})

const FIRST = ['lis', said(WANG, '1', { conclusion: '王', conclusionCode: [{ text: '王的' }] }, '2026-03-06T08:00:00Z')] as const
const SECOND = ['lis', said(LI, '2', { effectiveDateTime: '2026-03-07' }, '2026-03-07T08:00:00Z')] as const

test.each([
  ['as they were said', [FIRST, SECOND], undefined],
  ['the older word last', [SECOND, FIRST], 1],
] as const)('a source that uses a number again for another patient tells nothing of the first one in it, %s', async (_, order, told) => {
  const codes: string[][] = []
  for (const [source, record] of order) codes.push(codesOf((await one.send(source, [record])).payload))
  const [report, ...others] = await one.all('DiagnosticReport')
  expect(others).toEqual([])
  expect(report).toMatchObject({ effectiveDateTime: '2026-03-07' })
  expect(JSON.stringify(report)).not.toMatch(/王/)
  const [li] = await one.ingest.tables.identities.find({ number: LI })
  expect(report?.subject).toEqual({ reference: `Patient/${li?.master}` })
  expect(codes.map((found) => found.includes('other-person'))).toEqual(order.map((_one, at) => at === told))
})

test('and all of it is heard once the two turn out to be one person', async () => {
  for (const [source, record] of [FIRST, SECOND]) await one.send(source, [record])
  await one.send('lis', [{ ...said(WANG, '2', { effectiveDateTime: '2026-03-07' }, '2026-03-08T08:00:00Z') }])
  const [report] = await one.all('DiagnosticReport')
  expect(report).toMatchObject({ conclusion: '王', effectiveDateTime: '2026-03-07' })
})

test('ever new patients under one number are not remembered for good', async () => {
  for (let n = 0; n < 2 * INGEST_BOUNDS.patientsOfThingMax; n++)
    await one.send('lis', [said('', `n${n}`, { conclusion: `of ${n}` }, `2026-03-${String(n + 1).padStart(2, '0')}T08:00:00Z`)])
  const [report] = await one.all('DiagnosticReport')
  expect(report?.conclusion).toBe(`of ${2 * INGEST_BOUNDS.patientsOfThingMax - 1}`)
  const [row] = await one.ingest.tables.contributions.find({ things: `DiagnosticReport/${report?.id}` })
  expect(row?.patients).toHaveLength(INGEST_BOUNDS.patientsOfThingMax)
})

const DOCUMENT = { scope: 'H1', parts: ['D1'] }
/** A document with its bytes, which name nobody themselves. */
const documentOf = (number: string, local: string, at: string): object => {
  const { resources, ...rest } = said(number, local, {}, at) as { resources: [{ state: string; statedAt: string }] }
  const [{ state, statedAt }] = resources
  const url = { $url: { type: 'Binary', ...DOCUMENT } }
  const reference = { status: 'current', subject: { $patient: true }, description: local, content: [{ attachment: { url } }] }
  const bytes = { contentType: 'text/plain', securityContext: { $key: { type: 'DocumentReference', ...DOCUMENT } }, data: btoa(local) }
  return {
    ...rest,
    resources: Object.entries({ DocumentReference: reference, Binary: bytes }).map(([type, elements]) => ({
      ...{ key: { type, ...DOCUMENT }, state, statedAt },
      resource: { resourceType: type, ...elements },
    })),
  }
}

test('a document whose number comes for another patient is that one s, and whoever says it is told', async () => {
  const [wang, li] = [documentOf(WANG, '1', '2026-03-06T08:00:00Z'), documentOf(LI, '2', '2026-03-07T08:00:00Z')]
  for (const [order, expected] of [
    [
      [wang, li],
      [[], ['other-person-before']],
    ],
    [
      [li, wang],
      // Of the document and of its bytes.
      [[], ['other-person', 'other-person']],
    ],
    [
      [wang, documentOf('', '1', '2026-03-07T08:00:00Z')],
      [[], []],
    ],
  ] as const) {
    await one.wipe()
    const codes: string[][] = []
    for (const record of order) codes.push(codesOf((await one.send('lis', [record])).payload).filter((code) => code.startsWith('other')))
    expect(codes).toEqual(expected)
  }
})

/** In one payload, at one instant: neither came after the other. */
test.each([
  ['the one first', [WANG, LI]],
  ['the other first', [LI, WANG]],
])('the bytes are those of whoever has the document, %s', async (_, numbers) => {
  for (let n = 0; n < 8; n++) {
    await one.wipe()
    await one.send(
      'lis',
      numbers.map((number) => documentOf(number, `${number === WANG ? 'w' : 'l'}${n}`, '2026-03-06T08:00:00Z')),
    )
    const [[document], [bytes]] = [await one.all('DocumentReference'), await one.all('Binary')]
    expect(atob(String(bytes?.data))).toBe(document?.description)
    const [li] = await one.ingest.tables.identities.find({ number: LI })
    const isHers = String(document?.description).startsWith('l')
    expect(document?.subject).toEqual({ reference: isHers ? `Patient/${li?.master}` : expect.not.stringContaining(String(li?.master)) })
  }
})
