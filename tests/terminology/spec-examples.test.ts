/**
 * The examples that R4 gives of its operations (the pages of the operations and terminology-service.html), with the answers that stand there.
 * Of LOINC the one code that they name. Those of $subsumes and $closure are in codes.test.ts and maps.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf, codesIn, told } from './asking.ts'

const LOINC = 'http://loinc.org'
const BICARBONATE = 'Bicarbonate [Moles/volume] in Serum'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    {
      resourceType: 'CodeSystem',
      id: 'loinc',
      url: LOINC,
      version: '2.48',
      name: 'LOINC',
      status: 'active',
      content: 'complete',
      concept: [{ code: '1963-8', display: BICARBONATE, designation: [{ value: BICARBONATE }] }, { code: '2345-7' }],
    },
    {
      resourceType: 'ValueSet',
      id: '23',
      url: 'urn:test:23',
      status: 'active',
      compose: { include: [{ system: LOINC, concept: [{ code: '1963-8' }] }] },
    },
  ])
}, 60_000)
afterAll(() => server.stop())

const get = (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`)
const post = (path: string, ...parameter: object[]): Promise<Answer> =>
  server.call('POST', `/fhir/${path}`, { body: { resourceType: 'Parameters', parameter } })

describe('$lookup', () => {
  test.each([
    ['by GET', () => get(`CodeSystem/$lookup?system=${LOINC}&code=1963-8&property=code&property=display&property=designations`)],
    ['by POST of a Coding', () => post('CodeSystem/$lookup', { name: 'coding', valueCoding: { system: LOINC, code: '1963-8' } })],
  ])('%s', async (_name, ask) => {
    const answer = await ask()
    expect(['name', 'version', 'display'].map((name) => told(answer, name))).toEqual([['LOINC'], ['2.48'], [BICARBONATE]])
    expect(told(answer, 'designation')).toEqual([{ value: BICARBONATE }])
  })
})

describe('$validate-code', () => {
  const concept = { name: 'codeableConcept', valueCodeableConcept: { coding: [{ system: LOINC, code: '1963-8', display: 'test' }] } }
  const sent = {
    name: 'valueSet',
    resource: { resourceType: 'ValueSet', status: 'active', compose: { include: [{ system: LOINC }] } },
  }
  test.each([
    ['the system', () => get('CodeSystem/loinc/$validate-code?code=1963-8&display=test')],
    ['a set', () => get(`ValueSet/23/$validate-code?system=${LOINC}&code=1963-8&display=test`)],
    ['a set that is sent', () => post('ValueSet/$validate-code', concept, sent)],
    ['the set of all codes of LOINC', () => get(`ValueSet/$validate-code?url=${LOINC}/vs&system=${LOINC}&code=1963-8&display=test`)],
    ['the same, by the address of the system', () => get(`ValueSet/$validate-code?url=${LOINC}&system=${LOINC}&code=1963-8&display=test`)],
  ])('%s: another display than that of the code', async (_name, ask) => {
    const answer = await ask()
    expect([told(answer, 'result'), told(answer, 'display')]).toEqual([[false], [BICARBONATE]])
    // The text is the server's own: it names the display.
    expect(told(answer, 'message')[0]).toMatch(/display/)
  })

  test('a code that is not in the set', async () => {
    expect(told(await get(`ValueSet/23/$validate-code?system=${LOINC}&code=2345-7`), 'result')).toEqual([false])
    expect(told(await get(`ValueSet/$validate-code?url=${LOINC}&system=${LOINC}&code=2345-7`), 'result')).toEqual([true])
  })
})

describe('$expand', () => {
  test.each([
    ['ValueSet/23/$expand?filter=bicarb', ['1963-8']],
    ['ValueSet/23/$expand?filter=abdo', []],
    [`ValueSet/$expand?url=${LOINC}`, ['1963-8', '2345-7']],
    [`ValueSet/$expand?url=${LOINC}|2.48`, ['1963-8', '2345-7']],
  ])('%s', async (path, codes) => {
    expect(codesIn(await get(path))).toEqual(codes)
  })

  test('a version that is not here', async () => {
    expect(codeOf(await get(`ValueSet/$expand?url=${LOINC}|9`))).toBe('definition-unknown')
  })
})

describe('$translate', () => {
  const STATUS = 'http://hl7.org/fhir/composition-status'
  const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActStatus'
  const sets = 'source=http://hl7.org/fhir/ValueSet/composition-status&target=http://terminology.hl7.org/ValueSet/v3-ActStatus'
  test.each([
    ['by the sets of R4’s own map', `ConceptMap/$translate?system=${STATUS}&code=preliminary&${sets}`],
    [
      'by its address',
      `ConceptMap/$translate?url=http://hl7.org/fhir/ConceptMap/cm-composition-status-v3&system=${STATUS}&code=preliminary`,
    ],
  ])('%s', async (_name, path) => {
    const answer = await get(path)
    expect(told(answer, 'result')).toEqual([true])
    expect(told(answer, 'match')).toMatchObject([{ equivalence: 'equivalent', concept: { system: ACT, code: 'active' } }])
  })

  test('without them a draft is not followed', async () => {
    expect(told(await get(`ConceptMap/$translate?system=${STATUS}&code=preliminary&targetsystem=${ACT}`), 'result')).toEqual([false])
  })
})
