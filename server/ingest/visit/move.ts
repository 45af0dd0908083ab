/** What is said of a visit goes to the Encounter under which it stands from now on, and what refers to it refers to that one. */
import type { Draft } from '../../writer/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { checkFolded } from '../check.ts'
import { draftOf } from '../fold/draft.ts'
import { type Known, knownOf, namedSo, patientsIn, type SaidChange, statementWrites, thingsNaming } from '../fold/rows.ts'
import { foldStatements, saidIn, type StatementFor } from '../fold/stored.ts'
import { bySpeaker } from '../fold/statement.ts'
import type { Statement } from '../fold/types.ts'
import { refold } from '../link/refold.ts'
import { refoldIfMoved } from '../link/refold-moved.ts'
import { retryingConflicts } from '../retry.ts'
import { type IngestTables, TABLES, type VisitDoc } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { doneBy } from './job.ts'
import { rowWrite } from './plan.ts'
import { movedProvenance } from './provenance.ts'

const TYPE = 'Encounter'
const nameOf = (id: string): string => `${TYPE}/${id}`

/** Idempotent: what already went over is no longer found. The word may have changed again since; what holds now counts. */
export async function moveVisit(deps: IngestDeps, tables: IngestTables, id: string): Promise<void> {
  const { patients, rev } = await retryingConflicts(() => moveStatements(deps, tables, id))
  let batch: StatementFor[] = []
  for await (const names of thingsNaming(tables, patients, nameOf(id))) {
    batch.push(...names.filter((name) => name !== nameOf(id)).map(namedSo))
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    await refold(deps, tables, batch)
    batch = []
  }
  await refold(deps, tables, batch)
  await deps.store.table(deps.decision, TABLES.jobs).delete(doneBy(id, rev))
}

interface Moved {
  /** of whom the visit is said */
  patients: string[]
  /** of its row, as it was looked at */
  rev: number
}

/** An Encounter under which some of it stands and should not. */
interface Former {
  home: string
  known: Known
  leaving: (statement: Statement) => boolean
}

async function moveStatements(deps: IngestDeps, tables: IngestTables, id: string): Promise<{ done: Moved } | undefined> {
  const row = await tables.visits.get(id)
  if (!row) return { done: { patients: [], rev: Number.MAX_SAFE_INTEGER } }
  const target = row.visit === '' ? id : row.visit
  const homes = [...new Set([id, row.visit, ...row.left])].filter((home) => home !== '')
  const known = await knownOf(tables, homes.map(nameOf))
  const all = homes.flatMap((home): Former[] => {
    const found = known.get(nameOf(home))
    const leaving = home === id ? () => true : ({ via }: Statement) => via === id
    return found?.statements.some(leaving) ? [{ home, known: found, leaving }] : []
  })
  const patients = [...new Set([...row.patients, ...patientsIn(all.flatMap((one) => one.known.statements.filter(one.leaving)))])]
  const former = all.filter(({ home }) => home !== target)
  const done = { done: { patients, rev: row.rev } }
  if (former.length === 0 && row.left.length === 0) return done
  return (await write(deps, tables, row, former, target)) ? done : undefined
}

async function write(deps: IngestDeps, tables: IngestTables, row: VisitDoc, former: readonly Former[], target: string): Promise<boolean> {
  const wanted = former.flatMap(({ home, known, leaving }): StatementFor[] => [
    { ...namedSo(nameOf(home)), leaving },
    ...known.statements.filter(leaving).map((said): StatementFor => {
      const { via: _, ...statement } = said
      return { type: TYPE, id: target, statement: target === row._id ? statement : { ...statement, via: row._id } }
    }),
  ])
  const { changes, links } = await foldStatements(tables, wanted)
  const emptied = former.filter(({ known, leaving }) => known.statements.every(leaving))
  const gone = emptied.map(({ home, known }): SaidChange => ({ name: nameOf(home), known, isSpokenOf: false }))
  const changed = changes.filter((change) => change.changed)
  const drafts = await Promise.all(changed.map(async (change) => draftOf(change, true, (await checkFolded(deps, change.folded)).parsed)))
  const stubs = await Promise.all(emptied.map(({ home, known }) => stubOf(tables, home, known.statements, target)))
  const told = target === row._id ? [] : await provenances(deps, tables, row, former, target)
  const side = [...statementWrites([...saidIn(changes), ...gone]), rowWrite(row, { ...row, left: [] })]
  if (!(await deps.writer.write([...drafts, ...stubs, ...told], { side })).ok) return false
  await refoldIfMoved(deps, tables, links, wanted)
  return true
}

async function provenances(deps: IngestDeps, tables: IngestTables, row: VisitDoc, former: readonly Former[], to: string): Promise<Draft[]> {
  const moved = former.flatMap(({ known, leaving }) => bySpeaker(known.statements.filter(leaving)))
  return Promise.all(
    moved.map(async (said) =>
      movedProvenance(deps, { from: row._id, to, rev: row.rev }, said, await personsOf(tables, patientsIn([said]))),
    ),
  )
}

async function personsOf({ records }: Pick<IngestTables, 'records'>, patients: readonly string[]): Promise<string[]> {
  const persons = new Map((await records.getMany(patients)).map(({ _id, person }) => [_id, person ?? _id]))
  return [...new Set(patients.map((patient) => persons.get(patient) ?? patient))]
}

/**
 * The Encounter under the former number stays, void, names nobody and says of which visit it is: others may refer to it. It keeps the access rules
 * of those whose record it was in.
 */
async function stubOf(tables: IngestTables, id: string, statements: readonly Statement[], target: string): Promise<Draft> {
  const [last] = [...statements].sort((a, b) => (a.state.at < b.state.at ? 1 : -1))
  const source = last?.units['meta.source']?.members.source
  const visitClass = last?.units.class?.members.class
  const resource = {
    resourceType: TYPE,
    id,
    ...(source !== undefined && { meta: { source: JSON.parse(source) as string } }),
    status: 'entered-in-error',
    class: visitClass === undefined ? UNKNOWN : (JSON.parse(visitClass) as object),
    partOf: { reference: nameOf(target) },
  }
  return {
    type: TYPE,
    id,
    method: 'PUT',
    expect: 'any',
    text: JSON.stringify(resource),
    custodian: last?.organization ?? '',
    alsoPatients: await personsOf(tables, patientsIn(statements)),
    unchangedIsFine: true,
  }
}

const UNKNOWN = { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK' }
