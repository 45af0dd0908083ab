/** Who stands behind a Patient: the master with all its records, and what is kept of their numbers. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { ExpungeTables } from './tables.ts'
import type { Subject } from './types.ts'

export const NOBODY: Subject = { patients: [], identities: [], numbers: [], domains: [], texts: [] }

/**
 * @throws OutcomeError expunge-conflict while records of somebody else stand under the same identity number: it is not known then whose
 * data they are
 */
export async function subjectOf({ access, ingest }: ExpungeTables, id: string): Promise<Subject> {
  const person = (await access.persons.get(id))?.person ?? id
  const linked = await access.persons.find({ person })
  const patients = new Set([id, person, ...linked.map(({ _id }) => _id)])
  for (let before = 0; before < patients.size; ) {
    before = patients.size
    const among = { $in: [...patients] }
    for (const row of await ingest.records.find({ $or: [{ person: among }, { absorbedBy: among }] })) patients.add(row._id)
  }
  const records = await ingest.records.find({ _id: { $in: [...patients] } })
  const keys = records.flatMap(({ number }) => number?.value ?? [])
  // By the master too: one under whose number all records contradict each other has none.
  const identities = await ingest.identities.find({ $or: [{ _id: { $in: keys } }, { master: { $in: [...patients] } }] })
  if (identities.some(({ statements }) => statements.some(({ patient }) => !patients.has(patient))))
    throw new OutcomeError('expunge-conflict')
  // Of a record that its own number contradicts the master stands alone.
  for (const { master } of identities) patients.add(master)
  const numbers = await ingest.numbers.find({ patient: { $in: [...patients] } })
  return {
    patients: [...patients],
    identities: identities.map(({ _id }) => _id),
    numbers: numbers.map(({ _id }) => _id),
    domains: [...new Set(records.map(({ domain }) => domain))],
    texts: identities.map(({ number }) => number).filter((number) => number.length >= SHORTEST),
  }
}

/** A shorter text would be met by chance. */
const SHORTEST = 8

/** With the records that were linked since; the same object where there are none. */
export async function grown({ access, ingest }: ExpungeTables, subject: Subject): Promise<Subject> {
  const linked = await access.persons.find({ person: { $in: subject.patients } })
  const more = linked.map(({ _id }) => _id).filter((id) => !subject.patients.includes(id))
  if (more.length === 0) return subject
  const numbers = await ingest.numbers.find({ patient: { $in: more } })
  const records = await ingest.records.getMany(more)
  return {
    ...subject,
    patients: [...subject.patients, ...more],
    numbers: [...subject.numbers, ...numbers.map(({ _id }) => _id)],
    domains: [...new Set([...subject.domains, ...records.map(({ domain }) => domain)])],
  }
}
