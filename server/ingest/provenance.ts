/** Where stored content came from: one Provenance per record of a payload, or for several rows of one (profiles.md, cn-provenance). */
import { BASE, codeSystem, structureDefinition } from '../fhir/canonical.ts'
import { DecimalTexts } from '../fhir/resource-text.ts'
import type { Draft } from '../writer/types.ts'
import { keyedId } from './ids.ts'
import type { IngestSource, PayloadDoc, PreparedRecord } from './types.ts'

export interface ProvenanceOrigin {
  payload: Pick<PayloadDoc, '_id' | 'hash'>
  recorded: Date
  /** the delivery was never stored before */
  isNew: boolean
  /** it is the first of several */
  ofSeveral?: boolean
}

/** `Provenance?target=Type/id` so answers every source of a resource. Labelled like the patients that it concerns. */
export function provenanceDraft(
  secret: Uint8Array,
  source: IngestSource,
  record: Pick<PreparedRecord, 'recordType' | 'deliveryId' | 'statements'>,
  targets: readonly { type: string; id: string }[],
  persons: readonly string[],
  origin: ProvenanceOrigin,
): Draft {
  const kind = origin.ofSeveral ? 'provenance of several' : 'provenance'
  const id = keyedId(secret, kind, source.id, origin.payload.hash, record.recordType, record.deliveryId)
  const withdraws = record.statements.length > 0 && record.statements.every(({ statement }) => statement.state.withdrawn)
  const resource = {
    resourceType: 'Provenance',
    id,
    meta: { profile: [structureDefinition('cn-provenance')], source: `${BASE}/source/${source.kind}/${source.id}` },
    target: [...new Set(targets.map(({ type, id: target }) => `${type}/${target}`))].map((reference) => ({ reference })),
    recorded: origin.recorded.toISOString(),
    activity: { coding: [{ system: codeSystem('cn-provenance-activity'), code: withdraws ? 'withdraw' : 'map' }] },
    agent: [
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'author' }] },
        who: { reference: `Organization/${source.organization}` },
      },
    ],
    entity: [
      {
        role: 'source',
        what: {
          identifier: { system: `${BASE}/sid/payload-sha256`, value: origin.payload.hash },
          display: `${source.id} ${record.recordType}`,
        },
      },
    ],
  }
  return {
    type: 'Provenance',
    id,
    method: 'PUT',
    expect: origin.isNew ? 'absent' : 'any',
    // It has no number whose text could differ.
    parsed: { resource, text: JSON.stringify(resource), decimals: new DecimalTexts() },
    custodian: source.organization,
    alsoPatients: persons,
    unchangedIsFine: true,
  }
}
