/** One FHIR request and its answer, free of Express: batch entries are requests of the same kind. */
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../auth/actor.ts'
import type { Expunging } from '../expunge/types.ts'
import type { Merging } from '../merging/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Indexing } from '../indexing/indexing.ts'
import type { Zone } from '../fhir/zone.ts'
import type { Search } from '../search/types.ts'
import type { CodeSets } from '../search/types/search-type.ts'
import type { SideWrite, Store, Stored } from '../store/types.ts'
import type { TerminologyLoads } from '../terminology-kept/jobs.ts'
import type { KeptSystems } from '../terminology-service/library.ts'
import type { Shipped } from '../terminology-service/shipped.ts'
import type { Validator } from '../validation/validator.ts'
import type { Draft, Writer } from '../writer/types.ts'
import type { PageTokens } from './page-token.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'

export interface FhirRequest {
  method: Method
  /** path below the FHIR base, decoded: `['Patient', '1']` */
  segments: string[]
  query: [name: string, value: string][]
  /** header by lower-case name */
  header(name: string): string | undefined
  body?: Uint8Array
  /** of a body that was made of XML: where its elements stand in that, as `placesIn` tells of JSON (server/fhir/text-places.ts) */
  placesInXml?: (at?: string) => (expression: string) => { line: number; column: number }
  actor: Actor
}

export interface FhirResponse {
  status: number
  headers: Record<string, string>
  /** meta.lastUpdated of the resource in it: of the header there are seconds only */
  modified?: Date
  /** one JSON text in pieces; absent = no body */
  body?: (Uint8Array | string)[]
  /** places in `body` of the pieces that repeat what the request said: they are not compressed (server/http/compression.ts) */
  reflected?: readonly number[]
  /** instead of `body`: sent while it is made */
  stream?: AsyncIterable<Uint8Array>
}

/** What writing a Subscription brings with it: nothing without a service that notifies. */
export interface Subscriptions {
  /**
   * Checks what Subscriptions among the drafts ask for, and makes them what is stored: their status is the server's.
   * @throws OutcomeError subscription-…, forbidden, and what a search by the criteria throws
   */
  prepare(request: FhirRequest, drafts: readonly Draft[], current: readonly (Stored | undefined)[]): Promise<PreparedWrites>
}

export interface PreparedWrites {
  drafts: Draft[]
  /** rows of the service's own, written in the same transaction */
  side: SideWrite[]
}

export interface FhirDeps {
  store: Store
  search: Search
  access: Access
  validator: Validator
  writer: Writer
  audit: Audit
  indexing: Indexing
  expunging: Expunging
  merging: Merging
  /** code systems, value sets and maps that come with the server */
  definitions: Shipped
  /** code systems that were loaded into the database */
  kept: KeptSystems
  loads: TerminologyLoads
  /** of one request: see asked-codes.ts */
  codeSets?: Pick<CodeSets, 'valueSet' | 'related'>
  pages: PageTokens
  /** FHIR base without a slash at its end, e.g. http://127.0.0.1:8080/fhir */
  baseUrl: string
  /** of dates without one of their own */
  zone: Zone
  now(): Date
  newId(): string
  /** canonical of an organisation (`meta.source` of an operator's write) to its id */
  organizationOf(metaSource: string): string | undefined
  totals: 'none' | 'accurate'
  /** whether criteria that several resources match delete all of them (R4 http.html, conditional delete) */
  conditionalDelete: 'single' | 'multiple'
  subscriptions?: Subscriptions
  /** the person that a Patient will be once it is stored: who has its number, else itself */
  patientWouldBe(coming: { id: string; resource: FhirResource; custodian: string }): Promise<string>
  /** Patients of whoever a RelatedPerson is, as far as its identity number says it. */
  relativeIs(relative: FhirResource): Promise<readonly string[]>
  /** links a Patient that was just stored to its person by a valid identity number; done before the answer */
  patientWritten(written: { id: string; resource: FhirResource; custodian: string; at: Date }): Promise<void>
}

export type Handler = (deps: FhirDeps, request: FhirRequest) => Promise<FhirResponse>
