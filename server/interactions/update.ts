/** update and delete (R4 http.html#update, #delete). */
import { systemDecision } from '../access/decision.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { writeAnswer } from './answers.ts'
import { checkType, requireScope } from './checks.ts'
import { currentForWrite } from './current.ts'
import { isId } from '../fhir/ids.ts'
import type { ParsedResource } from '../fhir/resource-text.ts'
import { keepLabels } from './kept-labels.ts'
import { checkParameters } from './parameters.ts'
import { expectedVersion, requireNoMatchAsked } from './preconditions.ts'
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { hasCondition, overWhatStands } from './what-stands.ts'
import { draftOf, parseBody, requireVisible, store } from './writing.ts'

export async function update(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  checkParameters(request, request.query)
  return overWhatStands(hasCondition(request), [request.segments.join('/')], async () => {
    const draft = await updateDraft(deps, request)
    const [written] = await store(deps, request, [draft])
    return writeAnswer(request, deps.baseUrl, written)
  })
}

/** Where the content and the current version of a PUT come from: its own request, or the Bundle that it is an entry of. */
export interface UpdateSource {
  sent(): ParsedResource
  current(type: string, id: string): Promise<Stored | undefined> | Stored | undefined
}

/** The draft of a PUT, with If-Match and If-None-Match turned into the version that it expects. */
export async function updateDraft(
  deps: FhirDeps,
  request: FhirRequest,
  source: UpdateSource = { sent: () => parseBody(request), current: (type, id) => currentForWrite(deps, type, id) },
): Promise<Draft> {
  const [type = '', id = ''] = request.segments
  checkType(type)
  requireScope(request.actor, type, 'u')
  if (!isId(id)) throw new OutcomeError('id-invalid', { expression: [`${type}.id`] })
  const sent = source.sent()
  if (sent.resource.id !== id) throw new OutcomeError('id-mismatch', { expression: [`${type}.id`] })
  const made = await draftOf(deps, request.actor, { type, id, method: 'PUT', expect: 'any', parsed: sent })
  const current = await source.current(type, id)
  const expect = expectedVersion(request, current)
  // What was looked at is what is replaced: a label that another one adds meanwhile would be lost.
  const draft: Draft = { ...made, expect: expect === 'any' ? (current?.v ?? 'absent') : expect }
  if (current && draft.expect === current.v) draft.standing = current
  const before = request.actor.party === 'operator' ? undefined : await lastContent(deps, current)
  if (before) draft.parsed = keepLabels(sent, before)
  // An unchanged custodian: a resource stays with the organisation that it came from, whoever of the operators edits it.
  return current && request.actor.party === 'operator' && draft.custodian === '' ? { ...draft, custodian: current.acc.o } : draft
}

const looking = systemDecision('write check')
/** Versions that are looked through: a deletion follows upon content. */
const DELETIONS_MAX = 20

/** What stands, or stood before it was deleted: to delete a resource and to write it again takes no label away either. */
async function lastContent(deps: FhirDeps, current: Stored | undefined): Promise<Stored | undefined> {
  if (!current?.deleted) return current
  const versions = await deps.store.history(looking, current.type, current.id, { count: DELETIONS_MAX })
  return versions.find(({ deleted }) => !deleted)
}

export async function remove(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = '', id = ''] = request.segments
  checkType(type)
  requireScope(request.actor, type, 'd')
  checkParameters(request, request.query)
  // Before anything is looked at: a malformed condition is one whatever stands there.
  expectedVersion(request, undefined)
  // A malformed id names nothing: it answers as an absent one.
  const current = isId(id) ? await currentForWrite(deps, type, id) : undefined
  if (!current || current.deleted) return absentDeletion(deps, request, { type, id, current })
  const draft: Draft = {
    type,
    id,
    method: 'DELETE',
    expect: expectedVersion(request, current),
    custodian: current.acc.o,
  }
  const [written] = await store(deps, request, [draft])
  return { status: 204, headers: { ETag: `W/"${written.v}"` } }
}

/**
 * Deleting what is not there succeeds for those who may delete anything there, and for whoever might have deleted what was there and sees that it
 * is gone (R4 http.html#delete: it has no effect); for others it is not found, as what is hidden.
 * @throws OutcomeError not-found, version-conflict
 */
export async function absentDeletion(
  deps: FhirDeps,
  request: FhirRequest,
  { type, id, current }: { type: string; id: string; current: Stored | undefined },
): Promise<FhirResponse> {
  if (request.actor.party !== 'operator' && !(await isGoneFor(deps, request, type, id, current))) throw new OutcomeError('not-found')
  requireNoMatchAsked(request)
  return { status: 204, headers: {} }
}

async function isGoneFor(deps: FhirDeps, request: FhirRequest, type: string, id: string, current: Stored | undefined): Promise<boolean> {
  // As a deletion of what is hidden: it is looked for once more, and then as the caller sees it.
  const again = isId(id) ? await currentForWrite(deps, type, id) : undefined
  if (isId(id)) await requireVisible(deps, request, { type, id }, again)
  if (!current || !again?.deleted) return false
  const intent = { type, id, method: 'DELETE', expect: 'any', custodian: again.acc.o } as const
  return (await deps.access.mayWrite(request.actor, intent, { ...again, deleted: false })).permitted
}
