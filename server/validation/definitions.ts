/** The definitions of base R4 as `profiles/r4/build-structures.ts` writes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface StructuresData {
  version: string
  types: Record<string, TypeData>
  /** invariant key → severity and FHIRPath expression */
  constraints: Record<string, [severity: 'error' | 'warning', expression: string]>
}

export interface TypeData {
  kind: 'resource' | 'complex-type' | 'primitive-type'
  abstract?: true
  base?: string
  constraints?: string[]
  elements?: Record<string, ElementData>
}

export interface ElementData {
  /** absent: 0 */
  min?: number
  /** absent: '1' */
  max?: string
  types?: string[]
  /** name[x]: the JSON key carries the type */
  choice?: true
  /** part of the summary of its resource or type (Σ) */
  summary?: true
  /** path of the element that has the content, e.g. Observation.referenceRange */
  content?: string
  /** canonical of a required binding, without version */
  binding?: string
  /** the same of an extensible one */
  extensible?: string
  /** resource types that a reference may have; absent: any */
  targets?: string[]
  constraints?: string[]
  elements?: Record<string, ElementData>
}

/** value set → code system → codes; null: R4 does not list the codes, so they are not checked */
export type CodesData = Record<string, Record<string, string[]> | null>

const folder = join(import.meta.dirname, '..', '..', 'profiles', 'generated')

export const loadStructures = (): StructuresData =>
  JSON.parse(readFileSync(join(folder, 'r4', 'structures.json'), 'utf8')) as StructuresData
export const loadCodes = (): CodesData => JSON.parse(readFileSync(join(folder, 'r4', 'codes.json'), 'utf8')) as CodesData
