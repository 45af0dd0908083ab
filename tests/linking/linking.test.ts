/** Records that only likeness joins: linked, asked about, kept apart, parted again. Who is who is told by the graph and by what a search finds. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf } from '../leaks/worlds.ts'
import { parametersOf } from '../support/merge.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Admitted, admit, asked, said, type Task, tasksOf, valid } from './sending.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

/** Id of the Patient of a hospital's number; the master has none. */
async function idOf(pi: string): Promise<string> {
  const { json } = await server.call('GET', `/fhir/Patient?identifier=${pi}`)
  expect(json.total).toBe(1)
  return json.entry[0].resource.id
}

/** Stays that a search by the hospital's number's Patient finds, by their numbers. */
async function staysOf(pi: string): Promise<string[]> {
  const { json } = await server.call('GET', `/fhir/Encounter?patient=${await idOf(pi)}`)
  const found = (json.entry ?? []) as { resource: { identifier: { value: string }[] } }[]
  return found.map(({ resource }) => resource.identifier[0]?.value ?? '').sort()
}

const graph = async (pi: string) => (await asked(server, `graph?patient=${await idOf(pi)}`)).json
const acts = async (pi: string): Promise<string[]> =>
  (await asked(server, `history?patient=${await idOf(pi)}`)).json.events.map(({ act }: { act: string }) => act).reverse()
const taskOf = async (a: string, b: string, state = 'open'): Promise<Task | undefined> => {
  const ids = [await idOf(a), await idOf(b)].sort()
  return (await tasksOf(server, `state=${state}`)).find(
    ({ records }) => JSON.stringify(records.map(({ patient }) => patient).sort()) === JSON.stringify(ids),
  )
}

/** Somebody of whom everything is said. */
const somebody = (pi: string, name: string, more: Partial<Admitted> = {}): Admitted => ({
  pi,
  name,
  birth: '19860714',
  phone: `139000${pi}`,
  address: `示例市朝阳区和平东路${pi}号3号楼2单元501`,
  ...more,
})

describe('the rule', () => {
  test('a record without a number is linked to the one who is called the same, was born then and lives there', async () => {
    await admit(server, somebody('10001', '欧阳雪晴', { number: valid('11010519860714002') }))
    await admit(server, somebody('10002', '歐陽雪晴', { ...somebody('10001', ''), pi: '10002', house: 'H2', name: '歐陽雪晴' }))
    expect(await staysOf('10002')).toEqual(['V10001', 'V10002'])
    expect(await staysOf('10001')).toEqual(['V10001', 'V10002'])
    const { person, records, links } = await graph('10002')
    const [a, b] = [await idOf('10001'), await idOf('10002')]
    expect(
      records.map(({ patient, organization, kind, numbered }: Record<string, unknown>) => [patient, organization, kind, numbered]),
    ).toEqual(
      [
        [a, 'H1', 'hospital', true],
        [b, 'H2', 'hospital', false],
      ].sort(),
    )
    expect(links).toEqual([{ id: expect.any(String), kind: 'likeness', patients: [b, a], since: expect.any(String) }])
    // The person is the master of the number, which is neither of the two.
    expect([a, b]).not.toContain(person)
    expect(await acts('10002')).toEqual(['link'])
    // Neither Patient tells of the other.
    const read = await server.call('GET', `/fhir/Patient/${b}`)
    expect([read.json.link, read.json.meta.versionId]).toEqual([undefined, '1'])
  })

  test('by how a name sounds, and with a slip in the number', async () => {
    await admit(server, somebody('10011', '尹佳慧', { number: valid('11010519860714004') }))
    const slipped = valid('11010519860714004').replace(/^110105/, '110150')
    await admit(server, { ...somebody('10011', ''), pi: '10012', house: 'H2', name: '尹嘉惠', number: slipped, address: '' })
    expect(await staysOf('10012')).toEqual(['V10011', 'V10012'])
  })

  test('a name, a birth date and a sex alone are shared by strangers: a clerk is asked', async () => {
    await admit(server, { pi: '10021', name: '钱小雅', birth: '19910203' })
    await admit(server, { pi: '10022', house: 'H2', name: '钱小雅', birth: '19910203' })
    expect(await staysOf('10022')).toEqual(['V10022'])
    expect(await taskOf('10021', '10022')).toMatchObject({
      doubt: 'between',
      levels: { name: 'same', birthDate: 'same', gender: 'same' },
      records: expect.arrayContaining([expect.objectContaining({ organization: 'H1' }), expect.objectContaining({ organization: 'H2' })]),
    })
  })

  test('a question ends where the two are found to be one person through a third record', async () => {
    const told = { name: '孟小鱼', birth: '19910917' }
    const [phone, address] = ['13900010023', '示例市朝阳区和平西路10023号3号楼2单元501']
    await admit(server, { pi: '10023', ...told, phone })
    await admit(server, { pi: '10024', house: 'H2', ...told, address })
    expect(await taskOf('10023', '10024')).toBeDefined()
    await admit(server, { pi: '10025', ...told, phone, address })
    expect(await staysOf('10024')).toEqual(['V10023', 'V10024', 'V10025'])
    expect(await taskOf('10023', '10024')).toBeUndefined()
    expect((await acts('10024')).filter((act) => act === 'settle')).toHaveLength(1)
  })

  test('twins agree in all but the name, and are two', async () => {
    await admit(server, somebody('10031', '李思雨', { birth: '20150505' }))
    await admit(server, { ...somebody('10031', ''), pi: '10032', house: 'H2', name: '李思雪', birth: '20150505' })
    expect(await staysOf('10032')).toEqual(['V10032'])
    expect(await taskOf('10031', '10032')).toMatchObject({
      doubt: 'name',
      levels: { name: 'near', birthDate: 'same', phone: 'same', address: 'same' },
    })
  })

  test('a newborn under its mother’s number is neither its mother nor, by itself, the child of a name', async () => {
    const mother = somebody('10041', '郑秋月', { number: valid('11010519860714006') })
    await admit(server, mother)
    await admit(server, { ...mother, pi: '10042', name: '郑秋月之女', birth: '20260301' })
    await admit(server, { ...mother, pi: '10043', house: 'H2', name: '陈梦涵', birth: '20260301', number: valid('11010520260301002') })
    expect([await staysOf('10042'), await staysOf('10043')]).toEqual([['V10042'], ['V10043']])
    expect(await taskOf('10042', '10043')).toMatchObject({ doubt: 'name', levels: { birthDate: 'same', phone: 'same' } })
    expect(await taskOf('10041', '10042')).toBeUndefined()
  })

  test('of two who may be it, and have numbers of their own, it is said of none', async () => {
    const many = somebody('10051', '王丽')
    await admit(server, { ...many, number: valid('11010519860714008') })
    await admit(server, { ...many, pi: '10052', number: valid('11010119860714002') })
    await admit(server, { ...many, pi: '10053', house: 'H2' })
    expect(await staysOf('10053')).toEqual(['V10053'])
    expect([(await taskOf('10051', '10053'))?.doubt, (await taskOf('10052', '10053'))?.doubt]).toEqual(['several', 'several'])
  })

  test('valid numbers that differ are never linked, whatever agrees, and nobody is asked', async () => {
    const one = somebody('10061', '司马云帆')
    await admit(server, { ...one, number: valid('11010519860714010') })
    await admit(server, { ...one, pi: '10062', house: 'H2', number: valid('11010119860714010') })
    expect(await staysOf('10062')).toEqual(['V10062'])
    expect(await taskOf('10061', '10062')).toBeUndefined()
  })

  test('what a client wrote is never linked by likeness alone', async () => {
    await admit(server, somebody('10071', '上官婉清'))
    const written = {
      resourceType: 'Patient',
      id: 'written',
      identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: valid('11010519860714012') }],
    }
    const { phone, address } = somebody('10071', '')
    const told = {
      name: [{ text: '上官婉清' }],
      gender: 'female',
      birthDate: '1986-07-14',
      telecom: [{ system: 'phone', value: phone }],
      address: [{ text: address }],
    }
    await server.call('PUT', '/fhir/Patient/written', { body: { ...written, ...told } })
    await admit(server, { ...somebody('10071', '上官婉清'), time: '20260306093000', phone: '13812340000' })
    expect(await staysOf('10071')).toEqual(['V10071'])
  })
})

describe('what ends a link', () => {
  test('another valid number; the record then stands under its own', async () => {
    const one = somebody('10101', '诸葛明月')
    await admit(server, { ...one, number: valid('11010519860714014') })
    await admit(server, { ...one, pi: '10102', house: 'H2' })
    expect(await staysOf('10102')).toEqual(['V10101', 'V10102'])
    await admit(server, { ...one, pi: '10102', house: 'H2', number: valid('11010119860714014'), time: '20260306093000', visit: 'W10102' })
    expect(await staysOf('10102')).toEqual(['V10102', 'W10102'])
    expect(await staysOf('10101')).toEqual(['V10101'])
    expect(await acts('10102')).toEqual(['link', 'part'])
    expect(await graph('10102')).toMatchObject({ records: [{ numbered: true }], links: [] })
    expect(await taskOf('10101', '10102')).toBeUndefined()
  })

  test('not the same number: that links them for good', async () => {
    const one = somebody('10111', '司马思琪')
    const number = valid('11010519860714016')
    await admit(server, { ...one, number })
    await admit(server, { ...one, pi: '10112', house: 'H2' })
    await admit(server, { ...one, pi: '10112', house: 'H2', number, time: '20260306093000' })
    expect(await staysOf('10112')).toEqual(['V10111', 'V10112'])
    expect((await graph('10111')).links.map(({ kind }: { kind: string }) => kind)).toEqual(['number', 'likeness'])
  })

  test('an operator’s word, and it is not made again', async () => {
    const one = somebody('10121', '欧阳海棠')
    await admit(server, { ...one, number: valid('11010519860714018') })
    await admit(server, { ...one, pi: '10122', house: 'H2' })
    const [link] = (await graph('10122')).links
    expect((await said(server, 'part', { link: link.id, comment: '两人同名，经电话核实' })).status).toBe(200)
    expect([await staysOf('10121'), await staysOf('10122')]).toEqual([['V10121'], ['V10122']])
    await admit(server, { ...one, pi: '10122', house: 'H2', phone: '13812345678', time: '20260306093000' })
    expect(await staysOf('10122')).toEqual(['V10122'])
    expect(await acts('10122')).toEqual(['link', 'part'])
    expect(codeOf(await said(server, 'part', { link: link.id, comment: 'x' }))).toBe('linking-link-unknown')
    // A third record that is like both goes to the one that it was kept apart from nobody of.
    expect((await taskOf('10121', '10122', 'apart'))?.levels.name).toBe('same')
  })

  test('its own hospital’s word that two numbers are one patient', async () => {
    const one = somebody('10131', '尉迟青山')
    await admit(server, one)
    await admit(server, { ...one, pi: '10132' })
    expect(await staysOf('10132')).toEqual(['V10131', 'V10132'])
    const merge = [
      'MSH|^~\\&|HIS|0001|EAI|YILIAN|20260307093000||ADT^A40^ADT_A39|A40-1|P|2.4||||||UNICODE UTF-8',
      'EVN|A40|20260307093000',
      'PID|1||10132^^^0001^PI||尉迟青山||19860714|F',
      'MRG|10131^^^0001^PI',
    ].join('\r')
    await server.call('POST', '/ingest/h1-his', { body: merge, headers: { 'Content-Type': 'application/hl7-v2' } })
    expect(await staysOf('10132')).toEqual(['V10131', 'V10132'])
    expect((await graph('10132')).links).toEqual([])
  })
})

describe('a clerk', () => {
  test('keeps apart, and then nobody is asked of the two again', async () => {
    await admit(server, somebody('10201', '周文静', { birth: '20150506' }))
    await admit(server, { ...somebody('10201', ''), pi: '10202', house: 'H2', name: '周文婷', birth: '20150506' })
    const task = (await taskOf('10201', '10202')) as Task
    expect((await said(server, 'keep-apart', { id: task.id, comment: '双胞胎' })).status).toBe(200)
    await admit(server, {
      ...somebody('10201', ''),
      pi: '10202',
      house: 'H2',
      name: '周文婷',
      birth: '20150506',
      address: '',
      time: '20260306093000',
      phone: '13912340000',
    })
    expect(await taskOf('10201', '10202')).toBeUndefined()
    expect(codeOf(await said(server, 'keep-apart', { id: task.id, comment: 'x' }))).toBe('linking-settled')
    expect(await acts('10201')).toEqual(['ask', 'keep-apart'])
  })

  test('links; what hangs on a link that ends is linked again', async () => {
    const one = somebody('10211', '吴梦琪', { birth: '20150507' })
    await admit(server, one)
    await admit(server, { ...one, pi: '10212', house: 'H2', name: '吴梦琦' })
    await admit(server, { ...one, pi: '10213', house: 'H2', name: '吴诗琪' })
    expect(await staysOf('10212')).toEqual(['V10211', 'V10212'])
    const task = ((await taskOf('10211', '10213')) ?? (await taskOf('10212', '10213'))) as Task
    expect((await said(server, 'link', { id: task.id, comment: '曾用名' })).status).toBe(200)
    expect(await staysOf('10213')).toEqual(['V10211', 'V10212', 'V10213'])
    const first = (await graph('10212')).links.find(
      ({ patients }: { patients: string[] }) =>
        !patients.includes(task.records[0]?.patient ?? '') || !patients.includes(task.records[1]?.patient ?? ''),
    )
    expect((await said(server, 'part', { link: first.id, comment: '实为姐妹' })).status).toBe(200)
    // The clerk's own link stands again, and that one alone.
    expect((await graph('10213')).records).toHaveLength(2)
    expect(await acts('10213')).toEqual(['ask', 'link', 'part', 'link'])
  }, 60_000)

  test('undoes a later merge first', async () => {
    const one = somebody('10221', '公孙无忌')
    await admit(server, one)
    await admit(server, { ...one, pi: '10222', house: 'H2' })
    await admit(server, { pi: '10223', name: '公孙胜' })
    const [link] = (await graph('10222')).links
    const merging = (operation: string, source: string, target: string) =>
      server.call('POST', `/fhir/Patient/$${operation}`, { body: parametersOf(source, target) })
    const [source, target] = [await idOf('10223'), await idOf('10222')]
    expect((await merging('merge', source, target)).status).toBe(200)
    expect((await graph('10221')).links.map(({ kind }: { kind: string }) => kind)).toEqual(['likeness', 'merge'])
    expect(codeOf(await said(server, 'part', { link: link.id, comment: '两人' }))).toBe('linking-merged')
    expect((await merging('unmerge', source, target)).status).toBe(200)
    expect((await said(server, 'part', { link: link.id, comment: '两人' })).status).toBe(200)
    expect(await staysOf('10222')).toEqual(['V10222'])
  })

  test('says why; of what is not there nothing is decided', async () => {
    expect(codeOf(await said(server, 'link', { id: 'x|y', comment: 'x' }))).toBe('linking-task-unknown')
    expect(codeOf(await said(server, 'link', { id: 'x|y' }))).toBe('parameter-missing')
    expect(codeOf(await asked(server, 'graph?patient=nobody'))).toBe('linking-patient-unknown')
    expect(codeOf(await asked(server, 'tasks?sort=x'))).toBe('parameter-unknown')
    expect((await said(server, 'tasks', {})).status).toBe(405)
  })
})
