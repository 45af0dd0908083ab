/** The work list over HTTP: what it shows, in which order, to whom; and what nobody may learn from it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestServer } from '../support/server.ts'
import {
  agree,
  EQUIVALENT,
  get,
  idOf,
  issueOf as codeOf,
  labItems,
  LEUKOCYTES,
  LOINC,
  type People,
  post,
  report,
  send,
  settled,
  siteWith,
} from './sending.ts'

let server: TestServer
let who: People
const [ZA, ZB, ZC] = [
  { code: 'ZA', name: '白血球计数' },
  { code: 'ZB', name: '血小板计数' },
  { code: 'ZC', name: '网织红细胞' },
]

beforeAll(async () => {
  // ZA comes in three reports, ZB in two, ZC and the sample's panel in one.
  ;({ server, who } = await siteWith([ZA, ZB]))
  await send(server, 'h1-lis', who.engine, report('2', [ZA, ZB]))
  await send(server, 'h1-lis', who.engine, report('3', [ZA, ZC]))
  await send(server, 'h2-his', who.engine2, report('4', [{ code: 'H2A', name: '白血球计数' }]).replaceAll('^0001^', '^0002^'))
}, 60_000)
afterAll(() => server.stop())

const codes = async (query: string, token = who.wang) =>
  (await get(server, token, `codes?${query}`)).json.codes.map((one: { code: string }) => one.code)

describe('what it shows', () => {
  test('code, display, how often, first and last seen, and where it came last', async () => {
    const before = await get(server, who.wang, 'codes?text=ZC')
    expect(before.json.codes).toEqual([
      {
        id: idOf('ZC'),
        source: 'h1-lis',
        map: 'lab-item',
        system: labItems('H1'),
        code: 'ZC',
        display: '网织红细胞',
        count: 1,
        firstSeen: expect.stringMatching(/^2/),
        lastSeen: before.json.codes[0].firstSeen,
        example: { payload: expect.stringMatching(/^[a-z2-7]{26}$/), recordType: 'ORU^R01', at: 'message 1' },
        state: 'open',
      },
    ])
    await send(server, 'h1-lis', who.engine, report('5', [{ code: 'ZC', name: '网织红细胞' }]))
    const [after] = (await get(server, who.wang, 'codes?text=ZC')).json.codes
    expect(after).toMatchObject({ count: 2, firstSeen: before.json.codes[0].firstSeen })
    expect(after.lastSeen > after.firstSeen).toBe(true)
    expect(after.example.payload).not.toBe(before.json.codes[0].example.payload)
  })

  test('filters and orders', async () => {
    expect(await codes('')).toEqual(['ZA', 'ZB', 'ZC'])
    expect(await codes('sort=-code')).toEqual(['ZC', 'ZB', 'ZA'])
    // 白 U+767D, 网 U+7F51, 血 U+8840: the order of characters.
    expect(await codes('sort=display')).toEqual(['ZA', 'ZC', 'ZB'])
    expect(await codes('text=计数')).toEqual(['ZA', 'ZB'])
    expect(await codes('text=zb')).toEqual(['ZB'])
    expect(await codes('map=specimen')).toEqual([])
    expect(await codes('source=h1-his')).toEqual([])
    expect(await codes('state=mapped')).toEqual([])
  })

  test.each(['', 'sort=code', 'sort=-lastSeen', 'sort=firstSeen', 'text=计数', 'sort=-display'])(
    'pages of %s make up the whole',
    async (query) => {
      const whole = await codes(query)
      const found: string[] = []
      let after = ''
      for (let at = 0; at <= whole.length; at++) {
        const page = (await get(server, who.wang, `codes?${query}&count=1${after}`)).json
        found.push(...page.codes.map((one: { code: string }) => one.code))
        if (!page.next) break
        after = `&after=${page.next}`
      }
      expect(found).toEqual(whole)
    },
  )

  test.each([
    ['sort=size', 400, 'parameter-invalid'],
    ['count=0', 400, 'parameter-invalid'],
    ['after=x', 400, 'parameter-invalid'],
    ['state=closed', 400, 'parameter-invalid'],
    ['color=red', 400, 'parameter-unknown'],
    ['map=a&map=b', 400, 'parameter-invalid'],
  ])('%s is refused', async (query, status, code) => {
    const answer = await get(server, who.wang, `codes?${query}`)
    expect([answer.status, codeOf(answer.json)]).toEqual([status, code])
  })
})

describe('to whom', () => {
  test('a terminologist sees his organisation, an operator all, a source its own', async () => {
    expect(await codes('', who.zhao)).toEqual(['H2A'])
    expect((await codes('', who.loader)).sort()).toEqual(['H2A', 'ZA', 'ZB', 'ZC'])
    expect(await codes('', who.engine2)).toEqual(['H2A'])
    expect((await get(server, who.zhao, 'codes')).json.total).toBe(1)
  })

  test('others are refused, whatever there is, and nobody without a token', async () => {
    for (const client of ['mia', 'researcher', 'auditor']) {
      const answer = await get(server, await server.token(client), 'codes')
      if (client === 'mia') expect(answer.json.codes).toEqual([])
      else expect([answer.status, codeOf(answer.json)]).toEqual([403, 'forbidden'])
    }
    expect((await server.call('GET', '/code-mapping/codes')).status).toBe(401)
    const narrow = await server.token('h1-terms', { user: 'Practitioner/wang', scope: 'user/CodeSystem.rs' })
    expect((await get(server, narrow, 'codes')).status).toBe(403)
  })

  test('a code of another organisation is as one that there never was', async () => {
    const [there, absent] = [idOf('ZA'), idOf('NO')]
    const neutral = (text: string) => text.replaceAll('NO', 'ZA')
    const asks = (id: string) => [
      get(server, who.zhao, `code?id=${encodeURIComponent(id)}`),
      post(server, who.zhao, 'propose', { id, system: LOINC, code: LEUKOCYTES, equivalence: 'equal' }),
      post(server, who.zhao, 'propose', { id, equivalence: 'nonsense' }),
      post(server, who.zhao, 'withdraw', { id }),
      post(server, who.zhao, 'confirm', { id, proposal: 'x' }),
      post(server, who.zhao, 'reject', { id, proposal: 'x' }),
    ]
    const [stored, missing] = [await Promise.all(asks(there)), await Promise.all(asks(absent))]
    for (const [at, answer] of stored.entries()) {
      expect(answer.status).toBe(404)
      expect(neutral(missing[at]?.text ?? '')).toBe(answer.text)
      expect(answer.headers.get('content-length')).toBe(missing[at]?.headers.get('content-length'))
    }
    expect((await get(server, who.zhao, 'codes?source=h1-lis')).text).toBe((await get(server, who.zhao, 'codes?source=none')).text)
    // A mark of another's page opens none of his rows.
    const { next } = (await get(server, who.wang, 'codes?count=1')).json
    expect(await codes(`after=${next}`, who.zhao)).toEqual(['H2A'])
  })

  test('a name that a sender wrote into a display is shown to those of the source alone', async () => {
    await send(server, 'h1-lis', who.engine, report('9', [{ code: 'ZN', name: '王建国的血' }]))
    expect((await get(server, who.wang, 'codes')).text).toContain('王建国的血')
    await agree(server, who, idOf('ZN'), EQUIVALENT)
    for (const token of [who.zhao, who.engine2]) {
      for (const path of ['codes', `code?id=${encodeURIComponent(idOf('H2A', 'h2-his', 'H2'))}`, 'jobs'])
        expect((await get(server, token, path)).text).not.toContain('王建国')
      expect((await server.call('GET', '/fhir/ConceptMap', { token: who.zhao })).text).not.toContain('王建国')
    }
  })

  test('no row says whose data it was', async () => {
    const seen = await get(server, who.wang, 'codes')
    const one = await get(server, who.wang, `code?id=${encodeURIComponent(idOf('ZA'))}`)
    for (const text of [seen.text, one.text]) expect(text).not.toMatch(/0001023456|Patient\/|BG\d|SQ\d/)
  })

  test('how much is stored of others is told by no job but to an operator', async () => {
    const { id } = (await get(server, who.wang, 'codes?text=ZB')).json.codes[0]
    await agree(server, who, id, { system: LOINC, code: '777-3', equivalence: 'equivalent' })
    expect(await settled(server, who.wang, id)).toEqual({
      id: expect.any(String),
      source: 'h1-lis',
      status: 'completed',
      written: 2,
      // All that carries the hospital's own code, and nothing of what else is stored.
      expected: 2,
      failed: 0,
      started: expect.any(String),
      ended: expect.any(String),
    })
    expect((await get(server, who.zhao, 'jobs')).json).toEqual({ jobs: [] })
    expect((await get(server, who.loader, 'jobs')).json.jobs[0]).toMatchObject({ seen: 2, types: expect.any(Number) })
  })

  test('each look stands in the account', async () => {
    const count = async () =>
      (await server.call('GET', '/fhir/AuditEvent?_summary=count&subtype=code-mapping', { token: who.loader })).json.total
    const before = await count()
    await get(server, who.wang, 'codes')
    expect(await count()).toBe(before + 1)
  })
})

describe('suggestions', () => {
  const suggestions = async (id: string, token = who.wang) =>
    (await get(server, token, `code?id=${encodeURIComponent(id)}`)).json.suggestions as { code: string; organizations?: number }[]

  test('what another hospital decided of the same name goes first, without its name', async () => {
    expect(await suggestions(idOf('H2A', 'h2-his', 'H2'), who.zhao)).toEqual([])
    await agree(server, who, idOf('ZA'), EQUIVALENT)
    const [first] = await suggestions(idOf('H2A', 'h2-his', 'H2'), who.zhao)
    expect(first).toEqual({
      system: LOINC,
      code: LEUKOCYTES,
      display: 'Leukocytes [#/volume] in Blood by Automated count',
      score: 1,
      organizations: 1,
    })
  })
})
