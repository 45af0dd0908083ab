/** After a link changed: documents move to their person, resources are folded again with that person as their subject. */
import type { MayGoOn } from '../../access/may-go-on.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { namedSo, rowsOfThings, thingsOf } from '../fold/rows.ts'
import type { StatementFor } from '../fold/stored.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { encountersAmong, settleVisits, visitsAmong } from '../visit/settle.ts'
import { absorbRecord } from './absorb.ts'
import type { Linked } from './link.ts'
import { leaveToWorker, type MoveJob, thisJob, whileShort } from './move-job.ts'
import { refold } from './refold.ts'

/**
 * Does what the link step left to do, as far as it is soon done. Each move is also a job, so that a crash here loses nothing, and so that
 * the answer need not wait for all that is known of a person. What has to be hidden meanwhile is hidden in any case (access.relink).
 */
export async function followMoves(
  deps: IngestDeps,
  tables: IngestTables,
  { moved }: Pick<Linked, 'moved'>,
  mayGoOn = whileShort(),
): Promise<void> {
  for (const job of moved) {
    if (await movePatient(deps, tables, job, mayGoOn)) await deps.store.table(deps.decision, TABLES.jobs).delete(thisJob(job))
    else await leaveToWorker(deps, job)
  }
}

/**
 * Labels of everything stored for the record move first (access), then the resources are folded again. The link may have
 * changed again since: what holds now counts. Idempotent.
 * @returns false: it stopped because `mayGoOn` said so, and goes on behind what is done when it is called again
 */
export async function movePatient(deps: IngestDeps, tables: IngestTables, job: MoveJob, mayGoOn: MayGoOn): Promise<boolean> {
  const { patient, from, into } = job
  // Of one that an operator joined to others it is not only its own number that says it.
  const person = (await tables.persons.get(patient))?.person ?? patient
  if (!(await deps.relink(patient, from, person, mayGoOn))) return false
  if (into !== '') {
    if (!(await absorbRecord(deps, tables, patient, into, mayGoOn))) return false
    await settleVisits(deps, tables, await encountersAmong(thingsOf(tables, [into])))
    return true
  }
  return (await refoldAll(deps, tables, job, mayGoOn)) && moveAbsorbed(deps, tables, { patient, from, person }, mayGoOn)
}

async function refoldAll(deps: IngestDeps, tables: IngestTables, job: MoveJob, mayGoOn: MayGoOn): Promise<boolean> {
  const jobs = deps.store.table<MoveJob>(deps.decision, TABLES.jobs)
  let batch: StatementFor[] = []
  let visits: string[] = []
  const together = async () => {
    await refold(deps, tables, batch)
    // Of one person from now on, or no longer.
    await settleVisits(deps, tables, visits)
    batch = []
    visits = []
  }
  for await (const { row, things } of rowsOfThings(tables, [job.patient], job.after)) {
    visits.push(...visitsAmong(things))
    batch.push(...things.map(({ name }) => namedSo(name)))
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    if (!mayGoOn(batch.length)) return false
    await together()
    await jobs.update(thisJob(job), { set: { after: row } })
  }
  if (!mayGoOn(batch.length)) return false
  await together()
  return true
}

/** Records that went into this one go with it. */
async function moveAbsorbed(
  deps: IngestDeps,
  { records, persons }: IngestTables,
  { patient, from, person }: { patient: string; from: string; person: string },
  mayGoOn: MayGoOn,
): Promise<boolean> {
  for (const absorbed of await records.find({ absorbedBy: patient })) {
    const part = (await persons.get(patient))?.part
    await records.update({ _id: absorbed._id }, { set: { person: part ?? person }, inc: { rev: 1 } })
    await persons.put({ _id: absorbed._id, person, ...(part === undefined ? {} : { part }) })
    if (!(await deps.relink(absorbed._id, from, person, mayGoOn))) return false
  }
  return true
}
