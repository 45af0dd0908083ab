/** Every limit of the ingest way, with its unit in its name. */
export const INGEST_BOUNDS = {
  /** largest payload of a `message` source; more is refused before it is kept */
  messageBytesMax: 64 * 1024 * 1024,
  /** of all that is in an archive of messages, which are all in memory at once before any of it is kept */
  messageExpandedBytesMax: 128 * 1024 * 1024,
  /** bytes of memory of them when they are decoded */
  messageWeightMax: 768 * 1024 * 1024,
  /** a message payload above this is processed as a job, so that the sender does not wait */
  inlineBytesMax: 2 * 1024 * 1024,
  /** and so is one that becomes more resources, however short it is */
  inlineResourcesMax: 2_000,
  /** longest that a sender waits over HTTP for a message that others hold up; then it is accepted, and its receipt comes */
  answerMsMax: 20_000,
  /** messages above that which are held in memory at the same time */
  largeMessagesMax: 4,
  /** records of one such payload, which are all read before any of it is kept; more are sent as a batch file */
  messageRecordsMax: 10_000,
  /** largest batch file */
  batchBytesMax: 8 * 1024 * 1024 * 1024,
  /** raw bytes of one kept chunk, before compression; a MongoDB document holds 16 MB */
  chunkBytesMax: 4 * 1024 * 1024,
  /** a payload up to this is kept in one document with its status */
  inlineChunkBytesMax: 256 * 1024,
  /** a payload up to this is kept as it came: compressing it costs more than it saves */
  plainBytesMax: 8 * 1024,
  /** characters of a file name or content type that is kept */
  labelCharactersMax: 200,
  /** issues listed one by one in a receipt; the rest is counted */
  receiptIssuesMax: 500,
  /** fields among them of which it is told once what all rows have alike: that they are unread, or days without an hour */
  receiptFieldsMax: 100,
  /** issues of one record that are listed */
  recordIssuesMax: 50,
  /** raw bytes of a quarantined part that are kept beside the payload */
  quarantineRawBytesMax: 1024 * 1024,
  /** distinct identity numbers of an unreadable part of which it is asked whether they are of somebody who refuses to be collected */
  searchedNumbersMax: 1_000,
  /** resources of one record (a settlement list of 10,000 lines is one record) */
  recordResourcesMax: 50_000,
  /**
   * members of a list that many records add to (the results of a report): one that a sender numbers alike for all of its rows would be read
   * and written whole with each of them, until no document holds it
   */
  listMembersMax: 5_000,
  /** records of patients of whom one source told of one thing: its number is used again */
  patientsOfThingMax: 8,
  /** words of one thing that are kept apart: the number of a report or visit that ever new documents have is none */
  wordsApartMax: 200,
  /** words about one set of things that are kept: how often a visit is settled, taken back, settled again */
  wordsOfBatchMax: 500,
  /** resources written in one transaction; a longer record is stored in several, each complete in itself */
  transactionResourcesMax: 400,
  /** of several records together, each of which costs less the more go with it */
  togetherResourcesMax: 800,
  /** things of one patient of which it is kept in one row what one record said, and characters of their elements */
  statementsTogetherMax: 32,
  statementCharactersTogetherMax: 64 * 1024,
  /** attempts of one transaction that met another writer */
  conflictAttemptsMax: 30,
  conflictDelayMaxMs: 150,
  /**
   * rows of a batch that are stored in one transaction, as far as their resources go into one, and groups of them in work at the same time.
   * Each group costs some 25 commands however many rows it has; two resources for each are the least that rows have
   */
  batchRows: 200,
  batchConcurrency: 6,
  /** transactions of rows or messages in work at the same time; one more is for messages alone */
  storingLanes: 6,
  /** bytes of files that the records of such a group hold together: documents with their index */
  batchFileBytesMax: 4 * 1024 * 1024,
  /** a row or message with more resources is stored alone */
  batchRowResourcesMax: 150,
  /** attempts to store rows together when they meet other writers; then each goes alone */
  batchAttemptsMax: 3,
  /** rows of a group that go alone, at the same time */
  aloneConcurrency: 8,
  /** parts that go to quarantine at the same time: one look at who refuses and one row each */
  apartConcurrency: 50,
  /** messages of a group, which are answered together, and groups of them that are stored at the same time */
  messagesTogether: 100,
  messageLanes: 2,
  /** payloads that a worker has under way at the same time, so that a small one need not wait behind a large batch */
  payloadConcurrency: 3,
  /** records between two saved positions of a batch: as many groups as are in work */
  checkpointRecords: 1200,
  leaseMs: 30_000,
  heartbeatMs: 10_000,
  pollMs: 5_000,
  jobAttemptsMax: 5,
  /** distinct names under one identity number above which it is taken for a placeholder (formats.md D10) */
  namesUnderNumberMax: 3,
  /** identity numbers, and unlike names, of one record above which its number is taken to be a hospital's for whoever has none */
  numbersInRecordMax: 3,
  namesInRecordMax: 3,
  /** records under one identity number that are remembered */
  recordsUnderNumberMax: 64,
  /** days after birth in which a child is registered under its mother's number (formats.md D11) */
  newbornDays: 28,
  /** how far a sender's clock may be before ours, and a record behind it, without being told (formats.md D42) */
  clockAheadMs: 3_600_000,
  clockBehindMs: 5 * 365 * 86_400_000,
  /** resources folded again in one transaction after a link changed */
  refoldBatch: 50,
  /**
   * what follows a changed link is done before the answer up to so many documents, and beyond them for so long; the rest a worker does
   */
  followedDocuments: 300,
  followedMs: 500,
  /** a payload of a source that this process does not know is left so long to those that may: their configuration is newer */
  sourceAwaitedMs: 900_000,
  /** between looks for waiting records whose number became known while a process died */
  sweepMs: 600_000,
  /** an upload that takes longer was given up */
  uploadMsMax: 86_400_000,
  /** waiting records woken in one go */
  wakeBatch: 500,
  listPageMax: 200,
  /** bytes of a payload, and persons in it, that the raw view shows in one piece; parts in quarantine can be seen of any */
  rawViewBytesMax: 16 * 1024 * 1024,
  rawViewPersonsMax: 1_000,
  /** payloads that a job plays again between two notes of how far it came, and its pause while it waits for large ones */
  replayPage: 100,
  replayPollMs: 1_000,
  /** between writings of what was counted of senders' quality */
  qualityFlushMs: 2_000,
  /** payloads whose counts are added at a time */
  qualityPayloads: 200,
  /** without a look at a source for so long nobody was watching it: the time does not count */
  silenceUnwatchedMs: 10 * 60_000,
  /** between looks at sources that should have sent something */
  silenceLookMs: 30_000,
  /** days of one question about it, and kinds of issues that are listed of a source */
  qualityDaysMax: 366,
  qualityIssuesMax: 100,
  /** Patients that operators join to one person; more is a mistake that is not to grow */
  mergedMax: 100,
} as const
