/** An archive of documents with its index, as its rows are mapped; what ingest makes of archives is in tests/ingest/documents.test.ts. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { isDigestOf } from '../../../mappings/hospital/documents/digest.ts'
import { hospitalDocuments } from '../../../mappings/hospital/documents/index.ts'
import { fileKind } from '../../../mappings/engine/values/file-kind.ts'
import { zipOf } from '../parsers/zip-files.ts'
import { brokenRules, context, ofType, plain, readAll, sample } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const OWN = context('hospital', 'H1')
const read = (payload: Uint8Array) => readAll(hospitalDocuments, payload, { context: OWN, fileName: 'day.zip' })
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n')

test('the sample: a PDF and a scan of one stay', async () => {
  const { mapped, rejected } = await read(sample('hospital/documents/day.zip'))
  expect(rejected).toEqual([])
  expect([mapped.flatMap(brokenRules), mapped.flatMap(unresolved), mapped.flatMap(invalid)]).toEqual([[], [], []])
  expect(mapped.map(({ unread, issues }) => [unread, issues])).toEqual([
    [[], []],
    [[], []],
  ])
  const [first, second] = mapped
  expect(first).toMatchObject({
    at: '索引.csv row 1',
    patient: {
      local: [
        { kind: 'PI', value: '0001023456', strong: true },
        { kind: 'VISIT', value: 'ZY20260305001' },
      ],
      name: '王建国',
    },
  })
  const [reference] = ofType(first, 'DocumentReference')
  // The key of a document that a message brings under the same number (MDM, TXA-12).
  expect(reference).toMatchObject({
    key: { type: 'DocumentReference', scope: 'H1', parts: ['WS20260312001'] },
    statedAt: '2026-03-12T08:00:00.000Z',
  })
  expect(plain(reference)).toMatchObject({
    type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0049' }] },
    author: [{ $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } }],
    context: {
      encounter: [{ $key: { parts: ['ZY20260305001'] } }],
      practiceSetting: { coding: [{ system: 'https://fhir-cn.example/sid/H1/department-code', code: '0301' }], text: '心内科' },
    },
  })
  expect(plain(ofType(second, 'Binary')[0])).toMatchObject({
    contentType: 'image/png',
    securityContext: { $key: { type: 'DocumentReference', parts: ['WS20260305007'] } },
  })
})

describe('a row', () => {
  const archive = (rows: string, ...names: string[]) =>
    zipOf([{ name: 'a/i.txt', content: rows }, ...names.map((name) => ({ name, content: PDF }))])

  test('English names, tabs, a file beside the index; without a number it is known by its visit and file', async () => {
    const { mapped, rejected } = await read(archive('file\tvisit_no\tidentity_no\nX.PDF\tV1\t110100195803120019\n', 'a/x.pdf'))
    expect(rejected).toEqual([])
    expect(ofType(mapped[0], 'DocumentReference')[0]?.key).toMatchObject({ parts: ['file.V1.X.PDF'] })
    expect(mapped[0]?.patient).toMatchObject({ legal: { type: '01', number: '110100195803120019' } })
  })

  test('an identity number is part of no document’s number: a row without another one is rejected', async () => {
    const { mapped, rejected } = await read(archive('file,identity_no\nx.pdf,110100195803120019\n', 'a/x.pdf'))
    expect([mapped, rejected.map(({ reason }) => reason.code)]).toEqual([[], ['mapping-required', 'document-not-listed']])
  })

  test('nor is that in the name of the file', async () => {
    const rows = (number: string) => `file,visit_no,document_no\n110100195803120019_1.pdf,V1,${number}\n`
    const without = await read(archive(rows(''), 'a/110100195803120019_1.pdf'))
    expect([without.mapped, without.rejected.map(({ reason }) => reason.code)]).toEqual([[], ['mapping-required', 'document-not-listed']])
    const { mapped } = await read(archive(rows('D1'), 'a/110100195803120019_1.pdf'))
    expect(JSON.stringify(mapped)).not.toContain('110100195803120019')
  })

  test('a file that no row lists comes with its bytes, for whoever looks into it', async () => {
    const { rejected } = await read(archive('file,document_no,patient_no\nx.pdf,D1,P1\n', 'a/x.pdf', 'a/y.pdf'))
    expect(rejected.map(({ at, raw, reason }) => [at, reason.code, Buffer.from(raw ?? [])])).toEqual([
      ['file 3', 'document-not-listed', PDF],
    ])
  })

  test('of a visit and of a patient that are numbered alike: two documents', async () => {
    const numbers = async (rows: string) =>
      (await read(archive(rows, 'a/1.pdf'))).mapped.map((one) => ofType(one, 'DocumentReference')[0]?.key)
    const [visit, patient] = [await numbers('file,visit_no\n1.pdf,123456\n'), await numbers('file,patient_no\n1.pdf,123456\n')]
    expect([visit, patient]).toMatchObject([[{ parts: ['file.123456.1.pdf'] }], [{ parts: ['file.patient.123456.1.pdf'] }]])
  })

  test('two files whose names are one in other characters: neither is taken for the other', async () => {
    const { mapped, rejected } = await read(archive('file,document_no,patient_no\n\u00e9.pdf,D1,P1\n', 'a/\u00e9.pdf', 'a/e\u0301.pdf'))
    expect([mapped, rejected.map(({ reason }) => reason.code).sort()]).toEqual([
      [],
      ['document-file-missing', 'document-not-listed', 'document-not-listed'],
    ])
  })

  test('taken back, with its file, without it and with one that is damaged', async () => {
    for (const [hash, names] of [
      ['', []],
      ['', ['a/x.pdf']],
      ['a'.repeat(32), ['a/x.pdf']],
    ] as const) {
      const { mapped, rejected } = await read(archive(`file,document_no,patient_no,status,hash\nx.pdf,D1,P1,2,${hash}\n`, ...names))
      expect(rejected).toEqual([])
      expect(mapped[0]?.resources.map(({ resource, state }) => [resource.resourceType, state])).toEqual(
        expect.arrayContaining([
          ['Binary', 'withdrawn'],
          ['DocumentReference', 'withdrawn'],
        ]),
      )
    }
  })
})

test('what a file is say its first bytes, and its name must agree', () => {
  const of = (name: string, ...bytes: number[]) => fileKind(name, Uint8Array.from(bytes))
  expect(of('a.PDF', 0x25, 0x50, 0x44, 0x46, 0x2d)).toBe('application/pdf')
  expect(of('a.jpeg', 0xff, 0xd8, 0xff)).toBe('image/jpeg')
  expect(of('a.tiff', 0x4d, 0x4d, 0x00, 0x2a)).toBe('image/tiff')
  for (const wrong of [of('a.pdf', 0xff, 0xd8, 0xff), of('a', 0x25, 0x50, 0x44, 0x46, 0x2d), of('a.dcm', 0, 0, 0), of('a.pdf')])
    expect(wrong).toBeUndefined()
})

test('digests in any of the usual forms', () => {
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sm3'])
    expect(isDigestOf(createHash(algorithm).update(PDF).digest('hex'), PDF)).toBe(true)
  expect(isDigestOf(`SHA256:${createHash('sha256').update(PDF).digest('hex').toUpperCase()}`, PDF)).toBe(true)
  for (const wrong of ['', 'x', 'a'.repeat(32), 'a'.repeat(33)]) expect(isDigestOf(wrong, PDF)).toBe(false)
})
