/** A server with the definitions of `worlds-of-codes.ts`, and how it is asked. */
import { afterAll, beforeAll, expect } from '@jest/globals'
import { putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { ANIMALS, animals, SCT, signs, snomed, valueSet } from './worlds-of-codes.ts'

export interface Asking {
  server: TestServer
}

const held = {} as Asking
export const get = (path: string): Promise<Answer> => held.server.call('GET', `/fhir/${path}`)
export const post = (path: string, ...parameter: object[]): Promise<Answer> =>
  held.server.call('POST', `/fhir/${path}`, { body: { resourceType: 'Parameters', parameter } })
export const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

export interface Part {
  name: string
  part?: Part[]
  [value: string]: unknown
}
const simpleOf = (one: Part): unknown => Object.entries(one).find(([key]) => key.startsWith('value'))?.[1]
/** Simple parameters by name; of one with parts its parts. */
export const told = ({ json, status, text }: Answer, name: string): unknown[] => {
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  return (json.parameter as Part[])
    .filter((one) => one.name === name)
    .map((one) => (one.part ? Object.fromEntries(one.part.map((part) => [part.name, simpleOf(part)])) : simpleOf(one)))
}
export interface Contains {
  code: string
  contains?: Contains[]
  [element: string]: unknown
}
export const codesIn = (answer: Answer): string[] => {
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
  const walk = (list: Contains[] = []): string[] => list.flatMap((one) => [one.code, ...walk(one.contains)])
  return walk(answer.json.expansion.contains)
}

const animalsOlder = { ...animals, id: 'animals-9', version: '1.9', concept: [{ code: 'dragon', display: 'Dragon' }] }
const supplement = {
  resourceType: 'CodeSystem',
  id: 'animals-fr',
  url: 'urn:test:animals-fr',
  name: 'AnimalsFr',
  status: 'active',
  content: 'supplement',
  supplements: ANIMALS,
  concept: [{ code: 'bird', designation: [{ language: 'fr', value: 'Oiseau' }], property: [{ code: 'colour', valueString: 'red' }] }],
}
export const is = (op: string, value: string, property = 'concept') =>
  valueSet('sent', { include: [{ system: ANIMALS, filter: [{ property, op, value }] }] })
export const map = {
  resourceType: 'ConceptMap',
  id: '101',
  url: 'http://hl7.org/fhir/ConceptMap/101',
  status: 'active',
  sourceUri: 'urn:test:vs:all',
  targetUri: 'urn:test:vs:other',
  group: [
    {
      source: ANIMALS,
      target: 'urn:test:b',
      element: [
        { code: 'whale', target: [{ code: 'W', equivalence: 'wider' }] },
        {
          code: 'bat',
          target: [
            { code: 'B1', equivalence: 'equivalent', dependsOn: [{ property: 'urn:where', system: 'urn:place', value: 'cave' }] },
            { code: 'B2', equivalence: 'inexact', comment: 'x', product: [{ property: 'urn:side', system: 'urn:s', value: 'left' }] },
          ],
        },
        { code: 'unicorn', target: [{ equivalence: 'unmatched' }] },
      ],
      unmapped: { mode: 'fixed', code: 'OTHER', display: 'other' },
    },
    { source: ANIMALS, target: 'urn:test:c', element: [{ code: 'unheard' }], unmapped: { mode: 'provided' } },
    { source: ANIMALS, target: 'urn:test:d', element: [{ code: 'unheard' }], unmapped: { mode: 'other-map', url: 'urn:test:map:2' } },
  ],
}
export const map2 = {
  resourceType: 'ConceptMap',
  id: 'map-2',
  url: 'urn:test:map:2',
  status: 'draft',
  group: [{ source: ANIMALS, target: 'urn:test:d', element: [{ code: 'bird', target: [{ code: 'V', equivalence: 'equal' }] }] }],
}

/** Of one test file. */
export function asking(): Asking {
  beforeAll(async () => {
    held.server = await startTestServer({ noAuth: true })
    await putAll(held.server, '', [
      snomed,
      animals,
      animalsOlder,
      supplement,
      signs,
      map,
      map2,
      valueSet('all', { include: [{ system: ANIMALS }] }),
      valueSet('legs', { include: [{ system: ANIMALS, filter: [{ property: 'legs', op: 'exists', value: 'true' }] }] }),
      valueSet('named', { include: [{ system: 'urn:nowhere', concept: [{ code: 'n', display: 'N' }] }] }),
      valueSet('round-a', { include: [{ valueSet: ['urn:test:vs:round-b'] }] }),
      valueSet('round-b', { include: [{ valueSet: ['urn:test:vs:round-a'] }] }),
      valueSet('snomed-part', { include: [{ system: SCT, filter: [{ property: 'concept', op: 'is-a', value: '128599005' }] }] }),
      valueSet('both', {
        include: [{ system: ANIMALS, valueSet: ['urn:test:vs:legs'] }, { valueSet: ['urn:test:vs:named'] }],
        exclude: [{ system: ANIMALS, concept: [{ code: 'whale' }] }],
      }),
    ])
  }, 60_000)
  afterAll(() => held.server.stop())
  return held
}
