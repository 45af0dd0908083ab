/** TB_YL_PATIENT_INFORMATION of a place that writes words where the table has codes of national tables. */
import { expect, test } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { ofType, plain, readAll } from '../support.ts'

const HEADER = 'YLJGYQDM,KH,KLX,XM,XB,MZ,GJ,LXRXM,LXRGX,YWSCSJ,XGBZ'
async function read(codes: string): Promise<MappedRecord> {
  const [sex, ethnicity, country, relation] = codes.split(' ')
  const file = `${HEADER}\n0001,C1,2,某人,${sex},${ethnicity},${country},某亲,${relation},2026-03-06 08:00:00,1\n`
  const { mapped, rejected } = await readAll(rhipTables, file, { fileName: 'TB_YL_PATIENT_INFORMATION.csv' })
  expect(rejected).toEqual([])
  return mapped[0] as MappedRecord
}
const told = ({ issues }: MappedRecord): string[] => issues.map(({ code, at }) => `${code} ${at}`)
const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality'
const extension = (name: string): string => `https://fhir-cn.example/StructureDefinition/${name}`

test('codes are codes of those tables', async () => {
  const record = await read('1 01 CHN 2')
  expect(told(record)).toEqual([])
  expect(plain(ofType(record, 'Patient')[0])).toMatchObject({
    gender: 'male',
    contact: [{ relationship: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.8', code: '2' }, { code: 'SON' }] }] }],
    extension: [
      { url: extension('cn-ethnicity'), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '01' } },
      { url: extension('cn-gender-gb'), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.4', code: '1' } },
      { url: NATIONALITY, extension: [{ valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.1', code: 'CHN' }] } }] },
    ],
  })
})

test('a word is no code of them: it is a text where there is one, else it is told', async () => {
  const record = await read('男 汉族 中国 父子')
  expect(told(record)).toEqual(expect.arrayContaining(['mapping-code-unmapped XB', 'mapping-value-unknown MZ']))
  const patient = plain(ofType(record, 'Patient')[0])
  expect(patient.contact).toEqual([{ relationship: [{ text: '父子' }], name: { text: '某亲' } }])
  expect(patient.extension).toEqual([{ url: NATIONALITY, extension: [{ url: 'code', valueCodeableConcept: { text: '中国' } }] }])
})
