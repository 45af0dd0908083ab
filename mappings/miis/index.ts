/** `miis/interface`: the national insurance interface, a JSON exchange in a payload, or many (formats.md A). */
import { NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys } from '../engine/keys.ts'
import { BEFORE_ALL } from '../engine/mention.ts'
import { settled } from '../engine/outcome.ts'
import { RecordBuilder } from '../engine/record.ts'
import type {
  AnswerInput,
  DecodeOptions,
  DecodeResult,
  MappedRecord,
  MappedResource,
  MappingContext,
  PatientIdentity,
  Question,
  RejectedRecord,
  SourceMapping,
} from '../engine/types.ts'
import { answer } from './answer.ts'
import { decodeExchanges } from './exchanges.ts'
import { type Exchange, isObject, node, readExchange, text } from './envelope.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { namedIn } from './named.ts'
import { envelopeInstant, SITE, type Transaction } from './transaction.ts'
import { sayUnreadNodes } from './unread-nodes.ts'
import { withoutVoidDiagnoses } from './void-diagnoses.ts'
import { visitNumbersIn } from './visit-numbers.ts'
import { fillPerson } from './transactions/1101.ts'
import { fillRegistrationResponse } from './transactions/2201.ts'
import { fillSettlement } from './transactions/2207.ts'
import { TRANSACTIONS, UNSUPPORTED } from './transactions/index.ts'
import { WITHOUT_RECORD, withoutRecord } from './transactions/without-record.ts'

export const miisInterface: SourceMapping = {
  id: 'miis/interface',
  kind: 'miis',
  mode: 'message',
  accepts: ['application/json', 'text/json', 'text/plain'],
  batchFile: /\.(?:jsonl|ndjson)$/i,
  decode,
  map,
  mapInSteps,
  named: (record, context) => whomNamed(record as Exchange, context),
  answer: (input) => answer(input, replyTo(input)),
  question,
}

/** A message that speaks of several persons is one record for each. */
async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  for await (const result of decodeExchanges(chunks, options)) {
    const exchange = result.ok ? (result.record as Exchange) : undefined
    const requests = (exchange?.request && transactionOf(exchange)?.parts?.(exchange.request)) ?? []
    if (requests.length < 2) yield result
    else for (const [at, request] of requests.entries()) yield { ...result, record: { ...exchange, request, part: at + 1 } } as DecodeResult
  }
}

/** The transaction of a request that is no copy of an exchange with somebody else. */
function asked(bytes: Uint8Array, charset: string): { transaction: Transaction; request: MiisObject } | undefined {
  const exchange = readExchange(bytes, charset)
  const transaction = 'code' in exchange ? undefined : transactionOf(exchange)
  return 'code' in exchange || !transaction || !exchange.request || exchange.response
    ? undefined
    : { transaction, request: exchange.request }
}

function question(bytes: Uint8Array, charset: string): Question | undefined {
  const found = asked(bytes, charset)
  return found?.transaction.question?.(found.request)
}

function replyTo({ bytes, ok, receiptId, receivedAt }: AnswerInput): object | undefined {
  const found = ok && bytes ? asked(bytes, 'auto') : undefined
  return found?.transaction.reply?.({ receiptId, receivedAt })
}

/**
 * A response alone is known by its shape only: settlements answer `setlinfo` with a setl_id, 1101 answers `baseinfo`, 2201 `data` with the
 * hospital's number of the visit beside the insurance's.
 */
const SETTLEMENT_RESPONSE: Transaction = { infno: 'response', fill: (input) => fillSettlement(input) }
const REGISTRATION_RESPONSE: Transaction = { infno: 'response', fill: fillRegistrationResponse }
const PERSON_RESPONSE: Transaction = { infno: 'response', fill: fillPerson }

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const steps = mapInSteps(decoded, recordType, at, context)
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
}

function* mapInSteps(
  decoded: unknown,
  recordType: string,
  at: string,
  context: MappingContext,
): Generator<void, MappedRecord | RejectedRecord> {
  const exchange = decoded as Exchange
  const reject = (code: string, where: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: where } })
  const { request, response } = exchange
  const failed = response !== undefined && text(response, 'infcode') !== '0'
  const transaction = transactionOf(exchange)
  if (!transaction && !failed) {
    if (exchange.infno === undefined) return reject('miis-response-unknown', 'output')
    const known = UNSUPPORTED.has(exchange.infno) ? 'miis-infno-unsupported' : 'miis-infno-unknown'
    return reject(WITHOUT_RECORD.get(exchange.infno) ?? known, 'infno')
  }
  const long = longList(exchange, transaction?.long)
  if (long !== undefined) return reject('payload-too-large', long)
  const messageId = text(request, 'msgid') ?? text(response, 'inf_refmsgid')
  if (messageId === undefined) return reject('miis-envelope', 'inf_refmsgid')
  const deliveryId = exchange.part === undefined ? messageId : `${messageId}#${exchange.part}`
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  const named = whomNamed(exchange, context)
  if (named && (failed || !transaction || transaction.nothingToStore)) record.patient = named
  if (failed) {
    record.issue({ severity: 'information', code: 'miis-failed', at: 'infcode' })
    return settled(record.finish({ nothingToStore: true }), context)
  }
  const missing = request && transaction?.check?.(request)
  if (missing !== undefined) record.issue({ severity: 'error', code: 'mapping-required', at: missing })
  if (!transaction || transaction.nothingToStore) return settled(record.finish({ nothingToStore: true }), context)
  const requestedAt = envelopeInstant(text(request, 'inf_time'), context)
  const respondedAt = envelopeInstant(text(response, 'respond_time') ?? text(response, 'refmsg_time'), context)
  if (request && requestedAt === undefined) return reject('miis-envelope', 'inf_time')
  if (response && respondedAt === undefined) return reject('miis-envelope', 'respond_time')
  const times = { requestedAt: requestedAt ?? respondedAt ?? BEFORE_ALL, respondedAt: respondedAt ?? requestedAt ?? BEFORE_ALL }
  record.noteRead(...SITE)
  // Before what a row says of an institution, which is less: its code.
  const institution = headInstitution(request, context)
  if (institution) record.add(institution)
  yield* transaction.fill({ ...(request && { request }), ...(response && { response }), record, context, ...times }) ?? []
  for (const numbers of visitNumbersIn({
    ...(request && { request }),
    ...(response && { response }),
    context,
    statedAt: times.requestedAt,
  }))
    record.sayOfVisit(numbers)
  yield* sayUnreadNodes(record, request, response)
  const finished = withoutVoidDiagnoses(record.finish())
  // A request that only asks (1101) makes nothing of its own.
  const nothing =
    !finished.batchWords &&
    finished.resources.every(({ placeholder }) => placeholder) &&
    finished.issues.every(({ severity }) => severity !== 'error')
  if (!nothing) return settled(finished, context)
  return settled({ ...finished, ...(named && { patient: named }), resources: [], nothingToStore: true }, context)
}

/** A question is answered alike whoever it is about: who refuses to be collected is not told by it. */
const whomNamed = (exchange: Exchange, context: MappingContext): PatientIdentity | undefined =>
  transactionOf(exchange)?.question ? undefined : namedIn(exchange, context)

/** of a list that is gone through in one piece, while others wait: visits have some dozens of diagnoses, operations or funds */
const PIECE_ITEMS_MAX = 1_000
const LIST_NAME = /^[A-Za-z]\w{0,63}$/

/** Where a list is longer than its transaction may go through in one piece. */
function longList({ request, response }: Exchange, long: readonly string[] = []): string | undefined {
  for (const [side, holder] of [
    ['input', request?.input],
    ['output', response?.output],
  ] as const) {
    const lists = Object.entries(isObject(holder) ? holder : {})
    const [name] = lists.find(([one, value]) => Array.isArray(value) && value.length > PIECE_ITEMS_MAX && !long.includes(one)) ?? []
    if (name !== undefined) return LIST_NAME.test(name) ? `${side}.${name}` : side
  }
  return undefined
}

function transactionOf({ infno, response }: Exchange): Transaction | undefined {
  if (infno !== undefined && Object.hasOwn(TRANSACTIONS, infno)) return TRANSACTIONS[infno]
  if (infno !== undefined) return response !== undefined && WITHOUT_RECORD.has(infno) ? withoutRecord(infno) : undefined
  if (text(node(response, 'output', 'setlinfo'), 'setl_id') !== undefined) return SETTLEMENT_RESPONSE
  const visit = node(response, 'output', 'data')
  if (text(visit, 'mdtrt_id') !== undefined && text(visit, 'ipt_otp_no') !== undefined) return REGISTRATION_RESPONSE
  return text(node(response, 'output', 'baseinfo'), 'psn_no') === undefined ? undefined : PERSON_RESPONSE
}

/** The institution of the request; ingest leaves it out where the configuration knows it. */
function headInstitution(request: MiisObject | undefined, context: MappingContext): MappedResource | undefined {
  const code = text(request, 'fixmedins_code')
  if (code === undefined) return undefined
  const name = text(request, 'fixmedins_name')
  return {
    key: keys.organization(context.organization(code)),
    state: 'current',
    statedAt: BEFORE_ALL,
    placeholder: true,
    resource: {
      resourceType: 'Organization',
      meta: { profile: [structureDefinition('cn-organization-hospital')] },
      identifier: [{ system: NATIONAL.fixmedins, value: code }],
      active: true,
      type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'prov' }] }],
      name: name ?? code,
    },
  }
}
