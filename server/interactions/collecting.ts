/**
 * The gate at collection for what clients write (formats.md D49): a hospital that may write about a patient still stores nothing of what he refuses
 * to have collected. The rules are those that sources meet (server/access/collection.ts; server/ingest/collecting.ts asks them there), and so is
 * what refusal and write meet at: one row of the person, in the transaction that stores.
 */
import { UNKNOWN_PERSON } from '../access/stamp.ts'
import { SUBSCRIPTION } from '../access/subscriber.ts'
import type { Stamped, StampInput } from '../access/types.ts'
import { canonicalJson } from '../access/canonical-json.ts'
import type { Actor } from '../auth/actor.ts'
import type { FhirResource } from '../fhir/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

/** What says who may have what is no data that is collected: else nobody could take a refusal back at the hospital. */
const NOT_COLLECTED: ReadonlySet<string> = new Set(['Consent', SUBSCRIPTION])

/** A draft with those whom it is about: patients, and who they are. */
interface Collected {
  draft: Draft
  at: number
  persons: readonly string[]
}

/** While nobody at all refuses: what is to be written beside the drafts; undefined: `requireCollected` is to be asked, as after a conflict. */
export function whileNobodyRefuses({ access }: FhirDeps, { actor }: FhirRequest, drafts: readonly Draft[]): SideWrite[] | undefined {
  if (!isAsked(actor) || !drafts.some(isData)) return []
  const guard = access.nobodyRefuses()
  return guard && [guard]
}

const isAsked = ({ party, unrestricted }: Actor): boolean => party === 'hospital' && !unrestricted

/**
 * @returns what the transaction that stores the drafts has to write beside them; where that meets a conflict, the question is asked again
 * @throws OutcomeError write-not-collected: nothing may be stored; it is in the account of those who refused, and why in theirs alone
 */
export async function requireCollected(
  deps: FhirDeps,
  request: FhirRequest,
  drafts: readonly Draft[],
  current: readonly (Stored | undefined)[],
  failed: (at: number, error: unknown) => never,
): Promise<SideWrite[]> {
  const { actor } = request
  if (!isAsked(actor)) return []
  const collected = (await collectedOf(deps, drafts, current)).filter(({ persons }) => persons.length > 0)
  if (collected.length === 0) return []
  const { organization } = actor
  const ask = (some: readonly Collected[]) =>
    deps.access.mayCollect({
      patients: [...new Set(some.flatMap(({ persons }) => persons))],
      organization,
      resources: () => some.map(({ draft }) => inputOf(draft)),
    })
  const together = await ask(collected)
  if (together.refusers.length === 0) return together.side
  // Somebody of these refuses something that is among it: whose is what is asked one by one.
  for (const one of collected) {
    const { refusers } = await ask([one])
    if (refusers.length === 0) continue
    await putOnRecord(deps, request, one.draft, refusers)
    failed(one.at, new OutcomeError('write-not-collected'))
  }
  return together.side
}

async function collectedOf(deps: FhirDeps, drafts: readonly Draft[], current: readonly (Stored | undefined)[]): Promise<Collected[]> {
  const coming = drafts.flatMap((draft, at) => (isCollecting(draft, current[at]) ? [{ draft, at }] : []))
  const stamps = await stampsOf(
    deps,
    coming.map(({ draft }) => draft),
  )
  const whose = new Map<string, string>()
  const relatives = new Map<Draft, readonly string[]>()
  for (const { draft } of coming) {
    if (draft.type === 'Patient') whose.set(draft.id, await deps.patientWouldBe(patientOf(draft)))
    if (draft.type === 'RelatedPerson') relatives.set(draft, await deps.relativeIs(patientOf(draft).resource))
  }
  return coming.map(({ draft, at }, n) => {
    const { acc, patients } = stamps[n] as Stamped
    const known = [...new Set([...acc.p, ...patients])].filter((person) => person !== UNKNOWN_PERSON)
    const named = [...known.flatMap((id) => whose.get(id) ?? []), ...(relatives.get(draft) ?? [])]
    return { draft, at, persons: [...new Set([...known, ...named])] }
  })
}

const isData = ({ type, method, parsed }: Draft): boolean => method !== 'DELETE' && !NOT_COLLECTED.has(type) && parsed !== undefined

/** What stands already stays as it was: a label that is added, or the same content again, collects nothing. */
function isCollecting(draft: Draft, current: Stored | undefined): boolean {
  const { parsed } = draft
  if (!parsed || !isData(draft)) return false
  if (!current || current.deleted) return true
  return contentOf(parsed.resource) !== contentOf(JSON.parse(Buffer.from(current.body).toString()) as FhirResource)
}

const contentOf = ({ meta: _meta, id: _id, ...content }: FhirResource): string => canonicalJson(content)

/** Those that were made for the right to write it, and of what has none its own. */
async function stampsOf(deps: FhirDeps, drafts: readonly Draft[]): Promise<Stamped[]> {
  const missing = drafts.filter(({ stamp }) => !stamp)
  const made = missing.length === 0 ? [] : await deps.access.stamp(missing.map(inputOf))
  const byDraft = new Map(missing.map((draft, at) => [draft, made[at] as Stamped]))
  return drafts.map((draft) => draft.stamp ?? (byDraft.get(draft) as Stamped))
}

/** What its labels are made of. */
export function inputOf({ type, id, custodian, parsed }: Draft): StampInput {
  return { type, id, custodian, ...(parsed ? { resource: { ...parsed.resource, id } } : {}) }
}

const patientOf = ({ id, parsed, custodian }: Draft): { id: string; resource: FhirResource; custodian: string } => ({
  id,
  resource: (parsed as NonNullable<typeof parsed>).resource,
  custodian,
})

/** As at ingest: that they refused stands in the account of those who did, to others it says that nothing was stored. */
async function putOnRecord(deps: FhirDeps, { actor }: FhirRequest, draft: Draft, refusers: readonly string[]): Promise<void> {
  const entry = (patients: readonly string[], custodian: string, reason: string) =>
    deps.audit.record({
      interaction: draft.method === 'POST' ? 'create' : 'update',
      action: draft.method === 'POST' ? 'C' : 'U',
      outcome: '4',
      actor,
      reason,
      type: draft.type,
      ...(patients.length > 0 ? { patients } : {}),
      acc: deps.access.auditAcc(patients, custodian),
    })
  const own = refusers.map((person) => entry([person], '', 'collection-refused'))
  await deps.audit.append([...own, entry([], actor.organization, 'write-not-collected')])
}
