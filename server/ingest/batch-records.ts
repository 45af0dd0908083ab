/** Records that follow from words about sets (batches.ts). */
import { createHash } from 'node:crypto'
import type { FhirResource } from '../fhir/types.ts'
import type { BatchMemberDoc, KeptWord } from './batch-docs.ts'
import { besides, isOfLists } from './fold/lists-apart.ts'
import { type StatementOrigin, statementOf } from './fold/statement.ts'
import type { Statement } from './fold/types.ts'
import type { Verdict } from './line-verdicts.ts'
import type { IngestSource, PreparedIdentity, PreparedRecord, PreparedStatement } from './types.ts'

/** What becomes of things: void, restored, or what they have once they are replaced (BatchMemberDoc.onceReversed). */
export type Fate = 'withdrawn' | 'current' | 'replaced'

/**
 * One record for all of them: the same things at the same time are the same delivery.
 * @param patients by the number of a member: what is said of that one is said of this patient alone
 */
export function follower(
  source: IngestSource,
  members: readonly BatchMemberDoc[],
  fate: Fate,
  statedAt: string,
  at: string,
  patients: ReadonlyMap<string, string> = new Map(),
): PreparedRecord {
  const statements = members.map((member) => ofMember(wordOf(source, member, fate, statedAt), member, patients))
  const digest = digestOf(members.map(({ _id }) => _id))
  const names: Record<Fate, string> = { withdrawn: '', current: '|restored', replaced: '|replaced' }
  return followerRecord(`${statedAt}|${digest}${names[fate]}`, digest, statements, at)
}

/** What verdicts of things of several sets have in common. */
export type Fates = Pick<Verdict, 'reversed' | 'billed' | 'tells'>

/**
 * The same, of things of several sets.
 * @param fates `reversed` empty: they stand
 * @param patients as of `follower`
 */
export function verdictRecord(
  source: IngestSource,
  { reversed, billed, tells = {} }: Fates,
  verdicts: readonly Verdict[],
  at: string,
  patients: ReadonlyMap<string, string> = new Map(),
): PreparedRecord {
  const elements = { ...(billed && { status: 'billed' }), ...tells }
  const statements = verdicts.map(({ member, version }) => {
    const said = ofMember(wordOf(source, member, reversed === '' ? 'current' : 'withdrawn', reversed || UNSAID), member, patients)
    const unitOf = ([name, value]: [string, unknown]) => [name, { at: said.statement.state.at, members: { [name]: JSON.stringify(value) } }]
    const units = { ...said.statement.units, ...Object.fromEntries(Object.entries(elements).map(unitOf)) }
    return { ...said, statement: { ...said.statement, units, verdict: version } }
  })
  const said = Object.keys(tells).length > 0 ? `|${JSON.stringify(tells)}` : ''
  const digest = digestOf(verdicts.map(({ member, version }) => `${member._id} ${version}`))
  return followerRecord(`${reversed}|${digest}|verdict${billed ? '|billed' : ''}${said}`, digest, statements, at)
}

/** Kept apart as what it is about is, and of whoever that is of. */
function ofMember(said: PreparedStatement, { via, number }: BatchMemberDoc, patients: ReadonlyMap<string, string>): PreparedStatement {
  const { statement } = said
  const id = patients.get(number ?? '')
  const patient = id === undefined ? undefined : { at: statement.state.at, id }
  return { ...said, statement: { ...statement, ...(via !== undefined && { via }), ...(patient && { patient }) } }
}

/** Of a verdict that says nothing; any time will do. */
const UNSAID = new Date(0).toISOString()

/** What a word tells of things, as said in passing: it says nothing of whether they stand. It is said of whoever the word and the things are. */
export function toldRecord(
  source: IngestSource,
  { at: statedAt, tells = '{}', unlists = '{}' }: KeptWord,
  members: readonly BatchMemberDoc[],
  identity: PreparedIdentity,
  at: string,
): PreparedRecord {
  const unlisted = { statedAt, lists: JSON.parse(unlists) as Record<string, unknown[]> }
  const statements = members.map(({ type, id }): PreparedStatement => {
    const resource = { ...(JSON.parse(tells) as object), resourceType: type } as FhirResource
    const statement = statementOf(
      { key: { type, scope: '', parts: [id] }, resource, state: 'current', statedAt, unlisted },
      originOf(source, statedAt),
      JSON.stringify,
    )
    return { type, id, ofPatient: true, statement: besides(inFront(statement)) }
  })
  const digest = digestOf([...members.map(({ _id }) => _id), tells, unlists])
  return { ...followerRecord(`${statedAt}|${digest}|told`, digest, statements, at), identity, needsPatient: true }
}

/** Members of its lists stand before what the thing says itself, whichever of several words was heard, and when. */
function inFront(statement: Statement): Statement {
  const lists = Object.entries(statement.lists).map(([path, entries]) => [
    path,
    Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, { ...entry, first: '' }])),
  ])
  return { ...statement, lists: Object.fromEntries(lists) as Statement['lists'] }
}

function wordOf(source: IngestSource, { type, id, via, onceReversed }: BatchMemberDoc, fate: Fate, statedAt: string): PreparedStatement {
  const resource = { resourceType: type, ...(fate === 'replaced' && onceReversed) } as FhirResource
  const state = fate === 'withdrawn' ? 'withdrawn' : 'current'
  const key = { type, scope: '', parts: [id] }
  const statement = statementOf({ key, resource, state, statedAt }, originOf(source, statedAt), JSON.stringify)
  return { type, id, ofPatient: false, statement: isOfLists(via) ? besides(statement) : statement }
}

const originOf = ({ id: source, kind, organization }: IngestSource, receivedAt: string): StatementOrigin => ({
  ...{ source, kind, organization, receivedAt, generation: 0 },
})

const digestOf = (names: readonly string[]): string =>
  createHash('sha256')
    .update([...names].sort().join('\n'))
    .digest('base64url')

const followerRecord = (deliveryId: string, digest: string, statements: PreparedStatement[], at: string): PreparedRecord => ({
  recordType: 'reversal',
  deliveryId,
  at,
  statements,
  needsPatient: false,
  unmapped: [],
  issues: [],
  nothingToStore: false,
  digest,
})
