import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { rhipDeXml } from '../../../mappings/rhip/de-xml/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

const BODY =
  '<DE01.00.018.00>R1</DE01.00.018.00><DE08.10.052.00>12110000000000001N</DE08.10.052.00><DE04.50.137.00>20260306T063000</DE04.50.137.00>'
const document = (inner: string, type = 'HSDC02.01') =>
  `<?xml version="1.0" encoding="UTF-8"?><HSDB><DOC type="${type}">${inner}</DOC></HSDB>`

describe('refused', () => {
  test.each([
    ['no XML', 'hello', 'payload-structure'],
    ['no DOC', '<HSDB/>', 'payload-structure'],
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><HSDB><DOC type="HSDC02.01">&e;</DOC></HSDB>', 'payload-doctype'],
    ['an archive', 'PK\u0003\u0004', 'payload-archive'],
    ['another data set', document(BODY, 'HSDB04.06'), 'payload-type-unsupported'],
    ['no report number', document(BODY.replace('R1', '-')), 'mapping-required'],
    ['no institution', document(BODY.replace('12110000000000001N', '')), 'mapping-required'],
    ['no time at all', document(BODY.replace('20260306T063000', '1900-01-01')), 'mapping-required'],
  ])('%s', async (_, xml, code) => {
    const { mapped, rejected } = await readAll(rhipDeXml, xml)
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => reason.code)).toEqual([code])
  })

  test('one bad document does not take the others with it', async () => {
    const both = document(BODY).replace('</HSDB>', `<DOC type="HSDC02.01">${BODY.replace('R1', '')}</DOC></HSDB>`)
    const { mapped, rejected } = await readAll(rhipDeXml, both)
    expect([mapped.map(({ at }) => at), rejected.map(({ at }) => at)]).toEqual([['document 1'], ['document 2']])
    // The bytes of all would be kept with each of them; one that came alone has its own.
    expect(rejected[0]?.raw).toBeUndefined()
    expect((await readAll(rhipDeXml, document(BODY.replace('R1', '-'), 'HSDB04.06'))).rejected[0]?.raw?.byteLength).toBeGreaterThan(0)
  })
})

test('the sample, GB 18030: the same keys as the hospital and the tables', async () => {
  const { mapped, rejected } = await readAll(rhipDeXml, sample('rhip/de-coded-lab.xml'))
  expect(rejected).toEqual([])
  const [record] = mapped
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(record).toMatchObject({ recordType: 'HSDC02.01', issues: [], unmapped: [], unread: [] })
  expect(record?.patient).toEqual({
    local: [
      { kind: 'VISIT', value: 'H1|ZY20260305001', strong: false },
      { kind: 'REPORT', value: 'H1|BG2026030600077', strong: false },
    ],
    legal: { type: '01', number: '110100195803120019' },
    name: '王建国',
    birthDate: '1958-03-12',
    gender: 'male',
  })
  expect(ofType(record, 'DiagnosticReport')[0]?.key).toEqual({ type: 'DiagnosticReport', scope: 'H1', parts: ['BG2026030600077'] })
  const result = ofType(record, 'Observation')[0]
  expect(result?.key).toEqual({ type: 'Observation', scope: 'H1', parts: ['BG2026030600077', 'WBC'] })
  expect(JSON.stringify(result?.resource)).toContain('"value":10.90,')
  expect(plain(result)).toMatchObject({
    code: { coding: [{ code: '6690-2' }, { code: 'WBC' }] },
    effectiveDateTime: '2026-03-06T06:30:00+08:00',
    interpretation: [{ coding: [{ code: 'A' }] }],
  })
  expect(plain(ofType(record, 'Specimen')[0])).toMatchObject({ type: { coding: [{ code: 'BLD' }, { code: '全血' }], text: '全血' } })
})

test('an element that comes twice is flagged, one that no rule knows is listed', async () => {
  const { mapped } = await readAll(
    rhipDeXml,
    document(`${BODY}<DE01.00.014.00>V1</DE01.00.014.00><DE01.00.014.00>V2</DE01.00.014.00><DE99.00.001.00>x</DE99.00.001.00>`),
  )
  expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-conflict', 'DE01.00.014.00']])
  expect(mapped[0]?.unread).toEqual(['DE99.00.001.00'])
})

test('whatever comes: nothing is thrown, and something always comes of it', async () => {
  const element = fc.constantFrom('DE01.00.018.00', 'DE08.10.052.00', 'DE04.50.137.00', 'DE02.01.030.00', 'ITEM', 'DE04.30.015.00', 'x')
  const piece = fc
    .tuple(element, fc.constantFrom('-', '', '20260306', '1', '&lt;0.5', '王'))
    .map(([name, text]) => `<${name}>${text}</${name}>`)
  const xml = fc.oneof(
    fc.array(piece).map((pieces) => document(pieces.join(''))),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
  )
  await fc.assert(
    fc.asyncProperty(xml, async (text) => {
      const { mapped, rejected } = await readAll(rhipDeXml, text)
      expect(mapped.length + rejected.length).toBe(1)
      expect(mapped.flatMap(brokenRules)).toEqual([])
    }),
    { numRuns: 200 },
  )
})
