/**
 * ZIP archives read front to back (PKWARE APPNOTE 6.3): memory is bounded by one piece, not by the archive or an entry. Nothing is ever
 * written under the name of an entry; a name that only an attacker would write refuses the archive all the same. Overlapping entries cannot be,
 * because every byte is read once; the directory at the end must name what was read, so that no reader sees other files than this one.
 */
import { ByteReader } from './byte-reader.ts'
import { inflateEntry, storedEntry, type EntryEnd } from './zip-entry.ts'
import { ZIP_BOUNDS, ZipError } from './zip-error.ts'
import { type LocalHeader, readDirectory, readLocalHeader } from './zip-headers.ts'

export interface ZipEntry {
  name: string
  /** the expanded content; what a reader leaves is passed over */
  chunks: AsyncIterable<Uint8Array>
}

const LOCAL = 0x04034b50
const DIRECTORY = 0x02014b50
const END = 0x06054b50

/** First bytes of a ZIP archive: an entry, or the end of one that is empty. */
export const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))

/**
 * Entries in order, folders left out.
 * @param expandedBytesMax of all of them together
 * @throws ZipError at the first thing that is wrong
 */
export async function* readZip(
  chunks: AsyncIterable<Uint8Array>,
  expandedBytesMax: number = ZIP_BOUNDS.expandedBytesMax,
): AsyncGenerator<ZipEntry> {
  const at = { file: 0 }
  try {
    yield* entriesOf(chunks, at, expandedBytesMax)
  } catch (error) {
    throw error instanceof ZipError ? new ZipError(error.code, error.entry, at.file) : error
  }
}

/** @param at which of the files is read, folders not counted */
async function* entriesOf(chunks: AsyncIterable<Uint8Array>, at: { file: number }, expandedBytesMax: number): AsyncGenerator<ZipEntry> {
  const bytes = new ByteReader(chunks)
  const names = new Set<string>()
  let expanded = 0
  let signature = await bytes.signature()
  while (signature === LOCAL) {
    at.file++
    const header = await readLocalHeader(bytes)
    checkName(header.name)
    if (names.has(header.name.toLowerCase())) throw new ZipError('archive-entry-repeated', header.name)
    names.add(header.name.toLowerCase())
    if (names.size > ZIP_BOUNDS.entriesMax) throw new ZipError('archive-entries', header.name)
    const content = counted(contentOf(bytes, header), header.name, (size) => {
      expanded += size
      if (expanded > expandedBytesMax) throw new ZipError('archive-bomb', header.name)
    })
    if (header.name.endsWith('/')) at.file--
    else yield { name: header.name, chunks: { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) } }
    for await (const _ of content);
    signature = await bytes.signature()
  }
  if (signature !== DIRECTORY && signature !== END) throw new ZipError(names.size === 0 ? 'archive-unsupported' : 'archive-damaged')
  const listed = await readDirectory(bytes)
  if (listed.length !== names.size || listed.some((name) => !names.has(name.toLowerCase()))) throw new ZipError('archive-damaged')
  if (names.size === 0) throw new ZipError('archive-empty')
}

/** Reads all of it. @returns what is wrong with it */
export async function checkZip(chunks: AsyncIterable<Uint8Array>, expandedBytesMax?: number): Promise<ZipError | undefined> {
  try {
    for await (const _ of readZip(chunks, expandedBytesMax));
    return undefined
  } catch (error) {
    if (error instanceof ZipError) return error
    throw error
  }
}

function contentOf(bytes: ByteReader, header: LocalHeader): AsyncGenerator<Uint8Array, EntryEnd> {
  if (header.encrypted || header.patched) throw new ZipError('archive-unsupported', header.name)
  if (header.method === 8) return inflateEntry(bytes, header)
  // How far bytes go that are stored as they are only their length says.
  if (header.method === 0 && header.compressed !== undefined) return storedEntry(bytes, header.compressed, header)
  throw new ZipError('archive-unsupported', header.name)
}

async function* counted(content: AsyncGenerator<Uint8Array>, name: string, count: (size: number) => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of content) {
      count(piece.byteLength)
      yield piece
    }
  } catch (error) {
    if (error instanceof ZipError && error.entry === '') throw new ZipError(error.code, name)
    throw error
  }
}

/** A name for a file in a folder below: no way up, no root, no drive, no other system's separators. */
function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const strange = name === '' || name.length > ZIP_BOUNDS.nameCharactersMax || /[\u0000-\u001f\u007f\\]|^\/|^[A-Za-z]:/.test(name)
  const parts = name.replace(/\/$/, '').split('/')
  if (strange || parts.some((part) => part === '..' || part === '.' || part === '')) throw new ZipError('archive-path', shown(name))
}

/** A name in an answer: bounded, and without what a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const shown = (name: string): string => name.slice(0, 100).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
