/** OBX of type ED: a document inside the message as base64 (formats.md D38). */
import { fileContent, type FileContent } from '../../engine/values/file-content.ts'
import type { Segment } from '../../parsers/hl7v2.ts'

/** undefined: no document, or none of a kind that is kept; it is then listed as unread. */
export function embeddedDocument(obx: Segment): FileContent | undefined {
  return obx.text(2, 1) === 'ED' ? fileContent(obx.raw(5).split('^').at(-1) ?? '') : undefined
}
