/** Charged items: the national code by its shape, the hospital's own code behind it (formats.md A, item codes). */
import { codeSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { MappedConcept } from './from.ts'
import type { Run } from './rule.ts'
import { localCodes } from './systems.ts'

export type ItemKind = 'drug' | 'herbal' | 'material' | 'service'

/** Drugs have 23 characters beginning with X or Z, herbal pieces T, materials C, services 15 digits with a local suffix. */
const SHAPES: [RegExp, ItemKind, string][] = [
  [/^[XZ][A-Z0-9]{22}$/, 'drug', 'nhsa-drug'],
  [/^T\d{9,}$/, 'herbal', 'nhsa-herbal'],
  [/^C\d{14,25}$/, 'material', 'nhsa-material'],
  [/^\d{12,18}(?:-[A-Za-z0-9.]{1,20})?$/, 'service', 'nhsa-service'],
]

/** What a national code is, by its shape; undefined: no code, or one of a shape of its own. */
export function itemKind(code: string | undefined): ItemKind | undefined {
  return SHAPES.find(([shape]) => code !== undefined && shape.test(code))?.[1]
}

const nationalSystem = (code: string): string => codeSystem(SHAPES.find(([shape]) => shape.test(code))?.[2] ?? 'nhsa-item')

/**
 * Concept of an item. Without a national code (not on the list) the local one is kept and put on the work list, so that
 * somebody sees how often it is charged.
 */
export function itemConcept(
  run: Run,
  national: string | undefined,
  local: string | undefined,
  name: string | undefined,
): MappedConcept | undefined {
  const display = name === undefined ? {} : { display: name }
  const coding: FhirCoding[] = []
  if (national !== undefined) coding.push({ system: nationalSystem(national), code: national, ...display })
  if (local !== undefined) {
    const own = { system: localCodes(run.scope, 'charge-item'), code: local, ...display }
    coding.push(own)
    if (national === undefined) run.unmapped({ map: 'nhsa-item', ...own })
  }
  const text = name ?? local ?? national
  return text === undefined ? undefined : { ...(coding.length > 0 && { coding }), text }
}
