/** Text as XML writes it (XML 1.0 section 2.4), and what XML has no way to write. */

const SPECIAL: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const IN_ATTRIBUTE = /[&<>"\u0000-\u001f\ufffe\uffff]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const IN_TEXT = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Line ends and tabs as references: a parser makes spaces of those that stand as they are (XML 1.0 section 3.3.3). */
export const escapeAttribute = (text: string): string => text.toWellFormed().replace(IN_ATTRIBUTE, written)

export const escapeText = (text: string): string => text.toWellFormed().replace(IN_TEXT, written)

/** A character that XML 1.0 does not have, not even as a reference, becomes the sign for one that is lost. */
const written = (c: string): string => SPECIAL[c] ?? '\ufffd'
