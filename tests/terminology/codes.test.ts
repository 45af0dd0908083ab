/** $lookup, $subsumes and $validate-code over HTTP; expected values by the definitions of R4 (terminology-service.html) and by hand. */
import { describe, expect, test } from '@jest/globals'
import { asking, codeOf, get, is, post, told } from './asking.ts'
import { ANIMALS, SCT, signs } from './worlds-of-codes.ts'

asking()

describe('CodeSystem/$lookup', () => {
  test('what is known of a code, over and under it', async () => {
    const answer = await get(`CodeSystem/$lookup?system=${ANIMALS}&code=bat`)
    expect([told(answer, 'name'), told(answer, 'version'), told(answer, 'display')]).toEqual([['Animals'], ['1.10'], ['Bat']])
    expect(told(answer, 'designation')).toEqual([
      { language: 'zh-CN', value: '蝙蝠' },
      { language: 'de', use: { system: 'urn:use', code: 'short' }, value: 'Fledermaus' },
    ])
    expect(told(answer, 'property')).toEqual([
      { code: 'legs', value: 2 },
      { code: 'parent', value: 'flyer' },
      { code: 'parent', value: 'mammal', description: 'Mammal' },
    ])
    const mammal = await post('CodeSystem/$lookup', { name: 'coding', valueCoding: { system: ANIMALS, code: 'mammal' } })
    expect(told(mammal, 'property')).toEqual([
      { code: 'definition', value: 'Gives milk' },
      { code: 'abstract', value: true },
      { code: 'notSelectable', value: true },
      { code: 'child', value: 'whale', description: 'Whale' },
      { code: 'child', value: 'bat', description: 'Bat' },
      { code: 'child', value: 'unicorn', description: 'Unicorn' },
    ])
  })

  test('chosen properties, languages, supplements, versions', async () => {
    const chosen = await get(`CodeSystem/$lookup?system=${ANIMALS}&code=whale&property=parent&displayLanguage=zh`)
    expect([told(chosen, 'display'), told(chosen, 'designation'), told(chosen, 'property')]).toEqual([
      ['鲸'],
      [],
      [{ code: 'parent', value: 'mammal', description: 'Mammal' }],
    ])
    const french = await get(`CodeSystem/$lookup?system=${ANIMALS}&code=bird&property=lang.fr&property=colour`)
    expect(told(french, 'designation')).toEqual([{ language: 'fr', value: 'Oiseau' }])
    expect(told(french, 'property')).toEqual([{ code: 'colour', value: 'red' }])
    // 1.10 is later than 1.9; what only the older has is found by itself.
    expect(told(await get(`CodeSystem/$lookup?system=${ANIMALS}&code=dragon`), 'version')).toEqual(['1.9'])
    expect((await get(`CodeSystem/$lookup?system=${ANIMALS}&version=1.10&code=dragon`)).status).toBe(404)
  })

  test.each([
    ['http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IMP', 'inpatient encounter'],
    ['urn:oid:2.16.156.10011.2.3.3.4', '1', '男性'],
    ['http://unitsofmeasure.org', 'mmol/L', 'mmol/L'],
  ])('%s comes with the server', async (system, code, display) => {
    expect(told(await get(`CodeSystem/$lookup?system=${system}&code=${code}`), 'display')).toEqual([display])
  })

  test.each([
    ['CodeSystem/$lookup', 400, 'parameter-missing'],
    ['CodeSystem/$lookup?code=x', 400, 'parameter-missing'],
    ['CodeSystem/$lookup?code=x&system=urn:nowhere', 404, 'definition-unknown'],
    [`CodeSystem/$lookup?code=x&system=${ANIMALS}`, 404, 'concept-unknown'],
    [`CodeSystem/$lookup?code=bat&system=${ANIMALS}&date=2020`, 400, 'parameter-unsupported'],
    [`CodeSystem/$lookup?code=bat&code=bird&system=${ANIMALS}`, 400, 'parameter-repeated'],
    ['CodeSystem/$lookup?coding=x', 400, 'parameter-invalid'],
    [`CodeSystem/$lookup?system=__proto__&code=constructor`, 404, 'definition-unknown'],
  ])('%s is %i %s', async (path, status, code) => {
    const answer = await get(path)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })
})

describe('CodeSystem/$subsumes', () => {
  // The example of the operation's page: viral hepatitis is a disorder of the liver.
  test.each([
    ['3738000', '235856003', 'subsumed-by'],
    ['235856003', '3738000', 'subsumes'],
    ['3738000', '3738000', 'equivalent'],
    ['22298006', '3738000', 'not-subsumed'],
  ])('%s and %s: %s', async (a, b, outcome) => {
    expect(told(await get(`CodeSystem/$subsumes?system=${SCT}&codeA=${a}&codeB=${b}`), 'outcome')).toEqual([outcome])
    expect(told(await get(`CodeSystem/sct/$subsumes?codeA=${a}&codeB=${b}`), 'outcome')).toEqual([outcome])
    const coding = (code: string) => ({ system: SCT, code })
    const sent = await post(
      'CodeSystem/$subsumes',
      { name: 'codingA', valueCoding: coding(a) },
      { name: 'codingB', valueCoding: coding(b) },
    )
    expect(told(sent, 'outcome')).toEqual([outcome])
  })

  test.each([
    ['urn:oid:2.16.156.10011.2.3.3.11.3', 'B20', 'B20.100x001', 'subsumes'],
    ['urn:oid:2.16.156.10011.2.3.3.11.3', 'B20.1', 'A00-B99', 'subsumed-by'],
    ['http://terminology.hl7.org/CodeSystem/v3-ActCode', '_ActEncounterCode', 'ACUTE', 'subsumes'],
    [ANIMALS, 'flyer', 'bat', 'subsumes'],
  ])('%s: %s, %s', async (system, a, b, outcome) => {
    expect(told(await get(`CodeSystem/$subsumes?system=${system}&codeA=${a}&codeB=${b}`), 'outcome')).toEqual([outcome])
  })

  test.each([
    ['codeA=bat&codeB=x', 'concept-unknown'],
    ['codeA=bat', 'parameter-missing'],
  ])('%s: %s', async (query, code) => {
    expect(codeOf(await get(`CodeSystem/$subsumes?system=${ANIMALS}&${query}`))).toBe(code)
  })

  test('codes of two systems', async () => {
    const sides = [
      { name: 'codingA', valueCoding: { system: ANIMALS, code: 'bat' } },
      { name: 'codingB', valueCoding: { system: SCT, code: '22298006' } },
    ]
    expect(codeOf(await post('CodeSystem/$subsumes', ...sides))).toBe('parameter-invalid')
  })
})

describe('$validate-code', () => {
  test.each([
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=bat`, true, 'Bat'],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=bat&display=bat`, true, 'Bat'],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=bat&display=${encodeURIComponent('蝙蝠')}`, true, 'Bat'],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=bat&display=Bird`, false, 'Bat'],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=cow`, false, undefined],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=mammal&abstract=false`, false, 'Mammal'],
    ['CodeSystem/animals/$validate-code?code=whale', true, 'Whale'],
    // Of SNOMED CT a fragment is here.
    [`CodeSystem/$validate-code?url=${SCT}&code=1234`, true, undefined],
    [`ValueSet/$validate-code?url=urn:test:vs:legs&system=${ANIMALS}&code=bird`, true, 'Bird'],
    [`ValueSet/$validate-code?url=urn:test:vs:legs&system=${ANIMALS}&code=flyer`, false, 'Flyer'],
    ['ValueSet/legs/$validate-code?system=urn:other&code=bird', false, undefined],
    ['ValueSet/$validate-code?url=urn:test:vs:named&system=urn:nowhere&code=n&display=N', true, 'N'],
    ['ValueSet/$validate-code?url=urn:test:vs:named&system=urn:nowhere&code=n&display=M', false, 'N'],
    [`ValueSet/$validate-code?url=urn:test:vs:both&system=${ANIMALS}&code=whale`, false, 'Whale'],
    [`ValueSet/$validate-code?url=urn:test:vs:both&system=${ANIMALS}&code=bat`, true, 'Bat'],
    [`ValueSet/$validate-code?url=${SCT}?fhir_vs%3Disa/128599005&system=${SCT}&code=57809008`, true, 'Myocardial disease'],
    [
      'ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender&code=male',
      true,
      'Male',
    ],
  ])('%s: %s %s', async (path, result, display) => {
    const answer = await get(path)
    expect([told(answer, 'result'), told(answer, 'display')]).toEqual([[result], display === undefined ? [] : [display]])
    // Why it is wrong is said, in both languages.
    if (!result) expect(told(answer, 'message')).toEqual([expect.stringMatching(/[一-鿿].* \/ .*[a-z]/)])
  })

  test('a CodeableConcept is right where one coding is; a definition may be sent', async () => {
    const concept = (...codes: string[]) => ({
      name: 'codeableConcept',
      valueCodeableConcept: { coding: codes.map((code) => ({ system: ANIMALS, code })) },
    })
    const url = { name: 'url', valueUri: 'urn:test:vs:legs' }
    expect(told(await post('ValueSet/$validate-code', url, concept('flyer', 'bat')), 'result')).toEqual([true])
    expect(told(await post('ValueSet/$validate-code', url, concept('flyer', 'mammal')), 'result')).toEqual([false])
    expect(told(await post('ValueSet/$validate-code', url, concept()), 'result')).toEqual([false])
    const sent = { name: 'valueSet', resource: is('is-a', 'flyer') }
    expect(told(await post('ValueSet/$validate-code', sent, concept('bat')), 'result')).toEqual([true])
    const system = { ...signs, id: undefined, url: 'urn:test:sent' }
    const coding = { name: 'coding', valueCoding: { system: 'urn:test:sent', code: 'G1' } }
    expect(told(await post('CodeSystem/$validate-code', { name: 'codeSystem', resource: system }, coding), 'result')).toEqual([true])
    expect(told(await post('CodeSystem/$validate-code', coding), 'result')).toEqual([false])
  })

  test.each([
    ['ValueSet/$validate-code?url=urn:test:vs:legs', 400, 'parameter-missing'],
    ['ValueSet/$validate-code?url=urn:test:vs:legs&code=bat', 400, 'parameter-missing'],
    [`ValueSet/$validate-code?system=${ANIMALS}&code=bat`, 400, 'parameter-missing'],
    [`ValueSet/$validate-code?url=urn:nowhere&system=${ANIMALS}&code=bat`, 404, 'definition-unknown'],
    [`ValueSet/legs/$validate-code?url=urn:test:vs:all&system=${ANIMALS}&code=bat`, 400, 'parameters-exclusive'],
    [`ValueSet/nowhere/$validate-code?system=${ANIMALS}&code=bat`, 404, 'not-found'],
    ['CodeSystem/$validate-code?code=bat', 400, 'parameter-missing'],
    [`CodeSystem/$validate-code?url=${ANIMALS}&code=bat&abstract=maybe`, 400, 'parameter-invalid'],
  ])('%s is %i %s', async (path, status, code) => {
    const answer = await get(path)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })
})
