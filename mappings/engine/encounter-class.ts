/** The class of a visit: a required binding of cn-encounter, so a kind of visit that has no place in it is said to be unknown. */
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { MapName } from './names.ts'
import type { Run } from './rule.ts'
import { mapSourceSystem } from './systems.ts'

export const UNKNOWN_CLASS: FhirCoding = { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK', display: 'unknown' }

/** Codes of v3-ActCode in the binding. A site's own map may name others. */
const CLASSES = new Set(['AMB', 'EMER', 'OBSENC', 'IMP', 'ACUTE', 'NONAC', 'SS', 'HH', 'VR'])

/**
 * Class of a source's kind of visit; undefined when none was sent. Without a target in the binding it is UNK, and the code
 * stands on the work list of the map under `system`.
 */
export function encounterClass(
  run: Run,
  map: MapName,
  code: string | undefined,
  system: string = mapSourceSystem(map),
): FhirCoding | undefined {
  if (code === undefined) return undefined
  const target = run.context.translate(map, code)
  if (target && CLASSES.has(target.code)) return target
  run.unmapped({ map, system, code })
  return UNKNOWN_CLASS
}
