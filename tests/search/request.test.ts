import { describe, expect, test } from '@jest/globals'
import { ALL_VALUES_MAX, KEYS_MAX, NAME_LENGTH_MAX, OR_VALUES_MAX, PARAMETERS_MAX, VALUE_LENGTH_MAX } from '../../server/search/limits.ts'
import type { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { parse, refusal, search } from './ask.ts'

describe('a search request', () => {
  test('without criteria finds everything of the type', () => {
    expect(parse('Patient', '')).toEqual({
      type: 'Patient',
      plan: { kind: 'everything' },
      sort: [],
      count: 20,
      total: 'accurate',
      summaryCount: false,
      includes: [],
      revincludes: [],
      applied: [],
      ignored: [],
      patients: [],
      patientKeys: new Map(),
    })
  })

  test('repeats are AND, commas are OR', () => {
    expect(parse('Observation', 'code=a,urn:s|b&status=final').plan).toEqual({
      kind: 'and',
      nodes: [
        { kind: 'keys', keys: ['code:a', 'code=urn:s|b'] },
        { kind: 'keys', keys: ['status:final'] },
      ],
    })
  })

  test('an unknown parameter is ignored under lenient handling, and is not in the self link', () => {
    const parsed = parse('Patient', 'typo=1&gender=male', false)
    expect(parsed.ignored).toEqual(['typo'])
    expect(parsed.applied).toEqual([['gender', 'male']])
    expect(refusal('Patient', 'typo=1&gender=male', true)).toBe('parameter-unknown')
  })

  test.each(['__proto__=1', 'constructor=1', 'toString=1', 'hasOwnProperty=1', 'code[$ne]=1', '$where=1', '=1', 'a.b=1', 'gender[]=male'])(
    '%s is a parameter like any unknown one',
    (query) => {
      expect(parse('Patient', query, false).ignored).toHaveLength(1)
      expect(parse('Patient', query, false).plan).toEqual({ kind: 'everything' })
      expect(refusal('Patient', query, true)).toBe('parameter-unknown')
    },
  )

  test('a message does not repeat a name that could be data', () => {
    expect(() => parse('Patient', '张三=1')).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ params: { name: '?' } })] }),
    )
  })

  // Ignoring any of these would answer more than was asked for.
  test.each([
    ['subject.nonsense=x', 'chain-unknown'],
    ['subject:Patient.nonsense=x', 'chain-unknown'],
    ['subject:Practitioner.name=x', 'chain-unknown'],
    ['subject:Nonsense.name=x', 'chain-unknown'],
    ['subject:identifier.name=x', 'chain-unknown'],
    ['subject.=x', 'chain-unknown'],
    ['subject:Patient.organization.nonsense=x', 'chain-unknown'],
    ['subject:Patient._count=x', 'chain-unknown'],
    ['code.name=x', 'chain-unknown'],
    ['_has=x', 'chain-unknown'],
    ['_has:Observation:patient=x', 'chain-unknown'],
    ['_has:Observation:patient:code=x', 'chain-unknown'],
    ['_has:Observation:derived-from:=x', 'chain-unknown'],
    ['_has:Observation:code:code=x', 'chain-unknown'],
    ['_has:Nonsense:target:code=x', 'chain-unknown'],
    ['_has:Provenance:target:nonsense=x', 'chain-unknown'],
    ['subject:Patient.name:not=x', 'modifier-unsupported'],
    ['subject:Patient.birthdate=x', 'parameter-invalid'],
    [`${'derived-from:Observation.'.repeat(11)}code=x`, 'chain-long'],
    ['focus.focus.focus.code=x', 'chain-long'],
    ['_filter:not=code eq a', 'modifier-unsupported'],
    ['_query=x', 'parameter-unsupported'],
    ['code:in=x', 'value-set-unknown'],
    ['code:not-in=http://nowhere.example/ValueSet/x', 'value-set-unknown'],
    ['code:below=http://loinc.org|718-7', 'code-system-flat'],
    ['code:of-type=a|b|c', 'modifier-unsupported'],
    ['subject:below=Patient/1', 'modifier-unsupported'],
    ['date:not=2024', 'modifier-unsupported'],
    ['code:__proto__=x', 'modifier-unsupported'],
    ['_id:exact=1', 'modifier-unsupported'],
    ['_include:recurse=Observation:subject', 'modifier-unsupported'],
    ['_sort:asc=date', 'modifier-unsupported'],
  ])('%s is refused as %s in both handlings', (query, code) => {
    expect(refusal('Observation', query, true)).toBe(code)
    expect(refusal('Observation', query, false)).toBe(code)
  })

  test('_id: what cannot be an id is the id of nothing', () => {
    expect(parse('Patient', '_id=1,2').plan).toEqual({ kind: 'ids', ids: ['1', '2'] })
    expect(parse('Patient', '_id=Patient/1').plan).toEqual({ kind: 'nothing' })
    expect(parse('Patient', '_id={"$ne":1},a').plan).toEqual({ kind: 'ids', ids: ['a'] })
  })

  test.each([
    ['_count=0', { count: 0, summaryCount: true }],
    ['_count=50', { count: 50, summaryCount: false }],
    ['_count=999999999', { count: 1000 }],
    ['_summary=count', { summaryCount: true, count: 20 }],
    ['_summary=true', { summaryCount: false, summary: 'true' }],
    ['_elements=id,code', { elements: ['id', 'code'] }],
    ['_total=none', { total: 'none' }],
    ['_total=estimate', { total: 'estimate' }],
  ])('%s', (query, expected) => {
    const parsed = parse('Observation', query)
    expect(parsed).toMatchObject(expected)
    expect(parsed.applied).toHaveLength(1)
  })

  test('_format and _pretty are passed over', () => {
    const parsed = parse('Observation', '_format=json&_pretty=true')
    expect([parsed.applied, parsed.ignored]).toEqual([[], []])
  })

  test.each([
    '_count=-1',
    '_count=1.5',
    '_count=',
    '_count=a',
    '_count=9999999999',
    '_total=maybe',
    '_summary=x',
    '_elements=a,$b',
    '_sort=nothing',
    '_include=x',
  ])('%s is invalid', (query) => {
    expect(refusal('Observation', query)).toBe('parameter-invalid')
  })

  test('a result parameter may stand once', () => {
    expect(refusal('Observation', '_count=1&_count=2')).toBe('parameter-repeated')
    expect(refusal('Observation', '_include=Observation:subject&_include=Observation:encounter')).toBeUndefined()
  })

  // R4 search.html#errors: "Empty parameters are not an error - they are just ignored by the server."
  test('an empty parameter asks nothing: it is left out and named, or refused when strict', () => {
    for (const name of [
      'code',
      'code:not',
      'date',
      'value-quantity',
      'subject',
      'subject:Patient.name',
      '_id',
      '_count',
      '_sort',
      '_include',
      'typo',
    ]) {
      const parsed = parse('Observation', `${name}=&status=final`, false)
      expect([name, parsed.plan, parsed.applied, parsed.ignored]).toEqual([
        name,
        { kind: 'keys', keys: ['status:final'] },
        [['status', 'final']],
        [name],
      ])
      expect([name, refusal('Observation', `${name}=`, true)]).toEqual([name, 'parameter-invalid'])
    }
    // One of the same name may say something; a list with nothing in it is no empty parameter.
    expect(parse('Observation', 'code=&code=a', false)).toMatchObject({
      plan: { kind: 'keys', keys: ['code:a'] },
      applied: [['code', 'a']],
    })
    expect(refusal('Observation', 'code=,', false)).toBe('parameter-invalid')
  })

  // R4 search.html#table: `_sort` "can repeat for inner sort orders".
  test('repeated _sort is one list', () => {
    expect(parse('Observation', '_sort=status&_sort=-code,_id').sort).toEqual(parse('Observation', '_sort=status,-code,_id').sort)
    expect(refusal('Observation', '_sort=status,code,date&_sort=category,_id')).toBeUndefined()
    expect(refusal('Observation', '_sort=status,code,date&_sort=category,_id,subject')).toBe('parameter-values')
  })

  test('_sort by any parameter of the type', () => {
    expect(parse('Observation', '_sort=-date,status,_id,-_lastUpdated,value-quantity').sort).toEqual([
      { by: 'mainDate', param: 'date', descending: true },
      { by: 'keys', param: 'status', places: [{ prefix: 'status:', range: ['status:', 'status;'] }], descending: false },
      { by: 'id', param: '_id', descending: false },
      { by: 'lastUpdated', param: '_lastUpdated', descending: true },
      { by: 'nums', param: 'value-quantity', descending: false },
    ])
    expect(parse('Patient', '_sort=birthdate').sort).toEqual([{ by: 'dates', param: 'birthdate', descending: false }])
    expect(parse('DiagnosticReport', '_sort=date').sort).toEqual([{ by: 'dates', param: 'date', descending: false }])
    expect(refusal('Observation', '_sort=code-value-quantity', false)).toBe('sort-composite')
    expect(refusal('Observation', '_sort=_score', false)).toBe('parameter-unsupported')
    expect(refusal('AuditEvent', '_sort=action', false)).toBe('parameter-unsupported')
    expect(refusal('Location', '_sort=near', false)).toBe('parameter-unsupported')
    expect(parse('AuditEvent', '_sort=-date').sort).toEqual([{ by: 'lastUpdated', param: 'date', descending: true }])
    expect(refusal('Observation', '_sort=a,b,c,d,e,f', true)).toBe('parameter-invalid')
    expect(parse('Observation', '_sort=nothing', false).ignored).toEqual(['_sort'])
  })

  test('_include and _revinclude', () => {
    const includes = (query: string, type = 'Observation') => parse(type, query).includes
    expect(includes('_include=Observation:subject')).toEqual([{ source: 'Observation', param: 'subject' }])
    expect(includes('_include=Observation:subject:Patient')).toEqual([{ source: 'Observation', param: 'subject', target: 'Patient' }])
    expect(includes('_include=Observation:*').map((i) => i.param)).toEqual(expect.arrayContaining(['subject', 'encounter', 'performer']))
    expect(includes('_include=*')).toEqual(includes('_include=Observation:*'))
    expect(parse('Patient', '_revinclude=Observation:patient').revincludes).toEqual([{ source: 'Observation', param: 'patient' }])
    expect(parse('Patient', '_revinclude=Observation:*').revincludes.map((i) => i.param)).toEqual(
      expect.arrayContaining(['subject', 'patient']),
    )
    expect(parse('Encounter', '_revinclude=Observation:*').revincludes.map((i) => i.param)).not.toContain('patient')
  })

  test.each([
    ['Observation', '_include=Patient:organization'],
    ['Observation', '_include=Observation:code'],
    ['Observation', '_include=Observation:subject:Medication'],
    ['Observation', '_include=Observation:subject:x'],
    ['Observation', '_include=Observation:subject:Patient:x'],
    ['Observation', '_include=__proto__:subject'],
    ['Patient', '_revinclude=Observation:encounter'],
    ['Patient', '_revinclude=Observation:subject:Group'],
    ['Patient', '_revinclude=Nothing:subject'],
  ])('%s?%s is invalid', (type, query) => {
    expect(refusal(type, query, false)).toBe('parameter-invalid')
  })

  test('_revinclude of everything is too costly', () => {
    expect(refusal('Patient', '_revinclude=*')).toBe('too-costly')
  })

  test('bounds', () => {
    const many = Array.from({ length: PARAMETERS_MAX + 1 }, () => 'status=a').join('&')
    expect(refusal('Observation', many)).toBe('parameters-many')
    const values = (count: number) => `status=${Array.from({ length: count }, (_, i) => i).join(',')}`
    const full = Array.from({ length: ALL_VALUES_MAX / OR_VALUES_MAX }, () => values(OR_VALUES_MAX)).join('&')
    expect([refusal('Observation', full), refusal('Observation', `${full}&_id=x`)]).toEqual([undefined, 'values-many'])
    // Each of these asks every type of resource: two may, three are too many.
    const wide = 'focus._id=x'
    expect([`${wide}&${wide}`, `${wide}&${wide}&${wide}`].map((query) => refusal('Observation', query))).toEqual([undefined, 'chain-long'])
    expect(refusal('Observation', `status=${Array.from({ length: OR_VALUES_MAX + 1 }, (_, i) => i).join(',')}`)).toBe('parameter-values')
    expect(refusal('Observation', `status=${Array.from({ length: OR_VALUES_MAX }, (_, i) => i).join(',')}`)).toBeUndefined()
    expect(refusal('Observation', `status=${'a'.repeat(VALUE_LENGTH_MAX + 1)}`)).toBe('parameter-length')
    expect(refusal('Observation', `status=${'a'.repeat(3000)}`)).toBe('parameter-value-length')
    expect(refusal('Observation', `${'a'.repeat(NAME_LENGTH_MAX + 1)}=1`, false)).toBe('parameter-name-length')
  })

  test('a resource with too many keys is refused as a whole', () => {
    const identifier = Array.from({ length: KEYS_MAX }, (_, i) => ({ value: String(i) }))
    expect(() => search.index({ resourceType: 'Observation', identifier }, undefined as never)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ code: 'too-many-keys' })] }),
    )
  })

  test('a parameter that the actor may not use is refused in both handlings, in criteria and in _sort', () => {
    const ask = (query: [string, string][], strict: boolean) => () =>
      search.parse('Patient', query, { strict, countDefault: 20, countMax: 100, allowed: (_type, code) => code !== 'name' })
    const forbidden = expect.objectContaining({ status: 403 }) as unknown as OutcomeError
    for (const strict of [true, false]) {
      expect(ask([['name', 'x']], strict)).toThrow(forbidden)
      expect(ask([['name:exact', 'x']], strict)).toThrow(forbidden)
      expect(ask([['_sort', '-name']], strict)).toThrow(forbidden)
      expect(ask([['gender', 'male']], strict)).not.toThrow()
    }
  })

  test('an unknown type', () => {
    expect(refusal('Nothing', 'a=1')).toBe('resource-type-unknown')
    expect(refusal('__proto__', 'a=1')).toBe('resource-type-unknown')
  })
})
