/** AL1 that names no substance; expectations are written by hand from R4 AllergyIntolerance and the codes of the International Patient Summary. */
import { expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const adt = async (...al1: string[]) => (await read(message('ADT^A08', '2.4', 'EVN|A08|20260305103000', PATIENT, INPATIENT, ...al1))).record
const NONE = (code: string) => ({ coding: [expect.objectContaining({ code })] })
const CODES = 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips'

test.each([
  ['^无过敏史', ['no-known-allergies']],
  ['^无过敏', ['no-known-allergies']],
  ['^否认', ['no-known-allergies']],
  ['^否认过敏史。', ['no-known-allergies']],
  ['^未发现', ['no-known-allergies']],
  ['NKA', ['no-known-allergies']],
  ['NKA^No Known Allergies', ['no-known-allergies']],
  ['NKA^无过敏史^L', ['no-known-allergies']],
  ['nkda', ['no-known-medication-allergies']],
  ['^否认药物过敏史', ['no-known-medication-allergies']],
  ['^无食物过敏', ['no-known-food-allergies']],
  ['^否认药物、食物过敏史', ['no-known-medication-allergies', 'no-known-food-allergies']],
])('%s says that none is known: no allergy to a substance', async (substance, codes) => {
  const record = await adt(`AL1|1|DA|${substance}`)
  const found = ofType(record, 'AllergyIntolerance').map(plain)
  expect(found.map(({ code }) => code)).toMatchObject(codes.map((code) => ({ coding: [{ system: CODES, code }] })))
  for (const one of found) {
    expect(one).toMatchObject({ clinicalStatus: NONE('active'), patient: { $patient: true }, recordedDate: '2026-03-05T02:30:00.000Z' })
    expect(one).not.toHaveProperty('verificationStatus')
  }
  expect([record?.issues, record?.unmapped]).toEqual([[], []])
})

test.each(['否认青霉素过敏史', '否认青霉素', '无青霉素过敏'])('%s is refuted, and says nothing of one that was found', async (text) => {
  const record = await adt(`AL1|1|DA|^${text}`)
  const [denied] = ofType(record, 'AllergyIntolerance')
  expect(plain(denied)).toMatchObject({
    ...{ clinicalStatus: NONE('inactive'), verificationStatus: NONE('refuted') },
    ...{ code: { text: '青霉素' }, note: [{ text }] },
  })
  const [found] = ofType(await adt('AL1|1|DA|^青霉素'), 'AllergyIntolerance')
  expect(plain(found)).toMatchObject({ clinicalStatus: NONE('active'), code: { text: '青霉素' } })
  expect(found?.key).not.toEqual(denied?.key)
})

test.each(['^不详', 'X^未知', 'UNK'])('%s is neither: it is told as not read', async (substance) => {
  const record = await adt(`AL1|1|DA|${substance}`)
  expect(ofType(record, 'AllergyIntolerance')).toEqual([])
  expect(record?.unread).toContain(substance.includes('^') ? 'AL1-3.2' : 'AL1-3')
})

test.each([
  ...['^无花果', '^无水乙醇', 'PCN^青霉素', '^花粉', 'NKA^青霉素'],
  ...['^无过敏史，但对海鲜过敏', '^无药物过敏（青霉素皮试阳性）', '^否认青霉素过敏，头孢过敏', '^无青霉素过敏、有头孢过敏'],
])('%s may be an allergy, and stays one', async (substance) => {
  const [found] = ofType(await adt(`AL1|1|DA|${substance}`), 'AllergyIntolerance')
  expect(plain(found)).toMatchObject({ clinicalStatus: NONE('active'), code: { text: substance.split('^')[1] } })
})

test('beside an allergy none is a contradiction: the allergy stands', async () => {
  const record = await adt('AL1|1|DA|^青霉素', 'AL1|2|DA|NKA')
  expect(ofType(record, 'AllergyIntolerance').map((one) => plain(one).code)).toEqual([expect.objectContaining({ text: '青霉素' })])
  expect(record?.issues).toEqual([{ severity: 'warning', code: 'mapping-conflict', at: 'AL1[2]-3' }])
})
