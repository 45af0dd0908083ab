/** ZIP archives of what a source takes, broken as archives or in what stands in them. */
import { type ZipFile, zipOf } from '../../../mappings/parsers/zip-files.ts'
import type { Random } from '../../support/random.ts'
import type { Mutant, Mutation } from '../mutate.ts'
import type { Sample } from '../samples.ts'

export interface Shelf {
  /** what the archive may be filled with: samples anew, with numbers of their own */
  draw(random: Random): Sample
  mutations: readonly Mutation[]
}

const SLIPS = [
  '../../etc/passwd.xml',
  '/etc/x.xml',
  'C:\\x.csv',
  '..\\..\\x.csv',
  'a/../../x.csv',
  'a//b.csv',
  './x.csv',
  'x.csv\u0000.txt',
  '',
  'con.csv',
  `${'a'.repeat(300)}.csv`,
  'ü/王.csv',
  '\u202evsc.x',
]

/** Names of their own within an archive. */
const entryOf = (sample: Sample, n: number, bytes = sample.bytes): ZipFile => ({
  name: `d${n}/${sample.fileName ?? 'x.xml'}`,
  content: bytes,
})

const filesOf = (shelf: Shelf, random: Random, broken: boolean): { files: ZipFile[]; kind: string } => {
  let kind = 'sound entries'
  const files = Array.from({ length: 1 + random.below(4) }, (_, n) => {
    const sample = shelf.draw(random)
    if (!broken || random.below(2) === 0) return entryOf(sample, n)
    const mutant = random.pick(shelf.mutations)(sample, random)
    kind = `entry: ${mutant.kind}`
    return entryOf(sample, n, mutant.bytes)
  })
  return { files, kind }
}

const zeros = (megabytes: number): Buffer => Buffer.alloc(megabytes * 1024 * 1024, 0x20)

function withBroken(files: ZipFile[], shelf: Shelf, random: Random): { kind: string; bytes: Buffer } {
  const [first = { name: 'x', content: '' }, ...rest] = files
  const ways: (() => { kind: string; bytes: Buffer })[] = [
    () => ({ kind: 'slip', bytes: zipOf([...files, { ...first, name: random.pick(SLIPS) }]) }),
    () => ({ kind: 'slip in the directory', bytes: zipOf([{ ...first, listedAs: random.pick(SLIPS) }, ...rest]) }),
    () => ({ kind: 'bomb', bytes: zipOf([...files, { name: random.pick(['z.xml', 'z.csv', 'z.txt']), content: zeros(17) }]) }),
    () => ({ kind: 'archive in the archive', bytes: zipOf([{ ...first, content: zipOf(files) }]) }),
    () => ({ kind: 'wrong checksum', bytes: zipOf([{ ...first, crc: random.below(2 ** 31) }, ...rest]) }),
    () => ({ kind: 'one name twice', bytes: zipOf([first, ...files]) }),
    () => ({
      kind: 'very many entries',
      bytes: zipOf(Array.from({ length: 900 + random.below(300) }, (_, n) => ({ name: `e${n}.dat`, content: '' }))),
    }),
    () => ({ kind: 'encrypted', bytes: zipOf([{ ...first, flags: random.pick([1, 0x20, 0x40, 0x2000]) }, ...rest]) }),
    () => ({ kind: 'unknown method', bytes: zipOf([{ ...first, method: random.pick([1, 9, 12, 14, 93, 99]) }, ...rest]) }),
    () => ({ kind: 'directory too short', bytes: zipOf(files, { listed: Math.max(0, files.length - 1) }) }),
    () => ({
      kind: 'described',
      bytes: zipOf(files.map((file) => ({ ...file, described: true, signature: random.below(2) === 0, stored: random.below(4) === 0 }))),
    }),
    () => ({ kind: 'comment', bytes: zipOf(files, { comment: 'x'.repeat(random.below(60_000)) }) }),
    () => ({
      kind: 'other file',
      bytes: zipOf([...files, { name: random.pick(['readme.md', 'a.exe', 'Thumbs.db', '__MACOSX/._a.xml', 'd/']), content: 'x' }]),
    }),
    () => ({ kind: 'empty archive', bytes: zipOf([]) }),
    () => ({ kind: 'something ahead', bytes: Buffer.concat([Buffer.from(random.pick(['MZ', '\u0000', 'PK', '<?xml?>'])), zipOf(files)]) }),
    () => ({ kind: 'two archives', bytes: Buffer.concat([zipOf(files), zipOf([entryOf(shelf.draw(random), 9)])]) }),
  ]
  return random.pick(ways)()
}

/** A third as archives, a third in what is in them, a third in their bytes. */
export function archiveMutation(shelf: Shelf, bytesOnly: readonly Mutation[]): Mutation {
  return (sample, random): Mutant => {
    const which = random.below(3)
    const { files, kind } = filesOf(shelf, random, which === 1)
    if (which === 0) return withBroken(files, shelf, random)
    if (which === 1) return { kind, bytes: zipOf(files) }
    return random.pick(bytesOnly)({ ...sample, bytes: zipOf(files) }, random)
  }
}
