/** One proposes, another one decides; what is decided stands in the source's ConceptMap and is used at once in every process. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import {
  agree,
  EQUIVALENT,
  get,
  idOf,
  issueOf as codeOf,
  labItems,
  LEUKOCYTES,
  type People,
  post,
  report,
  send,
  settled,
  siteWith,
  tokensOf,
} from './sending.ts'

let server: TestServer
let beside: TestServer
let who: People
let whoBeside: People

beforeAll(async () => {
  ;({ server, who } = await siteWith(['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8']))
  beside = await startTestServer({ beside: server })
  whoBeside = await tokensOf(beside)
}, 60_000)
afterAll(async () => {
  await beside.stop()
  await server.stop()
})

const propose = async (code: string, meaning: object = EQUIVALENT, token = who.wang) =>
  post(server, token, 'propose', { id: idOf(code), ...meaning })
const conceptMap = async () =>
  (await server.call('GET', '/fhir/ConceptMap?url=https://fhir-cn.example/ConceptMap/source-h1-lis', { token: who.zhao })).json.entry?.[0]
    ?.resource
const translate = async (code: string, at = server) =>
  (
    await at.call('GET', `/fhir/ConceptMap/$translate?system=${labItems('H1')}&code=${code}`, {
      token: (at === server ? who : whoBeside).zhao,
    })
  ).json.parameter[0].valueBoolean

describe('two persons', () => {
  test('the proposer never confirms: not with another token, another client, or another record of the same person', async () => {
    const { pending } = (await propose('A1')).json
    expect(pending).toMatchObject({ by: { user: 'Practitioner/wang', client: 'h1-terms' }, meaning: { equivalence: 'equivalent' } })
    const body = { id: idOf('A1'), proposal: pending.id }
    const again = await server.token('h1-terms', { user: 'Practitioner/wang' })
    const otherRecord = await server.token('h1-terms', { user: 'Practitioner/wang-too' })
    for (const token of [who.wang, again, otherRecord]) {
      const answer = await post(server, token, 'confirm', body)
      expect([answer.status, codeOf(answer.json)]).toEqual([403, 'mapping-same-person'])
    }
    expect(await conceptMap()).toBeUndefined()
    const confirmed = await post(server, who.li, 'confirm', body)
    expect(confirmed.json).toMatchObject({ state: 'mapped', current: { confirmed: { user: 'Practitioner/li' }, applies: true } })
  })

  test('a token has to say for whom it asks, and of a Practitioner who is here', async () => {
    const unknown = await server.token('h1-terms', { user: 'Practitioner/none' })
    for (const token of [unknown, who.loader]) {
      const answer = await propose('A2', EQUIVALENT, token)
      expect([answer.status, codeOf(answer.json)]).toEqual([403, 'mapping-user-missing'])
    }
  })

  test('a proposal is decided once, and only the one that was looked at', async () => {
    const { pending } = (await propose('A2')).json
    expect((await propose('A2', EQUIVALENT, who.li)).status).toBe(409)
    expect(codeOf((await post(server, who.li, 'confirm', { id: idOf('A2'), proposal: 'other' })).json)).toBe('mapping-proposal-none')
    const body = { id: idOf('A2'), proposal: pending.id }
    const answers = await Promise.all([
      post(server, who.li, 'confirm', body),
      post(beside, whoBeside.li, 'confirm', body),
      post(server, who.li, 'reject', body),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  })

  test('states and every step are kept', async () => {
    const first = (await propose('A3')).json.pending
    await post(server, who.li, 'reject', { id: idOf('A3'), proposal: first.id, comment: '单位不同' })
    expect((await get(server, who.wang, 'codes?state=open&text=A3')).json.codes).toHaveLength(1)
    await agree(server, who, idOf('A3'), EQUIVALENT)
    await agree(server, who, idOf('A3'), undefined)
    const one = (await get(server, who.wang, `code?id=${encodeURIComponent(idOf('A3'))}`)).json
    expect(one.state).toBe('open')
    expect(one.history.map(({ act, by }: { act: string; by: { user: string } }) => `${act} ${by.user}`)).toEqual([
      'confirm Practitioner/li',
      'propose-withdrawal Practitioner/wang',
      'confirm Practitioner/li',
      'propose Practitioner/wang',
      'reject Practitioner/li',
      'propose Practitioner/wang',
    ])
    expect(one.history[4].comment).toBe('单位不同')
    const nothing = await post(server, who.wang, 'withdraw', { id: idOf('A3') })
    expect([nothing.status, codeOf(nothing.json)]).toEqual([409, 'mapping-nothing'])
  })
})

describe('what may be proposed', () => {
  test.each([
    [{ ...EQUIVALENT, equivalence: undefined }, 400, 'parameter-missing'],
    [{ ...EQUIVALENT, equivalence: 'similar' }, 400, 'parameter-invalid'],
    [{ ...EQUIVALENT, code: undefined }, 400, 'parameter-missing'],
    // R4 conceptmap.html, cmd-1: narrower and inexact say how.
    [{ ...EQUIVALENT, equivalence: 'narrower' }, 400, 'parameter-missing'],
    [{ ...EQUIVALENT, code: ' a  b' }, 422, 'mapping-target'],
    // The table of lab items has its targets in LOINC.
    [{ ...EQUIVALENT, system: 'urn:other' }, 422, 'mapping-target'],
    [{ ...EQUIVALENT, comment: 'x'.repeat(1001) }, 400, 'parameter-invalid'],
  ])('a meaning is refused (%#)', async (meaning, status, code) => {
    const answer = await propose('A4', meaning)
    expect([answer.status, codeOf(answer.json)]).toEqual([status, code])
  })

  test.each([
    ['{', 400],
    ['[]', 400],
    ['"x"', 400],
    [`{"id":"${'x'.repeat(20_000)}"}`, 413],
    ['{"id":{"$ne":1}}', 404],
  ])('a body is refused (%#)', async (body, status) => {
    const answer = await post(server, who.wang, 'propose', body)
    expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome'])
  })
})

describe('the ConceptMap', () => {
  test('its version rises with each decision, and it holds what stands', async () => {
    const before = Number((await conceptMap()).version)
    await agree(server, who, idOf('A5'), { ...EQUIVALENT, equivalence: 'wider', comment: '未分方法' })
    const map = await conceptMap()
    expect(Number(map.version)).toBe(before + 1)
    expect(map.group[0].element.find(({ code }: { code: string }) => code === 'A5')).toEqual({
      code: 'A5',
      target: [
        { code: LEUKOCYTES, display: 'Leukocytes [#/volume] in Blood by Automated count', equivalence: 'wider', comment: '未分方法' },
      ],
    })
    const validated = await server.call('POST', '/fhir/ConceptMap/$validate', { token: who.loader, body: map })
    expect(validated.json.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
  })

  test('$translate and ingest use it at once in every process, and no longer once it is withdrawn', async () => {
    expect(await translate('A6', beside)).toBe(false)
    await agree(server, who, idOf('A6'), EQUIVALENT)
    expect([await translate('A6'), await translate('A6', beside)]).toEqual([true, true])
    const observe = async (number: string, at: TestServer) => {
      await send(at, 'h1-lis', (at === server ? who : whoBeside).engine, report(number, [{ code: 'A6', name: '项目A6' }], `P${number}`))
      const found = await server.call('GET', `/fhir/Observation?code=${labItems('H1')}|A6&_sort=-_lastUpdated&_count=1`, {
        token: who.engine,
      })
      return found.json.entry[0].resource.code.coding.map(({ code }: { code: string }) => code)
    }
    const count = async () => (await get(server, who.wang, 'codes?text=A6')).json.codes[0].count
    const counted = await count()
    expect(await observe('61', beside)).toEqual([LEUKOCYTES, 'A6'])
    expect(await observe('62', server)).toEqual([LEUKOCYTES, 'A6'])
    expect(await count()).toBe(counted)
    await agree(server, who, idOf('A6'), undefined)
    expect(await translate('A6', beside)).toBe(false)
    expect(await observe('63', beside)).toEqual(['A6'])
    expect(await count()).toBe(counted + 1)
  })

  test('as FHIR: asked forward, backward and in a batch, and every approved version is in its history', async () => {
    await agree(server, who, idOf('A8'), { ...EQUIVALENT, equivalence: 'wider' })
    const map = await conceptMap()
    const at = `/fhir/ConceptMap/${map.id}`
    const ask = async (path: string) => (await server.call('GET', path, { token: who.zhao })).json
    const concepts = (json: {
      parameter: { name: string; part: { name: string; valueCode?: string; valueCoding?: { code: string } }[] }[]
    }) =>
      json.parameter
        .filter(({ name }) => name === 'match')
        .map(({ part }) => part.map(({ valueCode, valueCoding }) => valueCode ?? valueCoding?.code).filter((value) => value !== undefined))
    const forward = `system=${labItems('H1')}&code=A8`
    expect(concepts(await ask(`${at}/$translate?${forward}`))).toEqual([['wider', LEUKOCYTES]])
    expect(concepts(await ask(`/fhir/ConceptMap/$translate?url=${map.url}&${forward}`))).toEqual([['wider', LEUKOCYTES]])
    // From the other side what was wider is narrower (R4 conceptmap-operation-translate.html, reverse).
    const back = concepts(await ask(`${at}/$translate?system=http://loinc.org&code=${LEUKOCYTES}&reverse=true`))
    expect(back).toContainEqual(['narrower', 'A8'])
    const entry = ['A8', 'NONE'].map((code) => ({
      request: { method: 'GET', url: `ConceptMap/$translate?url=${map.url}&system=${labItems('H1')}&code=${code}` },
    }))
    const batch = await server.call('POST', '/fhir', { token: who.zhao, body: { resourceType: 'Bundle', type: 'batch', entry } })
    expect(
      batch.json.entry.map(({ resource }: { resource: { parameter: { valueBoolean: boolean }[] } }) => resource.parameter[0]?.valueBoolean),
    ).toEqual([true, false])
    await agree(server, who, idOf('A8'), undefined)
    expect((await ask(`${at}/$translate?${forward}`)).parameter[0].valueBoolean).toBe(false)
    const versions = (await ask(`${at}/_history?_count=2`)).entry.map(({ resource }: { resource: { version: string } }) => resource.version)
    expect(versions).toEqual([String(Number(map.version) + 1), map.version])
    expect(await ask(`${at}/_history/${map.meta.versionId}`)).toEqual(map)
  })

  test('what says less or something else than the code is in the map, and is not written as its translation', async () => {
    await agree(server, who, idOf('A7'), { ...EQUIVALENT, equivalence: 'inexact', comment: '大致' })
    await send(server, 'h1-lis', who.engine, report('71', [{ code: 'A7', name: '项目A7' }]))
    const found = await server.call('GET', `/fhir/Observation?code=${labItems('H1')}|A7`, { token: who.engine })
    for (const { resource } of found.json.entry) expect(resource.code.coding.map(({ code }: { code: string }) => code)).toEqual(['A7'])
    expect((await get(server, who.wang, `code?id=${encodeURIComponent(idOf('A7'))}`)).json).toMatchObject({ state: 'mapped', jobs: [] })
    await agree(server, who, idOf('A7'), { equivalence: 'unmatched' })
    expect(await translate('A7')).toBe(false)
  })

  test('decisions of several codes at the same time are all in it', async () => {
    const ids = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6']
    await send(
      server,
      'h1-lis',
      who.engine,
      report(
        '8',
        ids.map((code) => ({ code, name: code })),
      ),
    )
    await Promise.all(ids.map((code, at) => agree(at % 2 === 0 ? server : beside, at % 2 === 0 ? who : whoBeside, idOf(code), EQUIVALENT)))
    const codes = (await conceptMap()).group[0].element.map(({ code }: { code: string }) => code)
    for (const code of ids) expect(codes).toContain(code)
    for (const code of ids) await settled(server, who.wang, idOf(code))
  })
})
