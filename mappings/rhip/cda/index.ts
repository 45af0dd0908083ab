/**
 * `rhip/cda`: the same documents as a regional platform passes them on, one in one body or many in a ZIP archive. A platform speaks of many
 * hospitals: each document's numbers are those of the hospital that keeps it, so two hospitals that count alike are not mixed.
 */
import type { MappedRecord, MappingContext, PatientIdentity, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { CDA_CONTENT_TYPES, CDA_FILES, type CdaRecord, decodeCda, mapCda } from '../../hospital/cda/index.ts'
import { type OwnCodes, standardiser } from '../../hospital/cda/own-codes.ts'
import { custodianCode } from '../../hospital/cda/header.ts'

export const rhipCda: SourceMapping = {
  id: 'rhip/cda',
  kind: 'rhip',
  mode: 'message',
  accepts: CDA_CONTENT_TYPES,
  archive: CDA_FILES,
  decode: (chunks, options) => decodeCda(chunks, options),
  map,
}

/** The same documents as one place writes them. */
export function rhipCdaIn(own: OwnCodes): SourceMapping {
  const asStandard = standardiser(own)
  return { ...rhipCda, id: `${rhipCda.id}/${own.id}`, decode: (chunks, options) => decodeCda(chunks, options, asStandard) }
}

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const record = decoded as CdaRecord
  const code = custodianCode(record.root)
  if (code === undefined) return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: 'custodian' } }
  const organization = context.organization(code)
  const mapped = mapCda(record, recordType, at, { ...context, source: { ...context.source, organization } })
  if ('reason' in mapped || mapped.patient === undefined) return mapped
  return { ...mapped, patient: ofHospital(mapped.patient, organization) }
}

/** Numbers that hold in the whole country; all others are a hospital's own. */
const NATIONAL = new Set(['HC', 'EHR'])

function ofHospital(patient: PatientIdentity, organization: string): PatientIdentity {
  const local = patient.local.map((one) => (NATIONAL.has(one.kind) ? one : { ...one, value: `${organization}|${one.value}` }))
  return { ...patient, local }
}
