/** What the scenario asks of a client of JavaScript; each client has a program that says how it does that. */
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes'

export type Held<T extends Resource = Resource> = T & { id: string; meta: { versionId: string } }
export type Query = Record<string, string>

export interface Exported {
  type: string
  /** NDJSON */
  text: string
}

export interface Failure {
  /** a client may not show it */
  status?: number
  /** code of the server, from the OperationOutcome that the client took out of the answer */
  code: string
}

export interface Adapter {
  /** what the client does of its own before it works: look at the server, log in */
  start(): Promise<void>
  create<T extends Resource>(resource: T, ifNoneExist?: string): Promise<Held<T>>
  read<T extends Resource>(type: T['resourceType'], id: string, version?: string): Promise<Held<T>>
  update<T extends Resource>(resource: Held<T>, ifMatch: string): Promise<Held<T>>
  search(type: string, query: Query): Promise<Bundle>
  /** as the client follows the links of its own */
  allPages(type: string, query: Query): Promise<Resource[]>
  searchByPost(type: string, query: Query): Promise<Bundle>
  bundle(bundle: Bundle & { entry: BundleEntry[] }): Promise<Bundle>
  jsonPatch<T extends Resource>(type: T['resourceType'], id: string, operations: object[]): Promise<Held<T>>
  fhirPathPatch<T extends Resource>(type: T['resourceType'], id: string, parameters: Resource): Promise<Held<T>>
  /** without an id of the type, without a type of the system */
  history(type?: string, id?: string, query?: Query): Promise<Bundle>
  everything(patient: string): Promise<Bundle>
  validate(resource: Resource): Promise<Resource>
  export(types: string[]): Promise<Exported[]>
  delete(type: string, id: string): Promise<void>
  /** what the client makes of a refusal */
  failureOf(error: unknown): Failure
}

/** Where the server is, and how a client comes to its tokens; without access control it needs none. */
export interface Target {
  /** base of the FHIR API */
  base: string
  access?: Access
}

export interface Access {
  /** by client_credentials with private_key_jwt at the token endpoint that the server names */
  token(tokenUrl: string): Promise<string>
  /** the signed assertion alone, for clients that log in themselves */
  assertion(tokenUrl: string): Promise<string>
}
