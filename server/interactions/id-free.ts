/** An update by criteria that nothing meets, of content with an id: an "Update as Create" (R4 http.html#cond-update), and so of nothing that stands. */
import { isId } from '../fhir/ids.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { decided } from './decided.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

/**
 * R4 leaves open what becomes of another resource that stands under the id; R5 says "409 Conflict". What is hidden from the caller is as
 * what is absent: that is for the update to say, which comes next.
 * @throws OutcomeError id-taken
 */
export async function requireIdFree(deps: FhirDeps, request: FhirRequest, [type = '', id = '']: readonly string[]): Promise<void> {
  if (!isId(id)) return
  const seen = await decided(deps, request, [id], (decision) => deps.store.read(decision, type, id))
  if (seen.value && !seen.value.deleted) throw new OutcomeError('id-taken', { expression: [`${type}.id`] })
}
