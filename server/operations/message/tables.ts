/** Messages that were carried out: an id, a digest, and the names of what was written; nothing of their content. */
import { type Decision, systemDecision } from '../../access/decision.ts'
import type { Store, Table, TableDoc } from '../../store/types.ts'

export interface ProcessedMessage extends TableDoc {
  /** digest of sender and message id */
  _id: string
  /** of the message's entries */
  content: string
  at: Date
  /** `Type/id` of what it wrote or found */
  focus: string[]
  expires: Date
}

/** So long a message that comes again is known (CapabilityStatement.messaging.reliableCache). */
export const MESSAGE_LIFE_MS = 30 * 24 * 3_600_000
export const MESSAGES = 'messages'

const processing: Decision = systemDecision('process-message')

export const messagesOf = (store: Store): Table<ProcessedMessage> => store.table<ProcessedMessage>(processing, MESSAGES)

export const prepareMessageTable = (store: Store): Promise<void> => messagesOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 })
