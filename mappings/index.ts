/** Every source format, by the id that the configuration names. A new one is its folder and one line here. */
import type { SourceMapping } from './engine/types.ts'
import { hospitalCda } from './hospital/cda/index.ts'
import { hospitalHl7v2, hospitalHl7v2In } from './hospital/hl7v2/index.ts'
import type { OwnSegments } from './hospital/hl7v2/own-segments.ts'
import { miisInterface } from './miis/index.ts'
import { rhipCda } from './rhip/cda/index.ts'
import { rhipDeXml } from './rhip/de-xml/index.ts'
import type { Dialect } from './rhip/tables/dialect.ts'
import { rhipTables, rhipTablesIn } from './rhip/tables/index.ts'

const ALL: readonly SourceMapping[] = [hospitalHl7v2, hospitalCda, miisInterface, rhipTables, rhipDeXml, rhipCda]

const byId = new Map(ALL.map((one) => [one.id, one]))

/** undefined: no such format. */
export function sourceMapping(id: string): SourceMapping | undefined {
  return byId.get(id)
}

/** Ids of all formats, for the message of a wrong configuration. */
export function sourceMappingIds(): string[] {
  return [...byId.keys()]
}

/** The formats of the tree, and those of a site's own places (rhip/tables/dialect.ts, hospital/hl7v2/own-segments.ts). */
export interface Formats {
  ids: string[]
  mapping(id: string): SourceMapping | undefined
}

export function formatsWith(dialects: readonly Dialect[], segments: readonly OwnSegments[] = []): Formats {
  const own = new Map([...dialects.map(rhipTablesIn), ...segments.map(hospitalHl7v2In)].map((one) => [one.id, one]))
  return { ids: [...byId.keys(), ...own.keys()], mapping: (id) => byId.get(id) ?? own.get(id) }
}
