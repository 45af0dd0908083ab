/**
 * The raw view: the bytes as they came, of a payload or of a part of it in quarantine. Each person in them finds the look in the account of
 * uses, on record before a byte leaves. Whom they hold is read from them anew, so that there is a bound to what is shown in one piece.
 */
import type { Actor } from '../../auth/actor.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { hasBytes } from '../forget.ts'
import type { Ingest } from '../ingest.ts'
import { numbersIn } from '../numbers-in.ts'
import { payloadBytes } from '../receive.ts'
import type { IngestSource, PayloadDoc } from '../types.ts'
import { mayList, mayReadRaw, requireReading } from './viewers.ts'

export interface Raw {
  id: string
  bytes: Uint8Array
}

/** @throws OutcomeError forbidden, source-unknown, not-permitted, payload-unknown, payload-raw-large, unavailable */
export async function rawPayload(ingest: Ingest, actor: Actor, sourceId: string, id: string): Promise<Raw> {
  const source = viewedSource(ingest, actor, sourceId)
  const payload = await ingest.tables.payloads.get(id)
  if (!payload || payload.source !== source.id || !hasBytes(payload)) throw new OutcomeError('payload-unknown')
  const persons = await personsIn(ingest, payload)
  await account(ingest, { actor, source, payload: payload._id, persons })
  return { id: payload._id, bytes: await whole(ingest, payload) }
}

/** Of one part in quarantine, of a payload of whatever size. */
export async function rawPart(ingest: Ingest, actor: Actor, id: string): Promise<Raw> {
  requireReading(actor)
  const item = await ingest.tables.quarantine.get(id)
  const source = item && ingest.deps.sources.find((one) => one.id === item.source)
  // Who may see nothing of the source is told what he is told of a part that never was.
  if (!item || !source || !mayList(actor, source)) throw new OutcomeError('payload-unknown')
  if (!mayReadRaw(actor, source)) throw new OutcomeError('not-permitted')
  if (!item.raw) throw new OutcomeError('payload-unknown')
  // Whose it is could not be told, or it would have been stored: it is its sender's.
  await account(ingest, { actor, source, payload: item.payload, persons: [] })
  return { id: item._id, bytes: Buffer.from(item.raw) }
}

function viewedSource(ingest: Ingest, actor: Actor, id: string): IngestSource {
  requireReading(actor)
  const source = ingest.deps.sources.find((one) => one.id === id)
  if (!source || !mayList(actor, source)) throw new OutcomeError('source-unknown')
  if (!mayReadRaw(actor, source)) throw new OutcomeError('not-permitted')
  return source
}

const tooLarge = (): OutcomeError => new OutcomeError('payload-raw-large', { params: { max: INGEST_BOUNDS.rawViewBytesMax } })

async function personsIn({ deps, tables }: Ingest, payload: PayloadDoc): Promise<string[]> {
  if (payload.bytes > INGEST_BOUNDS.rawViewBytesMax) throw tooLarge()
  const hashes = new Set<string>()
  for await (const found of numbersIn(deps, tables, payload)) for (const hash of found) hashes.add(hash)
  const patients = [...new Set((await tables.numbers.getMany([...hashes])).map(({ patient }) => patient))]
  const persons = [...new Set((await deps.personsOf?.(patients))?.values() ?? patients)].sort()
  if (persons.length > INGEST_BOUNDS.rawViewPersonsMax) throw tooLarge()
  return persons
}

interface Look {
  actor: Actor
  source: IngestSource
  payload: string
  persons: string[]
}

const account = ({ deps }: Ingest, { actor, source, payload, persons }: Look): Promise<void> =>
  deps.audit({ action: 'raw', source: source.id, actor, payload, persons, reason: 'raw' })

async function whole({ tables }: Ingest, payload: PayloadDoc): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of payloadBytes(tables, payload)) pieces.push(piece)
  return Buffer.concat(pieces)
}
