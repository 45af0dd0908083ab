import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
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
    interpretation: [{ coding: [{ code: 'A' }], text: '异常' }],
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

describe('several documents in one file', () => {
  const doc = (report: string, inner = '') => `<DOC type="HSDC02.01">${BODY.replace('R1', report)}${inner}</DOC>`

  test('each has its own bytes, whatever stands around it, in every charset', async () => {
    const [good, bad] = [doc('R1', '<DE02.01.039.00>王建国</DE02.01.039.00>'), '<d:DOC xmlns:d="urn:d" type="HS>01">李</d:DOC>']
    const text = `<HSDB><!-- <DOC> --><B>${good}<![CDATA[</DOC>]]></B>${bad}<DOC/><?x <DOC ?></HSDB>`
    for (const [charset, mark] of [
      ['utf-8', ''],
      ['gb18030', ''],
      ['utf-16le', '\ufeff'],
      ['utf-16be', '\ufeff'],
    ] as const) {
      const { mapped, rejected } = await readAll(rhipDeXml, iconv.encode(mark + text, charset))
      expect(mapped.map(({ at, deliveryId }) => [at, deliveryId])).toEqual([['document 1', 'HSDC02.01|12110000000000001N|R1']])
      expect(rejected.map(({ at, reason, raw }) => [at, reason.code, iconv.decode(Buffer.from(raw ?? []), charset)])).toEqual([
        ['document 2', 'payload-type-unsupported', bad],
        ['document 3', 'payload-type-unsupported', '<DOC/>'],
      ])
    }
  })

  test('persons in documents of their own are kept apart', async () => {
    const of = (report: string, name: string) => doc(report, `<DE02.01.039.00>${name}</DE02.01.039.00>`)
    const { mapped } = await readAll(rhipDeXml, `<HSDB>${of('R1', '王建国')}${of('R2', '李秀兰')}</HSDB>`)
    expect(mapped.map(({ patient }) => [patient?.name, patient?.local[0]?.value])).toEqual([
      ['王建国', 'H1|R1'],
      ['李秀兰', 'H1|R2'],
    ])
  })
})

test('all documents of a file together weigh what its tree takes', async () => {
  const bytes = Buffer.from(`<HSDB>${`<DOC type="HSDC02.01">${'<i/>'.repeat(499)}</DOC>`.repeat(2)}</HSDB>`)
  let weight = 0
  for await (const one of rhipDeXml.decode(Readable.from([bytes]), { charset: 'auto' })) weight += one.ok ? (one.weight ?? 0) : 0
  // 1,001 elements of 200 bytes, two attributes of 60, and the bytes themselves.
  expect(weight).toBe(1001 * 200 + 2 * 60 + bytes.byteLength)
})

describe('a document of which it cannot be told whose it is goes to quarantine as a whole', () => {
  const ONE = '<DE02.01.030.00>110100195803120019</DE02.01.030.00>'
  const OTHER = '<DE02.01.030.00>110100196511081227</DE02.01.030.00>'
  test.each([
    ['two identity numbers', ONE + OTHER, 'DE02.01.030.00'],
    ['a result of another person', `${ONE}<ITEM>${OTHER}<DE04.30.019.00>WBC</DE04.30.019.00></ITEM>`, 'DE02.01.030.00'],
    ['results of two persons', `<ITEM>${ONE}</ITEM><ITEM>${OTHER}</ITEM>`, 'DE02.01.030.00'],
    ['two persons in one result', `<ITEM>${ONE}${OTHER}</ITEM>`, 'DE02.01.030.00'],
    ['two names', '<DE02.01.039.00>王建国</DE02.01.039.00><DE02.01.039.00>李秀兰</DE02.01.039.00>', 'DE02.01.039.00'],
    ['two reports', '<DE01.00.018.00>R2</DE01.00.018.00>', 'DE01.00.018.00'],
    ['two institutions', '<DE08.10.052.00>0002</DE08.10.052.00>', 'DE08.10.052.00'],
  ])('%s', async (_, more, at) => {
    const { mapped, rejected } = await readAll(rhipDeXml, document(BODY + more))
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-conflict', at]])
  })

  test('said again in the same words, or once and once empty, it is of one', async () => {
    const more = `${ONE}${ONE}<DE02.01.030.00>-</DE02.01.030.00><ITEM>${ONE}<DE04.30.019.00>WBC</DE04.30.019.00></ITEM>`
    const { mapped } = await readAll(rhipDeXml, document(BODY + more))
    expect(mapped[0]).toMatchObject({ issues: [], patient: { legal: { type: '01', number: '110100195803120019' } } })
  })
})

test('an element that is empty says nothing: what is filled beside it or in the document counts', async () => {
  const item =
    '<ITEM><DE04.30.019.00/><DE04.30.019.00>WBC</DE04.30.019.00><DE04.30.020.00>白细胞</DE04.30.020.00><DE04.30.015.00>5.1</DE04.30.015.00>' +
    '<DE01.00.018.00/><DE08.10.052.00>-</DE08.10.052.00><DE04.50.137.00/></ITEM>'
  const { mapped } = await readAll(rhipDeXml, document(`<DE01.00.018.00/>${BODY}${item}`))
  expect(mapped[0]?.issues).toEqual([])
  const [result] = ofType(mapped[0], 'Observation')
  expect(result?.key).toEqual({ type: 'Observation', scope: 'H1', parts: ['R1', 'WBC'] })
  expect(plain(result)).toMatchObject({ effectiveDateTime: '2026-03-06T06:30:00+08:00' })
})

test('in a result as well, what comes twice is flagged, and what stands within another element is listed', async () => {
  const item =
    '<ITEM><DE04.30.019.00>WBC</DE04.30.019.00><DE04.30.015.00>5.1</DE04.30.015.00><DE04.30.015.00>6.2</DE04.30.015.00>' +
    '<DE04.30.016.00><UNIT>10^9/L</UNIT></DE04.30.016.00></ITEM>'
  const { mapped } = await readAll(rhipDeXml, document(`${BODY}<BRXX><DE02.01.039.00>王建国</DE02.01.039.00></BRXX>${item}`))
  expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-conflict', 'ITEM[0].DE04.30.015.00']])
  expect(mapped[0]?.unread).toEqual(['BRXX/DE02.01.039.00', 'ITEM[0].DE04.30.016.00/UNIT'])
  expect(plain(ofType(mapped[0], 'Observation')[0])).toMatchObject({ valueQuantity: { value: 5.1 } })
})

test('a result that comes twice is listed once', async () => {
  const item = '<ITEM><DE04.30.019.00>WBC</DE04.30.019.00><DE04.30.015.00>5.1</DE04.30.015.00></ITEM>'
  const { mapped } = await readAll(rhipDeXml, document(BODY + item + item.replace('5.1', '6.2')))
  expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-repeated', 'ITEM[1]']])
  expect(plain(ofType(mapped[0], 'DiagnosticReport')[0]).result).toHaveLength(1)
})

test.each([
  ['GBK', 'utf-8'],
  ['UTF-8', 'gb18030'],
])('%s is declared and %s sent: read as it is, and told', async (declared, sent) => {
  const text = document(`${BODY}<DE02.01.039.00>王建国</DE02.01.039.00>`).replace('UTF-8', declared)
  const { mapped } = await readAll(rhipDeXml, iconv.encode(text, sent))
  expect(mapped[0]?.patient?.name).toBe('王建国')
  expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['payload-charset', 'xml declaration']])
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
