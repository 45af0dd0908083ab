/** Who asks, and why: the outcome of authentication, the only input that access decisions take from a request. */

import type { DataForm, Party } from '../config/party.ts'
import type { Scope } from '../config/scope.ts'

export { DATA_FORMS, type DataForm, PARTIES, type Party } from '../config/party.ts'
export type { Scope } from '../config/scope.ts'

export interface Actor {
  clientId: string
  party: Party
  /** id of the client's organisation in the configuration (also the id of its Organization resource); empty when it has none. */
  organization: string
  role: string
  /** v3-ActReason code in force for this request (token's purpose, perhaps narrowed by X-Purpose-Of-Use). */
  purpose: string
  form: DataForm
  scopes: readonly Scope[]
  /** ResearchStudy id named when the token was requested. */
  study?: string
  breakGlassReason?: string
  /** Patient id of the token's patient context (`patient` claim). */
  patient?: string
  /** The user behind the client, `Practitioner/x`, `RelatedPerson/x` or `Patient/x` (`fhirUser` claim). */
  user?: string
  /** Beginning of the ids under which the client may create by PUT (registration). */
  createIds?: string
  /** true for a researcher or sponsor outside mainland China (registration). */
  foreign?: boolean
  /** true only with YILIAN_NO_AUTH=1: everything is permitted and consent is not applied. */
  unrestricted?: boolean
}
