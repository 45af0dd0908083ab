/** A record that turned out to be another one of the same source: all that was said for it goes on under that one. */
import type { Draft } from '../../writer/types.ts'
import { checkFolded } from '../check.ts'
import { draftOf } from '../fold/draft.ts'
import { statementsIn } from '../fold/kept.ts'
import { foldStatements, type StatementFor } from '../fold/stored.ts'
import { retryingConflicts } from '../retry.ts'
import { type ContributionsDoc, type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'

/** Idempotent: what already went over is no longer found. */
export async function absorbRecord(deps: IngestDeps, tables: IngestTables, patient: string, into: string): Promise<void> {
  for await (const doc of tables.contributions.stream({ patients: patient }, { sort: { _id: 1 } })) {
    const own = doc._id === `Patient/${patient}`
    await retryingConflicts(() => (own ? moveOwn(deps, tables, patient, into) : rename(deps, tables, doc._id, patient, into)))
  }
}

type Done = { done: true } | undefined

async function rename(deps: IngestDeps, tables: IngestTables, key: string, patient: string, into: string): Promise<Done> {
  const [type = '', id = ''] = key.split('/')
  return write(deps, tables, [{ type, id, rename: [patient, into] }], [], undefined)
}

/** The Patient resource itself stays, inactive, and says who replaced it: others may refer to it. */
async function moveOwn(deps: IngestDeps, tables: IngestTables, patient: string, into: string): Promise<Done> {
  const doc = await tables.contributions.get(`Patient/${patient}`)
  if (!doc) return { done: true }
  const statements = statementsIn(doc.statements)
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
  return write(deps, tables, wanted, [stub], doc)
}

async function write(
  deps: IngestDeps,
  tables: IngestTables,
  wanted: readonly StatementFor[],
  more: readonly Draft[],
  gone: ContributionsDoc | undefined,
): Promise<Done> {
  const { changes } = await foldStatements(tables, wanted)
  const changed = changes.filter((c) => c.changed)
  const drafts = [...(await Promise.all(changed.map(async (c) => draftOf(c, true, (await checkFolded(deps, c.folded)).parsed)))), ...more]
  const side = changes.flatMap((c) => c.side ?? [])
  if (gone) {
    // The guard first: a statement that arrives meanwhile must not go with the row.
    side.push({ table: TABLES.contributions, op: 'update', where: { _id: gone._id, rev: gone.rev }, inc: { rev: 1 }, mustMatch: true })
    side.push({ table: TABLES.contributions, op: 'delete', where: { _id: gone._id } })
  }
  const result = await deps.writer.write(drafts, { side })
  return result.ok ? { done: true } : undefined
}
