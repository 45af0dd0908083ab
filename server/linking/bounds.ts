/** Every limit of the clerk's side of linking, with its unit in its name. */
export const LINKING_BOUNDS = {
  rowsDefault: 20,
  rowsMax: 100,
  /** questions that are looked at for one page of those that the asker may see */
  scannedMax: 5_000,
  scanPage: 100,
  eventsMax: 200,
  commentCharactersMax: 1000,
  bodyBytesMax: 16 * 1024,
  decisionAttemptsMax: 8,
} as const
