/** Patient/$merge and $unmerge: what becomes of the Patients, who is found by whom, what is refused, and that undoing is exact. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { custody, encounter, idsIn as namesIn, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { merge, merged, parametersOf, unmerge, unmerged } from '../support/merge.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const ID_CARD = 'urn:oid:2.16.156.10011.1.3'
const MRN = 'urn:mrn'
let server: TestServer
let loader: string
let system: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [practitioner('doc')])
})
afterAll(() => server.stop())

const withNumber = (id: string, number: string, extra: object = {}): object =>
  patient(id, { identifier: [{ system: ID_CARD, value: number }], name: [{ text: '赵一鸣' }], ...extra })

/** Two of H1 with a value each, and a doctor there who treats both. */
async function two(name: string, source: object = {}, target: object = {}): Promise<[string, string]> {
  const [a, b] = [`a-${name}`, `b-${name}`]
  await putAll(server, loader, [patient(a, { meta: custody('H1'), ...source }), patient(b, { meta: custody('H1'), ...target })])
  await putAll(server, loader, [
    ...[a, b].flatMap((id) => [observation(`o-${id}`, id, 'WBC'), encounter(`v-${id}`, id, 'H1', 'Practitioner/doc')]),
  ])
  return [a, b]
}

const idsIn = (answer: Answer): string[] => namesIn(answer).map((name) => name.replace('Observation/', ''))
const doctor = () => server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc' })
const ask = async (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token: await doctor() })
const content = async (id: string): Promise<Record<string, unknown>> => {
  const { meta, ...rest } = (await ask(`Patient/${id}`)).json
  return { ...rest, source: meta.source }
}

test('the source is replaced, the target replaces it; either finds the whole; undoing brings all back', async () => {
  const [a, b] = await two('plain')
  const before = [await content(a), await content(b)]
  const found = async () => [idsIn(await ask(`Observation?patient=${a}`)).sort(), idsIn(await ask(`Observation?patient=${b}`)).sort()]
  expect(await found()).toEqual([[`o-${a}`], [`o-${b}`]])

  const answer = await merge(server, a, b)
  expect(answer.status).toBe(200)
  expect(answer.json.parameter.map(({ name }: { name: string }) => name)).toEqual(['input', 'outcome'])
  expect(answer.json.parameter[0].resource).toEqual(parametersOf(a, b))
  expect(answer.json.parameter[1].resource.issue[0]).toMatchObject({ severity: 'information', code: 'informational' })
  await relabelled(server)
  expect(await content(a)).toEqual({ ...before[0], active: false, link: [{ other: { reference: `Patient/${b}` }, type: 'replaced-by' }] })
  expect(await content(b)).toEqual({ ...before[1], link: [{ other: { reference: `Patient/${a}` }, type: 'replaces' }] })
  expect(await found()).toEqual([
    [`o-${a}`, `o-${b}`],
    [`o-${a}`, `o-${b}`],
  ])
  // Clinical resources stay as they were, in their first version.
  const value = await ask(`Observation/o-${a}`)
  expect([value.json.meta.versionId, value.json.subject.reference]).toEqual(['1', `Patient/${a}`])
  const told = await ask(`Provenance?target=Patient/${a}`)
  expect(told.json.entry?.[0]?.resource.activity.coding[0].code).toBe('merge')

  expect((await unmerge(server, a, b)).json.parameter[1].resource.issue[0].details.coding[0].code).toBe('unmerged')
  await relabelled(server)
  expect([await content(a), await content(b)]).toEqual(before)
  expect(await found()).toEqual([[`o-${a}`], [`o-${b}`]])
  expect(codeOf(await unmerge(server, a, b))).toBe('merge-none')
}, 60_000)

test('a preview changes nothing', async () => {
  const [a, b] = await two('preview')
  const before = [await content(a), await content(b)]
  const answer = await merge(server, a, b, { name: 'preview', valueBoolean: true })
  expect([answer.status, answer.json.parameter[1].resource.issue[0].details.coding[0].code]).toEqual([200, 'merge-preview'])
  expect([await content(a), await content(b)]).toEqual(before)
  expect(codeOf(await unmerge(server, a, b))).toBe('merge-none')
})

test('chains are undone in reverse order only', async () => {
  const [a, b] = await two('chain')
  const [c] = await two('chain-2')
  await merged(server, a, b)
  await merged(server, b, c)
  await relabelled(server)
  expect(idsIn(await ask(`Observation?patient=${a}`)).sort()).toEqual([`o-${a}`, `o-${b}`, `o-${c}`].sort())
  expect([(await unmerge(server, a, b)).status, codeOf(await unmerge(server, a, b))]).toEqual([409, 'merge-order'])
  await unmerged(server, b, c)
  await relabelled(server)
  expect(idsIn(await ask(`Observation?patient=${a}`)).sort()).toEqual([`o-${a}`, `o-${b}`])
  expect(idsIn(await ask(`Observation?patient=${c}`))).toEqual([`o-${c}`])
  await unmerged(server, a, b)
  await relabelled(server)
  expect(idsIn(await ask(`Observation?patient=${a}`))).toEqual([`o-${a}`])
}, 60_000)

test('a Patient that was written since is not taken back, unless it is again as it was left', async () => {
  const [a, b] = await two('written')
  await merged(server, a, b)
  const left = (await ask(`Patient/${b}`)).json
  await putAll(server, loader, [{ ...left, gender: 'female' }])
  const refused = await unmerge(server, a, b)
  expect([refused.status, codeOf(refused)]).toEqual([409, 'merge-changed'])
  await putAll(server, loader, [left])
  await unmerged(server, a, b)
})

test('by identifiers, with the result that is wanted', async () => {
  const of = (value: string) => ({ identifier: [{ system: MRN, value }] })
  const [a, b] = await two('result', of('r1'), of('r2'))
  const by = (name: string, value: string) => ({ name, valueIdentifier: { system: MRN, value } })
  const result = {
    resourceType: 'Patient',
    id: b,
    meta: custody('H1'),
    identifier: [
      { system: MRN, value: 'r2' },
      { use: 'old', system: MRN, value: 'r1' },
    ],
    name: [{ text: '赵一鸣' }],
    multipleBirthInteger: 1,
  }
  const link = { other: { reference: `Patient/${a}` }, type: 'replaces' }
  const send = (resource: object) =>
    server.call('POST', '/fhir/Patient/$merge', {
      token: loader,
      body: {
        resourceType: 'Parameters',
        parameter: [by('source-patient-identifier', 'r1'), by('target-patient-identifier', 'r2'), { name: 'result-patient', resource }],
      },
    })
  expect(codeOf(await send(result))).toBe('merge-result')
  expect(codeOf(await send({ ...result, link: [link], identifier: [{ system: MRN, value: 'r1' }] }))).toBe('merge-result')
  // Elements that are none of FHIR's are an answer to the client, too.
  for (const broken of [
    { link: [null, link] },
    { link: [link], identifier: [null] },
    { link: [{ other: 'x' }], identifier: [{ system: 5 }] },
  ]) {
    const { status } = await send({ ...result, ...broken })
    expect([broken, status >= 400 && status < 500]).toEqual([broken, true])
  }
  expect((await send({ ...result, link: [link] })).status).toBe(200)
  expect(await content(b)).toMatchObject({ multipleBirthInteger: 1, link: [link], name: [{ text: '赵一鸣' }] })
})

describe('numbers', () => {
  test('two valid ones that differ are two persons', async () => {
    const [a, b] = ['n-1', 'n-2']
    await putAll(server, loader, [withNumber(a, '110105197001010011'), withNumber(b, '11010519700101002X')])
    const answer = await merge(server, a, b)
    expect([answer.status, codeOf(answer)]).toEqual([422, 'merge-numbers'])
  })

  test('nor is anybody whose number is in doubt, and no end of them', async () => {
    const [a, b] = await two('doubt')
    await putAll(server, loader, [
      withNumber('n-3', '110105197001010062'),
      withNumber('n-4', '110105197001010062', { name: [{ text: '钱完全' }] }),
    ])
    const answer = await merge(server, a, 'n-4')
    expect([answer.status, codeOf(answer)]).toEqual([409, 'merge-conflict'])
    const usual = { ...INGEST_BOUNDS }
    Object.assign(INGEST_BOUNDS, { mergedMax: 1 })
    const many = await merge(server, a, b)
    Object.assign(INGEST_BOUNDS, usual)
    expect([many.status, codeOf(many)]).toEqual([422, 'merge-too-many'])
  })

  test('one without a number joins the person of the other, and goes with it; the master itself is nobody to merge', async () => {
    const [a, b] = await two('numbered', { identifier: [{ system: ID_CARD, value: '110105197001010038' }], name: [{ text: '赵一鸣' }] })
    await putAll(server, loader, [withNumber('x-numbered', '110105197001010038')])
    await merged(server, a, b)
    const { access } = server.running.fhir
    const persons = async () => [...(await access.personsOf([a, b, 'x-numbered'])).values()]
    const [master = ''] = await persons()
    expect(await persons()).toEqual([master, master, master])
    expect(master).not.toBe(a)
    expect(codeOf(await merge(server, 'x-numbered', master))).toBe('merge-master')
    await unmerged(server, a, b)
    expect(await persons()).toEqual([master, b, master])
  })

  test('two of one number stay one person, merged and parted', async () => {
    const number = '110105197001010070'
    await putAll(server, loader, [withNumber('s-1', number, { meta: custody('H1') }), withNumber('s-2', number, { meta: custody('H2') })])
    const { access } = server.running.fhir
    const persons = async () => [...new Set((await access.personsOf(['s-1', 's-2'])).values())]
    const [master] = await persons()
    await merged(server, 's-1', 's-2')
    expect(await persons()).toEqual([master])
    await unmerged(server, 's-1', 's-2')
    expect(await persons()).toEqual([master])
    // Another organisation answers for it from now on.
    await putAll(server, loader, [withNumber('s-2', number, { meta: custody('H1') })])
    expect(await persons()).toEqual([master])
  })

  test('a number that comes later takes all along; another one is refused and left to a clerk', async () => {
    const [a, b] = await two('later')
    await merged(server, a, b)
    const { access } = server.running.fhir
    const put = async (id: string, number: string) => {
      const standing = (await ask(`Patient/${id}`)).json
      await putAll(server, loader, [{ ...standing, identifier: [{ system: ID_CARD, value: number }], name: [{ text: '赵一鸣' }] }])
      await relabelled(server)
      return [...(await access.personsOf([a, b])).values()]
    }
    const [first = '', second] = await put(b, '110105197001010046')
    expect([first, second]).toEqual([first, first])
    expect([a, b]).not.toContain(first)
    expect(idsIn(await ask(`Observation?patient=${a}`)).sort()).toEqual([`o-${a}`, `o-${b}`])
    expect(await put(a, '110105197001010054')).toEqual([first, first])
    expect(idsIn(await ask(`Observation?patient=${b}`)).sort()).toEqual([`o-${a}`, `o-${b}`])
    expect(codeOf(await unmerge(server, a, b))).toBe('merge-changed')
    const conflicts = await server.call('GET', '/ingest/conflicts', { token: loader })
    expect([conflicts.status, conflicts.text.includes('joined-otherwise')]).toEqual([200, true])
  }, 60_000)
})

test('who is no operator is refused, whoever is named', async () => {
  const [a, b] = await two('others')
  system = await server.token('h1-engine')
  const send = (source: string) => server.call('POST', '/fhir/Patient/$merge', { token: system, body: parametersOf(source, b) })
  const [known, unknown] = [await send(a), await send('nobody')]
  expect([known.status, codeOf(known)]).toEqual([403, 'not-permitted'])
  expect(unknown.text).toBe(known.text)
})

test('the hospital goes on writing a Patient that replaces another hospital’s, link and all', async () => {
  const [a, b] = ['of-h1', 'of-h2']
  await putAll(server, loader, [patient(a, { meta: custody('H1') }), patient(b, { meta: custody('H2') })])
  await putAll(server, loader, [encounter('v-of-h2', b, 'H2', 'Practitioner/doc')])
  await merged(server, a, b)
  await relabelled(server)
  const engine = await server.token('h2-engine')
  const ward = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc' })
  const standing = (await server.call('GET', `/fhir/Patient/${b}`, { token: ward })).json
  const body = { ...standing, gender: 'female' }
  const written = await server.call('PUT', `/fhir/Patient/${b}`, { token: engine, body })
  expect([standing?.link?.[0]?.type, written.status]).toEqual(['replaces', 200])
})

test('a source goes on sending: its record stays replaced, its person whole, and the merge can still be undone', async () => {
  const sample = await readFile(new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url), 'utf8')
  const engine = await server.token('h1-engine')
  const send = async (text: string): Promise<void> => {
    const headers = { 'Content-Type': 'application/hl7-v2' }
    const sent = await server.call('POST', '/ingest/h1-lis', { token: engine, body: Buffer.from(text), headers })
    expect([sent.status, sent.json.status]).not.toEqual([200, 'quarantined'])
  }
  await send(sample)
  const [, b] = await two('fed')
  const all = await server.call('GET', '/fhir/Patient?identifier=110100195803120019', { token: engine })
  const record = all.json.entry.find(({ resource }: { resource: { link?: { type: string }[] } }) => resource.link?.[0]?.type === 'refer')
  const id: string = record.resource.id
  const version = async () => (await server.call('GET', `/fhir/Patient/${id}`, { token: engine })).json
  const before = await version()
  await merged(server, id, b)
  const left = await version()
  expect([left.active, left.link.map(({ type }: { type: string }) => type)]).toEqual([false, ['refer', 'replaced-by']])
  await send(sample.replace('20260306081530', '20260306081531'))
  expect((await version()).meta.versionId).toBe(left.meta.versionId)
  const { access } = server.running.fhir
  expect(new Set((await access.personsOf([id, b])).values()).size).toBe(1)
  await unmerged(server, id, b)
  const after = await version()
  expect({ ...after, meta: before.meta }).toEqual(before)
  expect((await access.personsOf([b])).get(b)).toBe(b)
}, 60_000)

test('$expunge knows of it', async () => {
  const [a, b] = await two('expunged')
  await merged(server, a, b)
  const query = 'basis=court-order&reference=1&dryRun=true'
  const begun = await server.call('POST', `/fhir/Patient/${a}/$expunge?${query}`, { token: loader })
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  for (;;) {
    const answer = await server.call('GET', path, { token: loader })
    if (answer.status === 202) continue
    expect(answer.text).toContain('"valueString":"merges"},{"name":"count","valueInteger":1}')
    return
  }
})
