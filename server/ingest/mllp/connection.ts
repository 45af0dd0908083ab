/** One connection: reads messages as far as there is room for them, and writes their acknowledgements in their order. */
import type { Socket } from 'node:net'
import { MLLP_BOUNDS } from './bounds.ts'
import type { Exchange } from './acknowledgement.ts'
import { framed, type FrameEvent, FrameReader } from './frames.ts'
import type { Gate } from './gate.ts'
import type { Discarded } from './metrics.ts'

export interface ConnectionDeps {
  exchange(bytes: Buffer, isTooLong: boolean): Exchange
  gate: Gate
  idleMs: number
  discarded(why: Discarded): void
  inWork(change: 1 | -1): void
}

export class Connection {
  readonly #socket: Socket
  readonly #deps: ConnectionDeps
  readonly #reader = new FrameReader(MLLP_BOUNDS.messageBytesMax)
  /** of each kind of answer the last: an answer is written behind those of earlier messages */
  #commits: Promise<void> = Promise.resolve()
  #applications: Promise<void> = Promise.resolve()
  #inWork = 0
  #held = 0
  #stray = 0
  /** of what was read, as far as there was no room for it yet: no more than came at once */
  #events: FrameEvent[] = []
  /** the other side sends no more */
  #isHeardOut = false
  #isEnding = false
  #isFull = false
  #deadline: NodeJS.Timeout | undefined
  #lastByte: NodeJS.Timeout | undefined
  readonly #resume = (): void => this.#readOn()

  constructor(socket: Socket, deps: ConnectionDeps) {
    this.#socket = socket
    this.#deps = deps
    socket.setNoDelay(true)
    socket.setKeepAlive(true, MLLP_BOUNDS.keepAliveMs)
    socket.setTimeout(deps.idleMs)
    socket.on('timeout', () => {
      // Who is not read from, because the house is full, is not silent. A silence is told once, so that the next is asked for.
      if (this.#inWork > 0 || (this.#isFull && deps.gate.isFull)) socket.setTimeout(deps.idleMs)
      else socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => this.#read(this.#reader.push(chunk)))
    socket.on('drain', this.#resume)
    socket.on('end', () => {
      this.#isHeardOut = true
      this.#read(this.#reader.end())
    })
    socket.on('error', () => undefined)
    socket.once('close', () => this.#closed())
  }

  /** Reads no more, answers what is in work, and closes. */
  async finish(): Promise<void> {
    this.#isEnding = true
    this.#socket.pause()
    await Promise.all([this.#commits, this.#applications])
    // The other side may never close its own.
    this.#socket.end(() => setTimeout(() => this.#socket.destroy(), MLLP_BOUNDS.closeMs).unref())
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Thousands of messages may come at once: what there is no room for waits, and nothing more is read until it is taken. */
  #read(events: readonly FrameEvent[]): void {
    if (this.#isEnding) return
    this.#events.push(...events)
    // What was being read is held already, and need not wait.
    const first = events.length === this.#events.length ? this.#events.shift() : undefined
    if (first) this.#take(first)
    this.#account()
    this.#keepTime(events.some(({ kind }) => kind !== 'stray'))
    this.#awaitLastByte()
    this.#goOn()
  }

  /** Who leaves out the CR behind FS would wait for an answer, and we for the CR. */
  #awaitLastByte(): void {
    clearTimeout(this.#lastByte)
    if (!this.#reader.isUndecided) return
    this.#lastByte = setTimeout(() => {
      // While nothing is read the CR may stand in the socket.
      if (this.#isFull) this.#awaitLastByte()
      else this.#read(this.#reader.end())
    }, MLLP_BOUNDS.lastByteMs).unref()
  }

  #goOn(): void {
    while (this.#events.length > 0 && !this.#mustWait() && !this.#socket.destroyed) this.#take(this.#events.shift() as FrameEvent)
    if (this.#isHeardOut && this.#events.length === 0) void this.finish()
    else if (this.#mustWait()) this.#waitForRoom()
  }

  #take(event: FrameEvent): void {
    if (event.kind === 'stray') this.#countStray(event.count)
    else if (event.kind === 'broken-off') this.#deps.discarded('broken-off')
    else this.#answer(event)
  }

  #countStray(count: number): void {
    this.#deps.discarded('stray')
    this.#stray += count
    if (this.#stray > MLLP_BOUNDS.strayBytesMax) this.#giveUp('given-up')
  }

  #answer({ bytes, kind }: Extract<FrameEvent, { bytes: Buffer }>): void {
    const { gate } = this.#deps
    this.#inWork++
    this.#deps.inWork(1)
    gate.enter(bytes.length)
    const { commit, application } = this.#deps.exchange(bytes, kind === 'too-long')
    this.#commits = this.#inOrder(this.#commits, commit)
    this.#applications = this.#inOrder(this.#applications, application)
    void this.#applications.then(() => {
      this.#inWork--
      this.#deps.inWork(-1)
      gate.leave(bytes.length)
      this.#readOn()
    })
  }

  async #inOrder(before: Promise<void>, answer: Promise<Buffer | undefined>): Promise<void> {
    // Looked at at once, so that one that fails while it waits for its turn is nobody's unhandled rejection.
    const settled = answer.then(
      (message) => () => this.#write(message),
      () => () => this.#giveUp('given-up'),
    )
    await before
    ;(await settled)()
  }

  /** One answer may be larger than what may wait to be read: that of a batch has those of thousands of messages. */
  #write(message: Buffer | undefined): void {
    if (!message || !this.#socket.writable) return
    if (this.#socket.writableLength > MLLP_BOUNDS.unreadAnswerBytesMax) this.#giveUp('given-up')
    else this.#socket.write(framed(message))
  }

  /** Nothing more is answered here: what was not acknowledged is sent again on another connection. */
  #giveUp(why: Discarded): void {
    if (this.#socket.destroyed) return
    this.#deps.discarded(why)
    this.#socket.destroy()
  }

  #mustWait(): boolean {
    return this.#inWork >= MLLP_BOUNDS.connectionMessagesMax || this.#deps.gate.isFull || this.#socket.writableNeedDrain
  }

  #waitForRoom(): void {
    this.#isFull = true
    this.#socket.pause()
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    this.#deps.gate.onRoom(this.#resume)
  }

  #readOn(): void {
    if (!this.#isFull || this.#isEnding || this.#socket.destroyed) return
    if (this.#mustWait()) {
      this.#deps.gate.onRoom(this.#resume)
      return
    }
    this.#isFull = false
    this.#goOn()
    if (this.#isFull || this.#isEnding) return
    this.#socket.resume()
    this.#keepTime(false)
  }

  /** What a message that has not ended holds counts as well; whoever would go beyond the whole is given up. */
  #account(): void {
    const { gate } = this.#deps
    gate.hold(this.#reader.held - this.#held)
    this.#held = this.#reader.held
    if (gate.isOverfull && this.#held > 0) this.#giveUp('given-up')
  }

  /**
   * A message that has begun must end some time, however slowly its bytes come.
   * @param isAnother one has ended, so that the one that is being read has begun since
   */
  #keepTime(isAnother: boolean): void {
    if (isAnother || !this.#reader.isOpen) {
      clearTimeout(this.#deadline)
      this.#deadline = undefined
    }
    if (this.#reader.isOpen) this.#deadline ??= setTimeout(() => this.#giveUp('unfinished'), MLLP_BOUNDS.messageMs).unref()
  }

  #closed(): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#lastByte)
    this.#events = []
    this.#deps.gate.forget(this.#resume)
    this.#deps.gate.hold(-this.#held)
    this.#held = 0
    if (this.#reader.isOpen && !this.#isEnding) this.#deps.discarded('unfinished')
  }
}
