/** The MIIS envelope (formats.md A): bytes to a request, a response, or a tapped pair of both. */
import { filled } from '../engine/values/blank.ts'
import type { DecodeResult } from '../engine/types.ts'
import { decodeText } from '../parsers/charset.ts'
import { JsonRefused, MIIS_DEPTH_MAX, type MiisObject, type MiisValue, parseMiisJson } from '../parsers/miis-json.ts'
import { table } from '../engine/values/table.ts'

/** What was sent, what was answered, or both. `infno` is that of the request; a response alone does not name one. */
export interface Exchange {
  infno?: string
  request?: MiisObject
  response?: MiisObject
  /** which of the persons that the message speaks of, where it speaks of several */
  part?: number
}

/** Largest payload: a settlement list of 10,000 lines has about 10 MB. */
export const MIIS_BYTES_MAX = 64 * 1024 * 1024

/** Bounds that the texts of refusals name. */
const PARAMS: Readonly<Record<string, { max: number }>> = table({ 'json-depth': { max: MIIS_DEPTH_MAX } })

export function refused(code: string, no: number, raw?: Uint8Array, field?: string): DecodeResult {
  const at = `message ${no}`
  return {
    ok: false,
    rejected: {
      recordType: 'message',
      at,
      reason: { severity: 'error', code, at: field ?? at, ...(code in PARAMS && { params: PARAMS[code] }) },
      ...(raw && { raw }),
    },
  }
}

/** Why there is no exchange: the code of an issue, and the field of the envelope where it is known. */
export interface EnvelopeRefusal {
  code: string
  at?: string
}

/** The exchange, or why there is none. Never throws. */
export function readExchange(bytes: Uint8Array, charset: string): Exchange | EnvelopeRefusal {
  const decoded = decodeText(bytes, charset)
  if (!decoded.ok) return { code: 'payload-charset' }
  try {
    return exchangeOf(parseMiisJson(decoded.text.replace(/^\ufeff/, '')))
  } catch (error) {
    if (error instanceof JsonRefused) return { code: error.problem }
    throw error
  }
}

const lacking = (at: string): EnvelopeRefusal => ({ code: 'miis-envelope', at })

/** What is neither request, response nor a pair of both is told the field with which a request begins. */
function exchangeOf(body: MiisObject): Exchange | EnvelopeRefusal {
  if (body.infno !== undefined) return requestOf(body, '')
  if (body.infcode !== undefined) return isObject(body.output) || filled(body.infcode) !== '0' ? { response: body } : lacking('output')
  if (body.request === undefined && body.response === undefined) return lacking('infno')
  if (!isObject(body.request)) return lacking('request')
  if (!isObject(body.response)) return lacking('response')
  if (body.response.infcode === undefined) return lacking('response.infcode')
  const request = requestOf(body.request, 'request.')
  return 'code' in request ? request : { ...request, response: body.response }
}

function requestOf(request: MiisObject, prefix: string): Exchange | EnvelopeRefusal {
  const infno = text(request, 'infno')
  if (infno === undefined) return lacking(`${prefix}infno`)
  if (text(request, 'msgid') === undefined) return lacking(`${prefix}msgid`)
  return isObject(request.input) ? { infno, request } : lacking(`${prefix}input`)
}

export const isObject = (value: MiisValue | undefined): value is MiisObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A node of `input` or `output`: an object; senders also send a list of one where an object is meant. */
export function node(envelope: MiisObject | undefined, side: 'input' | 'output', name: string): MiisObject {
  const parent = envelope?.[side]
  const found = isObject(parent) ? parent[name] : undefined
  const one = Array.isArray(found) ? found[0] : found
  return isObject(one) ? one : {}
}

/** A list node; a single object stands for a list of one. */
export function list(envelope: MiisObject | undefined, side: 'input' | 'output', name: string): MiisObject[] {
  const parent = envelope?.[side]
  const found = isObject(parent) ? parent[name] : undefined
  return (Array.isArray(found) ? found : found === undefined ? [] : [found]).filter(isObject)
}

export interface Named {
  node: MiisObject
  path: string
}

/** The first of several names under which places send one node. */
export function nodeOf(envelope: MiisObject | undefined, side: 'input' | 'output', ...names: string[]): Named {
  const found = names.find((name) => list(envelope, side, name).length > 0) ?? names[0] ?? ''
  return { node: node(envelope, side, found), path: `${side}.${found}` }
}

/** Members of a list under the first of several names; one alone keeps the name of the list. */
export function listOf(envelope: MiisObject | undefined, side: 'input' | 'output', ...names: string[]): Named[] {
  const found = names.find((name) => list(envelope, side, name).length > 0) ?? ''
  return list(envelope, side, found).map((one, at) => ({ node: one, path: `${side}.${found}[${at}]` }))
}

/** Text of a member; numbers are text already, structures have none. */
export function text(holder: MiisObject | undefined, field: string): string | undefined {
  const value = holder?.[field]
  return typeof value === 'object' ? undefined : filled(value)
}
