/** The headers of a ZIP archive (APPNOTE 4.3): before each entry, in the directory, at the end. */
import type { ByteReader } from './byte-reader.ts'
import { ZipError } from './zip-error.ts'

export interface LocalHeader {
  name: string
  method: number
  encrypted: boolean
  /** compressed patched data (APPNOTE 4.4.4, bit 5) */
  patched: boolean
  /** sizes and checksum stand behind the content */
  described: boolean
  /** absent while only the description behind the content knows it */
  compressed: number | undefined
  expanded: number | undefined
  crc: number | undefined
  zip64: boolean
}

const LOCAL_BYTES = 30
const DIRECTORY_BYTES = 46
const DIRECTORY = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22
const ZIP64_END = 0x06064b50
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_LOCATOR_BYTES = 20
const WIDE = 0xffffffff
/** bits of the general purpose flag */
const ENCRYPTED = 0x1
const DESCRIBED = 0x8
const PATCHED = 0x20
const STRONGLY_ENCRYPTED = 0x40
const UTF8 = 0x800

async function need(bytes: ByteReader, count: number): Promise<Buffer> {
  const taken = await bytes.take(count)
  if (!taken) throw new ZipError('archive-damaged')
  return taken
}

export async function readLocalHeader(bytes: ByteReader): Promise<LocalHeader> {
  const fixed = Buffer.from(await need(bytes, LOCAL_BYTES))
  const flags = fixed.readUInt16LE(6)
  const name = nameOf(Buffer.from(await need(bytes, fixed.readUInt16LE(26))), (flags & UTF8) !== 0)
  const extra = await need(bytes, fixed.readUInt16LE(28))
  const described = (flags & DESCRIBED) !== 0
  const [compressed, expanded] = [fixed.readUInt32LE(18), fixed.readUInt32LE(22)]
  const wide = compressed === WIDE || expanded === WIDE ? zip64Sizes(extra, name) : undefined
  return {
    name,
    method: fixed.readUInt16LE(8),
    encrypted: (flags & (ENCRYPTED | STRONGLY_ENCRYPTED)) !== 0,
    patched: (flags & PATCHED) !== 0,
    described,
    zip64: wide !== undefined,
    ...(described
      ? { compressed: undefined, expanded: undefined, crc: undefined }
      : { compressed: wide?.compressed ?? compressed, expanded: wide?.expanded ?? expanded, crc: fixed.readUInt32LE(14) }),
  }
}

/** Sizes above 4 GiB stand in an extra field (APPNOTE 4.5.3), the expanded one first. */
function zip64Sizes(extra: Buffer, name: string): { expanded: number; compressed: number } {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === 1 && length >= 16 && at + 4 + length <= extra.byteLength) {
      return { expanded: Number(extra.readBigUInt64LE(at + 4)), compressed: Number(extra.readBigUInt64LE(at + 12)) }
    }
    at += 4 + length
  }
  throw new ZipError('archive-damaged', name)
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const strictGb = new TextDecoder('gb18030', { fatal: true })

/** Chinese Windows writes names in its own charset and does not say so. */
function nameOf(bytes: Uint8Array, isUtf8: boolean): string {
  for (const decoder of isUtf8 ? [strictUtf8] : [strictUtf8, strictGb]) {
    try {
      return decoder.decode(bytes)
    } catch {
      // the next charset
    }
  }
  throw new ZipError('archive-path')
}

/** The directory and the end of the archive: the names that it lists. Nothing may stand behind. */
export async function readDirectory(bytes: ByteReader): Promise<string[]> {
  const names: string[] = []
  while ((await bytes.signature()) === DIRECTORY) {
    const fixed = Buffer.from(await need(bytes, DIRECTORY_BYTES))
    const [nameLength, extraLength, commentLength] = [fixed.readUInt16LE(28), fixed.readUInt16LE(30), fixed.readUInt16LE(32)]
    names.push(nameOf(Buffer.from(await need(bytes, nameLength)), (fixed.readUInt16LE(8) & UTF8) !== 0))
    await need(bytes, extraLength + commentLength)
  }
  if ((await bytes.signature()) === ZIP64_END) {
    const head = await need(bytes, 12)
    const size = Number(head.readBigUInt64LE(4))
    if (size > 1024) throw new ZipError('archive-damaged')
    await need(bytes, size)
  }
  if ((await bytes.signature()) === ZIP64_LOCATOR) await need(bytes, ZIP64_LOCATOR_BYTES)
  if ((await bytes.signature()) !== END) throw new ZipError('archive-damaged')
  const end = Buffer.from(await need(bytes, END_BYTES))
  await need(bytes, end.readUInt16LE(20))
  if (await bytes.some(1)) throw new ZipError('archive-damaged')
  return names
}
