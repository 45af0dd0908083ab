/** OBX of type ED: a document inside the message as base64 (formats.md D38). */
import { fileContent, type FileContent } from '../../engine/values/file-content.ts'
import type { Segment } from '../../parsers/hl7v2.ts'

/** ED.5; senders put components of their own ahead of it */
const DATA = 5

/** undefined: no document, or none of a kind that is kept; whoever sent it is told. */
export function embeddedDocument(obx: Segment): FileContent | undefined {
  return obx.text(2, 1) === 'ED' ? fileContent(obx.text(5, Math.max(DATA, obx.components(5)))) : undefined
}
