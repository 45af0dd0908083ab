/** Whose records a payload that is kept holds, read again from its raw bytes as it was when it came. */
import { isBusy } from './busy.ts'
import { contextOf, identityDomain } from './context.ts'
import { decodePayload } from './decode.ts'
import { prepare } from './prepare.ts'
import { mapInTurns, namedBy } from './prepare-in-turns.ts'
import { payloadBytes } from './receive.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, PayloadDoc, PreparedRecord } from './types.ts'

/** Ids of the sources whose patient numbers are of these identity domains. */
export const sourcesOf = ({ sources }: Pick<IngestDeps, 'sources'>, domains: readonly string[]): string[] =>
  sources.filter((source) => domains.includes(identityDomain(source))).map(({ id }) => id)

/** Whom a record names. */
export interface NamedIn {
  /** its place in the payload */
  at: string
  /** hashes of his patient numbers */
  numbers: readonly string[]
  /** his identity number */
  legal?: string
  /** it cannot be stored as it stands, so that no patient was made of it */
  isRejected?: true
}

/**
 * For each record the hashes of its patient numbers; none for one that cannot be read or names nobody.
 * @throws OutcomeError busy, unavailable: not all of it could be read
 */
export async function* numbersIn(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc): AsyncGenerator<readonly string[]> {
  for await (const { numbers, isRejected } of namedIn(deps, tables, payload)) if (!isRejected) yield numbers
}

/**
 * For each record whom it names, also of one that cannot be mapped as far as that can be told.
 * @throws OutcomeError busy, unavailable: not all of it could be read
 */
export async function* namedIn(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc): AsyncGenerator<NamedIn> {
  const source = deps.sources.find(({ id }) => id === payload.source)
  const mapping = source && deps.mapping(source.mapping)
  if (!source || !mapping) return
  const context = contextOf(deps, source)
  const origin = { receivedAt: payload.receivedAt.toISOString(), generation: payload.generation }
  const records = decodePayload(mapping, () => payloadBytes(tables, payload), { charset: source.charset, fileName: payload.fileName })
  try {
    for await (const decoded of records) {
      if (!decoded.ok) continue
      const { at } = decoded
      const mapped = await mapInTurns(mapping, decoded, context)
      if (!('reason' in mapped)) yield { at, ...whoIs(await prepare(deps, source, mapped, origin)) }
      else yield { at, ...whoIs(await namedBy({ deps, source, mapping, context }, decoded, origin)), isRejected: true }
    }
  } catch (error) {
    // What could not be read for now is not to be taken for what names nobody.
    if (isBusy(error)) throw error
    // What a decoder or a mapping throws ends the payload, as it did when it came: what is behind it was never stored.
  }
}

function whoIs(record: Pick<PreparedRecord, 'identity'> | undefined): Pick<NamedIn, 'numbers' | 'legal'> {
  const { numbers = [], replaces = [], legal } = record?.identity ?? {}
  return { numbers: [...numbers.map(({ hash }) => hash), ...replaces], ...(legal && { legal: legal.number }) }
}
