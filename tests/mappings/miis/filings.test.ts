/** 2501 to 2506, filings with the insurance and their reversals. Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const file = (name: string): Json => JSON.parse(sample(`miis/${name}.json`).toString()) as Json
const one = async (body: Json) => {
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const FILING = 'https://fhir-cn.example/sid/nhsa/filing-no'

describe('2501 and 2502 referral', () => {
  test('who refers, to whom, for what, from when to when', async () => {
    const record = await one(file('2501-referral'))
    expect(record?.issues).toEqual([])
    const [made] = ofType(record, 'ServiceRequest')
    expect(made?.key).toEqual({ type: 'ServiceRequest', scope: 'miis:MIA', parts: ['filing', '110105F0000000000001'] })
    expect(plain(made)).toMatchObject({
      identifier: [{ system: FILING, value: '110105F0000000000001' }],
      status: 'active',
      intent: 'order',
      category: [{ coding: [{ system: 'http://snomed.info/sct', code: '3457005' }] }],
      code: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-refl-type', code: '2' }], text: '转院备案' },
      occurrencePeriod: { start: '2026-03-20', end: '2026-09-19' },
      authoredOn: '2026-03-19',
      requester: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
      performer: [{ $key: { type: 'Organization', scope: 'MIA~H31010100002', parts: [] }, display: '示例省立医院' }],
      locationCode: [{ coding: [{ code: '310101' }] }],
      reasonCode: [{ coding: [{ code: 'I25.103', version: 'insurance-2.0' }] }],
      insurance: [{ $key: { type: 'Coverage', parts: ['11000000000000000000012345', '310'] } }],
      note: [
        { text: '三支病变，拟行搭桥手术' },
        { text: '转院原因：本院不具备手术条件' },
        { text: '转院意见：同意转院' },
        { text: '医院同意转院' },
      ],
    })
    expect(plain(ofType(record, 'Coverage')[0])).toMatchObject({
      extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-pool-area', valueCoding: { code: '110105' } }],
    })
    expect(record?.unread).toEqual(['input.refmedin.tel', 'input.refmedin.addr'])
  })

  test('the request alone has no number: the person and his scheme, and what is missing', async () => {
    const record = await one((file('2501-referral') as { request: Json }).request)
    expect(ofType(record, 'ServiceRequest')).toEqual([])
    expect(ofType(record, 'Coverage')).toHaveLength(1)
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'output.result.trt_dcla_detl_sn' }])
  })

  test('taken back it is revoked, whichever comes first', async () => {
    const record = await one(file('2502-referral-reversal'))
    const [made] = ofType(record, 'ServiceRequest')
    expect(made).toMatchObject({
      key: { parts: ['filing', '110105F0000000000001'] },
      state: 'current',
      statedAt: '2026-03-20T02:00:00.000Z',
      yielding: ['category', 'code', 'intent'],
    })
    expect(plain(made)).toMatchObject({ status: 'revoked' })
    expect(record?.unread).toEqual(['input.data.memo'])
  })
})

describe('2503 and 2504 chronic or special disease', () => {
  test('the disease, and how long the insurance pays for it', async () => {
    const record = await one(file('2503-chronic-disease'))
    expect(record?.issues).toEqual([])
    expect(plain(ofType(record, 'Condition')[0])).toMatchObject({
      category: [{ coding: [{ code: 'problem-list-item' }] }],
      clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
      code: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-disease', code: 'M01600', display: '糖尿病' }] },
      recordedDate: '2026-03-16',
      recorder: { $key: { parts: ['D110105000001'] } },
    })
    expect(plain(ofType(record, 'EpisodeOfCare')[0])).toMatchObject({
      status: 'active',
      type: [{ text: '门诊慢特病备案' }],
      diagnosis: [{ condition: { $key: { type: 'Condition', parts: ['filing', '310100F0000000000002'] } } }],
      managingOrganization: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
      period: { start: '2026-03-20', end: '2027-03-19' },
    })
    // What decides about access to a disease is its Condition: nothing else of the filing names it.
    expect(JSON.stringify(plain(ofType(record, 'EpisodeOfCare')[0]))).not.toContain('糖尿病')
    expect(record?.unread).toEqual([])
  })

  test('taken back neither stands', async () => {
    const { request } = file('2503-chronic-disease') as { request: Json }
    const reversal = { data: { trt_dcla_detl_sn: '310100F0000000000002', psn_no: '31000000000000000000067890' } }
    const record = await one({ ...request, infno: '2504', input: reversal })
    expect(ofType(record, 'Condition')[0]?.state).toBe('withdrawn')
    expect(plain(ofType(record, 'EpisodeOfCare')[0])).toMatchObject({ status: 'cancelled' })
  })

  test('a reversal without the number of the filing is refused', async () => {
    const { request } = file('2503-chronic-disease') as { request: Json }
    const { rejected } = await readAll(miisInterface, JSON.stringify({ ...request, infno: '2504', input: { data: { psn_no: '1' } } }))
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'input.data.trt_dcla_detl_sn']])
  })
})

describe('2505 and 2506 designated institution', () => {
  test('which one, and how long', async () => {
    const record = await one(file('2505-designation'))
    expect(record?.issues).toEqual([])
    expect(plain(ofType(record, 'EpisodeOfCare')[0])).toMatchObject({
      identifier: [{ system: FILING, value: '310100F0000000000003' }],
      status: 'active',
      type: [{ text: '定点医药机构备案' }, { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-biz-appy-type', code: '03' }] }],
      managingOrganization: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
      period: { start: '2026-04-01', end: '2027-03-31' },
    })
  })

  test('taken back it is cancelled', async () => {
    const { request } = file('2505-designation') as { request: Json }
    const reversal = { data: { trt_dcla_detl_sn: '310100F0000000000003', psn_no: '31000000000000000000067890' } }
    const record = await one({ ...request, infno: '2506', input: reversal })
    expect(plain(ofType(record, 'EpisodeOfCare')[0])).toMatchObject({ status: 'cancelled' })
    expect(ofType(record, 'EpisodeOfCare')[0]?.key).toEqual({
      type: 'EpisodeOfCare',
      scope: 'miis:MIA',
      parts: ['filing', '310100F0000000000003'],
    })
  })
})
