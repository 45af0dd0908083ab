/** A file inside a message as base64 (formats.md D38): what it is, its first bytes say, whatever the sender calls it. */

/** Characters of base64; 8 MiB of document. */
export const FILE_CHARACTERS_MAX = 11_200_000

/** First characters of base64 that say what the bytes are. */
const SIGNATURES: readonly [string, string][] = [
  ['JVBERi', 'application/pdf'],
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
]

export interface FileContent {
  contentType: string
  data: string
}

/** What does not belong there, or behind the end; an expression over the whole text would keep a place for each of millions of characters. */
const NOT_BASE64 = /[^A-Za-z0-9+/=]|=[^=]|={3}/

/** undefined: no base64, too large, or of a kind that is not kept. */
export function fileContent(base64: string): FileContent | undefined {
  if (base64.length > FILE_CHARACTERS_MAX * 2) return undefined
  const data = base64.replace(/^data:[\w/.+-]{1,100};base64,/, '').replace(/\s+/g, '')
  if (data.length === 0 || data.length > FILE_CHARACTERS_MAX || data.length % 4 !== 0 || NOT_BASE64.test(data)) return undefined
  const contentType = SIGNATURES.find(([signature]) => data.startsWith(signature))?.[1]
  return contentType === undefined ? undefined : { contentType, data }
}
