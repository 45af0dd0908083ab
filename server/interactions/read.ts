/** read and vread (R4 http.html#read, #vread). */
import type { Decision } from '../access/decision.ts'
import { checkId, checkType, requireScope } from './checks.ts'
import { auditedRead } from './audited.ts'
import { decided } from './decided.ts'
import { bodyText, notFound, notModified, resourceAnswer } from './answers.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { inSeconds, momentOf } from './moment.ts'
import { checkParameters } from './parameters.ts'
import { conditionOfRead } from './preconditions.ts'
import type { Stored } from '../store/types.ts'
import { FORM_PARAMETERS, type Form, formOf, inForm } from './subset.ts'
import { subscriptionBody } from './subscription-text.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const FORM: ReadonlySet<string> = new Set(FORM_PARAMETERS)

export async function read(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type, id] = target(request)
  requireScope(request.actor, type, 'r')
  checkParameters(request, request.query, { understood: FORM })
  const form = formOf(request.query)
  const requireCondition = conditionOfRead(request)
  const seen = await auditedRead(deps, request, { interaction: 'read', action: 'R', type, id }, () =>
    decided(deps, request, [], (decision) => deps.store.read(decision, type, id)),
  )
  if (!seen.value) throw notFound()
  if (seen.value.deleted) throw new OutcomeError('gone', {}, { ETag: `W/"${seen.value.v}"` })
  const stamp = stampOf(request, seen.value)
  requireCondition(stamp)
  if (isUnchanged(request, stamp)) return notModified(stamp)
  return resourceAnswer(200, stamp, inForm(form, type, masked(deps, request, seen.value)))
}

/**
 * Conditional read (R4 http.html#cread): the caller has this version already. A tag decides where there is one (RFC 9110
 * 13.2.2); a time has whole seconds, and says nothing where the masked form does not tell the time.
 */
function isUnchanged(request: FhirRequest, { v, at }: { v: number; at?: Date }): boolean {
  const tags = request.header('if-none-match')
  if (tags !== undefined) return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === `"${v}"`)
  return at !== undefined && inSeconds(at) <= momentOf(request.header('if-modified-since'))
}

/** An old version is visible when the current one is, and when its own patients' rules permit it too. */
export async function vread(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type, id] = target(request)
  requireScope(request.actor, type, 'r')
  checkParameters(request, request.query, { understood: FORM })
  const form = formOf(request.query)
  // Versions are numbered from 1; `01` is the name of none.
  const v = Number(/^[1-9]\d{0,8}$/.test(request.segments[3] ?? '') ? request.segments[3] : Number.NaN)
  const find = async (decision: Decision) => {
    const current = await deps.store.read(decision, type, id)
    if (!current || Number.isNaN(v)) return undefined
    if (current.v === v) return current
    return deps.store.readVersion(decision, type, id, v)
  }
  const seen = await auditedRead(deps, request, { interaction: 'vread', action: 'R', type, id }, () => decided(deps, request, [], find))
  if (!seen.value) throw notFound()
  if (seen.value.deleted) throw new OutcomeError('gone')
  const stamp = stampOf(request, seen.value)
  if (isUnchanged(request, stamp)) return notModified(stamp)
  return resourceAnswer(200, stamp, inForm(form, type, masked(deps, request, seen.value)))
}

function target(request: FhirRequest): [string, string] {
  const [type = '', id = ''] = request.segments
  checkType(type)
  checkId(id)
  return [type, id]
}

/** What this actor may see of a permitted resource: the bytes as stored, or the pseudonymised form. */
export function masked(deps: FhirDeps, request: FhirRequest, doc: Stored): Uint8Array | string {
  const subscription = subscriptionBody(request.actor, doc)
  if (subscription !== undefined) return subscription
  if (request.actor.form === 'IDENT') return doc.body
  return deps.access.mask(request.actor, bodyText(doc), doc.acc)
}

/** When a record came is near to when it happened: beside shifted dates it would tell the shift. */
export const stampOf = (request: FhirRequest, { v, at }: Stored): { v: number; at?: Date } =>
  request.actor.form === 'IDENT' ? { v, at } : { v }

/** A masked text begins so; one that passes unmasked may begin otherwise, and has the stored id. */
const MASKED_ID = /^\{"resourceType":"[A-Za-z]+","id":"([^"]+)"/

/** The entry of a Bundle: its address has the id that the text has, so that a masked form does not tell the stored one. */
export function shown(
  deps: FhirDeps,
  request: FhirRequest,
  doc: Stored,
  form: Form = {},
): { fullUrl: string; resource: Uint8Array | string } {
  const resource = masked(deps, request, doc)
  const id = typeof resource === 'string' ? (MASKED_ID.exec(resource)?.[1] ?? doc.id) : doc.id
  return { fullUrl: `${deps.baseUrl}/${doc.type}/${id}`, resource: inForm(form, doc.type, resource) }
}
