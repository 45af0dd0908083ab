/**
 * A diagnosis that is taken back (`vali_flag` 0) leaves the list of its visit, too: the list is what several messages said of it. And that of the
 * visit's claim, which a list (4101) said before: a message that knows of no claim says it of whatever claim there is.
 */
import type { BatchWord, KeyReference, MappedRecord, MappedResource } from '../engine/types.ts'
import { miisKeys } from './keys.ts'

/** The record with its visits saying which of their diagnoses are void. */
export function withoutVoidDiagnoses(record: MappedRecord): MappedRecord {
  const voided = Map.groupBy(record.resources.filter(isVoidDiagnosis), ({ resource }) => nameOf((resource.encounter as KeyReference).$key))
  if (voided.size === 0) return record
  const resources = record.resources.map((visit): MappedResource => {
    const [first, ...others] = visit.resource.resourceType === 'Encounter' ? (voided.get(nameOf(visit.key)) ?? []) : []
    if (!first) return visit
    const diagnosis = [first, ...others].map(({ key: $key }) => ({ condition: { $key } }))
    return { ...visit, unlisted: { statedAt: first.statedAt, lists: { diagnosis } } }
  })
  const words = [...voided.values()].flatMap(([first, ...others]) => (first ? [unclaimed(first, others)] : []))
  return { ...record, resources, batchWords: [...(record.batchWords ?? []), ...words] }
}

function unclaimed(first: MappedResource, others: readonly MappedResource[]): BatchWord {
  const diagnosis = [first, ...others].map(({ key: $key }) => ({ diagnosisReference: { $key } }))
  const visit = (first.resource.encounter as KeyReference).$key
  return { batch: miisKeys.claimedOf(visit), word: 'told', statedAt: first.statedAt, unlists: { diagnosis } }
}

const nameOf = (key: MappedResource['key']): string => JSON.stringify(key)

const isVoidDiagnosis = ({ state, resource }: MappedResource): boolean =>
  state === 'withdrawn' &&
  resource.resourceType === 'Condition' &&
  (resource.encounter as Partial<KeyReference> | undefined)?.$key !== undefined
