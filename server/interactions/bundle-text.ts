/** Bundles are spliced from stored bytes: nothing of a resource is parsed or printed again (docs/decisions). */
import { FHIR_JSON } from '../outcome/render.ts'
import type { FhirResponse } from './types.ts'

export interface BundleEntry {
  fullUrl?: string
  resource?: Uint8Array | string
  search?: { mode: 'match' | 'include' | 'outcome' }
  request?: { method: string; url: string }
  response?: { status: string; etag?: string; lastModified?: string; location?: string }
}

export interface BundleLink {
  relation: string
  url: string
}

export const link = (relation: string, url: string): BundleLink => ({ relation, url })

export function bundleAnswer(type: string, entries: BundleEntry[], options: { total?: number; links?: BundleLink[] } = {}): FhirResponse {
  const head: Record<string, unknown> = { resourceType: 'Bundle', type }
  if (options.total !== undefined) head.total = options.total
  if (options.links && options.links.length > 0) head.link = options.links
  const pieces: (Uint8Array | string)[] = []
  let text = JSON.stringify(head).slice(0, -1)
  entries.forEach((entry, at) => {
    const { resource, fullUrl, ...rest } = entry
    text += at === 0 ? ',"entry":[{' : ',{'
    const parts: string[] = fullUrl === undefined ? [] : [`"fullUrl":${JSON.stringify(fullUrl)}`]
    text += parts.join(',')
    if (resource !== undefined) {
      pieces.push(`${text}${parts.length > 0 ? ',' : ''}"resource":`, resource)
      text = ''
    }
    const tail = JSON.stringify(rest).slice(1, -1)
    if (tail !== '') text += (resource === undefined && parts.length === 0 ? '' : ',') + tail
    text += '}'
  })
  pieces.push(`${text}${entries.length > 0 ? ']' : ''}}`)
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: pieces }
}
