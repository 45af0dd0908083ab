/** OBX of type ED: a document inside the message as base64 (formats.md D38). */
import type { Segment } from '../../parsers/hl7v2.ts'

/** Characters of base64; 8 MiB of document. */
export const EMBEDDED_CHARACTERS_MAX = 11_200_000

/** First characters of base64 that say what the bytes are, whatever the sender calls them. */
const SIGNATURES: readonly [string, string][] = [
  ['JVBERi', 'application/pdf'],
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UEsDB', 'application/zip'],
]
/** Types that may be kept; an archive is none. */
const KEPT = new Set(['application/pdf', 'image/jpeg', 'image/png', 'image/gif'])

/** undefined: no document, or none of a kind that is kept; it is then listed as unread. */
export function embeddedDocument(obx: Segment): { contentType: string; data: string } | undefined {
  if (obx.text(2, 1) !== 'ED') return undefined
  const data = obx.raw(5).split('^').at(-1)?.replace(/\s+/g, '') ?? ''
  if (data.length === 0 || data.length > EMBEDDED_CHARACTERS_MAX || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data))
    return undefined
  const contentType = SIGNATURES.find(([signature]) => data.startsWith(signature))?.[1]
  return contentType !== undefined && KEPT.has(contentType) ? { contentType, data } : undefined
}
