/** What is stored is translated anew: some thousands of resources, while they are read and written, by a process that is killed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { putAll } from '../consent/resources.ts'
import type { TestServer } from '../support/server.ts'
import {
  agree,
  EQUIVALENT,
  get,
  idOf,
  labItems,
  LEUKOCYTES,
  LOINC,
  type People,
  report,
  send,
  settled,
  siteWith,
  until,
} from './sending.ts'

const THOUSANDS = 2_000
let server: TestServer
let who: People
const OTHER = { system: LOINC, code: '718-7', equivalence: 'equivalent' }

interface Coded {
  id: string
  meta: { versionId: string }
  code: { coding: { system: string; code: string }[] }
  note?: { text: string }[]
}
const codes = ({ code }: Coded) => code.coding.map((one) => one.code)
const search = async (query: string) =>
  ((await server.call('GET', `/fhir/${query}`, { token: who.engine })).json.entry ?? []).map(
    ({ resource }: { resource: Coded }) => resource,
  ) as Coded[]
const byCode = (code: string) => search(`Observation?code=${labItems('H1')}|${code}&_count=1000`)
const observation = (id: string, code: string) => ({
  resourceType: 'Observation',
  id,
  meta: { source: 'https://fhir-cn.example/Organization/H1' },
  status: 'final',
  code: { coding: [{ system: labItems('H1'), code }] },
  subject: { reference: 'Patient/p1' },
  valueQuantity: { value: 1 },
})

beforeAll(async () => {
  ;({ server, who } = await siteWith(['R1', 'R2', 'R3', 'R4', 'R5']))
  await putAll(server, who.loader, [{ resourceType: 'Patient', id: 'p1', meta: { source: 'https://fhir-cn.example/Organization/H1' } }])
}, 60_000)
afterAll(() => server.stop())

describe('one resource', () => {
  test("a new version with the translation before the source's coding, found by it, with Provenance that names map and people", async () => {
    const [before] = await byCode('R1')
    await agree(server, who, idOf('R1'), EQUIVALENT)
    expect(await settled(server, who.wang, idOf('R1'))).toMatchObject({ status: 'completed', written: 1, failed: 0 })
    const [after] = await search(`Observation?code=${LOINC}|${LEUKOCYTES}`)
    expect(after).toEqual({
      ...before,
      meta: { ...before?.meta, versionId: '2', lastUpdated: expect.any(String) },
      code: {
        ...before?.code,
        coding: [{ system: LOINC, code: LEUKOCYTES, display: expect.stringContaining('Leukocytes') }, ...(before?.code.coding ?? [])],
      },
    })
    const history = await server.call('GET', `/fhir/Observation/${before?.id}/_history`, { token: who.engine })
    expect(history.json.entry).toHaveLength(2)
    const provenances = await server.call('GET', `/fhir/Provenance?target=Observation/${before?.id}&_sort=-recorded`, { token: who.engine })
    const made = provenances.json.entry.map(({ resource }: { resource: { entity: { what: { reference?: string } }[] } }) => resource)
    const mine = made.find((one: { entity: { what: { reference?: string } }[] }) =>
      one.entity[0]?.what.reference?.startsWith('ConceptMap/'),
    )
    expect(mine).toMatchObject({
      activity: { coding: [{ code: 'map' }] },
      agent: [{ who: { reference: 'Practitioner/wang' } }, { who: { reference: 'Practitioner/li' } }],
    })
    const map = await server.call('GET', `/fhir/${mine.entity[0].what.reference}`, { token: who.engine })
    expect(map.json).toMatchObject({ resourceType: 'ConceptMap', url: 'https://fhir-cn.example/ConceptMap/source-h1-lis' })
  })

  test('another decision replaces the translation, its withdrawal takes it away, and the payload stays as it came', async () => {
    const payload = (await get(server, who.wang, 'codes?text=R1')).json.codes[0].example.payload
    const kept = async () => {
      const table = server.running.store.table<{ _id: string; hash: string; counts: unknown; generation: number }>(
        // The server's own view: nobody reads payloads over HTTP.
        (await import('../../server/access/decision.ts')).systemDecision('test'),
        'payloads',
      )
      const { hash, counts, generation, raw } = (await table.get(payload)) as unknown as Record<string, unknown>
      return JSON.stringify([hash, counts, generation, raw])
    }
    const came = await kept()
    await agree(server, who, idOf('R1'), OTHER)
    await settled(server, who.wang, idOf('R1'))
    expect((await byCode('R1')).map(codes)).toEqual([['718-7', 'R1']])
    await agree(server, who, idOf('R1'), undefined)
    await settled(server, who.wang, idOf('R1'))
    expect((await byCode('R1')).map(codes)).toEqual([['R1']])
    expect(await search(`Observation?code=${LOINC}|718-7`)).toEqual([])
    expect(await kept()).toBe(came)
  })

  test('what the source says next of the same thing is folded as if it had always been so', async () => {
    await agree(server, who, idOf('R2'), EQUIVALENT)
    await settled(server, who.wang, idOf('R2'))
    const [before] = await byCode('R2')
    // The same report once more, with another value.
    const items = ['R1', 'R2'].map((code) => ({ code, name: `项目${code}`, value: '7' }))
    await send(server, 'h1-lis', who.engine, report('1', items).replace('|M1|', '|M1b|').replace('20260306081530', '20260306091530'))
    const [after] = await byCode('R2')
    expect([after?.id, codes(after as Coded)]).toEqual([before?.id, [LEUKOCYTES, 'R2']])
    await agree(server, who, idOf('R2'), undefined)
    await settled(server, who.wang, idOf('R2'))
    expect((await byCode('R2')).map(codes)).toEqual([['R2']])
  })

  test("another organisation's code, and what somebody coded himself, stay as they are", async () => {
    const said = {
      ...observation('said', 'R3'),
      code: {
        coding: [
          { system: LOINC, code: '718-7' },
          { system: labItems('H1'), code: 'R3' },
        ],
      },
    }
    const foreign = { ...observation('foreign', 'R3'), code: { coding: [{ system: labItems('H2'), code: 'R3' }] } }
    await putAll(server, who.loader, [said, foreign, observation('own', 'R3')])
    await agree(server, who, idOf('R3'), EQUIVALENT)
    await settled(server, who.wang, idOf('R3'))
    const found = new Map((await search('Observation?_id=said,foreign,own')).map((one) => [one.id, codes(one)]))
    expect(Object.fromEntries(found)).toEqual({ said: ['718-7', 'R3'], foreign: ['R3'], own: [LEUKOCYTES, 'R3'] })
  })
})

describe('thousands', () => {
  const ids = Array.from({ length: THOUSANDS }, (_, at) => `many-${String(at).padStart(5, '0')}`)
  beforeAll(async () => {
    for (let at = 0; at < THOUSANDS; at += 500)
      await putAll(
        server,
        who.loader,
        ids.slice(at, at + 500).map((id) => observation(id, 'R4')),
      )
  }, 60_000)

  test('nobody sees half of one resource, and nothing that is written meanwhile is lost', async () => {
    await agree(server, who, idOf('R4'), EQUIVALENT)
    let running = true
    const reading = (async () => {
      let seen = 0
      for (let at = 0; running; at = (at + 37) % THOUSANDS) {
        const { json } = await server.call('GET', `/fhir/Observation/${ids[at]}`, { token: who.engine })
        // Whole before or whole after: a version tells which.
        expect([['R4'], [LEUKOCYTES, 'R4']]).toContainEqual(codes(json))
        if (!json.note) expect(json.meta.versionId).toBe(codes(json).length === 1 ? '1' : '2')
        seen++
      }
      return seen
    })()
    const written: string[] = []
    const writing = (async () => {
      for (let at = 3; running; at = (at + 61) % THOUSANDS) {
        const patch = [{ op: 'add', path: '/note', value: [{ text: `w${written.length}` }] }]
        const headers = { 'Content-Type': 'application/json-patch+json' }
        const answer = await server.call('PATCH', `/fhir/Observation/${ids[at]}`, {
          token: who.engine,
          body: JSON.stringify(patch),
          headers,
        })
        expect(answer.status).toBe(200)
        written.push(ids[at] as string)
      }
    })()
    const stopped = (error: unknown) => {
      running = false
      throw error
    }
    const beside = Promise.all([reading.catch(stopped), writing.catch(stopped)])
    const job = await settled(server, who.wang, idOf('R4'))
    running = false
    const [seen] = await beside
    expect(job).toMatchObject({ status: 'completed', failed: 0 })
    expect(job.written).toBeGreaterThanOrEqual(THOUSANDS)
    expect([seen, written.length].every((count) => count > 10)).toBe(true)
    const all = await everyOne()
    expect(all).toHaveLength(THOUSANDS + 1)
    expect(all.filter((one) => codes(one).join() !== `${LEUKOCYTES},R4`)).toEqual([])
    const noted = new Set(all.filter(({ note }) => note).map(({ id }) => id))
    expect([...new Set(written)].filter((id) => !noted.has(id))).toEqual([])
  }, 120_000)

  /** By pages: with the report's own. */
  async function everyOne(): Promise<Coded[]> {
    const found: Coded[] = []
    let path: string | undefined = `/fhir/Observation?code=${labItems('H1')}|R4&_count=1000`
    while (path) {
      const { json } = await server.call('GET', path, { token: who.engine })
      found.push(...json.entry.map(({ resource }: { resource: Coded }) => resource))
      const next = json.link.find(({ relation }: { relation: string }) => relation === 'next')?.url
      path = next?.slice(server.url.length)
    }
    return found
  }

  test('a decision in the midst of it ends what went before: the last one holds everywhere', async () => {
    await agree(server, who, idOf('R4'), undefined)
    await agree(server, who, idOf('R4'), OTHER)
    expect(await settled(server, who.wang, idOf('R4'))).toMatchObject({ status: 'completed', failed: 0 })
    const { jobs } = (await get(server, who.wang, `code?id=${encodeURIComponent(idOf('R4'))}`)).json
    expect(jobs.map(({ status }: { status: string }) => status)).toEqual(['completed', 'superseded', 'completed'])
    const all = await everyOne()
    expect(new Set(all.map((one) => codes(one).join()))).toEqual(new Set(['718-7,R4']))
  }, 120_000)
})

test('what comes untranslated although it is decided, because somebody knew no better, is found by itself', async () => {
  await agree(server, who, idOf('R5'), EQUIVALENT)
  await settled(server, who.wang, idOf('R5'))
  const [{ id } = { id: '' }] = await byCode('R5')
  // As a process leaves it that mapped before the decision and stored behind it.
  const { systemDecision } = await import('../../server/access/decision.ts')
  const old = observation('late', 'R5')
  await putAll(server, who.loader, [old])
  await server.running.store.table(systemDecision('test'), 'unmapped_codes').update({ _id: idOf('R5') }, { set: { stale: true } })
  await until(async () => ((await search('Observation?_id=late')).map(codes).join() === `${LEUKOCYTES},R5` ? true : undefined))
  expect((await byCode('R5')).map((one) => one.id).sort()).toEqual([id, 'late'].sort())
}, 60_000)
