/** Links of a page (R4 http.html#paging): itself as it was asked for, and the next one, sealed for its caller. */
import type { PageMark } from '../store/types.ts'
import { type BundleLink, link } from './bundle-text.ts'
import { formOfAnswer } from './parameters.ts'
import { queryText } from './search-request.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

export interface PageOf {
  /** without its query */
  address: string
  /** what a page token belongs to */
  type: string
  /** as it was understood */
  query: [string, string][]
}

export function pageLinks(
  deps: FhirDeps,
  request: FhirRequest,
  { address, type, query }: PageOf,
  next: PageMark | undefined,
): BundleLink[] {
  const token = request.query.find(([name]) => name === '_page')?.[1]
  const text = queryText(token === undefined ? query : [['_page', token]])
  const links = [link('self', text === '' ? address : `${address}?${text}`)]
  if (next) {
    const sealed = deps.pages.seal(request.actor, { type, query, mark: next })
    links.push(link('next', `${address}?_page=${sealed}${formOfAnswer(request.query)}`))
  }
  return links
}
