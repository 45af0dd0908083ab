/**
 * patch (R4 http.html#patch): JSON Patch or FHIRPath Patch of the version that the caller sees. What comes of it is written like an update, with
 * the same checks; a version that somebody else wrote meanwhile is patched anew.
 */
import { parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { auditedRead } from './audited.ts'
import { bodyText, notFound, writeAnswer } from './answers.ts'
import { checkId, checkType, requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { checkParameters } from './parameters.ts'
import { type Patch, patchOf } from './patch-formats.ts'
import { withSafeNarrative } from './patch-narrative.ts'
import { conditionsIn, expectedVersion } from './preconditions.ts'
import { subscriptionBody } from './subscription-text.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { updateDraft } from './update.ts'
import { hasCondition, overWhatStands } from './what-stands.ts'
import { store } from './writing.ts'

export async function patch(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = '', id = ''] = request.segments
  requirePatchable(request, type)
  if (request.query.length > 0) checkParameters(request, request.query)
  checkId(id)
  const apply = patchOf(request)
  return overWhatStands(hasCondition(request), [`${type}/${id}`], async () => {
    const draft = await patchDraft(deps, request, apply)
    const [written] = await store(deps, request, [draft])
    return writeAnswer(request, deps.baseUrl, written)
  })
}

/** What a patch tests and answers is read: for both the scope is needed, and the form in which it is stored. */
export function requirePatchable({ actor }: FhirRequest, type: string): void {
  checkType(type)
  requireScope(actor, type, 'u')
  requireScope(actor, type, 'r')
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

/**
 * The version after the patch, to be written over the one before it.
 * @param rewrite references of a transaction
 * @throws OutcomeError not-found, gone, version-conflict, patch-path, patch-test, and what an update throws
 */
export async function patchDraft(
  deps: FhirDeps,
  request: FhirRequest,
  apply: Patch,
  rewrite: (text: string) => Promise<string> | string = (text) => text,
): Promise<Draft> {
  const current = await visible(deps, request)
  const expected = expectedVersion(request, current)
  if (expected !== 'any' && expected !== current.v) throw new OutcomeError('version-conflict', conditionsIn(request))
  const before = patched(request, current)
  const text = await rewrite(withSafeNarrative(before, apply(before)))
  const plain = { ...request, method: 'PUT' as const, header: (name: string) => (/^if-/.test(name) ? undefined : request.header(name)) }
  const draft = await updateDraft(deps, plain, { sent: () => parseResource(text), current: () => current })
  return { ...draft, expect: current.v }
}

/** A patch tests: what it is not answered it must not compare either. */
function patched({ actor }: FhirRequest, current: Stored): string {
  const subscription = subscriptionBody(actor, current)
  return subscription === undefined ? bodyText(current) : Buffer.from(subscription).toString('utf8')
}

async function visible(deps: FhirDeps, request: FhirRequest): Promise<Stored> {
  const [type = '', id = ''] = request.segments
  const { value } = await auditedRead(deps, request, { interaction: 'patch', action: 'R', type, id }, () =>
    decided(deps, request, [], (decision) => deps.store.read(decision, type, id)),
  )
  if (!value) throw notFound()
  if (value.deleted) throw new OutcomeError('gone')
  return value
}
