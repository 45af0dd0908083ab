/**
 * Mutual recognition (MIIS 5401, 5402) tells of what the asker may see and of nothing else: a hidden report and a hidden person are
 * answered as absent ones (L01, L12, L36), a masked form may not ask by a number (L20), the use is on record (L40).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { Question } from '../../mappings/engine/types.ts'
import type { Actor } from '../../server/auth/actor.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { NATIONAL } from '../../server/fhir/canonical.ts'
import { ISSUES } from '../../server/outcome/issues.ts'
import { recognise } from '../../server/recognition/recognition.ts'
import { custody, encounter, observation, patient } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { setting, type World } from './worlds.ts'

type Json = Record<string, unknown>
const LAB = 'https://fhir-cn.example/sid/H1/lab-report-no'
const insured = (id: string, number: string, extra: object = {}) =>
  patient(id, { identifier: [{ system: NATIONAL.psnNo, value: number }], ...extra })

/** Valid identity numbers (GB 11643), worked out apart. */
const NUMBERS: Record<string, string> = {
  'first-a': '110105197001021212',
  'first-b': '11010519710102121X',
  'second-a': '110105197201021217',
  'second-b': '110105197301021214',
  'solo-a': '110105197401021211',
  'solo-b': '110105197501021219',
  twin: '110105197601021216',
}
const known = (name: string, number: string, extra: object = {}) =>
  insured(name, number, {
    identifier: [
      { system: NATIONAL.psnNo, value: number },
      { system: NATIONAL.idCard, value: NUMBERS[name] },
    ],
    ...extra,
  })

const result = (id: string, subject: string, ...labels: string[]) =>
  observation(id, subject, 'GLU', {
    meta: custody('H1', ...labels),
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/lab-item-code', code: 'GLU' }], text: '葡萄糖' },
    valueQuantity: { value: 9.8, unit: 'mmol/L' },
    interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'H' }] }],
    referenceRange: [{ text: '3.9-6.1' }],
  })
const voided = (resource: object, status = 'entered-in-error') => ({ ...resource, status })
const report = (id: string, subject: string, number: string, of: string, ...labels: string[]) => ({
  resourceType: 'DiagnosticReport',
  id,
  meta: custody('H1', ...labels),
  identifier: [{ system: LAB, value: number }],
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB' }] }],
  code: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-service', code: '0025' }], text: '血糖' },
  subject: { reference: `Patient/${subject}` },
  effectiveDateTime: '2026-03-09',
  resultsInterpreter: [{ display: '钱检验' }],
  result: [{ reference: `Observation/${of}` }],
})

const source = '  - { id: miis-h2, kind: miis, mapping: miis/interface, organization: H2, client: h2-engine, charset: auto }\n'
const held = setting(
  (w) => [
    insured(`q-${w}`, `psn-${w}`),
    encounter(`visit-q-${w}`, `q-${w}`, 'H2', 'Practitioner/doc-2'),
    result(`glu-${w}`, `q-${w}`),
    ...['first', 'second', 'solo'].flatMap((name) => [
      known(`${name}-${w}`, name === 'solo' ? `one-${w}` : `two-${w}`),
      encounter(`visit-${name}-${w}`, `${name}-${w}`, 'H2', 'Practitioner/doc-2'),
      result(`glu-${name}-${w}`, `${name}-${w}`),
      report(`report-${name}-${w}`, `${name}-${w}`, `R-${name}-${w}`, `glu-${name}-${w}`),
    ]),
    voided(result(`wrong-${w}`, `q-${w}`)),
    voided(result(`undone-${w}`, `q-${w}`), 'cancelled'),
    {
      ...report(`open-${w}`, `q-${w}`, `R1-${w}`, ''),
      result: ['glu', 'wrong', 'undone'].map((id) => ({ reference: `Observation/${id}-${w}` })),
    },
  ],
  (w) => [
    result(`hidden-result-${w}`, `q-${w}`, 'HIV'),
    report(`secret-${w}`, `q-${w}`, `R2-${w}`, `hidden-result-${w}`, 'HIV'),
    voided(report(`void-${w}`, `q-${w}`, `R4-${w}`, `glu-${w}`)),
    voided(report(`undone-report-${w}`, `q-${w}`, `R5-${w}`, `glu-${w}`), 'cancelled'),
    known('twin', `one-${w}`, { meta: custody('H1') }),
    insured(`stranger-${w}`, `other-${w}`, { meta: custody('H1') }),
    result(`strange-result-${w}`, `stranger-${w}`),
    report(`strange-${w}`, `stranger-${w}`, `R3-${w}`, `strange-result-${w}`),
  ],
  { config: readFileSync(DEMO_CONFIG_FILE, 'utf8').replace(/^sources:\n/m, `sources:\n${source}`) },
)

let no = 0
async function ask(infno: '5401' | '5402', asked: Json, token?: string): Promise<Answer> {
  const node = infno === '5401' ? 'bilgiteminfo' : 'rptdetailinfo'
  const body = { infno, msgid: `M${++no}`, inf_time: '2026-03-10 10:00:00', fixmedins_code: 'H11010500002', input: { [node]: asked } }
  const asker = token ?? (await held.server.token('h2-engine', { purpose_of_use: 'TREAT' }))
  return held.server.call('POST', '/ingest/miis-h2', { token: asker, body })
}

/** What differs by nature: ids of receipts, times, the letter of the world. */
const neutral = ({ status, headers, text }: Answer): string =>
  [status, ...[...headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`), text]
    .join('\n')
    .replace(/[a-z2-7]{26}/g, '[receipt]')
    .replace(/\d{17}/g, '[time]')
    .replace(/-[ab]\b/g, '-[w]')

async function sameInBoth(infno: '5401' | '5402', asked: (w: World) => Json, token?: string): Promise<Answer> {
  const [a, b] = [await ask(infno, asked('a'), token), await ask(infno, asked('b'), token)]
  expect(neutral(a)).toBe(neutral(b))
  return a
}

test('5401 tells of the reports that the asker may see', async () => {
  const { json } = await sameInBoth('5401', (w) => ({ psn_no: `psn-${w}` }))
  expect(json).toMatchObject({ infcode: '0', err_msg: '' })
  expect(json.output.bilgiteminfo).toEqual([
    {
      psn_no: 'psn-a',
      rpotc_no: 'R1-a',
      rpt_date: '2026-03-09',
      rpotc_type_code: '2',
      fixmedins_code: 'H11010500001',
      exam_rpotc_name: '血糖',
      exam_rslt_abn: '1',
    },
  ])
})

test.each<[string, Json, number]>([
  ['the item', { exam_item_code: '0025' }, 1],
  ['another item', { exam_item_code: '9999' }, 0],
  ['the name', { exam_item_name: '血糖' }, 1],
  ['the institution', { exam_org_code: 'H11010500001' }, 1],
  ['the institution, as a source writes it', { exam_org_code: '0001' }, 1],
  ['another institution', { exam_org_code: 'H11010500002' }, 0],
])('5401 by %s', async (_, more, count) => {
  const { json } = await sameInBoth('5401', (w) => ({ psn_no: `psn-${w}`, ...more }))
  expect([json.infcode, json.output.bilgiteminfo.length]).toEqual(['0', count])
})

test('5402 gives one report with its results', async () => {
  const { json } = await sameInBoth('5402', (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R1-${w}`, fixmedins_code: 'H11010500001' }))
  expect(json.output).toEqual({
    checkreportdetails: [],
    inspectionreportinformation: [
      { psn_no: 'psn-a', rpotc_no: 'R1-a', exam_item_code: '0025', exam_item_name: '血糖', rpt_date: '2026-03-09', rpot_doc: '钱检验' },
    ],
    inspectiondetails: [
      {
        rpotc_no: 'R1-a',
        ref_val: '3.9-6.1',
        exam_unt: 'mmol/L',
        exam_rslt_val: '9.8',
        exam_item_detl_code: 'GLU',
        exam_item_detl_name: '葡萄糖',
        exam_rslt_abn: '↑',
      },
    ],
  })
})

const EMPTY = { checkreportdetails: [], inspectionreportinformation: [], inspectiondetails: [] }

test.each<[string, (w: World) => Json]>([
  ['L36 a report that is sensitive', (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R2-${w}`, fixmedins_code: 'H11010500001' })],
  [
    'L36 a report of somebody whom the asker does not treat',
    (w) => ({ psn_no: `other-${w}`, rpotc_no: `R3-${w}`, fixmedins_code: 'H11010500001' }),
  ],
  [
    'L01 his report under the number of somebody else',
    (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R3-${w}`, fixmedins_code: 'H11010500001' }),
  ],
  ['a report that is void', (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R4-${w}`, fixmedins_code: 'H11010500001' })],
  ['a report that was never made', (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R5-${w}`, fixmedins_code: 'H11010500001' })],
  ['a report under another institution', (w) => ({ psn_no: `psn-${w}`, rpotc_no: `R1-${w}`, fixmedins_code: 'H99999999999' })],
])('%s is answered as none', async (_, asked) => {
  const { json } = await sameInBoth('5402', asked)
  expect([json.infcode, json.output]).toEqual(['0', EMPTY])
})

test('L01 somebody hidden has no reports', async () => {
  const { json } = await sameInBoth('5401', (w) => ({ psn_no: `other-${w}` }))
  expect([json.infcode, json.output]).toEqual(['0', { bilgiteminfo: [] }])
})

test('a number of persons with different identity numbers is not answered, since nobody could tell whose report is whose', async () => {
  for (const { json } of [
    await sameInBoth('5401', (w) => ({ psn_no: `two-${w}` })),
    await sameInBoth('5402', (w) => ({ psn_no: `two-${w}`, rpotc_no: `R-first-${w}`, fixmedins_code: 'H11010500001' })),
  ])
    expect([json.infcode, json.err_msg, json.output]).toEqual(['-1', ISSUES['link-persons-differ'].zh, {}])
})

test('L01 a second person under the number who is hidden is nobody', async () => {
  const { json } = await sameInBoth('5401', (w) => ({ psn_no: `one-${w}` }))
  expect(json.output.bilgiteminfo).toMatchObject([{ rpotc_no: 'R-solo-a' }])
})

test('numbers are numbers: nothing else is asked by them', async () => {
  for (const psn_no of ['psn-a,psn-b', 'psn-a|', '|psn-a', 'psn-a\\,x', '$', '*']) {
    const { status, json } = await ask('5401', { psn_no })
    expect([psn_no.slice(0, 20), status, json.infcode, json.output]).toEqual([psn_no.slice(0, 20), 200, '0', { bilgiteminfo: [] }])
  }
})

test('a token that may send and not read is refused, whoever is asked for', async () => {
  const token = await held.server.token('h2-engine', { purpose_of_use: 'TREAT', scope: 'system/*.cu' })
  const { json } = await sameInBoth('5401', (w) => ({ psn_no: `other-${w}` }), token)
  expect([json.infcode, json.output]).toEqual(['-1', {}])
  expect(neutral(await ask('5401', { psn_no: 'psn-a' }, token))).toBe(neutral(await ask('5401', { psn_no: 'nobody-a' }, token)))
})

test('L20 a masked form may not ask by a number', async () => {
  const actor: Actor = {
    clientId: 'researcher',
    party: 'researcher',
    organization: 'U1',
    role: 'researcher',
    purpose: 'HRESCH',
    form: 'PSEUD',
    study: 'study-1',
    scopes: [{ level: 'system', type: '*', permissions: 'rs' }],
  }
  const question: Question = { person: { system: NATIONAL.psnNo, value: 'psn-a' }, answer: () => ({}) }
  const deps = { fhir: held.server.running.fhir, codeOf: () => undefined, scopesOf: () => [] as string[] }
  await expect(recognise(deps, actor, question)).rejects.toMatchObject({ status: 403, message: 'parameter-forbidden' })
})

test('L40 the use stands in the account of whom it was about, and of nobody else', async () => {
  await ask('5402', { psn_no: 'psn-a', rpotc_no: 'R1-a', fixmedins_code: 'H11010500001' })
  const uses = async (id: string): Promise<string> => {
    const token = await held.server.token('patient-app', { patient: id })
    const { json } = await held.server.call('GET', '/fhir/AuditEvent?_count=200', { token })
    const entries = (json.entry as { resource: object }[]).map(({ resource }) => JSON.stringify(resource))
    return entries.filter((entry) => entry.includes('"h2-engine"')).join('\n')
  }
  const mine = await uses('q-a')
  const named = ['DiagnosticReport/open-a', 'Observation/glu-a', 'secret-a', 'hidden-result-a'].map((name) => mine.includes(name))
  expect(named).toEqual([true, true, false, false])
  expect(await uses('stranger-a')).toBe('')
})
