/** A decoded record to what is stored of it but for its patient, while others have their turn: a bill of ten thousand lines takes seconds. */
import type { DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../mappings/engine/types.ts'
import { Turns } from '../store/turns.ts'
import type { ConfirmedCodes } from './confirmed-codes.ts'
import { contextFor } from './context.ts'
import { type PayloadOrigin, prepare } from './prepare.ts'
import type { IngestDeps, IngestSource, PreparedRecord } from './types.ts'

type Good = Extract<DecodeResult, { ok: true }>

export interface Preparing {
  deps: IngestDeps
  source: IngestSource
  mapping: SourceMapping
  confirmed: ConfirmedCodes
  /** of the source */
  context: MappingContext
}

/** @throws what the mapping throws, and what `prepare` does */
export async function prepareInTurns(
  { deps, source, mapping, confirmed, context }: Preparing,
  decoded: Good,
  origin: Omit<PayloadOrigin, 'decided'>,
): Promise<{ record: PreparedRecord } | { rejected: RejectedRecord }> {
  const asking = confirmed.asking()
  const mapped = await mapInTurns(mapping, decoded, contextFor(context, asking))
  if ('reason' in mapped) return { rejected: mapped }
  return { record: await prepare(deps, source, confirmed.apply(source.id, mapped), { ...origin, decided: asking.decided() }) }
}

/** Of a record that cannot be mapped, or is too large: whom it names, to be asked whether he lets it be collected, and nothing else of it. */
export async function namedBy(
  { deps, source, mapping, context }: Omit<Preparing, 'confirmed'>,
  { record, recordType, at }: Pick<Good, 'record' | 'recordType' | 'at'>,
  origin: Omit<PayloadOrigin, 'decided'>,
): Promise<PreparedRecord | undefined> {
  const patient = mapping.named?.(record, context)
  if (!patient) return undefined
  const resource = { key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: origin.receivedAt } as const
  const bare = { recordType, deliveryId: at, at, patient, resources: [resource], unmapped: [], issues: [], unread: [] }
  return prepare(deps, source, bare, origin)
}

/** A mapping without steps is made in one piece: its messages are bounded where they are decoded. */
export async function mapInTurns(
  mapping: SourceMapping,
  { record, recordType, at }: Pick<Good, 'record' | 'recordType' | 'at'>,
  context: MappingContext,
): Promise<MappedRecord | RejectedRecord> {
  if (!mapping.mapInSteps) return mapping.map(record, recordType, at, context)
  const turns = new Turns()
  const steps = mapping.mapInSteps(record, recordType, at, context)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await turns.take()
  }
}
