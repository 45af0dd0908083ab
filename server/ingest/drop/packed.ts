/**
 * Files that belong together as one payload: a ZIP archive (PKWARE APPNOTE 6.3) of them as they are. The same files make the same bytes, so that a set
 * which is taken twice is one payload.
 */
import { crc32 } from 'node:zlib'
import { OutcomeError } from '../../outcome/outcome-error.ts'

const LOCAL = 0x04034b50
const DIRECTORY = 0x02014b50
const END = 0x06054b50
const VERSION = 20
/** names are in UTF-8 */
const UTF8 = 0x800
const BYTES_MAX = 0xffff_ffff

interface Packed {
  name: Buffer
  crc: number
  size: number
  offset: number
}

/**
 * @param open the bytes of a file from their beginning, as often as they are asked for
 * @throws OutcomeError body-too-large; or what reading a file throws
 */
export async function* packed(names: readonly string[], open: (name: string) => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const files: Packed[] = []
  let offset = 0
  for (const name of names) {
    const file = { ...(await measured(open(name))), name: Buffer.from(name), offset }
    if (offset + file.size > BYTES_MAX) throw new OutcomeError('body-too-large', { params: { max: BYTES_MAX } })
    const head = localHeader(file)
    yield head
    yield* open(name)
    files.push(file)
    offset += head.byteLength + file.size
  }
  const directory = Buffer.concat(files.map(directoryHeader))
  yield Buffer.concat([directory, end(files.length, directory.byteLength, offset)])
}

async function measured(chunks: AsyncIterable<Uint8Array>): Promise<{ crc: number; size: number }> {
  let crc = 0
  let size = 0
  for await (const piece of chunks) {
    crc = crc32(piece, crc)
    size += piece.byteLength
  }
  return { crc, size }
}

/** What stands before a file and, in the directory, behind its version: flags, method, time, checksum, sizes, length of the name. */
function facts({ name, crc, size }: Packed): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeUInt16LE(VERSION, 0)
  bytes.writeUInt16LE(UTF8, 2)
  bytes.writeUInt32LE(crc, 10)
  bytes.writeUInt32LE(size, 14)
  bytes.writeUInt32LE(size, 18)
  bytes.writeUInt16LE(name.byteLength, 22)
  return bytes
}

function localHeader(file: Packed): Buffer {
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(LOCAL)
  return Buffer.concat([signature, facts(file), Buffer.alloc(2), file.name])
}

function directoryHeader(file: Packed): Buffer {
  const front = Buffer.alloc(6)
  front.writeUInt32LE(DIRECTORY)
  front.writeUInt16LE(VERSION, 4)
  const back = Buffer.alloc(16)
  back.writeUInt32LE(file.offset, 12)
  return Buffer.concat([front, facts(file), back, file.name])
}

function end(files: number, size: number, offset: number): Buffer {
  const bytes = Buffer.alloc(22)
  bytes.writeUInt32LE(END)
  bytes.writeUInt16LE(files, 8)
  bytes.writeUInt16LE(files, 10)
  bytes.writeUInt32LE(size, 12)
  bytes.writeUInt32LE(offset, 16)
  return bytes
}
