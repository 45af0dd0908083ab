/** Links of a page (R4 http.html#paging): itself as it was asked for, and the next one, sealed for its caller. */
import type { PageMark } from '../store/types.ts'
import { type BundleLink, link } from './bundle-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PageState } from './page-token.ts'
import { formOfAnswer, pageTokenOf } from './parameters.ts'
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
    links.push(link('next', `${address}?_page=${sealed}${sizeOf(query)}${formOfAnswer(request.query)}`))
  }
  return links
}

const countsIn = (query: FhirRequest['query']): string[] => query.flatMap(([name, value]) => (name === '_count' ? [value] : []))

/** Said once more outside, for clients that give every request a size of their own where they see none (Medplum's searchResourcePages). */
function sizeOf(query: FhirRequest['query']): string {
  const [count] = countsIn(query)
  return count === undefined ? '' : `&${queryText([['_count', count]])}`
}

/**
 * What a page link has inside; undefined for a first request.
 * @param type what the link has to belong to
 * @throws OutcomeError page-invalid: not issued for this caller and this place, or changed since
 */
export function openPage(deps: FhirDeps, { actor }: FhirRequest, query: FhirRequest['query'], type: string): PageState | undefined {
  const token = pageTokenOf(query)
  if (token === undefined) return undefined
  const state = deps.pages.open(actor, token)
  const [count] = countsIn(state.query)
  const isAsIssued = countsIn(query).every((sent) => sent === count)
  if (state.type !== type || !isAsIssued) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return state
}
