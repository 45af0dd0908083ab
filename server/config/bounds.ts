/** Every limit of the server that is not part of a contract elsewhere, with its unit in its name. */
export const BOUNDS = {
  /** embedded mongod: memory of the WiredTiger cache */
  mongodCacheGb: 1,
  mongodOplogMb: 2048,
  mongodStartMs: 60_000,
  mongodStopMs: 30_000,
  mongodRestartDelayMinMs: 100,
  mongodRestartDelayMaxMs: 10_000,
  mongodProvisionMs: 600_000,
  /** pool of one server process */
  mongoPoolSize: 64,
  mongoConnectMs: 10_000,
  /** how long an operation waits for a primary: long enough for a restart of the database, short enough for a client */
  mongoServerSelectionMs: 10_000,
  mongoSocketMs: 180_000,
  mongoWriteConcernMs: 15_000,
} as const
