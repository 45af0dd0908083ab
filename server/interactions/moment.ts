/** Times in the headers of conditional requests. */

const TIME = String.raw`\d\d:\d\d:\d\d`
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
/** The three forms of an HTTP-date (RFC 9110 5.6.7), and an instant, as entries of a Bundle have it. */
const FIXED = new RegExp(String.raw`^[A-Z][a-z]{2}, \d\d ${MONTH} \d{4} ${TIME} GMT$`)
const RFC_850 = new RegExp(String.raw`^[A-Z][a-z]{5,8}, \d\d-${MONTH}-\d\d ${TIME} GMT$`)
const ASCTIME = new RegExp(String.raw`^[A-Z][a-z]{2} ${MONTH} [ \d]\d ${TIME} \d{4}$`)
const INSTANT = new RegExp(String.raw`^\d{4}-\d\d-\d\dT${TIME}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$`)

/** Milliseconds since the epoch; NaN for what is none of them: a recipient has to pass over such a header (RFC 9110 13.1.3, 13.1.4). */
export function momentOf(header = ''): number {
  const text = header.trim()
  // It names no zone and means GMT: without it that of this machine would count.
  if (ASCTIME.test(text)) return Date.parse(`${text} GMT`)
  return FIXED.test(text) || RFC_850.test(text) || INSTANT.test(text) ? Date.parse(text) : Number.NaN
}

/** A time in a header has whole seconds. */
export const inSeconds = (at: Date): number => Math.floor(at.getTime() / 1000) * 1000
