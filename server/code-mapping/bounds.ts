/** Every limit of the mapping of codes, with its unit in its name. */
export const MAPPING_BOUNDS = {
  rowsDefault: 20,
  rowsMax: 100,
  /** rows that a search by words looks at; more are found by source, map or code */
  scannedMax: 20_000,
  suggestionsMax: 5,
  /** concepts of one system that are compared; a larger one is looked up by $expand */
  candidatesMax: 20_000,
  /** rows of other sources with the same display or code that are looked at */
  othersMax: 200,
  eventsMax: 200,
  commentCharactersMax: 1000,
  bodyBytesMax: 16 * 1024,
  /** a decision that met another one is made again so often */
  decisionAttemptsMax: 8,
  /** resources that are translated anew in one transaction */
  batch: 100,
  /** attempts of a batch that met other writers; then each resource goes alone */
  batchAttemptsMax: 3,
  aloneAttemptsMax: 30,
  aloneDelayMaxMs: 100,
  /** passes of one job: each takes up what others stored meanwhile as they knew it */
  passesMax: 5,
  /** resources that a job names among those that it could not write */
  namedMax: 20,
  leaseMs: 30_000,
  heartbeatMs: 10_000,
  pollMs: 1_000,
  jobsAtOnce: 10,
  /** between looks for codes that came untranslated although they are mapped */
  followUpMs: 5_000,
  /** finished jobs are kept so long */
  jobKeptMs: 30 * 24 * 3_600_000,
  jobsShown: 50,
} as const
