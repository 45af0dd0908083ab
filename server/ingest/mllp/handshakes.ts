/** Connections whose TLS handshake is under way: they are connections like any other, and no stop waits for them. */
import type { Socket } from 'node:net'

export class Handshakes {
  /** by the other side's end: the secured socket is another one than that which came */
  readonly #open = new Map<string, Socket>()

  readonly #failed: () => void

  /** @param failed told of each that came to nothing; not of who went without a word, as a probe of the port does */
  constructor(failed: () => void) {
    this.#failed = failed
  }

  get size(): number {
    return this.#open.size
  }

  begin(socket: Socket): void {
    const end = endOf(socket)
    this.#open.set(end, socket)
    socket.once('close', () => {
      if (this.#open.get(end) !== socket) return
      this.#open.delete(end)
      if (socket.bytesRead > 0) this.#failed()
    })
  }

  /** @param socket the secured one */
  done(socket: Socket): void {
    this.#open.delete(endOf(socket))
  }

  destroy(): void {
    const sockets = [...this.#open.values()]
    this.#open.clear()
    for (const socket of sockets) socket.destroy()
  }
}

const endOf = ({ remoteAddress, remotePort, localPort }: Socket): string => `${remoteAddress} ${remotePort} ${localPort}`
