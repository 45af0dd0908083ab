/** Plain text out of what systems put into text fields (formats.md D37) and width folding (D9, D14). */
import { table } from './table.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
// biome-ignore lint/suspicious/noMisleadingCharacterClass: the joiners are listed to be removed one by one
const ZERO_WIDTH = /[\u200b\u200c\u200d\u2060\ufeff\u00ad]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; U+FFFD is a character that was lost before it came here
const UNREADABLE_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/
/** Stands for a control character within a value. */
const UNREADABLE = '\ufffd'
const LINE_TAG = /<(?:br|\/p|\/div|\/li|\/tr)\b[^<>]{0,200}>/gi
const HTML_TAG =
  /<\/?(?:p|div|span|font|b|i|u|em|strong|sub|sup|table|tbody|thead|tr|td|th|ul|ol|li|h[1-6]|a|img|html|body|head|meta)\b[^<>]{0,500}>/gi
const ENTITIES: Record<string, string> = table({ '&nbsp;': ' ', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' })

const FULL_WIDTH = /[\uff01-\uff5e\u3000]/

/** Full-width ASCII (！ to ～) and the ideographic space to their ordinary forms. */
export function toHalfWidth(text: string): string {
  if (!FULL_WIDTH.test(text)) return text
  return text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replaceAll('\u3000', ' ')
}

/** Whether a value holds what is no text: a control character, or one that was lost on its way. */
export const isDamaged = (text: string): boolean => UNREADABLE_CHARACTER.test(text)

/**
 * What a value with control characters is read as, wherever it comes from: page and column breaks are line ends, the others
 * become U+FFFD. Left out, `6.<NUL>5` would be another number and `E1<NUL>1.9` another code than anybody sent.
 */
export function markControls(text: string): string {
  if (!UNREADABLE_CHARACTER.test(text)) return text
  return text.replaceAll('\u000b', '\n').replaceAll('\u000c', '\n').replace(CONTROL, UNREADABLE)
}

/** Text without control and zero-width characters; line ends as LF. Tags stay: a `<0.01` must survive. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROL, '').replace(ZERO_WIDTH, '').trim()
}

/** Long free text: known HTML tags become line ends or nothing, the common entities their characters; then as cleanText. */
export function plainText(text: string): string {
  if (!/[<&]/.test(text)) return cleanText(text)
  const untagged = text.replace(LINE_TAG, '\n').replace(HTML_TAG, '')
  return cleanText(untagged.replace(/&(?:nbsp|lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? entity)).replace(/\n{3,}/g, '\n\n')
}

/** Text as the content of an XHTML element. */
export function escapeXhtml(text: string): string {
  return cleanText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
