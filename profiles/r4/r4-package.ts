/** Reads the definitions of FHIR R4 from the npm package that holds all of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules', 'hl7.fhir.r4.examples')

export interface StructureDefinition {
  name: string
  url: string
  kind: string
  type: string
  abstract: boolean
  baseDefinition?: string
  derivation?: 'specialization' | 'constraint'
  snapshot: { element: ElementDefinition[] }
}

export interface ElementDefinition {
  id: string
  path: string
  min: number
  max: string
  isSummary?: boolean
  contentReference?: string
  type?: {
    code: string
    profile?: string[]
    targetProfile?: string[]
    extension?: { url: string; valueUrl?: string; valueString?: string }[]
  }[]
  binding?: { strength: string; valueSet?: string }
  constraint?: { key: string; severity: 'error' | 'warning'; expression?: string }[]
}

export interface ValueSet {
  url: string
  compose?: { include: ValueSetPart[]; exclude?: ValueSetPart[] }
}

export interface ValueSetPart {
  system?: string
  concept?: { code: string }[]
  filter?: { property: string; op: string; value: string }[]
  valueSet?: string[]
}

export interface CodeSystem {
  url: string
  content: string
  concept?: Concept[]
}

export interface Concept {
  code: string
  concept?: Concept[]
  property?: { code: string; valueCode?: string }[]
}

/** All resources of one type, in the order of their file names. */
export function readAll<T>(type: 'StructureDefinition' | 'ValueSet' | 'CodeSystem' | 'ConceptMap'): T[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${type}-`) && file.endsWith('.json'))
  return files.sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T)
}
