/** ADT^A06, A07 and A40; expectations are written by hand from HL7 v2.4, chapter 3. */
import { expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const message = (event: string, ...segments: string[]): string =>
  [
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260307101500||ADT^${event}|M1|P|2.4||||||GB 18030-2000`,
    `EVN|${event}|20260307101500`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    ...segments,
    '',
  ].join('\r')

const read = (text: string) => readAll(hospitalHl7v2, iconv.encode(text, 'gb18030'), { context: context('hospital', 'H1') })

test.each([
  ['A06', 'I', 'IMP'],
  ['A07', 'O', 'AMB'],
])('%s: the visit goes on in the class %s', async (event, patientClass, code) => {
  const { mapped, rejected } = await read(message(event, `PV1|1|${patientClass}|||||||||||||||||ZY1`))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.flatMap(invalid)).toEqual([])
  expect(plain(ofType(mapped[0], 'Encounter')[0])).toMatchObject({ status: 'in-progress', class: { code } })
})

test('A40: the record under MRG-1 is replaced by that under PID-3', async () => {
  const { mapped, rejected } = await read(message('A40', 'MRG|0001099999^^^0001^PI'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.flatMap(unresolved)).toEqual([])
  expect(mapped.flatMap(invalid)).toEqual([])
  expect(mapped[0]).toMatchObject({ issues: [], unread: [] })
  expect(mapped[0]?.patient).toEqual({
    local: [{ kind: 'PI', value: '0001023456', strong: true }],
    replaces: [{ kind: 'PI', value: '0001099999', strong: true }],
    name: '王建国',
    birthDate: '1958-03-12',
    gender: 'male',
  })
  expect(mapped[0]?.resources.map(({ resource }) => resource.resourceType)).toEqual(['Patient'])
})

test('A40 of several: each number ends in the patient that it stands behind', async () => {
  const { mapped, rejected } = await read(message('A40', 'MRG|1^^^0001^PI', 'PID|2||2^^^0001^PI||李四', 'MRG|3^^^0001^PI'))
  expect(rejected).toEqual([])
  expect(
    mapped.map(({ deliveryId, patient }) => [deliveryId, patient?.local[0]?.value, patient?.replaces?.map(({ value }) => value)]),
  ).toEqual([
    ['M1', '0001023456', ['1']],
    ['M1#2', '2', ['3']],
  ])
})

test.each([
  ['without MRG', [], 'mapping-required', 'MRG'],
  ['into itself', ['MRG|0001023456^^^0001^PI'], 'mapping-required', 'MRG-1'],
  ['of a card', ['MRG|C1^^^0001^JZK'], 'mapping-required', 'MRG-1'],
  ['of several without their patients', ['MRG|1^^^0001^PI', 'MRG|3^^^0001^PI'], 'payload-structure', 'MRG[2]'],
])('A40 %s is quarantined', async (_name, segments, code, at) => {
  const { mapped, rejected } = await read(message('A40', ...segments))
  expect(mapped).toEqual([])
  expect(rejected[0]?.reason).toEqual({ severity: 'error', code, at })
})

test('a number that another hospital of the configuration gave is none of this one, of the patient or of a merge', async () => {
  const own = context('hospital', 'H1')
  const knowing = { ...own, organization: (code: string | undefined) => (code === '0002' ? 'H2' : own.organization(code)) }
  const send = (text: string) => readAll(hospitalHl7v2, iconv.encode(text, 'gb18030'), { context: knowing })
  const numbers = '0001023456^^^0001^PI~777^^^0002^MR~888^^^0002^JZK~999^^^EMPI^PI'
  const { mapped } = await send(message('A31').replace('0001023456^^^0001^PI', numbers))
  expect(mapped[0]?.patient?.local).toEqual([
    { kind: 'PI', value: '0001023456', strong: true },
    { kind: 'PI', value: '999', strong: true },
  ])
  expect(plain(ofType(mapped[0], 'Patient')[0]).identifier).toMatchObject([
    { system: 'https://fhir-cn.example/sid/H1/mrn', value: '0001023456' },
    { system: 'https://fhir-cn.example/sid/H1/other-mr', value: '777' },
    { system: 'https://fhir-cn.example/sid/H1/other-jzk', value: '888' },
    { system: 'https://fhir-cn.example/sid/H1/mrn', value: '999' },
  ])
  expect((await send(message('A40', 'MRG|777^^^0002^PI'))).rejected[0]?.reason).toMatchObject({ code: 'mapping-required', at: 'MRG-1' })
})
