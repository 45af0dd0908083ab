/** What an answer to a broken payload must be, whatever was broken. */
import iconv from 'iconv-lite'
import type { ReceiptIssue } from '../../../server/ingest/types.ts'
import type { IssueCode } from '../../../server/outcome/issues.ts'
import type { Reply } from '../support/client.ts'
import { PERSONAL } from './samples.ts'

export const COUNT_NAMES = ['stored', 'storedWithIssues', 'unchanged', 'waiting', 'quarantined', 'refused', 'nothing'] as const

interface Extension {
  url: string
  valueInteger?: number
  valueCode?: string
  extension?: Extension[]
}

interface Outcome {
  resourceType?: string
  issue?: { severity?: string; code?: string; details?: { text?: string } }[]
  extension?: Extension[]
  infcode?: string
}

const INSIDE = /\bat .*\.(?:ts|js|mjs|cjs):\d+|node_modules|Mongo[A-Z]\w+Error|SyntaxError|TypeError|RangeError/

/** Whether a text tells of one of the persons in the samples. */
export const tellsOfPersons = (text: string): boolean => PERSONAL.some((word) => text.includes(word))

/** Everything that is wrong with an answer, in words; empty: it is as it must be. */
export function faultsOf(reply: Reply, accepted: boolean): string[] {
  const faults: string[] = []
  // Long before the bound it is a connection that broke, and no server that was silent.
  if (reply.status === 0) return [`no answer after ${Math.round(reply.end - reply.start)} ms`]
  if (reply.status >= 500) faults.push(`status ${reply.status}`)
  const type = reply.headers.get('content-type') ?? ''
  if (!/json|xml/.test(type) || /<html|<!doctype/i.test(reply.text)) faults.push(`answered as ${type}`)
  if (INSIDE.test(reply.text)) faults.push('shows how it is made')
  if (!accepted && tellsOfPersons(reply.text)) faults.push('echoes a personal value')
  const outcome = parse(reply.text)
  if (outcome === undefined) return [...faults, 'not JSON']
  if (outcome.infcode !== undefined) return faults
  if (reply.status >= 400 || outcome.resourceType === 'OperationOutcome') faults.push(...outcomeFaults(outcome))
  return faults
}

const ONE = 'MSH[^\\r]*\\rMSA.[AC][AER][^\\r]*\\r(?:ERR[^\\r]*\\r)*'
const IS_ACKNOWLEDGED = /^MSH[^\r]*\rMSA.[AC][AER]/
/** of a batch: nothing but the answers of its messages */
const BATCH = `BHS[^\\r]*\\r(?:${ONE})+BTS.\\d+(?:.batch-messages-count)?\\r`
/** of one without headers: at least two answers, or the trailer of one */
const BARE = `(?=${ONE}(?:MSH|[BF]TS))(?:${ONE}(?:BTS.\\d+.batch-messages-count\\r)?)+`
const MISCOUNTED = 'FTS.\\d+.file-batches-count\\r'
const FILE = `FHS[^\\r]*\\r(?:${BATCH})+FTS.\\d+(?:.file-batches-count)?\\r`
const IS_BATCH = new RegExp(`^(?:${FILE}|(?:(?:${BATCH})+|${BARE})(?:${MISCOUNTED})?)$`)

/** Whether an answer is that of several messages, each of which is a payload of its own. */
export const isOfBatch = (text: string): boolean => IS_BATCH.test(text)

/** Acknowledgements over MLLP, their bytes as Latin-1. */
export function acknowledgementFaults(answers: readonly string[]): string[] {
  return answers.flatMap((text) => {
    const bytes = Buffer.from(text, 'latin1')
    const read = [bytes.toString('utf8'), iconv.decode(bytes, 'gb18030')]
    return [
      ...(IS_ACKNOWLEDGED.test(text) || IS_BATCH.test(text) ? [] : [`no acknowledgement: ${JSON.stringify(text.slice(0, 100))}`]),
      ...(INSIDE.test(text) ? ['shows how it is made'] : []),
      ...(read.some(tellsOfPersons) ? ['echoes a personal value'] : []),
    ]
  })
}

/** What a record ends with when our own code broke on it: kept all the same, and a defect. */
const BROKE: IssueCode = 'record-failed'

/** @param json the kept issues of a payload: those of files are no part of an answer, and asked for later */
export function issueFaults(json: string): string[] {
  const issues = JSON.parse(json) as ReceiptIssue[]
  return [
    ...(issues.some(({ code }) => code === BROKE) ? ['a record failed for a reason of ours'] : []),
    ...(tellsOfPersons(json) ? ['its issues tell a personal value'] : []),
  ]
}

function parse(text: string): Outcome | undefined {
  try {
    return JSON.parse(text) as Outcome
  } catch {
    return undefined
  }
}

function outcomeFaults(outcome: Outcome): string[] {
  if (outcome.resourceType !== 'OperationOutcome') return ['no OperationOutcome']
  const faults: string[] = []
  const issues = outcome.issue ?? []
  if (issues.length === 0) faults.push('no issue')
  for (const { severity, code, details } of issues) if (!severity || !code || !details?.text) faults.push('an issue without a text')
  const receipt = outcome.extension?.find(({ url }) => url.endsWith('/ingest-receipt'))
  return receipt ? [...faults, ...receiptFaults(receipt)] : faults
}

/** in = stored + with issues + unchanged + waiting + quarantined + refused + nothing, none of them negative. */
function receiptFaults(receipt: Extension): string[] {
  const value = (name: string) => receipt.extension?.find(({ url }) => url === name)?.valueInteger ?? Number.NaN
  const status = receipt.extension?.find(({ url }) => url === 'status')?.valueCode
  const counts = COUNT_NAMES.map(value)
  const sum = counts.reduce((a, b) => a + b, 0)
  const faults =
    counts.every((count) => count >= 0) && sum === value('records')
      ? []
      : [`receipt does not add up: ${counts.join(' ')} of ${value('records')}`]
  if (status !== 'received' && status !== 'processing' && value('records') === 0) faults.push(`a finished receipt (${status}) of nothing`)
  return faults
}
