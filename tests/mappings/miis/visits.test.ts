/** Registrations, admissions, discharges and their reversals. Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const one = async (body: string | Buffer | Json) => {
  const sent = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const { mapped, rejected } = await readAll(miisInterface, sent)
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const file = (name: string) => sample(`miis/${name}.json`)
const pair = (name: string) => JSON.parse(file(name).toString()) as { request: Json & { input: Json }; response: Json }

const STAY = { type: 'Encounter', scope: 'miis:MIA', parts: ['110105G0000000000002'] }
const VISIT = { type: 'Encounter', scope: 'miis:MIA', parts: ['110105G0000000000003'] }
const HEART = { type: 'Condition', scope: 'miis:MIA', parts: ['110105G0000000000002', '1|I25.103'] }

describe('2201 and 2202', () => {
  test('a registration is a planned visit, under the number that the answer gives', async () => {
    const record = await one(file('2201-registration'))
    expect(record?.issues).toEqual([])
    expect(record?.patient).toEqual({
      local: [{ kind: 'PSN', value: '31000000000000000000067890', strong: true }],
      legal: { type: '01', number: '310100196511080248' },
    })
    const [visit] = ofType(record, 'Encounter')
    expect(visit).toMatchObject({ key: VISIT, state: 'current', statedAt: '2026-03-16T00:10:00.000Z' })
    expect(plain(visit)).toMatchObject({
      identifier: [
        { system: 'https://fhir-cn.example/sid/nhsa/mdtrt-id', value: '110105G0000000000003' },
        { system: 'https://fhir-cn.example/sid/H1/outpatient-no', value: 'MZ20260316021' },
      ],
      status: 'planned',
      class: { code: 'AMB' },
      participant: [{ individual: { $key: { type: 'Practitioner', scope: 'nhsa', parts: ['D110105000001'] }, display: '吴医生' } }],
      period: { start: '2026-03-16T09:00:00+08:00' },
      serviceType: { text: '内分泌科' },
      serviceProvider: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
    })
    expect(plain(ofType(record, 'Coverage')[0])).toMatchObject({ type: { coding: [{ code: '390' }] } })
  })

  test('the request alone tells of the person and says which number is missing', async () => {
    const record = await one(pair('2201-registration').request)
    expect(ofType(record, 'Encounter')).toEqual([])
    expect(ofType(record, 'Patient')).toHaveLength(1)
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'output.data.mdtrt_id' }])
  })

  test('the answer alone is known by its shape, and names no hospital', async () => {
    const record = await one(pair('2201-registration').response)
    expect(ofType(record, 'Encounter')[0]?.key).toEqual(VISIT)
    expect(plain(ofType(record, 'Encounter')[0]).identifier).toEqual([
      { system: 'https://fhir-cn.example/sid/nhsa/mdtrt-id', value: '110105G0000000000003' },
    ])
  })

  test('a reversal cancels the visit, as of its own time', async () => {
    const record = await one(file('2202-registration-reversal'))
    const [visit] = ofType(record, 'Encounter')
    expect(visit).toMatchObject({ key: VISIT, state: 'current', statedAt: '2026-03-16T00:40:00.000Z' })
    expect(plain(visit)).toMatchObject({ status: 'cancelled', class: { code: 'AMB' } })
    expect(record?.unread).toEqual([])
  })
})

describe('2401 to 2405', () => {
  test('an admission: number from the answer, doctor, bed, diagnosis of admission', async () => {
    const record = await one(file('2401-admission'))
    expect(record?.issues).toEqual([])
    const [stay] = ofType(record, 'Encounter')
    expect(stay?.key).toEqual(STAY)
    expect(plain(stay)).toMatchObject({
      identifier: [{ value: '110105G0000000000002' }, { value: 'ZY20260305001' }, { value: 'BA0001023456' }],
      status: 'in-progress',
      class: { code: 'IMP' },
      period: { start: '2026-03-05T09:15:00+08:00' },
      reasonCode: [{ text: '活动后胸闷 3 天' }, { text: '冠状动脉粥样硬化性心脏病' }],
      diagnosis: [{ condition: { $key: HEART }, use: { coding: [{ code: 'AD' }] }, rank: 1 }],
      location: [{ location: { $key: { type: 'Location', scope: 'H1', parts: ['A03.04', '12'] } } }],
      serviceType: { text: '心血管内科' },
    })
    expect(plain(ofType(record, 'Condition')[0])).toMatchObject({
      code: { coding: [{ code: 'I25.103', version: 'insurance-2.0' }] },
      encounter: { $key: STAY },
      extension: [{ valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.253', code: '1' } }],
    })
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({
      contact: [{ name: { text: '王小明' }, telecom: [{ value: '13900000001' }] }],
    })
  })

  test('without a list the main diagnosis of the admission itself counts', async () => {
    const sent = pair('2401-admission')
    const record = await one({ ...sent, request: { ...sent.request, input: { ...sent.request.input, diseinfo: [] } } })
    expect(ofType(record, 'Condition').map(({ key }) => key)).toEqual([HEART])
  })

  test('words about the condition on admission are a note, not a code', async () => {
    const sent = pair('2401-admission')
    const [row] = sent.request.input.diseinfo as Json[]
    Object.assign(row as Json, { adm_cond: '一般' })
    const condition = plain(ofType(await one(sent), 'Condition')[0])
    expect(condition.note).toEqual([{ text: '入院病情：一般' }])
    expect(condition.extension).toBeUndefined()
  })

  test('2403 changes what the admission said, under the node of either name', async () => {
    const sent = pair('2401-admission')
    const info = { ...(sent.request.input.mdtrtinfo as Json), mdtrt_id: '110105G0000000000002', adm_bed: '15' }
    for (const name of ['mdtrtinfo', 'adminfo']) {
      const record = await one({ ...sent.request, infno: '2403', input: { [name]: info } })
      expect(ofType(record, 'Encounter')[0]?.key).toEqual(STAY)
      expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({ location: [{ location: { $key: { parts: ['A03.04', '15'] } } }] })
    }
  })

  test.each([
    [
      'by their numbers',
      ['3', '2', '1'],
      [
        [HEART.parts[1], 1],
        ['1|I10.x00', 2],
        ['1|E11.900', 3],
      ],
    ],
    [
      'as they are listed, where one has no number',
      ['3', '', '1'],
      [
        [HEART.parts[1], 1],
        ['1|E11.900', 2],
        ['1|I10.x00', 3],
      ],
    ],
  ])('diagnoses of a stay have their ranks %s, the main one the first', async (_, numbers, expected) => {
    const sent = JSON.parse(file('2402-discharge').toString()) as Json & { input: { diseinfo: Json[] } }
    const [main, second] = sent.input.diseinfo
    const third: Json = { ...second, diag_code: 'E11.900', diag_name: '2型糖尿病' }
    sent.input.diseinfo = [third, second, main].map((row, at) => ({ ...row, diag_srt_no: numbers[at] }))
    const [stay] = ofType(await one(sent), 'Encounter')
    const diagnoses = plain(stay).diagnosis as { condition: { $key: { parts: string[] } }; rank: number }[]
    expect(diagnoses.map(({ condition, rank }) => [condition.$key.parts[1], rank])).toEqual(expected)
  })

  test('a discharge: end, way and diagnoses, and no beginning of its own', async () => {
    const record = await one(file('2402-discharge'))
    expect(record?.issues).toEqual([])
    const [stay] = ofType(record, 'Encounter')
    expect(stay?.key).toEqual(STAY)
    expect(plain(stay)).toMatchObject({
      status: 'finished',
      hospitalization: { dischargeDisposition: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: '1' }] } },
      diagnosis: [
        { condition: { $key: HEART }, use: { coding: [{ code: 'DD' }] }, rank: 1 },
        { condition: { $key: { parts: ['110105G0000000000002', '1|I10.x00'] } }, rank: 2 },
      ],
    })
    expect(plain(stay).period).toEqual({ end: '2026-03-12T15:00:00+08:00' })
  })

  test('who died in the stay is dead', async () => {
    const sent = JSON.parse(file('2402-discharge').toString()) as Json & { input: { mdtrtinfo: Json } }
    Object.assign(sent.input.mdtrtinfo, { dscg_way: '5', die_date: '2026-03-12' })
    expect(plain(ofType(await one(sent), 'Patient')[0])).toMatchObject({ deceasedDateTime: '2026-03-12' })
  })

  test.each([
    ['2404', 'cancelled', undefined],
    ['2405', 'in-progress', ['period.end', 'hospitalization']],
  ])('%s: the stay is %s', async (infno, status, without) => {
    const { request } = pair('2401-admission')
    const record = await one({
      ...request,
      infno,
      input: { data: { mdtrt_id: '110105G0000000000002', psn_no: '11000000000000000000012345' } },
    })
    const [stay] = ofType(record, 'Encounter')
    expect(stay?.key).toEqual(STAY)
    expect(stay?.without).toEqual(without)
    expect(plain(stay)).toMatchObject({ status, class: { code: 'IMP' } })
  })
})
