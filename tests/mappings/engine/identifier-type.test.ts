/** Kinds of numbers: R4 binds Identifier.type to HL7's codes (extensible) where there is one for the kind. */
import { expect, test } from '@jest/globals'
import { identifierType } from '../../../mappings/engine/systems.ts'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { context, ofType, plain, readAll } from '../support.ts'

const OWN = 'https://fhir-cn.example/CodeSystem/cn-identifier-type'
const HL7 = 'http://terminology.hl7.org/CodeSystem/v2-0203'

interface Typed {
  type: { coding: { system: string; code: string; display?: string }[] }
  value: string
}

test.each([
  ['MRN', 'MR'],
  ['PPN', 'PPN'],
  ['ID', undefined],
  ['IPNO', undefined],
])('%s is %s', (own, hl7) => {
  expect(identifierType(own).coding.map(({ system, code }) => [system, code])).toEqual([
    [OWN, own],
    ...(hl7 === undefined ? [] : [[HL7, hl7]]),
  ])
})

test('a hospital’s number of its patient, from the hospital and from the platform alike', async () => {
  const pid =
    'MSH|^~\\&|HIS|0001|EAI|Y|20260305103000||ADT^A28|O1|P|2.4\rEVN|A28|20260305103000\rPID|1||0001023456^^^0001^PI||王建国||19580312|M\r'
  const table =
    'YLJGYQDM,KH,KLX,XM,XB,CSRQ,ZJLX,ZJHM,YWSCSJ,YYDAH,XGBZ\n0001,C1,0,王建国,1,19580312,03,E12345678,2026-03-10 01:00:00,0001023456,1\n'
  const [hospital, platform] = await Promise.all([
    readAll(hospitalHl7v2, pid, { context: context('hospital', 'H1') }),
    readAll(rhipTables, table, { fileName: 'TB_YL_PATIENT_INFORMATION.csv' }),
  ])
  const [one, other] = [hospital, platform].map(({ mapped }) => plain(ofType(mapped[0], 'Patient')[0]).identifier as Typed[])
  const number = one?.find(({ value }) => value === '0001023456')
  expect(number?.type.coding).toEqual([
    { system: OWN, code: 'MRN' },
    { system: HL7, code: 'MR', display: 'Medical record number' },
  ])
  expect(other).toContainEqual(number)
  expect(other?.find(({ value }) => value === 'E12345678')?.type.coding[1]).toMatchObject({ system: HL7, code: 'PPN' })
})
