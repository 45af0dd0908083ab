/**
 * Files of a drop folder that belong together: documents, and the index that lists them. An index goes with those that it lists as soon as all of them
 * are whole, or when it has waited for the others long enough; a file that no index lists goes alone after that time, and is told so.
 */
import type { FilesTogether } from '../../../mappings/engine/types.ts'
import type { DropFolder } from './folder.ts'

export interface DropSet {
  /** the index, or the one file */
  name: string
  /** those that it lists and that are there */
  files: readonly string[]
}

export interface SetOptions {
  together: FilesTogether
  charset: string
  waitMs: number
}

/** By our clock, since when a file is whole. */
export class DropSets {
  readonly #folder: DropFolder
  readonly #options: SetOptions
  #since = new Map<string, number>()

  constructor(folder: DropFolder, options: SetOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** An archive is what it is; any other file is packed with those that go with it. */
  isAlone(name: string): boolean {
    return this.#options.together.archive.test(name)
  }

  /** @param whole names of the whole files */
  async ready(whole: readonly string[], now: number): Promise<DropSet[]> {
    this.#since = new Map(whole.map((name) => [name, this.#since.get(name) ?? now]))
    const { together, charset, waitMs } = this.#options
    const there = new Set(whole)
    const hasWaited = (name: string): boolean => now - (this.#since.get(name) ?? now) >= waitMs
    const sets: DropSet[] = []
    const listed = new Set<string>()
    for (const name of whole.filter((one) => together.index.test(one))) {
      const bytes = await this.#folder.read(name, together.indexBytesMax)
      const names = bytes ? [...new Set(await together.files(bytes, charset))] : []
      for (const one of names) listed.add(one)
      const files = names.filter((one) => there.has(one) && !together.index.test(one))
      if (files.length === names.length || hasWaited(name)) sets.push({ name, files })
    }
    const alone = whole.filter((name) => !together.index.test(name) && !listed.has(name))
    return [...sets, ...alone.filter((name) => together.archive.test(name) || hasWaited(name)).map((name) => ({ name, files: [] }))]
  }
}
