/** AuditEvents of interactions that read: on record before a byte leaves. */
import type { AuditEntry } from '../audit/audit.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Met, Stored } from '../store/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'
import type { Seen } from './decided.ts'

interface Asked {
  interaction: string
  action: 'R' | 'E'
  type: string
  /** what was asked for by id */
  id?: string
  query?: readonly (readonly [string, string])[]
}

export interface ReadFact extends Asked {
  found: readonly Met[]
  /** how many matches the answer tells of, where that is more than those found */
  total?: number
  seen: Pick<Seen<unknown>, 'reason'> & Partial<Seen<unknown>>
}

/** @throws OutcomeError unavailable: without its audit entries nothing is answered */
export async function audited(deps: FhirDeps, request: FhirRequest, fact: ReadFact): Promise<void> {
  // Development without access control has no account of uses either; it says so when it starts.
  if (request.actor.unrestricted) return
  const entries = await entriesOf(deps, request, fact)
  await deps.audit.append(entries.map((entry) => deps.audit.record(entry)))
}

/**
 * Looks for one resource that is asked for by id. The use is announced meanwhile, which names the resource and so whose data it
 * is about: that is on record before the answer leaves, and the entry with what was found follows at once.
 * @throws OutcomeError unavailable: without its announcement nothing is answered; whatever `find` throws
 */
export async function auditedRead<V extends Stored | undefined>(
  deps: FhirDeps,
  request: FhirRequest,
  asked: Asked & { id: string },
  find: () => Promise<Seen<V>>,
): Promise<Seen<V>> {
  if (request.actor.unrestricted) return find()
  const use = deps.audit.announce(plainEntry(deps, request, asked))
  try {
    const seen = await find()
    const fact = { ...asked, found: seen.value ? [seen.value] : [], seen }
    const [[entry, ...others]] = await Promise.all([entriesOf(deps, request, fact), use.durable])
    if (others.length > 0) await deps.audit.append(others.map((other) => deps.audit.record(other)))
    use.settle(entry)
    return seen
  } catch (error) {
    const reason = error instanceof OutcomeError ? (error.issues[0]?.code ?? 'internal') : 'internal'
    use.settle({ ...plainEntry(deps, request, asked), outcome: '8', reason })
    throw error
  }
}

/** What is known before anything is found. */
function plainEntry(deps: FhirDeps, { actor }: FhirRequest, { interaction, action, type, id, query }: Asked): AuditEntry {
  return {
    interaction,
    action,
    outcome: '0',
    actor,
    reason: '',
    type,
    ...(id === undefined ? {} : { resources: [`${type}/${id}`] }),
    ...(query && query.length > 0 ? { query } : {}),
    acc: deps.access.auditAcc([], actor.organization),
  }
}

/**
 * One for each person whose data are among what was found, with what was found of him and nothing of the others: each may
 * read his own, and a use of many is no use of nobody (IHE BALP, patient queries). What is about nobody has its own beside them.
 */
async function entriesOf(deps: FhirDeps, request: FhirRequest, fact: ReadFact): Promise<[AuditEntry, ...AuditEntry[]]> {
  const { organization } = request.actor
  const { p: persons } = deps.access.auditAcc(
    fact.found.flatMap((doc) => doc.acc.p),
    organization,
  )
  const [only] = persons
  // What is about somebody who cannot be named is not for him who can.
  const isOfAll = ({ acc }: Met) => acc.p.length === 0 || only === undefined || acc.p.includes(only)
  if (persons.length <= 1 && fact.found.every(isOfAll)) return [await entryOf(deps, request, fact, persons)]
  const { total: _, id, ...shared } = fact
  const entries = [...partsOf(fact.found, persons)].map(([person, found]) =>
    entryOf(deps, request, { ...shared, ...named(fact.type, id, found), found }, person === NOBODY ? [] : [person]),
  )
  return (await Promise.all(entries)) as [AuditEntry, ...AuditEntry[]]
}

const NOBODY = ''

/** What was found by person; what is about several stands with each, and what is about none of them with nobody. */
function partsOf(found: readonly Met[], persons: readonly string[]): Map<string, Met[]> {
  const parts = new Map<string, Met[]>(persons.map((person) => [person, []]))
  for (const doc of found) {
    const owners = doc.acc.p.filter((person) => parts.has(person))
    for (const person of owners.length > 0 ? owners : [NOBODY]) {
      const part = parts.get(person)
      if (part) part.push(doc)
      else parts.set(person, [doc])
    }
  }
  return parts
}

/** The resource that was asked for by id stands in the entries of those whom it is about. */
const named = (type: string, id: string | undefined, found: readonly Met[]): { id?: string } =>
  id !== undefined && found.some((doc) => doc.type === type && doc.id === id) ? { id } : {}

async function entryOf(
  deps: FhirDeps,
  request: FhirRequest,
  { found, total, seen, ...asked }: ReadFact,
  persons: readonly string[],
): Promise<AuditEntry> {
  const { decision } = seen
  const basis = decision && found.length > 0 ? await deps.access.basis(decision, found, persons) : undefined
  const acc = deps.access.auditAcc(persons, request.actor.organization)
  const plain = plainEntry(deps, request, asked)
  return {
    ...plain,
    outcome: asked.id !== undefined && found.length === 0 ? '4' : '0',
    reason: basis && basis.reasons.length > 0 ? basis.reasons.join(' ') : seen.reason,
    patients: acc.p,
    resources: [...new Set([...(plain.resources ?? []), ...found.map((doc) => `${doc.type}/${doc.id}`)])],
    count: Math.max(total ?? 0, found.length),
    acc,
    ...(basis && basis.consents.length > 0 ? { consents: basis.consents } : {}),
  }
}
