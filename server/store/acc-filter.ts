/** The decision's filter of one type as a MongoDB filter. Allow-list: what no clause permits is not found. */
import type { AccClause, AccFilter, OverlayEntry } from '../access/decision.ts'
import type { StoredFilter } from './plan-filter.ts'

/** Conditions on `acc`; an empty list means no restriction (the server's own work). */
export function accFilter(filter: AccFilter): StoredFilter[] {
  if (filter.all) return []
  const clauses = filter.anyOf.map(clauseFilter).filter((clause) => clause !== undefined)
  if (clauses.length === 0) return [{ _id: { $in: [] } }]
  const permitted = clauses.length === 1 ? (clauses[0] as StoredFilter) : { $or: clauses }
  return filter.overlay.length === 0 ? [permitted] : [permitted, overlayFilter(filter.overlay)]
}

function clauseFilter(clause: AccClause): StoredFilter | undefined {
  // Class 0 means never labelled: no clause can make it visible.
  const classes = clause.classes.filter((number) => Number.isInteger(number) && number > 0)
  if (classes.length === 0) return undefined
  return {
    'acc.s': { $in: classes },
    ...(clause.custodian === undefined ? {} : { 'acc.o': custodianMatch(clause.custodian) }),
    ...(clause.persons === undefined ? {} : { 'acc.p': { $not: { $elemMatch: { $nin: [...clause.persons] } } } }),
  } as StoredFilter
}

function custodianMatch(custodian: NonNullable<AccClause['custodian']>): { $eq: string } | { $ne: string } {
  return 'is' in custodian ? { $eq: custodian.is } : { $ne: custodian.isNot }
}

/** The first branch settles nearly every document with one look at its persons. */
function overlayFilter(overlay: readonly OverlayEntry[]): StoredFilter {
  const stale = overlay.map(({ person, epoch }) => ({ 'acc.p': { $eq: person }, 'acc.e': { $ne: `${person}#${epoch}` } }))
  return { $or: [{ 'acc.p': { $nin: overlay.map(({ person }) => person) } }, { $nor: stale }] } as StoredFilter
}
