/** After a link changed: documents move to their person, resources are folded again with that person as their subject. */
import { INGEST_BOUNDS } from '../bounds.ts'
import { namedSo, thingsOf } from '../fold/rows.ts'
import type { StatementFor } from '../fold/stored.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { encountersAmong, settleVisits, visitsAmong } from '../visit/settle.ts'
import { absorbRecord } from './absorb.ts'
import type { Linked } from './link.ts'
import { type Move, moveJobId } from './move-job.ts'
import { refold } from './refold.ts'

/** Does what the link step left to do. Each move is also a job, so that a crash here loses nothing. */
export async function followMoves(deps: IngestDeps, tables: IngestTables, linked: Linked): Promise<void> {
  for (const move of linked.moved) {
    await movePatient(deps, tables, move)
    await deps.store.table(deps.decision, TABLES.jobs).delete({ _id: moveJobId(move) })
  }
}

/**
 * Labels of everything stored for the record move first (access), then the resources are folded again. The link may have
 * changed again since: what holds now counts. Idempotent.
 */
export async function movePatient(deps: IngestDeps, tables: IngestTables, move: Move): Promise<void> {
  const { patient, from, into } = move
  // Of one that an operator joined to others it is not only its own number that says it.
  const person = (await tables.persons.get(patient))?.person ?? patient
  await deps.relink(patient, from, person)
  if (into !== '') {
    const visits = await encountersAmong(thingsOf(tables, [patient]))
    await absorbRecord(deps, tables, patient, into)
    return settleVisits(deps, tables, visits)
  }
  let batch: StatementFor[] = []
  const visits: string[] = []
  for await (const things of thingsOf(tables, [patient])) {
    visits.push(...visitsAmong(things))
    batch.push(...things.map(({ name }) => namedSo(name)))
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    await refold(deps, tables, batch)
    batch = []
  }
  await refold(deps, tables, batch)
  // Of one person from now on, or no longer.
  await settleVisits(deps, tables, visits)
  await moveAbsorbed(deps, tables, patient, from, person)
}

/** Records that went into this one go with it. */
async function moveAbsorbed(deps: IngestDeps, tables: IngestTables, patient: string, from: string, person: string): Promise<void> {
  const { persons: rows } = tables
  for (const absorbed of await tables.records.find({ absorbedBy: patient })) {
    const part = (await rows.get(patient))?.part
    await tables.records.update({ _id: absorbed._id }, { set: { person: part ?? person }, inc: { rev: 1 } })
    await rows.put({ _id: absorbed._id, person, ...(part === undefined ? {} : { part }) })
    await deps.relink(absorbed._id, from, person)
  }
}
