/** `channel.header`: lines that go into each request to the endpoint (R4 subscription.html). */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'

/** About the message or the connection: they are the server's. */
const OWN = new Set(
  `connection content-encoding content-length content-type date expect host http2-settings keep-alive proxy-authorization
  proxy-connection te trailer transfer-encoding upgrade`.split(/\s+/),
)

/** RFC 9110 5.1 and 5.5: a name is a token, a value is visible. */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):[ \t]*([!-~](?:[ \t!-~]*[!-~])?)$/

/** @throws OutcomeError subscription-header; it does not repeat what the header is */
export function headersOf(lines: readonly string[]): [name: string, value: string][] {
  const isTooMuch = lines.length > SUBSCRIPTION_BOUNDS.headers || lines.join('').length > SUBSCRIPTION_BOUNDS.headerChars
  return lines.map((line, at) => {
    const [, name = '', value = ''] = LINE.exec(String(line)) ?? []
    if (isTooMuch || name === '' || OWN.has(name.toLowerCase()))
      throw new OutcomeError('subscription-header', { expression: [`Subscription.channel.header[${at}]`] })
    return [name, value]
  })
}
