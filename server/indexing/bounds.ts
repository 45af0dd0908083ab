/** Bounds of the upkeep of the index, with the unit in the name. */
export const INDEXING_BOUNDS = {
  /** how often a process looks whether parameters came or went */
  pollMs: 500,
  /** a process that could not look for so long writes nothing until it has */
  blindMs: 10_000,
  /** a process of which nothing was heard for so long has ended, with all that it was writing (see commitRetryMs) */
  deadMs: 60_000,
  /** how long the answer to a changed parameter waits until every process knows it */
  announceMs: 5_000,
  /** reads of a table that every process makes, where it waits for others */
  waitMs: 50,
  jobLeaseMs: 30_000,
  jobHeartbeatMs: 10_000,
  jobPollMs: 1_000,
  /** jobs looked at in one round, worked on one after the other */
  jobsAtOnce: 10,
  /** resources that are indexed and written together */
  batch: 250,
  /** keys of the resources of one command */
  groupKeys: 20_000,
  /** passes over a type: each takes up what others wrote meanwhile as they knew it */
  passesMax: 5,
  /** resources that a job names among those that it could not index */
  namedMax: 20,
  /** finished jobs are kept so long */
  jobKeptMs: 30 * 24 * 3_600_000,
} as const
