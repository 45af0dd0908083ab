/** Room for messages of all connections: when it is full, nothing more is read, so that senders wait at their end (TCP). */
import { MLLP_BOUNDS } from './bounds.ts'

export class Gate {
  #messages = 0
  /** of messages in work */
  #bytes = 0
  /** of messages that have not ended */
  #partial = 0
  readonly #waiting = new Set<() => void>()

  get isFull(): boolean {
    return this.#messages >= MLLP_BOUNDS.messagesMax || this.#bytes >= MLLP_BOUNDS.heldBytesMax
  }

  /** Messages that have not ended cannot wait for each other. */
  get isOverfull(): boolean {
    return this.#partial > MLLP_BOUNDS.heldBytesMax
  }

  enter(bytes: number): void {
    this.#messages++
    this.#bytes += bytes
  }

  leave(bytes: number): void {
    this.#messages--
    this.#bytes -= bytes
    if (this.isFull) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }

  hold(bytes: number): void {
    this.#partial += bytes
  }

  onRoom(resume: () => void): void {
    this.#waiting.add(resume)
  }

  forget(resume: () => void): void {
    this.#waiting.delete(resume)
  }
}
