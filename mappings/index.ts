/** Every source format, by the id that the configuration names. A new one is its folder and one line here. */
import type { SourceMapping } from './engine/types.ts'
import { hospitalCda } from './hospital/cda/index.ts'
import { hospitalHl7v2 } from './hospital/hl7v2/index.ts'
import { miisInterface } from './miis/index.ts'
import { rhipDeXml } from './rhip/de-xml/index.ts'
import { rhipTables } from './rhip/tables/index.ts'

const ALL: readonly SourceMapping[] = [hospitalHl7v2, hospitalCda, miisInterface, rhipTables, rhipDeXml]

const byId = new Map(ALL.map((one) => [one.id, one]))

/** undefined: no such format. */
export function sourceMapping(id: string): SourceMapping | undefined {
  return byId.get(id)
}

/** Ids of all formats, for the message of a wrong configuration. */
export function sourceMappingIds(): string[] {
  return [...byId.keys()]
}
