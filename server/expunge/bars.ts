/**
 * What was expunged must not come back by a payload that is replayed or a row that comes late: of each resource and each patient
 * number a keyed hash is kept, and nothing else. Whoever reads the table cannot tell what it was without the server's secret.
 */
import { createHmac, createSecretKey } from 'node:crypto'
import { sharedReads } from '../store/shared-reads.ts'
import type { Table } from '../store/types.ts'
import type { BarDoc } from './types.ts'

export type BarKind = 'resource' | 'number'

export interface Bars {
  idOf(kind: BarKind, name: string): string
  /** idempotent */
  set(job: string, kind: BarKind, names: readonly string[]): Promise<void>
  /** of these names those that are barred */
  among(kind: BarKind, names: readonly string[]): Promise<ReadonlySet<string>>
  /** is any of them barred? In one look, since every record of a source is asked about */
  any(resources: readonly string[], numbers: readonly string[]): Promise<boolean>
  /** ids of all that a job has set */
  ofJob(job: string): Promise<ReadonlySet<string>>
}

export function createBars(table: Table<BarDoc>, secret: Uint8Array): Bars {
  // Made once: making a key costs more than the hash, and every record of a source is asked about.
  const key = createSecretKey(secret)
  const idOf = (kind: BarKind, name: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([kind, name]))
      .digest('base64url')
  // Where nothing was ever expunged nothing need be hashed. Records that come at the same time share the look, which begins after each of them has asked.
  const somebody = sharedReads<string, boolean>(async () => new Map((await table.find({}, { limit: 1 })).map(() => ['any', true])), {
    lanes: 1,
    keysMax: 1000,
  })
  return {
    idOf,
    async set(job, kind, names) {
      await Promise.all(names.map((name) => table.insert({ _id: idOf(kind, name), job })))
    },
    async among(kind, names) {
      const byId = new Map(names.map((name) => [idOf(kind, name), name]))
      const found = byId.size === 0 ? [] : await table.getMany([...byId.keys()])
      return new Set(found.map(({ _id }) => byId.get(_id) ?? ''))
    },
    async any(resources, numbers) {
      if ((await somebody(['any'])).length === 0) return false
      const ids = [...resources.map((name) => idOf('resource', name)), ...numbers.map((name) => idOf('number', name))]
      return ids.length > 0 && (await table.getMany(ids)).length > 0
    },
    async ofJob(job) {
      const ids = new Set<string>()
      for await (const { _id } of table.stream({ job })) ids.add(_id)
      return ids
    },
  }
}
