/** Ways in which the bytes of a payload come broken, whatever its format, each chosen by chance of a seed. */
import { gzipSync } from 'node:zlib'
import type { Random } from '../support/random.ts'
import type { Sample } from './samples.ts'

export interface Mutant {
  kind: string
  bytes: Buffer
  headers?: Record<string, string>
  contentType?: string
  fileName?: string
  /** records that stand in it, each a delivery of its own, where that is known; absent: whatever is read of it */
  records?: number
}

export type Mutation = (sample: Sample, random: Random) => Mutant

const SPECIAL = [0x00, 0x0a, 0x0d, 0x1c, 0x22, 0x26, 0x27, 0x2c, 0x3c, 0x3e, 0x5b, 0x5c, 0x5e, 0x7b, 0x7c, 0x7d, 0x80, 0xff]

const cut: Mutation = ({ bytes }, random) => ({ kind: 'cut', bytes: bytes.subarray(0, random.below(bytes.length)) })

const cutFront: Mutation = ({ bytes }, random) => ({ kind: 'cut in front', bytes: bytes.subarray(random.below(bytes.length)) })

const cutOut: Mutation = ({ bytes }, random) => {
  const from = random.below(bytes.length)
  const until = Math.min(bytes.length, from + 1 + random.below(200))
  return { kind: 'cut out', bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(until)]) }
}

const bitFlips: Mutation = ({ bytes }, random) => {
  const copy = Buffer.from(bytes)
  for (let flips = 1 + random.below(12); flips > 0; flips--) {
    const at = random.below(copy.length)
    copy[at] = (copy[at] as number) ^ (1 << random.below(8))
  }
  return { kind: 'bit flips', bytes: copy }
}

const specialBytes: Mutation = ({ bytes }, random) => {
  const copy = Buffer.from(bytes)
  for (let count = 1 + random.below(8); count > 0; count--) copy[random.below(copy.length)] = random.pick(SPECIAL)
  return { kind: 'special bytes', bytes: copy }
}

const nulBytes: Mutation = ({ bytes }, random) => {
  const at = random.below(bytes.length)
  const nul = Buffer.alloc(1 + random.below(64))
  return { kind: 'NUL bytes', bytes: Buffer.concat([bytes.subarray(0, at), nul, bytes.subarray(at)]) }
}

const charset: Mutation = ({ bytes }, random) => {
  const wrong = random.pick(['utf16le', 'latin1'] as const)
  return { kind: `as ${wrong}`, bytes: Buffer.from(bytes.toString('utf8'), wrong) }
}

const doubled: Mutation = ({ bytes }) => ({ kind: 'doubled', bytes: Buffer.concat([bytes, bytes]) })

const repeated: Mutation = ({ bytes }, random) => {
  const from = random.below(bytes.length)
  const part = bytes.subarray(from, from + 1 + random.below(120))
  const again = Buffer.concat(Array.from({ length: 2 + random.below(200) }, () => part))
  return { kind: 'repeated part', bytes: Buffer.concat([bytes.subarray(0, from), again, bytes.subarray(from)]) }
}

const swapped: Mutation = ({ bytes }, random) => {
  const lines = bytes.toString('latin1').split(/(?<=[\r\n,|])/)
  for (let count = 1 + random.below(4); count > 0; count--) {
    const [a, b] = [random.below(lines.length), random.below(lines.length)]
    const kept = lines[a] as string
    lines[a] = lines[b] as string
    lines[b] = kept
  }
  return { kind: 'parts swapped', bytes: Buffer.from(lines.join(''), 'latin1') }
}

const digits: Mutation = ({ bytes }, random) => {
  const replacements = ['', '-1', '99999999999999999999', '1e308', 'NaN', '00000000', '二〇二六', '20261399']
  const text = bytes.toString('latin1').replaceAll(/\d+/g, (found) => {
    return random.below(12) === 0 ? Buffer.from(random.pick(replacements)).toString('latin1') : found
  })
  return { kind: 'other numbers', bytes: Buffer.from(text, 'latin1') }
}

const empty: Mutation = (_sample, random) => ({
  kind: 'empty',
  bytes: random.pick([Buffer.alloc(0), Buffer.from(' '), Buffer.from('\r\n\r\n'), Buffer.from([0xef, 0xbb, 0xbf])]),
})

const otherType: Mutation = ({ bytes }, random) => ({
  kind: 'other content type',
  bytes,
  contentType: random.pick([
    'text/html',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'bad type;;',
  ]),
})

const DEPTH = 20_000

const deep: Mutation = (_sample, random) => {
  const depth = 100 + random.below(DEPTH)
  const shapes = [
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    `{"resourceType":"Observation","extension":${'[{"extension":'.repeat(depth)}1${'}]'.repeat(depth)}}`,
    `<?xml version="1.0"?>${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`,
    `<ClinicalDocument xmlns="urn:hl7-org:v3">${'<component>'.repeat(depth)}`,
    `MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.4\rPID|1||${'&^~'.repeat(depth)}\r`,
  ]
  return { kind: 'deeply nested', bytes: Buffer.from(random.pick(shapes)) }
}

const LAUGHS = Array.from({ length: 12 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')

const doctype: Mutation = ({ bytes }, random) => {
  const heads = [
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]><a>&x;</a>',
    `<!DOCTYPE a [<!ENTITY l0 "ha">${LAUGHS}]><a>&l12;</a>`,
    `<?xml version="1.0"?>${' '.repeat(random.below(9000))}<!DOCTYPE a SYSTEM "x.dtd"><a/>`,
  ]
  const whole = random.below(2) === 0
  const head = Buffer.from(random.pick(heads))
  return { kind: 'DOCTYPE', bytes: whole ? head : Buffer.concat([head, bytes]) }
}

/** 2 MB of zeros: enough to tell whether somebody unpacks what he should not. */
const INFLATES = gzipSync(Buffer.alloc(2 * 1024 * 1024))

const archives: Mutation = ({ bytes }, random) => {
  const zip = Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), INFLATES])
  const choice = random.below(4)
  if (choice === 0) return { kind: 'gzip', bytes: gzipSync(bytes) }
  if (choice === 1) return { kind: 'gzip bomb', bytes: INFLATES }
  if (choice === 2) return { kind: 'ZIP', bytes: zip }
  return { kind: 'Content-Encoding: gzip', bytes: gzipSync(bytes), headers: { 'Content-Encoding': 'gzip' } }
}

export const BYTE_MUTATIONS: readonly Mutation[] = [
  ...[cut, cut, cutFront, cutOut, cutOut, bitFlips, bitFlips, bitFlips, specialBytes, specialBytes, nulBytes, charset],
  ...[doubled, repeated, swapped, swapped, digits, digits, empty, otherType, deep, doctype, archives],
]

export const mutantOf = (sample: Sample, random: Random): Mutant => random.pick(BYTE_MUTATIONS)(sample, random)
