/** `_include:iterate` and `_revinclude:iterate` (R4 search.html 3.1.1.5.4): what was included is followed too, each once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { INCLUDE_STEPS_MAX } from '../../server/interactions/includes.ts'
import { encounter, idsIn, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const to = (reference: string): object => ({ reference })
const place = (id: string, within?: string): object => ({
  resourceType: 'Location',
  id,
  ...(within === undefined ? {} : { partOf: to(`Location/${within}`) }),
})
const CHAIN = INCLUDE_STEPS_MAX + 5

let server: TestServer
let loader: string
/** treats the patient */
let doctor: string

beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [
    practitioner('doc-2'),
    encounter('visit', 'pat', 'H2', 'Practitioner/doc-2'),
    { resourceType: 'Organization', id: 'ward', name: '病区', partOf: to('Organization/hospital') },
    { resourceType: 'Organization', id: 'hospital', name: '医院', partOf: to('Organization/group') },
    { resourceType: 'Organization', id: 'group', name: '集团' },
    patient('pat', { managingOrganization: to('Organization/ward') }),
    observation('first', 'pat', 'x'),
    observation('second', 'pat', 'y', { derivedFrom: [to('Observation/first')] }),
    observation('third', 'pat', 'z', { derivedFrom: [to('Observation/second')] }),
    { resourceType: 'Group', id: 'grp', type: 'person', actual: true },
    { ...observation('ofgroup', 'pat', 'g'), subject: to('Group/grp') },
    // A circle, and one that stands in itself.
    place('ring-1', 'ring-2'),
    place('ring-2', 'ring-3'),
    place('ring-3', 'ring-1'),
    place('self', 'self'),
    ...Array.from({ length: CHAIN }, (_, at) => place(`deep-${at}`, at + 1 < CHAIN ? `deep-${at + 1}` : undefined)),
  ])
  await relabelled(server)
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())

const get = (query: string, token = doctor): Promise<Answer> => server.call('GET', `/fhir/${query}`, { token })
const included = async (query: string, token = doctor): Promise<string[]> => {
  const answer = await get(query, token)
  expect(answer.status).toBe(200)
  return idsIn(answer, 'include').sort()
}

describe('_include:iterate', () => {
  test('follows what was included; without it only what matched', async () => {
    const first = 'Observation?_id=first&_include=Observation:subject'
    expect(await included(`${first}&_include:iterate=Patient:organization`)).toEqual(['Organization/ward', 'Patient/pat'])
    const all = ['Organization/group', 'Organization/hospital', 'Organization/ward', 'Patient/pat']
    expect(await included(`${first}&_include:iterate=Patient:organization&_include:iterate=Organization:partof`)).toEqual(all)
    expect(await included('Organization?_id=ward&_include=Organization:partof')).toEqual(['Organization/hospital'])
    expect(await included('Organization?_id=ward&_include:iterate=Organization:partof')).toEqual([
      'Organization/group',
      'Organization/hospital',
    ])
  })

  test('* follows every reference of everything', async () => {
    expect(await included('Observation?_id=third&_include:iterate=*')).toEqual([
      'Observation/first',
      'Observation/second',
      'Organization/group',
      'Organization/hospital',
      'Organization/ward',
      'Patient/pat',
    ])
    expect(await included('Observation?_id=third&_include=*')).toEqual(['Observation/second', 'Patient/pat'])
  })

  test('a target type holds at each step', async () => {
    expect(await included('Observation?_id=third&_include:iterate=Observation:derived-from:Observation')).toEqual([
      'Observation/first',
      'Observation/second',
    ])
    expect(await included('Observation?_id=third&_include:iterate=Observation:derived-from:ImagingStudy')).toEqual([])
  })

  test('circles end, and a match is never included', async () => {
    expect(await included('Location?_id=ring-1&_include:iterate=Location:partof')).toEqual(['Location/ring-2', 'Location/ring-3'])
    expect(await included('Location?_id=ring-1,ring-2,ring-3&_include:iterate=Location:partof')).toEqual([])
    expect(await included('Location?_id=self&_include:iterate=Location:partof&_revinclude:iterate=Location:partof')).toEqual([])
  })

  test('a long way is cut, and the answer says so', async () => {
    const answer = await get('Location?_id=deep-0&_include:iterate=Location:partof')
    expect(idsIn(answer, 'include')).toHaveLength(INCLUDE_STEPS_MAX)
    expect(answer.json.entry.at(-1).resource.issue[0].details.coding[0].code).toBe('include-limit')
    const whole = await get(`Location?_id=deep-10&_include:iterate=Location:partof`)
    expect(idsIn(whole, 'include')).toHaveLength(CHAIN - 11)
    expect(whole.json.entry.at(-1).search.mode).toBe('include')
  })

  test('stands in the self link', async () => {
    const answer = await get('Location?_id=ring-1&_include:iterate=Location:partof')
    const self = new URL(answer.json.link[0].url)
    expect(self.searchParams.get('_include:iterate')).toBe('Location:partof')
  })
})

describe('_revinclude:iterate', () => {
  test('finds what refers to what was found', async () => {
    expect(await included('Observation?_id=first&_revinclude=Observation:derived-from')).toEqual(['Observation/second'])
    expect(await included('Observation?_id=first&_revinclude:iterate=Observation:derived-from')).toEqual([
      'Observation/second',
      'Observation/third',
    ])
    expect(
      await included('Organization?_id=group&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization'),
    ).toEqual(['Organization/hospital', 'Organization/ward', 'Patient/pat'])
  })

  test('a parameter that points to patients does not reach groups, though both are subjects', async () => {
    expect(await included('Group?_id=grp&_revinclude:iterate=Observation:subject', loader)).toEqual(['Observation/ofgroup'])
    expect(await included('Group?_id=grp&_revinclude:iterate=Observation:patient', loader)).toEqual([])
    expect(await included('Group?_id=grp&_revinclude:iterate=Observation:subject:Patient', loader)).toEqual([])
  })
})

test.each([
  ['_include:iterate=Observation:code', 'parameter-invalid'],
  ['_include:iterate=Nothing:subject', 'parameter-invalid'],
  ['_include:iterate=Observation:subject:Medication', 'parameter-invalid'],
  ['_include:recurse=Observation:subject', 'modifier-unsupported'],
  ['_revinclude:iterate=*', 'too-costly'],
  ['_count:iterate=1', 'modifier-unsupported'],
])('%s is refused: %s', async (query, code) => {
  const answer = await get(`Observation?${query}`)
  expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, code])
})
