/** ZIP archives for tests, written byte by byte from APPNOTE 4.3, so that each can be wrong in one way. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  name: string | Uint8Array
  content: string | Uint8Array
  stored?: boolean
  /** sizes and checksum stand behind the content, as writers do that do not go back */
  described?: boolean
  flags?: number
  method?: number
  crc?: number
  /** in the directory, instead of the name before the content */
  listedAs?: string
  signature?: boolean
}

export function zipOf(files: readonly ZipFile[], { listed = files.length, comment = '' } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [at, file] of files.entries()) {
    const bytes = localOf(file)
    parts.push(bytes)
    if (at < listed) directory.push(directoryOf(file, offset))
    offset += bytes.byteLength
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).byteLength, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(Buffer.byteLength(comment), 20)
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)])
}

function facts(file: ZipFile) {
  const content = Buffer.from(file.content)
  const packed = file.stored ? content : deflateRawSync(content, { level: 1 })
  const name = Buffer.from(file.name)
  const flags = (file.flags ?? 0) | (file.described ? 8 : 0)
  return { content, packed, name, flags, method: file.method ?? (file.stored ? 0 : 8), crc: file.crc ?? crc32(content) }
}

function localOf(file: ZipFile): Buffer {
  const { content, packed, name, flags, method, crc } = facts(file)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50)
  head.writeUInt16LE(20, 4)
  head.writeUInt16LE(flags, 6)
  head.writeUInt16LE(method, 8)
  head.writeUInt16LE(name.byteLength, 26)
  const sizes = Buffer.alloc(12)
  sizes.writeUInt32LE(crc)
  sizes.writeUInt32LE(packed.byteLength, 4)
  sizes.writeUInt32LE(content.byteLength, 8)
  if (!file.described) sizes.copy(head, 14)
  const signature = Buffer.from(file.signature === false ? '' : 'PK\u0007\u0008', 'latin1')
  return Buffer.concat([head, name, packed, ...(file.described ? [signature, sizes] : [])])
}

function directoryOf(file: ZipFile, offset: number): Buffer {
  const { content, packed, name: own, flags, method, crc } = facts(file)
  const name = file.listedAs === undefined ? own : Buffer.from(file.listedAs)
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50)
  head.writeUInt16LE(flags, 8)
  head.writeUInt16LE(method, 10)
  head.writeUInt32LE(crc, 16)
  head.writeUInt32LE(packed.byteLength, 20)
  head.writeUInt32LE(content.byteLength, 24)
  head.writeUInt16LE(name.byteLength, 28)
  head.writeUInt32LE(offset, 42)
  return Buffer.concat([head, name])
}
