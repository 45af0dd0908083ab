/** What of a source's issues refuses a record, what is stored with them, and what both count for. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createQuality } from '../../server/ingest/quality.ts'
import { qualityAnswer } from '../../server/ingest/quality-answer.ts'
import type { IngestSource, Quality, QualityDoc, SourceValidation } from '../../server/ingest/types.ts'
import { decision, observation, rig, type Rig, sourceOf } from './support.ts'

const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const ISSUE = 'https://fhir-cn.example/CodeSystem/yilian-issue'

const judged = (id: string, validation: Partial<SourceValidation>): IngestSource => ({
  ...sourceOf(id, 'hospital', 'H1'),
  validation: { strict: false, refuse: new Set(), pass: new Set(), ...validation },
})
const SOURCES = [
  judged('lenient', {}),
  judged('strict', { strict: true }),
  judged('passing', { strict: true, pass: new Set(['per-1']) }),
  judged('refusing', { refuse: new Set(['facts-disagree']) }),
  judged('sound', {}),
]

let one: Rig
let quality: Quality
beforeAll(async () => {
  one = await rig(SOURCES)
  quality = createQuality({
    table: one.store.table<QualityDoc>(decision, 'source_quality'),
    payloads: one.ingest.tables.payloads,
    writer: one.ingest.deps.writer,
    timezone: 'Asia/Shanghai',
    // 23:30 on the tenth in UTC is the eleventh in Shanghai.
    now: () => new Date('2026-03-10T23:30:00Z'),
  })
  one.ingest.deps.quality = quality
  await one.ingest.start()
})
afterAll(() => one.close())

/** A period that ends before it starts: per-1, the sender's own facts. */
const backwards = { effectivePeriod: { start: '2026-03-06', end: '2026-03-05' } }
const record = (no: string, resource: object) => [
  {
    deliveryId: no,
    patient: { local: [PI('1')], name: '王建国' },
    resources: [
      {
        key: 'patient',
        resource: { resourceType: 'Patient', name: [{ text: '王建国' }] },
        state: 'current',
        statedAt: '2026-03-06T08:00:00Z',
      },
      observation('H1', no, { valueString: 'x', ...resource }),
    ],
  },
]
const named = async (no: string): Promise<FhirResource | undefined> =>
  (await one.all('Observation')).find((each) => (each.code as { text?: string }).text === no)

describe('a record with an error of its facts', () => {
  test.each([
    ['lenient', 'stored-with-issues'],
    ['strict', 'quarantined'],
    ['passing', 'stored-with-issues'],
    ['refusing', 'quarantined'],
  ])('of source %s is %s', async (source, status) => {
    const { payload } = await one.send(source, record(`o-${source}`, backwards))
    expect(payload.status).toBe(status)
    const issues = JSON.parse(payload.issues) as { severity: string; code: string; rule?: string }[]
    const isRefused = status === 'quarantined'
    expect(issues.some(({ code }) => code === 'source-refused')).toBe(isRefused)
    expect(issues.find(({ rule }) => rule === 'per-1')?.severity).toBe(isRefused ? 'error' : 'warning')
    expect((await named(`o-${source}`)) !== undefined).toBe(!isRefused)
  })

  test('carries the kinds of its issues, and no longer once it is mended', async () => {
    await one.send('lenient', record('mended', backwards))
    expect((await named('mended'))?.meta?.tag).toEqual([{ system: ISSUE, code: 'facts-disagree' }])
    const [again] = record('mended', { effectivePeriod: { start: '2026-03-06', end: '2026-03-07' } })
    const later = again?.resources.map((each) => ({ ...each, statedAt: '2026-03-07T08:00:00Z' }))
    const { payload } = await one.send('lenient', [{ ...again, resources: later }])
    expect([payload.status, (await named('mended'))?.meta?.tag]).toEqual(['stored', undefined])
  })
})

test('a sound record of a strict source is stored, and without a tag', async () => {
  const { payload } = await one.send('strict', record('sound', {}))
  expect([payload.status, (await named('sound'))?.meta?.tag]).toEqual(['stored', undefined])
})

test('what was wrong before is no fault of a strict source that adds to it', async () => {
  await one.send('lenient', record('shared', backwards))
  const { payload } = await one.send('strict', record('shared', { interpretation: [{ text: 'H' }] }))
  expect(payload.status).toBe('stored-with-issues')
  expect((await named('shared'))?.interpretation).toEqual([{ text: 'H' }])
})

describe('quality', () => {
  const of = async (source: string) => {
    const sources = SOURCES.filter(({ id }) => id === source)
    return (await qualityAnswer(quality, sources, { from: '2026-03-11', to: '2026-03-11' })).sources[0]
  }

  test('counts what was sound, stored with issues, and refused, on the day of the site', async () => {
    for (const [no, resource] of [
      ['q1', {}],
      ['q2', {}],
      ['q3', {}],
      ['q4', backwards],
    ] as const)
      await one.send('sound', record(no, resource))
    const counts = { records: 4, sound: 3, withIssues: 1, refused: 0, quality: 0.75 }
    expect(await of('sound')).toEqual({
      source: 'sound',
      organization: 'H1',
      ...counts,
      days: [{ day: '2026-03-11', ...counts }],
      issues: [{ code: 'rule', rule: 'per-1', records: 1 }],
    })
  })

  test('what is sent again, and played again, counts once', async () => {
    const before = await of('sound')
    await one.send('sound', record('q1', {}))
    const { payload } = await one.send('sound', [...record('q1', {}), ...record('q2', {})])
    await one.ingest.replay(payload._id)
    expect(await of('sound')).toEqual(before)
  })

  test('a refused record counts with its reason', async () => {
    const refusing = await of('refusing')
    expect(refusing).toMatchObject({ records: 1, sound: 0, refused: 1, quality: 0 })
    expect(refusing?.issues).toEqual(
      expect.arrayContaining([
        { code: 'source-refused', records: 1 },
        { code: 'rule', rule: 'per-1', records: 1 },
      ]),
    )
  })

  test('days outside are not shown', async () => {
    const none = await qualityAnswer(quality, [SOURCES[0] as IngestSource], { from: '2026-03-01', to: '2026-03-10' })
    expect(none.sources[0]).toMatchObject({ records: 0, quality: null, days: [], issues: [] })
  })
})
