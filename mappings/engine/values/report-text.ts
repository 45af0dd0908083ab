/** The text of an examination report as it was issued: its parts with their titles, as one plain-text document. */
import { plainText } from './text.ts'

export interface TextPart {
  title: string
  text: string | undefined
}

/** Attachment of the parts that are filled; undefined when none is. */
export function reportText(parts: readonly TextPart[], title: string) {
  const lines = parts.flatMap((part) => (part.text === undefined ? [] : [`${part.title}：${plainText(part.text)}`]))
  if (lines.length === 0) return undefined
  return { contentType: 'text/plain; charset=utf-8', language: 'zh-CN', data: Buffer.from(lines.join('\n')).toString('base64'), title }
}
