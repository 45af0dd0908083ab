/** What a record's statement does to the identity numbers concerned: who is linked under each, and who no longer is. Pure. */
import type { SideWrite } from '../../store/types.ts'
import type { Draft } from '../../writer/types.ts'
import { identityDomain, type Sender } from '../context.ts'
import { type IdentityNumberDoc, type PatientRecordDoc, TABLES } from '../tables.ts'
import type { PreparedIdentity } from '../types.ts'
import { decideLinks, type IdentityStatement, joinIdentity, type LinkDecision, organizationOf } from './decide.ts'
import { masterText } from './master.ts'
import { isJoinedByOperator, type MergedGroup } from './merged.ts'

export interface IdentityChange {
  side: SideWrite[]
  drafts: Draft[]
  /** person of each record whose link changes; null: none any more */
  persons: Map<string, string | null>
}

export interface IdentityInput {
  source: Sender
  identity: PreparedIdentity
  /** the record as it will be */
  next: PatientRecordDoc
  /** records that it absorbs */
  absorbed: readonly string[]
  /** key of the identity number stated now; absent when it does not link */
  person: string | undefined
  known: ReadonlyMap<string, IdentityNumberDoc>
  /** masters that carry consents */
  consented: ReadonlySet<string>
  /** those that an operator joined */
  merged: ReadonlyMap<string, MergedGroup>
  newMaster(): string
  now: Date
}

/** A record stands under its newest identity number alone, with what the records that it absorbs had said. */
export function identityChanges(input: IdentityInput): IdentityChange[] {
  const { next, known, person } = input
  const docs = new Map<string, IdentityNumberDoc | undefined>(known)
  if (person !== undefined && next.number?.value === person && !docs.has(person)) docs.set(person, undefined)
  return [...docs].map(([key, doc]) => changeOf(input, doc, wantedOf(input, key, doc)))
}

function wantedOf(input: IdentityInput, key: string, doc: IdentityNumberDoc | undefined): IdentityNumberDoc {
  const { next, absorbed, identity, person } = input
  const base = doc ?? newDoc(input, key)
  const mine = (s: IdentityStatement): boolean => s.patient === next._id || absorbed.includes(s.patient)
  const statements = base.statements.filter((s) => !mine(s))
  if (next.number?.value !== key) return { ...base, statements }
  const own = base.statements.filter(mine).map((s) => ({ ...s, patient: next._id }))
  if (person === key) own.push(statementOf(input.source, identity, next._id))
  const [first, ...rest] = own
  if (first) statements.push(rest.reduce(joinIdentity, first))
  return { ...base, statements: statements.sort((a, b) => (a.patient < b.patient ? -1 : 1)) }
}

function newDoc({ identity, newMaster }: IdentityInput, key: string): IdentityNumberDoc {
  const { number = '', birthDate, gender } = identity.legal ?? {}
  const facts = { ...(birthDate !== undefined && { birthDate }), ...(gender !== undefined && { gender }) }
  return { _id: key, rev: 0, master: newMaster(), number, facts, statements: [], linked: [] }
}

export function statementOf(source: Sender, identity: PreparedIdentity, patient: string): IdentityStatement {
  const said: IdentityStatement['said'] = {}
  for (const field of ['name', 'gender', 'birthDate'] as const) {
    const value = identity[field]
    if (value !== undefined) said[field] = { at: identity.statedAt, value }
  }
  return { patient, kind: source.kind, domain: identityDomain(source), said }
}

/** Records that stay linked whatever others say: the link of several organisations' records carries consents. */
function heldOf({ next, absorbed, consented, merged }: IdentityInput, doc: IdentityNumberDoc | undefined): ReadonlySet<string> {
  const pairs = (doc?.linked ?? []).filter((patient) =>
    doc?.linked.some((other) => other !== patient && isHeldTogether(merged.get(patient), patient, other)),
  )
  if (!doc || !consented.has(doc.master)) return new Set(pairs)
  const joined = doc.statements.filter(({ patient }) => doc.linked.includes(patient))
  if (new Set(joined.map(organizationOf)).size < 2) return new Set(pairs)
  return new Set(doc.linked.map((patient) => (absorbed.includes(patient) ? next._id : patient)))
}

/** What an operator joined; a likeness is no reason to keep what statements part. */
const isHeldTogether = (group: MergedGroup | undefined, a: string, b: string): boolean =>
  group?.members.has(b) === true && isJoinedByOperator(group, a, b)

/** Whoever is joined to a record of another number is not linked under this one: two numbers are two persons. */
function elsewhereOf({ merged }: IdentityInput, { master, statements }: IdentityNumberDoc): ReadonlySet<string> {
  const isElsewhere = (patient: string): boolean => {
    const group = merged.get(patient)
    return [...(group?.members ?? [])].some(
      (other) => other !== patient && ![null, undefined, master].includes(group?.records.get(other)?.person),
    )
  }
  return new Set(statements.flatMap(({ patient }) => (isElsewhere(patient) ? [patient] : [])))
}

function changeOf(input: IdentityInput, doc: IdentityNumberDoc | undefined, wanted: IdentityNumberDoc): IdentityChange {
  const { now } = input
  const decision = decideLinks(wanted.statements, wanted.facts, heldOf(input, doc), elsewhereOf(input, wanted))
  const next: IdentityNumberDoc = { ...wanted, rev: (doc?.rev ?? 0) + 1, linked: decision.linked }
  const persons = new Map<string, string | null>()
  for (const patient of decision.linked) if (!doc?.linked.includes(patient)) persons.set(patient, next.master)
  for (const patient of doc?.linked ?? []) if (!decision.linked.includes(patient)) persons.set(patient, null)
  if (doc && JSON.stringify([doc.statements, doc.linked]) === JSON.stringify([next.statements, next.linked])) {
    return { side: [], drafts: [], persons }
  }
  const { _id, ...set } = next
  const side: SideWrite[] = doc
    ? [{ table: TABLES.identities, op: 'update', where: { _id, rev: doc.rev }, set, mustMatch: true }]
    : [{ table: TABLES.identities, op: 'insert', doc: next }]
  return { side: [...side, ...conflictWrites(doc, next, decision, now)], drafts: [masterDraft(next)], persons }
}

/** A clerk's task, open as long as records under the number contradict each other (formats.md D12). */
function conflictWrites(doc: IdentityNumberDoc | undefined, next: IdentityNumberDoc, decision: LinkDecision, now: Date): SideWrite[] {
  const refused = [...decision.refused, ...decision.doubted]
  const open = refused.length > 0
  if (!open && !doc) return []
  const set = { at: now, state: open ? 'open' : 'resolved', refused }
  return [{ table: TABLES.conflicts, op: 'update', where: { _id: next._id }, set, upsert: open }]
}

function masterDraft(doc: IdentityNumberDoc): Draft {
  const text = masterText(doc.master, doc.number, doc.facts, doc.statements, doc.linked)
  return { type: 'Patient', id: doc.master, method: 'PUT', expect: 'any', text, custodian: '', unchangedIsFine: true }
}
