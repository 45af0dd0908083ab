/** Whose records a payload that is kept holds, read again from its raw bytes as it was when it came. */
import { contextOf, identityDomain } from './context.ts'
import { decodePayload } from './decode.ts'
import { prepare } from './prepare.ts'
import { mapInTurns } from './prepare-in-turns.ts'
import { payloadBytes } from './receive.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, IngestSource, PayloadDoc } from './types.ts'

/** Ids of the sources whose patient numbers are of these identity domains. */
export const sourcesOf = ({ sources }: Pick<IngestDeps, 'sources'>, domains: readonly string[]): string[] =>
  sources.filter((source) => domains.includes(identityDomain(source))).map(({ id }) => id)

/** For each record the hashes of its patient numbers; none for one that cannot be read or names nobody. */
export async function* numbersIn(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc): AsyncGenerator<readonly string[]> {
  const source = deps.sources.find(({ id }) => id === payload.source)
  const mapping = source && deps.mapping(source.mapping)
  if (!source || !mapping) return
  const context = contextOf(deps, source)
  const records = decodePayload(mapping, () => payloadBytes(tables, payload), { charset: source.charset, fileName: payload.fileName })
  try {
    for await (const decoded of records) {
      if (!decoded.ok) continue
      const mapped = await mapInTurns(mapping, decoded, context)
      if (!('reason' in mapped)) yield await numbersOf(deps, source, mapped, payload)
    }
  } catch {
    // What a decoder or a mapping throws ends the payload, as it did when it came: what is behind it was never stored.
  }
}

async function numbersOf(
  deps: IngestDeps,
  source: IngestSource,
  mapped: Parameters<typeof prepare>[2],
  payload: PayloadDoc,
): Promise<string[]> {
  const origin = { receivedAt: payload.receivedAt.toISOString(), generation: payload.generation }
  const { identity } = await prepare(deps, source, mapped, origin)
  return identity ? [...identity.numbers.map(({ hash }) => hash), ...(identity.replaces ?? [])] : []
}
