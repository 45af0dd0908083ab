/**
 * The files of a drop folder: `processing` while one is read, `done` or `failed` when its receipt is there, with the receipt beside it. Only
 * plain files count: what a sender links to is not his to send.
 */
import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { SeenFile } from './ready.ts'

export const PLACES = ['processing', 'done', 'failed'] as const
export type Place = (typeof PLACES)[number]

/** What a name of the file system holds. One that was written in another charset may have more in this one. */
const NAME_BYTES_MAX = 255
/** Characters of a name that is kept in another folder, with what is written before and behind it. */
const NAME_CHARACTERS_MAX = 60
/** of a longer one's digest before its end: files of one set have one mark, and those of one export often end alike */
const DIGEST_CHARACTERS = 8
const READ_BYTES = 256 * 1024

/** No permission, or what stands under the name is no file any more: it will not be one by being tried again. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'ELOOP', 'EISDIR'])

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

/** The file was written to while it was read: it was not whole. */
export class FileChanged extends Error {}

export class DropFolder {
  readonly #directory: string
  /** paths of files whose names are in another charset than the file system's, by what the names say */
  #foreign: ReadonlyMap<string, Buffer> = new Map()

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Makes the folders in it, but not the directory: where it has vanished it is mounted again, and what is in it then is not to be hidden by another.
   * @throws when there is no such directory, a link stands in the place of a folder, or nothing may be written there
   */
  async prepare(): Promise<void> {
    for (const place of PLACES) {
      const path = join(this.#directory, place)
      await mkdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      // Whoever may write into the directory could lead what the server writes to anywhere.
      if (!(await lstat(path)).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' })
    }
  }

  /** Of two names that say the same in two charsets the second is seen when the first has gone. */
  async list(): Promise<SeenFile[]> {
    const found = new Map<string, SeenFile>()
    const foreign = new Map<string, Buffer>()
    const entries = await readdir(this.#directory, { withFileTypes: true, encoding: 'buffer' })
    const named = entries.filter((entry) => entry.isFile()).map((entry) => ({ bytes: entry.name, ...said(entry.name) }))
    for (const { bytes, name, isForeign } of named.sort((a, b) => Number(a.isForeign) - Number(b.isForeign))) {
      if (found.has(name)) continue
      const path = Buffer.concat([Buffer.from(this.#directory + sep), bytes])
      const facts = await lstat(path).catch(() => undefined)
      if (!facts?.isFile()) continue
      found.set(name, { name, bytes: facts.size, changed: facts.mtimeMs })
      if (isForeign) foreign.set(name, path)
    }
    this.#foreign = foreign
    return [...found.values()]
  }

  /** Files that were taken, by the names by which they are found again (`nameOnceTaken`). */
  async taken(): Promise<SeenFile[]> {
    const entries = await readdir(join(this.#directory, 'processing'), { withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const seen = files.map(async (entry) => {
      const name = foundAgain(entry.name)
      const facts = await lstat(this.#taken(name)).catch(() => undefined)
      return facts?.isFile() ? [{ name, bytes: facts.size, changed: facts.mtimeMs }] : []
    })
    return (await Promise.all(seen)).flat()
  }

  /** By which name a file is found that was taken under this one: its own, but for one that is shortened and does not say it any more. */
  nameOnceTaken(name: string): string {
    return name.startsWith(LEFT) ? name : foundAgain(fitting(name))
  }

  /** Where a file stands that is not taken. */
  #path(name: string): Buffer | string {
    return this.#foreign.get(name) ?? join(this.#directory, name)
  }

  /**
   * Into `processing`.
   * @param marker name of the file that says that it is whole. It goes before: one that comes from then on is that of the next file of this name
   * @returns false when it is gone, or one of its name is still there
   */
  async take(name: string, marker?: string): Promise<boolean> {
    if ((await this.isTaken(name)) || !(await exists(this.#path(name)))) return false
    if (marker !== undefined && (await exists(this.#path(marker)))) await rm(this.#path(marker), { force: true })
    return moved(this.#path(name), this.#taken(name))
  }

  /** Where a file stands that is taken. */
  #taken(name: string): string {
    return name.startsWith(LEFT) ? join(this.#directory, name) : join(this.#directory, 'processing', fitting(name))
  }

  isTaken(name: string): Promise<boolean> {
    return exists(this.#taken(name))
  }

  /** What changes when somebody writes to a taken file; '' when it is not there. */
  async stateOf(name: string): Promise<string> {
    const facts = await lstat(this.#taken(name)).catch(() => undefined)
    return facts ? `${facts.size} ${facts.mtimeMs}` : ''
  }

  /**
   * The bytes of a taken file.
   * @throws FileChanged at its end, when somebody wrote to it meanwhile; OutcomeError drop-file-unreadable
   */
  async *content(name: string): AsyncGenerator<Uint8Array> {
    const file = await opened(this.#taken(name))
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
    const file = await open(this.#path(name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (!file) return undefined
    try {
      const { size } = await file.stat()
      return size > bytesMax ? undefined : await file.readFile()
    } finally {
      await file.close()
    }
  }

  /** The receipt first, then the file: whoever sees the file finds why it is there. Done twice, it changes nothing. */
  async finish(name: string, place: 'done' | 'failed', mark: string, report: object): Promise<void> {
    const target = this.#target(name, place, mark)
    const draft = `${target}.report.tmp`
    // What stands there is of a process that died, or a link that somebody laid: it is not written through.
    await rm(draft, { force: true })
    await writeFile(draft, `${JSON.stringify(report, null, 2)}\n`, { flag: 'wx' })
    await rename(draft, `${target}.report.json`)
    await moved(this.#taken(name), target)
  }

  /** A file that goes with another one, whose receipt is its own. */
  async follow(name: string, place: 'done' | 'failed', mark: string): Promise<void> {
    await moved(this.#taken(name), this.#target(name, place, mark))
  }

  #target(name: string, place: 'done' | 'failed', mark: string): string {
    return join(this.#directory, place, `${mark}_${kept(shownName(name))}`)
  }
}

/** No two names become one: what is moved onto another file would end it. */
const kept = (name: string): string =>
  name.length <= NAME_CHARACTERS_MAX ? name : `${hash('sha256', name).slice(0, DIGEST_CHARACTERS)}_${name.slice(-NAME_CHARACTERS_MAX)}`

/** Before the digest of a name that is too long for the file system; one that begins so is written as those are, so that it is none of theirs. */
const SHORTENED = 'long~'

/** The name by which a file is found again; no two become one. */
const fitting = (name: string): string =>
  Buffer.byteLength(name) <= NAME_BYTES_MAX && !name.startsWith(SHORTENED)
    ? name
    : `${SHORTENED}${hash('sha256', name)}_${name.slice(-NAME_CHARACTERS_MAX)}`

/** Before the name of a file that was found among those that were taken, and is known by no other: no sender can give a file such a name. */
const LEFT = `processing${sep}`

const foundAgain = (fitted: string): string => (fitted.startsWith(SHORTENED) ? LEFT + fitted : fitted)

/** As a file is told to others. */
export const shownName = (name: string): string => (name.startsWith(LEFT) ? name.slice(LEFT.length) : name)

async function moved(from: Buffer | string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** What stands there, a link that leads nowhere too. @throws where that cannot be told: a file system that is away has not lost its files */
const exists = (path: Buffer | string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (NOT_THERE.has(error.code ?? '')) return false
      throw error
    },
  )

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (UNREADABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw new OutcomeError('drop-file-unreadable')
    throw error
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const gb18030 = new TextDecoder('gb18030')

/** Chinese Windows writes names in its own charset, and an SFTP server leaves them as they are. */
function said(bytes: Uint8Array): { name: string; isForeign: boolean } {
  try {
    return { name: strictUtf8.decode(bytes), isForeign: false }
  } catch {
    return { name: gb18030.decode(bytes), isForeign: true }
  }
}
