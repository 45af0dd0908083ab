/** After a link changed or a number became known: documents move to their person, records that waited are stored. */
import { INGEST_BOUNDS } from '../bounds.ts'
import type { StatementFor } from '../fold/stored.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import type { Linked } from './link.ts'
import { type Move, moveJobId } from './move-job.ts'
import { refold } from './refold.ts'

/** Does what the link step left to do. Each move is also a job, so that a crash here loses nothing. */
export async function followMoves(deps: IngestDeps, tables: IngestTables, linked: Linked): Promise<void> {
  for (const move of linked.moved) {
    await refoldPatient(deps, tables, move)
    await deps.store.table(deps.decision, TABLES.jobs).delete({ _id: moveJobId(move) })
  }
}

/**
 * Labels of everything stored for the record move first (access), then the resources are folded again with the person as
 * their subject. The link may have changed again since: what holds now counts. Idempotent.
 */
export async function refoldPatient(deps: IngestDeps, tables: IngestTables, move: Move): Promise<void> {
  const record = await tables.records.get(move.patient)
  await deps.relink(move.patient, move.from, record?.person ?? move.patient)
  let batch: StatementFor[] = []
  for await (const doc of tables.contributions.stream({ patients: move.patient }, { sort: { _id: 1 } })) {
    const [type = '', id = ''] = doc._id.split('/')
    batch.push({ type, id })
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    await refold(deps, tables, batch)
    batch = []
  }
  await refold(deps, tables, batch)
}
