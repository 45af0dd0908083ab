/** Bounds of legal deletion, with the unit in the name. */
export const EXPUNGE_BOUNDS = {
  jobLeaseMs: 30_000,
  jobHeartbeatMs: 10_000,
  jobPollMs: 1_000,
  /** jobs looked at in one round, worked on one after the other */
  jobsAtOnce: 10,
  /** between two sweeps of a job that settles */
  sweepMs: 5_000,
  /** what was under way when the bars were set has ended by then (see commitRetryMs): the last sweep is made after it */
  settleMs: 120_000,
  /** ids in one command */
  batch: 250,
  referenceCharactersMax: 200,
}
