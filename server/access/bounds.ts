/** Every limit of access control, with its unit in its name. */
export const ACCESS_BOUNDS = {
  /** persons being relabelled; above it consent changes wait (access.md 3.6) */
  overlayMax: 2500,
  /** longer than a transaction and a stale secondary can live (access.md 3.6) */
  overlayGraceMs: 120_000,
  /** entries that are about to be committed count for so long, unless it is known sooner what became of them */
  overlayRoomMs: 60_000,
  /** how long the answer to a consent change waits for relabelling, so that who gave something finds it given */
  relabelWaitMs: 50,
  /** looks behind answers at labels of what was just written (settle-behind.ts) */
  settleBehind: { lookMax: 256, tries: 6, pauseMs: 100, gatherMs: 50 },
  /** persons that are relabelled together */
  relabelBatchPersons: 50,
  /** batches that one process relabels beside each other right after consent changes */
  relabelLanes: 2,
  /** a batch that takes longer does not keep the next one waiting */
  relabelSlowMs: 200,
  /** what a process has not relabelled so long after the change, the worker of any process takes over */
  relabelTakeOverMs: 5_000,
  /** parts into which processes divide the persons to be relabelled */
  relabelShards: 4,
  /** collections of one person's documents that are relabelled beside each other */
  relabelTypesAtOnce: 6,
  /** how often relabelling looks again at what another process relabelled at the same time */
  relabelRoundsMax: 5,
  relabelLeaseMs: 30_000,
  /** the documents of a person that is linked, or of one whose resource became sensitive */
  relabelPersonMs: 600_000,
  relabelPollMs: 1_000,
  /** how often what is about unknown persons is looked at again */
  relabelUnknownMs: 60_000,
  relabelRoundMax: 500,
  /** persons whom one asker treats, listed in a query */
  treatedPersonsMax: 2_000,
  /** visits and teams of the persons of one query */
  relationRowsMax: 20_000,
  /** rows of relations that are changed in one transaction */
  relationWritesMax: 500,
  /** rounds in which persons met on the way are looked up */
  lookUpRoundsMax: 3,
  consentsPerPersonMax: 500,
  provisionDepthMax: 8,
  provisionsMax: 500,
  classInsertAttemptsMax: 200,
  classShapesMax: 20_000,
  /** askers whose evaluated classes are kept */
  askersCachedMax: 500,
  /** persons' lists of consents that are kept, each under its epoch */
  citationsCachedMax: 20_000,
  recordsPerPersonMax: 500,
  /** texts of which it is remembered whether they have a word in them that makes them sensitive, and how long those may be */
  wordedTextsMax: 20_000,
  wordedCharactersMax: 64,
  /** verifications of one RelatedPerson that are looked at; where there are more, none counts */
  verificationsMax: 50,
  /** rounds in which labels are inherited inside one batch */
  inheritanceRounds: 4,
} as const
