/** Attachment (R4 datatypes.html#Attachment): the hash is the SHA-1 of the data, in base64. */
import { createHash } from 'node:crypto'
import type { TextRule } from './rule.ts'

export const attachmentRules: TextRule = (attachment, { report }) => {
  const { data, hash } = attachment as { data?: unknown; hash?: unknown }
  if (typeof data !== 'string' || typeof hash !== 'string') return
  if (createHash('sha1').update(Buffer.from(data, 'base64')).digest('base64') !== hash) report('attachment-hash', 'SHA-1')
}
