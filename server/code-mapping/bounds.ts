/** Every limit of the mapping of codes, with its unit in its name. */
export const MAPPING_BOUNDS = {
  rowsDefault: 20,
  rowsMax: 100,
  /** rows that a search by words looks at; more are found by source, map or code */
  scannedMax: 20_000,
  suggestionsMax: 5,
  /** so long they are looked for */
  suggestMs: 1_500,
  /** concepts of a system in memory that are compared */
  candidatesMax: 20_000,
  /** concepts of a loaded system that are compared, and of one question */
  likelyMax: 1_000,
  likelyPage: 50,
  /** rows of other sources with the same display or code that are looked at, and those whose names are compared, last seen first */
  othersMax: 200,
  othersLikeMax: 2_000,
  eventsMax: 200,
  commentCharactersMax: 1000,
  bodyBytesMax: 16 * 1024,
  /** a decision that met another one is made again so often */
  decisionAttemptsMax: 8,
  /** resources that are translated anew in one transaction */
  batch: 100,
  /** pages in which nothing was to be translated, between two notes of how far a job has come */
  pagesUnnoted: 20,
  /** share of the time of a batch for which a job rests behind it, so that others are answered first */
  restShare: 0.25,
  restMaxMs: 250,
  /** between looks at a payload that is being mapped anew */
  payloadPollMs: 200,
  /** attempts of a batch that met other writers; then each resource goes alone */
  batchAttemptsMax: 3,
  aloneAttemptsMax: 30,
  aloneDelayMaxMs: 100,
  /** passes of one job: each takes up what others stored meanwhile as they knew it */
  passesMax: 5,
  /** resources that a job names among those that it could not write */
  namedMax: 20,
  leaseMs: 10_000,
  heartbeatMs: 3_000,
  pollMs: 1_000,
  jobsAtOnce: 10,
  /** between looks for codes that came untranslated although they are mapped */
  followUpMs: 5_000,
  /** finished jobs are kept so long */
  jobKeptMs: 30 * 24 * 3_600_000,
  jobsShown: 50,
} as const
