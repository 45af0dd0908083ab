/** Whether a field was filled, and with what text. */
import { cleanText, markControls } from './text.ts'

/** What HL7 v2 writes for a value that is void from now on. */
export const EXPLICIT_NULL = '""'

/** What senders write into a field that was not filled (formats.md D3). */
const NOT_FILLED = new Set(['', '-', '--', '－', '—', '/', '／', '\\', '无', 'NULL', '\\N', EXPLICIT_NULL, 'N/A'])

/**
 * The text of a field without surrounding white space, or undefined when the field is not filled. `""` is HL7's
 * explicit null. Numbers and booleans of JSON become their text. Control characters are marked (markControls).
 */
export function filled(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const sent = (typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? '1' : '0') : String(value)).trim()
  const text = markControls(sent)
  if (text !== sent && cleanText(sent) === '') return undefined
  return NOT_FILLED.has(text) || NOT_FILLED.has(text.toUpperCase()) ? undefined : text
}
