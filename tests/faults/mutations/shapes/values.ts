/** What no sender should put where a value stands, and some do; and texts in whatever charset they came. */
import iconv from 'iconv-lite'
import type { Random } from '../../support/random.ts'

export const ODD_VALUES: readonly string[] = [
  ...['', ' ', '-', '""', '0', '-0', '-1', '1e400', '9'.repeat(60), `0.${'0'.repeat(40)}1`, 'NaN', 'Infinity', '1,234.50', '１２３'],
  ...['20260230', '00000000', '99991231', '20261399256199', '18991231', '2026-02-30 25:61:61', '9999-12-31T23:59:59.999999999+14:00'],
  ...['null', 'undefined', 'true', '__proto__', 'constructor', 'toString', "' OR '1'='1", '{"$gt":""}', '=cmd|/C calc!A0', '%00', '%s%n'],
  ...[
    '../../etc/passwd',
    'file:///etc/passwd',
    '<script>alert(1)</script>',
    ']]>',
    '<!--',
    '&amp;&lt;',
    '&#0;',
    '\\',
    '\\X00\\',
    '\\.br\\',
  ],
  ...['\u0000', '\u0001\u001b[31m', '\u007f', '\u2028', '\ufeff', '\ufffd', '\u202e', '\ue000', '\u{10ffff}', '😀', 'é', '﷽', '𠮷'],
  ...['王'.repeat(5000), 'A'.repeat(100_000), `${' '.repeat(50_000)}x`, '((((((((((a+)+)+)+)+)+)+)+)+)+', '1^2~3&4|5\r6'],
]

export const oddValue = (random: Random): string => random.pick(ODD_VALUES)

/** The text of a sample, and the way back into its charset: strict UTF-8, else GB 18030. */
export function textOf(bytes: Uint8Array): { text: string; bytesOf(text: string): Buffer } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { text, bytesOf: (changed) => Buffer.from(changed) }
  } catch {
    return { text: iconv.decode(Buffer.from(bytes), 'gb18030'), bytesOf: (changed) => iconv.encode(changed, 'gb18030') }
  }
}

/** The same list in another order. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list]
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T)
}

export const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at)

export const doubledAt = <T>(list: readonly T[], at: number): T[] => list.flatMap((one, index) => (index === at ? [one, one] : [one]))

export const insertedAt = (text: string, at: number, part: string): string => text.slice(0, at) + part + text.slice(at)
