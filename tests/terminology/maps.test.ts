/** $translate, $find-matches, $closure and what can be asked over HTTP; expected values by the definitions of R4 (terminology-service.html) and by hand. */
import { describe, expect, test } from '@jest/globals'
import type { Answer } from '../support/server.ts'
import { asking, codeOf, get, map, map2, post, told } from './asking.ts'
import { ANIMALS, SCT } from './worlds-of-codes.ts'

const held = asking()

describe('ConceptMap/$translate', () => {
  const translate = (query: string) => get(`ConceptMap/$translate?${query}`)
  const matches = (answer: Answer) =>
    (told(answer, 'match') as { equivalence: string; concept?: { system: string; code: string } }[]).map(
      ({ equivalence, concept }) => `${equivalence} ${concept?.code ?? ''}`,
    )

  test.each([
    ['whale', 'urn:test:b', true, ['wider W']],
    ['bat', 'urn:test:b', true, ['inexact B2']],
    ['unicorn', 'urn:test:b', false, ['unmatched ']],
    ['cow', 'urn:test:b', true, ['inexact OTHER']],
    ['cow', 'urn:test:c', true, ['equal cow']],
    ['bird', 'urn:test:d', true, ['equal V']],
    ['cow', 'urn:test:d', false, []],
    ['bat', 'urn:test:nowhere', false, []],
  ])('%s to %s: %s %j', async (code, target, result, found) => {
    const answer = await translate(`url=${map.url}&system=${ANIMALS}&code=${code}&targetsystem=${target}`)
    expect([told(answer, 'result'), matches(answer)]).toEqual([[result], found])
    const ofInstance = await get(`ConceptMap/101/$translate?system=${ANIMALS}&code=${code}&targetsystem=${target}`)
    expect(matches(ofInstance)).toEqual(found)
    // Without a name all maps that are in force are asked.
    const ofAll = await translate(`system=${ANIMALS}&code=${code}&targetsystem=${target}&source=urn:test:vs:all`)
    expect(matches(ofAll)).toEqual(found)
  })

  test('products, and where the match comes from', async () => {
    const answer = await translate(`url=${map.url}&system=${ANIMALS}&code=bat&targetsystem=urn:test:b`)
    expect(answer.json.parameter[1].part).toEqual([
      { name: 'equivalence', valueCode: 'inexact' },
      { name: 'concept', valueCoding: { system: 'urn:test:b', code: 'B2' } },
      {
        name: 'product',
        part: [
          { name: 'element', valueUri: 'urn:side' },
          { name: 'concept', valueCoding: { system: 'urn:s', code: 'left' } },
        ],
      },
      { name: 'source', valueUri: map.url },
    ])
  })

  test('with what it depends on; several codes at once', async () => {
    const concept = (...codes: string[]) => ({
      name: 'codeableConcept',
      valueCodeableConcept: { coding: codes.map((code) => ({ system: ANIMALS, code })) },
    })
    const place = (value: string) => ({
      name: 'dependency',
      part: [
        { name: 'element', valueUri: 'urn:where' },
        { name: 'concept', valueCodeableConcept: { coding: [{ system: 'urn:place', code: value }] } },
      ],
    })
    const target = { name: 'targetsystem', valueUri: 'urn:test:b' }
    expect(matches(await post('ConceptMap/$translate', concept('bat', 'whale'), place('cave'), target))).toEqual([
      'equivalent B1',
      'inexact B2',
      'wider W',
    ])
    expect(matches(await post('ConceptMap/$translate', concept('bat'), place('house'), target))).toEqual(['inexact B2'])
    expect(matches(await post('ConceptMap/$translate', { name: 'conceptMap', resource: map2 }, concept('bird')))).toEqual(['equal V'])
  })

  test('from the target to the source, whose relation is the other way round', async () => {
    expect(matches(await translate(`url=${map.url}&system=urn:test:b&code=W&reverse=true`))).toEqual(['narrower whale'])
    expect(matches(await translate('system=urn:test:b&code=W&reverse=true&target=urn:test:vs:all'))).toEqual(['narrower whale'])
    expect(matches(await translate('system=urn:test:b&code=W&reverse=true&source=urn:test:vs:all'))).toEqual([])
  })

  test('maps that come with the server', async () => {
    const sexes = 'https://fhir-cn.example/ConceptMap/gb2261-1'
    expect(matches(await translate(`url=${sexes}&system=urn:oid:2.16.156.10011.2.3.3.4&code=2`))).toEqual(['relatedto female'])
    const composition = 'http://hl7.org/fhir/ConceptMap/cm-composition-status-v3'
    expect(matches(await translate(`url=${composition}&system=http://hl7.org/fhir/composition-status&code=preliminary`))).toEqual([
      'equivalent active',
    ])
  })

  test.each([
    [`ConceptMap/$translate?url=urn:nowhere&system=${ANIMALS}&code=bat`, 404, 'definition-unknown'],
    ['ConceptMap/$translate?code=bat', 400, 'parameter-missing'],
    [`ConceptMap/$translate?system=${ANIMALS}`, 400, 'parameter-missing'],
    [`ConceptMap/101/$translate?url=x&system=${ANIMALS}&code=bat`, 400, 'parameters-exclusive'],
  ])('%s is %i %s', async (path, status, code) => {
    const answer = await get(path)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })
})

describe('CodeSystem/$find-matches', () => {
  const property = (code: string, value: object) => ({
    name: 'property',
    part: [
      { name: 'code', valueCode: code },
      { name: 'value', ...value },
    ],
  })
  const found = (answer: Answer) => (told(answer, 'match') as { code: { code: string } }[]).map(({ code }) => code.code)
  const find = (exact: boolean, ...properties: object[]) =>
    post('CodeSystem/$find-matches', { name: 'system', valueUri: ANIMALS }, { name: 'exact', valueBoolean: exact }, ...properties)

  test('for a machine what contradicts nothing, for a person also what has some of it', async () => {
    const [legs, over] = [property('legs', { valueInteger: 2 }), property('parent', { valueCode: 'flyer' })]
    expect(found(await find(true, legs))).toEqual(['bat', 'bird'])
    expect(found(await find(true, legs, over))).toEqual(['bat', 'bird'])
    expect((await find(true, property('legs', { valueInteger: 99 }))).json).toEqual({ resourceType: 'Parameters' })
    const mammals = property('parent', { valueCode: 'mammal' })
    expect(found(await find(true, legs, mammals))).toEqual(['bat', 'unicorn'])
    expect(found(await find(false, property('legs', { valueInteger: 0 }), mammals))).toEqual(['whale', 'bat', 'unicorn'])
    const [whole, partly] = (await find(false, property('legs', { valueInteger: 0 }), mammals)).json.parameter
    expect(whole.part).toHaveLength(1)
    expect(partly.part[1].part).toEqual([
      { name: 'code', valueCode: 'legs' },
      { name: 'value', valueInteger: 0 },
    ])
  })

  test.each([
    [[{ name: 'system', valueUri: ANIMALS }], 'parameter-missing'],
    [[{ name: 'system', valueUri: 'urn:nowhere' }, property('legs', { valueInteger: 2 })], 'definition-unknown'],
    [
      [
        { name: 'system', valueUri: ANIMALS },
        { name: 'property', part: [] },
      ],
      'parameter-invalid',
    ],
    [
      [
        { name: 'system', valueUri: ANIMALS },
        { name: 'compositional', valueBoolean: true },
      ],
      'parameter-unsupported',
    ],
  ])('%j is refused: %s', async (parameters, code) => {
    expect(codeOf(await post('CodeSystem/$find-matches', ...parameters))).toBe(code)
  })
})

describe('$closure', () => {
  const name = { name: 'name', valueString: 'problems' }
  const concept = (code: string) => ({ name: 'concept', valueCoding: { system: SCT, code } })
  const pairs = ({ json }: Answer): string[] =>
    (json.group ?? []).flatMap(({ element }: { element: { code: string; target: { code: string; equivalence: string }[] }[] }) =>
      element.flatMap(({ code, target }) => target.map((one) => `${one.code} ${one.equivalence} ${code}`)),
    )

  test('grows with the codes that the client names, and tells what came since', async () => {
    expect((await post('$closure', { name: 'name', valueString: 'unheard' }, concept('3738000'))).status).toBe(404)
    const begun = await post('$closure', name)
    expect([begun.status, begun.json.resourceType, begun.json.version, pairs(begun)]).toEqual([200, 'ConceptMap', '0', []])
    expect(pairs(await post('$closure', name, concept('3738000'), concept('22298006')))).toEqual([])
    const grown = await post('$closure', name, concept('235856003'), concept('3738000'))
    expect([grown.json.version, pairs(grown)]).toEqual(['2', ['235856003 subsumes 3738000']])
    const again = await post('$closure', name, concept('57809008'), concept('128599005'))
    expect(pairs(again)).toEqual(['128599005 subsumes 57809008'])
    const since = (version: string) => post('$closure', name, { name: 'version', valueString: version })
    expect(pairs(await since('2'))).toEqual(['128599005 subsumes 57809008'])
    expect(pairs(await since('0'))).toHaveLength(2)
    expect(codeOf(await since('9'))).toBe('closure-unknown')
    expect(codeOf(await since('x'))).toBe('parameter-invalid')
    expect((await post('$closure', name)).json.version).toBe('0')
  })

  test('at the same time nothing is lost', async () => {
    const own = { name: 'name', valueString: 'together' }
    await post('$closure', own)
    const answers = await Promise.all(['3738000', '235856003', '22298006'].map((code) => post('$closure', own, concept(code))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const all = await post('$closure', own, { name: 'version', valueString: '0' })
    expect([all.json.version, pairs(all)]).toEqual(['3', ['235856003 subsumes 3738000']])
  })

  test('more concepts than a table holds are refused before they are compared, each with all', async () => {
    const own = { name: 'name', valueString: 'many' }
    await post('$closure', own)
    const many = Array.from({ length: 30_000 }, (_, n) => concept(`9${n}`))
    expect(codeOf(await post('$closure', own, ...many))).toBe('closure-full')
    // What is named twice, or known already, is not counted twice.
    const once = many.slice(0, 2)
    expect((await post('$closure', own, ...once, ...once)).json.version).toBe('1')
    expect((await post('$closure', own, ...once)).json.version).toBe('1')
  }, 15_000)

  test('is written, so it is posted', async () => {
    expect((await get('$closure?name=x')).status).toBe(405)
  })
})

test('what can be asked is told', async () => {
  const { json } = await get('metadata?mode=terminology')
  expect(json.resourceType).toBe('TerminologyCapabilities')
  expect(json.codeSystem.find(({ uri }: { uri: string }) => uri === 'urn:oid:2.16.156.10011.2.3.3.11.3').version).toEqual([
    { code: 'clinical-2.0', isDefault: true },
    { code: 'insurance-2.0', isDefault: false },
  ])
  const statement = (await get('metadata')).json
  const of = (type: string) =>
    statement.rest[0].resource.find((one: { type: string }) => one.type === type).operation.map((one: { name: string }) => one.name)
  expect(of('CodeSystem')).toEqual(expect.arrayContaining(['lookup', 'validate-code', 'subsumes', 'find-matches']))
  expect(of('ValueSet')).toEqual(expect.arrayContaining(['expand', 'validate-code']))
  expect(of('ConceptMap')).toContain('translate')
  expect(statement.rest[0].operation.map((one: { name: string }) => one.name)).toContain('closure')
  expect(codeOf(await get('metadata?mode=all'))).toBe('parameter-invalid')
  const checked = await held.server.call('POST', '/fhir/TerminologyCapabilities/$validate', { body: json })
  expect(checked.json.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
})
