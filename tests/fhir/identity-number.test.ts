/** GB 11643 and GB 32100: published numbers, and laws that hold for all. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  birthDateOf,
  idCheckCharacter,
  isPlaceholderIdNumber,
  isValidIdNumber,
  isValidUscc,
  normalizeIdNumber,
  readIdentityNumber,
  sexOf,
  usccCheckCharacter,
} from '../../server/fhir/identity-number.ts'

const digits = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const region = fc.stringMatching(/^[1-8][0-9]{5}$/)
const birth = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''))
const first17 = fc.tuple(region, birth, digits(3)).map((parts) => parts.join(''))
const number = first17.map((text) => text + idCheckCharacter(text))

describe('resident identity number', () => {
  test.each(['11010519491231002X', '440524188001010014', '110100195803120019', '310100196511080248'])('%s is valid', (text) => {
    expect(isValidIdNumber(text)).toBe(true)
  })

  test.each([
    ['a wrong check digit', '110105194912310021'],
    ['a day that does not exist', '110105194902310029'],
    ['a lower-case x', '11010519491231002x'],
    ['17 digits', '11010519491231002'],
    ['letters', '11010519491231OO2X'],
    ['a first digit of 0', '010105194912310026'],
  ])('%s is not', (_what, text) => {
    expect(isValidIdNumber(text)).toBe(false)
  })

  test('birth date and sex', () => {
    expect([birthDateOf('11010519491231002X'), sexOf('11010519491231002X')]).toEqual(['1949-12-31', 'female'])
    expect([birthDateOf('110100195803120019'), sexOf('110100195803120019')]).toEqual(['1958-03-12', 'male'])
    expect(birthDateOf('12345')).toBeUndefined()
  })

  test('15 digits become 18, width and case are made plain', () => {
    expect(normalizeIdNumber('110105491231002')).toBe('11010519491231002X')
    expect(normalizeIdNumber(' １１０１０５１９４９１２３１００２ｘ ')).toBe('11010519491231002X')
    expect(normalizeIdNumber('110105499931002')).toBe('110105499931002')
    expect(normalizeIdNumber('E12345678')).toBe('E12345678')
  })

  test.each([
    '111111111111111111',
    '000000000000000000',
    '123456789012345678',
    '99999999999999999X',
    '110105000000000000',
    '111111111111111',
    '110101190001010010',
    '11010519491231000X',
  ])('%s is nobody', (text) => {
    expect(isPlaceholderIdNumber(text)).toBe(true)
    expect(readIdentityNumber(text)).toEqual({ value: text, valid: false, placeholder: true })
  })

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

  // 11010519491231002X is the number of the standard's own example.
  test.each([
    '11010519491231002x',
    '１１０１０５１９４９１２３１００２Ｘ',
    '110105 19491231 002X',
    '110105-19491231-002X',
    '110105491231002',
  ])('%s is put right and valid', (sent) => expect(readIdentityNumber(sent)).toMatchObject({ value: '11010519491231002X', valid: true }))

  test.each(['110105194912310021', '110105194902300025', 'A1234567', '0101051949123100'])('%s is not valid, but no filler', (sent) =>
    expect(readIdentityNumber(sent)).toEqual({ value: sent, valid: false, placeholder: false }),
  )

  test('every number that is made is valid, and its birth date comes back', () => {
    fc.assert(
      fc.property(number, (text) => {
        expect(isValidIdNumber(text)).toBe(true)
        expect(birthDateOf(text)?.replaceAll('-', '')).toBe(text.slice(6, 14))
        expect(normalizeIdNumber(text)).toBe(text)
      }),
    )
  })

  test('one digit typed wrong is always found', () => {
    fc.assert(
      fc.property(number, fc.nat(16), fc.integer({ min: 1, max: 9 }), (text, at, shift) => {
        const wrong = text.slice(0, at) + ((Number(text[at]) + shift) % 10) + text.slice(at + 1)
        expect(isValidIdNumber(wrong)).toBe(false)
      }),
    )
  })

  test('two neighbours exchanged are always found', () => {
    fc.assert(
      fc.property(number, fc.nat(15), (text, at) => {
        fc.pre(text[at] !== text[at + 1])
        const wrong = text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2)
        expect(isValidIdNumber(wrong)).toBe(false)
      }),
    )
  })

  test('a 15-digit number keeps its parts', () => {
    fc.assert(
      fc.property(
        region,
        birth.filter((date) => date.startsWith('19')),
        digits(3),
        (place, date, serial) => {
          const upgraded = normalizeIdNumber(place + date.slice(2) + serial)
          expect(upgraded.slice(0, 17)).toBe(place + date + serial)
          expect(isValidIdNumber(upgraded)).toBe(true)
        },
      ),
    )
  })
})

describe('unified social credit code', () => {
  test.each(['91350100M000100Y43', '12110000000000001N'])('%s is valid', (code) => {
    expect(isValidUscc(code)).toBe(true)
  })

  test.each(['91350100M000100Y44', '91350100M000100I43', '91350100m000100y43', '91350100M000100Y4'])('%s is not', (code) => {
    expect(isValidUscc(code)).toBe(false)
  })

  test('one character typed wrong is always found', () => {
    const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    const body = fc
      .tuple(fc.stringMatching(/^[159Y][1239][0-9]{6}$/), fc.stringMatching(/^[0-9A-HJ-NPQRTUWXY]{9}$/))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(body, fc.nat(16), fc.integer({ min: 1, max: 30 }), (text, at, shift) => {
        const code = text + usccCheckCharacter(text)
        const other = alphabet[(alphabet.indexOf(text[at] ?? '') + shift) % 31] ?? ''
        expect(isValidUscc(code)).toBe(true)
        expect(isValidUscc(code.slice(0, at) + other + code.slice(at + 1))).toBe(false)
      }),
    )
  })
})
