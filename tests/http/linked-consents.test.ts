/** A refusal that holds for the whole person is not got rid of by changing who belongs to the person. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { give, NO_SHARING, observation, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DOCTOR = 'Practitioner/dr'
const OTHERS = ['钱完全', '孙大海', '周小川', '吴国平', '郑爱华', '冯玉兰', '陈建军', '褚卫东', '卫青山', '蒋丽丽', '沈万三']

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [practitioner('dr')])
})
afterAll(() => server.stop())

const person = (id: string, number: string, organization: string, name = '赵一鸣', birthDate = '1970-01-01'): object => ({
  resourceType: 'Patient',
  id,
  meta: { source: `https://fhir-cn.example/Organization/${organization}` },
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }],
  name: [{ text: name }],
  birthDate,
})

/** The person has a record at H1 with a value, another one, at H3, and a doctor at H2 who treats him. */
async function linked(number: string, second = 'H3'): Promise<void> {
  const loader = await server.token('loader')
  const team = {
    resourceType: 'CareTeam',
    id: `team-${number}`,
    status: 'active',
    subject: { reference: `Patient/h1-${number}` },
    participant: [{ member: { reference: DOCTOR } }],
  }
  await putAll(server, loader, [person(`h1-${number}`, number, 'H1')])
  await putAll(server, loader, [observation(`o-${number}`, `h1-${number}`, 'WBC'), team])
  await putAll(server, loader, [person(`h3-${number}`, number, second)])
}

async function reads(number: string): Promise<{ doctor: number; patient: number }> {
  await relabelled(server)
  const [doctor, patient] = [
    await server.token('h2-ward', { purpose_of_use: 'TREAT', user: DOCTOR }),
    await server.token('patient-app', { patient: `h1-${number}` }),
  ]
  const status = async (token: string) => (await server.call('GET', `/fhir/Observation/o-${number}`, { token })).status
  return { doctor: await status(doctor), patient: await status(patient) }
}

test('other names under the number, by one hospital, dissolve nothing', async () => {
  const number = '110105197001010011'
  await linked(number)
  expect(await reads(number)).toEqual({ doctor: 200, patient: 200 })
  await give(server, `h3-${number}`, NO_SHARING)
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
  const engine = await server.token('h2-engine')
  for (const [at, name] of OTHERS.entries()) {
    const body = person('', number, 'H2', name, `19${60 + at}-02-11`) as { id?: string }
    delete body.id
    expect((await server.call('POST', '/fhir/Patient', { token: engine, body })).status).toBe(201)
    if (at < 5 || at === OTHERS.length - 1) expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
  }
}, 60_000)

test('nor does the record by which the refusal was given, when its number is changed', async () => {
  const number = '11010519700101002X'
  await linked(number)
  await give(server, `h3-${number}`, NO_SHARING)
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
  await putAll(server, await server.token('loader'), [person(`h3-${number}`, '110105197001010038', 'H3')])
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
}, 60_000)

test('a record that leaves its master keeps what was refused for that', async () => {
  const number = '110105197001010046'
  const loader = await server.token('loader')
  await linked(number)
  const links = await server.running.fhir.access.personsOf([`h1-${number}`])
  const master = links.get(`h1-${number}`) ?? ''
  expect(master).not.toBe(`h1-${number}`)
  await give(server, master, NO_SHARING)
  await putAll(server, loader, [person(`h1-${number}`, '11010520150101005X', 'H1', '赵一鸣', '2015-01-01')])
  expect((await server.running.fhir.access.personsOf([`h1-${number}`])).get(`h1-${number}`)).not.toBe(master)
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
}, 60_000)

test('where two hospitals contradict each other the records part, and each keeps the refusal', async () => {
  const number = '110105197001010054'
  const loader = await server.token('loader')
  await linked(number, 'H1')
  await give(server, `h3-${number}`, NO_SHARING)
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
  await putAll(server, loader, [person(`h2-${number}`, number, 'H2', '钱完全', '1970-01-01')])
  const persons = await server.running.fhir.access.personsOf([`h1-${number}`, `h3-${number}`])
  expect([...persons]).toEqual([...persons.keys()].map((id) => [id, id]))
  expect(await reads(number)).toEqual({ doctor: 404, patient: 200 })
}, 60_000)
