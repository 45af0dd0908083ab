/**
 * Several messages in one frame (HL7 v2.5.1, 2.10.3: FHS and BHS before them, BTS and FTS behind). Each is received and answered as if it had come
 * alone; the answers go back together, as a batch.
 */
import { separatorsOf, splitMessages } from '../../../mappings/parsers/hl7v2.ts'
import { MLLP_BOUNDS } from './bounds.ts'
import type { Exchange } from './acknowledgement.ts'

export interface Batch {
  messages: readonly Uint8Array[]
  isFile: boolean
  /** MSH-1 and MSH-2 as the sender has them */
  encoding: string
}

const HEAD = /^(?:\xef\xbb\xbf)?([FB]HS)(.[^\r\n]{0,8})/
const STANDARD = '|^~\\&'

/** undefined: one message, or nothing in which messages could be told apart */
export function batchOf(bytes: Buffer): Batch | undefined {
  const [, name = '', behind = ''] = HEAD.exec(bytes.toString('latin1', 0, 16)) ?? []
  if (name === '') return undefined
  const messages = splitMessages(bytes)
  if (messages.length === 0 || messages.length > MLLP_BOUNDS.batchMessagesMax) return undefined
  const field = behind.charAt(0)
  const encoding = field + (behind.slice(1).split(field, 1)[0] ?? '').slice(0, 4)
  return { messages, isFile: name === 'FHS', encoding: separatorsOf(`MSH${encoding}`) ? encoding : STANDARD }
}

/** Some at a time, begun in their order, so that those of one patient are done in it. What cannot be kept leaves the whole without an answer. */
export function exchangeBatch({ messages, ...batch }: Batch, one: (bytes: Buffer) => Exchange): Exchange {
  const answers = (async () => {
    const all: (readonly [Buffer | undefined, Buffer | undefined])[] = []
    for (let at = 0; at < messages.length; at += MLLP_BOUNDS.batchConcurrency) {
      const some = messages.slice(at, at + MLLP_BOUNDS.batchConcurrency).map((message) => one(Buffer.from(message)))
      all.push(...(await Promise.all(some.map(({ commit, application }) => Promise.all([commit, application])))))
    }
    return all
  })()
  const joined = (which: 0 | 1): Promise<Buffer | undefined> =>
    answers.then((all) =>
      batchOfAnswers(
        batch,
        all.map((both) => both[which]),
      ),
    )
  return { commit: joined(0), application: joined(1) }
}

/** Empty where no answer was wanted. */
function batchOfAnswers({ isFile, encoding }: Omit<Batch, 'messages'>, answers: readonly (Buffer | undefined)[]): Buffer | undefined {
  const said = answers.filter((answer) => answer !== undefined)
  if (said.length === 0) return undefined
  const field = encoding.charAt(0)
  const line = (...parts: string[]): Buffer => Buffer.from(`${parts.join('')}\r`)
  return Buffer.concat([
    ...(isFile ? [line('FHS', encoding)] : []),
    line('BHS', encoding),
    ...said,
    line('BTS', field, String(said.length)),
    ...(isFile ? [line('FTS', field, '1')] : []),
  ])
}
