/** ValueSet/$expand over HTTP; expected values by the definitions of R4 (terminology-service.html) and by hand. */
import { describe, expect, test } from '@jest/globals'
import { asking, codeOf, codesIn, get, is, post, type Contains } from './asking.ts'
import { ANIMALS, animals, SIGNS, valueSet } from './worlds-of-codes.ts'

const held = asking()

describe('ValueSet/$expand', () => {
  const expand = (query: string) => get(`ValueSet/$expand?${query}`)
  const sent = (resource: object, ...more: object[]) => post('ValueSet/$expand', { name: 'valueSet', resource }, ...more)

  test('nested under the first parent that is in the set, with what the answer depends on', async () => {
    const answer = await expand('url=urn:test:vs:all&activeOnly=true')
    const { expansion, ...own } = answer.json
    expect(own).toEqual({ resourceType: 'ValueSet', url: 'urn:test:vs:all', status: 'active' })
    const entry = (code: string, display: string, more: object = {}) => ({ system: ANIMALS, version: '1.10', code, display, ...more })
    expect(expansion.contains).toEqual([
      entry('mammal', 'Mammal', { abstract: true, contains: [entry('whale', 'Whale'), entry('bat', 'Bat')] }),
      entry('flyer', 'Flyer', { contains: [entry('bird', 'Bird')] }),
    ])
    expect(expansion).toMatchObject({
      identifier: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      total: 5,
      parameter: [
        { name: 'url', valueUri: 'urn:test:vs:all' },
        { name: 'activeOnly', valueBoolean: true },
        { name: 'version', valueUri: `${ANIMALS}|1.10` },
      ],
    })
    expect(expansion.extension).toBeUndefined()
  })

  test('of a value set that is sent alone, which is its one parameter that is a resource (R4 operations.html#request)', async () => {
    const body = is('is-a', 'flyer')
    const alone = await held.server.call('POST', '/fhir/ValueSet/$expand', { body })
    expect(codesIn(alone)).toEqual(codesIn(await sent(body)))
    const few = await held.server.call('POST', '/fhir/ValueSet/$expand?count=1&excludeNested=true', { body })
    expect(codesIn(few)).toEqual(['bat'])
    const both = await held.server.call('POST', '/fhir/ValueSet/$expand?url=urn:test:vs:all', { body })
    expect([both.status, codeOf(both)]).toEqual([400, 'parameters-exclusive'])
  })

  test.each([
    ['excludeNested=true', ['mammal', 'whale', 'bat', 'unicorn', 'flyer', 'bird']],
    ['offset=1&count=2', ['whale', 'bat']],
    ['offset=5', ['bird']],
    ['offset=99', []],
    ['count=0', []],
    ['filter=ba', ['bat']],
    ['filter=fleder', ['bat']],
    ['filter=bianfu', ['bat']],
    ['excludeNotForUI=true&excludeNested=true', ['whale', 'bat', 'unicorn', 'flyer', 'bird']],
    [`exclude-system=${ANIMALS}`, []],
    [`system-version=${encodeURIComponent(`${ANIMALS}|1.9`)}`, ['dragon']],
    [`force-system-version=${encodeURIComponent(`${ANIMALS}|1.9`)}`, ['dragon']],
  ])('%s: %j', async (query, codes) => {
    const answer = await expand(`url=urn:test:vs:all&${query}`)
    expect(codesIn(answer)).toEqual(codes)
    if (/offset|count/.test(query)) expect(answer.json.expansion.total).toBe(6)
  })

  test.each([
    ['高血压', ['G1']],
    ['高血', ['G1', 'G2']],
    ['gaoxue', ['G1', 'G2']],
    ['gxy', ['G1']],
    ['xueya', ['G1']],
    ['ueya', []],
    ['hunhe', ['G2']],
    ['tnb', ['D1']],
    ['zhongdu', ['X1']],
    ['高 病', ['G1']],
    ['nvxing', ['N1']],
    ['n\u00fcx', ['N1']],
    ['n\u01daxing', ['N1']],
    ['Nu\u0308', ['N1']],
    ['N\u00fcrnberg', ['N2']],
    ['nurnberg', ['N2']],
    ['d1', ['D1']],
    ['％', []],
  ])('filter %s finds %j', async (filter, codes) => {
    const set = valueSet('x', { include: [{ system: SIGNS }] })
    expect(codesIn(await sent(set, { name: 'filter', valueString: filter }))).toEqual(codes)
  })

  test.each<[object, string[]]>([
    [is('=', '2', 'legs'), ['bat', 'bird']],
    [is('is-a', 'flyer'), ['flyer', 'bat', 'bird']],
    [is('descendent-of', 'mammal'), ['whale', 'bat', 'unicorn']],
    [is('is-not-a', 'mammal'), ['flyer', 'bird']],
    [is('generalizes', 'bat'), ['mammal', 'bat', 'flyer']],
    [is('regex', 'b.*', 'code'), ['bat', 'bird']],
    [is('regex', 'a', 'code'), []],
    [is('in', 'bat, whale'), ['bat', 'whale']],
    [is('not-in', '2,4', 'legs'), ['mammal', 'whale', 'unicorn', 'flyer']],
    [is('exists', 'false', 'legs'), ['mammal', 'unicorn', 'flyer']],
    [is('exists', 'true', 'definition'), ['mammal']],
    [is('=', 'mammal', 'parent'), ['whale', 'unicorn', 'bat']],
  ])('%j is %j', async (set, codes) => {
    expect(codesIn(await sent(set)).sort()).toEqual([...codes].sort())
  })

  test('what is common, what is left out, what others list', async () => {
    expect(codesIn(await get('ValueSet/both/$expand'))).toEqual(['bat', 'bird', 'n'])
    const inactive = valueSet('x', { inactive: false, include: [{ system: ANIMALS, concept: [{ code: 'unicorn' }, { code: 'bat' }] }] })
    expect(codesIn(await sent(inactive))).toEqual(['bat'])
    const without = valueSet('x', {
      include: [{ system: ANIMALS }],
      exclude: [{ system: ANIMALS, filter: [{ property: 'concept', op: 'is-a', value: 'mammal' }] }, { valueSet: ['urn:test:vs:legs'] }],
    })
    expect(codesIn(await sent(without))).toEqual(['flyer'])
  })

  test('designations, languages, the definition', async () => {
    const of = async (query: string) => {
      const answer = await expand(`url=urn:test:vs:legs&excludeNested=true&${query}`)
      return answer.json.expansion.contains.find((one: Contains) => one.code === 'bat')
    }
    expect((await of('displayLanguage=zh-CN')).display).toBe('蝙蝠')
    expect((await of('includeDesignations=true')).designation).toHaveLength(2)
    expect((await of('designation=de')).designation).toEqual([expect.objectContaining({ value: 'Fledermaus' })])
    expect((await of(`designation=${encodeURIComponent('urn:use|short')}`)).designation).toEqual([
      expect.objectContaining({ value: 'Fledermaus' }),
    ])
    expect((await of('')).designation).toBeUndefined()
    const whole = (await expand('url=urn:test:vs:legs&includeDefinition=true')).json
    expect(whole.compose.include[0].filter).toHaveLength(1)
  })

  test('a fragment says that there may be more', async () => {
    const answer = await get('ValueSet/snomed-part/$expand')
    expect(codesIn(answer)).toEqual(['128599005', '57809008'])
    expect(answer.json.expansion.extension).toEqual([
      { url: 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed', valueBoolean: true },
    ])
    expect((await expand(`url=urn:test:vs:all&filter=x`)).json.expansion.extension).toBeUndefined()
  })

  test.each([
    ['ValueSet/$expand', 400, 'parameter-missing'],
    ['ValueSet/$expand?url=urn:nowhere', 404, 'definition-unknown'],
    ['ValueSet/$expand?url=urn:test:vs:all|7', 404, 'definition-unknown'],
    ['ValueSet/nowhere/$expand', 404, 'not-found'],
    ['ValueSet/$expand?url=urn:test:vs:round-a', 422, 'value-set-cycle'],
    ['ValueSet/$expand?url=urn:test:vs:all&count=-1', 400, 'parameter-invalid'],
    ['ValueSet/$expand?url=urn:test:vs:all&context=x', 400, 'parameter-unsupported'],
    ['ValueSet/$expand?url=urn:test:vs:all&system-version=x', 400, 'parameter-invalid'],
  ])('%s is %i %s', async (path, status, code) => {
    const answer = await get(path)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  test.each<[object, string]>([
    [is('=', '2', 'wings'), 'value-set-filter'],
    [is('is-a', '2', 'legs'), 'value-set-filter'],
    [is('regex', '(', 'code'), 'value-set-filter'],
    [is('regex', '(((a|b|i|r|d)*)*)*x', 'display'), 'value-set-filter'],
    [
      valueSet('x', {
        include: [1, 2, 3, 4, 5, 6].map((n) => ({ system: ANIMALS, filter: [{ property: 'code', op: 'regex', value: `${n}` }] })),
      }),
      'value-set-filter',
    ],
    [valueSet('x', { include: [{ system: 'urn:nowhere' }] }), 'definition-unknown'],
    [valueSet('x', { include: [{ valueSet: ['urn:nowhere'] }] }), 'definition-unknown'],
    [valueSet('x', { include: [{ system: 'http://unitsofmeasure.org' }] }), 'code-system-content'],
  ])('%j is refused: %s', async (set, code) => {
    const long = { ...animals, id: 'x', url: 'urn:long', concept: [{ code: 'x', display: 'bird'.repeat(20) }] }
    const asked = JSON.parse(JSON.stringify(set).replace(/"(urn:test:animals)"(?=.*\)\*x)/, '"urn:long"'))
    await held.server.call('PUT', '/fhir/CodeSystem/x', { body: long })
    const answer = await sent(asked)
    expect([answer.status < 500, codeOf(answer)]).toEqual([true, code])
  })
})
