/**
 * The raw view: the bytes as they came, of a payload or of a part of it in quarantine. Each person in them finds the look in the account of
 * uses, on record before a byte leaves, as far as can be told who is in them: by the numbers of the records, and by identity numbers wherever they
 * stand. Whom they hold is read from them anew, so that there is a bound to what is shown in one piece.
 */
import type { Actor } from '../../auth/actor.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { hasBytes } from '../forget.ts'
import type { Ingest } from '../ingest.ts'
import { patientsUnder } from '../kin.ts'
import { identityNumbersIn } from '../number-search.ts'
import { namedIn } from '../numbers-in.ts'
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
  if (payload.bytes > INGEST_BOUNDS.rawViewBytesMax) throw tooLarge()
  const bytes = await whole(ingest, payload)
  const persons = await personsIn(ingest, payload, bytes)
  await account(ingest, { actor, source, payload: payload._id, persons })
  return { id: payload._id, bytes }
}

/** Of one part in quarantine, of a payload of whatever size. @throws OutcomeError as rawPayload */
export async function rawPart(ingest: Ingest, actor: Actor, id: string): Promise<Raw> {
  requireReading(actor)
  const item = await ingest.tables.quarantine.get(id)
  const source = item && ingest.deps.sources.find((one) => one.id === item.source)
  // Who may see nothing of the source is told what he is told of a part that never was.
  if (!item || !source || !mayList(actor, source)) throw new OutcomeError('payload-unknown')
  if (!mayReadRaw(actor, source)) throw new OutcomeError('not-permitted')
  if (!item.raw) throw new OutcomeError('payload-unknown')
  const bytes = Buffer.from(item.raw)
  const payload = await ingest.tables.payloads.get(item.payload)
  const persons = await personsIn(ingest, payload, bytes, item.at)
  await account(ingest, { actor, source, payload: item.payload, persons })
  return { id: item._id, bytes }
}

function viewedSource(ingest: Ingest, actor: Actor, id: string): IngestSource {
  requireReading(actor)
  const source = ingest.deps.sources.find((one) => one.id === id)
  if (!source || !mayList(actor, source)) throw new OutcomeError('source-unknown')
  if (!mayReadRaw(actor, source)) throw new OutcomeError('not-permitted')
  return source
}

const tooLarge = (): OutcomeError => new OutcomeError('payload-raw-large', { params: { max: INGEST_BOUNDS.rawViewBytesMax } })

/** @param at of the one part that is shown */
async function personsIn(ingest: Ingest, payload: PayloadDoc | undefined, bytes: Uint8Array, at?: string): Promise<string[]> {
  const { deps, tables } = ingest
  const hashes = new Set<string>()
  const legals = new Set(identityNumbersIn(bytes))
  // Of a larger payload it would take too long to find the part.
  const isRead = payload !== undefined && hasBytes(payload) && payload.bytes <= INGEST_BOUNDS.rawViewBytesMax
  for await (const named of isRead ? namedIn(deps, tables, payload) : []) {
    if (at !== undefined && named.at !== at) continue
    for (const hash of named.numbers) hashes.add(hash)
    if (named.legal !== undefined) legals.add(named.legal)
  }
  const [known, under] = await Promise.all([tables.numbers.getMany([...hashes]), patientsUnder(deps, tables, [...legals])])
  const patients = [...new Set([...known.map(({ patient }) => patient), ...under])]
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
