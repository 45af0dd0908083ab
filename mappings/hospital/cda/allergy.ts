/** What a document names as an allergy, to AllergyIntolerance; that none is known stays in the section. */
import type { AllergyIntolerance } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { saysNoAllergy } from '../../engine/values/no-allergy.ts'
import type { Facts, FactRow } from './facts.ts'

interface AllergyRow extends FactRow {
  patientNo?: string
  substance: string
  isDrug?: 'yes'
  time?: string
}

const STATUS = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'

const allergy = mapping<AllergyRow, AllergyIntolerance>({
  source: 'hospital/cda/allergy',
  to: 'AllergyIntolerance',
  id: (row, run) =>
    row.patientNo === undefined
      ? keys.documentFact('AllergyIntolerance', run.scope, row.documentNo ?? '', row.part ?? '')
      : keys.allergy(run.scope, row.patientNo, row.substance ?? ''),
  rules: (from) => ({
    clinicalStatus: { coding: [{ system: STATUS, code: 'active' }] },
    category: [from.value('isDrug', (row) => (row.isDrug === undefined ? undefined : 'medication'))],
    code: { text: from.text('substance').required() },
    patient: from.patient(),
    encounter: from.encounter('visitNo'),
    recordedDate: from.dateTime('time'),
  }),
})

export function allergies(facts: Facts): void {
  const { numbers } = facts.document.header.patient
  const patientNo = numbers.find(({ kind }) => kind === 'patient')?.value
  for (const { section, one } of facts.of('allergy')) {
    facts.take(one)
    if (one.text === undefined || saysNoAllergy(one.text)) continue
    const row: AllergyRow = {
      ...facts.row('allergy', one.at),
      substance: one.text,
      ...(patientNo !== undefined && { patientNo }),
      ...(/药/.test(one.words) && { isDrug: 'yes' }),
      ...(facts.time !== undefined && { time: facts.time }),
    }
    facts.run(allergy, row, one.at, section)
  }
}
