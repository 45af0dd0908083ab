/** Home pages as CSV and DBF; expectations by hand from the page (WS 445.10) and the names of its columns in the interface of the quality monitoring. */
import { describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalHomePage, hospitalHomePageIn } from '../../../mappings/hospital/home-page/index.ts'
import { HOME_PAGE } from '../../../mappings/hospital/home-page/layout.ts'
import { hospitalCda } from '../../../mappings/hospital/cda/index.ts'
import { miisInterface } from '../../../mappings/miis/index.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { brokenRules, context, ofType, plain, type Read, readAll, sample } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const OWN = context('hospital', 'H1')
const read = (payload: Uint8Array | string, fileName = 'hqms.csv'): Promise<Read> =>
  readAll(hospitalHomePage, payload, { context: OWN, fileName })
const csv = (row: Record<string, string>): string => `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`
const all = (record: MappedRecord | undefined, type: string) => ofType(record, type).map(plain)
const keysOf = (record: MappedRecord | undefined, type: string) => ofType(record, type).map(({ key }) => (key as { parts: string[] }).parts)

const CSV = sample('hospital/home-page/hqms_20260315.csv')
const DBF = sample('hospital/home-page/hqms_20120315.dbf')

describe('the codes in force, CSV', () => {
  test('patient, stay, diagnoses, operation, findings, fees and their document', async () => {
    const { mapped, rejected } = await read(CSV)
    expect([rejected, mapped.length]).toEqual([[], 2])
    expect([mapped.flatMap(brokenRules), mapped.flatMap(unresolved), mapped.flatMap(invalid)]).toEqual([[], [], []])
    const [record] = mapped
    expect(record?.unread).toEqual([])
    expect(record?.patient).toEqual({
      local: [
        { kind: 'PI', value: '0001023456', strong: true },
        { kind: 'VISIT', value: 'ZY20260305001', strong: false },
      ],
      legal: { type: '01', number: '110100195803120019' },
      name: '王建国',
      birthDate: '1958-03-12',
      gender: 'male',
    })
    expect(all(record, 'Patient')[0]).toMatchObject({
      identifier: [{ value: '0001023456' }, { system: 'urn:oid:2.16.156.10011.1.3', value: '110100195803120019' }],
      maritalStatus: { coding: [{ code: 'M' }, { code: '20' }] },
      contact: [{ relationship: [{ coding: [{ code: '1' }, { code: 'SPS' }] }], name: { text: '李秀兰' } }],
      extension: expect.arrayContaining([
        { url: expect.stringMatching(/cn-ethnicity$/), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '01' } },
      ]),
    })
    expect(all(record, 'Encounter')[0]).toMatchObject({
      identifier: [{ value: 'ZY20260305001' }, { value: '0001023456' }],
      status: 'finished',
      class: { code: 'IMP' },
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
      length: { value: 7, code: 'd' },
      extension: expect.arrayContaining([
        {
          url: expect.stringMatching(/cn-payment-method$/),
          valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.269', code: '01' }] },
        },
      ]),
      hospitalization: {
        admitSource: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.270', code: '2' }] },
        dischargeDisposition: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: '1' }] },
      },
      diagnosis: [
        { condition: { $key: { parts: ['ZY20260305001', 'I25.103'] } }, use: { coding: [{ code: 'DD' }] }, rank: 1 },
        { condition: { $key: { parts: ['ZY20260305001', 'I10.x00'] } }, use: { coding: [{ code: 'DD' }] }, rank: 2 },
      ],
      serviceProvider: { $key: { type: 'Organization', scope: 'H1' } },
    })
    expect(all(record, 'Condition')).toMatchObject([
      { code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'I25.103' }] } },
      { code: { coding: [{ code: 'I10.x00' }], text: '高血压' } },
      { code: { coding: [{ code: 'I20.000' }], text: '不稳定性心绞痛' } },
    ])
    expect(all(record, 'Procedure')[0]).toMatchObject({
      status: 'completed',
      code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', version: 'clinical-2.0', code: '36.0700x004' }] },
      performedDateTime: '2026-03-06T08:30:00+08:00',
      performer: [
        { function: { coding: [{ code: 'surgeon' }] }, actor: { display: '钱医生' } },
        { function: { coding: [{ code: 'assistant1' }] }, actor: { display: '孙医生' } },
        { function: { coding: [{ code: 'anaesthetist' }] }, actor: { display: '麻医生' } },
      ],
      extension: expect.arrayContaining([
        { url: expect.stringMatching(/cn-incision-class$/), valueCode: 'I' },
        { url: expect.stringMatching(/cn-healing-grade$/), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.257', code: '1' } },
        { url: expect.stringMatching(/cn-asa-class$/), valueCode: 'II' },
      ]),
      note: [{ text: '手术持续时间：1.5' }],
    })
    expect(all(record, 'Observation')).toMatchObject([
      {
        code: { text: 'ABO 血型' },
        effectivePeriod: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
        valueCodeableConcept: { coding: [{ code: '1' }], text: 'A型' },
      },
      { code: { text: 'Rh 血型' }, valueCodeableConcept: { coding: [{ code: '2' }], text: '阳性' } },
    ])
    expect(all(record, 'Composition')[0]?.section).toContainEqual(
      expect.objectContaining({ title: '过敏', entry: [{ $key: ofType(record, 'AllergyIntolerance')[0]?.key }] }),
    )
    expect(all(record, 'AllergyIntolerance')[0]).toMatchObject({ code: { text: '青霉素' } })
    expect(keysOf(record, 'ChargeItem').map((parts) => parts.at(-1))).toEqual(['nurs_fee', 'wm_fee', 'oth_fee'])
    expect(record?.issues).toEqual([])
    expect(all(record, 'Composition')[0]).toMatchObject({
      type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0032' }] },
      date: '2026-03-14',
      section: expect.arrayContaining([expect.objectContaining({ title: '手术及操作', entry: [expect.anything()] })]),
    })
  })
})

describe('the codes of 2012, DBF', () => {
  test('the same stay under the same keys; a deleted row is none', async () => {
    const { mapped, rejected } = await read(DBF, 'hqms.dbf')
    expect([rejected, mapped.length]).toEqual([[], 1])
    expect([mapped.flatMap(brokenRules), mapped.flatMap(unresolved), mapped.flatMap(invalid)]).toEqual([[], [], []])
    const [record] = mapped
    const [newer] = (await read(CSV)).mapped
    for (const type of ['Encounter', 'Procedure', 'Composition', 'Account', 'AllergyIntolerance'])
      expect([type, keysOf(record, type)]).toEqual([type, keysOf(newer, type)])
    expect(all(record, 'Procedure')[0]).toMatchObject({
      performedDateTime: '2026-03-06',
      extension: expect.arrayContaining([{ url: expect.stringMatching(/cn-incision-class$/), valueCode: 'I' }]),
    })
    expect(all(record, 'Encounter')[0]).toMatchObject({
      extension: expect.arrayContaining([
        { url: expect.stringMatching(/cn-icu-stay$/), extension: [{ url: 'unit', valueString: 'CCU' }, expect.anything()] },
        { url: expect.stringMatching(/cn-visit-number$/), valuePositiveInt: 2 },
      ]),
    })
    // Examined and negative; what was not examined is nothing.
    expect(all(record, 'Observation')).toMatchObject([{ code: { coding: [{ code: '5195-3' }] }, valueCodeableConcept: { text: '阴性' } }])
    // Antibiotics are a part of the drugs.
    expect(all(record, 'ChargeItem').map(({ partOf }) => partOf !== undefined)).toEqual([false, true])
    expect(record?.issues).toEqual([])
    expect(record?.unread).toEqual([])
  })
})

describe('one event with what other sources say', () => {
  test('of the hospital’s CDA: the stay, a diagnosis and an operation have one key', async () => {
    const xml = sample('hospital/cda/C0032.xml').toString('utf8')
    const cda = await readAll(hospitalCda, xml, { context: OWN })
    const page = {
      A48: '0001023456',
      JZLSH: 'ZY20260305001',
      B12: '20260305',
      C03C: 'N20.000',
      C04N: '肾结石',
      C14x01C: '51.2300',
      C15x01N: '胆囊切除',
      C16x01: '20260306',
    }
    const file = await read(csv(page))
    for (const type of ['Encounter', 'Condition', 'Procedure']) {
      const [own] = keysOf(file.mapped[0], type)
      expect([type, keysOf(cda.mapped[0], type)]).toEqual([type, expect.arrayContaining([own])])
    }
  })

  test('of the insurance: document, account, fees, blood group and allergy have one key by the hospital’s number of the visit', async () => {
    const insured = await readAll(miisInterface, sample('miis/4401-home-page.json'), { context: context('miis') })
    const [record] = (await read(CSV)).mapped
    const named = (one: MappedRecord | undefined, type: string) => ofType(one, type).map(({ key }) => JSON.stringify(key))
    for (const type of ['Composition', 'Account']) expect([type, named(record, type)]).toEqual([type, named(insured.mapped[0], type)])
    const charges = named(insured.mapped[0], 'ChargeItem')
    for (const fee of ['nurs_fee', 'wm_fee', 'oth_fee'])
      expect(charges).toContain(named(record, 'ChargeItem').find((key) => key.includes(`"${fee}"`)))
  })
})

describe('rows', () => {
  const page = { A48: 'M1', A49: '3', A11: '某人', B12: '2026-03-01', B15: '2026-03-02', C03C: 'K29.500', C04N: '慢性胃炎' }

  test('without a number of the visit: the patient’s number and how often he was there', async () => {
    for (const times of ['3', '03', '3.00']) {
      const { mapped } = await read(csv({ ...page, A49: times }))
      expect(keysOf(mapped[0], 'Encounter')).toEqual([['M1-3']])
    }
    expect(keysOf((await read(csv({ ...page, A49: '10' }))).mapped[0], 'Encounter')).toEqual([['M1-10']])
  })

  test.each([
    ['A48', { A48: '' }, 'mapping-required', 'A48 row 1'],
    ['no number of the visit', { A49: '-' }, 'mapping-required', 'JZLSH row 1'],
    ['a state that is none', { XGBZ: '7' }, 'mapping-required', 'XGBZ row 1'],
    ['a time of writing that is none', { YWSCSJ: 'yesterday' }, 'mapping-date-invalid', 'YWSCSJ row 1'],
    ['of another institution', { A01: 'H2CODE' }, 'mapping-organization', 'A01 row 1'],
  ])('%s: that row is rejected', async (_, change, code, at) => {
    const organization = (sent: string | undefined) => (sent === 'H2CODE' ? 'H2' : OWN.organization(sent))
    const { mapped, rejected } = await readAll(hospitalHomePage, csv({ ...page, ...change }), { context: { ...OWN, organization } })
    expect([mapped, rejected.map(({ reason }) => [reason.code, reason.at])]).toEqual([[], [[code, at]]])
  })

  test('one that takes the page back leaves the stay', async () => {
    const { mapped } = await read(csv({ ...page, XGBZ: '2', D01: '10.00', D23: '10.00' }))
    const states = (type: string) => ofType(mapped[0], type).map(({ state, placeholder }) => (placeholder ? 'mention' : state))
    expect(['Composition', 'Condition', 'Account', 'ChargeItem'].map(states)).toEqual([
      ['withdrawn'],
      ['withdrawn'],
      ['withdrawn'],
      ['withdrawn'],
    ])
    expect(states('Encounter')).toEqual(['mention'])
  })

  test('money that does not add up, an end before the beginning, a date that is none: stored and flagged', async () => {
    const { mapped } = await read(csv({ ...page, B15: '2026-02-01', D01: '10.00', D23: '9.00', C14x01C: '51.2300', C16x01: '20260231' }))
    expect(mapped[0]?.issues.map(({ code, at }) => `${code} ${at}`).sort()).toEqual([
      'mapping-date-invalid C16X01',
      'mapping-date-order B15',
      'mapping-sum D01',
    ])
  })

  test('charsets, separators, a byte order mark, and a column that nobody knows', async () => {
    const rows = csv({ ...page, 甲: '乙' })
    for (const text of [rows, `\ufeff${rows}`, rows.replaceAll(',', '|'), rows.replaceAll(',', '\t'), rows.replaceAll('\n', '\r\n')])
      for (const bytes of [Buffer.from(text), ...(text.startsWith('\ufeff') ? [] : [iconv.encode(text, 'gb18030')])]) {
        const { mapped, rejected } = await read(bytes)
        expect(rejected).toEqual([])
        expect([plain(ofType(mapped[0], 'Patient')[0]).name, mapped[0]?.issues.map(({ at }) => at)]).toEqual([
          [{ use: 'official', text: '某人' }],
          ['header column 8'],
        ])
      }
  })
})

describe('a hospital’s own names', () => {
  const line = (column: string, means: string) => ({ file: '首页', column, table: 'HQMS', means })
  const dialect = {
    id: 'own',
    columns: [
      line('病案号', 'A48'),
      line('病案号+次数', 'JZLSH'),
      line('姓名', 'A11'),
      line('性别', 'A12C'),
      line('入院', 'B12'),
      line('主诊断', 'C03C'),
      line('主诊断名', 'C04N'),
      line('血型', 'C26C'),
    ],
    values: [
      { table: 'HQMS', column: 'A12C', sent: '男', means: '1' },
      { table: 'HQMS', column: 'C26C', sent: 'O', means: '3' },
      { table: 'HQMS', column: 'P686', sent: '', means: '1' },
    ],
    dates: ['DD/MM/YYYY'],
  }
  test('Chinese headers, values and dates by its folder; without a header by the order of its lines', async () => {
    const rows = 'B77,2,王某,男,05/03/2026,K29.500,胃炎,O'
    const header = '病案号,次数,姓名,性别,入院,主诊断,主诊断名,血型'
    const own = hospitalHomePageIn(dialect)
    expect(own.id).toBe('hospital/home-page/own')
    const { mapped, rejected } = await readAll(own, iconv.encode(`${header}\n${rows}\n`, 'gbk'), {
      context: OWN,
      fileName: '首页202603.csv',
    })
    expect(rejected).toEqual([])
    expect(keysOf(mapped[0], 'Encounter')).toEqual([['B77-2']])
    // Nobody sent what the folder gives.
    expect(mapped[0]?.unread).toEqual([])
    expect(mapped[0]?.patient).toMatchObject({ name: '王某', gender: 'male' })
    expect(all(mapped[0], 'Encounter')[0]).toMatchObject({ period: { start: '2026-03-05' } })
    expect(all(mapped[0], 'Observation')[0]).toMatchObject({ valueCodeableConcept: { coding: [{ code: '3' }] } })
    const bare = hospitalHomePageIn({
      ...dialect,
      columns: dialect.columns.filter(({ column }) => !column.includes('+')),
      header: 'none' as const,
    })
    const without = await readAll(bare, 'B77,王某,男,05/03/2026,K29.500,胃炎,O\n', { context: OWN, fileName: '首页.txt' })
    // A stay that has no number is none that could be found again.
    expect(without.rejected.map(({ reason }) => reason.code)).toEqual(['mapping-required'])
  })
})

/** Known columns that no mapping reads: copies of what others say, and codes of tables that were not published. */
const ORIGINAL_ONLY = ['P62', 'P63', 'P686']

test('every column of the page is read, or named here as kept in the original only', async () => {
  const value = (column: string): string =>
    column === 'XGBZ'
      ? '1'
      : /^(A13|B12|B15|B33|P31|YWSCSJ|C16X|C37X|P69(12|13|15|16|18|19|21|22|24|25))/.test(column)
        ? '2026-03-06'
        : column === 'A20'
          ? '110100195803120019'
          : column.startsWith('D')
            ? '1.00'
            : /^(C03C|C06X|C01C|P30$|C09C|P353|P355|C12C|P363|P365)/.test(column)
              ? `K29.${column.replace(/\D/g, '').padStart(3, '0')}`
              : /^(C14|C35)/.test(column)
                ? `51.${column.slice(1, 6)}`
                : '1'
  const { mapped, rejected } = await read(
    csv(Object.fromEntries(HOME_PAGE.columns.filter((column) => column !== 'A01').map((column) => [column, value(column)]))),
  )
  expect(rejected).toEqual([])
  expect(mapped[0]?.unread.toSorted()).toEqual([...ORIGINAL_ONLY, 'P101', 'P102', 'P103'].sort())
})
