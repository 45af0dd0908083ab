/**
 * Several messages in one frame (HL7 v2.5.1, 2.10.3: FHS and BHS before them, BTS and FTS behind, all of which may be left out). Each is received and
 * answered as if it had come alone; the answers go back together, as a file of the same batches.
 */
import { type Hl7Header, readHeader } from '../../../mappings/parsers/hl7v2-header.ts'
import { batchesOf, hasTooMany, type Hl7File, messagesIn, miscounted } from '../../../mappings/parsers/hl7v2-batch.ts'
import { MLLP_BOUNDS } from './bounds.ts'
import type { IssueCode } from '../../outcome/issues.ts'
import type { Exchange } from './acknowledgement.ts'

const HEAD = /^(?:\xef\xbb\xbf|\s+)?[FB]HS[^0-9A-Za-z ]/
/** With what a line begins that may be another message. */
const FURTHER = ['\r', '\n', '\u000b', '\u001c'].map((before) => Buffer.from(`${before}MSH`))

/** undefined: one message, or nothing in which messages could be told apart */
export function batchOf(bytes: Buffer): Hl7File | undefined {
  const isEnveloped = HEAD.test(bytes.toString('latin1', 0, 16))
  if (!isEnveloped && !FURTHER.some((further) => bytes.includes(further))) return undefined
  const file = batchesOf(bytes)
  const count = messagesIn(file).length
  return count < (isEnveloped ? 1 : 2) || hasTooMany(file, MLLP_BOUNDS.batchMessagesMax) ? undefined : file
}

/** Fields of FHS and BHS are numbered as those of MSH. @param registered charset of the sender */
export const envelopeHeader = (head: Uint8Array, registered?: string): Hl7Header =>
  readHeader(Buffer.concat([Buffer.from('MSH'), head.subarray('MSH'.length)]), registered)

/** How messages and their envelope are answered. */
export interface BatchAnswers {
  message(bytes: Buffer, head: Uint8Array | undefined): Exchange
  /** FHS or BHS of the answers to what began with this one */
  head(name: 'FHS' | 'BHS', head: Uint8Array): Buffer
}

/** BTS-2 and FTS-2, where the sender says that it sent another number of messages or batches */
const MISCOUNTED: IssueCode = 'batch-messages-count'
const FILE_MISCOUNTED: IssueCode = 'file-batches-count'

type Both = readonly [commit: Buffer | undefined, application: Buffer | undefined]

/** With which the frame begins. */
const headOf = ({ head, batches }: Hl7File): Uint8Array | undefined => head ?? batches.find((batch) => batch.head)?.head

/** Some at a time, begun in their order, so that those of one patient are done in it. What cannot be kept leaves the whole without an answer. */
export function exchangeBatch(file: Hl7File, how: BatchAnswers): Exchange {
  const first = headOf(file)
  const messages = file.batches.flatMap(({ head = first, messages }, batch) => messages.map((bytes) => ({ bytes, head, batch })))
  const answers = (async () => {
    const all: Both[][] = file.batches.map(() => [])
    for (let at = 0; at < messages.length; at += MLLP_BOUNDS.batchConcurrency) {
      const some = messages.slice(at, at + MLLP_BOUNDS.batchConcurrency)
      const said = some.map(({ bytes, head }) => how.message(Buffer.from(bytes), head))
      const both = await Promise.all(said.map(({ commit, application }) => Promise.all([commit, application])))
      for (const [place, one] of both.entries()) all[some[place]?.batch ?? 0]?.push(one)
    }
    return all
  })()
  const joined = (which: 0 | 1): Promise<Buffer | undefined> => answers.then((all) => fileOfAnswers(file, how, all, which))
  return { commit: joined(0), application: joined(1) }
}

/** Empty where no answer was wanted. Without an envelope it is the answers alone, and a trailer where the sender's says another number. */
function fileOfAnswers(file: Hl7File, how: BatchAnswers, answers: readonly (readonly Both[])[], which: 0 | 1): Buffer | undefined {
  const wrong = new Set(miscounted(file))
  const first = headOf(file)
  const batches = file.batches.flatMap(({ head = first, messages }, at) => {
    const said = (answers[at] ?? []).map((both) => both[which]).filter((answer) => answer !== undefined)
    const like = head ?? messages[0]
    if (said.length === 0 || !like) return []
    const trailer = head || wrong.has(at) ? [trailerOf('BTS', like, said.length, wrong.has(at) && MISCOUNTED)] : []
    return [Buffer.concat([...(head ? [how.head('BHS', head)] : []), ...said, ...trailer])]
  })
  const like = first ?? messagesIn(file)[0]
  if (batches.length === 0 || !like) return undefined
  const trailer =
    file.head || file.isMiscounted ? [trailerOf('FTS', like, batches.length, file.isMiscounted === true && FILE_MISCOUNTED)] : []
  return Buffer.concat([...(file.head ? [how.head('FHS', file.head)] : []), ...batches, ...trailer])
}

/** @param like the segment that has the sender's separators */
function trailerOf(name: 'BTS' | 'FTS', like: Uint8Array, count: number, flaw: IssueCode | false): Buffer {
  const { field } = envelopeHeader(like).separators
  return Buffer.from(`${[name, String(count), ...(flaw ? [flaw] : [])].join(field)}\r`)
}
