/** The work list of codes that found no target: each delivery counts once (formats.md D26). */
import { createHash } from 'node:crypto'
import type { UnmappedCode } from '../../mappings/engine/types.ts'
import type { PreparedRecord } from './types.ts'
import { fold } from '../search/fold.ts'
import type { SideWrite } from '../store/types.ts'
import { TABLES, type UnmappedDoc } from './tables.ts'

const ID_MAX = 400

export function unmappedId(source: string, code: Pick<UnmappedCode, 'map' | 'system' | 'code'>): string {
  const id = [source, code.map, code.system, code.code].join('|')
  return id.length <= ID_MAX ? id : createHash('sha256').update(id).digest('base64url')
}

export interface Occurrence {
  source: string
  place: NonNullable<UnmappedDoc['example']>
  now: Date
}

/** @param counted ids under which this delivery was counted before */
export function unmappedWrites(
  { source, place, now }: Occurrence,
  codes: PreparedRecord['unmapped'],
  counted: readonly string[],
): SideWrite[] {
  const before = new Set(counted)
  return codes
    .filter((code) => !before.has(unmappedId(source, code)))
    .map((code) => {
      const { map, system, display = '', alone } = code
      const said = { source, map, system, code: code.code, display, name: fold(display), ...(alone && { alone }) }
      return {
        table: TABLES.unmapped,
        op: 'update',
        where: { _id: unmappedId(source, code) },
        set: { ...said, lastSeen: now, example: place, stale: true },
        inc: { count: 1 },
        first: { firstSeen: now },
        upsert: true,
      }
    })
}
