/** By hand, from RFC 6266 and 8187 and from what programs here write. */
import { expect, test } from '@jest/globals'
import { fileNameIn } from '../../server/ingest/file-name.ts'

const nameIn = (told: Partial<Parameters<typeof fileNameIn>[0]>): string => fileNameIn({ query: '', disposition: '', header: '', ...told })
/** As Node gives the bytes of a header. */
const header = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const GBK = Uint8Array.of(0xbc, 0xec, 0xd1, 0xe9)

test.each([
  ['', ''],
  ['attachment', ''],
  ['attachment; filename=lab.csv', 'lab.csv'],
  ['attachment; filename=lab report.csv; size=3', 'lab report.csv'],
  ['attachment; filename="a;b.csv"', 'a;b.csv'],
  ['attachment; FileName = "lab.csv"', 'lab.csv'],
  [String.raw`attachment; filename="C:\export\lab.csv"`, 'lab.csv'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ['attachment; filename="x.csv"; filename*=UTF-8\'\'%E6%A3%80%E9%AA%8C.csv', '检验.csv'],
  ["attachment; filename*=gb18030'zh'%BC%EC%D1%E9.csv", '检验.csv'],
  ["attachment; filename*=UTF-8''..%2F..%2Flab.csv", 'lab.csv'],
  // What is not the charset that it says, or of one that nobody knows, gives way to the plain name.
  ["attachment; filename*=UTF-8''%BC%EC.csv; filename=lab.csv", 'lab.csv'],
  ["attachment; filename*=no-such''lab.csv; filename=plain.csv", 'plain.csv'],
  [`attachment; filename="${header(Buffer.from('检验.csv'))}"`, '检验.csv'],
  [`attachment; filename="${header(GBK)}.csv"`, '检验.csv'],
])('%s', (disposition, name) => {
  expect(nameIn({ disposition })).toBe(name)
})

test('the address goes before headers, and a header of its own comes last', () => {
  expect(nameIn({ query: 'a/检验.csv', disposition: 'attachment; filename=b.csv', header: 'c.csv' })).toBe('检验.csv')
  expect(nameIn({ disposition: 'attachment', header: header(Buffer.from('d/检验.csv')) })).toBe('检验.csv')
})
