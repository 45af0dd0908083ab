/** A record that turned out to be another one of the same source: all that was said for it goes on under that one. */
import type { MayGoOn } from '../../access/may-go-on.ts'
import { allInTurns } from '../../store/turns.ts'
import type { Draft } from '../../writer/types.ts'
import { checkFolded } from '../check.ts'
import { draftOf } from '../fold/draft.ts'
import { knownOf, namedSo, type SaidChange, statementWrites, thingsOf } from '../fold/rows.ts'
import { areOtherLinks, foldStatements, saidIn, type StatementFor } from '../fold/stored.ts'
import { retryingConflicts } from '../retry.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { refold } from './refold.ts'

/** Idempotent: what already went over is no longer found. @returns false: it stopped because `mayGoOn` said so */
export async function absorbRecord(
  deps: IngestDeps,
  tables: IngestTables,
  patient: string,
  into: string,
  mayGoOn: MayGoOn = () => true,
): Promise<boolean> {
  const own = `Patient/${patient}`
  for await (const things of thingsOf(tables, [patient])) {
    if (!mayGoOn(things.length)) return false
    const names = things.map(({ name }) => name)
    const others = names.filter((name) => name !== own)
    if (others.length > 0) await retryingConflicts(() => rename(deps, tables, others, patient, into))
    if (names.includes(own)) await retryingConflicts(() => moveOwn(deps, tables, patient, into))
  }
  return true
}

type Done = { done: true } | undefined

async function rename(deps: IngestDeps, tables: IngestTables, names: readonly string[], patient: string, into: string): Promise<Done> {
  const wanted = names.map((name): StatementFor => ({ ...namedSo(name), rename: [patient, into] }))
  return write(deps, tables, wanted, [], [])
}

/** The Patient resource itself stays, inactive, and says who replaced it: others may refer to it. */
async function moveOwn(deps: IngestDeps, tables: IngestTables, patient: string, into: string): Promise<Done> {
  const name = `Patient/${patient}`
  const known = (await knownOf(tables, [name])).get(name)
  if (!known) return { done: true }
  const { statements } = known
  const wanted = statements.map((statement): StatementFor => ({ type: 'Patient', id: into, statement, rename: [patient, into] }))
  const record = await tables.records.get(into)
  const text = JSON.stringify({
    resourceType: 'Patient',
    id: patient,
    active: false,
    link: [{ other: { reference: `Patient/${into}` }, type: 'replaced-by' }],
  })
  const custodian = statements[0]?.organization ?? ''
  const stub: Draft = {
    type: 'Patient',
    id: patient,
    method: 'PUT',
    expect: 'any',
    text,
    custodian,
    alsoPatients: [record?.person ?? into],
  }
  // Guarded as every change: a statement that arrives meanwhile must not go with the row.
  return write(deps, tables, wanted, [stub], [{ name, known, isSpokenOf: false }])
}

async function write(
  deps: IngestDeps,
  tables: IngestTables,
  wanted: readonly StatementFor[],
  more: readonly Draft[],
  gone: readonly SaidChange[],
): Promise<Done> {
  const { changes, links } = await foldStatements(tables, wanted)
  const changed = changes.filter((c) => c.changed)
  const folded = await allInTurns(changed, async (c) => draftOf(c, true, (await checkFolded(deps, c.folded)).parsed))
  const drafts = [...folded, ...more]
  const result = await deps.writer.write(drafts, { side: statementWrites([...saidIn(changes), ...gone]) })
  if (!result.ok) return undefined
  if (await areOtherLinks(tables, links)) await refold(deps, tables, wanted)
  return { done: true }
}
