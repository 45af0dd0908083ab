/** Last step of a mapping: a record that made nothing for lack of a required field is rejected, not stored empty. */
import { BASE } from '../../server/fhir/canonical.ts'
import type { MappedRecord, MappingContext, RejectedRecord } from './types.ts'

/**
 * The record with `meta.source` set, or a rejection with its first error when nothing but placeholders came of it: it goes
 * to quarantine with its bytes.
 * @param patientAlone whether the patient by himself is worth storing where an error left nothing else
 */
export function settled(record: MappedRecord, context: MappingContext, patientAlone = true): MappedRecord | RejectedRecord {
  const error = record.issues.find((issue) => issue.severity === 'error')
  const made = record.resources.some((each) => !each.placeholder && (patientAlone || each.key !== 'patient'))
  if (error && !made) return { recordType: record.recordType, at: record.at, reason: error }
  const source = `${BASE}/source/${context.source.kind}/${context.source.id}`
  for (const { resource } of record.resources) {
    const { profile, ...meta } = resource.meta ?? {}
    resource.meta = { ...meta, source, ...(profile && profile.length > 0 && { profile }) }
  }
  return record
}
