/**
 * L45, L46: neither the questions about links, nor the graph, nor their history tell of records that the asker may not read; and a link by likeness
 * opens nothing that either record refused (L44). Each look and each decision stands in the account of those whom it is about.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { comparable, encounter, give, idsIn, NO_SHARING, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { type Admitted, admit, asked, said, tasksOf } from '../linking/sending.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

let server: TestServer
let engine: Record<'H1' | 'H2', string>
let loader: string
let registrar: string

beforeAll(async () => {
  const demo = await readFile(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  // One who sees what he treats alone: of others of his house there is then something that he may not read.
  server = await startTestServer({ config: demo.replace(/(client_id: h1-registry[\s\S]*?purposes: \[HOPERAT)\]/, '$1, TREAT]') })
  engine = { H1: await server.token('h1-engine'), H2: await server.token('h2-engine') }
  loader = await server.token('loader')
  await putAll(server, loader, [practitioner('clerk'), practitioner('doc-2')])
  registrar = await server.token('h1-registry', { user: 'Practitioner/clerk' })
}, 60_000)
afterAll(() => server.stop())

const send = (admitted: Admitted) => admit(server, admitted, engine[admitted.house ?? 'H1'])
async function idOf(pi: string, house: 'H1' | 'H2' = 'H1'): Promise<string> {
  const { json } = await server.call('GET', `/fhir/Patient?identifier=${pi}`, { token: engine[house] })
  return json.entry[0].resource.id
}

/** Two sisters of one house, of whom a clerk of the house is asked. */
async function sisters(a: string, b: string, names: readonly [string, string]): Promise<[string, string]> {
  const shared = { birth: '20150505', phone: `138${a}0`, address: `示例市海淀区青年路${a}号` }
  await send({ pi: a, name: names[0], ...shared })
  await send({ pi: b, name: names[1], ...shared })
  return [await idOf(a), await idOf(b)]
}

const list = () => asked(server, 'tasks', registrar)
const withoutTimes = (answer: Answer, ...names: string[]): string =>
  comparable(answer, ...names).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '[time]')

describe('a registrar', () => {
  test('is asked of records of his own house, and shown what a read of each Patient shows him', async () => {
    const [a, b] = await sisters('2000001', '2000002', ['韩思雨', '韩思雪'])
    const [task, ...more] = await tasksOf(server, '', registrar)
    expect(more).toEqual([])
    expect(task?.records.map(({ patient }) => patient).sort()).toEqual([a, b].sort())
    const shown = task?.records.find(({ patient }) => patient === a)?.shown
    const read = (await server.call('GET', `/fhir/Patient/${a}`, { token: registrar })).json
    const { name, gender, birthDate, telecom, address, identifier } = read
    expect(shown).toEqual({ name, gender, birthDate, telecom, address, identifier })
    const app = await server.token('patient-app', { patient: a })
    const account = JSON.stringify((await server.call('GET', '/fhir/AuditEvent?_count=50', { token: app })).json)
    expect(account).toContain('"linking"')
    expect(account).not.toContain(b)
  })

  test('of records of which he may not read one, nothing is different from their not being there', async () => {
    const treating = await server.token('h1-registry', { user: 'Practitioner/clerk', purpose_of_use: 'TREAT' })
    const list = (query = '') => asked(server, `tasks${query}`, treating)
    const treats = (id: string) => encounter(`treats-${id}`, id, 'H1', 'Practitioner/clerk')
    const visible = await sisters('2000009', '2000010', ['秦思雨', '秦思雪'])
    await putAll(server, loader, visible.map(treats))
    await relabelled(server)
    const before = [await list(), await list('?count=1')]
    expect(before.map(({ json }) => json.tasks.length)).toEqual([1, 1])
    const [c, d] = await sisters('2000011', '2000012', ['段佳怡', '段佳欣'])
    await putAll(server, loader, [treats(c)])
    await relabelled(server)
    expect((await asked(server, `graph?patient=${c}`, treating)).status).toBe(200)
    expect((await server.call('GET', `/fhir/Patient/${d}`, { token: treating })).status).toBe(404)
    // To operators it is there, without anything of the Patients.
    const [task] = (await tasksOf(server, '', loader)).filter(({ records }) => records.some(({ patient }) => patient === d))
    expect(task?.records.every((record) => !('shown' in record))).toBe(true)
    expect([await list(), await list('?count=1')].map((answer) => withoutTimes(answer))).toEqual(
      before.map((answer) => withoutTimes(answer)),
    )
    const absent = 'a'.repeat(26)
    for (const act of ['link', 'keep-apart']) {
      const hidden = await said(server, act, { id: task?.id, comment: '同一人' }, treating)
      expect([hidden.status, codeOf(hidden)]).toEqual([404, 'linking-task-unknown'])
      expect(withoutTimes(hidden)).toBe(withoutTimes(await said(server, act, { id: `${absent}|${absent}`, comment: '同一人' }, treating)))
    }
    for (const path of ['graph', 'history']) {
      const [hidden, none] = [
        await asked(server, `${path}?patient=${d}`, treating),
        await asked(server, `${path}?patient=${absent}`, treating),
      ]
      expect([hidden.status, withoutTimes(hidden)]).toEqual([404, withoutTimes(none)])
    }
    expect((await asked(server, `history?patient=${c}`, treating)).text).toBe('{"events":[]}')
  })

  test('nothing tells him that a record is linked to, or asked about with, one of another house', async () => {
    const one = { name: '令狐远山', birth: '19700101', phone: '13511112222', address: '示例市通州区建国路8号' }
    const other = { name: '令狐青山', birth: '19710202', phone: '13522223333', address: '示例市通州区建国路9号' }
    const alone = { name: '令狐碧山', birth: '19720303', phone: '13533334444', address: '示例市通州区建国路7号' }
    await send({ ...alone, pi: '2000021' })
    const before = await list()
    await send({ ...one, pi: '2000022' })
    await send({ ...one, pi: '2000022', house: 'H2' })
    await send({ ...other, pi: '2000023' })
    await send({ ...other, pi: '2000023', house: 'H2', phone: '', address: '' })
    const ids = [await idOf('2000021'), await idOf('2000022'), await idOf('2000023')]
    expect((await asked(server, `graph?patient=${ids[1]}`, loader)).json.records).toHaveLength(2)
    expect((await tasksOf(server, '', loader)).some(({ records }) => records.some(({ patient }) => patient === ids[2]))).toBe(true)
    expect(withoutTimes(await list())).toBe(withoutTimes(before))
    for (const path of ['graph', 'history']) {
      const [first, ...others] = await Promise.all(
        ids.map(async (id) => withoutTimes(await asked(server, `${path}?patient=${id}`, registrar), id)),
      )
      for (const answer of others) expect(answer).toBe(first)
    }
    const link = (await asked(server, `graph?patient=${ids[1]}`, loader)).json.links[0].id
    const hidden = await said(server, 'part', { link, comment: 'x' }, registrar)
    expect(withoutTimes(hidden)).toBe(withoutTimes(await said(server, 'part', { link: 'nothing', comment: 'x' }, registrar)))
  })

  test('decides as a person, and of his own house alone', async () => {
    const [task] = await tasksOf(server, '', registrar)
    const decision = { id: task?.id, comment: '双胞胎，户口簿' }
    const nobody = await server.token('h1-registry', { user: 'Practitioner/nobody' })
    expect(codeOf(await said(server, 'keep-apart', decision, nobody))).toBe('linking-user-missing')
    await putAll(server, loader, [practitioner('clerk-2')])
    const elsewhere = await server.token('h2-registry', { user: 'Practitioner/clerk-2' })
    expect(codeOf(await said(server, 'keep-apart', decision, elsewhere))).toBe('linking-task-unknown')
    expect((await said(server, 'keep-apart', decision, registrar)).status).toBe(200)
    const [event] = (await asked(server, `history?patient=${task?.records[0]?.patient}`, registrar)).json.events
    expect([event.act, event.by, event.comment]).toEqual([
      'keep-apart',
      { client: 'h1-registry', user: 'Practitioner/clerk' },
      '双胞胎，户口簿',
    ])
  })

  test.each(['h1-ward', 'h1-engine', 'h1-terms', 'researcher', 'insurer', 'mia', 'patient-app'])(
    '%s is none, whatever there is',
    async (client) => {
      const more = { 'patient-app': { patient: await idOf('2000001') }, 'h1-terms': { user: 'Practitioner/clerk' } }
      const token = await server.token(client, more[client as keyof typeof more] ?? {})
      for (const path of ['tasks', 'graph?patient=x', 'history?patient=x'])
        expect([path, (await asked(server, path, token)).status]).toEqual([path, 403])
      for (const path of ['link', 'keep-apart', 'part']) expect([path, (await said(server, path, {}, token)).status]).toEqual([path, 403])
    },
  )
})

test('what is refused of one record is refused of the other while they are linked; who treats one then treats both', async () => {
  const doctor = () => server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
  const seen = async (id: string) =>
    idsIn(await server.call('GET', `/fhir/Encounter?patient=${id}&_count=50`, { token: await doctor() })).length
  const one = { name: '慕容秋水', birth: '19800101', phone: '13611112222', address: '示例市东城区文化路6号' }
  await send({ ...one, pi: '2000031' })
  await send({ pi: '2000032', house: 'H2', name: '慕容' })
  const [a, b] = [await idOf('2000031'), await idOf('2000032', 'H2')]
  await putAll(server, loader, [encounter('treats-b', b, 'H2', 'Practitioner/doc-2')])
  expect([await seen(a), await seen(b)]).toEqual([0, 2])
  // The other house learns the name and the rest.
  await send({ ...one, pi: '2000032', house: 'H2', time: '20260306093000' })
  await relabelled(server)
  expect(await seen(b)).toBe(3)
  await give(server, a, NO_SHARING)
  // Until the person is labelled anew nothing of either is shown; then what the other house told itself is back.
  expect(await seen(b)).toBeLessThanOrEqual(2)
  await relabelled(server)
  expect(await seen(b)).toBe(2)
  const [link] = (await asked(server, `graph?patient=${a}`, loader)).json.links
  await said(server, 'part', { link: link.id, comment: '两人' }, loader)
  await relabelled(server)
  // What was refused since holds for both parts.
  expect([await seen(a), await seen(b)]).toEqual([0, 2])
})
