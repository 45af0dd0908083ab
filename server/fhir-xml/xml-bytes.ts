/** The encoding of an XML body: UTF-8 and nothing else, whatever its declaration says. */
import { decodeUtf8 } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

const DECLARED = /^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{0,60})["']/
const HEAD_BYTES = 300

/**
 * Another encoding is refused by its name or by its byte order mark, before its bytes are taken for something else.
 * @throws OutcomeError xml-encoding, charset-invalid
 */
export function xmlText(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1')
  const declared = DECLARED.exec(head.replace(/^\u00ef\u00bb\u00bf/, ''))?.[1]
  const isUtf16 = head.startsWith('\u00fe\u00ff') || head.startsWith('\u00ff\u00fe')
  if (isUtf16 || (declared !== undefined && !/^utf-?8$/i.test(declared))) throw new OutcomeError('xml-encoding')
  return decodeUtf8(bytes)
}
