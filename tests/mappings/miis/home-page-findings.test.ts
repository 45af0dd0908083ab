/** What the full home page (4401) says without a name, a time or a substance. Expected values are read from the sample by hand. */
import { expect, test } from '@jest/globals'
import type { ResourceKey } from '../../../mappings/engine/types.ts'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const page = () => JSON.parse(sample('miis/4401-home-page.json').toString()) as Json & { input: { baseinfo: Json } }
const one = async (body: Json) => {
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}

test('of a stay that ends before it begins the beginning is told', async () => {
  const sent = page()
  Object.assign(sent.input.baseinfo, { dscg_date: '2026-03-04 15:00:00' })
  const found = ofType(await one(sent), 'Observation').map(plain)
  expect(found.map(({ effectivePeriod }) => effectivePeriod)).toEqual(Array(4).fill({ start: '2026-03-05T09:15:00+08:00' }))
})

test('codes alone have the words of the national tables; not examined and not known are no blood group', async () => {
  const sent = page()
  for (const [abo, rh, expected] of [
    [
      '4',
      '1',
      [
        ['4', 'AB型'],
        ['1', '阴性'],
      ],
    ],
    ['3', '4', [['3', 'O型']]],
    ['5', '3', []],
    ['6', '2', [['2', '阳性']]],
  ] as const) {
    Object.assign(sent.input.baseinfo, { abo_code: abo, abo_name: '', rh_code: rh, rh_name: '' })
    const groups = ofType(await one(sent), 'Observation')
      .map((each) => plain(each).valueCodeableConcept as { coding: [{ system: string; code: string; display: string }]; text: string })
      .filter(({ coding }) => coding[0].system.startsWith('urn:oid'))
    expect(groups.map(({ coding: [{ code, display }], text }) => [code, display, text])).toEqual(
      expected.map(([code, word]) => [code, word, word]),
    )
  }
})

test('the way of payment is the national code, which the page writes in one digit', async () => {
  const sent = page()
  for (const [written, code] of [
    ['1', '01'],
    ['9', '99'],
    ['02', '02'],
  ]) {
    Object.assign(sent.input.baseinfo, { medfee_paymtd_code: written })
    const { extension } = plain(ofType(await one(sent), 'Encounter').find(({ placeholder }) => !placeholder)) as {
      extension: { url: string; valueCodeableConcept: Json }[]
    }
    expect(extension.find(({ url }) => url.endsWith('/cn-payment-method'))?.valueCodeableConcept).toEqual({
      coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.269', code }],
      text: '城镇职工基本医疗保险',
    })
  }
})

test('a page that denies allergies names none; one that tells of a drug refers to it', async () => {
  const allergySection = (record: Awaited<ReturnType<typeof one>>) =>
    (plain(ofType(record, 'Composition')[0]).section as { code: { coding: Json[] }; text: { div: string }; entry?: Json[] }[]).find(
      ({ code }) => code.coding[0]?.code === '48765-2',
    )
  const sent = page()
  const told = await one(sent)
  expect(allergySection(told)?.entry).toEqual([{ $key: ofType(told, 'AllergyIntolerance')[0]?.key }])
  Object.assign(sent.input.baseinfo, { drug_dicm_flag: '1', dicm_drug_name: '否认药物过敏' })
  const denied = await one(sent)
  expect(ofType(denied, 'AllergyIntolerance')).toEqual([])
  expect(allergySection(denied)).not.toHaveProperty('entry')
  expect(allergySection(denied)?.text.div).toContain('<p>过敏药物：否认药物过敏</p>')
})

test('a page that is taken back takes back what servers of before made of a denial and of a group that is not known', async () => {
  const sent = page()
  Object.assign(sent.input.baseinfo, {
    vali_flag: '0',
    abo_code: '5',
    abo_name: '',
    rh_code: '4',
    rh_name: '',
    dicm_drug_name: '否认药物过敏',
  })
  const record = await one(sent)
  const states = [...ofType(record, 'Observation'), ...ofType(record, 'AllergyIntolerance')]
    .map(({ key, state }) => [...(key as ResourceKey).parts.slice(-3), state])
    .filter(([first]) => first !== 'home-page')
  expect(states.map((parts) => parts.slice(-2))).toEqual([
    ['abo', 'withdrawn'],
    ['rh', 'withdrawn'],
    ['否认药物过敏', 'withdrawn'],
  ])
})

test('tests by their codes: antibodies of HIV alone, not with its antigen', async () => {
  const sent = page()
  Object.assign(sent.input.baseinfo, { hbsag: '1', hcv_ab: '2', hiv_ab: '1' })
  const codes = ofType(await one(sent), 'Observation').map((each) => (plain(each).code as { coding: { code: string }[] }).coding[0]?.code)
  expect(codes.slice(-3)).toEqual(['5195-3', '16128-1', '7918-6'])
})
