/**
 * The content of a Binary as itself (R4 binary.html#rest): answered under its own type where that is asked for, and taken under any
 * type that is not FHIR's. What stands behind this point knows the resource alone, so that its gate, its account and its limits hold.
 */
import { BOUNDS } from '../config/bounds.ts'
import { isId } from '../fhir/ids.ts'
import type { FhirResponse } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { formatOfBody, isFhirName, wantsContent } from './media-types.ts'

const TYPE = 'Binary'
/** As base64, a third longer, it is what one resource may have (`storedBodyBytes`) with room for the rest of it. */
export const CONTENT_BYTES_MAX = Math.floor((BOUNDS.storedBodyBytes * 3) / 4) - 16 * 1024
/** characters of a media type with its parameters */
const TYPE_LENGTH_MAX = 255

const NAME = "[A-Za-z0-9!#$%&'+.^_`|~-]+"
/** RFC 9110 section 8.3.1, in ASCII: it goes out as a header again. */
const MEDIA_TYPE = new RegExp(`^${NAME}/${NAME}(?: ?; ?${NAME}=(?:${NAME}|"[ !#-\\[\\]-~]*"))*$`)
/** A resource of this server or another one. */
const REFERENCE = /^(?:https?:\/\/[!-~]+\/)?[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/

const isMediaType = (text: unknown): text is string => typeof text === 'string' && text.length <= TYPE_LENGTH_MAX && MEDIA_TYPE.test(text)

/** read and vread; a part of the resource (`_summary`, `_elements`) or a format of FHIR's (`_format`) is asked of the resource alone. */
export function isContentRead(
  method: string,
  [type, id = '', history, v]: string[],
  query: readonly (readonly [string, string])[],
): boolean {
  if (type !== TYPE || (method !== 'GET' && method !== 'HEAD') || !isId(id)) return false
  return (history === undefined || (history === '_history' && v !== undefined)) && !query.some(([name]) => OF_RESOURCE.has(name))
}

const OF_RESOURCE: ReadonlySet<string> = new Set(['_format', '_summary', '_elements'])

/**
 * @param answer of a read that found something, in JSON
 * @returns undefined where the resource is wanted
 */
export function contentAnswer({ status, headers, body = [] }: FhirResponse, accept: string | undefined): FhirResponse | undefined {
  const text = Buffer.concat(body.map((piece) => Buffer.from(piece))).toString('utf8')
  const { contentType, data, securityContext } = JSON.parse(text) as Record<'contentType' | 'data', unknown> & {
    securityContext?: { reference?: unknown }
  }
  if (!isMediaType(contentType) || !wantsContent(accept, contentType)) return undefined
  const context = securityContext?.reference
  return {
    status,
    headers: {
      ...headers,
      'Content-Type': contentType,
      // Whatever it is, it is a file and no page of ours, and is not named by who stored it.
      'Content-Disposition': 'attachment; filename="binary"',
      ...(typeof context === 'string' && REFERENCE.test(context) ? { 'X-Security-Context': context } : {}),
    },
    body: [Buffer.from(typeof data === 'string' ? data : '', 'base64')],
  }
}

/** Create, update and update by criteria, with a body that FHIR's own names do not claim. */
export const mayBeContent = (method: string, [type, id, ...more]: string[], contentType: string): boolean =>
  type === TYPE && more.length === 0 && (method === 'PUT' || (method === 'POST' && id === undefined)) && !isFhirName(contentType)

/**
 * The Binary of a body that is its content; undefined: it is the resource itself, under a generic name.
 * @throws OutcomeError content-type-unsupported, body-too-large, parameter-invalid
 */
export function binaryOf(bytes: Buffer, sent: { id?: string; contentType: string; securityContext?: string }): Buffer | undefined {
  const contentType = sent.contentType.trim().replace(/\s+/g, ' ')
  if (!isMediaType(contentType)) throw new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] })
  if (isResource(bytes, contentType)) return undefined
  if (bytes.length > CONTENT_BYTES_MAX) throw new OutcomeError('body-too-large', { params: { max: CONTENT_BYTES_MAX } })
  const { id, securityContext } = sent
  if (securityContext !== undefined && !REFERENCE.test(securityContext)) throw badContext()
  const head = {
    resourceType: TYPE,
    ...(id === undefined ? {} : { id }),
    contentType,
    ...(securityContext === undefined ? {} : { securityContext: { reference: securityContext } }),
  }
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"data":"${bytes.toString('base64')}"}`)
}

const CONTEXT = 'X-Security-Context'
const badContext = (): OutcomeError => new OutcomeError('parameter-invalid', { expression: [`http.${CONTEXT}`], params: { name: CONTEXT } })

/** Under a generic name of JSON or XML: a Binary of FHIR (R4: "the special case"). Looked at byte by byte, whatever the encoding. */
function isResource(bytes: Buffer, contentType: string): boolean {
  const format = formatOfBody(contentType)
  if (format === undefined) return false
  if (format === 'json') return isJsonBinary(bytes.toString('latin1'))
  return ROOT_BINARY.test(withoutProlog(bytes.subarray(0, PROLOG_BYTES_MAX).toString('latin1')))
}

const IS_BINARY = /^\s*:\s*"Binary"/
/** characters behind the name `resourceType`: its value, and white space */
const VALUE_LENGTH_MAX = 256

/** The outermost object says that it is one. Nothing is made of it: JSON of any form costs one look. */
function isJsonBinary(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const c = text[at]
    if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') depth--
    else if (c === '"') {
      const start = at
      at = quoteAfter(text, start)
      const isName = depth === 1 && text.slice(start, at + 1) === '"resourceType"'
      if (isName && IS_BINARY.test(text.slice(at + 1, at + 1 + VALUE_LENGTH_MAX))) return true
    }
  }
  return false
}

/** The closing quote of a string; the end of a text that has none. */
function quoteAfter(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

const PROLOG_BYTES_MAX = 64 * 1024
/** FHIR's XML is UTF-8: what is in another encoding is not it. */
const ROOT_BINARY = /^<(?:[\w.-]+:)?Binary\s[^>]*["']http:\/\/hl7\.org\/fhir["']/

/** Behind the declaration, instructions and comments in front of the first element. */
function withoutProlog(text: string): string {
  let at = text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined
    const found = end === undefined ? -1 : text.indexOf(end, at)
    if (end === undefined || found < 0) return text.slice(at)
    at = found + end.length
  }
}
