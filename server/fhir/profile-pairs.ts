/**
 * Profiles of which there are two: the full one, and `-minimal` for what a source cannot know, where the gap is a warning. A mapping names
 * the one that its source can keep to.
 */
import { structureDefinition } from './canonical.ts'

const MINIMAL = '-minimal'

/** Those that have a minimal form (`profiles/fsh`). */
export const PAIRED = [
  'cn-chargeitem',
  'cn-diagnosticreport-lab',
  'cn-encounter',
  'cn-imagingstudy',
  'cn-medicationrequest',
  'cn-observation-lab',
  'cn-patient',
] as const

const full = new Map(PAIRED.map((id) => [structureDefinition(`${id}${MINIMAL}`), structureDefinition(id)]))
const minimal = new Map([...full].map(([less, more]) => [more, less]))

/** The minimal form of a profile that has one; any other profile is itself. */
export const minimalOf = (canonical: string): string => minimal.get(canonical) ?? canonical

/** The profile that a minimal form is of; any other profile is itself. */
export const fullOf = (canonical: string): string => full.get(canonical) ?? canonical
