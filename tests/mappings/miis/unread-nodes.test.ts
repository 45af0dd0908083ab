/** What a transaction does not look at is said, and what cannot count twice is an error. Expected places by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const [PSN, VISIT] = ['11000000000000000000012345', '110105G0000000000002']
const request = (infno: string, input: Json): Json => ({
  infno,
  msgid: 'H11010500001202603091012009999',
  inf_time: '2026-03-13 10:00:00',
  fixmedins_code: 'H11010500001',
  input,
})
const one = async (body: Json) => {
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected).toEqual([])
  return mapped[0]
}
const named = (field: Json) => ({ mdtrt_id: VISIT, psn_no: PSN, ...field })

describe('a node that is one by the interface', () => {
  test.each([
    ['2202', { data: [named({ ipt_otp_no: 'M1' }), named({ ipt_otp_no: 'M2' })] }, 'input.data[1]'],
    ['2205', { data: [named({ chrg_bchno: 'B1' }), named({ chrg_bchno: 'B2' })] }, 'input.data[1]'],
    ['2208', { mdtrtinfo: [named({ setl_id: 'S1' }), named({ setl_id: 'S2' })] }, 'input.mdtrtinfo[1]'],
    ['2203', { mdtrtinfo: [named({ med_type: '11' }), named({ med_type: '11' })], diseinfo: [] }, 'input.mdtrtinfo[1]'],
    ['2601', { data: [{ psn_no: PSN, omsgid: 'M', oinfno: '2207' }, { psn_no: PSN }] }, 'input.data[1]'],
  ])('%s: the second of a list did not count, and that is an error', async (infno, input, at) => {
    const errors = (await one(request(infno, input)))?.issues.filter(({ severity }) => severity === 'error')
    expect(errors).toEqual([{ severity: 'error', code: 'miis-node-repeated', at }])
  })

  test('a list of one is no error', async () => {
    expect((await one(request('2205', { data: [named({ chrg_bchno: 'B1' })] })))?.issues).toEqual([])
  })
})

test('fields of nodes that nobody knows are listed as unread, whatever the shape', async () => {
  const record = await one(
    request('2205', {
      data: named({ chrg_bchno: 'B1' }),
      agnterinfo: { agnter_name: '王', memo: '' },
      exp: [{ a: '1' }],
      note: 'x',
      'no name': { b: '1' },
    }),
  )
  expect(record?.unread).toEqual(['input.agnterinfo.agnter_name', 'input.exp[0].a', 'input.note', 'input.b'])
  expect(record?.issues).toEqual([])
})

test('of the answer that gives a visit its number the rest is listed as unread', async () => {
  const body = {
    request: request('2201', { mdtrtinfo: { psn_no: PSN, insutype: '310', begntime: '2026-03-13 10:00:00', ipt_otp_no: 'M1' } }),
    response: {
      infcode: '0',
      inf_refmsgid: 'R',
      respond_time: '20260313100001000',
      output: { data: { mdtrt_id: VISIT, psn_no: PSN, ipt_otp_no: 'M1', vola_type: '1' } },
    },
  }
  expect((await one(body))?.unread).toEqual(['output.data.vola_type'])
})

test('intensive care of a settlement list (4101)', async () => {
  const body = JSON.parse(sample('miis/4101-settlement-list.json').toString()) as { input: Json }
  const stay = { scs_cutd_inpool_time: '2026-03-06 01:30:00', scs_cutd_exit_time: '2026-03-08 09:00:00' }
  body.input.icuinfo = [
    { ...stay, scs_cutd_ward_type: '1', scs_cutd_sum_dura: '2/7/30' },
    { scs_cutd_ward_type: '2', scs_cutd_inpool_time: '2026-02-30 01:00:00' },
    stay,
  ]
  const record = await one(body as unknown as Json)
  const [encounter] = ofType(record, 'Encounter').map(plain)
  expect(encounter?.extension).toEqual([
    {
      url: 'https://fhir-cn.example/StructureDefinition/cn-icu-stay',
      extension: [
        { url: 'unit', valueString: '1' },
        { url: 'period', valuePeriod: { start: '2026-03-06T01:30:00+08:00', end: '2026-03-08T09:00:00+08:00' } },
      ],
    },
    {
      url: 'https://fhir-cn.example/StructureDefinition/cn-icu-stay',
      extension: [{ url: 'unit', valueString: '2' }],
    },
  ])
  expect(record?.unread).toContain('input.icuinfo[0].scs_cutd_sum_dura')
  expect(record?.issues).toMatchObject([
    { code: 'mapping-date-invalid', at: 'input.icuinfo[1].scs_cutd_inpool_time' },
    { code: 'mapping-required', at: 'input.icuinfo[2].scs_cutd_ward_type' },
  ])
})

describe('two rows under one number', () => {
  const line = {
    feedetl_sn: 'F1',
    mdtrt_id: VISIT,
    psn_no: PSN,
    med_list_codg: 'X1',
    medins_list_name: '药',
    cnt: '1',
    pric: '5',
    det_item_fee_sumamt: '5',
  }
  const issuesOf = async (...feedetail: Json[]) =>
    (await one(request('2204', { feedetail })))?.issues.map(({ severity, code, at }) => [severity, code, at])

  test('the first counts, and that is said where they differ', async () => {
    const other = { ...line, cnt: '2', det_item_fee_sumamt: '10' }
    expect(await issuesOf(line, other)).toEqual([['warning', 'mapping-repeated', 'input.feedetail[1]']])
  })

  test('the same again is nothing to speak of', async () => {
    expect(await issuesOf(line, line)).toEqual([])
  })

  test('results of one item (4502)', async () => {
    const body = JSON.parse(sample('miis/4502-lab-report.json').toString()) as { input: { iteminfo: Json[] } }
    const [item] = body.input.iteminfo
    body.input.iteminfo = [{ ...item }, { ...item, exam_rslt_val: '7.10' }]
    const issues = (await one(body as unknown as Json))?.issues.filter(({ severity }) => severity !== 'information')
    expect(issues).toMatchObject([{ code: 'mapping-repeated', at: 'input.iteminfo[1]' }])
  })
})
