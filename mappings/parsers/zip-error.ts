/** Why a ZIP archive is refused, and what is more than is accepted. */

export type ZipFlaw =
  | 'archive-bomb'
  | 'archive-damaged'
  | 'archive-empty'
  | 'archive-entries'
  | 'archive-entry-repeated'
  | 'archive-path'
  | 'archive-unsupported'

/** The archive is refused; `entry` is where, as far as its name is known, and `place` which of the files it is, from 1. */
export class ZipError extends Error {
  readonly code: ZipFlaw
  readonly entry: string
  readonly place: number
  constructor(code: ZipFlaw, entry = '', place = 0) {
    super(code)
    this.code = code
    this.entry = entry
    this.place = place
  }
}

export const ZIP_BOUNDS = {
  entriesMax: 1_000,
  nameCharactersMax: 240,
  /** of all entries together, unless the reader says less: what a batch file may have that comes without an archive */
  expandedBytesMax: 8 * 1024 * 1024 * 1024,
  /** an entry that expands further must not do so by more than the ratio: tables shrink by 5 to 40 times, a bomb by 1,000 */
  ratioFreeBytes: 16 * 1024 * 1024,
  ratioMax: 200,
} as const
