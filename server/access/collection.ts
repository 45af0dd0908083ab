/**
 * The gate at collection (formats.md D49): whether a person refused that an organisation's data of him be stored at all. That is a
 * question of its own: a refusal counts only where its Consent names the action `collect` (consentaction), since who refuses that
 * others read or use what there is has not refused to be treated and recorded (consent.md 3.1, PIPL 14-16).
 *
 * A refusal and what arrives at the same time meet at one row of the person, which each transaction that stores something of him
 * writes as it was read, and each that changes such a refusal moves on: one of the two comes first, and the other is decided again.
 * Before anybody refused at all they meet at what first-refusal.ts has instead.
 */
import { type Party, PARTIES } from '../auth/actor.ts'
import type { SideWrite } from '../store/types.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ConsentRule, Provision } from './consent-model.ts'
import { ANYBODY, type FirstRefusal } from './first-refusal.ts'
import { outcomeOfConsents } from './outcome-of-consents.ts'
import { rulesFor } from './parts.ts'
import { DEFAULT_POLICY, type Question } from './question.ts'
import type { ResourceFacts } from './resource-class.ts'
import { resolveRules } from './resolve.ts'
import { factsFor, personsOf, type StampDeps, statesOf } from './stamp.ts'
import { type AccessTables, parseRules, TABLES } from './tables.ts'
import type { Collecting, CollectionAsk } from './types.ts'

const COLLECT = 'collect'

export interface CollectionDeps extends StampDeps {
  tables: AccessTables
  firstRefusal: FirstRefusal
  now(): Date
  organizationIdentifiers(id: string): readonly string[]
  organizationKind(id: string): string | undefined
}

/**
 * Beside a change of a person's rules, where collection is spoken of before or after it. `rules`: JSON of ConsentRule[].
 * @throws OutcomeError busy, unavailable
 */
export async function collectionWrites(
  { firstRefusal }: Pick<CollectionDeps, 'firstRefusal'>,
  person: string,
  before: string,
  after: string,
): Promise<SideWrite[]> {
  if (before === after || !(speaksOfCollection(before) || speaksOfCollection(after))) return []
  await firstRefusal.comes()
  return [person, ANYBODY].map((_id) => ({ table: TABLES.collection, op: 'update', where: { _id }, inc: { v: 1 }, upsert: true }))
}

const speaksOfCollection = (rules: string): boolean => rules.includes(`"${COLLECT}"`)

/** Did anybody ever refuse? Most sites of today know nobody who did. */
export async function anybodyRefuses({ tables }: Pick<CollectionDeps, 'tables'>): Promise<boolean> {
  return ((await tables.collection.get(ANYBODY))?.v ?? 0) > 0
}

/** Whether the data may be stored, and what the transaction that stores them has to write beside them. */
export async function mayCollect(deps: CollectionDeps, ask: CollectionAsk): Promise<Collecting> {
  await deps.firstRefusal.look()
  const guardOfAll = deps.firstRefusal.guard()
  return guardOfAll ? { refusers: [], nobody: true, side: [guardOfAll] } : amongPersons(deps, ask)
}

/**
 * Results come under the number of their report alone, and a card without the document that was shown with it: of what was refused the number is
 * remembered, as a keyed hash, and who refused.
 */
export async function refusedUnder(
  { tables }: Pick<CollectionDeps, 'tables'>,
  numbers: readonly string[],
  persons: readonly string[],
): Promise<void> {
  await Promise.all(numbers.map((_id) => tables.collection.put({ _id, persons: [...persons] })))
}

async function amongPersons(deps: CollectionDeps, ask: CollectionAsk): Promise<Collecting> {
  const { collection } = deps.tables
  const { numbers = [] } = ask
  // Most patients are their own persons: their rows are read beside their links.
  const [linked, own] = await Promise.all([personsOf(deps, ask.patients), collection.getMany([...ask.patients, ...numbers])])
  const remembered = own.flatMap(({ persons = [] }) => persons)
  const theirs = remembered.length === 0 ? [] : (await personsOf(deps, remembered)).values()
  const others = new Set([...linked.values(), ...remembered, ...theirs]).difference(new Set(ask.patients))
  const persons = [...new Set([...ask.patients, ...others])].sort()
  const rows = new Map([...own, ...(await collection.getMany([...others]))].map((row) => [row._id, row.v ?? 0]))
  const refusing = persons.filter((person) => (rows.get(person) ?? 0) > 0)
  const refusers = refusing.length === 0 ? [] : await refusersAmong(deps, refusing, ask)
  return { refusers, side: persons.map((person) => guard(person, rows.get(person) ?? 0)) }
}

/** Where the row stands otherwise by now the insertion meets it: a conflict, after which the question is asked again. */
const guard = (_id: string, v: number): SideWrite => ({
  table: TABLES.collection,
  op: 'update',
  where: { _id, v },
  inc: { n: 1 },
  upsert: true,
})

async function refusersAmong(deps: CollectionDeps, persons: readonly string[], ask: CollectionAsk): Promise<string[]> {
  const states = await statesOf(deps, persons)
  const facts = factsFor(deps, ask.resources())
  const asked = questionOf(deps, ask)
  return persons.filter((person) => {
    const rules = parseRules(states.get(person)).map(aboutCollection)
    return rulesFor(rules, person, undefined).some((list) => facts.some((one) => isRefused(list, one, asked)))
  })
}

function isRefused(rules: readonly ConsentRule[], facts: ResourceFacts, asked: Omit<Question, 'resource'>): boolean {
  const { type, targets, docType, labels } = facts
  const resource = { type, targets, docType, labels, insured: false, fromInsurance: false, notifiable: false }
  return outcomeOfConsents(resolveRules(rules, facts), { ...asked, resource }).effect === 'deny'
}

/** A rule that does not speak of collecting says nothing here; it still ends what its series said before. */
function aboutCollection(rule: ConsentRule): ConsentRule {
  if (rule.root && speaksOfCollection(canonicalJson(rule.root))) return { ...rule, root: forCollecting(rule.root) }
  const { root: _root, preferences: _preferences, ...frame } = rule
  return { ...frame, silent: true }
}

/** For which purpose, study or form something will be used is not known when it comes: a refusal holds whatever it is for. */
function forCollecting({ effect, criteria, nested }: Provision): Provision {
  const { purpose, study, form, ...others } = criteria
  const kept = effect === 'permit' ? criteria : others
  return { effect: effect === 'emergency' ? 'deny' : effect, criteria: kept, nested: nested.map(forCollecting) }
}

function questionOf(deps: CollectionDeps, { organization }: CollectionAsk): Omit<Question, 'resource'> {
  const names = organization === '' ? [] : [organization, `Organization/${organization}`, ...deps.organizationIdentifiers(organization)]
  const party = partyOf(deps.organizationKind(organization))
  const asker = { party, organization, role: '', purpose: '', action: COLLECT, form: 'IDENT' as const, names: [...names, `party:${party}`] }
  return { asker, policy: DEFAULT_POLICY, now: deps.now().getTime(), relation: {}, custodian: 'own' }
}

const KINDS: Readonly<Record<string, Party>> = { clinic: 'hospital', university: 'researcher', institute: 'researcher' }

function partyOf(kind: string | undefined): Party {
  const named = KINDS[kind ?? ''] ?? PARTIES.find((party) => party === kind)
  // What a site's other organisations are no consent can name.
  return named ?? 'operator'
}
