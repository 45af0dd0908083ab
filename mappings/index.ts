/** Every source format, by the id that the configuration names. A new one is its folder and one line here. */
import type { SourceMapping } from './engine/types.ts'
import { hospitalCda, hospitalCdaIn } from './hospital/cda/index.ts'
import type { OwnCodes } from './hospital/cda/own-codes.ts'
import { hospitalDocuments, hospitalDocumentsIn } from './hospital/documents/index.ts'
import { hospitalHomePage, hospitalHomePageIn } from './hospital/home-page/index.ts'
import { hospitalHl7v2, hospitalHl7v2In } from './hospital/hl7v2/index.ts'
import type { OwnFields } from './hospital/hl7v2/own-fields.ts'
import type { OwnSegments } from './hospital/hl7v2/own-segments.ts'
import { miisInterface } from './miis/index.ts'
import { rhipCda, rhipCdaIn } from './rhip/cda/index.ts'
import { rhipDeXml } from './rhip/de-xml/index.ts'
import type { Dialect } from './rhip/tables/dialect.ts'
import { hospitalTablesIn, rhipTables, rhipTablesIn } from './rhip/tables/index.ts'

const ALL: readonly SourceMapping[] = [
  hospitalHl7v2,
  hospitalCda,
  hospitalHomePage,
  hospitalDocuments,
  miisInterface,
  rhipTables,
  rhipDeXml,
  rhipCda,
]

const byId = new Map(ALL.map((one) => [one.id, one]))

/** undefined: no such format. */
export function sourceMapping(id: string): SourceMapping | undefined {
  return byId.get(id)
}

/** Ids of all formats, for the message of a wrong configuration. */
export function sourceMappingIds(): string[] {
  return [...byId.keys()]
}

/** The formats of the tree, and those of a site's own places: each folder of its is made into those that are of its kind. */
export interface Formats {
  ids: string[]
  mapping(id: string): SourceMapping | undefined
}

/** What the folders of a site say (server/ingest/dialects.ts). */
export interface SiteFolders {
  /** tables of a place, of a platform's or of a hospital's own systems */
  dialects: readonly Dialect[]
  /** HL7 v2 of a hospital */
  segments: readonly (OwnSegments & OwnFields)[]
  /** CDA of a hospital or a platform */
  documents: readonly OwnCodes[]
}

export function formatsWith({ dialects, segments, documents }: SiteFolders): Formats {
  const made = [
    ...dialects.flatMap((one) => [rhipTablesIn(one), hospitalTablesIn(one), hospitalHomePageIn(one), hospitalDocumentsIn(one)]),
    ...segments.map(hospitalHl7v2In),
    ...documents.flatMap((one) => [hospitalCdaIn(one), rhipCdaIn(one)]),
  ]
  const own = new Map(made.map((one) => [one.id, one]))
  return { ids: [...byId.keys(), ...own.keys()], mapping: (id) => byId.get(id) ?? own.get(id) }
}
