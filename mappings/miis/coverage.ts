/** The scheme that a transaction is settled under: cn-coverage, one per person and insutype. */
import type { Coverage } from '@medplum/fhirtypes'
import { codeSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView } from '../engine/rule.ts'
import type { KeyReference, MappingContext } from '../engine/types.ts'
import { poolArea } from './division.ts'
import { administration, miisKeys } from './keys.ts'

export interface CoverageRow {
  psn_no?: string
  insutype?: string
  insuplc_admdvs?: string
  psn_type?: string
  /** 1101 */
  cvlserv_flag?: string
  emp_name?: string
}

/** Without a person or a scheme there is no coverage to name; the reference is then a text that says so. */
export function coverageReference(context: MappingContext, row: RowView<CoverageRow>): KeyReference | { display: string } {
  if (row.psn_no === undefined || row.insutype === undefined) return { display: '险种未说明' }
  return { $key: miisKeys.coverage(context, row.psn_no, row.insutype) }
}

/** The employer through whom one is insured: a group in R4's words. */
const EMPLOYER = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/coverage-class', code: 'group', display: 'Group' }] }

export const coverage = mapping<CoverageRow, Coverage>({
  source: 'miis/coverage',
  to: 'Coverage',
  profile: 'cn-coverage',
  id: (row, run) =>
    row.psn_no === undefined || row.insutype === undefined ? undefined : miisKeys.coverage(run.context, row.psn_no, row.insutype),
  when: (row) => row.psn_no !== undefined && row.insutype !== undefined,
  // R4 wants a payor: where the message does not name the place of the insurance, it is a word for it.
  yielding: (row) => (row.insuplc_admdvs === undefined ? ['payor'] : []),
  rules: (from) => ({
    status: 'active',
    type: { coding: [{ system: codeSystem('nhsa-insutype'), code: from.text('insutype') }] },
    subscriberId: from.text('psn_no'),
    beneficiary: from.patient(),
    class: [
      {
        type: EMPLOYER,
        value: from.text('emp_name'),
        name: from.text('emp_name'),
      },
    ],
    payor: [from.value('insuplc_admdvs', (row, run) => administration(run, row.insuplc_admdvs))],
    extension: [
      poolArea<CoverageRow>('insuplc_admdvs'),
      { url: structureDefinition('cn-person-type'), valueCoding: { system: codeSystem('nhsa-psn-type'), code: from.text('psn_type') } },
      {
        url: structureDefinition('cn-civil-servant'),
        valueBoolean: from.choice('cvlserv_flag', { '1': 'true', '0': 'false' }).as((flag) => flag === 'true'),
      },
    ],
  }),
})
