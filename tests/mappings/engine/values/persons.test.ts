import { describe, expect, test } from '@jest/globals'
import { filled } from '../../../../mappings/engine/values/blank.ts'
import { readIdentityNumber } from '../../../../mappings/engine/values/identity-number.ts'
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

describe('identity numbers (D8 to D10)', () => {
  test('a sound number says birth date and sex', () => {
    expect(readIdentityNumber('110100195803120019')).toEqual({
      value: '110100195803120019',
      valid: true,
      placeholder: false,
      birthDate: '1958-03-12',
      gender: 'male',
    })
    expect(readIdentityNumber('310100196511080248')).toMatchObject({ valid: true, birthDate: '1965-11-08', gender: 'female' })
  })

  test('what is certain is put right: lower-case x, full width, spaces, 15 digits', () => {
    // 11010519491231002X is the number of the standard's own example.
    expect(readIdentityNumber('11010519491231002x').value).toBe('11010519491231002X')
    expect(readIdentityNumber('１１０１０５１９４９１２３１００２Ｘ')).toMatchObject({ value: '11010519491231002X', valid: true })
    expect(readIdentityNumber('110105 19491231 002X').valid).toBe(true)
    expect(readIdentityNumber('110105491231002')).toMatchObject({ value: '11010519491231002X', valid: true })
  })

  test.each(['110105194912310021', '110105194902300025', 'A1234567', '0101051949123100'])('%s is not valid', (number) =>
    expect(readIdentityNumber(number)).toMatchObject({ valid: false, placeholder: false }),
  )

  test.each([
    '111111111111111111',
    '000000000000000000',
    '123456789012345678',
    '99999999999999999X',
    '110105000000000000',
    '111111111111111',
  ])('%s is a placeholder', (number) => expect(readIdentityNumber(number)).toMatchObject({ valid: false, placeholder: true }))
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
