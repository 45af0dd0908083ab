/** Which records are one person's, by what, and what became of it: as far as the asker may see the records. */
import { mergedGroup } from '../ingest/link/merged.ts'
import { membersOf, personsOf } from '../ingest/likely/weigh.ts'
import { organizationOf } from '../ingest/likely/compare-record.ts'
import type { IngestTables, LinkEventDoc, PatientRecordDoc } from '../ingest/tables.ts'
import type { Stored } from '../store/types.ts'
import { LINKING_BOUNDS } from './bounds.ts'

export interface GraphRecord {
  patient: string
  organization: string
  /** kind of its source: hospital, miis, rhip, rest */
  kind: string
  /** it states a valid identity number */
  numbered: boolean
}

export interface GraphLink {
  /** of a link that can be undone */
  id?: string
  kind: 'number' | 'likeness' | 'merge'
  patients: string[]
  since?: Date
}

export interface Graph {
  /** to operators */
  person?: string
  records: GraphRecord[]
  links: GraphLink[]
}

export interface GraphDeps {
  tables: IngestTables
  see(records: readonly PatientRecordDoc[]): Promise<Map<string, Stored | undefined>>
}

/** Undefined: the asker may not see that record, or there is none. */
export async function graphOf(
  { tables, see }: GraphDeps,
  patient: string,
  tellPerson: boolean,
): Promise<(Graph & { seen: ReadonlyMap<string, Stored | undefined> }) | undefined> {
  const person = (await personsOf(tables, [patient])).get(patient) ?? patient
  const records = await tables.records.getMany(await membersOf(tables, person))
  const seen = await see(records)
  if (!seen.has(patient)) return undefined
  const shown = records.filter(({ _id }) => seen.has(_id)).sort((a, b) => (a._id < b._id ? -1 : 1))
  const groups = await Promise.all(shown.map(({ _id }) => mergedGroup(tables, _id)))
  const merges = new Map(groups.flatMap((group) => group.merges).map((row) => [row._id, row]))
  const links = [...merges.values()]
    .filter(({ patients }) => patients.every((one) => seen.has(one)))
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1))
    .map(
      ({ _id, likeness, patients, at }): GraphLink => ({
        ...(likeness ? { id: _id } : {}),
        kind: likeness ? 'likeness' : 'merge',
        patients,
        since: at,
      }),
    )
  const byNumber = [
    ...Map.groupBy(
      shown.filter((record) => record.person !== null),
      (record) => record.person,
    ).values(),
  ]
    .filter((same) => same.length > 1)
    .map((same): GraphLink => ({ kind: 'number', patients: same.map(({ _id }) => _id) }))
  return { ...(tellPerson ? { person } : {}), records: shown.map(recordOf), links: [...byNumber, ...links], seen }
}

function recordOf({ _id, domain, number }: PatientRecordDoc): GraphRecord {
  return { patient: _id, organization: organizationOf(domain), kind: domain.slice(0, domain.indexOf(':')), numbered: number !== null }
}

/** The newest first. */
export async function historyOf(
  { tables, see }: GraphDeps,
  patient: string,
): Promise<{ events: LinkEventDoc[]; seen: ReadonlyMap<string, Stored | undefined> } | undefined> {
  const own = await see(await tables.records.getMany([patient]))
  if (!own.has(patient)) return undefined
  const events = await tables.linkEvents.find({ patients: patient }, { sort: { at: -1 }, limit: LINKING_BOUNDS.eventsMax })
  const others = [...new Set(events.flatMap(({ patients }) => patients))].filter((one) => one !== patient)
  const seen = new Map([...own, ...(await see(await tables.records.getMany(others)))])
  return { events: events.filter(({ patients }) => patients.every((one) => seen.has(one))), seen }
}
