/** What turns a statement into its opposite is never left out of a masked form: an order not to give reads as one to give. */
import { expect, test } from '@jest/globals'
import { keptElements } from '../../server/access/deidentify-elements.ts'

/** Elements of the root that R4 marks as modifiers and that are no status (is-modifier in the definitions of the types). */
test.each([
  ['MedicationRequest', 'doNotPerform'],
  ['ServiceRequest', 'doNotPerform'],
  ['Immunization', 'isSubpotent'],
])('%s.%s', (type, element) => expect(keptElements(type)?.has(element)).toBe(true))
