/** Formats of the primitive types (https://hl7.org/fhir/R4/datatypes.html#primitive), as linear checks. */

/** The specification's own bound of a string. */
export const STRING_BYTES_MAX = 1024 * 1024
/** A base64 value is bounded by the body; this only names the bound of what is scanned here. */
const INTEGER_MAX = 2_147_483_647

const DATE = /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/
const ZONE = /(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/
const CODE = /^\S+(?:\s\S+)*$/
const ID = /^[A-Za-z0-9\-.]{1,64}$/
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const URI = /^\S+$/
/** Looked for one by one: an expression over the whole text keeps a place for each character, and millions of them can be too many (RangeError). */
const NOT_IN_BASE64 = /[^0-9A-Za-z+/=\s]/
/** Control characters other than tab, line feed and carriage return. A full-width space is a character as any other. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

/** JSON type and, for strings, the check of each primitive type. */
export const PRIMITIVES: Record<
  string,
  { json: 'string' | 'number' | 'integer' | 'boolean'; min?: number; max?: number; check?: (text: string) => boolean }
> = {
  boolean: { json: 'boolean' },
  decimal: { json: 'number' },
  integer: { json: 'integer', min: -INTEGER_MAX - 1, max: INTEGER_MAX },
  unsignedInt: { json: 'integer', min: 0, max: INTEGER_MAX },
  positiveInt: { json: 'integer', min: 1, max: INTEGER_MAX },
  string: { json: 'string', check: isText },
  markdown: { json: 'string', check: isText },
  xhtml: { json: 'string' },
  code: { json: 'string', check: (text) => CODE.test(text) },
  id: { json: 'string', check: (text) => ID.test(text) },
  uri: { json: 'string', check: (text) => URI.test(text) },
  url: { json: 'string', check: (text) => URI.test(text) },
  canonical: { json: 'string', check: (text) => URI.test(text) },
  oid: { json: 'string', check: (text) => OID.test(text) },
  uuid: { json: 'string', check: (text) => UUID.test(text) },
  base64Binary: { json: 'string', check: isBase64 },
  date: { json: 'string', check: isDate },
  dateTime: { json: 'string', check: isDateTime },
  instant: { json: 'string', check: (text) => text.includes('T') && isDateTime(text) },
  time: { json: 'string', check: (text) => TIME.test(text) },
}

function isText(text: string): boolean {
  return text.length > 0 && text.length <= STRING_BYTES_MAX && !CONTROL.test(text) && text.isWellFormed()
}

function isBase64(text: string): boolean {
  if (NOT_IN_BASE64.test(text)) return false
  const packed = /\s/.test(text) ? text.replace(/\s/g, '') : text
  const padding = packed.indexOf('=')
  return (
    packed.length > 0 && packed.length % 4 === 0 && (padding < 0 || (packed.length - padding <= 2 && /^=+$/.test(packed.slice(padding))))
  )
}

/** A year, month or day that exists (year 0000 does not). */
function isDate(text: string): boolean {
  if (!DATE.test(text) || text.startsWith('0000')) return false
  if (text.length < 10) return true
  const day = Number(text.slice(8, 10))
  return day <= 28 || day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
}

/** A date, or a full time with its zone. */
function isDateTime(text: string): boolean {
  const at = text.indexOf('T')
  if (at < 0) return isDate(text)
  const zone = ZONE.exec(text)
  return zone !== null && at === 10 && isDate(text.slice(0, at)) && TIME.test(text.slice(at + 1, zone.index))
}
