/**
 * Ends what the driver would wait for without end. mongodb 7.9.0 writes a command and, when the socket takes no more, waits
 * for `drain` or `error`. A socket that was destroyed takes no more either and tells of neither, only of its end: a command
 * that is sent between the two, while a database dies, is never answered and no time-out of the driver ends it. When a
 * connection is cleaned up, whoever waits for its socket is told why here.
 *
 * One method of the driver is wrapped, on its prototype, because no option or event gives the socket away.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

interface DriverConnection {
  closed: boolean
  socket: Socket
  cleanup(error: Error): void
}

const require = createRequire(import.meta.url)
const { Connection } = require('mongodb/lib/cmap/connection.js') as { Connection: { prototype: DriverConnection } }
const WRAPPED = Symbol.for('yilian.closedSockets')

/** Once per process, before the first connection. @throws Error when the driver is another one than this was written for */
export function tellWhoWaitsForClosedSockets(): void {
  const prototype = Connection.prototype as DriverConnection & { [WRAPPED]?: true }
  if (prototype[WRAPPED]) return
  const { cleanup } = prototype
  if (typeof cleanup !== 'function') throw new Error('mongodb: Connection.cleanup is not there; see server/store/closed-sockets.ts')
  prototype.cleanup = function (this: DriverConnection, error) {
    if (this.closed) return
    cleanup.call(this, error)
    // The connection's own listener for errors finds it closed and does nothing.
    if (this.socket.listenerCount('drain') > 0) this.socket.emit('error', error)
  }
  prototype[WRAPPED] = true
}
