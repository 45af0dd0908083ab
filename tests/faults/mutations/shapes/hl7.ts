/** HL7 v2 messages whose segments, fields and separators are broken. */
import type { Random } from '../../support/random.ts'
import type { Mutant, Mutation } from '../mutate.ts'
import { doubledAt, insertedAt, oddValue, shuffled, textOf, without } from './values.ts'

type Lines = string[]

const onLines =
  (kind: string, change: (lines: Lines, random: Random) => Lines): Mutation =>
  ({ bytes }, random): Mutant => {
    const { text, bytesOf } = textOf(bytes)
    const lines = text.split(/\r\n|\r|\n/).filter((line) => line !== '')
    return { kind, bytes: bytesOf(`${change(lines, random).join('\r')}\r`) }
  }

/** One field of one segment. */
const onField = (kind: string, change: (fields: string[], at: number, random: Random) => string[]): Mutation =>
  onLines(kind, (lines, random) => {
    const which = random.below(lines.length)
    const fields = (lines[which] as string).split('|')
    const changed = change(fields, random.below(fields.length), random).join('|')
    return lines.map((line, at) => (at === which ? changed : line))
  })

const put = (fields: string[], at: number, value: string): string[] => fields.map((field, index) => (index === at ? value : field))

const inValue = (value: string, random: Random): string => {
  const parts = value.split(/(?<=[~^&])|(?=[~^&])/)
  const at = random.below(parts.length)
  return parts.map((part, index) => (index === at ? oddValue(random) : part)).join('')
}

const header = (kind: string, change: (fields: string[], random: Random) => string[]): Mutation =>
  onLines(kind, ([first = '', ...rest], random) => [change(first.split('|'), random).join('|'), ...rest])

/** Fields of a header that is shorter are made. */
const set = (fields: string[], at: number, value: string): string[] =>
  put([...fields, ...Array.from({ length: Math.max(0, at + 1 - fields.length) }, () => '')], at, value)

const SEPARATORS = ['^~\\&', '^~\\', '~^\\&', '^^^^', '#~\\&', '^~\\&#', '', '^', '&&&&', 'ABCD', '^~\\|', '^~\r&', '^~\\&'.repeat(100)]
const TYPES = [
  'ORU^R01',
  'ADT^A40',
  'ADT^A08',
  'ADT^A31',
  'DFT^P03',
  'MDM^T02',
  'RDE^O11',
  'SIU^S12',
  'ZZZ^Z99',
  'ACK',
  '',
  '^',
  'ORU^R01^X^Y',
  '__proto__^A01',
]
const CONDITIONS = ['', 'AL', 'NE', 'ER', 'SU', 'XX']
const MANY = 100_000

export const HL7_MUTATIONS: readonly Mutation[] = [
  onLines('segment dropped', (lines, random) => without(lines, random.below(lines.length))),
  onLines('segment doubled', (lines, random) => doubledAt(lines, random.below(lines.length))),
  onLines('segments in another order', (lines, random) =>
    random.below(3) === 0 ? shuffled(lines, random) : [lines[0] as string, ...shuffled(lines.slice(1), random)],
  ),
  onLines('segment named otherwise', (lines, random) => {
    const at = random.below(lines.length)
    const name = random.pick(['ZZZ', 'PID', 'OBX', 'MSH', 'msh', 'FHS', 'BTS', 'DSC', 'OB', 'OBXX', '王PI'])
    return lines.map((line, index) => (index === at ? name + line.slice(3) : line))
  }),
  onField('field dropped', (fields, at) => without(fields, at)),
  onField('field doubled', (fields, at) => doubledAt(fields, at)),
  onField('fields in another order', (fields, _at, random) => [fields[0] as string, ...shuffled(fields.slice(1), random)]),
  onField('odd value', (fields, at, random) => put(fields, at, oddValue(random))),
  onField('odd value', (fields, at, random) => put(fields, at, oddValue(random))),
  onField('odd component', (fields, at, random) => put(fields, at, inValue(fields[at] as string, random))),
  onField('odd component', (fields, at, random) => put(fields, at, inValue(fields[at] as string, random))),
  onField('nested separators', (fields, at, random) =>
    put(fields, at, `${fields[at]}${random.pick(['^&', '~^', '&', '\\'])}`.repeat(1 + random.below(500))),
  ),
  onField('repeated without end', (fields, at, random) =>
    put(fields, at, `${fields[at]}${random.pick(['~', '^', '&', '|', '\\'])}`.repeat(random.below(MANY)).slice(0, 2_000_000)),
  ),
  onField('very long field', (fields, at, random) =>
    put(fields, at, random.pick(['9', '王', ' ', '\\T\\', '<']).repeat(random.below(300_000))),
  ),
  onField('broken escape', (fields, at, random) =>
    put(
      fields,
      at,
      insertedAt(
        fields[at] as string,
        random.below((fields[at] as string).length + 1),
        random.pick(['\\', '\\X', '\\XZZ\\', '\\XD6\\', '\\Q\\', '\\.sp999999999\\', '\\.in-5\\', '\\H\\', '\\E\\\\']),
      ),
    ),
  ),
  onLines('very many segments', (lines, random) => {
    const at = 1 + random.below(Math.max(1, lines.length - 1))
    const many = 200 + random.below(random.below(20) === 0 ? 25_000 : 800)
    return lines.flatMap((line, index) => (index === at ? Array.from({ length: many }, () => line) : [line]))
  }),
  onLines('lines that are no segments', (lines, random) =>
    lines.flatMap((line) => (random.below(3) === 0 ? [line, random.pick(['', '  ', '续行', '|', 'PID', '\u001c', '<!--'])] : [line])),
  ),
  header('other separators', (fields, random) => put(fields, 1, random.pick(SEPARATORS))),
  header('another type', (fields, random) => set(fields, 8, random.pick(TYPES))),
  header('acknowledgement conditions', (fields, random) => set(set(fields, 14, random.pick(CONDITIONS)), 15, random.pick(CONDITIONS))),
  header('odd header', (fields, random) => set(fields, random.below(22), oddValue(random))),
  header('another version', (fields, random) =>
    set(fields, 11, random.pick(['2.1', '2.3.1', '2.5.1', '2.8', '3', '', '二点四', '99.99', '2.5^CHN'])),
  ),
  onLines('batch', (lines, random) => {
    const message = [...lines]
    const again = (n: number): Lines =>
      message.map((line) => (line.startsWith('MSH') ? set(line.split('|'), 9, `${line.split('|')[9]}b${n}`).join('|') : line))
    const messages = Array.from({ length: random.below(6) }, (_, n) => again(n)).flat()
    return ['FHS|^~\\&|LIS', 'BHS|^~\\&|LIS', ...messages, ...(random.below(2) === 0 ? [`BTS|${random.below(9)}`, 'FTS|1'] : [])]
  }),
]
