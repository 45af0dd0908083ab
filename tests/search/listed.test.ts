/** Searching by list (R4 search.html, `_list`): the entries of a List that count. */
import { describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { parse, refusal, search } from './ask.ts'
import { matches, type World } from './naive.ts'

const entry = (reference: string, deleted?: boolean) => ({ item: { reference }, ...(deleted === undefined ? {} : { deleted }) })
const list = (id: string, status: string, ...entries: object[]): FhirResource => ({
  resourceType: 'List',
  id,
  status,
  mode: 'changes',
  entry: entries,
})
const lists = [
  list('plain', 'current', entry('Patient/a'), entry('Patient/b/_history/3'), entry('Observation/a'), { item: { display: '丙' } }),
  list('changed', 'current', entry('Patient/a', true), entry('Patient/b', false), entry('https://yilian.example/fhir/Patient/c')),
  list('again', 'current', entry('Patient/a', true), entry('Patient/a')),
  list('retired', 'retired', entry('Patient/c')),
  list('error', 'entered-in-error', entry('Patient/a')),
  list('foreign', 'current', entry('https://elsewhere.example/fhir/Patient/a')),
  { resourceType: 'List', id: 'empty', status: 'current' } as FhirResource,
]
const documents = (resources: readonly FhirResource[]) =>
  resources.map((resource) => ({ id: resource.id ?? '', at: new Date(0), entry: search.index(resource, new DecimalTexts()) }))
const persons = ['a', 'b', 'c'].map((id) => ({ resourceType: 'Patient', id }) as FhirResource)
const world: World = (type) => documents(type === 'List' ? lists : type === 'Patient' ? persons : [])
const found = (query: string): string[] =>
  documents(persons)
    .filter((doc) => matches(parse('Patient', query).plan, doc, world))
    .map(({ id }) => id)

describe('_list', () => {
  test.each<[string, string[]]>([
    ['_list=plain', ['a', 'b']],
    ['_list=changed', ['b', 'c']],
    ['_list=again', ['a']],
    ['_list=retired', ['c']],
    ['_list=error', []],
    ['_list=foreign', []],
    ['_list=empty', []],
    ['_list=absent', []],
    ['_list=changed,again', ['a', 'b', 'c']],
    ['_list=plain&_list=changed', ['b']],
    ['_list=plain&_id=a', ['a']],
    ['_list=List/plain', []],
  ])('%s finds %j', (query, ids) => {
    expect(found(query)).toEqual(ids)
  })

  test('at the other end of a reference', () => {
    const observation = { resourceType: 'Observation', id: 'o', subject: { reference: 'Patient/a' } } as FhirResource
    const [doc] = documents([observation])
    const answers = ['patient._list=plain', 'subject:Patient._list=changed', '_list=plain'].map(
      (query) => doc && matches(parse('Observation', query).plan, doc, world),
    )
    expect(answers).toEqual([true, false, false])
  })

  test('a List of which all counts pays with no key for it', () => {
    expect(documents(lists)[0]?.entry.keys.filter((key) => key.startsWith('_'))).toEqual([])
  })

  test.each([
    ['_list=$current-problems', 'list-functional'],
    ['_list=plain,$current-allergies', 'list-functional'],
    ['_list:not=plain', 'modifier-unsupported'],
    ['_list:missing=true', 'modifier-unsupported'],
    ['_list=a,,b', 'parameter-invalid'],
    [`_list=${'a,'.repeat(256)}a`, 'parameter-values'],
  ])('%s is refused as %s in both handlings', (query, code) => {
    expect([refusal('Patient', query, true), refusal('Patient', query, false)]).toEqual([code, code])
  })
})
