/** Z segments by a table of the site's: an extension or an element of the patient or the visit, or an observation. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalHl7v2In, hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { type OwnField, problemsIn } from '../../../mappings/hospital/hl7v2/own-segments.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { readFolders, siteFormats } from '../../../server/ingest/dialects.ts'
import { startTestServer } from '../../support/server.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { INPATIENT, message, PATIENT } from './messages.ts'
import { invalid, unresolved } from './rules.ts'

const DIALECTS = fileURLToPath(new URL('../../fixtures/dialects', import.meta.url))
const { segments } = readFolders(DIALECTS)
const renji = hospitalHl7v2In(segments[0] as (typeof segments)[number])

async function read(text: string, mapping = renji): Promise<MappedRecord> {
  const { mapped } = await readAll(mapping, iconv.encode(text, 'gb18030'), { context: context('hospital', 'H1') })
  expect([...mapped.flatMap(brokenRules), ...mapped.flatMap(unresolved), ...mapped.flatMap(invalid)]).toEqual([])
  return mapped[0] as MappedRecord
}

const OWN = ['ZPI|1|粤语|13900000002', 'ZVI|1|胸痛三小时', 'ZVS|1|172|65.5|kg|H^高危']
const WHOLE = message('ADT^A01', '2.4', 'EVN|A01|20260305103000', PATIENT, INPATIENT, ...OWN)

describe('the fields of a table', () => {
  test('of a visit without its number are told, with the place where it should stand', async () => {
    const text = message('ADT^A01', '2.4', 'EVN|A01|20260305103000', PATIENT, INPATIENT.replace('ZY1', ''), ...OWN)
    const { mapped } = await readAll(renji, iconv.encode(text, 'gb18030'), { context: context('hospital', 'H1') })
    const told = mapped[0]?.issues.filter(({ severity }) => severity === 'error').map(({ code, at, text }) => [code, at, text])
    expect(told).toEqual([
      ['mapping-required', 'PV1-19', 'hospital/hl7v2/ZVI-1'],
      ['mapping-required', 'PV1-19', 'hospital/hl7v2/ZVI-2'],
    ])
  })

  test('are what it says, in the resources of the message and beside them', async () => {
    const record = await read(WHOLE)
    expect(record.issues).toEqual([])
    expect(record.unread).toEqual(['ZPI-1', 'ZVS-1'])
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({
      extension: [{ url: 'https://renji.example/fhir/native-dialect', valueString: '粤语' }],
      telecom: [{ system: 'phone', value: '13900000002' }],
    })
    expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({
      status: 'in-progress',
      extension: [{ url: 'https://renji.example/fhir/green-channel', valueBoolean: true }],
      reasonCode: [{ text: '胸痛三小时' }],
    })
    const observations = ofType(record, 'Observation')
    expect(observations.map(({ key }) => key)).toMatchObject([
      { scope: 'H1', parts: ['own', 'visit ZY1', 'ZVS-2', '1'] },
      { scope: 'H1', parts: ['own', 'visit ZY1', 'ZVS-3', '1'] },
      { scope: 'H1', parts: ['own', 'visit ZY1', 'ZVS-5', '1'] },
    ])
    expect(observations.map(plain)).toMatchObject([
      {
        status: 'final',
        code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/own-segment-code', code: 'HT', display: '身高' }], text: '身高' },
        subject: { $patient: true },
        encounter: { $key: { type: 'Encounter', parts: ['ZY1'] } },
        effectiveDateTime: '2026-03-05T10:30:00+08:00',
        valueQuantity: { value: 172, unit: 'cm', code: 'cm' },
      },
      { code: { text: '体重' }, valueQuantity: { value: 65.5, unit: 'kg', code: 'kg' } },
      { code: { text: '跌倒风险' }, valueCodeableConcept: { coding: [{ code: 'H', display: '高危' }], text: '高危' } },
    ])
  })

  test('of the visit say nothing in a message that only names it, and are listed as unread', async () => {
    const obr = 'OBR|1|S1|BG1|XCG^血常规|||20260306063000|||||||||||||||20260306081500|||F'
    const record = await read(message('ORU^R01', '2.4', PATIENT, INPATIENT, obr, 'OBX|1|NM|WBC^白细胞||5|10^9/L|||||F', 'ZVI|N'))
    expect(ofType(record, 'Encounter').map(({ placeholder }) => placeholder)).toEqual([true])
    expect(record.unread).toEqual(['ZVI-1'])
  })

  test('several segments of one name are told apart; what cannot be read is said at its place', async () => {
    const record = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT, 'ZVS|1|170', 'ZVS|2|一米七'))
    expect(ofType(record, 'Observation').map(({ key }) => key !== 'patient' && key.parts[3])).toEqual(['1'])
    expect(record.issues.map(({ code, at }) => [code, at])).toEqual(expect.arrayContaining([['mapping-number-invalid', 'ZVS[2]-2']]))
  })

  test('without the table they are listed as unread and nothing is made of them', async () => {
    const record = await read(WHOLE, hospitalHl7v2)
    expect(record.unread.filter((name) => name.startsWith('Z')).length).toBeGreaterThan(6)
    expect(ofType(record, 'Observation')).toEqual([])
  })
})

const LINE: OwnField = { segment: 'ZVS', field: '2', to: 'Observation', type: 'quantity', code: '', name: '', unit: '' }
test.each<[Partial<OwnField>, RegExp]>([
  [{ segment: 'PID' }, /no Z segment/],
  [{ field: '0' }, /field 0/],
  [{ field: '2.x' }, /not valid/],
  [{ to: 'Patient.name' }, /Patient.name/],
  [{ to: 'Patient.telecom' }, /its own type/],
  [{ type: 'number' }, /no type number/],
  [{ type: 'date' }, /no value of type date/],
  [{ to: 'Patient.extension', type: 'string' }, /needs its url/],
  [{ type: 'string', unit: 'cm' }, /a quantity alone/],
])('%j is wrong, and the line is named', (change, en) => {
  const found = problemsIn([
    { ...LINE, field: '9' },
    { ...LINE, ...change },
  ])
  expect(found).toMatchObject([{ line: 3, en: expect.stringMatching(en), zh: expect.stringMatching(/\p{Script=Han}/u) }])
})

test('a line that comes twice is wrong', () => expect(problemsIn([LINE, LINE])).toMatchObject([{ line: 3, en: 'repeats line 2' }]))

test('a source names the folder, and no code is needed', async () => {
  expect(siteFormats({ DIALECTS_DIR: DIALECTS }).ids).toEqual(expect.arrayContaining(['hospital/hl7v2/renji', 'rhip/tables/linhai']))
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8').replace(
    'id: h1-his, kind: hospital, mapping: hospital/hl7v2,',
    'id: h1-his, kind: hospital, mapping: hospital/hl7v2/renji,',
  )
  const server = await startTestServer({ config, environment: { DIALECTS_DIR: DIALECTS } })
  try {
    const headers = { 'Content-Type': 'application/hl7-v2' }
    const body = new Uint8Array(iconv.encode(WHOLE, 'gb18030'))
    const sent = await server.call('POST', '/ingest/h1-his', { token: await server.token('h1-engine'), body, headers })
    expect([sent.status, sent.text.includes('"severity":"error"')]).toEqual([200, false])
    const found = await server.call('GET', '/fhir/Observation?code=HT', { token: await server.token('auditor') })
    expect(found.json.entry).toMatchObject([{ resource: { valueQuantity: { value: 172, code: 'cm' } } }])
  } finally {
    await server.stop()
  }
}, 60_000)
