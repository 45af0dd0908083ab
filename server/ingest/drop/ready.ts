/** Which files of a drop folder are whole: as the site's senders say it, or by their standing still. */

/** `rename`: senders upload under another name first; `marker`: a file beside it says so; `stable`: nobody writes to it any more. */
export type Ready = 'rename' | 'marker' | 'stable'

export interface SeenFile {
  name: string
  bytes: number
  /** time of the last change */
  changed: number
}

/** Names that upload programs use while they write. */
const UNFINISHED = /^\.|~$|\.(?:tmp|temp|part|partial|filepart|uploading|crdownload)$/i

export interface ReadyOptions {
  ready: Ready
  /** ending of the file that says that the one before the ending is whole */
  marker: string
  stableMs: number
}

export class Readiness {
  readonly #options: ReadyOptions
  /** since when a file has been as it is, by our clock */
  #known = new Map<string, SeenFile & { since: number }>()

  constructor(options: ReadyOptions) {
    this.#options = options
  }

  /** Names of the whole ones, in order. */
  whole(files: readonly SeenFile[], now: number): string[] {
    const { ready, marker, stableMs } = this.#options
    const names = new Set(files.map(({ name }) => name))
    const known = new Map<string, SeenFile & { since: number }>()
    const found = files.filter((file) => {
      if (UNFINISHED.test(file.name)) return false
      if (ready === 'rename') return true
      if (ready === 'marker') return !file.name.endsWith(marker) && names.has(file.name + marker)
      const before = this.#known.get(file.name)
      const same = before?.bytes === file.bytes && before.changed === file.changed
      const since = same ? before.since : now
      known.set(file.name, { ...file, since })
      return now - since >= stableMs
    })
    this.#known = known
    return found.map(({ name }) => name).sort()
  }
}
