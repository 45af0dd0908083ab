/** Claims of an access token (IHE IUA, SMART): written for ours, read from anybody's. */
import { formatScopes } from '../config/scope.ts'
import type { Client } from '../config/config.ts'
import type { Asked, Grant } from './grant.ts'

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

/** All but issuer, audience, times and jti, which the signer adds. */
export function claimsOf(client: Client, granted: Grant): Record<string, unknown> {
  return {
    client_id: client.clientId,
    scope: formatScopes(granted.scopes),
    data_form: granted.form,
    ...(granted.patient === undefined ? {} : { patient: granted.patient }),
    ...(granted.user === undefined ? {} : { fhirUser: granted.user }),
    ...(granted.study === undefined ? {} : { research_study: granted.study }),
    ...(granted.reason === undefined ? {} : { break_glass_reason: granted.reason }),
    extensions: {
      ihe_iua: {
        ...(client.organization === '' ? {} : { subject_organization_id: client.organization }),
        ...(client.role === '' ? {} : { subject_role: [{ code: client.role }] }),
        purpose_of_use: [{ system: ACT_REASON, code: granted.purpose }],
        ...(granted.patient === undefined ? {} : { person_id: granted.patient }),
      },
    },
  }
}

/**
 * What a verified token asks for; undefined when a claim has a shape that we do not understand or the purpose is not there: a claim that
 * is passed over could be the one that was to restrict. Organisation and role are not read, the registration has them.
 * @param base FHIR base, of which absolute `fhirUser` URLs must be
 */
export function askedBy(claims: Readonly<Record<string, unknown>>, base: string): Asked | undefined {
  const purpose = purposeOf(claims)
  const user = text(claims.fhirUser)
  const named = {
    scope: text(claims.scope),
    form: text(claims.data_form),
    study: text(claims.research_study),
    reason: text(claims.break_glass_reason),
    patient: text(claims.patient),
  }
  if (purpose === undefined || user === null || Object.values(named).includes(null) || named.scope === undefined) return undefined
  const asked: Asked = { purpose }
  for (const [name, value] of Object.entries(named)) if (typeof value === 'string') asked[name as keyof typeof named] = value
  if (user !== undefined) asked.user = user.startsWith(`${base}/`) ? user.slice(base.length + 1) : user
  return asked
}

/** undefined: absent; null: there, but not a text. */
function text(value: unknown): string | undefined | null {
  return value === undefined ? undefined : typeof value === 'string' ? value : null
}

/** A code, a coding, or a list of exactly one of them: two purposes in one token would leave open which one counts. */
function purposeOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const extensions = claims.extensions as { ihe_iua?: { purpose_of_use?: unknown } } | null | undefined
  const stated = extensions?.ihe_iua?.purpose_of_use
  const one: unknown = Array.isArray(stated) ? (stated.length === 1 ? stated[0] : undefined) : stated
  if (typeof one === 'string') return one
  const coding = one as { system?: unknown; code?: unknown } | null | undefined
  if (typeof coding?.code !== 'string') return undefined
  return coding.system === undefined || coding.system === ACT_REASON || coding.system === ACT_REASON_OID ? coding.code : undefined
}

const ACT_REASON_OID = 'urn:oid:2.16.840.1.113883.5.8'
