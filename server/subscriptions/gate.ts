/**
 * What of some events may be told now, and how: the subscriber's decision at this moment, about every one of them, whatever was
 * so when it happened, or when it was tried before. What does not pass is as if it had not happened.
 */
import type { Actor } from '../auth/actor.ts'
import { withAskedCodes } from '../interactions/asked-codes.ts'
import { audited } from '../interactions/audited.ts'
import { decided, type Seen } from '../interactions/decided.ts'
import { planForPersons } from '../interactions/linked-patients.ts'
import { parseSearch } from '../interactions/search-request.ts'
import { told } from '../interactions/through.ts'
import type { FhirDeps, FhirRequest } from '../interactions/types.ts'
import type { Decision } from '../access/decision.ts'
import { needsLooking, planMatches } from '../search/matches.ts'
import type { IndexEntry, PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Met, Stored } from '../store/types.ts'
import { notifying } from './tables.ts'
import type { EventRow, Spec } from './types.ts'

export interface Passed {
  row: EventRow
  /** the version that is told of */
  doc: Stored
}

export interface Gated {
  passed: Passed[]
  /** hidden while the labels of their persons are written anew: not decided yet */
  held: EventRow[]
  through: readonly (readonly Met[])[]
  seen: Seen<unknown>
}

/** The subscriber as if it asked. */
export const requestOf = (actor: Actor, type: string): FhirRequest => ({
  method: 'GET',
  segments: [type],
  query: [],
  header: () => undefined,
  actor,
})

/** Those of `rows` that pass, in their order. @throws OutcomeError where the criteria may not be asked any more, unavailable */
export function gate(fhir: FhirDeps, actor: Actor, spec: Spec, rows: readonly EventRow[]): Promise<Gated> {
  const request = requestOf(actor, spec.type)
  return withAskedCodes(fhir, request, (own) => gated(own, request, spec, rows))
}

async function gated(fhir: FhirDeps, request: FhirRequest, spec: Spec, rows: readonly EventRow[]): Promise<Gated> {
  const { actor } = request
  const parsed = parseSearch(fhir, actor, spec.type, spec.query, true)
  const { value, ...seen } = await decided(fhir, request, parsed.patients, async (decision) => {
    const passed = await permitted(fhir, decision, spec.type, rows)
    const held = await settling(fhir, decision, spec.type, hiddenIn(rows, passed))
    if (passed.length === 0) return { passed, held, through: [] }
    const asked = await planForPersons(fhir, decision, parsed)
    const { plan, through } = await fhir.store.follow(decision, spec.type, asked)
    // What comes behind one of the same resource does not overtake it.
    const waits = new Set(held.map(({ id }) => id))
    const free = passed.filter(({ row }) => !waits.has(row.id))
    const after = passed.filter(({ row }) => waits.has(row.id)).map(({ row }) => row)
    return { passed: await matching(fhir, decision, parsed, plan, free), held: [...held, ...after], through }
  })
  return { ...value, seen: { ...seen, value: undefined } }
}

/** As its own history shows it: the version's own labels, and those of what stands now. */
async function permitted(fhir: FhirDeps, decision: Decision, type: string, rows: readonly EventRow[]): Promise<Passed[]> {
  const ids = [...new Set(rows.filter((row) => row.type === type).map(({ id }) => id))]
  const current = new Map((await fhir.store.readMany(decision, type, ids)).map((doc) => [doc.id, doc]))
  const found = await Promise.all(
    rows.map(async (row): Promise<Passed[]> => {
      const stands = current.get(row.id)
      const doc = stands?.v === row.v ? stands : stands && (await fhir.store.readVersion(decision, type, row.id, row.v))
      return doc ? [{ row, doc }] : []
    }),
  )
  return found.flat()
}

function hiddenIn(rows: readonly EventRow[], passed: readonly Passed[]): EventRow[] {
  const passes = new Set(passed.map(({ row }) => row._id))
  return rows.filter(({ _id }) => !passes.has(_id))
}

/**
 * Those of the hidden that are hidden for a moment only, to everybody: whoever dropped them would lose what may be told. Read again, they may
 * have their new labels: then what hid them a moment ago is over, and the next look decides.
 */
async function settling(fhir: FhirDeps, decision: Decision, type: string, hidden: readonly EventRow[]): Promise<EventRow[]> {
  if (hidden.length === 0) return []
  const ids = [...new Set(hidden.map(({ id }) => id))]
  const current = new Map((await fhir.store.readMany(notifying, type, ids)).map((doc) => [doc.id, doc]))
  const found = await Promise.all(
    hidden.map(async (row) => {
      const stands = current.get(row.id)
      const own = stands?.v === row.v ? stands : await fhir.store.readVersion(notifying, type, row.id, row.v)
      const docs = [stands, own].flatMap((doc) => doc ?? [])
      const isOver = stands !== undefined && own !== undefined && docs.every(({ acc }) => decision.permits(type, acc))
      return isOver || docs.some(({ acc }) => decision.settling(acc)) ? [row] : []
    }),
  )
  return found.flat()
}

/**
 * Criteria are compared with the version that was committed. Where a link leads to so many that they cannot be listed, the
 * database is asked, which knows of what stands only.
 */
async function matching(
  fhir: FhirDeps,
  decision: Decision,
  { type }: ParsedSearch,
  plan: PlanNode,
  passed: readonly Passed[],
): Promise<Passed[]> {
  if (!needsLooking(plan))
    return passed.filter(({ row }) => wasTold(row) || planMatches(plan, { id: row.id, at: row.at, index: row.index ?? NO_INDEX }))
  const ids = [...new Set(passed.map(({ row }) => row.id))]
  const nodes: PlanNode[] = [{ kind: 'ids', ids }, plan]
  const page = await fhir.store.search(decision, { type, plan: { kind: 'and', nodes }, sort: [], count: ids.length, total: 'none' })
  const found = new Set(page.rows.map(({ id }) => id))
  return passed.filter(({ row }) => wasTold(row) || found.has(row.id))
}

/** What it was compared with is gone: it met the criteria when it was sent, which is what its number says. */
const wasTold = ({ n, index }: EventRow): boolean => n !== undefined && index === undefined
const NO_INDEX: IndexEntry = { keys: [], dates: {}, nums: {} }

/** On record before a byte leaves: one entry for each person of whom something is told. */
export async function auditNotified(
  fhir: FhirDeps,
  actor: Actor,
  spec: Spec,
  { passed, through, seen }: Gated,
  interaction: string,
): Promise<void> {
  const found = [...passed.map(({ doc }) => doc), ...told(through)]
  await audited(fhir, requestOf(actor, spec.type), { interaction, action: 'R', type: spec.type, found, seen, query: spec.query })
}

/** Nothing but times and numbers tells whether two looks found the same. */
export const sameEvents = (a: Gated, b: Gated): boolean =>
  a.passed.length === b.passed.length && a.passed.every(({ row }, at) => row._id === b.passed[at]?.row._id)
