/**
 * The files of a drop folder: `processing` while one is read, `done` or `failed` when its receipt is there, with the receipt beside it. Only
 * plain files count: what a sender links to is not his to send.
 */
import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SeenFile } from './ready.ts'

export const PLACES = ['processing', 'done', 'failed'] as const
export type Place = (typeof PLACES)[number]

/** Characters of a name that is kept in another folder: a name of the file system holds 255 bytes. */
const NAME_CHARACTERS_MAX = 60
/** of a longer one's digest before its end: files of one set have one mark, and those of one export often end alike */
const DIGEST_CHARACTERS = 8
const READ_BYTES = 256 * 1024

/** The file was written to while it was read: it was not whole. */
export class FileChanged extends Error {}

export class DropFolder {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Makes the folders. @throws when there is no such directory, or nothing may be written there */
  async prepare(): Promise<void> {
    for (const place of PLACES) await mkdir(join(this.#directory, place), { recursive: true })
  }

  async list(): Promise<SeenFile[]> {
    const found: SeenFile[] = []
    for (const entry of await readdir(this.#directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      const facts = await lstat(join(this.#directory, entry.name)).catch(() => undefined)
      if (facts?.isFile()) found.push({ name: entry.name, bytes: facts.size, changed: facts.mtimeMs })
    }
    return found
  }

  /** Into `processing`. @returns false when it is gone, or one of its name is still there */
  async take(name: string): Promise<boolean> {
    if (await exists(join(this.#directory, 'processing', name))) return false
    return moved(join(this.#directory, name), join(this.#directory, 'processing', name))
  }

  isTaken(name: string): Promise<boolean> {
    return exists(join(this.#directory, 'processing', name))
  }

  /** The bytes of a taken file. @throws FileChanged at its end, when somebody wrote to it meanwhile */
  async *content(name: string): AsyncGenerator<Uint8Array> {
    const file = await open(join(this.#directory, 'processing', name), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const before = await file.stat()
      let bytes = 0
      for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>) {
        bytes += piece.byteLength
        yield piece
      }
      const after = await file.stat()
      if (bytes !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw new FileChanged()
    } finally {
      await file.close()
    }
  }

  /** All of a small file that is not taken yet; undefined: it is gone, or larger. */
  async read(name: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const file = await open(join(this.#directory, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (!file) return undefined
    try {
      const { size } = await file.stat()
      return size > bytesMax ? undefined : await file.readFile()
    } finally {
      await file.close()
    }
  }

  /**
   * The receipt first, then the file: whoever sees the file finds why it is there. Done twice, it changes nothing.
   * @param marker name of the file that said that it is whole, which goes with it
   */
  async finish(name: string, place: 'done' | 'failed', mark: string, report: object, marker?: string): Promise<void> {
    const target = this.#target(name, place, mark)
    await writeFile(`${target}.report.tmp`, `${JSON.stringify(report, null, 2)}\n`)
    await rename(`${target}.report.tmp`, `${target}.report.json`)
    await moved(join(this.#directory, 'processing', name), target)
    if (marker !== undefined) await rm(join(this.#directory, marker), { force: true })
  }

  /** A file that goes with another one, whose receipt is its own. */
  async follow(name: string, place: 'done' | 'failed', mark: string, marker?: string): Promise<void> {
    await moved(join(this.#directory, 'processing', name), this.#target(name, place, mark))
    if (marker !== undefined) await rm(join(this.#directory, marker), { force: true })
  }

  #target(name: string, place: 'done' | 'failed', mark: string): string {
    return join(this.#directory, place, `${mark}_${kept(name)}`)
  }
}

/** No two names become one: what is moved onto another file would end it. */
const kept = (name: string): string =>
  name.length <= NAME_CHARACTERS_MAX ? name : `${hash('sha256', name).slice(0, DIGEST_CHARACTERS)}_${name.slice(-NAME_CHARACTERS_MAX)}`

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
