/** What is broken ends in quarantine with a reason, and what comes after it is fine (formats.md D). */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sourceMapping } from '../../mappings/index.ts'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { payloadBytes, sweepUploads } from '../../server/ingest/receive.ts'
import type { MappedRecord, SourceMapping } from '../../mappings/engine/types.ts'
import { actorOf, observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const sample = (file: string) => readFile(new URL(`../fixtures/samples/${file}`, import.meta.url))

let one: Rig
let broken = true
/** Fails on its records until it is repaired. */
const repaired: SourceMapping = {
  ...recordsMapping,
  id: 'test/repaired',
  map(record, recordType, at, context) {
    if (broken && 'hard' in (record as object)) throw new TypeError('not understood yet')
    return recordsMapping.map(record, recordType, at, context)
  },
}
const mappings: Record<string, SourceMapping> = { 'test/records': recordsMapping, 'test/repaired': repaired }

beforeAll(async () => {
  const codes = { '0001': 'H1' }
  one = await rig(
    [
      sourceOf('his', 'hospital', 'H1', 'hospital/hl7v2', codes),
      sourceOf('cda', 'hospital', 'H1', 'hospital/cda', codes),
      sourceOf('mi', 'miis', 'MIA', 'miis/interface'),
      sourceOf('rp', 'rhip', 'HA', 'rhip/tables', codes),
      sourceOf('raw', 'hospital', 'H1'),
      sourceOf('rep', 'hospital', 'H1', 'test/repaired'),
    ],
    { mapping: (id) => mappings[id] ?? sourceMapping(id) },
  )
  await one.ingest.start()
})
afterAll(() => one.close())

const PI = { kind: 'PI', value: '1', strong: true }

test('a batch of HL7 messages that says of one more, and one that lost its MSH: both are told, the others are stored', async () => {
  const adt = (id: string): string =>
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260306081530||ADT^A31|${id}|P|2.4\rEVN||20260306081530\rPID|1||${id}^^^0001^PI||测试批\r`
  const beheaded = adt('HB2').split('\r').slice(1).join('\r')
  const { payload, counts } = await one.send('his', `BHS|^~\\&|HIS\r${beheaded}${adt('HB1')}${adt('HB3')}BTS|4\rFTS|2\r`)
  expect(counts).toMatchObject({ records: 5, quarantined: 3 })
  const issues = JSON.parse(payload.issues) as { code: string; at: string }[]
  expect(issues.filter(({ code }) => /batch|structure/.test(code)).map(({ code, at }) => [code, at])).toEqual([
    ['batch-messages-count', 'batch 1 BTS-1'],
    ['file-batches-count', 'FTS-1'],
    ['payload-structure', 'message 1: MSH-1'],
  ])
})

describe('payloads that are broken as a whole', () => {
  const archive = Buffer.concat([Buffer.from('PK\u0003\u0004'), randomBytes(20)])
  const doctype = Buffer.from('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument>&a;</ClinicalDocument>')
  test.each([
    ['a broken archive', 'rp', archive, 'archive-damaged'],
    ['XML with a DOCTYPE', 'cda', doctype, 'payload-doctype'],
    ['random bytes for HL7', 'his', randomBytes(5000), undefined],
    ['half of a JSON', 'mi', Buffer.from('{"infno":"2203","input":{"mdtr'), undefined],
    ['JSON nested 10,000 deep', 'mi', Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`), undefined],
    ['nothing at all', 'his', Buffer.alloc(0), undefined],
    ['a page of HTML', 'cda', Buffer.from('<html><body>502 Bad Gateway</body></html>'), undefined],
    ['JSON that is no list', 'raw', Buffer.from('{"a":'), undefined],
  ] as const)('%s: quarantined with its bytes, the next one is fine', async (_, source, bytes, code) => {
    const { payload, counts } = await one.send(source, bytes)
    expect(payload.status).toBe('quarantined')
    expect(counts.quarantined).toBeGreaterThan(0)
    if (code) expect(JSON.parse(payload.issues)).toEqual([expect.objectContaining({ code, severity: 'error' })])
    const kept: Uint8Array[] = []
    for await (const piece of payloadBytes(one.ingest.tables, payload)) kept.push(piece)
    expect(Buffer.concat(kept).equals(Buffer.from(bytes))).toBe(true)
    const good = await one.send('raw', [
      { deliveryId: `after ${_}`, patient: { local: [PI] }, resources: [observation('H1', `after ${_}`, {})] },
    ])
    expect(good.payload.status).toBe('stored')
  })

  test('too large: refused, nothing is kept', async () => {
    const endless = (async function* () {
      for (let sent = 0; sent <= INGEST_BOUNDS.messageBytesMax; sent += 1 << 20) yield Buffer.alloc(1 << 20, 32)
    })()
    const chunks = await one.ingest.tables.chunks.count({})
    await expect(one.ingest.receive('raw', actorOf('raw-client'), endless, { contentType: '', fileName: '' })).rejects.toMatchObject({
      status: 413,
    })
    expect(await one.ingest.tables.chunks.count({})).toBe(chunks)
  })

  test('a message over the inline bound is kept in chunks and processed by a worker', async () => {
    const note = 'x'.repeat(5 * 1024 * 1024)
    const { payload } = await one.send('raw', [
      { deliveryId: 'large', patient: { local: [PI] }, resources: [observation('H1', 'large', {})], note },
    ])
    expect(payload).toMatchObject({ status: 'stored', chunks: 2, inline: null })
  })
})

test('chunks of an upload that was never finished go after a day; those of a payload stay', async () => {
  const { chunks } = one.ingest.tables
  const since = new Date(Date.now() - 2 * INGEST_BOUNDS.uploadMsMax)
  const lost = (at: number) => ({ _id: `lost|${at}`, upload: 'lost', at, since, kept: false, zstd: Buffer.alloc(1) })
  for (const at of [0, 1]) await chunks.insert(lost(at))
  const before = await chunks.count({})
  expect(await sweepUploads(one.ingest.tables, new Date())).toBe(1)
  expect(await chunks.count({})).toBe(before - 2)
})

describe('samples damaged at random', () => {
  test.each([
    ['his', 'hospital/oru-r01-blood-count.hl7'],
    ['cda', 'hospital/cda-c0049-discharge.xml'],
    ['mi', 'miis/4502-lab-report.json'],
    ['rp', 'rhip/20260310/TB_LIS_REPORT.csv'],
  ])(
    '%s: every record is accounted for, nothing breaks',
    async (source, file) => {
      const bytes = await sample(file)
      const damage = fc.oneof(
        fc.nat(bytes.length - 1).map((at) => bytes.subarray(0, at)),
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }).map((flips) => {
          const copy = Buffer.from(bytes)
          for (const [at, byte] of flips) copy[at] = byte
          return copy
        }),
      )
      await fc.assert(
        fc.asyncProperty(damage, async (damaged) => {
          const { payload, counts } = await one.send(source, damaged, file.split('/').at(-1))
          const { records, stored, storedWithIssues, unchanged, waiting, quarantined, refused, nothing } = counts
          expect(stored + storedWithIssues + unchanged + waiting + quarantined + refused + nothing).toBe(records)
          expect(Math.min(stored, storedWithIssues, unchanged, waiting, quarantined)).toBeGreaterThanOrEqual(0)
          expect(['stored', 'stored-with-issues', 'quarantined']).toContain(payload.status)
        }),
        { numRuns: 8 },
      )
    },
    120_000,
  )
})

describe('replay', () => {
  const record = (deliveryId: string, extra: object = {}): Partial<MappedRecord> => ({
    deliveryId,
    patient: { local: [PI] },
    resources: [observation('H1', deliveryId, { valueString: deliveryId })],
    ...extra,
  })

  test('what a repaired mapping understands is stored; what was stored before is not stored again', async () => {
    const { payload, counts } = await one.send('rep', [record('easy'), record('hard', { hard: true })])
    expect(counts).toMatchObject({ records: 2, stored: 1, quarantined: 1 })
    broken = false
    const versions = await one.versions()
    const again = await one.ingest.replay(payload._id)
    expect(again.status).toBe('stored')
    // The Observation that was quarantined and its Provenance.
    expect(await one.versions()).toBe(versions + 2)
    expect(await one.ingest.tables.quarantine.count({ payload: payload._id, state: 'open' })).toBe(0)
  })

  test('a code that was mapped meanwhile is translated in what was stored, and leaves the work list', async () => {
    const unmapped = [{ map: 'specimen' as const, system: 's', code: 'X1' }]
    let mapped = false
    mappings['test/codes'] = {
      ...recordsMapping,
      map: (record, recordType, at) => ({
        ...(recordsMapping.map(record, recordType, at, undefined as never) as MappedRecord),
        resources: [observation('H1', 'coded', { code: mapped ? { coding: [{ system: 'urn:target', code: 'T1' }] } : { text: 'X1' } })],
        unmapped: mapped ? [] : unmapped,
      }),
    }
    const sources = one.ingest.deps.sources as unknown[]
    sources.push(sourceOf('codes', 'hospital', 'H1', 'test/codes'))
    const stream = (async function* () {
      yield Buffer.from(JSON.stringify([{ deliveryId: 'c', patient: { local: [PI] } }]))
    })()
    await one.ingest.receive('codes', actorOf('codes-client'), stream, { contentType: '', fileName: '' })
    expect(await one.ingest.tables.unmapped.count({ source: 'codes' })).toBe(1)
    mapped = true
    expect(await one.ingest.retranslate('codes|specimen|s|X1')).toBe(1)
    const found = (await one.all('Observation')).find((o) => JSON.stringify(o.code).includes('T1'))
    expect(found?.meta?.versionId).toBe('2')
    expect(await one.ingest.tables.unmapped.count({ source: 'codes' })).toBe(0)
  })
})

describe('a process that dies', () => {
  test('an accepted payload is finished by another one from where it was, each record once', async () => {
    const rows = Array.from({ length: 5 }, (_, at) => ({
      deliveryId: `row ${at}`,
      patient: { local: [PI] },
      resources: [observation('H1', `row ${at}`, {})],
    }))
    const { payload } = await one.send('raw', rows)
    const versions = await one.versions()
    // As it stands when the process dies after its third record: status and counts of the last checkpoint, a lapsed lease.
    await one.ingest.tables.payloads.update(
      { _id: payload._id },
      {
        set: {
          status: 'processing',
          finishedAt: null,
          checkpoint: 2,
          counts: { ...payload.counts, total: 2, resources: 2 },
          leaseUntil: new Date(0),
          leaseOwner: 'dead',
        },
      },
    )
    await one.ingest.work()
    const after = await one.ingest.tables.payloads.get(payload._id)
    expect(after).toMatchObject({ status: 'stored', counts: { total: 5, unchanged: 0, resources: 5 } })
    expect(await one.versions()).toBe(versions)
  })

  test('a payload whose lease is held is left alone', async () => {
    const { payload } = await one.send('raw', [{ deliveryId: 'held', patient: { local: [PI] }, resources: [] }])
    await one.ingest.tables.payloads.update(
      { _id: payload._id },
      { set: { status: 'processing', finishedAt: null, leaseOwner: 'other', leaseUntil: new Date(Date.now() + 60_000) } },
    )
    await one.ingest.work()
    expect(await one.ingest.tables.payloads.get(payload._id)).toMatchObject({ status: 'processing' })
  })
})

test('more records than are held at once are refused before anything is kept; as many are taken', async () => {
  const before = await one.ingest.tables.payloads.count({})
  const list = (items: number) => `[${Array.from({ length: items }, () => '1').join(',')}]`
  await expect(one.send('mi', list(INGEST_BOUNDS.messageRecordsMax + 1))).rejects.toMatchObject({ issues: [{ code: 'payload-too-large' }] })
  expect(await one.ingest.tables.payloads.count({})).toBe(before)
  expect((await one.send('mi', list(20))).counts).toMatchObject({ records: 20, quarantined: 20 })
})
