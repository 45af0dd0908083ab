/** Relatives who signed, or who told of the patient's illness, to cn-relatedperson. */
import type { RelatedPerson } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { legalIdentifier } from '../../engine/legal-identifier.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { CdaRelative } from './header.ts'

export interface RelativeRow extends CdaRelative {
  /** hospital's number of the patient, else the document's own */
  patientNo: string
}

export const relativeKey = (row: RowView<RelativeRow>, run: Run): ResourceKey | undefined =>
  row.name === undefined && row.number === undefined
    ? undefined
    : keys.relative(run.scope, row.patientNo ?? '', row.name ?? row.number ?? '')

export const relative = mapping<RelativeRow, RelatedPerson>({
  source: 'hospital/cda/relative',
  to: 'RelatedPerson',
  profile: 'cn-relatedperson',
  id: relativeKey,
  rules: (from) => ({
    identifier: [
      from.value('number', (row, run) => (row.number === undefined ? undefined : legalIdentifier(run, 'number', '01', row.number))),
    ],
    active: true,
    patient: from.patient(),
    relationship: from.value(['relationCode', 'relation'], relationship),
    name: [{ text: from.text('name') }],
    telecom: [{ system: 'phone', value: from.text('phone') }],
  }),
})

/** GB/T 4761 as sent, HL7's own code behind it. */
export function relationship(row: { readonly relationCode?: string | undefined; readonly relation?: string | undefined }, run: Run) {
  const { relationCode: code, relation: text } = row
  if (code === undefined) return text === undefined ? undefined : [{ text }]
  const target = run.context.translate('gb4761', code)
  const coding = [{ system: TABLES.familyRelation, code, ...(text !== undefined && { display: text }) }, ...(target ? [target] : [])]
  return [{ coding, ...(text !== undefined && { text }) }]
}
