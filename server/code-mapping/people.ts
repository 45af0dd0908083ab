/** Who may see and decide codes of which source, and whether two of those who decide are one person. */
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import type { UnmappedDoc } from '../ingest/tables.ts'
import type { IngestSource } from '../ingest/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Store } from '../store/types.ts'
import { MAPPING, type Person } from './tables.ts'

export const TERMINOLOGIST = 'terminologist'

export interface PeopleDeps {
  store: Pick<Store, 'readMany'>
  sources: readonly IngestSource[]
  /** terminologists see the codes of all organisations (policy.sharedCodeLists) … */
  shared: boolean
  /** … that came so often at least: of one that came less, its name, its time and its number could tell whose it was */
  sharedMin: number
  now(): Date
}

export const isOperator = (actor: Actor): boolean => actor.unrestricted === true || actor.party === 'operator'

/**
 * Sources whose codes the asker may see: an operator all; a terminologist those of his organisation, or as the site is configured
 * all; a source's own client its own.
 * @throws OutcomeError forbidden for whoever is none of these, whatever there is on the list
 */
export function sourcesFor({ sources, shared }: PeopleDeps, actor: Actor, permission: 's' | 'r' | 'u'): readonly IngestSource[] {
  if (!allows(actor, 'ConceptMap', permission)) throw new OutcomeError('forbidden')
  if (isOperator(actor)) return sources
  if (actor.role === TERMINOLOGIST) return shared ? sources : sources.filter(({ organization }) => organization === actor.organization)
  const own = permission === 'u' ? [] : sources.filter(({ client }) => client === actor.clientId)
  if (own.length === 0) throw new OutcomeError('forbidden')
  return own
}

/** Whether the source's codes are the asker's own, and not only shown to him because the site shares them. */
export const isOwnSource = (actor: Actor, { organization, client }: IngestSource): boolean =>
  isOperator(actor) || client === actor.clientId || organization === actor.organization

/** A row that is not visible is as one that there is not. @throws OutcomeError forbidden as `sourcesFor` does */
export function isVisible(
  deps: PeopleDeps,
  actor: Actor,
  permission: 's' | 'r' | 'u',
  row: Pick<UnmappedDoc, 'source' | 'count'>,
): boolean {
  const source = sourcesFor(deps, actor, permission).find(({ id }) => id === row.source)
  return source !== undefined && (isOwnSource(actor, source) || row.count >= deps.sharedMin)
}

/** Condition of the rows that the asker may see. @throws OutcomeError forbidden as `sourcesFor` does */
export function visibleRows(deps: PeopleDeps, actor: Actor): Record<string, unknown> {
  const sources = sourcesFor(deps, actor, 's')
  const own = sources.filter((source) => isOwnSource(actor, source)).map(({ id }) => id)
  const others = sources.map(({ id }) => id).filter((id) => !own.includes(id))
  const ofOwn = { source: { $in: own } }
  return others.length === 0 ? ofOwn : { $or: [ofOwn, { source: { $in: others }, count: { $gte: deps.sharedMin } }] }
}

/** Decisions are those of people: the client has to say for whom it asks. @throws OutcomeError mapping-user-missing */
export async function personOf({ store, now }: PeopleDeps, { user, clientId }: Actor): Promise<Person> {
  const id = /^Practitioner\/([A-Za-z0-9.-]{1,64})$/.exec(user ?? '')?.[1]
  const [known] = id === undefined ? [] : await store.readMany(MAPPING, 'Practitioner', [id])
  if (!known || known.deleted) throw new OutcomeError('mapping-user-missing')
  return { user: `Practitioner/${known.id}`, client: clientId, at: now() }
}

/** The same record, or two records with an identifier in common, whichever clients vouch for them. */
export async function isSamePerson({ store }: PeopleDeps, a: Person, b: Person): Promise<boolean> {
  if (a.user === b.user) return true
  const ids = [a.user, b.user].map((user) => user.slice('Practitioner/'.length))
  const found = await store.readMany(MAPPING, 'Practitioner', ids)
  const [one, other] = ids.map((id) => identifiersOf(found.find((doc) => doc.id === id && !doc.deleted)?.body))
  // Who cannot be looked at any more cannot be told apart either.
  if (!one || !other) return true
  return [...one].some((identifier) => other.has(identifier))
}

function identifiersOf(body: Uint8Array | undefined): ReadonlySet<string> | undefined {
  if (!body) return undefined
  const { identifier = [] } = JSON.parse(Buffer.from(body).toString('utf8')) as { identifier?: { system?: string; value?: string }[] }
  return new Set(identifier.flatMap(({ system, value }) => (value === undefined ? [] : [JSON.stringify([system, plain(value)])])))
}

/** One number as different people type it: the check letter of an identity number, spaces, full-width digits. */
const plain = (value: string): string => value.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
