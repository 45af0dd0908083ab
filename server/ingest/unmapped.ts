/** The work list of codes that found no target: each delivery counts once (formats.md D26). */
import { createHash } from 'node:crypto'
import type { UnmappedCode } from '../../mappings/engine/types.ts'
import type { SideWrite } from '../store/types.ts'
import { TABLES } from './tables.ts'

const ID_MAX = 400

export function unmappedId(source: string, code: UnmappedCode): string {
  const id = [source, code.map, code.system, code.code].join('|')
  return id.length <= ID_MAX ? id : createHash('sha256').update(id).digest('base64url')
}

/** @param counted ids under which this delivery was counted before */
export function unmappedWrites(source: string, codes: readonly UnmappedCode[], counted: readonly string[], now: Date): SideWrite[] {
  return codes
    .filter((code) => !counted.includes(unmappedId(source, code)))
    .map((code) => ({
      table: TABLES.unmapped,
      op: 'update',
      where: { _id: unmappedId(source, code) },
      set: { source, map: code.map, system: code.system, code: code.code, display: code.display ?? '', lastSeen: now },
      inc: { count: 1 },
      upsert: true,
    }))
}
