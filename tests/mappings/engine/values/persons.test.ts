import { describe, expect, test } from '@jest/globals'
import { filled } from '../../../../mappings/engine/values/blank.ts'
import { foldName, readName } from '../../../../mappings/engine/values/name.ts'
import { cleanText, escapeXhtml, plainText, toHalfWidth } from '../../../../mappings/engine/values/text.ts'

describe('fields that are not filled (D3)', () => {
  test.each(['', ' ', '-', '/', '无', 'NULL', 'null', '""', '\u3000', undefined, null])('%j is absent', (value) =>
    expect(filled(value)).toBeUndefined(),
  )
  test.each([
    ['0', '0'],
    [' 无胸痛 ', '无胸痛'],
    [0, '0'],
    [false, '0'],
  ])('%j is filled', (value, expected) => expect(filled(value)).toBe(expected))
})

describe('names (D11, D14, D46)', () => {
  test.each(['王*国', '无名氏', '张某', '李＊'])('%s is masked', (name) => expect(readName(name).masked).toBe(true))
  test.each([
    ['王芳之女', '王芳'],
    ['王芳之子1', '王芳'],
    ['王芳之大女', '王芳'],
  ])('%s is the newborn of %s', (name, mother) => expect(readName(name)).toEqual({ text: name, masked: false, newbornOf: mother }))
  test('an ordinary name is kept as sent', () => expect(readName('阿卜杜拉·买买提')).toEqual({ text: '阿卜杜拉·买买提', masked: false }))
  test('names compare folded', () => expect(foldName('阿卜杜拉 • 买买提')).toBe(foldName('阿卜杜拉·买买提')))
})

describe('text (D37)', () => {
  test('control and zero-width characters go, line ends stay', () => expect(cleanText('a\u0000b\u200bc\r\nd\u0007 ')).toBe('abc\nd'))
  test('markup becomes plain text, a comparator does not', () => {
    expect(plainText('<p>胸痛<br/>3&nbsp;天</p><b>加重</b>')).toBe('胸痛\n3 天\n加重')
    expect(plainText('CRP <0.50 mg/L & 正常')).toBe('CRP <0.50 mg/L & 正常')
  })
  test('narrative is escaped', () => expect(escapeXhtml('<script>"a"&b</script>')).toBe('&lt;script&gt;&quot;a&quot;&amp;b&lt;/script&gt;'))
  test('full width to half width', () => expect(toHalfWidth('ＡＢ１２　＜８')).toBe('AB12 <8'))
})
