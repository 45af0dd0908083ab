/** Every limit of access control, with its unit in its name. */
export const ACCESS_BOUNDS = {
  /** persons being relabelled; above it consent changes wait (access.md 3.6) */
  overlayMax: 2500,
  /** longer than a transaction and a stale secondary can live (access.md 3.6) */
  overlayGraceMs: 120_000,
  /** how long a consent change waits for the relabelling of its person's documents */
  relabelAtOnceMs: 2_000,
  /** collections of one person's documents that are relabelled beside each other */
  relabelTypesAtOnce: 6,
  relabelLeaseMs: 30_000,
  /** one person's documents in one round; two workers on one person do no harm */
  relabelPersonMs: 600_000,
  relabelPollMs: 1_000,
  /** how often what is about unknown persons is looked at again */
  relabelUnknownMs: 60_000,
  relabelRoundMax: 50,
  /** persons whom one asker treats, listed in a query */
  treatedPersonsMax: 2_000,
  /** visits and teams of the persons of one query */
  relationRowsMax: 20_000,
  /** rounds in which persons met on the way are looked up */
  lookUpRoundsMax: 3,
  consentsPerPersonMax: 500,
  provisionDepthMax: 8,
  provisionsMax: 500,
  classInsertAttemptsMax: 200,
  classShapesMax: 20_000,
  /** askers whose evaluated classes are kept */
  askersCachedMax: 500,
  studyCacheMs: 2_000,
  /** rounds in which labels are inherited inside one batch */
  inheritanceRounds: 4,
} as const
