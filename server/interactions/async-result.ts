/**
 * The result of a request that was answered later, made when it is fetched: reads are made now, and of what was written the
 * content is read now, under the decision of now and with its own account. So what was taken away meanwhile is not in it.
 */
import { allows } from '../auth/scopes.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import { type AsyncJob, asyncPartsOf, type KeptEntry, type SentRead } from './async-jobs.ts'
import { audited } from './audited.ts'
import { bundleAnswer, type BundleEntry } from './bundle-text.ts'
import { decided } from './decided.ts'
import { type Dispatch, failedEntry, failureEntry, toEntry } from './entry-requests.ts'
import { masked } from './read.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

/** One entry: what the request would have been answered with (R5 async-bundle.html; R4 async.html knows files of a bulk export only). */
export async function resultOf(deps: FhirDeps, request: FhirRequest, job: AsyncJob, dispatch: Dispatch): Promise<BundleEntry> {
  if (job.read) return readEntry(deps, request, job.read, dispatch)
  if (job.failure) return failureEntry(job.failure.status, JSON.parse(job.failure.outcome) as object)
  const entries: BundleEntry[] = []
  for await (const { entries: kept } of asyncPartsOf(deps.store).stream({ job: job._id }, { sort: { n: 1 } }))
    entries.push(...(await shownEntries(deps, request, kept, dispatch)))
  return toEntry(bundleAnswer(`${job.bundle ?? 'batch'}-response`, entries))
}

async function readEntry(deps: FhirDeps, request: FhirRequest, read: SentRead, dispatch: Dispatch): Promise<BundleEntry> {
  try {
    return toEntry(await dispatch(deps, requestOf(request, read)))
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    return failedEntry(error)
  }
}

function requestOf({ actor }: FhirRequest, { method, segments, query, headers, body }: SentRead): FhirRequest {
  return { method, segments, query, header: (name) => headers[name], actor, ...(body === undefined ? {} : { body: Buffer.from(body) }) }
}

async function shownEntries(deps: FhirDeps, request: FhirRequest, kept: readonly KeptEntry[], dispatch: Dispatch): Promise<BundleEntry[]> {
  const seen = await versionsSeen(deps, request, kept)
  const entries: BundleEntry[] = []
  for (const { response, outcome, version, read } of kept) {
    if (read) entries.push(await readEntry(deps, request, read, dispatch))
    else if (outcome !== undefined) entries.push({ resource: outcome, reflects: true, ...(response ? { response } : {}) })
    else if (!version) entries.push(response ? { response, ...(response.outcome ? { reflects: true } : {}) } : {})
    else {
      const doc = seen.get(`${version.type}/${version.id}/${version.v}`)
      const told = doc || version.written ? response : { status: response?.status ?? '200' }
      const shows = doc && version.withContent && allows(request.actor, version.type, 'r')
      entries.push({ ...(shows ? { resource: masked(deps, request, doc) } : {}), ...(told ? { response: told } : {}) })
    }
  }
  return entries
}

/** By type, as many at once: the versions that the caller may see now. */
async function versionsSeen(deps: FhirDeps, request: FhirRequest, kept: readonly KeptEntry[]): Promise<Map<string, Stored>> {
  const asked = kept.flatMap(({ version }) => (version ? [version] : []))
  const seen = new Map<string, Stored>()
  for (const type of new Set(asked.map((version) => version.type))) {
    const named = asked.filter((version) => version.type === type)
    const found = await decided(deps, request, [], async (decision) => {
      const current = await deps.store.readMany(decision, type, [...new Set(named.map(({ id }) => id))])
      const standing = new Map(current.map((doc) => [doc.id, doc]))
      // An old version is seen when the current one is, and it too.
      const versions = named.map(({ id, v }) => {
        const doc = standing.get(id)
        return doc === undefined || doc.v === v ? doc : deps.store.readVersion(decision, type, id, v)
      })
      return (await Promise.all(versions)).filter((doc) => doc !== undefined && !doc.deleted) as Stored[]
    })
    await audited(deps, request, { interaction: 'async-download', action: 'R', type, found: found.value, seen: found })
    for (const doc of found.value) seen.set(`${type}/${doc.id}/${doc.v}`, doc)
  }
  return seen
}
