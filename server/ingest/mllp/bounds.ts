/** Limits of the MLLP listeners, with their units in their names. */
export const MLLP_BOUNDS = {
  /** one message; more is refused, and read no further than to its end */
  messageBytesMax: 16 * 1024 * 1024,
  /** over all connections: what is in work and what has not ended yet */
  heldBytesMax: 192 * 1024 * 1024,
  connectionsMax: 500,
  /** messages in work: of one connection, and of the process; above, nothing more is read from the sockets */
  connectionMessagesMax: 32,
  messagesMax: 256,
  /** messages of one frame that is a batch, and how many of them are in work at the same time */
  batchMessagesMax: 10_000,
  batchConcurrency: 16,
  /** from a message's first byte to its last */
  messageMs: 120_000,
  /** how long the CR behind FS is waited for: a sender that leaves it out waits for its answer */
  lastByteMs: 2000,
  /** bytes outside of frames that one connection may send */
  strayBytesMax: 64 * 1024,
  /** answers that the other side does not read: with more of them no further one is written */
  unreadAnswerBytesMax: 1024 * 1024,
  /** how long a message that cannot be kept now is tried again before its connection is given up */
  keepMs: 20_000,
  keepDelayMs: 200,
  /** probes find out that the other side is gone */
  keepAliveMs: 30_000,
  handshakeMs: 15_000,
  /** how long a stop waits for messages in work */
  stopMs: 10_000,
  /** how long the other side may take to close its own, when all is answered */
  closeMs: 1000,
  errorSegmentsMax: 10,
} as const
