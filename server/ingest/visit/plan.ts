/** Where a record's words about visits go: decided before it is folded, and written with it. */
import type { SideWrite } from '../../store/types.ts'
import { knownOf, patientsIn } from '../fold/rows.ts'
import type { StatementFor } from '../fold/stored.ts'
import type { Statement } from '../fold/types.ts'
import type { ReceiptIssue } from '../types.ts'
import { type IngestTables, TABLES, type VisitDoc } from '../tables.ts'
import type { PreparedVisit } from '../types.ts'
import { visitOf } from './judge.ts'
import { visitJob } from './job.ts'
import { isContradicted, isPending, type Word, withWords, wordOf } from './words.ts'

export interface VisitPlan {
  /** of each visit that stands under another Encounter that one, as of `side` */
  visits: ReadonlyMap<string, string>
  /** a statement under the Encounter under which it is to stand */
  place(wanted: StatementFor): StatementFor
  /** written with it; a conflict where another writer was faster */
  side: SideWrite[]
  /** issues of a record with these words */
  issues(words: readonly PreparedVisit[] | undefined, at: string): ReceiptIssue[]
}

const TYPE = 'Encounter'

/** Only the insurance numbers visits that have a number already. */
const numbered = ({ type, statement }: StatementFor): boolean => type === TYPE && statement?.kind === 'miis'

/**
 * Of a visit of which nobody spoke under the insurance's number, what is said now goes to where the words say at once. What stands somewhere
 * already is moved after the commit (settle.ts).
 * @param now where something may have to be moved, that is a job from then on
 */
export async function planVisits(
  tables: IngestTables,
  wanted: readonly StatementFor[],
  words: readonly Word[],
  now: Date,
): Promise<VisitPlan> {
  const said = wanted.filter(numbered)
  const ids = [...new Set([...said.map(({ id }) => id), ...words.map(({ id }) => id)])]
  const rows = new Map(ids.length === 0 ? [] : (await tables.visits.getMany(ids)).map((row) => [row._id, row]))
  const changed = ids.flatMap((id) => {
    const row = withWords(rows.get(id), id, words)
    return row === undefined || row === rows.get(id) ? [] : [row]
  })
  const decided = changed.length === 0 ? [] : await decide(tables, changed, said)
  const side = decided.flatMap((row) => {
    const known = rows.get(row._id)
    return [rowWrite(known, row), ...(isPending(row) ? [visitJob(row._id, (known?.rev ?? 0) + 1, now)] : [])]
  })
  for (const row of decided) rows.set(row._id, row)
  const visits = new Map([...rows.values()].filter(({ visit }) => visit !== '').map(({ _id, visit }) => [_id, visit]))
  return {
    visits,
    place: (one) => (numbered(one) ? placed(one, visits.get(one.id)) : one),
    side,
    issues: (own = [], at) => {
      const isWrong = own.some(({ id }) => isContradicted(rows.get(id) ?? { words: [] }))
      return isWrong ? [{ severity: 'warning', code: 'visit-numbers-contradict', at }] : []
    },
  }
}

function placed(wanted: StatementFor, visit: string | undefined): StatementFor {
  const { id, statement } = wanted
  return visit === undefined || !statement ? wanted : { ...wanted, id: visit, statement: { ...statement, via: id } }
}

async function decide(tables: IngestTables, rows: readonly VisitDoc[], said: readonly StatementFor[]): Promise<VisitDoc[]> {
  const names = rows.flatMap((row) => [row._id, wordOf(row)?.own ?? ''].map((id) => `${TYPE}/${id}`))
  const known = await knownOf(tables, [...new Set(names)])
  const statementsOf = (id: string): readonly Statement[] => known.get(`${TYPE}/${id}`)?.statements ?? []
  const saidOf = (id: string): Statement[] => said.flatMap((one) => (one.id === id && one.statement ? [one.statement] : []))
  return Promise.all(
    rows.map(async (row): Promise<VisitDoc> => {
      const { _id, visit, left, patients } = row
      const own = wordOf(row)?.own ?? ''
      const insured = saidOf(_id)
      const heard = [...new Set([...patients, ...patientsIn(insured)])].sort()
      const isNew = visit === '' && left.length === 0 && statementsOf(_id).length === 0
      if (!isNew) return { ...row, patients: heard }
      const sides = { insured, own: [...statementsOf(own).filter(({ via }) => via !== _id), ...saidOf(own)] }
      return { ...row, patients: heard, visit: await visitOf(tables, row, sides) }
    }),
  )
}

/** Guarded by what was read. */
export function rowWrite(known: VisitDoc | undefined, row: VisitDoc): SideWrite {
  const { _id, ...content } = row
  const set = { ...content, rev: (known?.rev ?? 0) + 1 }
  if (!known) return { table: TABLES.visits, op: 'insert', doc: { _id, ...set } }
  return { table: TABLES.visits, op: 'update', where: { _id, rev: known.rev }, set, mustMatch: true }
}
