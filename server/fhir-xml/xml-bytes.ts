/** The encoding of an XML body: UTF-8 and nothing else, whatever its declaration says. */
import { decodeUtf8 } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

const DECLARED = /^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{0,60})["']/
const HEAD_BYTES = 300
/** Twice the largest resource that is stored: to read XML costs ten times what JSON costs. */
export const XML_BYTES_MAX = 32 * 1024 * 1024

/**
 * Another encoding is refused by its name or by its byte order mark, before its bytes are taken for something else.
 * @throws OutcomeError body-too-large, xml-encoding, xml-doctype, charset-invalid
 */
export function xmlText(bytes: Uint8Array): string {
  if (bytes.length > XML_BYTES_MAX) throw new OutcomeError('body-too-large', { params: { max: XML_BYTES_MAX } })
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1')
  const declared = DECLARED.exec(head.replace(/^\u00ef\u00bb\u00bf/, ''))?.[1]
  const isUtf16 = head.startsWith('\u00fe\u00ff') || head.startsWith('\u00ff\u00fe')
  if (isUtf16 || (declared !== undefined && !/^utf-?8$/i.test(declared))) throw new OutcomeError('xml-encoding')
  const text = decodeUtf8(bytes)
  if (startsWithDoctype(text)) throw new OutcomeError('xml-doctype')
  return text
}

/** Looked for before anything is parsed: a DOCTYPE may be as long as the body, and nothing in it is read. */
function startsWithDoctype(text: string): boolean {
  let at = 0
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined
    if (end === undefined) return text.startsWith('<!DOCTYPE', at)
    const found = text.indexOf(end, at)
    if (found < 0) return false
    at = found + end.length
  }
}
