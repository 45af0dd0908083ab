/** One message from its bytes to its acknowledgements: who sent it, kept durably, processed in turn with others of its patient. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Hl7Header, readHeader } from '../../../mappings/parsers/hl7v2-header.ts'
import { zoneOf } from '../../fhir/zone.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { KeyLocks } from '../../writer/key-locks.ts'
import { randomId } from '../ids.ts'
import type { Ingest } from '../ingest.ts'
import { isBusy } from '../busy.ts'
import { receiptCounts } from '../receipt.ts'
import type { PayloadDoc, ReceiptIssue } from '../types.ts'
import { acknowledge, type AckCode, batchHeader, type Exchange, isWanted, modeOf } from './acknowledgement.ts'
import { batchOf, envelopeHeader, exchangeBatch } from './batch.ts'
import { MLLP_BOUNDS } from './bounds.ts'
import { type AckError, errorOf, errorsOf, UNSUPPORTED } from './errors.ts'
import type { MllpMetrics } from './metrics.ts'
import { type Peer, type RegisteredSender, senderOf } from './senders.ts'

export interface ExchangeDeps {
  ingest: Ingest
  senders: readonly RegisteredSender[]
  /** shared by all listeners: messages about one patient are done in the order in which they came */
  turns: KeyLocks
  metrics: MllpMetrics
  /** zone of answers to the unknown */
  timezone: string
  now(): Date
  log?: ((event: string, facts: Record<string, string | number>) => void) | undefined
}

/** How it ended. `kept`: it is durable, whatever came of it. */
interface Verdict {
  kept: boolean
  code: 'AA' | 'AE' | 'AR'
  errors: readonly AckError[]
}

export function exchange(deps: ExchangeDeps, peer: Peer, bytes: Buffer, isTooLong: boolean): Exchange {
  const file = isTooLong ? undefined : batchOf(bytes)
  if (!file) return exchangeOne(deps, peer, { bytes, isTooLong, header: readHeader(bytes, charsetOf(deps)) })
  return exchangeBatch(file, {
    message: (message, head) => {
      const header = readHeader(message, charsetOf(deps))
      // What lost its MSH is of whom the batch is.
      const by = head && !isHeaded(message) ? envelopeHeader(head, charsetOf(deps)) : header
      return exchangeOne(deps, peer, { bytes: message, isTooLong: false, header }, by)
    },
    head: (name, head) => {
      const header = envelopeHeader(head, charsetOf(deps))
      return batchHeader(name, header, { id: randomId(), ...answering(deps, senderOf(deps.senders, peer, header)) })
    },
  })
}

/** Before it is known who sends. */
const charsetOf = ({ senders }: ExchangeDeps): string | undefined => (senders.length === 1 ? senders[0]?.charset : undefined)

const isHeaded = (message: Buffer): boolean => message.toString('latin1', 0, 'MSH'.length) === 'MSH'

/** When and to whom it is answered. */
const answering = (deps: ExchangeDeps, sender: RegisteredSender | undefined) => ({
  ...{ at: deps.now(), zone: zoneOf(sender?.timezone ?? deps.timezone) },
  names: [sender?.application, sender?.facility].filter((name) => name !== undefined),
})

/**
 * Whether it answers one of ours: engines in enhanced mode acknowledge also what asks for none (chapter 2.9.2). It says nothing of a patient, and to
 * answer it would be answered again, without end.
 */
const isAcknowledgement = (header: Hl7Header, bytes: Buffer): boolean =>
  header.field(9).split(header.separators.component)[0] === 'ACK' &&
  /[\r\n]MSA/.test(bytes.toString('latin1', 0, ACKNOWLEDGEMENT_BYTES_MAX))

/** MSA stands behind the header, or behind what software sent it (SFT). */
const ACKNOWLEDGEMENT_BYTES_MAX = 8192

const UNANSWERED: Exchange = { commit: Promise.resolve(undefined), application: Promise.resolve(undefined) }

/** @param by header that says who sends it */
function exchangeOne(deps: ExchangeDeps, peer: Peer, { header, bytes, isTooLong }: Received, by: Hl7Header = header): Exchange {
  if (isAcknowledgement(header, bytes)) {
    deps.metrics.discarded('acknowledgement')
    return UNANSWERED
  }
  const started = performance.now()
  const sender = senderOf(deps.senders, peer, by)
  const kept = Promise.withResolvers<void>()
  const verdict = judged(deps, sender, { header, bytes, isTooLong }, kept.resolve)
  const mode = modeOf(header)
  const answer = (code: AckCode, errors: readonly AckError[]): Buffer =>
    acknowledge(header, { ...{ code, errors, id: randomId() }, ...answering(deps, sender) })
  const isRefused = ({ kept, code }: Verdict): boolean => !kept && code !== 'AA'
  const commit = Promise.race([kept.promise, verdict]).then((end) => {
    const refused = end !== undefined && isRefused(end) ? end : undefined
    if (!isWanted(mode.commit, !refused)) return undefined
    return refused ? answer(refused.code === 'AR' ? 'CR' : 'CE', refused.errors) : answer('CA', [])
  })
  const application = verdict.then((end) => {
    deps.metrics.answered(sender?.source ?? 'unknown', end.code, (performance.now() - started) / 1000)
    // Who was told that it is not taken is not told so twice (chapter 2.9.3).
    if (isRefused(end) && isWanted(mode.commit, false)) return undefined
    return isWanted(mode.application, end.code === 'AA') ? answer(end.code, end.errors) : undefined
  })
  return { commit, application }
}

interface Received {
  header: Hl7Header
  bytes: Buffer
  isTooLong: boolean
}

async function judged(
  deps: ExchangeDeps,
  sender: RegisteredSender | undefined,
  { header, bytes, isTooLong }: Received,
  onKept: () => void,
): Promise<Verdict> {
  if (!sender) {
    await deps.ingest.deps.audit({ action: 'refuse', source: 'unknown', reason: 'source-unknown' })
    return refusal(errorOf('source-unknown', 'MSH-3'))
  }
  if (isTooLong) {
    await deps.ingest.deps.audit({ action: 'refuse', source: sender.source, actor: sender.actor, reason: 'payload-too-large' })
    return refusal(errorOf('payload-too-large'))
  }
  const keys = header.patients.map((number) => `${sender.organization}|${number}`)
  return deps.turns.run(keys, () => received(deps, sender, bytes, onKept))
}

const refusal = (...errors: AckError[]): Verdict => ({ kept: false, code: 'AR', errors })

/** As for HTTP. What cannot be kept for want of the database is tried again while the sender waits. @throws what it was, in the end */
async function received(deps: ExchangeDeps, sender: RegisteredSender, bytes: Buffer, onKept: () => void): Promise<Verdict> {
  const until = performance.now() + MLLP_BOUNDS.keepMs
  let isKept = false
  const meta = {
    contentType: 'application/hl7-v2',
    fileName: '',
    onKept: () => {
      isKept = true
      onKept()
    },
  }
  for (;;) {
    try {
      const { payload, isKept: isThere } = await deps.ingest.receive(sender.source, sender.actor, only(bytes), meta)
      if (!isThere) return refusal(...errorsOf(JSON.parse(payload.issues) as ReceiptIssue[]))
      return await verdictOf(deps, payload)
    } catch (error) {
      // It is durable and a worker goes on with it: the sender has done its part.
      if (isKept) return { kept: true, code: 'AA', errors: [] }
      if (error instanceof OutcomeError && !isBusy(error)) return refusal(...error.issues.map(({ code }) => errorOf(code)))
      if (performance.now() > until) throw error
      await delay(MLLP_BOUNDS.keepDelayMs)
    }
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function verdictOf(deps: ExchangeDeps, payload: PayloadDoc): Promise<Verdict> {
  if (payload.counts.open === 0 && payload.status !== 'rejected') return { kept: true, code: 'AA', errors: [] }
  const { quarantined } = await receiptCounts(deps.ingest.tables, payload)
  if (quarantined === 0 && payload.status !== 'rejected') return { kept: true, code: 'AA', errors: [] }
  const issues = JSON.parse(payload.issues) as ReceiptIssue[]
  const isUnsupported = issues.some(({ code }) => code === UNSUPPORTED)
  return { kept: true, code: isUnsupported ? 'AR' : 'AE', errors: errorsOf(issues) }
}
