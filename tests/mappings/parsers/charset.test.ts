import { describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { charsetOf, collectBytes, decodeText } from '../../../mappings/parsers/charset.ts'

const gb = (text: string) => iconv.encode(text, 'gb18030')
const utf8 = (text: string) => Buffer.from(text, 'utf8')
const NAME = '王建国，心内科'

describe('bytes that are no text in any of the charsets (D1, D2)', () => {
  test.each([
    ['half a character of GB 18030', Buffer.concat([gb('王建'), Buffer.from([0xcd])])],
    ['a byte that no charset has', Buffer.from([0x41, 0xff, 0x41])],
    ['half a character behind a UTF-8 mark', Buffer.from([0xef, 0xbb, 0xbf, 0xe7, 0x8e])],
    ['a replacement character that the sender made', utf8('王\ufffd国')],
  ])('%s is refused', (_what, bytes) => expect(decodeText(bytes)).toEqual({ ok: false }))

  test('declared UTF-8, cut in the middle', () =>
    expect(decodeText(Buffer.concat([utf8('王建'), Buffer.from([0xe7])]), 'UTF-8')).toEqual({ ok: false }))
})

test.each([undefined, 'UNICODE UTF-8', 'GBK'])(
  'UTF-8 with a character cut in half is not taken for GB 18030 (declared: %s)',
  (declared) => {
    // E5 9B of 国 without its BD. As GB 18030 all of it is valid: 鐜嬪缓鍥|1980.
    const bytes = Buffer.concat([utf8('王建国').subarray(0, 8), Buffer.from('|1980')])
    expect(new TextDecoder('gb18030', { fatal: true }).decode(bytes)).toMatch(/\|1980$/)
    expect(decodeText(bytes, declared)).toEqual({ ok: false })
  },
)

describe('what the bytes are in', () => {
  test.each([
    [gb(NAME), 'GB 18030-2000', 'gb18030', false],
    [gb(NAME), 'GBK', 'gb18030', false],
    [gb(NAME), undefined, 'gb18030', false],
    [gb(NAME), 'CHN', 'gb18030', false],
    [gb(NAME), 'auto', 'gb18030', false],
    [utf8(NAME), 'UNICODE UTF-8', 'utf-8', false],
    [utf8(NAME), 'UNICODE', 'utf-8', false],
    [utf8(NAME), undefined, 'utf-8', false],
    // Declared wrongly in both directions.
    [gb(NAME), 'UNICODE UTF-8', 'gb18030', true],
    [utf8(NAME), 'GBK', 'utf-8', true],
    [utf8('plain'), 'GBK', 'utf-8', false],
    [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8(NAME)]), 'GBK', 'utf-8', true],
    [iconv.encode(`\ufeff${NAME}`, 'utf-16le'), undefined, 'utf-16le', false],
    [iconv.encode('王建國', 'big5'), 'BIG5', 'big5', false],
  ] as const)('%# %s', (bytes, declared, charset, misdeclared) => {
    const decoded = decodeText(bytes, declared)
    expect(decoded).toMatchObject({ ok: true, charset, misdeclared })
    if (decoded.ok && charset !== 'big5') expect(decoded.text.replace('\ufeff', '')).toMatch(/^(王建国，心内科|plain)$/)
  })

  test('a GB 18030 word that happens to be valid UTF-8 is not taken for Latin letters', () => {
    // D4 B1 D5 B2 is 员詹 in GB 18030 and two Cyrillic letters in UTF-8.
    const bytes = Buffer.from([0xd4, 0xb1, 0xd5, 0xb2])
    expect(decodeText(bytes)).toMatchObject({ ok: true, charset: 'gb18030', text: iconv.decode(bytes, 'gb18030') })
  })

  test('four-byte characters of GB 18030', () => expect(decodeText(gb('𠮷野䶮'), 'GB18030')).toMatchObject({ ok: true, text: '𠮷野䶮' }))
})

test.each([
  ['GB 18030-2000', 'gb18030'],
  ['gb2312', 'gb18030'],
  ['Unicode UTF-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['UNICODE', undefined],
  ['CHN', undefined],
  ['8859/1', undefined],
  ['ASCII', undefined],
  [undefined, undefined],
])('the spelling %s', (spelling, charset) => expect(charsetOf(spelling)).toBe(charset))

test('collecting stops at its bound', async () => {
  async function* chunks() {
    for (let i = 0; i < 3; i++) yield Buffer.from('abc')
  }
  expect(await collectBytes(chunks(), 8)).toBeUndefined()
  expect(Buffer.from((await collectBytes(chunks(), 9)) ?? []).toString()).toBe('abcabcabc')
})
