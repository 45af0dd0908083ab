/** Authors and signatories to cn-practitioner; a name without a number stays a display. */
import type { Practitioner } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import type { MappedReference } from '../../engine/elements.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { CdaPerson } from './header.ts'

export type PersonRow = Pick<CdaPerson, 'number' | 'name' | 'title'>

export const practitioner = mapping<PersonRow, Practitioner>({
  source: 'hospital/cda/author',
  to: 'Practitioner',
  profile: 'cn-practitioner',
  id: (row, run) => (row.number === undefined ? undefined : keys.practitioner(run.scope, row.number, row.name ?? '')),
  when: (row) => row.number !== undefined,
  inPassing: true,
  rules: (from) => ({
    extension: [{ url: structureDefinition('cn-professional-title'), valueCodeableConcept: { text: from.text('title') } }],
    identifier: [from.identifier((scope) => localSystem(scope, 'staff-no'), 'number')],
    active: true,
    name: [{ text: from.text('name') }],
  }),
})

export function personReference({ number, name }: PersonRow, scope: string): MappedReference | undefined {
  if (number === undefined) return name === undefined ? undefined : { display: name }
  return referTo(keys.practitioner(scope, number, name ?? ''), name)
}
