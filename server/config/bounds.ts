/** Every limit of the server that is not part of a contract elsewhere, with its unit in its name. */
export const BOUNDS = {
  /** a server that was told to stop and can not ends all the same: within the 30 s that supervisors give by default */
  stopMs: 25_000,
  /** embedded mongod: the WiredTiger cache's part of the machine's memory, or of the container's, and its limits */
  mongodCachePart: 0.25,
  mongodCacheGbMin: 0.25,
  mongodCacheGbMax: 16,
  /**
   * Changed pages in per cent of the cache from which they are written in between checkpoints, and from which writers have to help. Each
   * resource stands at dozens of places of its indexes: by default (5 and 20) the same pages are written again and again under load.
   */
  mongodDirtyTarget: 25,
  mongodDirtyTrigger: 50,
  mongodOplogMb: 2048,
  mongodStartMs: 60_000,
  /** how long somebody at a port may take to say whether it is the mongod of a folder */
  mongodAnswerMs: 5000,
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
  /** one search, count or batch of a stream in the database */
  searchMs: 20_000,
  pingMs: 3000,
  /** resources at the other end of one link of a search (chain, `_has`) that are named in a list; more are looked up */
  linkedDocs: 2000,
  /** links of a search that lead to more, each a look-up for every candidate */
  wideLinks: 4,
  /** one resource as stored: MongoDB's 16 MB for a document, less its keys and labels */
  storedBodyBytes: 14 * 1024 * 1024,
  /** units of one combined transaction, and their bytes */
  groupUnits: 64,
  groupBytes: 8 * 1024 * 1024,
  /** transactions of one process that run at the same time */
  commitLanes: 2,
  /** units that wait to be stored; more are refused as busy */
  commitQueue: 10_000,
  /** how long a unit is tried again when others are at the same documents, or the database restarts */
  commitRetryMs: 20_000,
  /** a transaction that rests for longer and has no connection any more belongs to a process that is gone */
  orphanIdleMs: 1000,
  /** how often it is looked for such */
  orphanLookMs: 5000,
  commitRetryDelayMinMs: 5,
  commitRetryDelayMaxMs: 500,
  /** bodies of one command of several documents: the driver makes it in 17 MB */
  insertBytes: 8 * 1024 * 1024,
  auditLanes: 2,
  auditGroupEntries: 1000,
  auditGroupBytes: 8 * 1024 * 1024,
  auditQueue: 50_000,
  auditHeadMs: 1000,
  /** how long an entry whose use is announced waits for others */
  auditLaterMs: 20,
  auditRetryMs: 500,
  /** entries that could not be stored for so long: nothing more is answered */
  auditFailingMs: 5000,
  /** a process that was not heard of for so long has ended */
  auditWriterMs: 30_000,
  auditRecoveryMs: 15_000,
  /** how long announcements stay when they are settled */
  auditIntentKeptMs: 300_000,
  /** reads by id that share one query */
  readGroupIds: 128,
  readLanes: 1,
  /** look-ups by id in one query of a table, and rows of one write to it */
  tableGroupIds: 1000,
  tableGroupRows: 100,
  streamBatchDocs: 500,
  streamBatchBytes: 4 * 1024 * 1024,
  /** of what is committed: how long the database is waited for, and how much is taken at once */
  feedAwaitMs: 500,
  feedBatch: 500,
  /** one more than a page of a history has: that there is a next one is seen by it */
  historyRows: 1001,
  restampBatch: 500,
} as const
