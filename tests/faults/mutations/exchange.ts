/** One broken payload on its way and back: over HTTP, or over MLLP with a sound message of an unknown sender behind it. */
import { createHash } from 'node:crypto'
import { frame, mllpClient, type MllpClient } from '../../support/mllp.ts'
import { type Caller, clock, type Reply } from '../support/client.ts'
import type { Broken } from './formats.ts'
import { acknowledgementFaults, faultsOf, isOfBatch } from './judge.ts'

/** What came of it, as its sender sees it. */
export interface Outcome {
  ms: number
  /** sha256 of what was sent, hexadecimal */
  hash: string
  bytes: number
  /** status of HTTP, acknowledgement code, `closed` or `silent` */
  answer: string
  /** the sender was told that it is kept; undefined: the answer leaves it open */
  kept: boolean | undefined
  /** id in the inbox, as far as the answer names it */
  payload?: string
  faults: string[]
}

const ANSWER_MS_MAX = 60_000

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export async function overHttp(caller: Caller, { sample, mutant }: Broken): Promise<Outcome> {
  const fileName = mutant.fileName ?? sample.fileName
  const disposition = fileName === undefined ? {} : { 'Content-Disposition': `attachment; filename="${fileName}"` }
  const headers = { 'Content-Type': mutant.contentType ?? sample.contentType, ...disposition, ...mutant.headers }
  const init = { method: 'POST', body: mutant.bytes, headers, millisMax: ANSWER_MS_MAX }
  const reply = await caller.call({ id: sample.client }, sample.path, init)
  // A resource that was stored comes back whole to who wrote it.
  const isStored = sample.path.startsWith('/fhir') && reply.status < 300
  const payload = reply.headers.get('content-location')?.split('/').at(-1)
  const isIngest = sample.path.startsWith('/ingest')
  return {
    ms: reply.end - reply.start,
    hash: hashOf(mutant.bytes),
    bytes: mutant.bytes.length,
    answer: String(reply.status),
    kept: isIngest ? payload !== undefined : undefined,
    ...(isIngest && payload !== undefined && { payload }),
    faults: [...faultsOf(reply, isStored), ...(isIngest ? takenFaults(reply, payload) : [])].map(
      (fault) => `${fault} (${reply.status}) ${excerpt(reply)}`,
    ),
  }
}

/** A success names where its receipt is; a refusal says why. */
function takenFaults(reply: Reply, payload: string | undefined): string[] {
  if (reply.status === 0 || payload !== undefined) return []
  if (/"infcode":"-?[1-9]/.test(reply.text)) return []
  return reply.status >= 400 && reply.status < 500 ? [] : ['taken, and not in the inbox']
}

const excerpt = (reply: Reply): string => reply.text.slice(0, 200).replaceAll(/\s+/g, ' ')

/** A connection of its own for each lane; one that was closed is opened anew. */
export class MllpLane {
  readonly #port: number
  #client: MllpClient | undefined
  #sent = 0

  constructor(port: number) {
    this.#port = port
  }

  /**
   * Behind the message a sound one of a sender that nobody knows: answers come in their order, so that its answer says that nothing more
   * comes of what was before it.
   */
  async send({ mutant }: Broken): Promise<Outcome> {
    this.#client ??= await mllpClient(this.#port)
    const client = this.#client
    const probe = `PROBE${this.#sent++}`
    const start = clock()
    client.write(Buffer.concat([frame(mutant.bytes), frame(`MSH|^~\\&|NOBODY|0001|||20260306||ADT^A08|${probe}|P|2.4\r`)]))
    const { answers, end } = await answersUntil(client, probe)
    if (end !== 'answered') this.close()
    const isClosed = end === 'closed'
    const codes = answers.map((text) => /\rMSA.([AC][AER])/.exec(text)?.[1] ?? '?')
    const isKept = codes.some((code) => code === 'AA' || code === 'AE' || code === 'CA')
    // What frames a message in the message makes several of it, or none.
    const isOne = !mutant.bytes.includes(0x1c) && !mutant.bytes.includes(0x0b)
    return {
      ms: clock() - start,
      hash: hashOf(mutant.bytes),
      bytes: mutant.bytes.length,
      answer: codes.at(-1) ?? (isClosed ? 'closed' : 'silent'),
      // Of a batch each message is in the inbox by itself.
      kept: isOne && isKept && !answers.some(isOfBatch) ? true : undefined,
      faults: [
        ...acknowledgementFaults(answers),
        ...(end === 'late' ? ['no answer in time'] : []),
        ...(isOne && answers.length === 0 && end === 'answered' && !asksForNone(mutant.bytes) ? ['no acknowledgement'] : []),
      ],
    }
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
  }
}

/** Enhanced mode: the message itself may ask for no answer, or for one of a kind that did not come. */
const asksForNone = (bytes: Buffer): boolean => {
  const head = (bytes.toString('latin1').split(/[\r\n]/, 1)[0] ?? '').split(bytes.toString('latin1', 3, 4) || '|')
  return (head[14] ?? '') !== '' || (head[15] ?? '') !== ''
}

/** Acknowledgements until that of the probe. */
async function answersUntil(client: MllpClient, probe: string): Promise<{ answers: string[]; end: 'answered' | 'closed' | 'late' }> {
  const answers: string[] = []
  for (;;) {
    const answer = await client.next().catch((error: Error) => error)
    if (answer instanceof Error) return { answers, end: answer.message === 'closed without an answer' ? 'closed' : 'late' }
    const text = answer.toString('latin1')
    if (text.includes(`|${probe}`)) return { answers, end: 'answered' }
    answers.push(text)
  }
}
