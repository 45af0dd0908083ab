/** TB_YL_PATIENT_INFORMATION of a place that writes words where the table has codes of national tables, or leaves out what a number is one of. */
import { describe, expect, test } from '@jest/globals'
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

describe('a number without the kind of its document', () => {
  const numbered = async (number: string, kind = ''): Promise<MappedRecord> => {
    const file = `YLJGYQDM,KH,KLX,ZJHM,ZJLX,XM,CSRQ,YWSCSJ,XGBZ\n0001,C1,2,${number},${kind},某人,1978-09-12,2026-03-06,1\n`
    const { mapped } = await readAll(rhipTables, file, { fileName: 'TB_YL_PATIENT_INFORMATION.csv' })
    return mapped[0] as MappedRecord
  }
  const systemOf = (record: MappedRecord, number: string): string | undefined =>
    (plain(ofType(record, 'Patient')[0]).identifier as { system: string; value: string }[]).find(({ value }) => value === number)?.system

  test('an identity number says by its check digit that it is one: it links, and what was assumed is told', async () => {
    const record = await numbered('420106197809112036')
    expect(record.patient?.legal).toEqual({ type: '01', number: '420106197809112036' })
    expect(systemOf(record, '420106197809112036')).toBe('urn:oid:2.16.156.10011.1.3')
    // The birth date is looked at as with a number whose kind was sent.
    expect(record.issues.map(({ severity, code, at }) => `${severity} ${code} ${at}`)).toEqual([
      'information mapping-value-assumed ZJLX',
      'warning mapping-conflict CSRQ',
    ])
    const known = await numbered('420106197809112036', '01')
    expect(known.patient?.legal).toEqual(record.patient?.legal)
    expect(told(known)).toEqual(['mapping-conflict CSRQ'])
  })

  test.each(['420106197809112037', '420106780911203', 'E12345678'])(
    '%s could be of any: it is kept, links nobody, and is told',
    async (number) => {
      const record = await numbered(number)
      expect(record.patient).not.toHaveProperty('legal')
      expect(systemOf(record, number)).toBe('https://fhir-cn.example/sid/other-id')
      expect(told(record)).toEqual(['mapping-required ZJLX'])
    },
  )

  test('no number, nothing to tell', async () => {
    const record = await numbered('')
    expect(told(record)).toEqual([])
    expect(plain(ofType(record, 'Patient')[0]).identifier).toHaveLength(1)
  })
})
