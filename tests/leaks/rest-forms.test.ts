/** Forms in which clients ask (whole addresses, preferences, conditions, parts, Bundles): of what is hidden each answers as of what is absent. */
import { describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { observation } from '../consent/resources.ts'
import { neutral, setting } from './worlds.ts'

const held = setting(
  (w) => [observation(`open-${w}`, `p1-${w}`, `lab-${w}`)],
  (w) => [observation(`hidden-${w}`, `p2-${w}`, `lab-${w}`)],
)
const OBSERVATION = { hidden: 'hidden-a', absent: 'hidden-z' }
/** Does not share with other hospitals. */
const PATIENT = { hidden: 'p2-a', absent: 'p2-z' }

type Call = [method: string, path: string, headers?: Record<string, string>, body?: unknown]

const JSON_PATCH = { 'Content-Type': 'application/json-patch+json' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const TEST = [{ op: 'test', path: '/status', value: 'final' }]
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
const content = (more: object = {}) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more })
const bundle = (type: string, request: object, resource?: object) => ({
  resourceType: 'Bundle',
  type,
  entry: [{ request, ...(resource ? { resource } : {}) }],
})

const READS: Call[] = [
  '',
  '/',
  '?_format=xml',
  '?_format=application%2Ffhir%2Bjson',
  '?_summary=true',
  '?_summary=text',
  '?_elements=status',
  '?_pretty=true',
  '?nonsense=1',
  '/_history?_count=0',
  '/_history?_summary=true',
  '/_history?_since=2020-01-01T00:00:00Z',
  '/_history?nonsense=1',
  '/_history/1?_elements=status',
  '/$meta',
  '/%24meta',
  '/$validate',
  '/$validate?mode=delete',
  '/$validate?profile=http://hl7.org/fhir/StructureDefinition/Observation',
  '/$diff',
  '/$graphql?query={status}',
].flatMap((rest): Call[] => [
  ['GET', `/Observation/{name}${rest}`],
  ['HEAD', `/Observation/{name}${rest}`],
  ['GET', `/Observation/{name}${rest}`, { Prefer: 'handling=strict' }],
])

const CONDITIONS: Call[] = ['If-Match', 'If-None-Match', 'If-None-Exist', 'If-Unmodified-Since', 'If-Modified-Since'].flatMap(
  (header): Call[] =>
    ['W/"1"', '*', 'nonsense', 'Sat, 01 Jan 2000 00:00:00 GMT', '_id={name}'].flatMap((value): Call[] => [
      ['GET', '/Observation/{name}', { [header]: value }],
      ['PUT', '/Observation/{name}', { [header]: value }, content({ id: '{name}' })],
      ['DELETE', '/Observation/{name}', { [header]: value }],
      ['PATCH', '/Observation/{name}', { [header]: value, ...JSON_PATCH }, TEST],
    ]),
)

const WRITES: Call[] = [
  ...['return=minimal', 'return=representation', 'return=OperationOutcome', 'handling=strict', 'respond-async'].flatMap(
    (Prefer): Call[] => [
      ['PUT', '/Observation/{name}', { Prefer }, content({ id: '{name}' })],
      ['DELETE', '/Observation/{name}', { Prefer }],
      ['PATCH', '/Observation/{name}', { Prefer, ...JSON_PATCH }, TEST],
      ['PUT', '/Observation/{name}?nonsense=1', { Prefer }, content({ id: '{name}' })],
      ['DELETE', '/Observation/{name}?nonsense=1', { Prefer }],
    ],
  ),
  ['PUT', '/Observation?_id={name}', {}, content({ id: '{name}' })],
  ['PUT', '/Observation?_id={name}&nonsense=1', {}, content()],
  ['DELETE', '/Observation?_id={name}'],
  ['PATCH', '/Observation?_id={name}', JSON_PATCH, TEST],
  [
    'PATCH',
    '/Observation/{name}',
    {},
    parameters({
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'delete' },
        { name: 'path', valueString: 'Observation.note' },
      ],
    }),
  ],
  ['POST', '/Observation', { 'If-None-Exist': 'Patient?_id={name}' }, content()],
  ['POST', '/Observation/{name}/$meta-add', {}, parameters({ name: 'meta', valueMeta: { tag: [{ system: 'urn:x', code: 'x' }] } })],
  ['POST', '/Observation/{name}/$meta-add', {}, parameters({ name: 'meta', valueMeta: { tags: [] } })],
  ['POST', '/Observation/{name}/$meta-delete', {}, parameters({ name: 'meta', valueMeta: { tag: [{ system: 'urn:x', code: 'x' }] } })],
  ['POST', '/Observation/{name}/$validate?mode=update', {}, content({ id: '{name}' })],
  ['POST', '/Observation/{name}/$validate?mode=delete', {}, content({ id: '{name}' })],
]

const SEARCHES: Call[] = [
  ['GET', '/Observation?_id={name}'],
  ['GET', '/Observation?_id={name}&_summary=count'],
  ['GET', '/Observation?_id={name}', { Prefer: 'respond-async' }],
  ['POST', '/Observation/_search', FORM, '_id={name}'],
  ['POST', '/_search', FORM, '_type=Observation&_id={name}'],
  ['GET', '/?_type=Observation&_id={name}'],
]

const BUNDLES: Call[] = ['batch', 'transaction'].flatMap((type): Call[] =>
  [
    bundle(type, { method: 'GET', url: 'Observation/{name}' }),
    bundle(type, { method: 'GET', url: 'Observation/{name}?_summary=true' }),
    bundle(type, { method: 'GET', url: 'Observation?_id={name}' }),
    bundle(type, { method: 'GET', url: 'Observation/{name}/$meta' }),
    bundle(type, { method: 'GET', url: 'Observation/{name}', ifNoneMatch: 'W/"1"' }),
    bundle(type, { method: 'HEAD', url: 'Observation/{name}' }),
    bundle(type, { method: 'PUT', url: 'Observation/{name}' }, content({ id: '{name}' })),
    bundle(type, { method: 'PUT', url: 'Observation/{name}', ifMatch: 'W/"1"' }, content({ id: '{name}' })),
    bundle(type, { method: 'PUT', url: 'Observation?_id={name}' }, content({ id: '{name}' })),
    bundle(type, { method: 'DELETE', url: 'Observation/{name}' }),
    bundle(type, { method: 'DELETE', url: 'Observation?_id={name}' }),
    bundle(type, { method: 'PATCH', url: 'Observation/{name}' }, parameters()),
    bundle(type, { method: 'POST', url: 'Observation', ifNoneExist: 'Patient?_id={name}' }, content()),
    bundle(type, { method: 'POST', url: 'Observation' }, content({ hasMember: [{ reference: 'Observation?_id={name}' }] })),
    bundle(
      type,
      { method: 'POST', url: 'Observation' },
      content({ derivedFrom: [{ display: 'x' }, { reference: 'Observation?_id={name}' }] }),
    ),
  ].map((body): Call => ['POST', '', {}, body]),
)

const OF_PATIENTS: Call[] = [
  ['GET', '/Patient/{name}/$everything'],
  ['GET', '/Patient/{name}/$everything?_summary=true'],
  ['GET', '/Patient/{name}/$everything?_elements=id&nonsense=1'],
  ['HEAD', '/Patient/{name}/$everything?nonsense=1'],
  ['POST', '/Patient/{name}/$everything', {}, parameters({ name: '_count', valueInteger: 1 })],
  ['POST', '/Patient/{name}/$everything', {}, parameters({ name: '_count', value: 1 })],
  ['GET', '/Patient/{name}/Observation'],
  ['GET', '/Patient/{name}/*?_summary=count'],
  ['POST', '/Patient/{name}/Observation/_search', FORM, 'code=x'],
  ['GET', '/Observation?patient={name}'],
  ['GET', '/Observation?subject=Patient/{name}&_summary=count'],
  ['GET', '/Observation/$lastn?subject=Patient/{name}&code=x&_summary=true'],
  ['GET', '/Observation/$stats?subject=Patient/{name}&code=x&system=urn:test&statistic=count'],
  [
    'POST',
    '',
    {},
    bundle('transaction', { method: 'POST', url: 'Observation' }, content({ subject: { reference: 'Patient?_id={name}' } })),
  ],
]

describe.each([
  ['an Observation', OBSERVATION, [...READS, ...CONDITIONS, ...WRITES, ...SEARCHES, ...BUNDLES]],
  ['a Patient', PATIENT, OF_PATIENTS],
])('%s', (_what, names, calls) => {
  test.each(calls)('%s %s %j %j', async (method, path, headers = {}, body = undefined) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const ask = async (name: string): Promise<string> => {
      const named = (one: string): string => one.replaceAll('{name}', name)
      const answer = await held.server.call(method, `/fhir${named(path)}`, {
        token: held.doctor,
        headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, named(value)])),
        ...(text === undefined ? {} : { body: named(text) }),
      })
      expect(answer.status).toBeLessThan(500)
      const plain = [...answer.headers].map(([key, value]): [string, string] => [key, value.replaceAll(name, '[name]')])
      return neutral({ ...answer, headers: new Headers(plain), text: answer.text.replaceAll(name, '[name]') })
    }
    expect(await ask(names.hidden)).toBe(await ask(names.absent))
  })
})

test('what is hidden stands there', async () => {
  const { store } = held.server.running
  const stands = async (type: string, id: string): Promise<boolean> => (await store.read(systemDecision('test'), type, id)) !== undefined
  expect([await stands('Observation', 'hidden-a'), await stands('Patient', 'p2-a')]).toEqual([true, true])
  expect([await stands('Observation', 'hidden-z'), await stands('Patient', 'p2-z')]).toEqual([false, false])
})
