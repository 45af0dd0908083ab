/**
 * The link step: finds or makes the source's record of the patient, and links records of one identity number to their
 * master. One transaction; what it changes for stored resources is left as a job that outlives a crash.
 */
import type { SideWrite } from '../../store/types.ts'
import type { Draft } from '../../writer/types.ts'
import { identityDomain } from '../context.ts'
import { keyedId, randomId } from '../ids.ts'
import { numberHash } from '../prepare.ts'
import { retryingConflicts } from '../retry.ts'
import { type IdentityNumberDoc, type IngestTables, type PatientRecordDoc, TABLES } from '../tables.ts'
import type { IngestDeps, IngestSource, PreparedIdentity, ReceiptIssue } from '../types.ts'
import { choosePatient, type Choice, type Known } from './choose.ts'
import { decideLinks, type IdentityStatement, joinIdentity, type LinkDecision } from './decide.ts'
import { masterText } from './master.ts'
import { type Move, moveJob } from './move-job.ts'

export interface Linked {
  patient: string
  /** the master, or the record itself while unlinked */
  person: string
  /** hashes that name a patient from now on: records may wait for them */
  registered: string[]
  /** records that belong to another person now and already have resources */
  moved: Move[]
  issues: ReceiptIssue[]
}

export type LinkResult = { found: true; linked: Linked } | { found: false; awaits: string[] }

/** @throws OutcomeError busy after too many meetings with other writers */
export async function linkPatient(
  deps: IngestDeps,
  tables: IngestTables,
  source: IngestSource,
  identity: PreparedIdentity,
): Promise<LinkResult> {
  return retryingConflicts<LinkResult>(async () => {
    const facts = await readFacts(deps, tables, source, identity)
    const choice = choosePatient(identity, facts.known, facts)
    if (!choice.found) return { done: { found: false, awaits: choice.awaits } }
    const plan = planLink(deps, source, identity, facts, choice)
    if (plan.side.length > 0) {
      const result = await deps.writer.write(plan.drafts, { side: plan.side })
      if (!result.ok) return undefined
    }
    return { done: { found: true, linked: plan.linked } }
  })
}

interface Facts {
  known: Known
  legal?: string
  person?: string
  /** documents of the number stated now and of the one stated before */
  numbers: Map<string, IdentityNumberDoc>
  newId(strongHash: string | undefined): string
}

async function readFacts(deps: IngestDeps, tables: IngestTables, source: IngestSource, identity: PreparedIdentity): Promise<Facts> {
  const { legal } = identity
  const domain = identityDomain(source)
  const legalHash = legal?.links ? numberHash(deps.secret, domain, 'LEGAL', `${legal.type}:${legal.number}`) : undefined
  const person = legal?.links && legal.birthDate !== undefined ? keyedId(deps.secret, 'person', legal.number) : undefined
  const hashes = [...identity.numbers.map((n) => n.hash), ...(legalHash === undefined ? [] : [legalHash])]
  const found = await tables.numbers.find({ _id: { $in: hashes } })
  const [records, identityDoc] = await Promise.all([
    tables.records.find({ _id: { $in: [...new Set(found.map((n) => n.patient))] } }),
    person === undefined ? undefined : tables.identities.get(person),
  ])
  const numbers = new Map(identityDoc ? [[identityDoc._id, identityDoc]] : [])
  for (const record of records) {
    const former = record.number?.value
    if (former !== undefined && !numbers.has(former)) {
      const doc = await tables.identities.get(former)
      if (doc) numbers.set(former, doc)
    }
  }
  return {
    known: {
      numbers: new Map(found.map((n) => [n._id, n.patient])),
      records: new Map(records.map((r) => [r._id, r])),
      statements: identityDoc?.statements ?? [],
    },
    ...(legalHash !== undefined && { legal: legalHash }),
    ...(person !== undefined && { person }),
    numbers,
    newId: (strongHash) => (strongHash === undefined ? randomId() : keyedId(deps.secret, 'patient', strongHash)),
  }
}

interface LinkPlan {
  drafts: Draft[]
  side: SideWrite[]
  linked: Linked
}

function planLink(
  deps: IngestDeps,
  source: IngestSource,
  identity: PreparedIdentity,
  facts: Facts,
  choice: Choice & { found: true },
): LinkPlan {
  const { patient } = choice
  const record = facts.known.records.get(patient)
  const next = nextRecord(source, identity, facts, choice, record)
  const plan: LinkPlan = { drafts: [], side: [], linked: { patient, person: patient, registered: choice.register, moved: [], issues: [] } }
  for (const hash of choice.register) plan.side.push({ table: TABLES.numbers, op: 'insert', doc: { _id: hash, patient } })
  const persons = new Map<string, string | null>()
  for (const change of numberChanges(deps, source, identity, facts, record, next)) {
    plan.side.push(...change.side)
    plan.drafts.push(...change.drafts)
    for (const [who, person] of change.persons) if (person !== null || !persons.get(who)) persons.set(who, person)
  }
  next.person = persons.has(patient) ? (persons.get(patient) ?? null) : next.person
  plan.side.push(...recordWrites(record, next), ...personWrites(patient, record, next.person, plan))
  for (const [who, person] of persons) if (who !== patient) plan.side.push(...otherWrites(who, person, facts, plan))
  plan.linked.person = next.person ?? patient
  plan.linked.issues = issuesOf(identity, choice, facts, next)
  return plan
}

function nextRecord(
  source: IngestSource,
  identity: PreparedIdentity,
  facts: Facts,
  choice: Choice & { found: true },
  record: PatientRecordDoc | undefined,
): PatientRecordDoc {
  const said = facts.person === undefined ? null : { at: identity.statedAt, value: facts.person }
  const newer =
    said && (!record?.number || said.at > record.number.at || (said.at === record.number.at && said.value > record.number.value))
  return {
    _id: choice.patient,
    rev: (record?.rev ?? 0) + 1,
    domain: identityDomain(source),
    strongKinds: [...new Set([...(record?.strongKinds ?? []), ...choice.strongKinds])].sort(),
    number: newer ? said : (record?.number ?? null),
    person: record?.person ?? null,
    newborn: record?.newborn === true || identity.legal?.doubt === 'newborn',
  }
}

interface NumberChange {
  side: SideWrite[]
  drafts: Draft[]
  /** person of each record whose link changes; null: none */
  persons: Map<string, string | null>
}

/** Under the number stated now a statement is added; under one that no longer holds it is taken away. */
function numberChanges(
  deps: IngestDeps,
  source: IngestSource,
  identity: PreparedIdentity,
  facts: Facts,
  record: PatientRecordDoc | undefined,
  next: PatientRecordDoc,
): NumberChange[] {
  const changes: NumberChange[] = []
  const former = record?.number?.value
  const formerDoc = former === undefined ? undefined : facts.numbers.get(former)
  if (formerDoc && next.number?.value !== former) {
    const statements = formerDoc.statements.filter((s) => s.patient !== next._id)
    changes.push(changeOf(deps, formerDoc, { ...formerDoc, statements }))
  }
  if (facts.person === undefined || next.number?.value !== facts.person || !identity.legal) return changes
  const doc = facts.numbers.get(facts.person)
  const { number, birthDate, gender } = identity.legal
  const base: IdentityNumberDoc = doc ?? {
    _id: facts.person,
    rev: 0,
    master: randomId(),
    number,
    facts: { ...(birthDate !== undefined && { birthDate }), ...(gender !== undefined && { gender }) },
    statements: [],
    linked: [],
  }
  const statement = statementOf(source, identity, next._id)
  const known = base.statements.find((s) => s.patient === next._id)
  const joined = known ? joinIdentity(known, statement) : statement
  const statements = [...base.statements.filter((s) => s.patient !== next._id), joined]
  changes.push(changeOf(deps, doc, { ...base, statements: statements.sort((a, b) => (a.patient < b.patient ? -1 : 1)) }))
  return changes
}

function statementOf(source: IngestSource, identity: PreparedIdentity, patient: string): IdentityStatement {
  const said: IdentityStatement['said'] = {}
  for (const field of ['name', 'gender', 'birthDate'] as const) {
    const value = identity[field]
    if (value !== undefined) said[field] = { at: identity.statedAt, value }
  }
  return { patient, kind: source.kind, domain: identityDomain(source), said }
}

function changeOf(deps: IngestDeps, doc: IdentityNumberDoc | undefined, wanted: IdentityNumberDoc): NumberChange {
  const decision = decideLinks(wanted.statements, wanted.facts)
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
  side.push(...conflictWrites(deps, doc, next, decision))
  return { side, drafts: [masterDraft(next)], persons }
}

/** A clerk's task, open as long as records under the number contradict each other (formats.md D12). */
function conflictWrites(
  deps: IngestDeps,
  doc: IdentityNumberDoc | undefined,
  next: IdentityNumberDoc,
  decision: LinkDecision,
): SideWrite[] {
  const open = decision.refused.length > 0
  if (!open && !doc) return []
  return [
    {
      table: TABLES.conflicts,
      op: 'update',
      where: { _id: next._id },
      set: { at: deps.now(), state: open ? 'open' : 'resolved', refused: decision.refused },
      upsert: open,
    },
  ]
}

function masterDraft(doc: IdentityNumberDoc): Draft {
  const text = masterText(doc.master, doc.number, doc.facts, doc.statements, doc.linked)
  return { type: 'Patient', id: doc.master, method: 'PUT', expect: 'any', text, custodian: '', unchangedIsFine: true }
}

function recordWrites(record: PatientRecordDoc | undefined, next: PatientRecordDoc): SideWrite[] {
  if (!record) return [{ table: TABLES.records, op: 'insert', doc: next }]
  const content = ({ strongKinds, number, person, newborn }: PatientRecordDoc): string =>
    JSON.stringify([strongKinds, number, person, newborn])
  if (content(record) === content(next)) return []
  const { _id, ...set } = next
  return [{ table: TABLES.records, op: 'update', where: { _id, rev: record.rev }, set, mustMatch: true }]
}

/** The `persons` table is what access asks; the job folds again what was stored under the other person. */
function personWrites(patient: string, record: PatientRecordDoc | undefined, person: string | null, plan: LinkPlan): SideWrite[] {
  if ((record?.person ?? null) === person) return []
  const row: SideWrite =
    person === null
      ? { table: TABLES.persons, op: 'delete', where: { _id: patient } }
      : { table: TABLES.persons, op: 'put', doc: { _id: patient, person } }
  if (!record) return [row]
  const move = { patient, from: record.person ?? patient, to: person ?? patient }
  plan.linked.moved.push(move)
  return [row, moveJob(move)]
}

function otherWrites(patient: string, person: string | null, facts: Facts, plan: LinkPlan): SideWrite[] {
  const former = [...facts.numbers.values()].find((doc) => doc.linked.includes(patient))
  const from = former && person === null ? former.master : patient
  const move = { patient, from, to: person ?? patient }
  plan.linked.moved.push(move)
  return [
    { table: TABLES.records, op: 'update', where: { _id: patient }, set: { person }, inc: { rev: 1 }, mustMatch: true },
    person === null
      ? { table: TABLES.persons, op: 'delete', where: { _id: patient } }
      : { table: TABLES.persons, op: 'put', doc: { _id: patient, person } },
    moveJob(move),
  ]
}

function issuesOf(identity: PreparedIdentity, choice: Choice & { found: true }, facts: Facts, next: PatientRecordDoc): ReceiptIssue[] {
  const issues: ReceiptIssue[] = []
  const warn = (code: string): void => void issues.push({ severity: 'warning', code, at: 'patient' })
  if (identity.legal?.doubt) warn(`link-${identity.legal.doubt}`)
  if (choice.disagree) warn('link-numbers-disagree')
  if (facts.person !== undefined && next.person === null) warn('link-conflict')
  const { legal, birthDate, gender } = identity
  if (legal?.birthDate !== undefined && birthDate !== undefined && !legal.birthDate.startsWith(birthDate.slice(0, 10)))
    warn('link-birth-date')
  if (legal?.gender !== undefined && (gender === 'male' || gender === 'female') && gender !== legal.gender) warn('link-gender')
  return issues
}
