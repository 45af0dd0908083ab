/** batch (R4 http.html#transaction): each entry is a request of its own; one failure does not touch the others. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { bundleAnswer, type BundleEntry } from './bundle-text.ts'
import { checkBundle } from './bundle-envelope.ts'
import { type EntryRequest, entriesOf } from './bundle-entries.ts'
import { answerOf, type Dispatch, entryRequest, failedEntry, inOrder } from './entry-requests.ts'
import { placeReferringTo } from './references.ts'
import { transaction } from './transaction.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'
import { parseBody } from './writing.ts'

/** A Bundle that was sent to be carried out. */
export interface SentBundle {
  type: 'batch' | 'transaction'
  entries: EntryRequest[]
}

/** POST [base]: a batch or a transaction. */
export function bundleHandler(dispatch: Dispatch) {
  return async function postBundle(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
    const sent = sentBundle(deps, request)
    return bundleAnswer(`${sent.type}-response`, await carryOut(deps, request, sent, dispatch))
  }
}

/** @throws OutcomeError bundle-invalid, bundle-type, bundle-entries, body-empty, json-invalid and the like */
export function sentBundle({ baseUrl }: Pick<FhirDeps, 'baseUrl'>, request: Pick<FhirRequest, 'body'>): SentBundle {
  const parsed = parseBody(request)
  const { resourceType, type } = parsed.resource
  if (resourceType !== 'Bundle') throw new OutcomeError('bundle-invalid', { expression: ['resourceType'] })
  checkBundle(parsed.resource)
  const entries = entriesOf(parsed, baseUrl)
  if (type !== 'batch' && type !== 'transaction') throw new OutcomeError('bundle-type', { expression: ['Bundle.type'] })
  return { type, entries }
}

/** The answers to its entries, in their order. @throws OutcomeError where a transaction fails */
export async function carryOut(
  deps: FhirDeps,
  request: FhirRequest,
  { type, entries }: SentBundle,
  dispatch: Dispatch,
): Promise<BundleEntry[]> {
  if (type === 'transaction') return transaction(deps, request, entries, dispatch)
  const answers = new Array<BundleEntry>(entries.length)
  await inOrder(refusingOthers(entries), async (entry) => {
    answers[entry.at] = await runEntry(deps, request, entry, dispatch)
  })
  return answers
}

/**
 * The entries of a batch know nothing of each other: what refers to another one by the name that it has in the Bundle alone is "non-conformant"
 * (R4 http.html#brules), and stored as it is it would refer to nothing.
 */
function refusingOthers(entries: readonly EntryRequest[]): EntryRequest[] {
  const names = new Set(entries.flatMap(({ fullUrl = '' }) => (fullUrl.startsWith('urn:') ? [fullUrl] : [])))
  if (names.size === 0) return [...entries]
  return entries.map((entry) => {
    const place = entry.problem || entry.text === undefined ? undefined : placeReferringTo(entry.text, names)
    if (place === undefined) return entry
    const within = place.slice(place.indexOf('.'))
    return { ...entry, problem: new OutcomeError('reference-unresolved', { expression: [`Bundle.entry[${entry.at}].resource${within}`] }) }
  })
}

async function runEntry(deps: FhirDeps, outer: FhirRequest, entry: EntryRequest, dispatch: Dispatch): Promise<BundleEntry> {
  try {
    if (entry.problem) throw entry.problem
    return answerOf(entry, await dispatch(deps, entryRequest(outer, entry)))
  } catch (error) {
    return failedEntry(error)
  }
}
