/**
 * What an element of a profile is bound to: its binding, R4's largest value set (ElementDefinition, extension elementdefinition-maxValueSet),
 * and additional bindings (extension additional-binding of HL7's tools, an element since R5: ElementDefinition.binding.additional).
 */
import type { CodeSet } from './bindings.ts'
import type { BindingExtension, SnapshotElement } from './profile-definitions.ts'

export interface Binding {
  set: CodeSet
  strength: 'required' | 'extensible'
}

const MAXIMUM = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'
const ADDITIONAL: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional',
])

/** Purposes that say something of what is sent; the others are for forms and for what systems can do. */
const STRENGTHS: Record<string, Binding['strength']> = {
  required: 'required',
  maximum: 'required',
  extensible: 'extensible',
}

export function bindingsOf({ binding }: SnapshotElement, codes: (valueSet: string) => CodeSet | undefined): readonly Binding[] {
  if (!binding) return NONE
  const told = [{ valueSet: binding.valueSet, strength: asBound(binding.strength) }, ...(binding.extension ?? []).flatMap(added)]
  const found = told.flatMap(({ valueSet, strength }): Binding[] => {
    const set = valueSet !== undefined && strength ? codes(valueSet) : undefined
    return set && strength ? [{ set, strength }] : []
  })
  return found.length === 0 ? NONE : found
}

const NONE: readonly Binding[] = []

const asBound = (strength: string): Binding['strength'] | undefined =>
  strength === 'required' || strength === 'extensible' ? strength : undefined

interface Told {
  valueSet: string | undefined
  strength: Binding['strength'] | undefined
}

function added({ url, valueCanonical, valueUri, extension = [] }: BindingExtension): Told[] {
  if (url === MAXIMUM) return [{ valueSet: valueCanonical ?? valueUri, strength: 'required' }]
  if (!ADDITIONAL.has(url)) return []
  const part = (name: string) => extension.find((each) => each.url === name)
  // For some uses only, or for one repetition of several: whether this is the one meant, nobody says.
  if (part('usage') || part('any')?.valueBoolean === true) return []
  return [{ valueSet: part('valueSet')?.valueCanonical, strength: STRENGTHS[part('purpose')?.valueCode ?? ''] }]
}
