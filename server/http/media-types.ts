/**
 * Media types of bodies and answers (R4 http.html#mime-type, RFC 9110 section 12.5.1): JSON and XML, by the names of FHIR and by the
 * generic ones. Whoever asks by a generic name is answered under it.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON } from '../outcome/render.ts'

export type Format = 'json' | 'xml'

/** The form of an answer. */
export interface Representation {
  format: Format
  contentType: string
}

export const AS_JSON: Representation = { format: 'json', contentType: FHIR_JSON }
const AS_XML: Representation = { format: 'xml', contentType: 'application/fhir+xml; charset=utf-8' }

const generic = (format: Format, type: string): Representation => ({ format, contentType: `${type}; charset=utf-8` })

/** In the order in which the server would rather answer. The names with FHIR behind the plus are those of DSTU2. */
const TYPES = new Map<string, Representation>([
  ['application/fhir+json', AS_JSON],
  ['application/json', generic('json', 'application/json')],
  ['text/json', generic('json', 'text/json')],
  ['application/json+fhir', AS_JSON],
  ['application/fhir+xml', AS_XML],
  ['application/xml', generic('xml', 'application/xml')],
  ['text/xml', generic('xml', 'text/xml')],
  ['application/xml+fhir', AS_XML],
])

/** Files of an export have a type of their own, and a browser asks for pages: what else they are told is JSON. */
const ANSWERED_AS_JSON = ['application/fhir+ndjson', 'application/x-ndjson', 'text/html']
const OFFERED: readonly (readonly [string, Representation])[] = [
  ...TYPES,
  ...ANSWERED_AS_JSON.map((type): [string, Representation] => [type, AS_JSON]),
]

export const mediaType = (text: string): string => (text.split(';')[0] ?? '').trim().toLowerCase()

/** Undefined for what is neither. */
export const formatOfBody = (contentType: string): Format | undefined => TYPES.get(mediaType(contentType))?.format

/**
 * `_format` goes before the header (R4 http.html#parameters).
 * @throws OutcomeError not-acceptable
 */
export function representationFor(accept: string | undefined, query: readonly (readonly [string, string])[]): Representation {
  const format = query.find(([name, value]) => name === '_format' && value !== '')?.[1]
  const found = format === undefined ? chosen(accept ?? '') : named(format)
  if (!found) throw new OutcomeError('not-acceptable', { expression: [format === undefined ? 'http.Accept' : '_format'] })
  return found
}

/** The same for an error that comes before the query could be read, or that says that nothing fits. */
export const representationOfError = (accept: string | undefined): Representation => chosen(accept ?? '') ?? AS_JSON

/** All names of one format mean the same here: `xml`, `text/xml`, `application/xml`, `application/fhir+xml`. */
function named(format: string): Representation | undefined {
  // A plus that was not encoded arrives as a space.
  const text = format.replace(/^([a-z]+\/[a-z]+) /i, '$1+')
  const found = text === 'json' ? AS_JSON : text === 'xml' ? AS_XML : chosen(text)
  return found && (found.format === 'xml' ? AS_XML : AS_JSON)
}

interface Range {
  type: string
  quality: number
}

interface Choice {
  quality: number
  /** how closely a range names the type: 3 itself, 2 its kind, 1 anything */
  precision: number
  representation: Representation
}

const chosen = (accept: string): Representation | undefined => (accept.trim() === '' ? AS_JSON : bestOf(rangesOf(accept))?.representation)

/** What is wanted most; among equals what is named rather than what is only let through, then what the server prefers. */
function bestOf(ranges: readonly Range[]): Choice | undefined {
  let best: Choice | undefined
  for (const [type, representation] of OFFERED) {
    const [range, precision] = closest(ranges, type)
    if (!range || range.quality === 0) continue
    if (!best || range.quality > best.quality || (range.quality === best.quality && precision > best.precision))
      best = { quality: range.quality, precision, representation }
  }
  return best
}

/** `application/fhir+json` and the like, by whatever version: the names that are FHIR's alone. */
export const isFhirName = (type: string): boolean => /^application\/(?:fhir\+[^;]+|[^;]+\+fhir)$/.test(mediaType(type))

/**
 * Whether a content of this type is wanted as it is, rather than the resource that it stands in: "the intent is that unless specifically
 * requested, the FHIR XML/JSON representation is not returned" (R4 binary.html#rest). What is requested is what is named and wanted as much.
 * The generic names are taken for FHIR's, as everywhere, unless the content is named as well, or a page is: XML in what browsers send
 * is none of FHIR's.
 */
export function wantsContent(accept: string | undefined, contentType: string): boolean {
  const ranges = rangesOf(accept === undefined || accept.trim() === '' ? '*/*' : accept)
  const [range, precision] = closest(ranges, mediaType(contentType))
  if (!range || range.quality === 0) return false
  const named = ranges.filter(({ type, quality }) => TYPES.has(type) && quality > 0 && quality >= range.quality)
  if (named.some(({ type }) => isFhirName(type))) return false
  if (precision < 2) return !SCRIPT.test(contentType) && (named.length === 0 || isBrowser(ranges))
  return named.every(({ quality }) => quality <= range.quality)
}

/** Browsers ask for scripts by anything at all, and what somebody stored must be none of a page's: only who names it gets it. */
const SCRIPT = /script/i

const isBrowser = (ranges: readonly Range[]): boolean => ranges.some(({ type, quality }) => type === 'text/html' && quality > 0)

const rangesOf = (accept: string): Range[] => accept.split(',').flatMap(rangeOf)

/** A version of FHIR may stand with the type (R4 versioning.html#mt-version): another than this is not to be had. */
function rangeOf(text: string): Range[] {
  const version = parameter(text, 'fhirVersion')
  if (version !== undefined && version !== '4.0') return []
  const quality = Number(parameter(text, 'q') ?? 1)
  return [{ type: mediaType(text), quality: quality >= 0 && quality <= 1 ? quality : 0 }]
}

export const parameter = (text: string, name: string): string | undefined =>
  new RegExp(`;\\s*${name}\\s*=\\s*"?([^";\\s]+)`, 'i').exec(text)?.[1]

/** The most precise range that has the type decides about it, also when it says no. */
function closest(ranges: readonly Range[], type: string): [Range | undefined, precision: number] {
  const names = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']
  for (const [at, name] of names.entries()) {
    const range = ranges.find((one) => one.type === name)
    if (range) return [range, names.length - at]
  }
  return [undefined, 0]
}
