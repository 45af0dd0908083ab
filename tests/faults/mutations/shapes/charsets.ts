/** Payloads whose characters are broken: mixed charsets, characters cut in two, marks and declarations that are not so. */
import iconv from 'iconv-lite'
import type { Mutation } from '../mutate.ts'
import { insertedAt, textOf } from './values.ts'

const CHARSETS = ['utf-8', 'gb18030', 'utf-16le', 'utf-16be', 'big5'] as const

const mixed: Mutation = ({ bytes }, random) => {
  const { text } = textOf(bytes)
  const at = random.below(text.length)
  const [first, second] = [random.pick(CHARSETS), random.pick(CHARSETS)]
  const parts = [iconv.encode(text.slice(0, at), first), iconv.encode(text.slice(at), second)]
  return { kind: 'two charsets', bytes: Buffer.concat(parts) }
}

const wholly: Mutation = ({ bytes }, random) => ({
  kind: 'another charset',
  bytes: iconv.encode(textOf(bytes).text, random.pick(CHARSETS), { addBOM: random.below(2) === 0 }),
})

/** A lead byte without what follows it, or the reverse. */
const cutCharacter: Mutation = ({ bytes }, random) => {
  const beyond = [...bytes.keys()].filter((at) => (bytes[at] as number) >= 0x80)
  const at = beyond.length > 0 ? random.pick(beyond) : random.below(bytes.length)
  const ends = random.below(2) === 0
  const rest = ends ? Buffer.alloc(0) : bytes.subarray(at + 1)
  return { kind: 'cut in a character', bytes: Buffer.concat([bytes.subarray(0, at), rest]) }
}

const NO_CHARACTERS = [
  'c0af',
  'e0809f',
  'eda080',
  'f4908080',
  'f8888080',
  'fe',
  'ff',
  '80',
  '8130',
  '81308130',
  'fefe',
  '8431a437',
  'efbfbf',
]

const noCharacter: Mutation = ({ bytes }, random) => {
  const at = random.below(bytes.length)
  const put = Buffer.from(random.pick(NO_CHARACTERS), 'hex')
  return { kind: 'no character', bytes: Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + random.below(2))]) }
}

const MARKS = ['efbbbf', 'fffe', 'feff', 'fffe0000', '0000feff', '2b2f76', 'efbbbfefbbbf']

const mark: Mutation = ({ bytes }, random) => ({
  kind: 'byte order mark',
  bytes: Buffer.concat([Buffer.from(random.pick(MARKS), 'hex'), bytes]),
})

const NAMES = [
  'UTF-8',
  'GB18030',
  'GBK',
  'UTF-16',
  'UTF-7',
  'EBCDIC-CP-US',
  'ISO-8859-1',
  'UNICODE UTF-8',
  'GB 18030-2000',
  '~ISO IR87',
  'x'.repeat(500),
]

const declared: Mutation = ({ bytes }, random) => {
  const said = random.pick(NAMES)
  const text = bytes.toString('latin1')
  const changed = text.replace(/(encoding=["'])[^"']*/, `$1${said}`).replace(/UNICODE UTF-8|GB 18030-2000/, said)
  return { kind: 'charset declared otherwise', bytes: Buffer.from(changed, 'latin1') }
}

const SEPARATE = [
  '\u0000',
  '\u0007',
  '\u000b',
  '\u001a',
  '\u001b',
  '\u001c\r',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ufffe',
]

const control: Mutation = ({ bytes }, random) => {
  const { text, bytesOf } = textOf(bytes)
  let changed = text
  for (let count = 1 + random.below(5); count > 0; count--)
    changed = insertedAt(changed, random.below(changed.length), random.pick(SEPARATE))
  return { kind: 'control characters', bytes: bytesOf(changed) }
}

export const CHARSET_MUTATIONS: readonly Mutation[] = [
  mixed,
  mixed,
  wholly,
  cutCharacter,
  cutCharacter,
  noCharacter,
  mark,
  declared,
  control,
  control,
]
