/** A row of the index, read. */

/** One row of the index with its file; a document that is taken back needs none. */
export interface DocumentRecord {
  values: Readonly<Record<string, string>>
  unknownColumns: readonly string[]
  file?: { contentType: string; data: string }
}
