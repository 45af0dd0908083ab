/** Bundles are spliced from stored bytes: nothing of a resource is parsed or printed again (docs/decisions). */
import { FHIR_JSON } from '../outcome/render.ts'
import type { FhirResponse } from './types.ts'

export interface BundleEntry {
  fullUrl?: string
  resource?: Uint8Array | string
  /** something of the request stands in the resource, or without one in the outcome of the response */
  reflects?: boolean
  search?: { extension?: object[]; mode: 'match' | 'include' | 'outcome'; score?: number }
  request?: { method: string; url: string }
  response?: { status: string; etag?: string; lastModified?: string; location?: string; outcome?: object }
}

export interface BundleLink {
  relation: string
  url: string
}

export const link = (relation: string, url: string): BundleLink => ({ relation, url })

export function bundleAnswer(type: string, entries: BundleEntry[], options: { total?: number; links?: BundleLink[] } = {}): FhirResponse {
  const head: Record<string, unknown> = { resourceType: 'Bundle', type }
  if (options.total !== undefined) head.total = options.total
  const pieces: (Uint8Array | string)[] = []
  const reflected: number[] = []
  let text = JSON.stringify(head).slice(0, -1)
  const reflect = (piece: Uint8Array | string): void => {
    pieces.push(text)
    reflected.push(pieces.push(piece) - 1)
    text = ''
  }
  if (options.links && options.links.length > 0) reflect(`,"link":${JSON.stringify(options.links)}`)
  entries.forEach((entry, at) => {
    const { resource, fullUrl, reflects, ...rest } = entry
    text += at === 0 ? ',"entry":[{' : ',{'
    const parts: string[] = fullUrl === undefined ? [] : [`"fullUrl":${JSON.stringify(fullUrl)}`]
    text += parts.join(',')
    if (resource !== undefined) {
      text += `${parts.length > 0 ? ',' : ''}"resource":`
      if (reflects) reflect(resource)
      else {
        pieces.push(text, resource)
        text = ''
      }
    }
    const tail = JSON.stringify(rest).slice(1, -1)
    const told = tail === '' ? '' : (resource === undefined && parts.length === 0 ? '' : ',') + tail
    if (reflects && resource === undefined) reflect(told)
    else text += told
    text += '}'
  })
  pieces.push(`${text}${entries.length > 0 ? ']' : ''}}`)
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: pieces, ...(reflected.length > 0 ? { reflected } : {}) }
}
