/** How a record ended, and what its receipt says of it. */
import { INGEST_BOUNDS } from './bounds.ts'
import { IssueList, UNREAD } from './receipt.ts'
import type { DeliveryDoc } from './tables.ts'
import type { PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'

/** Of the whole payload, of one of its records (arrivalOf). */
const payloadsArrival = (arrival: string): string | undefined => arrival.split('~', 1)[0]

/** Nothing is known that says otherwise: a payload of which something was refused may have come at two times. */
const isOfOneArrival = ({ arrival: before }: DeliveryDoc, { arrival: now }: PreparedRecord): boolean =>
  before === undefined || now === undefined || payloadsArrival(before) === payloadsArrival(now)

/** The same content again: its first outcome when this payload brought it (a resumed batch), else nothing new. */
export function knownOutcome(delivery: DeliveryDoc, payload: string, record: PreparedRecord): RecordOutcome {
  const status = delivery.payload === payload && isOfOneArrival(delivery, record) ? delivery.status : 'unchanged'
  return { status, resources: delivery.resources, issues: status === 'unchanged' ? [] : issuesTold(record, issuesOfMapping(record)) }
}

export function quarantined(code: string, record: PreparedRecord, more: readonly ReceiptIssue[] = []): RecordOutcome {
  const issues: ReceiptIssue[] = [{ severity: 'error', code, at: record.at }, ...issuesOfMapping(record), ...more]
  return { status: 'quarantined', resources: 0, issues: issuesTold(record, issues) }
}

export function storedOutcome(record: PreparedRecord, resources: number, issues: readonly ReceiptIssue[]): RecordOutcome {
  const flawed = issues.some((issue) => issue.severity !== 'information')
  return { status: flawed ? 'stored-with-issues' : 'stored', resources, issues: issuesTold(record, issues) }
}

/** With what was found once it was stored. */
export function withIssues(outcome: RecordOutcome, record: PreparedRecord, found: readonly ReceiptIssue[] = []): RecordOutcome {
  if (found.length === 0) return outcome
  const isFlawed = outcome.status === 'stored' && found.some(({ severity }) => severity !== 'information')
  const issues = [...found.map((issue) => ({ ...issue, at: placeIn(record.at, issue.at) })), ...outcome.issues]
  return { ...outcome, ...(isFlawed && { status: 'stored-with-issues' }), issues: issues.slice(0, INGEST_BOUNDS.recordIssuesMax) }
}

export const issuesOfMapping = (record: PreparedRecord): ReceiptIssue[] => [
  ...record.issues.map((issue) => ({ ...issue })),
  ...record.unmapped.map(
    (code): ReceiptIssue => ({
      severity: 'warning',
      code: 'mapping-code-unmapped',
      at: record.at,
      text: `${code.map}: ${shownCode(code.code)}`,
    }),
  ),
]

/** Fields that no rule read; they stand behind what went wrong. */
const issuesOfUnread = (record: PreparedRecord): ReceiptIssue[] =>
  (record.unread ?? []).map((field) => ({ severity: 'information', code: UNREAD, at: `${record.at}: ${field}` }))

/** As the receipt lists them: with their row or message, what no rule read behind them, and not too many of one record. */
export function issuesTold(record: PreparedRecord, issues: readonly ReceiptIssue[]): ReceiptIssue[] {
  const told = new IssueList('[]')
  told.add([...issues, ...issuesOfUnread(record)].map((issue) => ({ ...issue, at: placeIn(record.at, issue.at) })))
  return told.all.slice(0, INGEST_BOUNDS.recordIssuesMax)
}

/** Where in the payload an issue is: its record once, before the field, wherever the mapping wrote it (`BGRQ row 17`). */
export function placeIn(record: string, at: string): string {
  if (at.startsWith(record)) return at
  return `${record}: ${at.endsWith(` ${record}`) ? at.slice(0, -record.length - 1) : at}`
}

/** Where a sender shifted its fields, a name, an address or a number of a person stands in a code's place; the work list has it whole. */
const shownCode = (code: string): string => (/^[\x21-\x7e]{1,32}$/.test(code) && !/\d{11}/.test(code) ? code : '…')
