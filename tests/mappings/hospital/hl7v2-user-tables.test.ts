/** Codes of HL7's tables 0063 and 0002 and those that stand in their place; by hand from HL7 v2.4, chapter 3, and GB/T 2261.2. */
import { expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const EVENT = 'EVN|A08|20260305103000'
const HL7 = 'http://terminology.hl7.org/CodeSystem'
const OWN = 'https://fhir-cn.example/sid/H1'

interface Concept {
  coding: { system: string; code: string }[]
}

test.each([
  ['SPO', [`${HL7}/v3-RoleCode|SPS`, `${HL7}/v2-0063|SPO`]],
  ['CHD', [`${HL7}/v3-RoleCode|CHILD`, `${HL7}/v2-0063|CHD`]],
  ['DAU', [`${HL7}/v3-RoleCode|DAU`, `${OWN}/relationship-code|DAU`]],
  ['配偶', [`${HL7}/v3-RoleCode|SPS`, `${OWN}/relationship-code|配偶`]],
  ['05', [`${OWN}/relationship-code|05`]],
])('NK1-3 %s', async (code, expected) => {
  const { record } = await read(message('ADT^A08', '2.4', EVENT, PATIENT, INPATIENT, `NK1|1|王小明|${code}`))
  const [concept] = plain(ofType(record, 'RelatedPerson')[0]).relationship as Concept[]
  expect(concept?.coding.map((one) => `${one.system}|${one.code}`)).toEqual(expected)
  expect(record?.unmapped).toEqual(expected.length > 1 ? [] : [{ map: 'hl7-relationship', system: `${OWN}/relationship-code`, code: '05' }])
})

test.each([
  ['M', [`${HL7}/v3-MaritalStatus|M`, `${HL7}/v2-0002|M`]],
  ['20', [`${HL7}/v3-MaritalStatus|M`, 'urn:oid:2.16.156.10011.2.3.3.5|20']],
  ['未婚', [`${HL7}/v3-MaritalStatus|S`, `${OWN}/marital-status-code|未婚`]],
])('PID-16 %s', async (code, expected) => {
  const patient = ['PID', '1', '', '0001023456^^^0001^PI', '', '王建国', '', '19580312', 'M', ...Array(7).fill(''), code].join('|')
  const { record } = await read(message('ADT^A08', '2.4', EVENT, patient, INPATIENT))
  const { coding } = plain(ofType(record, 'Patient')[0]).maritalStatus as Concept
  expect(coding.map((one) => `${one.system}|${one.code}`)).toEqual(expected)
})
