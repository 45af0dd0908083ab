/** The narrative after a patch (R4 http.html#patch): never one that the data do not bear out. */
import { expect, test } from '@jest/globals'
import { withSafeNarrative } from '../../server/interactions/patch-narrative.ts'

const patient = (status: string, birthDate: string, more = ''): string =>
  `{"resourceType":"Patient","id":"a","text":{"status":"${status}","div":"<div>1920</div>"}${more},"birthDate":"${birthDate}"}`

test.each(['generated', 'extensions'])('%s goes with what it was made of', (status) => {
  expect(withSafeNarrative(patient(status, '1920'), patient(status, '1930'))).toBe('{"resourceType":"Patient","id":"a","birthDate":"1930"}')
})

test('digits stay', () => {
  const text = (value: string) => `{"text":{"status":"generated","div":"x"},"valueDecimal":${value},"resourceType":"Basic"}`
  expect(withSafeNarrative(text('1.50'), text('2.00'))).toBe('{"valueDecimal":2.00,"resourceType":"Basic"}')
})

test('one that says more is refused', () => {
  expect(() => withSafeNarrative(patient('additional', '1920'), patient('additional', '1930'))).toThrow('patch-narrative')
})

test.each([
  ['nothing changed', patient('additional', '1920'), patient('additional', '1920')],
  ['only what it does not tell', patient('generated', '1920'), patient('generated', '1920', ',"meta":{"tag":[{"code":"x"}]}')],
  ['only how it is written', patient('generated', '1920'), patient('generated', '1920').replace('"1920"', '"19\\u00320"')],
  ['an empty one', patient('empty', '1920'), patient('empty', '1930')],
  ['it was changed as well', patient('additional', '1920'), patient('generated', '1930')],
  ['it was deleted', patient('additional', '1920'), '{"resourceType":"Patient","birthDate":"1930"}'],
  ['there was none', '{"resourceType":"Patient"}', patient('generated', '1930')],
  ['no resource', patient('generated', '1920'), '"x"'],
])('stays where %s', (_name, before, after) => {
  expect(withSafeNarrative(before, after)).toBe(after)
})
