import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { compactTime } from '../../../mappings/miis/miis-time.ts'
import { splitCodes } from '../../../mappings/miis/diagnosis.ts'
import { readDose } from '../../../mappings/miis/dosage.ts'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { itemKind } from '../../../mappings/engine/charged-item.ts'
import { readTcmDiagnosis } from '../../../mappings/engine/values/tcm-diagnosis.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const message = (name: string): Json => JSON.parse(sample(`miis/${name}.json`).toString()) as Json
const at = (holder: unknown, ...path: (string | number)[]): Json =>
  path.reduce<unknown>((node, step) => (node as Record<string | number, unknown>)[step], holder) as Json
const changed = (name: string, change: (body: Json) => void): string => {
  const body = message(name)
  change(body)
  return JSON.stringify(body)
}
const read = (text: string | Uint8Array) => readAll(miisInterface, text)
const codes = async (text: string) => (await read(text)).mapped[0]?.issues.map((issue) => [issue.code, issue.at])
const reasons = async (text: string | Uint8Array) => (await read(text)).rejected.map(({ reason }) => reason.code)

describe('envelopes that are refused', () => {
  test.each([
    ['no JSON', '医保', 'json-invalid'],
    ['a list', '[]', 'json-not-object'],
    ['a transaction that nobody knows', '{"infno":"9999","msgid":"M","input":{}}', 'miis-infno-unknown'],
    ['a transaction that is not mapped', '{"infno":"7101","msgid":"M","input":{}}', 'miis-infno-unsupported'],
    ['a name of Object.prototype', '{"infno":"toString","msgid":"M","input":{}}', 'miis-infno-unknown'],
    ['a response of no known shape', '{"infcode":"0","inf_refmsgid":"R","output":{}}', 'miis-response-unknown'],
    ['an archive', 'PK\u0003\u0004', 'payload-archive'],
  ])('%s', async (_, text, code) => {
    expect(await reasons(text)).toEqual([code])
  })

  test.each([
    ['{}', 'infno'],
    ['{"infno":null,"msgid":"M","input":{}}', 'infno'],
    ['{"infno":{},"msgid":"M","input":{}}', 'infno'],
    ['{"infno":2203,"input":{}}', 'msgid'],
    ['{"infno":"2203","msgid":"M","input":null}', 'input'],
    ['{"infno":"2203","msgid":"M","input":"x"}', 'input'],
    ['{"infno":"2203","msgid":"M","input":{}}', 'inf_time'],
    ['{"infcode":"0"}', 'output'],
    ['{"request":{"infno":"2203","msgid":"M","input":{}}}', 'response'],
    ['{"request":{"infno":"2203","input":{}},"response":{"infcode":"0"}}', 'request.msgid'],
  ])('%s: the field is named', async (text, field) => {
    expect((await read(text)).rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['miis-envelope', field]])
  })

  test('a half character is an error, not data', async () => {
    const bytes = Buffer.from('{"infno":"2203","msgid":"王"}')
    expect(await reasons(Buffer.concat([bytes.subarray(0, 27), Buffer.from([0xff]), bytes.subarray(27)]))).toEqual(['payload-charset'])
  })

  test('GB 18030 is read all the same', async () => {
    const { mapped } = await read(iconv.encode(JSON.stringify(message('2203-outpatient-visit')), 'gb18030'))
    expect(plain(ofType(mapped[0], 'Condition')[0])).toMatchObject({ code: { text: '2型糖尿病' } })
  })
})

describe('the person', () => {
  const voucher = (type: string) =>
    changed('2207-outpatient-settlement', (body) =>
      Object.assign(at(body, 'input', 'mdtrtinfo'), { mdtrt_cert_type: type, mdtrt_cert_no: 'TOKEN0000000001' }),
    )

  test.each([['01'], ['03']])('mdtrt_cert_type %s is no legal identity and no identifier', async (type) => {
    const { mapped } = await read(voucher(type))
    expect(mapped[0]?.patient?.legal).toBeUndefined()
    expect(JSON.stringify(mapped[0]?.resources)).not.toContain('TOKEN')
    expect(mapped[0]?.unread).toContain('input.mdtrtinfo.mdtrt_cert_no')
  })

  test('a wrong check digit stands apart and is flagged', async () => {
    const text = changed('4101-settlement-list', (body) => Object.assign(at(body, 'input', 'setlinfo'), { certno: '110100195803120018' }))
    expect(await codes(text)).toEqual([['mapping-identity-invalid', 'input.setlinfo.certno']])
  })

  test('a birth date that disagrees with the identity number is kept and flagged', async () => {
    const text = changed('4101-settlement-list', (body) => Object.assign(at(body, 'input', 'setlinfo'), { brdy: '1958-03-13' }))
    expect(await codes(text)).toEqual([['mapping-conflict', 'input.setlinfo.brdy']])
  })
})

describe('diagnoses', () => {
  const diagnosis = (fields: Json) => changed('2203-outpatient-visit', (body) => Object.assign(at(body, 'input', 'diseinfo', 0), fields))

  test('vali_flag 0 withdraws one diagnosis and leaves it out of the visit', async () => {
    const { mapped } = await read(diagnosis({ vali_flag: '0' }))
    expect(ofType(mapped[0], 'Condition').map(({ state }) => state)).toEqual(['withdrawn', 'current'])
    expect(plain(ofType(mapped[0], 'Encounter')[0]).diagnosis).toMatchObject([{ rank: 2 }])
  })

  test('a name without a code is text and stands on the work list', async () => {
    const { mapped } = await read(diagnosis({ diag_code: '', diag_name: '某病' }))
    expect(plain(ofType(mapped[0], 'Condition')[0]).code).toEqual({ text: '某病' })
    expect(mapped[0]?.unmapped).toEqual([{ map: 'icd-10-cn', system: 'urn:oid:2.16.156.10011.2.3.3.11.3', code: '某病', display: '某病' }])
  })

  test('neither code nor name: the row is flagged, the rest is stored', async () => {
    const text = diagnosis({ diag_code: '-', diag_name: '/' })
    const { mapped } = await read(text)
    expect(ofType(mapped[0], 'Condition')).toHaveLength(1)
    expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'error', code: 'mapping-required' }))
  })

  test('several codes in one field are several codings, and it is said', async () => {
    const text = diagnosis({ diag_code: 'A17.0+G01*', diag_name: '结核性脑膜炎' })
    const { mapped } = await read(text)
    expect(plain(ofType(mapped[0], 'Condition')[0]).code).toEqual({
      coding: [
        { system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'insurance-2.0', code: 'A17.0+' },
        { system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'insurance-2.0', code: 'G01*' },
      ],
      text: '结核性脑膜炎',
    })
    expect(mapped[0]?.issues.map(({ severity, code }) => [severity, code])).toEqual([['information', 'mapping-split']])
  })

  test.each([
    ['I10.x00', ['I10.x00']],
    ['I10.x00,E11.900', ['I10.x00', 'E11.900']],
    ['I10.x00；E11.900、I25.103', ['I10.x00', 'E11.900', 'I25.103']],
    ['A17.0+G01*', ['A17.0+', 'G01*']],
    ['36.0700x004', ['36.0700x004']],
  ])('codes in %s', (sent, expected) => {
    expect(splitCodes(sent)).toEqual(expected)
  })

  test.each([
    ['消渴病(气阴两虚+血瘀,益气养阴)', { disease: '消渴病', syndromes: ['气阴两虚', '血瘀'], method: '益气养阴' }],
    ['消渴病（气阴两虚证，益气养阴法）', { disease: '消渴病', syndromes: ['气阴两虚证'], method: '益气养阴法' }],
    ['感冒(风寒证)', { disease: '感冒', syndromes: ['风寒证'] }],
    ['特发性(原发性)高血压', undefined],
    ['感冒', undefined],
  ])('TCM string %s', (sent, expected) => {
    expect(readTcmDiagnosis(sent)).toEqual(expected)
  })

  test('a TCM disease stands in its own system', async () => {
    const { mapped } = await read(diagnosis({ diag_type: '2', diag_code: 'BNX010', diag_name: '消渴病(气阴两虚,益气养阴)' }))
    expect(plain(ofType(mapped[0], 'Condition')[0])).toMatchObject({
      category: [{ coding: [{ code: 'tcm-disease' }, { code: '2' }] }],
      code: {
        coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.14', code: 'BNX010', display: '消渴病' }],
        text: '消渴病(气阴两虚,益气养阴)',
      },
    })
  })

  test('the syndromes and the method in its name are not lost', async () => {
    const { mapped } = await read(diagnosis({ diag_type: '2', diag_code: 'BNX010', diag_name: '消渴病(气阴两虚+血瘀,益气养阴)' }))
    const conditions = ofType(mapped[0], 'Condition').map(plain)
    expect(conditions[0]).toMatchObject({ note: [{ text: '治法：益气养阴' }] })
    expect(conditions.slice(1, 3)).toMatchObject([
      { category: [{ coding: [{ code: 'tcm-syndrome' }, { code: '3' }] }], code: { text: '气阴两虚' } },
      { code: { text: '血瘀' } },
    ])
    expect(mapped[0]?.unmapped.map(({ map, code }) => [map, code])).toEqual([
      ['tcm', '气阴两虚'],
      ['tcm', '血瘀'],
    ])
  })

  test('a med_type of a province is class UNK and stands on the work list', async () => {
    const { mapped } = await read(
      changed('2203-outpatient-visit', (body) => Object.assign(at(body, 'input', 'mdtrtinfo'), { med_type: '9901' })),
    )
    expect(plain(ofType(mapped[0], 'Encounter')[0])).toMatchObject({ class: { code: 'UNK' } })
    expect(mapped[0]?.unmapped.map(({ map, code }) => [map, code])).toEqual([['miis-med-type', '9901']])
  })
})

describe('money', () => {
  const line = (fields: Json) => changed('2204-outpatient-charges', (body) => Object.assign(at(body, 'input', 'feedetail', 0), fields))

  test('count times price that is not the amount: stored as sent and flagged', async () => {
    const text = line({ det_item_fee_sumamt: '38.00' })
    expect(await codes(text)).toEqual([['mapping-sum', 'input.feedetail[0].det_item_fee_sumamt']])
    expect(plain(ofType((await read(text)).mapped[0], 'ChargeItem')[0])).toMatchObject({ priceOverride: { value: 38 } })
  })

  test.each([
    ['a fen of rounding', { pric: '18.4999', cnt: '2', det_item_fee_sumamt: '37.00' }],
    ['a refund: negative count and amount', { cnt: '-2', det_item_fee_sumamt: '-37.00' }],
    ['four decimals that binary floats get wrong', { pric: '0.1100', cnt: '3', det_item_fee_sumamt: '0.33' }],
  ])('%s is no contradiction', async (_, fields) => {
    expect(await codes(line(fields))).toEqual([])
  })

  test('a missing price is absent, never 0', async () => {
    const { mapped } = await read(line({ pric: '', det_item_fee_sumamt: null }))
    const item = plain(ofType(mapped[0], 'ChargeItem')[0])
    expect(item.priceOverride).toBeUndefined()
    expect(item.extension).toBeUndefined()
  })

  test('an amount that is no number is flagged', async () => {
    expect(await codes(line({ det_item_fee_sumamt: '三十七' }))).toEqual([
      ['mapping-number-invalid', 'input.feedetail[0].det_item_fee_sumamt'],
    ])
  })

  test('a line of another person is not stored under this one', async () => {
    const { mapped } = await read(line({ psn_no: '99000000000000000000000001' }))
    expect(ofType(mapped[0], 'ChargeItem')).toHaveLength(1)
    expect(mapped[0]?.issues.filter(({ severity }) => severity === 'error')).toHaveLength(3)
  })

  const settlement = (fields: Json) => changed('2207-response', (body) => Object.assign(at(body, 'output', 'setlinfo'), fields))

  test.each([
    ['funds', { fund_pay_sumamt: '58.30', psn_part_amt: '70.20', acct_pay: '29.90' }, 'fund_pay_sumamt'],
    ['total', { medfee_sumamt: '128.60' }, 'medfee_sumamt'],
    ['personal part', { psn_cash_pay: '40.00' }, 'psn_part_amt'],
  ])('%s that do not add up', async (_, fields, field) => {
    expect(await codes(settlement(fields))).toEqual([['mapping-sum', `output.setlinfo.${field}`]])
  })

  test('psn_part_am is the same total', async () => {
    const text = changed('2207-response', (body) => {
      const info = at(body, 'output', 'setlinfo')
      info.psn_part_am = info.psn_part_amt
      delete info.psn_part_amt
    })
    expect(await codes(text)).toEqual([])
    expect(JSON.stringify(plain(ofType((await read(text)).mapped[0], 'ExplanationOfBenefit')[0]).total)).toContain('"psn_part_amt"')
  })

  test('a settlement with a negative total is a refund', async () => {
    const negative = { medfee_sumamt: '-128.5', fund_pay_sumamt: '-58.2', psn_part_amt: '-70.3', acct_pay: '-30', psn_cash_pay: '-40.3' }
    const text = changed('2207-response', (body) => {
      Object.assign(at(body, 'output', 'setlinfo'), negative)
      Object.assign(at(body, 'output', 'setldetail', 0), { fund_payamt: '-58.2' })
    })
    const { mapped } = await read(text)
    expect(mapped[0]?.issues).toEqual([])
    expect(JSON.stringify(plain(ofType(mapped[0], 'ExplanationOfBenefit')[0]).extension)).toContain('cn-refund')
    expect(ofType(mapped[0], 'Encounter')).toEqual([])
  })

  test('a settlement list whose categories, funds and person do not agree', async () => {
    expect(
      await codes(changed('4101-settlement-list', (body) => Object.assign(at(body, 'input', 'iteminfo', 0), { amt: '12000.50' }))),
    ).toEqual([
      ['mapping-sum', 'input.iteminfo[0].amt'],
      ['mapping-sum', 'input.iteminfo'],
    ])
    expect(
      await codes(changed('4101-settlement-list', (body) => Object.assign(at(body, 'input', 'setlinfo'), { psn_cashpay: '1' }))),
    ).toEqual([['mapping-sum', 'input.setlinfo.psn_selfpay']])
  })
})

describe('states', () => {
  test('a transaction that the insurance refused is no fact', async () => {
    const pair = { request: message('2207-outpatient-settlement'), response: { ...message('2207-response'), infcode: '-1', output: {} } }
    const { mapped } = await read(JSON.stringify(pair))
    expect(mapped[0]).toMatchObject({ nothingToStore: true, resources: [], issues: [{ code: 'miis-failed' }] })
  })

  test('vali_flag 0 withdraws the whole report', async () => {
    const { mapped } = await read(changed('4502-lab-report', (body) => Object.assign(at(body, 'input', 'labinfo'), { vali_flag: '0' })))
    const stated = mapped[0]?.resources.filter(({ placeholder, key }) => !placeholder && key !== 'patient')
    const states = Object.fromEntries((stated ?? []).map(({ resource, state }) => [resource.resourceType, state]))
    // The request was made all the same; it is the report that is void.
    expect(states).toEqual({ Observation: 'withdrawn', Specimen: 'withdrawn', DiagnosticReport: 'withdrawn', ServiceRequest: 'current' })
  })

  test('a discharge before the admission is stored and flagged', async () => {
    const text = changed('4101-settlement-list', (body) =>
      Object.assign(at(body, 'input', 'setlinfo'), { dscg_time: '2026-03-04 15:00:00' }),
    )
    expect(await codes(text)).toEqual([['mapping-date-order', 'input.setlinfo.dscg_time']])
  })

  test('the same message gives the same record', async () => {
    const text = JSON.stringify(message('2204-outpatient-charges'))
    expect(JSON.stringify((await read(text)).mapped)).toBe(JSON.stringify((await read(text)).mapped))
  })

  test('2,000 charge lines are one record', async () => {
    const text = changed('2204-outpatient-charges', (body) => {
      const [line] = at(body, 'input').feedetail as Json[]
      at(body, 'input').feedetail = Array.from({ length: 2_000 }, (_, index) => ({ ...line, feedetl_sn: `F${index}` }))
    })
    const { mapped } = await read(text)
    expect(mapped).toHaveLength(1)
    expect(ofType(mapped[0], 'ChargeItem')).toHaveLength(2_000)
  })
})

test.each([
  ['XA10BAE046A001010100001', 'drug'],
  ['002503020010000-250302001', 'service'],
  ['C0101010010100100001', 'material'],
  ['T000100001', 'herbal'],
  ['ABC', undefined],
  [undefined, undefined],
])('item code %s is a %s', (code, kind) => {
  expect(itemKind(code)).toBe(kind)
})

test('a dose is a quantity only when number and unit are certain', () => {
  expect(JSON.stringify(readDose('0.50 g'))).toBe('{"value":0.50,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}')
  expect(JSON.stringify(readDose('1片'))).toBe('{"value":1,"unit":"片"}')
  expect(readDose('适量')).toBeUndefined()
  expect(readDose('5')).toBeUndefined()
})

describe('the answer', () => {
  const ask = (over: Partial<Parameters<NonNullable<typeof miisInterface.answer>>[0]>) => {
    const input = {
      bytes: Buffer.from('{}'),
      ok: true,
      message: '',
      warnings: [],
      receiptId: 'r1',
      receivedAt: '2026-03-09T02:20:01.456Z',
      ...over,
    }
    const given = miisInterface.answer?.(input)
    return { type: given?.contentType, body: JSON.parse(Buffer.from(given?.body ?? []).toString()) as Json }
  }

  test('success: infcode 0, times in Beijing time with milliseconds', () => {
    expect(ask({ warnings: ['a', 'b'] })).toEqual({
      type: 'application/json; charset=utf-8',
      body: {
        infcode: '0',
        inf_refmsgid: 'r1',
        refmsg_time: '20260309102001456',
        respond_time: '20260309102001456',
        err_msg: '',
        warn_msg: 'a；b',
        output: {},
      },
    })
  })

  test('failure, also for a body that is no JSON at all', () => {
    expect(ask({ ok: false, message: '缺少必填字段' }).body).toMatchObject({ infcode: '-1', err_msg: '缺少必填字段' })
    expect(ask({ ok: false, bytes: Buffer.from('<xml/>') }).body).toMatchObject({ infcode: '-1', err_msg: '报文无法解析 (json-invalid)' })
    expect(ask({ ok: false, bytes: Buffer.from([0xff, 0xff]) }).body).toMatchObject({
      infcode: '-1',
      err_msg: '报文无法解析 (payload-charset)',
    })
  })

  test('midnight and the year turn over with the zone', () => {
    expect(compactTime('2025-12-31T16:00:00.000Z')).toBe('20260101000000000')
  })
})

describe('laws', () => {
  const names = [
    '2203-outpatient-visit',
    '2204-outpatient-charges',
    '2207-outpatient-settlement',
    '2207-response',
    '4101-settlement-list',
    '4502-lab-report',
  ]
  const odd = fc.oneof(
    fc.constantFrom('', '-', '无', '0', '1', '1900-01-01', '2026-02-31', '-5.00', '1e400', '<0.01', '{}', '=cmd'),
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({}),
    fc.boolean(),
  )

  test('whatever one field becomes: nothing is thrown, one record or one rejection, sound resources', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), odd, async (name, pick, value) => {
        const body = message(name)
        const places: [Json, string][] = []
        const walk = (node: unknown): void => {
          if (typeof node !== 'object' || node === null) return
          for (const key of Object.keys(node)) {
            places.push([node as Json, key])
            walk((node as Json)[key])
          }
        }
        walk(body)
        const [holder, key] = places[pick % places.length] as [Json, string]
        holder[key] = value
        const { mapped, rejected } = await read(JSON.stringify(body))
        expect(mapped.length + rejected.length).toBe(1)
        expect(mapped.flatMap(brokenRules)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
