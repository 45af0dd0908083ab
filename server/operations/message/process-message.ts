/**
 * $process-message (R4 messageheader-operation-process-message.html, messaging.html): the content of a message is carried out as one
 * transaction under the sender's right, and answered by a message: `ok`, `fatal-error` (sending it again is no use) or `transient-error`.
 * The status of the answer says the same (200, 4xx, 5xx).
 *
 * A message that was carried out is known by its sender and its id: it comes again, is answered again, and nothing is done twice. That it
 * was carried out is committed together with what it wrote. Of one that failed nothing stands, so it is judged anew.
 */
import { audited } from '../../interactions/audited.ts'
import { transaction } from '../../interactions/transaction.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { answerTo, wantsNoAnswer } from './answer.ts'
import { sentMessage } from './asked.ts'
import { digestOf, type Message, messageOf, writesOf } from './content.ts'
import { eventOf } from './events.ts'
import type { Operation } from '../types.ts'
import { MESSAGE_LIFE_MS, MESSAGES, messagesOf, type ProcessedMessage } from './tables.ts'

export const processMessage: Operation = {
  code: 'process-message',
  on: 'system',
  level: 'system',
  methods: ['POST'],
  writes: true,
  definition: 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
  run,
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  // The masked forms are for reading.
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw new OutcomeError('not-permitted')
  const message = messageOf(deps, sentMessage(request))
  const { header } = message
  try {
    const done = await carriedOut(deps, request, message)
    await accounted(deps, request)
    return wantsNoAnswer(header) ? { status: 204, headers: {} } : answerTo(deps, header, { code: 'ok', at: done.at, focus: done.focus })
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    await accounted(deps, request)
    // Somebody else was faster: the same message may succeed.
    const isTransient = error.status >= 500 || error.status === 409
    const failure = { at: deps.now(), issues: error.issues }
    return isTransient
      ? answerTo(deps, header, { code: 'transient-error', status: Math.max(error.status, 503), ...failure })
      : answerTo(deps, header, { code: 'fatal-error', status: error.status, ...failure })
  }
}

/** That it was sent; what it wrote and looked for has entries of its own. */
const accounted = (deps: FhirDeps, request: FhirRequest): Promise<void> =>
  audited(deps, request, { interaction: 'process-message', action: 'E', type: 'MessageHeader', found: [], seen: { reason: 'own-content' } })

async function carriedOut(deps: FhirDeps, request: FhirRequest, message: Message): Promise<ProcessedMessage> {
  const { header, content } = message
  if (header.response !== undefined) throw new OutcomeError('message-response', { expression: ['Bundle.entry[0].resource.response'] })
  const event = eventOf(header)
  if (!event) throw new OutcomeError('message-event', { expression: ['Bundle.entry[0].resource.event'] })
  const writes = writesOf(deps, request, message, event)
  const _id = digestOf(JSON.stringify([request.actor.clientId, header.id]))
  const before = await known(deps, _id, content)
  if (before) return before
  const at = deps.now()
  let row: ProcessedMessage = { _id, content, at, focus: [], expires: new Date(at.getTime() + MESSAGE_LIFE_MS) }
  try {
    await transaction(deps, request, writes, noReads, (names) => {
      row = { ...row, focus: [...names] }
      return [{ table: MESSAGES, op: 'insert', doc: row }]
    })
    // Where there was nothing to write, the row was not written with it.
    await messagesOf(deps.store).insert(row)
    return row
  } catch (error) {
    // The same message, sent twice at the same time: the other one was carried out.
    const other = error instanceof OutcomeError && error.status >= 409 ? await known(deps, _id, content) : undefined
    if (other) return other
    throw error
  }
}

/** @throws OutcomeError message-reused */
async function known(deps: FhirDeps, id: string, content: string): Promise<ProcessedMessage | undefined> {
  const row = await messagesOf(deps.store).get(id)
  if (row && row.content !== content) throw new OutcomeError('message-reused', { expression: ['Bundle.entry[0].resource.id'] })
  return row
}

const noReads = (): never => {
  throw new OutcomeError('bundle-invalid')
}
