/** L44: while two Patients are joined, and parted again, nobody sees more of either than before or after; each permit stays with its record. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  BROAD,
  custody,
  encounter,
  give,
  idsIn as namesIn,
  NO_SHARING,
  observation,
  patient,
  practitioner,
  putAll,
  relabelled,
  study,
} from '../consent/resources.ts'
import { merge, merged, parametersOf, unmerged } from '../support/merge.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  await putAll(server, loader, [practitioner('doc-a'), practitioner('doc-b'), study('study-1')])
})
afterAll(() => server.stop())

/** `a` and `b` of H1, a value of each, a report of each that rests on it, and at H2 a doctor who treats that one alone. */
async function pair(name: string): Promise<[a: string, b: string]> {
  const ids: [string, string] = [`a-${name}`, `b-${name}`]
  await putAll(
    server,
    loader,
    ids.map((id) => patient(id, { meta: custody('H1') })),
  )
  const more = ids.flatMap((id, at) => [
    observation(`o-${id}`, id, 'WBC'),
    encounter(`v-${id}`, id, 'H2', `Practitioner/doc-${at === 0 ? 'a' : 'b'}`),
  ])
  await putAll(server, loader, more)
  await relabelled(server)
  return ids
}

const doctorOf = (letter: 'a' | 'b') => server.token('h2-ward', { purpose_of_use: 'TREAT', user: `Practitioner/doc-${letter}` })
const researcher = () => server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
const get = (token: string, path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token })
const idsIn = (answer: Answer): string[] => namesIn(answer).map((name) => name.replace('Observation/', ''))

/** Values of the two that the caller reads, and that a search and its count tell of. */
async function seen(token: string, [a, b]: readonly string[]): Promise<string[]> {
  const read: string[] = []
  for (const id of [a, b]) if ((await get(token, `Observation/o-${id}`)).status === 200) read.push(`o-${id}`)
  const found = await get(token, 'Observation?code=WBC&_count=200&_total=accurate')
  const mine = idsIn(found).filter((id) => [`o-${a}`, `o-${b}`].includes(id))
  expect(mine.sort()).toEqual(read.sort())
  expect(found.json.total).toBe(idsIn(found).length)
  return read
}

/** Of a masked form no id tells whose a value is: how many there are does. */
const counted = async (token: string): Promise<number> => (await get(token, 'Observation?code=urn:test|WBC&_total=accurate')).json.total

test('who treats one of them treats both while they are joined, and one afterwards', async () => {
  const ids = await pair('treated')
  const [a, b] = ids
  const [ofA, ofB] = [await doctorOf('a'), await doctorOf('b')]
  const both = [`o-${a}`, `o-${b}`]
  expect([await seen(ofA, ids), await seen(ofB, ids)]).toEqual([[`o-${a}`], [`o-${b}`]])
  await merged(server, a, b)
  await relabelled(server)
  expect([await seen(ofA, ids), await seen(ofB, ids)]).toEqual([both, both])
  await unmerged(server, a, b)
  // At once: what is still to be labelled anew is hidden, not shown.
  const other = await Promise.all([get(ofA, `Observation/o-${b}`), get(ofB, `Observation/o-${a}`)])
  expect(other.map(({ status }) => status)).toEqual([404, 404])
  await relabelled(server)
  expect([await seen(ofA, ids), await seen(ofB, ids)]).toEqual([[`o-${a}`], [`o-${b}`]])
})

describe.each(['source', 'target'] as const)('a refusal of the %s', (role) => {
  test('holds for both from the answer on, and for the one alone after undoing', async () => {
    const ids = await pair(`refused-${role}`)
    const [a, b] = ids
    const [refusing, other] = role === 'source' ? [a, b] : [b, a]
    await give(server, refusing, NO_SHARING)
    await relabelled(server)
    const [ofA, ofB] = [await doctorOf('a'), await doctorOf('b')]
    const seenBy = async () => [await seen(ofA, ids), await seen(ofB, ids)]
    const before = role === 'source' ? [[], [`o-${b}`]] : [[`o-${a}`], []]
    expect(await seenBy()).toEqual(before)
    await merged(server, a, b)
    expect(await seenBy()).toEqual([[], []])
    await relabelled(server)
    expect(await seenBy()).toEqual([[], []])
    // What is written meanwhile of either is refused too, and so is what an update writes anew.
    await putAll(server, loader, [observation(`o-${other}`, other, 'WBC', { status: 'amended' })])
    expect(await seenBy()).toEqual([[], []])
    await unmerged(server, a, b)
    await relabelled(server)
    expect(await seenBy()).toEqual(before)
  }, 60_000)
})

test('a permit goes on for its own record, and opens nothing of the other', async () => {
  const token = await researcher()
  const none = await counted(token)
  const [a, b] = await pair('permitted')
  await give(server, b, BROAD)
  expect(await counted(token)).toBe(none + 1)
  const patients = async () => (await get(token, 'Patient?_total=accurate')).json.total
  const known = await patients()
  await merged(server, a, b)
  await relabelled(server)
  expect([await counted(token), await patients()]).toEqual([none + 1, known])
  // Nor by what is written of the other from now on.
  await putAll(server, loader, [observation('o-more-permitted', a, 'WBC'), observation('o-own-permitted', b, 'WBC')])
  await relabelled(server)
  expect(await counted(token)).toBe(none + 2)
  // A permit of the other one opens that one, now that both are there.
  await give(server, a, BROAD)
  await relabelled(server)
  expect(await counted(token)).toBe(none + 4)
  await unmerged(server, a, b)
  await relabelled(server)
  expect(await counted(token)).toBe(none + 4)
}, 60_000)

test('a refusal of one with an exception for somebody permits nothing of the other', async () => {
  const token = await researcher()
  const [a, b] = await pair('excepted')
  const before = await counted(token)
  await give(server, a, {
    series: 'but',
    policy: 'OPTOUTE',
    provision: {
      provision: [{ type: 'permit', purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }] }],
    },
  })
  await relabelled(server)
  const own = await counted(token)
  expect(own).toBe(before + 1)
  await merged(server, a, b)
  await relabelled(server)
  expect(await counted(token)).toBe(own)
}, 60_000)

test('in a series that both have, a withdrawal takes the other’s permit away, and a permit leaves the other’s refusal', async () => {
  const token = await researcher()
  const same = (value: string, more: object = {}) => ({ extra: { identifier: [{ system: 'urn:series', value }], ...more } })
  const [a, b] = await pair('series')
  await give(server, a, { ...BROAD, ...same('s-1') })
  const open = await counted(token)
  const refusing = await pair('series-2')
  await give(server, refusing[0], { ...NO_SHARING, ...same('s-2') })
  await merged(server, a, b)
  await merged(server, ...refusing)
  await give(server, b, { ...BROAD, ...same('s-1', { status: 'inactive' }) })
  await give(server, refusing[1], { ...NO_SHARING, policy: 'OPTIN', ...same('s-2') })
  await relabelled(server)
  expect(await counted(token)).toBe(open - 1)
  expect([await seen(await doctorOf('a'), refusing), await seen(await doctorOf('b'), refusing)]).toEqual([[], []])
}, 60_000)

test('what is refused while they are joined stays refused for both', async () => {
  const ids = await pair('since')
  const [a, b] = ids
  await merged(server, a, b)
  await give(server, b, NO_SHARING)
  await unmerged(server, a, b)
  await relabelled(server)
  expect([await seen(await doctorOf('a'), ids), await seen(await doctorOf('b'), ids)]).toEqual([[], []])
})

test('deleted and withdrawn, they go back to whose they were; so does the account', async () => {
  const ids = await pair('deleted')
  const [a, b] = ids
  await merged(server, a, b)
  expect((await server.call('DELETE', `/fhir/Observation/o-${a}`, { token: loader })).status).toBe(204)
  await unmerged(server, a, b)
  await relabelled(server)
  const history = async (letter: 'a' | 'b') => (await get(await doctorOf(letter), `Observation/o-${a}/_history`)).status
  expect([await history('a'), await history('b')]).toEqual([200, 404])
  const app = async (id: string) =>
    JSON.stringify((await get(await server.token('patient-app', { patient: id }), 'AuditEvent?_count=100')).json)
  expect([(await app(a)).includes(`Patient/${a}`), (await app(b)).includes(`Observation/v-${a}`)]).toEqual([true, false])
})

test('to merge is not to read: the operator is answered by neither Patient', async () => {
  const [a, b] = await pair('operator')
  for (const preview of [true, false]) {
    const answer = await merge(server, a, b, { name: 'preview', valueBoolean: preview })
    const code = answer.json.parameter[1].resource.issue[0].details.coding[0].code
    expect([code, answer.text.includes(`名${a}`), answer.text.includes(`名${b}`)]).toEqual([
      preview ? 'merge-preview' : 'merged',
      false,
      false,
    ])
  }
})

test('a masked form, and who is no operator, learn nothing of who is there', async () => {
  const [a, b] = await pair('asked')
  for (const token of [await researcher(), await doctorOf('a'), await server.token('h1-engine')]) {
    const answers = await Promise.all(
      ['merge', 'unmerge', 'hapi.fhir.undo-merge'].flatMap((code) =>
        [a, 'absent'].map((source) => server.call('POST', `/fhir/Patient/$${code}`, { token, body: parametersOf(source, b) })),
      ),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(403)
  }
})

describe('merged and parted again and again beside readers', () => {
  /** The patient's own app sees by the Patient how things stand; what the doctor is shown between two equal looks is of that state. */
  async function watch(
    id: string,
    ask: () => Promise<number>,
    note: (isJoined: boolean, status: number) => void,
    ended: () => boolean,
  ): Promise<void> {
    const token = await server.token('patient-app', { patient: id })
    const look = async (): Promise<[version: string, isJoined: boolean]> => {
      const { meta, link } = (await get(token, `Patient/${id}`)).json
      return [meta?.versionId ?? '', link !== undefined]
    }
    while (!ended()) {
      const [before, isJoined] = await look()
      const status = await ask()
      const [after] = await look()
      if (before !== '' && before === after) note(isJoined, status)
    }
  }

  test('nobody is shown what was taken away, from the very transaction on', async () => {
    // Of the first pair the source refuses: joined, nothing of the target is seen at H2. Of the second nobody refuses: parted, nobody sees the other's.
    const [refused, open] = [await pair('race'), await pair('race-open')]
    const more = Array.from({ length: 60 }, (_, at) => observation(`o-race-${at}`, [refused[1], open[0]][at % 2] ?? '', 'many'))
    await putAll(server, loader, more)
    await give(server, refused[0], NO_SHARING)
    await relabelled(server)
    const [ofA, ofB] = [await doctorOf('a'), await doctorOf('b')]
    const status = async (token: string, id: string) => (await get(token, `Observation/o-${id}`)).status
    const seen = { joined: new Set<number>(), parted: new Set<number>(), source: new Set<number>() }
    const looks = { joined: 0, parted: 0 }
    let stop = false
    const ended = () => stop
    const watchers = [
      watch(
        refused[1],
        () => status(ofB, refused[1]),
        (isJoined, found) => isJoined && ++looks.joined && seen.joined.add(found),
        ended,
      ),
      watch(
        open[1],
        () => status(ofB, open[0]),
        (isJoined, found) => !isJoined && ++looks.parted && seen.parted.add(found),
        ended,
      ),
      // Of the source its refusal is always in force.
      watch(
        refused[1],
        () => status(ofA, refused[0]),
        (_, found) => void seen.source.add(found),
        ended,
      ),
    ]
    try {
      for (let round = 0; round < 4; round++) {
        await Promise.all([merged(server, ...refused), merged(server, ...open)])
        await Promise.all([unmerged(server, ...refused), unmerged(server, ...open)])
      }
    } finally {
      stop = true
      await Promise.all(watchers)
    }
    expect([looks.joined > 0, looks.parted > 0]).toEqual([true, true])
    expect(seen).toEqual({ joined: new Set([404]), parted: new Set([404]), source: new Set([404]) })
    await relabelled(server)
    expect([await status(ofB, refused[1]), await status(ofA, open[0]), await status(ofA, open[1])]).toEqual([200, 200, 404])
  }, 60_000)
})
