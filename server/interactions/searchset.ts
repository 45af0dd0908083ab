/** The Bundle of a search (R4 search.html): matches, what is included, notices, links. */
import type { OutcomeIssue } from '../outcome/outcome-error.ts'
import { renderOutcome } from '../outcome/render.ts'
import { shownName } from '../search/parse/names.ts'
import type { ParsedSearch } from '../search/types.ts'
import { metresBetween, positionOf } from '../search/types/near.ts'
import type { SearchPage, Stored } from '../store/types.ts'
import { bodyText } from './answers.ts'
import { bundleAnswer, type BundleEntry } from './bundle-text.ts'
import { INCLUDED_MAX } from './includes.ts'
import { pageLinks } from './page-links.ts'
import { shown } from './read.ts'
import { formOf, ofIncluded } from './subset.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

/** What was asked, as far as the answer says it. */
export interface Asked extends Pick<ParsedSearch, 'applied' | 'ignored' | 'near'> {
  /** below the base; page links belong to it */
  path: string
}

export interface Found {
  page: Pick<SearchPage, 'rows' | 'total' | 'next'>
  /** what is shown of the rows instead of them */
  matches?: BundleEntry[]
  included: Stored[]
  capped: boolean
  /** what else the asker is told of the answer, in its OperationOutcome */
  notices?: OutcomeIssue[]
}

export function searchset(deps: FhirDeps, request: FhirRequest, asked: Asked, found: Found): FhirResponse {
  const form = formOf(asked.applied.filter(([name, value]) => name !== '_summary' || value !== 'count'))
  const entry = (doc: Stored, mode: 'match' | 'include'): BundleEntry => ({
    ...shown(deps, request, doc, mode === 'match' ? form : ofIncluded(form)),
    search: { ...(mode === 'match' ? distanceOf(doc, asked.near) : {}), mode },
  })
  const entries = [
    ...(found.matches ?? found.page.rows.map((doc) => entry(doc, 'match'))),
    ...found.included.map((doc) => entry(doc, 'include')),
    ...noticesOf([...(found.notices ?? []), ...ignoredIssues(asked.ignored), ...cappedIssues(found)]),
  ]
  const address = asked.path === '' ? deps.baseUrl : `${deps.baseUrl}/${asked.path}`
  const links = pageLinks(deps, request, { address, type: asked.path, query: asked.applied }, found.page.next)
  const options = found.page.total === undefined ? {} : { total: found.page.total }
  return bundleAnswer('searchset', entries, { ...options, links })
}

const LOCATION_DISTANCE = 'http://hl7.org/fhir/StructureDefinition/location-distance'

/** How far a Location is from the nearest of the places that were named (R4 location.html#positional). */
function distanceOf(doc: Stored, near: Asked['near'] = []): { extension?: object[] } {
  if (doc.type !== 'Location' || near.length === 0) return {}
  const position = positionOf((JSON.parse(bodyText(doc)) as { position?: unknown }).position)
  if (!position) return {}
  const metres = Math.min(...near.map((place) => metresBetween(place, position)))
  const valueDistance = { value: Math.round(metres) / 1000, unit: 'km', system: 'http://unitsofmeasure.org', code: 'km' }
  return { extension: [{ url: LOCATION_DISTANCE, valueDistance }] }
}

const cappedIssues = ({ capped }: Found): OutcomeIssue[] =>
  capped ? [{ code: 'include-limit', severity: 'warning', params: { max: INCLUDED_MAX } }] : []

/** Names that were not understood, and have been left out. */
export function ignoredIssues(ignored: readonly string[]): OutcomeIssue[] {
  if (ignored.length === 0) return []
  // As strict handling does: what does not look like a name could be somebody's data.
  const names = [...new Set(ignored.map(shownName))].join(', ')
  return [{ code: 'search-outcome', severity: 'warning', params: { names } }]
}

/** The OperationOutcome of a searchset, where there is anything to tell. */
export function noticesOf(issues: OutcomeIssue[]): BundleEntry[] {
  if (issues.length === 0) return []
  return [{ resource: JSON.stringify(renderOutcome(issues)), reflects: true, search: { mode: 'outcome' } }]
}
