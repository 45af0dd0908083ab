/** Records of what was expunged (server/expunge): they are refused, and nothing of them is kept. */
import { otherIdsOf } from './numbered.ts'
import type { IngestDeps, PreparedRecord, RecordOutcome } from './types.ts'

const EXPUNGED = 'expunged'

/** Is the record about a patient or a thing that was expunged? Looked at before anything else: what was known of it is gone. */
export async function isExpunged(deps: Pick<IngestDeps, 'expunged'>, { identity, statements }: PreparedRecord): Promise<boolean> {
  if (!deps.expunged) return false
  const names = statements.flatMap((one) => [one.id, ...otherIdsOf(one)].flatMap((id) => (id === undefined ? [] : [`${one.type}/${id}`])))
  const numbers = identity ? [...identity.numbers.map(({ hash }) => hash), ...(identity.replaces ?? [])] : []
  return deps.expunged(names, numbers)
}

/** Of the record nothing but its place is told. */
export const expungedOutcome = ({ at }: PreparedRecord): RecordOutcome => ({
  status: 'refused',
  resources: 0,
  issues: [{ severity: 'warning', code: EXPUNGED, at }],
})

export const wasExpunged = ({ status, issues }: RecordOutcome): boolean =>
  status === 'refused' && issues.some(({ code }) => code === EXPUNGED)
