/** Requests that node refuses before any of our code sees them: they get an OperationOutcome like all others. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IssueCode } from '../outcome/issues.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON, outcomeOf } from '../outcome/render.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Node's own codes of what is wrong with a request's head or framing. */
const CAUSES: Record<string, { status: number; reason: string; code: IssueCode }> = {
  HPE_HEADER_OVERFLOW: { status: 431, reason: 'Request Header Fields Too Large', code: 'header-too-long' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: 'Request Timeout', code: 'request-timeout' },
}
const NO_TUNNEL = { status: 405, reason: 'Method Not Allowed', code: 'method-not-allowed' } as const
const MALFORMED = { status: 400, reason: 'Bad Request', code: 'request-malformed' } as const

const HEADER_LINES = SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join('')

export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Who has gone gets no answer.
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    answer(socket, CAUSES[error.code ?? ''] ?? MALFORMED)
  })
  // Nobody is connected through this server to anything else.
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    answer(socket, NO_TUNNEL)
  })
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = bodyOf('expectation-unsupported')
    const own = { 'Content-Type': FHIR_JSON, 'Content-Length': Buffer.byteLength(body) }
    const headers = { ...Object.fromEntries(SECURITY_HEADERS), ...own }
    response.writeHead(417, headers).end(body)
  })
}

function answer(socket: Duplex, { status, reason, code }: { status: number; reason: string; code: IssueCode }): void {
  const body = bodyOf(code)
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${FHIR_JSON}\r\n${HEADER_LINES}` +
      `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const bodyOf = (code: IssueCode): string => JSON.stringify(outcomeOf(new OutcomeError(code)).outcome)
