/** Institutions that the configuration does not know: what refers to them must not point nowhere. */
import { expect, test } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { rhipCda } from '../../../mappings/rhip/cda/index.ts'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { invalid } from '../hospital/rules.ts'
import { ofType, plain, readAll, sample } from '../support.ts'

const VISITS = 'YLJGYQDM,JZLSH,CISID,BAH,KH,KLX,HZXM,JZLX,JZKSBM,JZKSMC,CYKSBM,CYKSMC,RYSJ,CYSJ,MJ,XGBZ'
const visit = (institution: string, withdrawn = '1'): string =>
  `${VISITS}\n${institution},ZY1,1,BA1,C1,0,王建国,200,0301,呼吸内科,-,-,2026-03-05 09:30:00,-,-,${withdrawn}\n`
const mappedVisit = async (institution: string, withdrawn?: string): Promise<MappedRecord | undefined> => {
  const { mapped, rejected } = await readAll(rhipTables, visit(institution, withdrawn), { fileName: 'TB_YL_ZY_MEDICAL_RECORD.csv' })
  expect(rejected).toEqual([])
  expect(mapped.flatMap(invalid)).toEqual([])
  return mapped[0]
}
const scopeOf = (record: MappedRecord | undefined): (string | undefined)[] =>
  ofType(record, 'Organization').flatMap(({ key }) => (key === 'patient' || key.parts.length > 0 ? [] : [key.scope]))

test.each([
  ['0099', 'https://fhir-cn.example/sid/HA/institution-code'],
  ['12110000000000009X', 'urn:oid:2.16.156.10011.1.5'],
])('a platform’s institution %s is mentioned by its code', async (code, system) => {
  const record = await mappedVisit(code)
  const [institution] = ofType(record, 'Organization').filter(({ key }) => key !== 'patient' && key.parts.length === 0)
  expect(plain(ofType(record, 'Encounter')[0]).serviceProvider).toEqual({ $key: institution?.key })
  expect(institution).toMatchObject({ placeholder: true, statedAt: '1970-01-01T00:00:00.000Z' })
  expect(plain(institution)).toMatchObject({ identifier: [{ system, value: code }], active: true, name: code })
})

test('one that the configuration knows is not, nor one of which all is taken back', async () => {
  expect(scopeOf(await mappedVisit('0001'))).toEqual([])
  expect(scopeOf(await mappedVisit('0099', '2'))).toEqual([])
})

test('the keeper of a document that a platform passes on', async () => {
  const text = sample('hospital/cda/C0020.xml').toString().replaceAll('12110000000000001N', '12110000000000009X')
  const { mapped, rejected } = await readAll(rhipCda, text)
  expect(rejected).toEqual([])
  expect(scopeOf(mapped[0])).toEqual(['HA~12110000000000009X'])
})

test('the hospital to which the insurance refers a patient (2501), by its name', async () => {
  const { mapped } = await readAll(miisInterface, sample('miis/2501-referral.json'))
  const [institution] = ofType(mapped[0], 'Organization').filter(({ key }) => key !== 'patient' && key.scope === 'MIA~H31010100002')
  expect(plain(ofType(mapped[0], 'ServiceRequest')[0]).performer).toEqual([{ $key: institution?.key, display: '示例省立医院' }])
  expect(plain(institution)).toMatchObject({
    identifier: [{ system: 'https://fhir-cn.example/sid/nhsa/fixmedins', value: 'H31010100002' }],
    name: '示例省立医院',
  })
})

test('an institution of which a row of the insurance tells, beside that of its head', async () => {
  const sent = JSON.parse(sample('miis/4202-self-paid-stay.json').toString()) as { input: { ownPayPatnMdtrtD: Record<string, string> } }
  sent.input.ownPayPatnMdtrtD.fixmedins_code = 'H99'
  const { mapped } = await readAll(miisInterface, JSON.stringify(sent))
  const scopes = scopeOf(mapped[0])
  expect(scopes).toEqual(expect.arrayContaining(['H1', 'MIA~H99']))
  const serviceProvider = ofType(mapped[0], 'Encounter').map((each) => plain(each).serviceProvider as { $key: { scope: string } })
  for (const { $key } of serviceProvider) expect(scopes).toContain($key.scope)
})
